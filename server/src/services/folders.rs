//! Users' folders on disk, reached only through a handle on the folder that holds them all.
//!
//! A user's agent can put any link anywhere in its folder; the handle never follows one outside.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use app::{error::AppError, model::Username};
use cap_std::{
    ambient_authority,
    fs::{
        Dir, DirBuilder, DirBuilderExt as _, OpenOptions, OpenOptionsExt as _, Permissions,
        PermissionsExt as _,
    },
};

use tracing::warn;

use crate::{cells, crypto::random_bytes, error::internal};

/// How often removal is tried while a dying process may still write.
const REMOVAL_TRIES: u32 = 5;
/// What the names of folders begin with that root removes.
pub const SET_ASIDE: &str = ".removed-";
/// The mark that users came or went, in the run folder.
const USERS_CHANGED: &str = ".users-changed";
/// How long root may take to remove a user's files before that is no longer waited for.
const ROOT_LIMIT: Duration = Duration::from_secs(10);
/// Deepest folder whose permissions are repaired before removal.
const MAX_DEPTH: u32 = 64;

/// The folder with one folder a user.
#[derive(Clone, Debug)]
pub struct UserFolders {
    users: PathBuf,
    run: PathBuf,
}

impl UserFolders {
    /// `users` holds the users' HOMEs, `run` their run folders; both exist.
    pub fn new(users: PathBuf, run: PathBuf) -> Self {
        Self { users, run }
    }

    /// Makes `{username}/{projects,config}`, private to the server's user.
    ///
    /// # Errors
    /// [`AppError::Conflict`] if files of that name are left from somebody; [`AppError::Internal`].
    pub async fn create(&self, username: &Username) -> Result<(), AppError> {
        let name = username.clone();
        let created = self.blocking(move |users, run| {
            let mut private = DirBuilder::new();
            private.mode(0o700);
            let draft = format!(".new-{name}");
            // What a start that was cut short left; with anything else in it, removal fails.
            remove_empty_home(&users, name.as_str())?;
            remove_empty_home(&users, &draft)?;
            users.create_dir_with(&draft, &private)?;
            let home = users.open_dir(&draft)?;
            home.create_dir_with("projects", &private)?;
            home.create_dir_with("config", &private)?;
            // All at once: whoever gives the folder to an account of its own does so as soon as it appears.
            users.rename(&draft, &users, name.as_str())?;
            tell_root(&run)
        });
        match created.await? {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Err(AppError::Conflict(format!(
                "Files of a former user {username} are still in the data folder; remove users/{username} there first."
            ))),
            Err(e) => Err(internal("a user's folder cannot be made", e)),
        }
    }

    /// Removes everything of a user; fine when there is nothing. What belongs to an account of its own is set aside and
    /// removed by root's `autocode-user sync`.
    ///
    /// # Errors
    /// [`AppError::Internal`] if something cannot be removed.
    pub async fn remove(&self, username: &Username) -> Result<(), AppError> {
        let name = username.clone();
        let removed = self.blocking(move |users, run| {
            if cells::belongs_to_another(&users, name.as_str())? {
                return removed_by_root(&users, &run, name.as_str());
            }
            remove_tree(&users, name.as_str())?;
            remove_tree(&run, name.as_str())
        });
        removed.await?.map_err(|e| internal("a user's folder cannot be removed", e))
    }

    /// Replaces a file in a user's `config/` at once: readers see the old or the new one.
    ///
    /// # Errors
    /// [`AppError::Internal`].
    pub async fn write_config(
        &self,
        username: &Username,
        file: &'static str,
        bytes: Vec<u8>,
    ) -> Result<(), AppError> {
        let name = username.clone();
        let written = self.blocking(move |users, _| {
            // Step by step: a link in the user's folder may not even lead to another user's beside it.
            let config = users.open_dir(name.as_str())?.open_dir("config")?;
            let random: [u8; 8] = random_bytes().map_err(io::Error::other)?;
            let draft = format!(".{file}.{:016x}", u64::from_ne_bytes(random));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            let mut open = config.open_with(&draft, &options)?;
            io::Write::write_all(&mut open, &bytes)?;
            open.sync_all()?;
            config.rename(&draft, &config, file)
        });
        written.await?.map_err(|e| internal("a file in a user's config folder cannot be written", e))
    }

    /// Runs file work on handles of the two folders, off the async threads.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(Dir, Dir) -> io::Result<T> + Send + 'static,
    ) -> Result<io::Result<T>, AppError> {
        let Self { users, run } = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let open = |path: &Path| Dir::open_ambient_dir(path, ambient_authority());
            work(open(&users)?, open(&run)?)
        });
        done.await.map_err(|e| internal("file work ended early", e))
    }
}

fn remove_empty_home(users: &Dir, name: &str) -> io::Result<()> {
    if !users.try_exists(name)? {
        return Ok(());
    }
    let home = users.open_dir(name)?;
    for part in ["projects", "config"] {
        match home.remove_dir(part) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    users.remove_dir(name)
}

/// Leaves a mark that users came or went. Root's `autocode-users.path` waits for it where there is one; root takes it away
/// before it looks, so that what changes meanwhile leaves another.
fn tell_root(run: &Dir) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match run.open_with(USERS_CHANGED, &options) {
        // It waits to be seen, whoever left it: root may have made a user as well.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        left => left.map(drop),
    }
}

/// Renames a folder to what root removes, and waits for that.
fn removed_by_root(users: &Dir, run: &Dir, name: &str) -> io::Result<()> {
    let random: [u8; 8] = random_bytes().map_err(io::Error::other)?;
    let aside = format!("{SET_ASIDE}{name}-{:016x}", u64::from_ne_bytes(random));
    users.rename(name, users, &aside)?;
    tell_root(run)?;
    let deadline = Instant::now() + ROOT_LIMIT;
    while users.try_exists(&aside)? {
        if Instant::now() >= deadline {
            // Nobody gets them: a new user of the name starts with an empty folder.
            warn!(folder = aside, "a removed user's files wait for root: `autocode-user sync` removes them");
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn remove_tree(parent: &Dir, name: &str) -> io::Result<()> {
    let mut tries = 0;
    loop {
        match parent.remove_dir_all(name) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) if tries == REMOVAL_TRIES => return Err(e),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                // Some package managers make their caches read-only.
                make_writable(parent, name, 0)?;
            }
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
        }
        tries += 1;
    }
}

fn make_writable(parent: &Dir, name: &str, depth: u32) -> io::Result<()> {
    parent.set_permissions(name, Permissions::from_mode(0o700))?;
    let folder = parent.open_dir(name)?;
    for entry in folder.entries()? {
        let entry = entry?;
        if depth < MAX_DEPTH
            && entry.file_type()?.is_dir()
            && let Some(name) = entry.file_name().to_str()
        {
            make_writable(&folder, name, depth + 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn folders(root: &Path) -> UserFolders {
        for part in ["users", "run"] {
            std::fs::create_dir(root.join(part)).unwrap();
        }
        UserFolders::new(root.join("users"), root.join("run"))
    }

    #[tokio::test]
    async fn folders_are_private_and_removed_without_following_links() {
        let root = tempfile::tempdir().unwrap();
        let folders = folders(root.path());
        let (tom, ann): (Username, Username) = ("tom".parse().unwrap(), "ann".parse().unwrap());
        folders.create(&tom).await.unwrap();
        folders.create(&ann).await.unwrap();
        let users = root.path().join("users");
        let mode = |path: &str| users.join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!([mode("tom"), mode("tom/projects"), mode("tom/config")], [0o700; 3]);

        symlink(users.join("ann"), users.join("tom/projects/link")).unwrap();
        std::fs::write(users.join("ann/projects/precious"), "x").unwrap();
        let locked = users.join("tom/projects/locked");
        std::fs::create_dir(&locked).unwrap();
        std::fs::write(locked.join("file"), "x").unwrap();
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
        folders.remove(&tom).await.unwrap();
        folders.remove(&tom).await.unwrap();
        assert_eq!((users.join("tom").exists(), users.join("ann/projects/precious").exists()), (false, true));
    }

    #[tokio::test]
    async fn a_new_user_never_gets_the_files_of_a_former_one() {
        let root = tempfile::tempdir().unwrap();
        let folders = folders(root.path());
        let tom: Username = "tom".parse().unwrap();
        folders.create(&tom).await.unwrap();
        folders.create(&tom).await.unwrap();
        std::fs::write(root.path().join("users/tom/projects/file"), "x").unwrap();
        assert!(matches!(folders.create(&tom).await, Err(AppError::Conflict(_))));
    }

    #[tokio::test]
    async fn a_config_file_is_never_written_through_a_link() {
        let root = tempfile::tempdir().unwrap();
        let folders = folders(root.path());
        let tom: Username = "tom".parse().unwrap();
        folders.create(&tom).await.unwrap();
        folders.write_config(&tom, "a.json", b"1".to_vec()).await.unwrap();
        let config = root.path().join("users/tom/config");
        assert_eq!(std::fs::read_to_string(config.join("a.json")).unwrap(), "1");

        let outside = root.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::remove_dir_all(&config).unwrap();
        symlink(&outside, &config).unwrap();
        assert!(folders.write_config(&tom, "a.json", b"2".to_vec()).await.is_err());
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);

        // Another user's folder is outside as well, although both lie in the same one.
        let ann: Username = "ann".parse().unwrap();
        folders.create(&ann).await.unwrap();
        std::fs::remove_file(&config).unwrap();
        symlink("../ann/config", &config).unwrap();
        assert!(folders.write_config(&tom, "a.json", b"3".to_vec()).await.is_err());
        assert_eq!(std::fs::read_dir(root.path().join("users/ann/config")).unwrap().count(), 0);
    }
}
