//! Finding the runner's socket without being led elsewhere.
//!
//! A user's processes can write their run folder: a link in place of the socket would otherwise have the server talk to
//! another user's runner as if it was this one's.

use std::{io, os::fd::AsRawFd as _, path::Path};

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use tokio::net::UnixStream;

/// Connects to the socket, which must itself lie in the folder that its path names.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` where nobody listens; `InvalidInput` if something else than a socket is there.
pub async fn connect_directly(socket: &Path) -> io::Result<UnixStream> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let handle = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(CWD, folder, handle | OFlags::DIRECTORY, Mode::empty())?;
    // The handle is of what is there now, a link included; what takes its place later is not connected to.
    let found = openat(&folder, name, handle, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&found)?.st_mode) != FileType::Socket {
        let message = "what is in the place of the runner's socket is no socket";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    UnixStream::connect(format!("/proc/self/fd/{}", found.as_raw_fd())).await
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tokio::net::UnixListener;

    use super::*;

    #[tokio::test]
    async fn a_link_to_another_users_socket_is_not_followed() {
        let run = tempfile::tempdir().unwrap();
        for user in ["tom", "ann", "eve"] {
            std::fs::create_dir(run.path().join(user)).unwrap();
        }
        let socket = |user: &str| run.path().join(user).join("runner.sock");
        assert_eq!(connect_directly(&socket("ann")).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        let listener = UnixListener::bind(socket("ann")).unwrap();
        connect_directly(&socket("ann")).await.unwrap();

        symlink(socket("ann"), socket("tom")).unwrap();
        let refused = connect_directly(&socket("tom")).await.unwrap_err();
        assert_eq!(
            refused.kind(),
            io::ErrorKind::InvalidInput,
            "the server would have talked to ann's runner"
        );
        // Nor where the whole folder is a link.
        std::fs::remove_dir(run.path().join("eve")).unwrap();
        symlink(run.path().join("ann"), run.path().join("eve")).unwrap();
        assert!(connect_directly(&socket("eve")).await.is_err());

        drop(listener);
        let nobody = connect_directly(&socket("ann")).await.unwrap_err();
        assert_eq!(nobody.kind(), io::ErrorKind::ConnectionRefused);
    }
}
