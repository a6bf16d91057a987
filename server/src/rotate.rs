//! `autocode rotate-key`: a new master key, with which every stored API key and the secret of every second factor is sealed anew.
//!
//! Can be cut short at any point and is finished by the next start of the server or by running it again: the old key stays
//! readable until nothing is sealed with it any more. Needs the data folder for itself, because a running server seals with
//! the key that it began with; agents keep running meanwhile. Must not know HTTP or who asks.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use app::model::Provider;
use thiserror::Error;

use crate::{
    config::Config,
    crypto::{ApiKeyCipher, KeyError, KeySlot, MasterKey, sync_folder},
    db::{self, Db, DbError},
    services::{UserFolders, write_copy},
};

/// Why the key is not rotated; each says what to do.
#[derive(Debug, Error)]
pub enum RotateError {
    /// The key's files.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is nothing to rotate.
    #[error("There is no master key {} yet: the first start of the server makes one.", .0.display())]
    NoKey(PathBuf),
    /// The key is handed in by systemd, which nobody can write to.
    #[error(
        "The master key is the systemd credential {}: stop the service and name the file that it comes from with AUTOCODE_MASTER_KEY_FILE.",
        .0.display()
    )]
    Credential(PathBuf),
    /// A key's file cannot be put in its place.
    #[error("{} cannot be replaced ({source}): make its folder writable, then run it again.", path.display())]
    File {
        /// File.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] DbError),
    /// The database failed.
    #[error("The database failed ({0}): run it again; nothing is lost.")]
    Db(#[from] sqlx::Error),
    /// Keys could not be sealed.
    #[error("A key could not be sealed ({0}): run it again; nothing is lost.")]
    Seal(#[from] crate::crypto::CipherError),
    /// A user's copy cannot be written.
    #[error(
        "The copy of {0}'s keys cannot be written; the messages above say why. Mend that, then run it again."
    )]
    Copy(String),
}

/// Where the keys of a rotation lie: the valid one, the one that replaces it, the one that was replaced.
struct KeyFiles {
    current: PathBuf,
    next: PathBuf,
    old: PathBuf,
}

impl KeyFiles {
    fn of(current: PathBuf) -> Self {
        let beside = |suffix: &str| {
            let mut name = current.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self { next: beside(".next"), old: beside(".old"), current }
    }

    fn interrupted(&self) -> bool {
        self.next.exists() || self.old.exists()
    }
}

/// Rotates the master key, or finishes a rotation that was cut short; `tell` gets a sentence after each step.
///
/// The caller holds the [`crate::data_lock::DataLock`].
///
/// # Errors
/// [`RotateError`], in words for the person who asked.
pub async fn rotate(config: &Config, tell: impl FnMut(&str)) -> Result<(), RotateError> {
    let files = KeyFiles::of(config.master_key_path());
    if config.master_key_file.is_none() && !files.current.starts_with(&config.data_dir) {
        return Err(RotateError::Credential(files.current));
    }
    run(config, &files, true, tell).await
}

/// Finishes a rotation that was cut short, if there is one; tells whether there was.
///
/// # Errors
/// As [`rotate`].
pub async fn finish(config: &Config, tell: impl FnMut(&str)) -> Result<bool, RotateError> {
    let files = KeyFiles::of(config.master_key_path());
    if !files.interrupted() {
        return Ok(false);
    }
    run(config, &files, false, tell).await.map(|()| true)
}

async fn run(
    config: &Config,
    files: &KeyFiles,
    begin: bool,
    mut tell: impl FnMut(&str),
) -> Result<(), RotateError> {
    if !files.current.exists() {
        return Err(RotateError::NoKey(files.current.clone()));
    }
    let db = Db::open(&config.database_path()).await?;
    let folders = UserFolders::new(config.users_dir(), config.run_dir.clone());
    let done = steps(&db, &folders, files, begin, &mut tell).await;
    db.close().await;
    done
}

/// Each step is either done or not when the process is killed, and doing it once more changes nothing.
async fn steps(
    db: &Db,
    folders: &UserFolders,
    files: &KeyFiles,
    begin: bool,
    tell: &mut impl FnMut(&str),
) -> Result<(), RotateError> {
    if begin && !files.interrupted() {
        MasterKey::create(&files.next)?;
        tell(&format!("A new master key is in {}.", files.next.display()));
    } else {
        tell("A rotation of the master key was cut short and is finished now.");
    }
    if files.next.exists() {
        let old = MasterKey::load(&files.current)?;
        let new = ApiKeyCipher::new(&MasterKey::load(&files.next)?);
        let old_cipher = ApiKeyCipher::new(&old);
        // First, so that nothing is said to be sealed as long as something is not.
        let (factors, lost_factors) = reseal_second_factors(db, &old_cipher, &new).await?;
        let (sealed, unreadable) = reseal(db, &old_cipher, &new).await?;
        tell(&format!("{sealed} API keys are sealed with it, and {factors} secrets of second factors."));
        if lost_factors > 0 {
            tell(&format!(
                "{lost_factors} secrets of second factors could not be read with the old key either; their owners sign in with a recovery code, or an admin removes their second factor."
            ));
        }
        if unreadable > 0 {
            tell(&format!(
                "{unreadable} API keys could not be read with the old key either; their owners have to enter them again."
            ));
        }
        write_copies(db, folders).await?;
        tell("Their copies in the users' folders are sealed with it too.");
        if !files.old.exists() {
            old.write(&files.old)?;
        }
        put_in_place(&files.next, &files.current)?;
        tell("The new key is in its place.");
    }
    remove(&files.old)?;
    tell("The old key is removed.");
    Ok(())
}

/// Seals all rows anew in one transaction; returns how many were, and how many nobody can read.
async fn reseal(db: &Db, old: &ApiKeyCipher, new: &ApiKeyCipher) -> Result<(u32, u32), RotateError> {
    let (mut sealed, mut unreadable) = (0, 0);
    let mut tx = db.begin().await?;
    for row in db::api_keys::of_other_master_keys(&mut *tx, &new.key_id()).await? {
        let opened = row.provider.parse::<Provider>().ok().and_then(|provider| {
            old.open(row.user, provider, &row.encrypted_key).ok().map(|key| (provider, key))
        });
        let Some((provider, key)) = opened else {
            unreadable += 1;
            continue;
        };
        db::api_keys::reseal(&mut tx, row.id, &new.seal(row.user, provider, &key)?).await?;
        sealed += 1;
    }
    for row in db::custom_providers::of_other_master_keys(&mut *tx, &new.key_id()).await? {
        let Ok(key) = old.open(row.user, &row.name, &row.encrypted_key) else {
            unreadable += 1;
            continue;
        };
        db::custom_providers::reseal(&mut tx, row.id, &new.seal(row.user, &row.name, &key)?).await?;
        sealed += 1;
    }
    tx.commit().await?;
    Ok((sealed, unreadable))
}

/// As [`reseal`], for the secrets of second factors.
async fn reseal_second_factors(
    db: &Db,
    old: &ApiKeyCipher,
    new: &ApiKeyCipher,
) -> Result<(u32, u32), RotateError> {
    let (mut sealed, mut unreadable) = (0, 0);
    let mut tx = db.begin().await?;
    for (user, secret) in db::second_factors::of_other_master_keys(&mut *tx, &new.key_id()).await? {
        let Ok(secret) = old.open(user, KeySlot::SecondFactor, &secret) else {
            unreadable += 1;
            continue;
        };
        let secret = new.seal(user, KeySlot::SecondFactor, &secret)?;
        db::second_factors::reseal(&mut tx, user, &secret).await?;
        sealed += 1;
    }
    tx.commit().await?;
    Ok((sealed, unreadable))
}

async fn write_copies(db: &Db, folders: &UserFolders) -> Result<(), RotateError> {
    for (user, username) in db::api_keys::owners(db.reader()).await? {
        let keys = db::api_keys::list(db.reader(), user).await?;
        write_copy(folders, &username, &keys).await.map_err(|_| RotateError::Copy(username.to_string()))?;
    }
    Ok(())
}

/// Replaces a file by another at once, and has that on disk.
fn put_in_place(from: &Path, to: &Path) -> Result<(), RotateError> {
    let failed = |source| RotateError::File { path: to.to_owned(), source };
    fs::rename(from, to).map_err(failed)?;
    sync_folder(to.parent().unwrap_or(Path::new("/"))).map_err(failed)
}

fn remove(path: &Path) -> Result<(), RotateError> {
    let failed = |source| RotateError::File { path: path.to_owned(), source };
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(e)),
        _ => sync_folder(path.parent().unwrap_or(Path::new("/"))).map_err(failed),
    }
}
