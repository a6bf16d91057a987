//! How Codex CLI is started: arguments, environment, and what of its configuration belongs to a run.
//!
//! Must not start anything itself. Settings of a run are `-c` arguments, which stand above the user's own configuration; the
//! token is in the environment alone. The environment is complete: nothing of the nanobot's own is inherited but PATH.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::{
    coding::{
        CliError,
        process::{inherited_environment, shell_quote},
    },
    context::SYSTEM_PROMPT,
    hook::{GATE_FLAG, PERMISSION_HOOK_SECS, SECRET_VARIABLE, SOCKET_VARIABLE},
    launch::LaunchFile,
    llm::split_model,
    protocol::{Abilities, ApprovalPolicy, WireFormat},
    state::write_atomically,
};

/// Environment variable that Codex takes the token from.
const TOKEN_VARIABLE: &str = "AUTOCODE_MODEL_TOKEN";

/// The hook before each tool call. Codex takes one that crashes, says nothing or nonsense for a permission, and one with exit
/// code 2 for a refusal.
const GATE: &str = "PreToolUse";

/// Hooks that are wanted, each with its time limit in seconds.
const HOOKS: [(&str, u32); 8] = [
    ("SessionStart", 10),
    // Tells that a permission was given in the terminal.
    ("PostToolUse", 10),
    ("UserPromptSubmit", 10),
    (GATE, PERMISSION_HOOK_SECS),
    ("PermissionRequest", PERMISSION_HOOK_SECS),
    ("Stop", 10),
    ("PreCompact", 10),
    ("PostCompact", 10),
];

/// What every start of one run has in common.
pub struct StartSpec {
    /// The CLI's program.
    pub program: PathBuf,
    /// The workspace.
    pub workspace: PathBuf,
    /// The user's HOME.
    pub home: PathBuf,
    /// Where Codex keeps the user's things.
    pub codex_home: PathBuf,
    /// The program that hooks call.
    pub autocode: PathBuf,
    /// The gateway's base URL.
    pub gateway_url: String,
    /// `provider/model` of the agent.
    pub model: String,
    /// The API of a provider of the user's own.
    pub wire: Option<WireFormat>,
    /// What the CLI may do; files and commands are one tool to it, so neither is taken away alone.
    pub abilities: Abilities,
    /// Who decides what the CLI may do.
    pub approval: ApprovalPolicy,
    /// MCP servers in the usual `mcpServers` shape; they may hold secrets.
    pub mcp_servers: Value,
    /// Name of the configuration layer that the MCP servers are written to.
    pub profile: String,
    /// Instance token.
    pub token: SecretString,
    /// Where hooks report.
    pub hook_socket: PathBuf,
    /// Their secret.
    pub hook_secret: String,
}

/// The program itself instead of the script that npm installs in front of it, which would stand between the terminal and
/// the CLI; the script where its program is not found.
pub fn native_program(program: &Path) -> PathBuf {
    let real = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    let arch = match std::env::consts::ARCH {
        "aarch64" => ("arm64", "aarch64"),
        _ => ("x64", "x86_64"),
    };
    let package = format!("codex-linux-{}/vendor/{}-unknown-linux-musl/bin/codex", arch.0, arch.1);
    let native = real.extension().is_some_and(|ending| ending == "js").then(|| {
        // `@openai/codex/bin/codex.js`: the package is a neighbour, or lies within.
        let codex = real.ancestors().nth(2)?;
        [codex.parent()?.join(&package), codex.join("node_modules/@openai").join(&package)]
            .into_iter()
            .find(|path| path.is_file())
    });
    native.flatten().unwrap_or(real)
}

impl StartSpec {
    /// Makes the folder for what belongs to the user, without which Codex does not start, and writes the layer with the MCP
    /// servers, which would be visible to everybody on a command line.
    ///
    /// # Errors
    /// Either cannot be done.
    pub fn prepare_home(&self) -> Result<(), CliError> {
        std::fs::create_dir_all(&self.codex_home)
            .map_err(CliError::file("the CLI's configuration folder could not be made"))?;
        if self.has_mcp_servers() {
            let file = self.codex_home.join(format!("{}.config.toml", self.profile));
            let content = format!("mcp_servers={}\n", toml(&self.mcp_servers));
            write_atomically(&file, content.as_bytes())
                .map_err(CliError::file("the CLI's MCP servers could not be written"))?;
        }
        Ok(())
    }

    /// Whether a terminal title is the one that Codex shows at rest: the workspace's name.
    pub fn is_resting_title(&self, title: &str) -> bool {
        self.workspace.file_name().is_some_and(|name| name.to_string_lossy() == title)
    }

    fn has_mcp_servers(&self) -> bool {
        self.mcp_servers.as_object().is_some_and(|servers| !servers.is_empty())
    }

    /// The launch file's content; `resume` is the conversation to go on with.
    ///
    /// # Errors
    /// [`CliError::Configuration`] if the agent's model cannot be used with Codex.
    pub fn launch_file(&self, resume: Option<&str>) -> Result<LaunchFile, CliError> {
        let (provider, model) = split_model(&self.model);
        if matches!(provider, "anthropic" | "gemini") || self.wire == Some(WireFormat::Anthropic) {
            return Err(CliError::Configuration(format!(
                "Codex CLI needs a model whose provider speaks OpenAI's Responses API, such as openai/…; {} does not. \
                 Choose another model or another coding CLI for this agent.",
                self.model
            )));
        }
        let mut args = match resume {
            Some(id) => vec!["resume".to_owned(), id.to_owned()],
            None => Vec::new(),
        };
        // A daemon would outlive the terminal, and the other screen has no scrollback.
        args.extend(["--no-daemon", "--no-alt-screen", "--dangerously-bypass-hook-trust"].map(str::to_owned));
        if self.has_mcp_servers() {
            args.extend(["--profile".to_owned(), self.profile.clone()]);
        }
        for (key, value) in self.settings(provider, model) {
            args.extend(["-c".to_owned(), format!("{key}={}", toml(&value))]);
        }
        let mut env: BTreeMap<String, String> = inherited_environment().collect();
        let path = |path: &Path| path.to_string_lossy().into_owned();
        env.entry("LANG".to_owned()).or_insert_with(|| "C.UTF-8".to_owned());
        // Programs that its package brings along.
        let brought = self.program.ancestors().nth(2).map(|package| package.join("codex-path"));
        if let Some(folder) = brought.filter(|folder| folder.is_dir()) {
            let others = env.get("PATH").map_or(String::new(), |others| format!(":{others}"));
            env.insert("PATH".to_owned(), format!("{}{others}", folder.display()));
        }
        env.insert("HOME".to_owned(), path(&self.home));
        env.insert("CODEX_HOME".to_owned(), path(&self.codex_home));
        env.insert(TOKEN_VARIABLE.to_owned(), self.token.expose_secret().to_owned());
        env.insert(SOCKET_VARIABLE.to_owned(), path(&self.hook_socket));
        env.insert(SECRET_VARIABLE.to_owned(), self.hook_secret.clone());
        Ok(LaunchFile { program: self.program.clone(), args, env, cwd: self.workspace.clone() })
    }

    /// Keys and values for `-c`.
    fn settings(&self, provider: &str, model: &str) -> Vec<(String, Value)> {
        let base_url = format!("{}/{provider}/v1", self.gateway_url.trim_end_matches('/'));
        let hook = format!("{} hook", shell_quote(&self.autocode.to_string_lossy()));
        let hooks: serde_json::Map<String, Value> = HOOKS
            .iter()
            .map(|(event, limit)| {
                let command = match *event {
                    // The shell refuses for a hook that is killed or not there.
                    GATE => format!("{hook} {GATE_FLAG} || exit 2"),
                    _ => hook.clone(),
                };
                let hook = json!({"type": "command", "command": command, "timeout": limit});
                ((*event).to_owned(), json!([{ "hooks": [hook] }]))
            })
            .collect();
        // The cell is the sandbox, and one of Codex's own does not start in it.
        let mut settings = vec![
            ("check_for_update_on_startup", json!(false)),
            ("model", json!(model)),
            ("model_provider", json!("autocode")),
            (
                "model_providers.autocode",
                json!({"name": "AutoCode", "base_url": base_url, "wire_api": "responses", "env_key": TOKEN_VARIABLE}),
            ),
            ("projects", json!({ self.workspace.to_string_lossy().as_ref(): {"trust_level": "trusted"} })),
            ("approval_policy", json!("never")),
            ("sandbox_mode", json!("danger-full-access")),
            ("hooks", Value::Object(hooks)),
            ("developer_instructions", json!(SYSTEM_PROMPT)),
            // Commands of the model need neither the token nor a way to speak as the CLI.
            (
                "shell_environment_policy",
                json!({"inherit": "all", "exclude": [TOKEN_VARIABLE, SOCKET_VARIABLE, SECRET_VARIABLE]}),
            ),
        ];
        // What no hook is asked about: input to a running program, helpers, searches by the provider.
        let asked = self.approval != ApprovalPolicy::Auto;
        if asked {
            settings.push(("features", json!({"unified_exec_tty": false, "multi_agent": false})));
        } else if !self.abilities.use_helpers {
            settings.push(("features", json!({"multi_agent": false})));
        }
        if asked || !self.abilities.use_web {
            settings.push(("web_search", json!("disabled")));
        }
        settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// A JSON value as inline TOML; nulls are left out, which TOML does not have.
fn toml(value: &Value) -> String {
    match value {
        // A JSON string is a TOML basic string, but for DEL, which no setting has.
        Value::String(_) | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null => "\"\"".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter(|item| !item.is_null()).map(toml).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| format!("{}={}", Value::String(key.clone()), toml(value)))
                .collect();
            // The same arguments each time, whichever way JSON objects are kept.
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
    }
}

#[cfg(test)]
mod tests;
