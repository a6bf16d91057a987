//! How Claude Code is started: arguments, environment, and which conversation goes on.
//!
//! Must not start anything itself. The environment is complete: nothing of the nanobot's own is inherited but PATH.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    context::SYSTEM_PROMPT,
    hook::{SECRET_VARIABLE, SOCKET_VARIABLE},
    launch::LaunchFile,
    llm::split_model,
    protocol::WireFormat,
};

/// Which conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// A new one with this id.
    New(String),
    /// Go on with this one.
    Resume(String),
}

/// What every start of one run has in common.
pub struct StartSpec {
    /// The CLI's program.
    pub program: PathBuf,
    /// The workspace.
    pub workspace: PathBuf,
    /// The user's HOME.
    pub home: PathBuf,
    /// Where Claude Code keeps the user's things.
    pub config_dir: PathBuf,
    /// The run's settings file.
    pub settings: PathBuf,
    /// MCP servers file, if the agent has any.
    pub mcp_config: Option<PathBuf>,
    /// The gateway's base URL.
    pub gateway_url: String,
    /// `provider/model` of the agent.
    pub model: String,
    /// The API of a provider of the user's own.
    pub wire: Option<WireFormat>,
    /// Instance token.
    pub token: SecretString,
    /// Where hooks report.
    pub hook_socket: PathBuf,
    /// Their secret.
    pub hook_secret: String,
}

/// Provider whose path of the gateway the CLI uses, and the model to ask for; providers that do not speak Anthropic's
/// wire format leave the CLI with Anthropic and its default model.
pub fn provider_and_model(model: &str, wire: Option<WireFormat>) -> (&str, Option<&str>) {
    match (split_model(model), wire) {
        (("openai" | "gemini" | "ollama", _), _) | (_, Some(WireFormat::Openai)) => ("anthropic", None),
        ((provider, model), _) => (provider, Some(model)),
    }
}

impl StartSpec {
    /// Whether the user logged in to Claude Code in the terminal: then their subscription pays for Anthropic's models, and
    /// a token in the environment would be used instead of it.
    fn logged_in(&self) -> bool {
        self.config_dir.join(".credentials.json").is_file()
    }

    /// The launch file's content.
    pub fn launch_file(&self, conversation: &Conversation) -> LaunchFile {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let (provider, model) = provider_and_model(&self.model, self.wire);
        let mut args = match conversation {
            Conversation::New(id) => vec!["--session-id".to_owned(), id.clone()],
            Conversation::Resume(id) => vec!["--resume".to_owned(), id.clone()],
        };
        args.extend(["--settings".to_owned(), path(&self.settings)]);
        args.extend(["--append-system-prompt".to_owned(), SYSTEM_PROMPT.to_owned()]);
        if let Some(file) = &self.mcp_config {
            args.extend(["--mcp-config".to_owned(), path(file)]);
        }
        let mut env = BTreeMap::from([
            ("HOME", path(&self.home)),
            ("LANG", "C.UTF-8".to_owned()),
            ("CLAUDE_CONFIG_DIR", path(&self.config_dir)),
            ("DISABLE_AUTOUPDATER", "1".to_owned()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
            (SOCKET_VARIABLE, path(&self.hook_socket)),
            (SECRET_VARIABLE, self.hook_secret.clone()),
        ]);
        if provider != "anthropic" || !self.logged_in() {
            let gateway = self.gateway_url.trim_end_matches('/');
            env.insert("ANTHROPIC_BASE_URL", format!("{gateway}/{provider}"));
            env.insert("ANTHROPIC_AUTH_TOKEN", self.token.expose_secret().to_owned());
        }
        for name in ["PATH", "LANG", "TZ", "USER", "LOGNAME", "SHELL"] {
            if let Ok(value) = std::env::var(name) {
                env.insert(name, value);
            }
        }
        if let Some(model) = model {
            args.extend(["--model".to_owned(), model.to_owned()]);
            env.insert("ANTHROPIC_MODEL", model.to_owned());
            if provider != "anthropic" {
                // Titles and helpers would ask for models that this provider does not have.
                for name in [
                    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
                    "ANTHROPIC_DEFAULT_SONNET_MODEL",
                    "ANTHROPIC_DEFAULT_OPUS_MODEL",
                    "CLAUDE_CODE_SUBAGENT_MODEL",
                ] {
                    env.insert(name, model.to_owned());
                }
            }
        }
        LaunchFile {
            program: self.program.clone(),
            args,
            env: env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            cwd: self.workspace.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_without_anthropics_wire_format_leave_the_cli_its_default() {
        assert_eq!(provider_and_model("demo/builder", None), ("demo", Some("builder")));
        assert_eq!(provider_and_model("openrouter/a/b", None), ("openrouter", Some("a/b")));
        assert_eq!(provider_and_model("openai/gpt", None), ("anthropic", None));
        assert_eq!(provider_and_model("own/m", Some(WireFormat::Anthropic)), ("own", Some("m")));
        assert_eq!(provider_and_model("own/m", Some(WireFormat::Openai)), ("anthropic", None));
    }

    #[test]
    fn a_login_in_the_terminal_is_used_for_anthropics_models_alone() {
        let folder = tempfile::tempdir().unwrap();
        let spec = |model: &str| StartSpec {
            model: model.to_owned(),
            config_dir: folder.path().to_owned(),
            ..spec()
        };
        let gateway = |model: &str| {
            let env = spec(model).launch_file(&Conversation::New("id".into())).env;
            (env.contains_key("ANTHROPIC_BASE_URL"), env.contains_key("ANTHROPIC_AUTH_TOKEN"))
        };
        assert_eq!(gateway("anthropic/claude"), (true, true));
        std::fs::write(folder.path().join(".credentials.json"), "{}").unwrap();
        assert_eq!(gateway("anthropic/claude"), (false, false));
        assert_eq!(gateway("demo/builder"), (true, true));
    }

    fn spec() -> StartSpec {
        StartSpec {
            program: "/c".into(),
            workspace: "/w".into(),
            home: "/h".into(),
            config_dir: "/h/config/claude".into(),
            settings: "/r/settings.json".into(),
            mcp_config: None,
            gateway_url: "http://127.0.0.1:1/gateway/".into(),
            model: "demo/builder".into(),
            wire: None,
            token: SecretString::from("made-up-token"),
            hook_socket: "/r/hook.sock".into(),
            hook_secret: "s".into(),
        }
    }

    #[test]
    fn the_environment_is_complete_and_the_token_is_nowhere_else() {
        let spec = spec();
        let launch = spec.launch_file(&Conversation::Resume("id".into()));
        assert_eq!(launch.args[..4], ["--resume", "id", "--settings", "/r/settings.json"]);
        assert!(launch.args.windows(2).any(|pair| pair == ["--model", "builder"]));
        assert_eq!(launch.env["ANTHROPIC_BASE_URL"], "http://127.0.0.1:1/gateway/demo");
        assert_eq!(launch.env["HOME"], "/h");
        assert!(launch.args.iter().all(|a| !a.contains("made-up-token")));
        assert_eq!(launch.env.values().filter(|v| v.contains("made-up-token")).count(), 1);
    }
}
