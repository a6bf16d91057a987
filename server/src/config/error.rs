//! What can be wrong with a configuration, in words for the person who wrote it.

use std::path::PathBuf;

use thiserror::Error;

/// Longest path of a UNIX socket, in bytes, without its final zero.
pub(super) const SOCKET_PATH_MAX: usize = 107;
/// What follows the run folder at the longest: a user's folder, an instance's folder and its socket.
pub(super) const LONGEST_IN_RUN_DIR: usize = "/".len() + 32 + "/i-1234567/hook.sock".len();

/// A configuration that cannot work.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The working directory is gone.
    #[error("The current directory cannot be read ({0}): start AutoCode from a folder that exists.")]
    CurrentDir(#[source] std::io::Error),
    /// Sockets in the run folder would have paths that the system refuses.
    #[error(
        "The run folder {} is {} bytes long, at most {} work for sockets in it: choose a shorter one with AUTOCODE_RUN_DIR, for example /run/autocode.",
        .0.display(), .0.as_os_str().len(), SOCKET_PATH_MAX - LONGEST_IN_RUN_DIR
    )]
    RunDirTooLong(PathBuf),
    /// The public URL is no http(s) origin.
    #[error(
        "AUTOCODE_PUBLIC_URL is \u{201c}{0}\u{201d}: write the address as the browser shows it, for example https://autocode.example.org."
    )]
    PublicUrl(String),
    /// An upstream is no http(s) URL.
    #[error("{0} is \u{201c}{1}\u{201d}: write a base URL such as https://api.example.org.")]
    Upstream(&'static str, String),
    /// The program's own path is not known.
    #[error("The path of this program cannot be found ({0}): set AUTOCODE_BINARY.")]
    Binary(#[source] std::io::Error),
}
