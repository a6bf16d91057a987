//! Cloning a repository into a new workspace: bounded, interruptible, all or nothing.
//!
//! Only addresses of ordinary transports are accepted; git never asks for a password. The clone is made beside the
//! workspace and takes its place when it is whole, so that half a clone is never taken for a project.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use autocode_nanobot::{network, processes};
use cap_std::fs::Dir;
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, BufReader},
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{error::RunnerError, process::signal_group};

/// How long a clone may take.
const LIMIT: Duration = Duration::from_secs(600);
/// How long git may take to tidy up when it is to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much of what git says is kept, in bytes.
const SAID: u64 = 4096;

/// Where a repository may be cloned from.
pub(crate) fn check_url(url: &str) -> Result<(), RunnerError> {
    let refused =
        |why: &str| Err(RunnerError::Refused(format!("This address cannot be cloned from: {why}.")));
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) || url.len() > 2000 {
        return refused("it contains blanks or is too long");
    }
    let rest = ["https://", "http://", "ssh://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let host = match rest {
        Some(rest) => {
            rest.split(['/', '?', '#']).next().map(|place| place.rsplit('@').next().unwrap_or(place))
        }
        None => url.strip_prefix("git@").and_then(|rest| rest.split_once(':')).map(|(host, _)| host),
    };
    match host {
        // ssh would take it for an option.
        Some(host) if host.is_empty() || host.starts_with('-') => refused("it names no host"),
        Some(host) if !host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]_".contains(c)) => {
            refused("its host is not a host\u{2019}s name")
        }
        Some(_) => Ok(()),
        None => refused("it has to begin with https://, http://, ssh:// or git@HOST:"),
    }
}

/// Where the clone of a workspace is made: beside it.
pub(crate) fn draft_of(workspace: &Path) -> PathBuf {
    let mut name = OsString::from(".cloning-");
    name.push(workspace.file_name().unwrap_or_default());
    workspace.with_file_name(name)
}

/// Clones into a workspace that is an empty folder; `relative` is where it lies in `projects`.
pub(crate) async fn clone(
    projects: &Dir,
    relative: &Path,
    workspace: &Path,
    url: &str,
    cancel: &CancellationToken,
) -> Result<(), RunnerError> {
    check_url(url)?;
    remove(projects, relative)?;
    let cloned = fetch(workspace, &draft_of(workspace), url, cancel).await;
    let placed = cloned.and_then(|()| {
        // Takes the place of an empty folder, and of nothing else.
        let placed = projects.rename(draft_of(relative), projects, relative);
        placed.map_err(RunnerError::file("the cloned repository"))
    });
    if placed.is_err() {
        remove(projects, relative)?;
    }
    placed
}

/// Removes what is left of a clone that did not come to an end.
pub(crate) fn remove(projects: &Dir, relative: &Path) -> Result<(), RunnerError> {
    match projects.remove_dir_all(draft_of(relative)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(RunnerError::file("an unfinished clone")(error))
        }
        _ => Ok(()),
    }
}

async fn fetch(
    workspace: &Path,
    draft: &Path,
    url: &str,
    cancel: &CancellationToken,
) -> Result<(), RunnerError> {
    let failed = |message: String| RunnerError::Git { command: "clone".to_owned(), message };
    let mut child = command(workspace, draft, url)
        .spawn()
        .map_err(|source| RunnerError::Start { program: "git".to_owned(), source })?;
    let Some(leader) = child.id() else { return Err(failed("it has no process".to_owned())) };
    let stderr = child.stderr.take();
    let ended = tokio::select! {
        ended = timeout(LIMIT, finish(&mut child, stderr)) => ended,
        () = cancel.cancelled() => {
            end(&mut child, leader).await;
            return Err(RunnerError::Refused("The start was stopped while the repository was cloned.".to_owned()));
        }
    };
    let Ok(ended) = ended else {
        end(&mut child, leader).await;
        return Err(failed(format!("it took longer than {} minutes", LIMIT.as_secs() / 60)));
    };
    signal_group(leader, Signal::KILL);
    match ended {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, said)) if said.is_empty() => Err(failed(status.to_string())),
        Ok((_, said)) => Err(failed(without_secrets(&said, url))),
        Err(source) => Err(RunnerError::File { what: "git clone".to_owned(), source }),
    }
}

fn command(workspace: &Path, draft: &Path, url: &str) -> Command {
    let inherited = |key: &str, default: &str| std::env::var_os(key).unwrap_or_else(|| default.into());
    let mut command = Command::new("git");
    for setting in
        ["core.hooksPath=/dev/null", "credential.helper=", "http.lowSpeedLimit=100", "http.lowSpeedTime=60"]
    {
        command.args(["-c", setting]);
    }
    command
        .args(["clone", "--quiet", "--"])
        .arg(url)
        .arg(draft)
        .current_dir("/")
        .env_clear()
        .env("PATH", inherited("PATH", "/usr/local/bin:/usr/bin:/bin"))
        .env("HOME", inherited("HOME", "/"))
        .env("LANG", "C.UTF-8")
        .envs(network::environment())
        // Also for where a server redirects to, and for submodules.
        .env("GIT_ALLOW_PROTOCOL", "https:http:ssh")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "/bin/false")
        .env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oStrictHostKeyChecking=accept-new -oConnectTimeout=30")
        .env(processes::WORKSPACE, workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The end of git and the beginning of what it said.
async fn finish(child: &mut Child, stderr: Option<ChildStderr>) -> std::io::Result<(ExitStatus, String)> {
    let mut said = Vec::new();
    if let Some(stderr) = stderr {
        let mut reader = BufReader::new(stderr);
        (&mut reader).take(SAID).read_to_end(&mut said).await?;
        // More than that is read for git's sake only.
        tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
    }
    Ok((child.wait().await?, String::from_utf8_lossy(&said).trim().to_owned()))
}

async fn end(child: &mut Child, leader: u32) {
    signal_group(leader, Signal::TERM);
    if timeout(PATIENCE, child.wait()).await.is_err() {
        signal_group(leader, Signal::KILL);
        // Killed: only the kernel can keep it waiting.
        timeout(PATIENCE, child.wait()).await.ok();
    }
    signal_group(leader, Signal::KILL);
}

/// The address may contain a password.
fn without_secrets(said: &str, url: &str) -> String {
    let secret = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    let said = said.replace(url, "the repository");
    let said = match secret {
        Some((user, _)) => {
            let password = user.split_once(':').map_or(user, |(_, password)| password);
            said.replace(user, "\u{2026}").replace(password, "\u{2026}")
        }
        None => said,
    };
    said.chars().take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordinary_addresses_are_cloned_from() {
        for good in [
            "https://example.org/a/b.git",
            "http://127.0.0.1:8080/x",
            "https://tom:secret@example.org/x",
            "ssh://git@example.org:22/x.git",
            "git@example.org:a/b.git",
        ] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-uhttps://x",
            "--upload-pack=touch x",
            "ext::sh -c id",
            "ext::id",
            "file:///etc",
            "/etc",
            "../other",
            "git://example.org/x",
            "ssh://-oProxyCommand=id/x",
            "git@-oProxyCommand=id:x",
            "https:///x",
            "https://a b/x",
            "https://a\nb/x",
            "fd::17",
            "git@example.org",
        ] {
            assert!(check_url(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_git_says_shows_no_password() {
        let url = "https://tom:secret@example.org/x";
        let said = "fatal: unable to access 'https://tom:secret@example.org/x/': secret";
        let clean = without_secrets(said, url);
        assert!(!clean.contains("secret"), "{clean}");
    }
}
