//! Giving files to accounts, by folder handles: no link that a user may have put anywhere is followed.
//!
//! A user's two folders belong to the user's account and to the server's group, which new entries inherit: so the server
//! can reach the sockets in one and write its file into the other, and no other user can enter either.

use std::{io, path::Path};

use cap_std::{
    ambient_authority,
    fs::{Dir, MetadataExt as _},
};
use rustix::fs::{AtFlags, Gid, Mode, Uid, chmodat, chownat};

use crate::config::USERS_FOLDER;

/// Deepest folder that is handed over; each level keeps a handle open.
const MAX_DEPTH: usize = 256;

/// An owner of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// Gives an installation's own files to the server: its folders, and what lies in them directly or in folders that are
/// no user's. Only what root owns changes hands.
///
/// # Errors
/// Those of the file system.
pub fn claim(data_dir: &Path, run_dir: &Path, server: Owner) -> io::Result<()> {
    let data = Dir::open_ambient_dir(data_dir, ambient_authority())?;
    give(&data, server, 0o700)?;
    for entry in data.entries()? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.metadata()?.is_dir() {
            let folder = data.open_dir(&name)?;
            if name == USERS_FOLDER || data_dir.join(&name) == run_dir {
                give(&folder, server, 0o700)?;
                continue;
            }
            hand_over(&folder, &[0], server, 0)?;
        }
        chown_entry(&data, &name, &entry.metadata()?, &[0], server)?;
    }
    let run = Dir::open_ambient_dir(run_dir, ambient_authority())?;
    for entry in run.entries()? {
        let entry = entry?;
        let name = entry.file_name();
        // Left by a server that ran as root.
        if name.as_encoded_bytes().starts_with(b".doors-") && entry.metadata()?.is_dir() {
            hand_over(&run.open_dir(&name)?, &[0], server, 0)?;
            chown_entry(&run, &name, &entry.metadata()?, &[0], server)?;
        }
    }
    give(&run, server, 0o700)
}

/// Makes `name` below `parent` a folder of the user's, with the parts that are missing in it.
///
/// # Errors
/// `PermissionDenied` if it belongs to somebody else; else those of the file system.
pub fn prepare(parent: &Dir, name: &str, parts: &[&str], server: Owner, uid: u32) -> io::Result<()> {
    match parent.create_dir(name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    give_existing(parent, name, parts, server, uid)
}

/// As [`prepare`], for a folder that is there.
///
/// # Errors
/// As [`prepare`], and `NotFound`.
pub fn give_existing(parent: &Dir, name: &str, parts: &[&str], server: Owner, uid: u32) -> io::Result<()> {
    let user = Owner { uid, gid: server.gid };
    let folder = parent.open_dir(name)?;
    let owner = folder.dir_metadata()?.uid();
    if owner != uid {
        if owner != 0 && owner != server.uid {
            let why = format!("{name} belongs to the user id {owner}, not to {uid}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        hand_over(&folder, &[0, server.uid], user, 0)?;
    }
    give(&folder, user, 0o2770)?;
    for part in parts {
        match folder.create_dir(part) {
            Ok(()) => give(&folder.open_dir(part)?, user, 0o2770)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // The owner may have made anything of it; a folder is what it has to be.
                if let Ok(part) = folder.open_dir(part)
                    && part.dir_metadata()?.uid() == uid
                {
                    give(&part, user, 0o2770)?;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes `name` below `parent` a folder that only `owner` enters, if it is missing.
///
/// # Errors
/// `PermissionDenied` if it belongs to somebody else; else those of the file system.
pub fn prepare_private(parent: &Dir, name: &str, owner: Owner) -> io::Result<()> {
    match parent.create_dir(name) {
        Ok(()) => give(&parent.open_dir(name)?, owner, 0o700),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = parent.open_dir(name)?.dir_metadata()?.uid();
            let why = || format!("{name} belongs to the user id {found}, not to {}", owner.uid);
            (found == owner.uid)
                .then_some(())
                .ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, why()))
        }
        Err(error) => Err(error),
    }
}

/// Gives a folder itself, by its handle.
fn give(folder: &Dir, owner: Owner, mode: u32) -> io::Result<()> {
    // Through its own entry: the handle was opened as a path, which neither fchown nor fchmod takes.
    let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
    chownat(folder, ".", Some(uid), Some(gid), AtFlags::empty())?;
    Ok(chmodat(folder, ".", Mode::from_raw_mode(mode), AtFlags::empty())?)
}

/// Gives what is below a folder and belongs to one of `from`.
fn hand_over(folder: &Dir, from: &[u32], to: Owner, depth: usize) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("the folders are nested too deeply"));
    }
    for entry in folder.entries()? {
        let entry = entry?;
        let meta = entry.metadata()?;
        let name = entry.file_name();
        if meta.is_dir() {
            hand_over(&folder.open_dir(&name)?, from, to, depth + 1)?;
        }
        chown_entry(folder, &name, &meta, from, to)?;
    }
    Ok(())
}

fn chown_entry(
    folder: &Dir,
    name: &std::ffi::OsStr,
    meta: &cap_std::fs::Metadata,
    from: &[u32],
    to: Owner,
) -> io::Result<()> {
    if !from.contains(&meta.uid()) {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(to.uid), Gid::from_raw(to.gid));
    Ok(chownat(folder, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    /// The test runs as root, in CI as here; under another account there is nobody to give files to.
    fn root() -> bool {
        rustix::process::geteuid().is_root()
    }

    #[test]
    fn folders_change_hands_without_following_links() {
        if !root() {
            println!("not root: no file can be given to another account, so this was not tested");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("data/users/tom/projects/shop")).unwrap();
        std::fs::create_dir_all(at("run")).unwrap();
        for file in ["data/autocode.db", "data/users/tom/projects/shop/a", "precious"] {
            std::fs::write(at(file), "x").unwrap();
        }
        symlink(at("precious"), at("data/users/tom/projects/link")).unwrap();
        let server = Owner { uid: 45_000, gid: 45_000 };
        claim(&at("data"), &at("run"), server).unwrap();
        let owner = |path: &str| {
            let meta = at(path).symlink_metadata().unwrap();
            (meta.uid(), meta.gid(), meta.mode() & 0o7777)
        };
        assert_eq!(owner("data"), (45_000, 45_000, 0o700));
        assert_eq!((owner("data/autocode.db").0, owner("run").0), (45_000, 45_000));
        assert_eq!(owner("data/users/tom/projects/shop/a").0, 0, "users' files wait for their accounts");

        let users = Dir::open_ambient_dir(at("data/users"), ambient_authority()).unwrap();
        prepare(&users, "tom", &["projects", "config"], server, 45_001).unwrap();
        for path in ["data/users/tom", "data/users/tom/projects", "data/users/tom/config"] {
            assert_eq!(owner(path), (45_001, 45_000, 0o2770), "{path}");
        }
        let inner = ["data/users/tom/projects/shop/a", "data/users/tom/projects/link"].map(|p| owner(p).0);
        assert_eq!((inner, owner("precious").0), ([45_001; 2], 0));

        let refused = prepare(&users, "tom", &[], server, 45_002).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied, "{refused}");
        std::fs::remove_dir_all(at("data/users/tom/config")).unwrap();
        symlink(at("precious"), at("data/users/tom/config")).unwrap();
        prepare(&users, "tom", &["config"], server, 45_001).unwrap();
        assert_eq!(owner("precious").0, 0);
    }
}
