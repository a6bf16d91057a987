//! How any program is started: its words, and where it finds the model.
//!
//! Must not start anything itself. The variables are those that most programs look for; the token is in the environment alone.

use std::{collections::BTreeMap, path::Path};

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    coding::{CliError, process::inherited_environment},
    launch::LaunchFile,
    llm::split_model,
    protocol::NanobotConfig,
};

/// The launch file's content; `words` are split as a shell would, but no shell runs.
///
/// # Errors
/// [`CliError::Configuration`] if there is no word, or a quote without its end.
pub fn launch_file(
    words: &str,
    config: &NanobotConfig,
    token: &SecretString,
    home: &Path,
) -> Result<LaunchFile, CliError> {
    let split = shell_words::split(words).map_err(|error| {
        CliError::Configuration(format!(
            "The agent\u{2019}s command \u{201c}{words}\u{201d} cannot be read: {error}."
        ))
    })?;
    let mut split = split.into_iter();
    let Some(program) = split.next() else {
        return Err(CliError::Configuration("The agent\u{2019}s coding CLI has no command.".to_owned()));
    };
    let (provider, model) = split_model(&config.agent.model);
    let base = format!("{}/{provider}", config.gateway_url.trim_end_matches('/'));
    let token = token.expose_secret().to_owned();
    let mut env: BTreeMap<String, String> = inherited_environment().collect();
    env.entry("LANG".to_owned()).or_insert_with(|| "C.UTF-8".to_owned());
    let own = [
        ("HOME", home.to_string_lossy().into_owned()),
        ("ANTHROPIC_BASE_URL", base.clone()),
        ("ANTHROPIC_AUTH_TOKEN", token.clone()),
        ("ANTHROPIC_MODEL", model.to_owned()),
        ("OPENAI_BASE_URL", format!("{base}/v1")),
        ("OPENAI_API_BASE", format!("{base}/v1")),
        ("OPENAI_API_KEY", token),
        ("OPENAI_MODEL", model.to_owned()),
    ];
    env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(LaunchFile {
        program: program.into(),
        args: split.collect(),
        env,
        cwd: config.project.workspace.clone(),
    })
}
