//! The bubblewrap profile: arguments in the order in which bubblewrap mounts them.
//!
//! Order matters: fresh `/tmp` and `/home` come before the binds, because a data folder may lie under either, and
//! read-only binds come before read-write ones, because a program may lie inside a HOME.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use crate::{CellSpec, Network, PROXY_PORT, etc, real};

/// Runs bubblewrap; a fixed name, found on the fixed [`SYSTEM_PATH`].
pub(crate) const BWRAP: &str = "bwrap";
pub(crate) const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Who starts bubblewrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starter {
    /// An ordinary account: a user namespace gives it the rights that mounting takes.
    Anybody,
    /// Root, which mounts by itself and then becomes another account for good: no parent folder of what is bound needs
    /// to be open for that account.
    Root,
}

/// Namespaces and system folders: all of the profile that does not depend on a user.
pub(crate) fn base_args(starter: Starter, network: Network) -> Vec<OsString> {
    let mut args = Args::default();
    for flag in ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"] {
        args.push([flag]);
    }
    if network == Network::Private {
        args.push(["--unshare-net"]);
    }
    args.push(["--hostname", "autocode"]).push(["--new-session"]).push(["--cap-drop", "ALL"]);
    match starter {
        Starter::Anybody => {
            args.push(["--unshare-user"]).push(["--uid", "1000"]).push(["--gid", "1000"]);
        }
        // What `setpriv` needs to drop the rest and these.
        Starter::Root => {
            for capability in ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"] {
                args.push(["--cap-add", capability]);
            }
        }
    }
    args.push(["--ro-bind", "/usr", "/usr"]);
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
    for fresh in ["/tmp", "/var/tmp", "/dev/shm"] {
        args.push(["--perms", "1777"]).push(["--tmpfs", fresh]);
    }
    for fresh in ["/run", "/home"] {
        args.push(["--tmpfs", fresh]);
    }
    args.0
}

/// The whole profile of a user's cell, up to the program (exclusive).
pub(crate) fn cell_args(spec: &CellSpec, accounts: &Path, network: Network) -> Vec<OsString> {
    let starter = if spec.account.is_some() { Starter::Root } else { Starter::Anybody };
    let mut args = Args(base_args(starter, network));
    for (name, place) in etc::OWN {
        args.bind("--ro-bind", &accounts.join(name), &Path::new("/etc").join(place));
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
    if let Some(doors) = &spec.doors {
        args.bind("--ro-bind", doors, doors);
    }
    // By these a cell sees its own limits, as programs in it expect, and so does the probe.
    for (folder, inside) in spec.group.iter().flat_map(|group| &group.folders) {
        args.bind("--ro-bind", folder, inside);
    }
    // Root without its rights cannot enter a HOME that is another account's; that account goes there itself.
    let start: &Path = if spec.account.is_some() { Path::new("/") } else { &spec.home };
    args.push(["--remount-ro", "/"]).push([OsStr::new("--chdir"), start.as_os_str()]).push(["--clearenv"]);
    for (key, value) in environment(spec, network) {
        args.push([OsString::from("--setenv"), key, value]);
    }
    args.push(["--"]);
    if let Some(account) = spec.account {
        args.0.extend(become_account(account.uid));
        args.push(["/usr/bin/env", "-C"]).push([spec.home.as_os_str()]);
    }
    args.0
}

/// The words before a program that close all files to it but those that a cell has.
pub(crate) fn confine_args(spec: &CellSpec) -> Vec<OsString> {
    let autocode = spec.inside_autocode();
    let mut words: Vec<OsString> = vec![autocode.clone().into(), "confine".into()];
    let programs = spec.programs.iter().filter_map(|program| npm_package(&real(program)));
    let read = spec.read_only.iter().cloned().chain(spec.doors.clone()).chain(programs).chain([autocode]);
    words.extend(read.flat_map(|path| [OsString::from("--read"), path.into()]));
    words.extend(
        [&spec.home, &spec.run_dir].into_iter().flat_map(|path| [OsString::from("--write"), path.into()]),
    );
    words.push("--".into());
    words
}

/// The words before a program that make root another account, without a way back.
pub(crate) fn become_account(uid: u32) -> impl Iterator<Item = OsString> {
    let uid = uid.to_string();
    let words =
        ["setpriv", "--reuid", &uid, "--regid", &uid, "--clear-groups", "--no-new-privs"].map(OsString::from);
    let capabilities = ["--inh-caps", "-all", "--bounding-set", "-all", "--"].map(OsString::from);
    words.into_iter().chain(capabilities)
}

/// The whole environment inside a cell, sandboxed or not.
pub(crate) fn environment(spec: &CellSpec, network: Network) -> Vec<(OsString, OsString)> {
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
    if network == Network::Private {
        let proxy = OsString::from(format!("http://127.0.0.1:{PROXY_PORT}"));
        // Programs disagree about which spelling counts.
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"] {
            environment.push((name.into(), proxy.clone()));
        }
        for name in ["NO_PROXY", "no_proxy"] {
            environment.push((name.into(), "127.0.0.1,localhost,::1".into()));
        }
    }
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
        // Made by bubblewrap itself they would be closed to a cell with an account of its own.
        let above: Vec<&Path> =
            target.ancestors().skip(1).filter(|folder| folder.parent().is_some()).collect();
        for folder in above.into_iter().rev() {
            self.push(["--perms", "0755"]).push([OsStr::new("--dir"), folder.as_os_str()]);
        }
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
