//! `autocode launch FILE`: becomes the coding CLI, with the arguments and environment that the file names.
//!
//! Secrets reach the CLI through this file (mode 0600, removed when read) because a terminal's command line is visible
//! to other processes. Must not start a shell: when the CLI ends, the pane is dead and can execute nothing.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use serde::{Deserialize, Serialize};

/// What to become. Holds secrets: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchFile {
    /// The program.
    pub program: PathBuf,
    /// Its arguments, without the program's name.
    pub args: Vec<String>,
    /// Its whole environment; only `TERM` is kept from the terminal.
    pub env: BTreeMap<String, String>,
    /// Its working directory.
    pub cwd: PathBuf,
}

/// Reads and removes the launch file, then replaces this process; returns only if that failed.
pub fn run(file: &Path) -> ExitCode {
    let launch = match take(file) {
        Ok(launch) => launch,
        Err(error) => {
            eprintln!("autocode launch: {} cannot be read: {error}", file.display());
            return ExitCode::from(127);
        }
    };
    let term = std::env::var_os("TERM").unwrap_or_else(|| "tmux-256color".into());
    let error = Command::new(&launch.program)
        .args(&launch.args)
        .current_dir(&launch.cwd)
        .env_clear()
        .envs(&launch.env)
        .env("TERM", term)
        // By this, whatever the CLI leaves running is found when the session ends.
        .env(crate::processes::WORKSPACE, &launch.cwd)
        .exec();
    eprintln!("autocode launch: {} cannot be started: {error}", launch.program.display());
    ExitCode::from(127)
}

fn take(file: &Path) -> io::Result<LaunchFile> {
    let bytes = fs::read(file)?;
    fs::remove_file(file)?;
    Ok(serde_json::from_slice(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_file_is_gone_once_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("launch.json");
        let launch = LaunchFile {
            program: "/bin/true".into(),
            args: vec!["a b".into()],
            env: [("K".to_owned(), "v".to_owned())].into(),
            cwd: "/".into(),
        };
        crate::state::write_atomically(&path, &serde_json::to_vec(&launch).unwrap()).unwrap();
        assert!(take(&path).unwrap() == launch);
        assert!(!path.exists());
        assert!(take(&path).is_err());
    }
}
