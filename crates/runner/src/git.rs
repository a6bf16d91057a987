//! Runs git in a workspace: no hooks, no prompts, nobody's environment, a time limit.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::error::RunnerError;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

async fn output(folder: &Path, args: &[&str]) -> Result<Output, RunnerError> {
    let inherited = |key: &str, default: &str| std::env::var_os(key).unwrap_or_else(|| default.into());
    let mut command = Command::new("git");
    command
        .args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"])
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
    match timeout(LIMIT, command.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(source)) => Err(RunnerError::Start { program: "git".to_owned(), source }),
        Err(_) => Err(RunnerError::Git {
            command: name,
            message: format!("it took longer than {} seconds", LIMIT.as_secs()),
        }),
    }
}

async fn run(folder: &Path, args: &[&str]) -> Result<String, RunnerError> {
    let output = output(folder, args).await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().chars().take(1000).collect();
    Err(RunnerError::Git { command: args.first().copied().unwrap_or_default().to_owned(), message })
}

/// Makes sure that the folder is a repository with an author; what is there already stays as it is.
pub(crate) async fn ensure_repository(folder: &Path) -> Result<(), RunnerError> {
    if !folder.join(".git").exists() {
        run(folder, &["init", "--quiet", "-b", "main"]).await?;
    }
    for (key, value) in [("user.name", "AutoCode"), ("user.email", "autocode@localhost")] {
        if !output(folder, &["config", "--get", key]).await?.status.success() {
            run(folder, &["config", "--local", key, value]).await?;
        }
    }
    Ok(())
}

/// The file that lists what this repository ignores without saying so in a commit, relative to the folder.
pub(crate) async fn exclude_file(folder: &Path) -> Result<std::path::PathBuf, RunnerError> {
    Ok(run(folder, &["rev-parse", "--git-path", "info/exclude"]).await?.into())
}
