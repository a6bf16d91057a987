//! A project's folder: created or adopted, made ready for a nanobot, removed.
//!
//! Works through `cap-std` from the user's `projects/` folder downwards, so that no symlink leads out of it. Never
//! touches what a repository contains already, beyond adding `.claude/CLAUDE.md` if it is missing and `.nanobot/`.

use std::{
    io::{self, Write},
    path::{Component, Path, PathBuf},
};

use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions, OpenOptionsExt},
};

use autocode_nanobot::{
    checkpoint,
    protocol::{Step, StepStatus},
};
use tokio_util::sync::CancellationToken;

use crate::{clone, error::RunnerError, git, protocol::StartInstance};

/// The path of a workspace below `projects/`; refuses `..` and everything that is not below it.
pub(crate) fn relative(home: &Path, workspace: &Path) -> Result<PathBuf, RunnerError> {
    let relative = workspace.strip_prefix(home.join("projects")).ok();
    let inside = relative.filter(|path| is_plain(path)).map(Path::to_owned);
    inside
        .ok_or_else(|| RunnerError::Refused(format!("{} is not in the projects folder", workspace.display())))
}

fn is_plain(path: &Path) -> bool {
    path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn projects(home: &Path) -> Result<Dir, RunnerError> {
    let home =
        Dir::open_ambient_dir(home, ambient_authority()).map_err(RunnerError::file("the user's folder"))?;
    home.create_dir_all("projects").map_err(RunnerError::file("projects/"))?;
    home.open_dir("projects").map_err(RunnerError::file("projects/"))
}

/// Makes a workspace ready: folder, repository, rules and configuration.
pub(crate) async fn prepare(
    home: &Path,
    start: &StartInstance,
    cancel: &CancellationToken,
) -> Result<(), RunnerError> {
    let workspace = &start.config.project.workspace;
    let relative = relative(home, workspace)?;
    let dir = create(home, &relative)?;
    let empty = dir.entries().map_err(RunnerError::file("the workspace"))?.next().is_none();
    drop(dir);
    if let Some(url) = start.clone_url.as_deref().filter(|_| empty) {
        clone::clone(&projects(home)?, &relative, workspace, url, cancel).await?;
    }
    // Once the work has begun, what is half done there is the agent's own doing.
    let begun = |step: &Step| !matches!(step.status, StepStatus::Pending | StepStatus::Skipped);
    if !start.config.project.plan.iter().any(begun) {
        checkpoint::check(workspace).await?;
    }
    let dir = create(home, &relative)?;
    git::ensure_repository(workspace).await?;
    let exclude = git::exclude_file(workspace).await?;
    exclude_nanobot(&dir, &exclude).map_err(RunnerError::file(".git/info/exclude"))?;
    write_files(home, &dir, start)
}

fn create(home: &Path, relative: &Path) -> Result<Dir, RunnerError> {
    let projects = projects(home)?;
    projects.create_dir_all(relative).map_err(RunnerError::file(relative.display().to_string()))?;
    projects.open_dir(relative).map_err(RunnerError::file(relative.display().to_string()))
}

/// Adds to the list of ignored files, which lies in the workspace.
fn exclude_nanobot(dir: &Dir, file: &Path) -> io::Result<()> {
    let text = match dir.read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        other => other?,
    };
    if text.lines().any(|line| line == ".nanobot/") {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        dir.create_dir_all(folder)?;
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    dir.write(file, format!("{text}{gap}.nanobot/\n"))
}

fn write_files(home: &Path, dir: &Dir, start: &StartInstance) -> Result<(), RunnerError> {
    let config = &start.config;
    for folder in [".claude", ".nanobot"] {
        dir.create_dir_all(folder).map_err(RunnerError::file(folder))?;
    }
    if !dir.try_exists(".claude/CLAUDE.md").map_err(RunnerError::file(".claude/CLAUDE.md"))? {
        let text = format!(
            "# {}\n\nRules for this project. Whatever stands here is followed by every agent that works on it.\n",
            config.project.name
        );
        dir.write(".claude/CLAUDE.md", text).map_err(RunnerError::file(".claude/CLAUDE.md"))?;
    }
    write_config(dir, start)?;
    let home =
        Dir::open_ambient_dir(home, ambient_authority()).map_err(RunnerError::file("the user's folder"))?;
    let rules = format!(".autocode/agents/{}", config.agent.id);
    home.create_dir_all(&rules).map_err(RunnerError::file(rules.clone()))?;
    replace(&home, &format!("{rules}/RULES.md"), config.agent.global_rules.as_bytes(), 0o644)
}

/// Writes `.nanobot/config.json` alone: a running instance got a new configuration.
pub(crate) fn update_config(home: &Path, start: &StartInstance) -> Result<(), RunnerError> {
    let dir = create(home, &relative(home, &start.config.project.workspace)?)?;
    dir.create_dir_all(".nanobot").map_err(RunnerError::file(".nanobot"))?;
    write_config(&dir, start)
}

fn write_config(dir: &Dir, start: &StartInstance) -> Result<(), RunnerError> {
    let file = ".nanobot/config.json";
    let json = serde_json::to_vec_pretty(&start.config).map_err(|e| RunnerError::file(file)(e.into()))?;
    replace(dir, file, &json, 0o600)
}

/// Writes a file whole or not at all.
fn replace(dir: &Dir, file: &str, content: &[u8], mode: u32) -> Result<(), RunnerError> {
    let draft = format!("{file}.new");
    let write = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(mode);
        let mut target = dir.open_with(&draft, &options)?;
        target.write_all(content)?;
        target.sync_all()?;
        dir.rename(&draft, dir, file)
    };
    write().map_err(RunnerError::file(file))
}

/// The path of a project's folder that exists; refuses what is none, and symlinks that lead out of `projects/`.
pub(crate) fn existing(home: &Path, slug: &str) -> Result<PathBuf, RunnerError> {
    let relative = Path::new(slug);
    if !is_plain(relative) {
        return Err(RunnerError::Refused(format!("\u{201c}{slug}\u{201d} is not a project's folder")));
    }
    // Opening it through the folder above fails where a link leads out.
    projects(home)?.open_dir(relative).map_err(RunnerError::file(slug))?;
    Ok(home.join("projects").join(relative))
}

/// Removes a project's folder, whatever is in it, following no symlink; fine if it is not there.
pub(crate) fn remove(home: &Path, slug: &str) -> Result<(), RunnerError> {
    let relative = Path::new(slug);
    if !is_plain(relative) {
        return Err(RunnerError::Refused(format!("\u{201c}{slug}\u{201d} is not a project's folder")));
    }
    let projects = projects(home)?;
    clone::remove(&projects, relative)?;
    let result = match projects.symlink_metadata(relative) {
        Ok(meta) if meta.is_dir() => projects.remove_dir_all(relative),
        Ok(_) => projects.remove_file(relative),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RunnerError::file(slug)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_lie_in_projects() {
        let home = Path::new("/d/users/tom");
        assert_eq!(relative(home, Path::new("/d/users/tom/projects/a/b")).unwrap(), Path::new("a/b"));
        for bad in [
            "/d/users/tom/projects",
            "/d/users/tom/projects/../x",
            "/d/users/tom/x",
            "/d/users/eva/projects/a",
            "a",
        ] {
            assert!(relative(home, Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_symlink_leads_out() {
        let home = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("kept"), "x").unwrap();
        std::fs::create_dir_all(home.path().join("projects/a")).unwrap();
        std::os::unix::fs::symlink(other.path(), home.path().join("projects/link")).unwrap();
        std::os::unix::fs::symlink(other.path(), home.path().join("projects/a/link")).unwrap();
        assert!(create(home.path(), Path::new("link/new")).is_err());
        assert!(remove(home.path(), "link/kept").is_err());
        for slug in ["..", "/etc", "", "a/../.."] {
            assert!(remove(home.path(), slug).is_err(), "{slug:?}");
        }
        // A folder of `projects/` itself, swapped for a link to another user's.
        std::fs::write(home.path().join("projects/a/kept"), "x").unwrap();
        let victim = other.path().join("victim");
        std::fs::create_dir_all(victim.join("projects/a")).unwrap();
        std::fs::write(victim.join("projects/a/precious"), "x").unwrap();
        let swapped = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(victim.join("projects"), swapped.path().join("projects")).unwrap();
        assert!(remove(swapped.path(), "a").is_err());
        assert!(create(swapped.path(), Path::new("a")).is_err());
        assert!(existing(swapped.path(), "a").is_err());
        assert!(victim.join("projects/a/precious").exists());
        // A list of ignored files that is a link outwards.
        std::fs::create_dir_all(home.path().join("projects/a/.git/info")).unwrap();
        std::os::unix::fs::symlink(
            other.path().join("kept"),
            home.path().join("projects/a/.git/info/exclude"),
        )
        .unwrap();
        let dir = create(home.path(), Path::new("a")).unwrap();
        assert!(exclude_nanobot(&dir, Path::new(".git/info/exclude")).is_err());
        assert_eq!(std::fs::read_to_string(other.path().join("kept")).unwrap(), "x");
        for slug in ["a", "link", "missing"] {
            remove(home.path(), slug).unwrap();
        }
        assert!(other.path().join("kept").exists());
        assert_eq!(std::fs::read_dir(home.path().join("projects")).unwrap().count(), 0);
    }
}
