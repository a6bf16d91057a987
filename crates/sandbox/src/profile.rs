//! The bubblewrap profile: arguments in the order in which bubblewrap mounts them.
//!
//! Order matters: fresh `/tmp` and `/home` come before the binds, because a data folder may lie under either, and
//! read-only binds come before read-write ones, because a program may lie inside a HOME.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use crate::{CellSpec, etc, real};

/// Runs bubblewrap; a fixed name, found on the fixed [`SYSTEM_PATH`].
pub(crate) const BWRAP: &str = "bwrap";
pub(crate) const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Namespaces and system folders: all of the profile that does not depend on a user.
pub(crate) fn base_args() -> Vec<OsString> {
    let mut args = Args::default();
    for flag in ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    {
        args.push([flag]);
    }
    args.push(["--uid", "1000"]).push(["--gid", "1000"]).push(["--hostname", "autocode"]);
    args.push(["--cap-drop", "ALL"]).push(["--new-session"]).push(["--ro-bind", "/usr", "/usr"]);
    for name in ["bin", "sbin", "lib", "lib64", "lib32"] {
        let root = Path::new("/").join(name);
        if root.is_symlink() {
            args.push([OsString::from("--symlink"), Path::new("usr").join(name).into(), root.into()]);
        } else if root.is_dir() {
            args.bind("--ro-bind", &root, &root);
        }
    }
    for entry in etc::ENTRIES {
        let path = Path::new("/etc").join(entry);
        // Bound by its real path: resolv.conf is often a link into /run, which is not in the cell.
        if let Ok(real) = path.canonicalize() {
            args.bind("--ro-bind", &real, &path);
        }
    }
    args.push(["--proc", "/proc"]).push(["--dev", "/dev"]);
    for fresh in ["/tmp", "/var/tmp", "/run", "/home"] {
        args.push(["--tmpfs", fresh]);
    }
    args.0
}

/// The whole profile of a user's cell, up to the program (exclusive).
pub(crate) fn cell_args(spec: &CellSpec, accounts: &Path) -> Vec<OsString> {
    let mut args = Args(base_args());
    for name in ["passwd", "group"] {
        args.bind("--ro-bind", &accounts.join(name), &Path::new("/etc").join(name));
    }
    for path in spec.read_only.iter().filter(|path| path.exists()) {
        args.bind("--ro-bind", path, path);
    }
    for program in &spec.programs {
        // A program in the user's own folders is bound with them; following links there could bind a foreign file.
        let own = [&spec.home, &spec.run_dir].iter().any(|own| program.starts_with(own));
        if let Some(package) = npm_package(&real(program)).filter(|_| !own) {
            args.bind("--ro-bind", &package, &package);
        }
    }
    let autocode = spec.inside_autocode();
    args.bind("--ro-bind", &autocode, &autocode);
    for path in [&spec.home, &spec.run_dir] {
        args.bind("--bind", path, path);
    }
    args.push(["--remount-ro", "/"])
        .push([OsStr::new("--chdir"), spec.home.as_os_str()])
        .push(["--clearenv"]);
    for (key, value) in environment(spec) {
        args.push([OsString::from("--setenv"), key, value]);
    }
    args.push(["--"]);
    args.0
}

/// The whole environment inside a cell, sandboxed or not.
pub(crate) fn environment(spec: &CellSpec) -> Vec<(OsString, OsString)> {
    let mut path = OsString::new();
    for bin in spec.read_only.iter().map(|folder| folder.join("bin")).filter(|bin| bin.is_dir()) {
        path.push(bin);
        path.push(":");
    }
    path.push(SYSTEM_PATH);
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("PATH".into(), path),
        ("HOME".into(), spec.home.clone().into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("TERM".into(), "xterm-256color".into()),
    ];
    environment.extend(std::env::var_os("TZ").map(|zone| ("TZ".into(), zone)));
    environment
}

/// What must be bound for a coding CLI to start: its npm package (with the scope's other packages, where the program
/// for this platform may lie), else its file alone; nothing if it is missing or in `/usr`, which is bound anyway.
fn npm_package(program: &Path) -> Option<PathBuf> {
    if !program.is_file() || program.starts_with("/usr") {
        return None;
    }
    let package = program.ancestors().skip(1).take(4).find(|folder| folder.join("package.json").is_file());
    let Some(package) = package else {
        return Some(program.to_owned());
    };
    let scope = package
        .parent()
        .filter(|parent| parent.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"@")));
    Some(scope.unwrap_or(package).to_owned())
}

#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn push<S: Into<OsString>, const N: usize>(&mut self, words: [S; N]) -> &mut Self {
        self.0.extend(words.map(Into::into));
        self
    }

    fn bind(&mut self, how: &str, source: &Path, target: &Path) {
        self.push([OsStr::new(how), source.as_os_str(), target.as_os_str()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_an_npm_package_is_bound() {
        let dir = tempfile::tempdir().unwrap();
        let package = dir.path().join("node_modules/@anthropic-ai/claude-code");
        std::fs::create_dir_all(package.join("bin")).unwrap();
        let program = package.join("bin/claude.exe");
        std::fs::write(&program, "").unwrap();
        assert_eq!(npm_package(&program), Some(program.clone()));
        std::fs::write(package.join("package.json"), "{}").unwrap();
        assert_eq!(npm_package(&program), Some(dir.path().join("node_modules/@anthropic-ai")));
        assert_eq!(npm_package(Path::new("/usr/bin/env")), None);
        assert_eq!(npm_package(Path::new("/nowhere/claude")), None);
    }
}
