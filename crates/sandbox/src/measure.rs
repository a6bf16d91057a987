//! The probe: tries, from inside a cell, to reach what a cell must not reach.
//!
//! Must not believe any setting: a fact holds only if the attempt was made and failed. It reads nothing it can open.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{fs::MetadataExt as _, net::UnixStream},
    },
    path::Path,
    time::Duration,
};

use crate::{
    canary::Challenge,
    facts::{Fact, Facts},
    limits,
};

/// A loopback port answers at once or not at all.
const CONNECT_LIMIT: Duration = Duration::from_millis(500);

/// Measures this process's cell; `doors` is the server's folder in it, `home` its user's own.
pub fn measure(challenge: &Challenge, doors: &Path, home: &Path) -> Facts {
    Facts {
        bubblewrap: bubblewrap(),
        own_files: own_files(challenge, home),
        own_processes: own_processes(challenge.process),
        private_network: private_network(challenge),
        own_account: own_account(doors),
        limits: limits::measure(Path::new("/sys/fs/cgroup")),
    }
}

fn bubblewrap() -> Fact {
    let first = fs::read_to_string("/proc/1/comm").unwrap_or_default();
    match first.trim() {
        "bwrap" => Fact::yes("The first process of the cell is bubblewrap."),
        "" => Fact::no("Its first process cannot be seen."),
        other => Fact::no(format!("Its first process is {other}, not bubblewrap.")),
    }
}

fn own_files(challenge: &Challenge, home: &Path) -> Fact {
    if let Some(open) = challenge.files.iter().find(|path| File::open(path).is_ok()) {
        return Fact::no(format!("{} can be opened.", open.display()));
    }
    let foreign = fs::read_dir(&challenge.users).ok().and_then(|entries| {
        let names = entries.flatten().map(|entry| entry.path());
        names
            .into_iter()
            .find(|path| path != home && (fs::read_dir(path).is_ok() || File::open(path).is_ok()))
    });
    match foreign {
        Some(path) => Fact::no(format!("{} can be entered.", path.display())),
        None => {
            Fact::yes("The database, the keys, the bait and other users' folders were tried and do not open.")
        }
    }
}

fn own_processes((pid, started): (u32, u64)) -> Fact {
    if start_time(pid).is_some_and(|seen| seen == started) {
        return Fact::no("The server's process is visible.");
    }
    Fact::yes("The server's process was looked for and is not visible.")
}

fn private_network(challenge: &Challenge) -> Fact {
    let port = SocketAddr::from((Ipv4Addr::LOCALHOST, challenge.port));
    if TcpStream::connect_timeout(&port, CONNECT_LIMIT).is_ok() {
        return Fact::no("A port on the machine's 127.0.0.1 answers.");
    }
    let socket = std::os::unix::net::SocketAddr::from_abstract_name(&challenge.abstract_name);
    if socket.is_ok_and(|address| UnixStream::connect_addr(&address).is_ok()) {
        return Fact::no("An abstract socket of the machine answers.");
    }
    Fact::yes("A port on the machine's 127.0.0.1 and an abstract socket were tried and do not answer.")
}

/// In a user namespace the numbers of other accounts are hidden, that they are others is not.
fn own_account(doors: &Path) -> Fact {
    let own = rustix::process::geteuid();
    match fs::metadata(doors) {
        Err(error) => Fact::no(format!("The server's folder cannot be looked at: {error}.")),
        Ok(_) if own.is_root() => Fact::no("The cell runs as root."),
        Ok(meta) if meta.uid() == own.as_raw() => Fact::no("The cell runs under the server's account."),
        Ok(_) => Fact::yes("The server's folder belongs to another account than the cell's."),
    }
}

/// When a process started, in clock ticks since boot; none if it cannot be seen.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canary::Canaries;

    #[test]
    fn without_a_cell_every_attempt_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        fs::create_dir_all(users.join("eva")).unwrap();
        fs::write(folder.path().join("autocode.db"), "x").unwrap();
        let canaries = Canaries::lay(folder.path(), &users, &[folder.path().join("autocode.db")]).unwrap();
        let facts = measure(canaries.challenge(), folder.path(), &users.join("tom"));
        let holds: Vec<_> = facts.named().iter().map(|(_, fact)| fact.holds).collect();
        assert_eq!(holds, [false; 6], "{facts:#?}");
        assert_eq!(
            facts.own_files.detail,
            format!("{} can be opened.", folder.path().join(".canary").display())
        );
        assert_eq!(facts.level(), 0);
    }

    #[test]
    fn another_users_folder_counts_as_a_leak() {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        fs::create_dir_all(users.join("tom")).unwrap();
        let canaries = Canaries::lay(folder.path(), &users, &[]).unwrap();
        let challenge = Challenge { files: Vec::new(), ..canaries.challenge().clone() };
        assert!(own_files(&challenge, &users.join("tom")).holds);
        fs::create_dir(users.join("eva")).unwrap();
        assert!(!own_files(&challenge, &users.join("tom")).holds);
    }

    #[test]
    fn the_own_process_is_found_by_its_start() {
        let pid = std::process::id();
        let started = start_time(pid).unwrap();
        assert!(!own_processes((pid, started)).holds);
        assert!(own_processes((pid, started + 1)).holds);
    }
}
