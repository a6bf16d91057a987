//! Files that make Claude Code start without a question and report to us.
//!
//! The settings file belongs to one run and lies outside the repository. `.claude.json` belongs to the user: it is
//! merged into, never replaced, and only written when something is missing.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use crate::{
    coding::{CliError, process::shell_quote},
    hook::PERMISSION_HOOK_SECS,
    protocol::Abilities,
    state::write_atomically,
};

/// Hooks that are wanted, each with its time limit in seconds.
const HOOKS: [(&str, u32); 10] = [
    ("SessionStart", 10),
    ("UserPromptSubmit", 10),
    ("PermissionRequest", PERMISSION_HOOK_SECS),
    // Tells that a permission was given in the terminal: the hook that asked for it is left running then.
    ("PostToolUse", 10),
    ("Notification", 10),
    ("Stop", 10),
    ("StopFailure", 10),
    ("PreCompact", 10),
    ("PostCompact", 10),
    ("SessionEnd", 10),
];

/// Tools that are taken away with an ability.
fn denied(abilities: Abilities) -> Vec<&'static str> {
    let groups: [(bool, &[&str]); 4] = [
        (abilities.edit_files, &["Edit", "Write", "MultiEdit", "NotebookEdit"]),
        (abilities.run_commands, &["Bash", "BashOutput", "KillShell"]),
        (abilities.use_web, &["WebFetch", "WebSearch"]),
        (abilities.use_helpers, &["Task", "Agent"]),
    ];
    groups.iter().filter(|(allowed, _)| !allowed).flat_map(|(_, tools)| tools.iter().copied()).collect()
}

/// The content of the file for `--settings`.
pub fn run_settings(autocode: &Path, abilities: Abilities) -> Value {
    let command = format!("{} hook", shell_quote(&autocode.to_string_lossy()));
    let hooks: Map<String, Value> = HOOKS
        .iter()
        .map(|(event, limit)| {
            let hook = json!({"type": "command", "command": command, "timeout": limit});
            ((*event).to_owned(), json!([{ "hooks": [hook] }]))
        })
        .collect();
    json!({
        "hooks": hooks,
        "permissions": {"deny": denied(abilities)},
        "enableAllProjectMcpServers": true,
        "skipDangerousModePermissionPrompt": true,
        "spinnerTipsEnabled": false,
        "includeCoAuthoredBy": false,
    })
}

/// Makes sure that Claude Code asks nothing at its start in this workspace.
///
/// # Errors
/// The file cannot be read or written, or holds something else than a JSON object: then it is left alone.
pub fn prepare_config(config_dir: &Path, workspace: &Path) -> Result<(), CliError> {
    fs::create_dir_all(config_dir)
        .map_err(CliError::file("the CLI's configuration folder could not be made"))?;
    let path = config_dir.join(".claude.json");
    let former = match fs::read(&path) {
        Ok(bytes) => Some(parse(&bytes, &path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(CliError::file("the CLI's .claude.json could not be read")(error)),
    };
    let merged = merged(former.clone().unwrap_or_default(), workspace);
    if former.as_ref() == Some(&merged) {
        return Ok(());
    }
    let bytes = Value::Object(merged).to_string();
    write_atomically(&path, bytes.as_bytes())
        .map_err(CliError::file("the CLI's .claude.json could not be written"))
}

fn parse(bytes: &[u8], path: &Path) -> Result<Map<String, Value>, CliError> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(CliError::Configuration(format!(
            "{} is not a JSON object; AutoCode does not overwrite it. Repair or remove it.",
            path.display()
        ))),
    }
}

fn merged(mut config: Map<String, Value>, workspace: &Path) -> Map<String, Value> {
    config.insert("hasCompletedOnboarding".to_owned(), Value::Bool(true));
    let project =
        object(&mut config, "projects").and_then(|projects| object(projects, &workspace.to_string_lossy()));
    if let Some(project) = project {
        project.insert("hasTrustDialogAccepted".to_owned(), Value::Bool(true));
        // No question about imports from outside the workspace; they stay off unless the user has allowed them.
        project.insert("hasClaudeMdExternalIncludesWarningShown".to_owned(), Value::Bool(true));
    }
    config
}

/// The object in a field; anything else there is replaced.
fn object<'a>(fields: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let field = fields.entry(name.to_owned()).or_insert(Value::Null);
    if !field.is_object() {
        *field = Value::Object(Map::new());
    }
    field.as_object_mut()
}

/// Where Claude Code keeps what belongs to the user.
pub fn config_dir(home: &Path) -> PathBuf {
    home.join("config/claude")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_configuration_is_merged_into_and_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".claude.json");
        fs::write(&path, r#"{"theme":"dark","projects":{"/other":{"x":1},"/w":{"y":2}}}"#).unwrap();
        prepare_config(folder.path(), Path::new("/w")).unwrap();
        let first = fs::read_to_string(&path).unwrap();
        let value: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(
            value,
            json!({"theme": "dark", "hasCompletedOnboarding": true, "projects": {"/other": {"x": 1},
                "/w": {"y": 2, "hasTrustDialogAccepted": true, "hasClaudeMdExternalIncludesWarningShown": true}}})
        );
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        prepare_config(folder.path(), Path::new("/w")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);

        fs::write(&path, "oops").unwrap();
        assert!(prepare_config(folder.path(), Path::new("/w")).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "oops");
    }

    #[test]
    fn the_hook_command_survives_odd_paths() {
        let settings = run_settings(Path::new("/opt/it's here/autocode"), Abilities::ALL);
        assert_eq!(settings["permissions"]["deny"], json!([]));
        let reader = Abilities { run_commands: false, use_web: false, ..Abilities::ALL };
        let denied = run_settings(Path::new("/a"), reader)["permissions"]["deny"].clone();
        assert_eq!(denied, json!(["Bash", "BashOutput", "KillShell", "WebFetch", "WebSearch"]));
        assert_eq!(settings["hooks"]["Stop"][0]["hooks"][0]["command"], "'/opt/it'\\''s here/autocode' hook");
    }
}
