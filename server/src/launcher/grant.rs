//! Giving a user's folders to an account and removing them, where a service manager starts the cells: root does only this,
//! and ends.
//!
//! Must not trust what the server owns: all is reached through handles, and no link leads out of the data folder.

use std::{io, path::Path};

use app::model::Username;
use cap_std::{
    ambient_authority,
    fs::{Dir, MetadataExt as _},
};
use rustix::fs::{AtFlags, Mode, chmodat};

use super::ownership::{self, Owner};
use crate::{
    config::{Config, USERS_FOLDER},
    services::SET_ASIDE,
};

/// The folder of all users' folders. It is the server's, which could put a link in its place.
///
/// # Errors
/// Those of the file system, also for a link that leads out of the data folder.
pub(super) fn users(config: &Config) -> io::Result<Dir> {
    Dir::open_ambient_dir(&config.data_dir, ambient_authority())?.open_dir(USERS_FOLDER)
}

/// Gives a user's folders to `uid` and makes those in the run folder; the folders above let everybody pass through and no
/// more. The server is whoever owns the data folder.
///
/// # Errors
/// Those of the file system; `PermissionDenied` if a folder is somebody else's.
pub fn give_user(config: &Config, username: &Username, uid: u32) -> io::Result<()> {
    let open = |path| Dir::open_ambient_dir(path, ambient_authority());
    let (data, users, run) = (open(&config.data_dir)?, users(config)?, open(&config.run_dir)?);
    let meta = data.dir_metadata()?;
    let server = Owner { uid: meta.uid(), gid: meta.gid() };
    for folder in [&data, &users, &run] {
        chmodat(folder, ".", Mode::from_raw_mode(0o711), AtFlags::empty())?;
    }
    // One who was deleted in the meantime does not come back as a folder.
    ownership::give_existing(&users, username.as_str(), &["projects", "config"], server, uid)?;
    ownership::prepare(&run, username.as_str(), &[], server, uid)?;
    ownership::prepare_private(&run, &accounts_of(username), Owner { uid, gid: uid })
}

/// What root removes of users who are gone.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    /// All that the server has set aside.
    pub set_aside: bool,
    /// This user's folders for sockets and accounts.
    pub run_of: Option<Username>,
    /// This user's HOME.
    pub home_of: Option<Username>,
}

/// Removes what is left of users, following no link; what is not there is fine.
///
/// # Errors
/// Those of the file system.
pub fn remove_leftovers(config: &Config, left: &Leftovers) -> io::Result<()> {
    if left.set_aside {
        let users = users(config)?;
        for entry in users.entries()? {
            let name = entry?.file_name();
            if name.as_encoded_bytes().starts_with(SET_ASIDE.as_bytes()) {
                remove(&users, name)?;
            }
        }
    }
    if let Some(user) = &left.home_of {
        remove(&users(config)?, user.as_str())?;
    }
    if let Some(user) = &left.run_of {
        let run = Dir::open_ambient_dir(&config.run_dir, ambient_authority())?;
        remove(&run, user.as_str())?;
        remove(&run, accounts_of(user))?;
    }
    Ok(())
}

fn remove(parent: &Dir, name: impl AsRef<Path>) -> io::Result<()> {
    match parent.remove_dir_all(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn accounts_of(user: &Username) -> String {
    format!(".accounts-{user}")
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    };

    use super::*;
    use crate::config::ConfigArgs;

    const SERVER: u32 = 42_000;
    const TOM: u32 = 42_001;

    #[test]
    fn a_users_folders_change_hands_and_nothing_outside_does() {
        if !rustix::process::geteuid().is_root() {
            println!("not root: no file can be given to another account, so this was not tested");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |part: &str| folder.path().join(part);
        let data_dir = path("data");
        let args =
            ConfigArgs { data_dir: data_dir.clone(), run_dir: Some(path("run")), ..ConfigArgs::default() };
        let config = args.resolve().unwrap();
        let tom: Username = "tom".parse().unwrap();
        fs::create_dir_all(path("data/users/tom/projects")).unwrap();
        fs::create_dir(path("run")).unwrap();
        for part in ["data", "data/users", "data/users/tom", "data/users/tom/projects", "run"] {
            chown(path(part), Some(SERVER), Some(SERVER)).unwrap();
        }
        give_user(&config, &tom, TOM).unwrap();
        give_user(&config, &tom, TOM).unwrap();
        let of = |part: &str| {
            let meta = path(part).metadata().unwrap();
            (meta.uid(), meta.gid(), meta.permissions().mode() & 0o7777)
        };
        for part in ["data/users/tom", "data/users/tom/projects", "data/users/tom/config", "run/tom"] {
            assert_eq!(of(part), (TOM, SERVER, 0o2770), "{part}");
        }
        assert_eq!(of("run/.accounts-tom"), (TOM, TOM, 0o700));
        assert_eq!(of("data/users"), (SERVER, SERVER, 0o711));
        assert!(give_user(&config, &tom, TOM + 1).is_err(), "it is somebody else's already");

        let zoe = "zoe".parse().unwrap();
        assert_eq!(give_user(&config, &zoe, TOM + 2).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!path("data/users/zoe").exists() && !path("run/zoe").exists());

        // Another one's things stay, and what a link leads to does.
        fs::create_dir_all(path("data/users/eva/projects")).unwrap();
        fs::create_dir_all(path("outside/eva/precious")).unwrap();
        fs::rename(path("data/users/tom"), path("data/users/.removed-tom-0123456789abcdef")).unwrap();
        symlink(path("outside"), path("data/users/.removed-tom-0123456789abcdef/link")).unwrap();
        let left = Leftovers { set_aside: true, run_of: Some(tom.clone()), home_of: None };
        remove_leftovers(&config, &left).unwrap();
        remove_leftovers(&config, &left).unwrap();
        let names = |part: &str| {
            let mut names: Vec<_> =
                fs::read_dir(path(part)).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!((names("data/users"), names("run")), (vec!["eva".into()], vec![]));
        assert!(path("outside/eva/precious").exists());
        let left = Leftovers { home_of: Some("eva".parse().unwrap()), ..Leftovers::default() };
        remove_leftovers(&config, &left).unwrap();
        assert_eq!(names("data/users"), Vec::<std::ffi::OsString>::new());

        // A server that was taken over cannot have something else given away.
        let before = of("outside/eva");
        fs::rename(path("data/users"), path("data/aside")).unwrap();
        symlink(path("outside"), path("data/users")).unwrap();
        assert!(give_user(&config, &"eva".parse().unwrap(), TOM + 1).is_err());
        assert_eq!(of("outside/eva"), before);
    }
}
