//! Bait for the probe: things of the server that no cell may reach, and the list of them that a cell is given.
//!
//! Must not contain anything worth having: the list is readable inside every cell.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::{OpenOptionsExt as _, PermissionsExt as _},
            net::{SocketAddr, UnixListener},
        },
    },
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::measure::start_time;

/// Name of the list in a cell's doors folder.
pub const CHALLENGE_FILE: &str = "challenge.json";

/// What a probe inside a cell tries to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Files that must not open.
    pub files: Vec<PathBuf>,
    /// The folder of all users' folders: nothing in it may be seen but the cell's own.
    pub users: PathBuf,
    /// A process that must not be visible: its id outside and its start time in clock ticks.
    pub process: (u32, u64),
    /// A port on the machine's 127.0.0.1 on which something listens.
    pub port: u16,
    /// Name of an abstract socket on which something listens.
    pub abstract_name: String,
}

impl Challenge {
    /// Reads a challenge from a cell's doors folder.
    ///
    /// # Errors
    /// Those of the file system; `InvalidData` if it is none.
    pub fn read(doors: &Path) -> io::Result<Self> {
        serde_json::from_slice(&fs::read(doors.join(CHALLENGE_FILE))?).map_err(io::Error::other)
    }

    /// Writes it into a cell's doors folder, readable for everybody who can enter that.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, doors: &Path) -> io::Result<()> {
        let draft = doors.join(".challenge.json");
        fs::write(&draft, serde_json::to_vec(self).map_err(io::Error::other)?)?;
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o644))?;
        fs::rename(draft, doors.join(CHALLENGE_FILE))
    }
}

/// The bait itself: alive as long as this is.
#[derive(Debug)]
pub struct Canaries {
    challenge: Challenge,
    _port: TcpListener,
    _abstract: UnixListener,
}

impl Canaries {
    /// Lays out bait: a file in `folder` that only this account may read, a loopback port, an abstract socket and this
    /// process; `files` are real secrets that must not open either.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn lay(folder: &Path, users: &Path, files: &[PathBuf]) -> io::Result<Self> {
        let bait = folder.join(".canary");
        // Another account may have laid it the last time.
        match fs::remove_file(&bait) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&bait)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let pid = std::process::id();
        let abstract_name = format!("autocode-canary-{pid}-{}", port.local_addr()?.port());
        let socket = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&abstract_name)?)?;
        let challenge = Challenge {
            files: [bait].into_iter().chain(files.iter().cloned()).collect(),
            users: users.to_owned(),
            process: (pid, start_time(pid).unwrap_or_default()),
            port: port.local_addr()?.port(),
            abstract_name,
        };
        Ok(Self { challenge, _port: port, _abstract: socket })
    }

    /// What a cell is given.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }
}
