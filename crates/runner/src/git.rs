//! Runs git in a workspace: no hooks, no prompts, nobody's environment, a time limit.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::error::RunnerError;

/// For everything local.
const LIMIT: Duration = Duration::from_secs(60);
/// For what goes over the network.
const CLONE_LIMIT: Duration = Duration::from_secs(600);

async fn output(folder: &Path, args: &[&str], limit: Duration) -> Result<Output, RunnerError> {
    let inherited = |key: &str, default: &str| std::env::var_os(key).unwrap_or_else(|| default.into());
    let mut command = Command::new("git");
    command
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "protocol.file.allow=user",
            "-c",
            "core.fsmonitor=false",
        ])
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", inherited("PATH", "/usr/local/bin:/usr/bin:/bin"))
        .env("HOME", inherited("HOME", "/"))
        .env("LANG", "C.UTF-8")
        .env("GIT_TERMINAL_PROMPT", "0")
        // A data folder may lie inside some other repository, which is none of our business.
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let name = args.first().copied().unwrap_or_default().to_owned();
    match timeout(limit, command.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(source)) => Err(RunnerError::Start { program: "git".to_owned(), source }),
        Err(_) => Err(RunnerError::Git {
            command: name,
            message: format!("it took longer than {} seconds", limit.as_secs()),
        }),
    }
}

async fn run(folder: &Path, args: &[&str], limit: Duration) -> Result<String, RunnerError> {
    let output = output(folder, args, limit).await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().chars().take(1000).collect();
    Err(RunnerError::Git { command: args.first().copied().unwrap_or_default().to_owned(), message })
}

/// Makes sure that the folder is a repository with an author; what is there already stays as it is.
pub(crate) async fn ensure_repository(folder: &Path) -> Result<(), RunnerError> {
    if !folder.join(".git").exists() {
        run(folder, &["init", "--quiet", "-b", "main"], LIMIT).await?;
    }
    for (key, value) in [("user.name", "AutoCode"), ("user.email", "autocode@localhost")] {
        if !output(folder, &["config", "--get", key], LIMIT).await?.status.success() {
            run(folder, &["config", "--local", key, value], LIMIT).await?;
        }
    }
    Ok(())
}

/// Clones into an empty folder.
pub(crate) async fn clone_into(folder: &Path, url: &str) -> Result<(), RunnerError> {
    run(folder, &["clone", "--quiet", "--", url, "."], CLONE_LIMIT).await.map(drop).map_err(|error| {
        match error {
            // The URL may contain a password.
            RunnerError::Git { command, message } => {
                let secret =
                    url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(user, _)| user);
                let message = message.replace(url, "the repository");
                let message = secret.map_or(message.clone(), |secret| message.replace(secret, "…"));
                RunnerError::Git { command, message }
            }
            other => other,
        }
    })
}

/// The file that lists what this repository ignores without saying so in a commit.
pub(crate) async fn exclude_file(folder: &Path) -> Result<std::path::PathBuf, RunnerError> {
    let path =
        run(folder, &["rev-parse", "--path-format=absolute", "--git-path", "info/exclude"], LIMIT).await?;
    Ok(path.into())
}
