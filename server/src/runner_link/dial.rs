//! Connecting to a socket in a user's run folder, which the user can write.
//!
//! A link put in the socket's place could lead to another user's runner, which would then be taken for this one's. So the
//! name is opened without following links, looked at, and what was looked at is what is connected to.

use std::{io, path::Path};

use rustix::{
    fd::AsRawFd as _,
    fs::{CWD, FileType, Mode, OFlags, fstat, openat},
    process::geteuid,
};
use tokio::net::UnixStream;

/// Connects to the socket, which must belong to the owner of its folder.
///
/// # Errors
/// Those of the file system and of connecting; `PermissionDenied` if it is something else or somebody else's.
pub async fn dial(socket: &Path) -> io::Result<UnixStream> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let only_look = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(CWD, folder, only_look | OFlags::DIRECTORY, Mode::empty())?;
    let file = openat(&folder, name, only_look, Mode::empty())?;
    let (owner, found) = (fstat(&folder)?, fstat(&file)?);
    // The folder's owner made it, or a service manager for this server.
    let trusted = [owner.st_uid, geteuid().as_raw()];
    if FileType::from_raw_mode(found.st_mode) != FileType::Socket || !trusted.contains(&found.st_uid) {
        let why = format!("{} is not the runner's socket", socket.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    UnixStream::connect(format!("/proc/self/fd/{}", file.as_raw_fd())).await
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tokio::net::UnixListener;

    use super::*;

    #[tokio::test]
    async fn a_link_to_another_users_runner_is_not_followed() {
        let run = tempfile::tempdir().unwrap();
        let at = |path: &str| run.path().join(path);
        for user in ["tom", "eva"] {
            std::fs::create_dir(at(user)).unwrap();
        }
        let _eva = UnixListener::bind(at("eva/runner.sock")).unwrap();
        dial(&at("eva/runner.sock")).await.unwrap();

        symlink(at("eva/runner.sock"), at("tom/runner.sock")).unwrap();
        assert!(
            std::os::unix::net::UnixStream::connect(at("tom/runner.sock")).is_ok(),
            "the attack works at all"
        );
        assert_eq!(dial(&at("tom/runner.sock")).await.unwrap_err().kind(), io::ErrorKind::PermissionDenied);

        std::fs::remove_file(at("tom/runner.sock")).unwrap();
        std::fs::remove_dir(at("tom")).unwrap();
        symlink(at("eva"), at("tom")).unwrap();
        assert!(dial(&at("tom/runner.sock")).await.is_err(), "the folder was followed");
        assert_eq!(dial(&at("none/runner.sock")).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_socket_that_nobody_listens_on_says_so() {
        let run = tempfile::tempdir().unwrap();
        let socket = run.path().join("runner.sock");
        drop(UnixListener::bind(&socket).unwrap());
        assert_eq!(dial(&socket).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
