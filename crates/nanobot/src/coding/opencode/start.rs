//! How opencode is started: its configuration for one run, arguments and environment.
//!
//! Must not start anything itself. The configuration of a run stands above the user's own, which is never written; token and
//! password are in the environment alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use crate::{
    coding::process::inherited_environment,
    launch::LaunchFile,
    llm::split_model,
    protocol::{Abilities, ApprovalPolicy, WireFormat},
};

/// Name of the only provider that a run has.
pub const PROVIDER: &str = "autocode";
/// Environment variable that the configuration takes the token from.
const TOKEN_VARIABLE: &str = "AUTOCODE_MODEL_TOKEN";

/// What every start of one run has in common.
pub struct StartSpec {
    /// The CLI's program.
    pub program: PathBuf,
    /// The workspace.
    pub workspace: PathBuf,
    /// The user's HOME.
    pub home: PathBuf,
    /// The run's configuration file.
    pub config_file: PathBuf,
    /// The gateway's base URL.
    pub gateway_url: String,
    /// `provider/model` of the agent.
    pub model: String,
    /// The API of a provider of the user's own.
    pub wire: Option<WireFormat>,
    /// What the CLI may do.
    pub abilities: Abilities,
    /// Who decides what the CLI may do.
    pub approval: ApprovalPolicy,
    /// MCP servers in the usual `mcpServers` shape.
    pub mcp_servers: Value,
    /// Instance token.
    pub token: SecretString,
    /// Password of the CLI's server.
    pub password: String,
}

impl StartSpec {
    /// The model's name without its provider.
    pub fn model_name(&self) -> &str {
        split_model(&self.model).1
    }

    /// The content of the run's configuration file.
    pub fn config(&self, instructions: &Path) -> Value {
        let (provider, model) = split_model(&self.model);
        // The library that speaks the provider's wire format; each is built into opencode.
        let library = match (provider, self.wire) {
            ("anthropic" | "demo", _) | (_, Some(WireFormat::Anthropic)) => "@ai-sdk/anthropic",
            ("openai", _) => "@ai-sdk/openai",
            _ => "@ai-sdk/openai-compatible",
        };
        let mut permission = match self.approval {
            ApprovalPolicy::Auto => json!({"*": "allow", "question": "deny"}),
            _ => {
                json!({"*": "allow", "bash": "ask", "edit": "ask", "webfetch": "ask", "external_directory": "ask", "question": "deny"})
            }
        };
        for (allowed, tools) in [
            (self.abilities.edit_files, &["edit"][..]),
            (self.abilities.run_commands, &["bash"]),
            (self.abilities.use_web, &["webfetch", "websearch"]),
            (self.abilities.use_helpers, &["task"]),
        ] {
            for tool in tools.iter().filter(|_| !allowed) {
                permission[*tool] = json!("deny");
            }
        }
        let chosen = format!("{PROVIDER}/{model}");
        json!({
            "$schema": "https://opencode.ai/config.json",
            "autoupdate": false,
            "share": "disabled",
            "model": chosen,
            "small_model": chosen,
            "enabled_providers": [PROVIDER],
            "permission": permission,
            "instructions": [instructions],
            "mcp": mcp(&self.mcp_servers),
            "provider": {PROVIDER: {
                "npm": library,
                "name": "AutoCode",
                "options": {
                    "baseURL": format!("{}/{provider}/v1", self.gateway_url.trim_end_matches('/')),
                    "apiKey": format!("{{env:{TOKEN_VARIABLE}}}"),
                },
                "models": {model: {"name": model}},
            }},
        })
    }

    /// The launch file's content; `session` is the conversation to go on with.
    pub fn launch_file(&self, port: u16, session: Option<&str>) -> LaunchFile {
        let mut args: Vec<String> = ["--hostname", "127.0.0.1", "--port"]
            .map(str::to_owned)
            .into_iter()
            .chain([port.to_string()])
            .collect();
        if let Some(session) = session {
            args.extend(["--session".to_owned(), session.to_owned()]);
        }
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut env: BTreeMap<String, String> = inherited_environment().collect();
        env.entry("LANG".to_owned()).or_insert_with(|| "C.UTF-8".to_owned());
        let own = [
            ("HOME", path(&self.home)),
            ("XDG_CONFIG_HOME", path(&self.home.join("config"))),
            ("OPENCODE_CONFIG", path(&self.config_file)),
            ("OPENCODE_SERVER_PASSWORD", self.password.clone()),
            (TOKEN_VARIABLE, self.token.expose_secret().to_owned()),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
            ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".to_owned()),
            ("OPENCODE_DISABLE_SHARE", "1".to_owned()),
        ];
        env.extend(own.map(|(name, value)| (name.to_owned(), value)));
        LaunchFile { program: self.program.clone(), args, env, cwd: self.workspace.clone() }
    }
}

/// MCP servers as opencode writes them: one word list for the command, and a type.
fn mcp(servers: &Value) -> Value {
    let mut all = Map::new();
    for (name, server) in servers.as_object().into_iter().flatten() {
        let entry = if let Some(url) = server.get("url") {
            json!({"type": "remote", "url": url, "headers": server.get("headers").unwrap_or(&json!({})), "enabled": true})
        } else {
            let command: Vec<&Value> = server
                .get("command")
                .into_iter()
                .chain(server.get("args").and_then(Value::as_array).into_iter().flatten())
                .collect();
            json!({"type": "local", "command": command, "environment": server.get("env").unwrap_or(&json!({})), "enabled": true})
        };
        all.insert(name.clone(), entry);
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_the_gateway_and_no_secret() {
        let mut spec = StartSpec {
            program: "/o".into(),
            workspace: "/w".into(),
            home: "/h".into(),
            config_file: "/r/opencode.json".into(),
            gateway_url: "http://127.0.0.1:1/gateway/".into(),
            model: "demo/builder".into(),
            wire: None,
            abilities: Abilities::ALL,
            approval: ApprovalPolicy::Auto,
            mcp_servers: json!({"files": {"command": "mcp", "args": ["a"], "env": {"K": "v"}}}),
            token: SecretString::from("made-up-token"),
            password: "made-up-password".to_owned(),
        };
        let config = spec.config(Path::new("/r/rules.md"));
        assert_eq!(
            config["provider"]["autocode"],
            json!({"npm": "@ai-sdk/anthropic", "name": "AutoCode", "models": {"builder": {"name": "builder"}},
                "options": {"baseURL": "http://127.0.0.1:1/gateway/demo/v1", "apiKey": "{env:AUTOCODE_MODEL_TOKEN}"}})
        );
        assert_eq!(
            config["mcp"]["files"],
            json!({"type": "local", "command": ["mcp", "a"], "environment": {"K": "v"}, "enabled": true})
        );
        assert_eq!(config["permission"], json!({"*": "allow", "question": "deny"}));
        let launch = spec.launch_file(4096, Some("ses_1"));
        assert_eq!(launch.args, ["--hostname", "127.0.0.1", "--port", "4096", "--session", "ses_1"]);
        assert_eq!(launch.env["OPENCODE_SERVER_PASSWORD"], "made-up-password");
        spec.approval = ApprovalPolicy::AskMe;
        assert_eq!(spec.config(Path::new("/r/rules.md"))["permission"]["bash"], "ask");
        spec.abilities = Abilities { use_web: false, run_commands: false, ..Abilities::ALL };
        let permission = &spec.config(Path::new("/r/rules.md"))["permission"];
        assert_eq!(
            [&permission["bash"], &permission["webfetch"], &permission["edit"]],
            ["deny", "deny", "ask"]
        );
        spec.model = "openrouter/a/b".into();
        assert_eq!(spec.model_name(), "a/b");
        let library = |spec: &StartSpec| spec.config(Path::new("/r"))["provider"]["autocode"]["npm"].clone();
        assert_eq!(library(&spec), "@ai-sdk/openai-compatible");
        spec.wire = Some(WireFormat::Anthropic);
        assert_eq!(library(&spec), "@ai-sdk/anthropic");
    }
}
