//! `autocode doctor`: what this machine has and what it lacks, with what to do.
//!
//! Must change nothing that a start would not change, and start no agent.

use std::{ffi::OsStr, net::TcpListener, path::Path, process::ExitCode, time::Duration};

use autocode_sandbox::SandboxMode;
use server::{
    cells::Cells,
    config::{Config, on_path},
    ground::Ground,
    launcher, site,
};
use tokio::process::Command;

use crate::maintenance;

/// No program takes longer to say its version.
const LIMIT: Duration = Duration::from_secs(20);

/// One line of the report.
enum Finding {
    Good(String),
    /// Works without it, but not as well.
    Warning(String),
    Missing(String),
}

/// Prints one line for each thing that is needed; fails if one is missing.
pub async fn run(config: Config) -> ExitCode {
    // Bait and folders that root left behind would be in the way of a service that is not root.
    if let Some(failed) = maintenance::become_service(&config) {
        return failed;
    }
    let findings = [
        ("tmux", program("tmux", "-V", "install the package tmux").await),
        ("git", program("git", "--version", "install the package git").await),
        ("isolation", isolation(&config).await),
        ("claude", claude(&config.claude).await),
        ("codex", other_cli(&config.codex, "@openai/codex", "AUTOCODE_CODEX").await),
        ("opencode", other_cli(&config.opencode, "opencode-ai", "AUTOCODE_OPENCODE").await),
        ("data", ground(&config).await),
        ("address", address(&config)),
        (
            "web site",
            site::check_site(&config)
                .map_or_else(Finding::Missing, |()| Finding::Good(show(&config.site_root))),
        ),
    ];
    let mut complete = true;
    for (name, finding) in findings {
        let (mark, text) = match finding {
            Finding::Good(text) => ("ok", text),
            Finding::Warning(text) => ("WARNING", text),
            Finding::Missing(text) => {
                complete = false;
                ("MISSING", text)
            }
        };
        println!("{mark:>8}  {name}: {text}");
    }
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

async fn program(name: &str, flag: &str, what_to_do: &str) -> Finding {
    match on_path(name) {
        Some(path) => match version(path.as_os_str(), flag).await {
            Ok(version) => Finding::Good(format!("{version} ({})", show(&path))),
            Err(why) => Finding::Missing(format!("{} does not run ({why}): {what_to_do}.", show(&path))),
        },
        None => Finding::Missing(format!("not found on PATH: {what_to_do}.")),
    }
}

async fn version(program: &OsStr, flag: &str) -> Result<String, String> {
    let output =
        Command::new(program).arg(flag).stdin(std::process::Stdio::null()).kill_on_drop(true).output();
    match tokio::time::timeout(LIMIT, output).await {
        Ok(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(text.lines().next().unwrap_or_default().trim().to_owned())
        }
        Ok(Ok(output)) => Err(output.status.to_string()),
        Ok(Err(e)) => Err(e.to_string()),
        Err(_) => Err(format!("no answer within {LIMIT:?}")),
    }
}

/// Starts an empty cell as `serve` would start one here, and says what its probe found.
async fn isolation(config: &Config) -> Finding {
    let examined = match launcher::wanted(config).await {
        Ok(true) => launcher::examine(config).await,
        Ok(false) => Ok(Cells::Own.examine(config).await),
        Err(why) => Err(why),
    };
    let facts = match examined {
        Ok(facts) => facts,
        Err(why) => return Finding::Warning(why),
    };
    let mut text = facts.lacks().unwrap_or_else(|| "Isolation level 4 of 4.".to_owned());
    for (name, fact) in facts.named() {
        let sign = if fact.holds { "yes" } else { "no" };
        text.push_str(&format!("\n{:>12}{name}: {sign}. {}", "", fact.detail));
    }
    match (facts.level(), config.sandbox) {
        (4, _) => Finding::Good(text),
        (0..2, SandboxMode::Required) => Finding::Missing(text),
        _ => Finding::Warning(text),
    }
}

async fn claude(path: &Path) -> Finding {
    let what_to_do =
        "install it with `npm ci` here or `npm install -g @anthropic-ai/claude-code`, or set AUTOCODE_CLAUDE";
    match version(path.as_os_str(), "--version").await {
        Ok(version) => Finding::Good(format!("{version} ({})", show(path))),
        Err(why) => Finding::Missing(format!("{} does not run ({why}): {what_to_do}.", show(path))),
    }
}

/// Only the agents that choose it need it.
async fn other_cli(path: &Path, package: &str, variable: &str) -> Finding {
    match version(path.as_os_str(), "--version").await {
        Ok(version) => Finding::Good(format!("{version} ({})", show(path))),
        Err(why) => Finding::Warning(format!(
            "{} does not run ({why}): fine if no agent uses it, else install it with `npm install -g {package}`, or set {variable}.",
            show(path)
        )),
    }
}

async fn ground(config: &Config) -> Finding {
    match Ground::prepare(config).await {
        Ok(ground) => {
            ground.db.close().await;
            Finding::Good(format!(
                "{} is writable, the master key is there, the database has schema {}",
                show(&config.data_dir),
                server::db::Db::known_version()
            ))
        }
        Err(e) => Finding::Missing(e.to_string()),
    }
}

fn address(config: &Config) -> Finding {
    match TcpListener::bind(config.addr) {
        Ok(_) => Finding::Good(format!("{} is free", config.addr)),
        Err(e) => Finding::Warning(format!(
            "{} cannot be listened on ({e}): fine if AutoCode runs there already, else choose another with AUTOCODE_ADDR.",
            config.addr
        )),
    }
}
