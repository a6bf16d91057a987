//! What must be there before anything can start: folders, master key, database.

use std::{
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    auth::Auth,
    config::Config,
    crypto::{ApiKeyCipher, KeyError, MasterKey},
    db::{Db, DbError},
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
}

/// Folders, keys and database, ready.
pub struct Ground {
    /// Database, migrated.
    pub db: Db,
    /// Sign-in.
    pub auth: Auth,
    /// Cipher of stored keys.
    pub cipher: ApiKeyCipher,
    /// Users' folders.
    pub folders: UserFolders,
}

impl Ground {
    /// Makes what is missing: folders with mode 0700, a master key, the database.
    ///
    /// # Errors
    /// [`GroundError`], in words for the person who started the program.
    pub async fn prepare(config: &Config) -> Result<Self, GroundError> {
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
        let master = MasterKey::load_or_create(&config.master_key_path())?;
        let db = Db::open(&config.database_path()).await?;
        Ok(Self {
            auth: Auth::new(db.clone(), &master, config),
            cipher: ApiKeyCipher::new(&master),
            folders: UserFolders::new(config.users_dir(), config.run_dir.clone()),
            db,
        })
    }
}

/// Makes a folder that only its owner can enter, if it is missing, and checks that files can be made in it.
fn private_folder(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let probe = path.join(".autocode-write-probe");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}
