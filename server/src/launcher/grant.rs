//! Giving a user's folders to an account, where a service manager starts the cells: root does only this, and ends.
//!
//! Must not trust what the server owns: all is reached through handles, and no link leads out of the data folder.

use std::io;

use app::model::Username;
use cap_std::{
    ambient_authority,
    fs::{Dir, MetadataExt as _},
};
use rustix::fs::{Mode, chmodat};

use super::ownership::{self, Owner};
use crate::config::{Config, USERS_FOLDER};

/// The folder of all users' folders. It is the server's, which could put a link in its place.
///
/// # Errors
/// Those of the file system, also for a link that leads out of the data folder.
pub(super) fn users(config: &Config) -> io::Result<Dir> {
    Dir::open_ambient_dir(&config.data_dir, ambient_authority())?.open_dir(USERS_FOLDER)
}

/// Makes a user's folders and gives them to `uid`; the folders above let everybody pass through and no more. The server
/// is whoever owns the data folder.
///
/// # Errors
/// Those of the file system; `PermissionDenied` if a folder is somebody else's.
pub fn give_user(config: &Config, username: &Username, uid: u32) -> io::Result<()> {
    let open = |path| Dir::open_ambient_dir(path, ambient_authority());
    let (data, users, run) = (open(&config.data_dir)?, users(config)?, open(&config.run_dir)?);
    let meta = data.dir_metadata()?;
    let server = Owner { uid: meta.uid(), gid: meta.gid() };
    for folder in [&data, &users, &run] {
        chmodat(folder, ".", Mode::from_raw_mode(0o711), rustix::fs::AtFlags::empty())?;
    }
    ownership::prepare(&users, username.as_str(), &["projects", "config"], server, uid)?;
    ownership::prepare(&run, username.as_str(), &[], server, uid)?;
    ownership::prepare_private(&run, &format!(".accounts-{username}"), Owner { uid, gid: uid })
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

        // A server that was taken over cannot have something else given away.
        fs::create_dir_all(path("outside/eva")).unwrap();
        let before = of("outside/eva");
        fs::rename(path("data/users"), path("data/aside")).unwrap();
        symlink(path("outside"), path("data/users")).unwrap();
        assert!(give_user(&config, &"eva".parse().unwrap(), TOM + 1).is_err());
        assert_eq!(of("outside/eva"), before);
    }
}
