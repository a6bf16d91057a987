//! What must be there before anything can start: folders, master key, database.

use std::{
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use thiserror::Error;
use tracing::{error, info, warn};

use crate::{
    auth::Auth,
    config::Config,
    crypto::{ApiKeyCipher, KeyError, MasterKey},
    data_lock::{DataLock, LockError},
    db::{self, Db, DbError},
    gateway::token::InstanceTokens,
    rotate,
    services::UserFolders,
};

/// Why the ground is missing; each says what to do.
#[derive(Debug, Error)]
pub enum GroundError {
    /// A folder cannot be made or written to.
    #[error("The folder {} cannot be used ({source}): make it writable, or choose another one with {variable}.", path.display())]
    Folder {
        /// Folder.
        path: PathBuf,
        /// Variable that names another one.
        variable: &'static str,
        /// Why.
        source: io::Error,
    },
    /// No master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Another process has the data folder.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Folders, keys and database, ready.
pub struct Ground {
    /// Database, migrated.
    pub db: Db,
    /// Sign-in.
    pub auth: Auth,
    /// Cipher of stored keys.
    pub cipher: ApiKeyCipher,
    /// Tokens of instances.
    pub tokens: InstanceTokens,
    /// Users' folders.
    pub folders: UserFolders,
}

impl Ground {
    /// As [`Ground::prepare`], for a process that needs the data folder for itself; first finishes what a killed process
    /// left half done.
    ///
    /// # Errors
    /// As [`Ground::prepare`], and when another process has the folder.
    pub async fn prepare_alone(config: &Config) -> Result<(Self, DataLock), GroundError> {
        prepare_folders(config)?;
        let lock = DataLock::take(&config.data_dir).await?;
        // Without it the server works too: the keys that are sealed with the new key are shown as "enter again" until then.
        if let Err(error) = rotate::finish(config, |step| info!("{step}")).await {
            error!(%error, "the rotation of the master key that was cut short is not finished");
        }
        let ground = Self::prepare(config).await?;
        let id = ground.cipher.key_id();
        match db::api_keys::of_other_master_keys(ground.db.reader(), &id).await.map(|rows| rows.len()) {
            Ok(0) => {}
            Ok(count) => warn!(
                count,
                "API keys are stored that this master key cannot read: their owners have to enter them again, unless the right key is put back"
            ),
            Err(error) => error!(%error, "the stored keys cannot be counted"),
        }
        match db::second_factors::of_other_master_keys(ground.db.reader(), &id).await.map(|rows| rows.len()) {
            Ok(0) => {}
            Ok(count) => warn!(
                count,
                "second factors are stored whose codes cannot be checked with this master key: their owners sign in with a recovery code, or an admin removes their second factor"
            ),
            Err(error) => error!(%error, "the stored second factors cannot be counted"),
        }
        Ok((ground, lock))
    }

    /// Makes what is missing: folders with mode 0700, a master key, the database.
    ///
    /// # Errors
    /// [`GroundError`], in words for the person who started the program.
    pub async fn prepare(config: &Config) -> Result<Self, GroundError> {
        prepare_folders(config)?;
        let master = MasterKey::load_or_create(&config.master_key_path())?;
        let db = Db::open(&config.database_path()).await?;
        Ok(Self {
            auth: Auth::new(db.clone(), &master, config),
            cipher: ApiKeyCipher::new(&master),
            tokens: InstanceTokens::new(&master),
            folders: UserFolders::new(config.users_dir(), config.run_dir.clone()),
            db,
        })
    }
}

/// Makes the installation's folders, and checks that files can be made in them.
///
/// # Errors
/// [`GroundError::Folder`].
pub fn prepare_folders(config: &Config) -> Result<(), GroundError> {
    for (path, variable) in [
        (config.data_dir.as_path(), "AUTOCODE_DATA_DIR"),
        (&config.users_dir(), "AUTOCODE_DATA_DIR"),
        (&config.run_dir, "AUTOCODE_RUN_DIR"),
    ] {
        private_folder(path).map_err(|source| GroundError::Folder {
            path: path.to_owned(),
            variable,
            source,
        })?;
    }
    Ok(())
}

/// Makes a folder that only its owner can enter, if it is missing, and checks that files can be made in it.
fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let probe = path.join(".autocode-write-probe");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}
