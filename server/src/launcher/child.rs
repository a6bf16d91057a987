//! Starting the server without rights: an account of its own, and only the data and run folders writable.
//!
//! Root mounts that view, so no parent folder needs to be open for the account, as `/root` never is.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io,
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt as _, net::UnixStream},
    },
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

use crate::config::Config;

/// Ports below take a capability to listen on.
const FIRST_FREE_PORT: u16 = 1024;

/// Starts `autocode server` with this socket as its standard input.
///
/// # Errors
/// Those of starting a process.
pub fn start(config: &Config, uid: u32, socket: UnixStream) -> io::Result<Child> {
    let mut command = Command::new("bwrap");
    command.args(view(config, uid)).arg(&config.binary).arg("server");
    // Out of the terminal's process group: there, Ctrl-C would end it before it can wind up.
    command.stdin(Stdio::from(OwnedFd::from(socket))).process_group(0).spawn()
}

/// bubblewrap's and setpriv's words, up to the program.
fn view(config: &Config, uid: u32) -> Vec<OsString> {
    let writable = [&config.data_dir, &config.run_dir];
    let key = config.master_key_file.as_ref().filter(|file| file.exists());
    let needed: Vec<_> = [&config.site_root, &config.binary].into_iter().chain(key).collect();
    let mut args: Vec<OsString> =
        ["--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev"].map(OsString::from).into();
    let mut hidden: BTreeSet<PathBuf> = BTreeSet::from([PathBuf::from("/tmp")]);
    hidden.extend(writable.iter().chain(&needed).filter_map(|path| closed_ancestor(path, uid)));
    for folder in &hidden {
        args.extend(["--perms", "1777", "--tmpfs"].map(OsString::from));
        args.push(folder.into());
    }
    // Made by hand, because bubblewrap closes the parents that it makes itself to other accounts.
    for path in writable.iter().chain(&needed) {
        let above: Vec<&Path> = path.ancestors().skip(1).collect();
        for folder in above.into_iter().rev().skip_while(|folder| !hidden.contains(*folder)).skip(1) {
            args.extend(["--perms", "0755", "--dir"].map(OsString::from));
            args.push(folder.into());
        }
    }
    let mut bind = |how: &str, path: &Path| args.extend([OsString::from(how), path.into(), path.into()]);
    for path in needed.into_iter().filter(|path| hidden.iter().any(|folder| path.starts_with(folder))) {
        bind("--ro-bind", path);
    }
    for path in writable {
        bind("--bind", path);
    }
    let low_port = config.addr.port() < FIRST_FREE_PORT;
    let capabilities = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].into_iter();
    args.extend(["--cap-drop", "ALL"].map(OsString::from));
    for capability in capabilities.chain(low_port.then_some("CAP_NET_BIND_SERVICE")) {
        args.extend(["--cap-add", capability].map(OsString::from));
    }
    let uid = uid.to_string();
    let kept = if low_port { "-all,+net_bind_service" } else { "-all" };
    args.extend(["--", "setpriv", "--reuid", &uid, "--regid", &uid, "--clear-groups"].map(OsString::from));
    args.extend(["--inh-caps", kept, "--ambient-caps", kept, "--bounding-set", kept].map(OsString::from));
    args.push("--".into());
    args
}

/// The topmost folder above `path` that the account cannot pass through.
fn closed_ancestor(path: &Path, uid: u32) -> Option<PathBuf> {
    let above: Vec<&Path> = path.ancestors().skip(1).collect();
    let closed = |folder: &&Path| {
        let open = |meta: std::fs::Metadata| {
            meta.mode() & 0o001 != 0 || (meta.uid() == uid && meta.mode() & 0o100 != 0)
        };
        !folder.metadata().is_ok_and(open)
    };
    above.into_iter().rev().find(closed).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_topmost_closed_folder_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let (closed, deep) = (folder.path().join("closed"), folder.path().join("closed/open/data"));
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        let own = rustix::process::geteuid().as_raw();
        assert_eq!(closed_ancestor(&deep, own + 1), Some(closed.clone()));
        assert_eq!(closed_ancestor(&deep, own), None);
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(closed_ancestor(&deep, own + 1), None);
    }
}
