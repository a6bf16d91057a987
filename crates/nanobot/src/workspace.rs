//! Whether a workspace can be worked in right now: it is there, it can be written, and the disk has room.
//!
//! Must not change anything but a probe file of its own in `.nanobot/`, which it removes.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::{
    fs::{OFlags, statvfs},
    io::Errno,
};

/// Free space below which no work is begun, in bytes: enough for the loop's own notes and a commit.
pub const RESERVE: u64 = 32 * 1024 * 1024;

/// What keeps anybody from working in this folder, as a sentence for a person; `None` if nothing does. Cheap: some
/// system calls.
pub fn workspace_problem(workspace: &Path) -> Option<String> {
    let folder = workspace.display();
    match fs::metadata(workspace) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Some(format!("The project\u{2019}s folder {folder} is not a folder any more.")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some(format!("The project\u{2019}s folder {folder} is gone."));
        }
        Err(error) => return Some(problem(workspace, &error)),
    }
    if let Err(error) = probe(workspace) {
        return Some(problem(workspace, &error));
    }
    match statvfs(workspace) {
        Ok(space) if space.f_bavail.saturating_mul(space.f_frsize) < RESERVE => {
            let free = space.f_bavail.saturating_mul(space.f_frsize) / 1024 / 1024;
            let least = RESERVE / 1024 / 1024;
            Some(format!("The disk of {folder} is full: {free} MB are free, at least {least} MB are needed."))
        }
        Ok(space) if space.f_files > 0 && space.f_favail == 0 => {
            Some(format!("The disk of {folder} is full: it can hold no more files."))
        }
        Ok(_) => None,
        Err(error) => Some(problem(workspace, &error.into())),
    }
}

/// Writes and removes a small file.
fn probe(workspace: &Path) -> io::Result<()> {
    let own = workspace.join(".nanobot");
    match fs::create_dir(&own) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let path = own.join(format!("probe.{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).custom_flags(flags).open(&path)?;
    let written = file.write_all(&[b' '; 4096]).and_then(|()| file.sync_data());
    let removed = fs::remove_file(&path);
    written.and(removed)
}

/// What an error of a file operation in a workspace means for its owner.
pub fn problem(workspace: &Path, error: &io::Error) -> String {
    let folder = workspace.display();
    match Errno::from_io_error(error) {
        Some(Errno::NOSPC | Errno::DQUOT) => format!("The disk of {folder} is full."),
        Some(Errno::ROFS) => format!("The disk of {folder} is read-only."),
        Some(Errno::ACCESS | Errno::PERM) => {
            format!("The project\u{2019}s folder {folder} may not be written.")
        }
        Some(Errno::NOENT | Errno::STALE) => format!("The project\u{2019}s folder {folder} is gone."),
        _ => format!("The project\u{2019}s folder {folder} cannot be used: {error}."),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_folder_that_is_gone_or_no_folder_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        assert_eq!(
            workspace_problem(&path).unwrap(),
            format!("The project\u{2019}s folder {} is gone.", path.display())
        );
        fs::write(&path, "").unwrap();
        assert!(workspace_problem(&path).unwrap().contains("not a folder"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(workspace_problem(&path), None);
        assert_eq!(fs::read_dir(path.join(".nanobot")).unwrap().count(), 0);
    }

    /// Looks at the folder that the test below prepares in a mount namespace of its own.
    #[test]
    fn look_inside() {
        let Some(folder) = std::env::var_os("WORKSPACE_TO_LOOK_AT") else { return };
        let folder = Path::new(&folder);
        let fill: u32 = std::env::var("FILL").unwrap().parse().unwrap();
        if fill > 0 {
            let block = vec![0u8; 1024 * 1024];
            let mut file = fs::File::create(folder.join("big")).unwrap();
            for _ in 0..fill {
                if file.write_all(&block).is_err() {
                    break;
                }
            }
        }
        println!("SAID {:?}", workspace_problem(folder).unwrap_or_default());
    }

    fn inside(mount: &[&str], fill: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let mount = mount.iter().map(|word| if *word == "HERE" { path } else { word });
        let output = Command::new("bwrap")
            .args(["--dev-bind", "/", "/"])
            .args(mount)
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "workspace::tests::look_inside", "--nocapture"])
            .env("WORKSPACE_TO_LOOK_AT", path)
            .env("FILL", fill)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let said = text.lines().find_map(|line| line.split_once("SAID ")).map(|(_, said)| said);
        said.unwrap_or_else(|| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)))
            .replace(path, "W")
    }

    #[test]
    fn a_read_only_or_full_disk_is_a_problem_and_an_ordinary_one_is_not() {
        let tmpfs = |size| ["--size", size, "--tmpfs", "HERE"];
        assert_eq!(inside(&tmpfs("67108864"), "0"), "\"\"");
        assert_eq!(inside(&["--ro-bind", "HERE", "HERE"], "0"), "\"The disk of W is read-only.\"");
        assert_eq!(inside(&tmpfs("67108864"), "80"), "\"The disk of W is full.\"");
        // How much is left depends on the file system's own needs.
        let said = inside(&tmpfs("67108864"), "40");
        assert!(
            said.starts_with("\"The disk of W is full: 2") && said.ends_with("at least 32 MB are needed.\""),
            "{said}"
        );
    }
}
