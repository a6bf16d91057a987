//! The master key's file: 32 random bytes in base64, private to the server's user.
//!
//! Must not know what is sealed with the key.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::random_bytes;

const KEY_LEN: usize = 32;

/// Why there is no master key; each says what to do.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Reading or writing the file failed.
    #[error("The master key {} cannot be read or created ({source}): check the folder's permissions or set AUTOCODE_MASTER_KEY_FILE.", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else than a key.
    #[error("{} is no master key: it must hold 32 random bytes in base64, as `openssl rand -base64 32` prints them.", .0.display())]
    Malformed(PathBuf),
    /// Other users of the machine can read it.
    #[error("The master key {file} can be read by other users of this machine: run `chmod 600 {file}`.", file = .0.display())]
    Exposed(PathBuf),
    /// The operating system has no random numbers.
    #[error("The operating system gives no random numbers ({0}).")]
    Random(#[from] getrandom::Error),
}

/// 32 random bytes from which every secret of the installation is derived.
pub struct MasterKey(SecretBox<[u8; KEY_LEN]>);

impl MasterKey {
    /// Reads the key file, creating it with mode 0600 if there is none.
    ///
    /// # Errors
    /// [`KeyError`], in words for the person who started the server.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path)
            }
            other => other,
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Io`] with `NotFound` if there is none.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Io { path: path.to_owned(), source };
        let mut file = std::fs::File::open(path).map_err(failed)?;
        // A systemd credential is readable by its group too, in a folder that only the service can enter.
        if file.metadata().map_err(failed)?.permissions().mode() & 0o007 != 0 {
            return Err(KeyError::Exposed(path.to_owned()));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|b| <[u8; KEY_LEN]>::try_from(b).ok());
        bytes.map(|b| Self(SecretBox::new(Box::new(b)))).ok_or_else(|| KeyError::Malformed(path.to_owned()))
    }

    /// A new key in a new file of mode 0600, which is there whole or not at all.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Io`] with `AlreadyExists` if there is a file of that name.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        let key = Self(SecretBox::new(Box::new(random_bytes::<KEY_LEN>()?)));
        key.write(path)?;
        Ok(key)
    }

    /// Writes the key to a new file of mode 0600, which is there whole or not at all.
    ///
    /// # Errors
    /// As [`MasterKey::create`].
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |source| KeyError::Io { path: path.to_owned(), source };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Made by mode 0600; put in its place only when it is on disk, and never over another.
        let mut file = tempfile::Builder::new().prefix(".master-key-").tempfile_in(folder).map_err(failed)?;
        file.write_all(format!("{}\n", STANDARD.encode(self.0.expose_secret())).as_bytes())
            .map_err(failed)?;
        // Keys sealed with it would be lost for ever if the machine stopped before the file is on disk.
        file.as_file().sync_all().map_err(failed)?;
        file.persist_noclobber(path).map_err(|e| failed(e.error))?;
        sync_folder(folder).map_err(failed)
    }

    /// A secret of its own for one purpose: the one-step key derivation of NIST SP 800-56C with SHA-256.
    pub(crate) fn derive(&self, purpose: &str) -> SecretBox<[u8; KEY_LEN]> {
        let mut hash = Sha256::new();
        hash.update(1_u32.to_be_bytes());
        hash.update(self.0.expose_secret());
        hash.update(purpose.as_bytes());
        SecretBox::new(Box::new(hash.finalize().into()))
    }
}

/// Makes sure that a folder's names are on disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_is_private_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKey::load_or_create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(MasterKey::load_or_create(&path), Err(KeyError::Exposed(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "not a key").unwrap();
        assert!(matches!(MasterKey::load_or_create(&path), Err(KeyError::Malformed(_))));
        let taken = MasterKey::create(&path).err();
        assert!(
            matches!(taken, Some(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists)
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a key");
    }
}
