//! The master key, and what is derived from it: the cipher of stored API keys and the secret that signs tokens.
//!
//! The only user of AES-GCM. Must not know the database, users' folders or who asks.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use app::model::{Provider, ProviderName, UserId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

const KEY_LEN: usize = 32;
const KEY_ID_LEN: usize = 4;
const NONCE_LEN: usize = 12;
/// First byte of every sealed key: how the rest is laid out.
const FORMAT: u8 = 1;

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

    fn create(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Io { path: path.to_owned(), source };
        let key = random_bytes::<KEY_LEN>()?;
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.write_all(format!("{}\n", STANDARD.encode(key)).as_bytes()).map_err(failed)?;
        // Keys sealed with it would be lost for ever if the machine stopped before the file is on disk.
        file.sync_all().map_err(failed)?;
        if let Some(folder) = path.parent() {
            std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(failed)?;
        }
        Ok(Self(SecretBox::new(Box::new(key))))
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

/// Random bytes from the operating system.
///
/// # Errors
/// If it has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Why a key cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CipherError {
    /// It was sealed with another master key.
    #[error("the key was sealed with another master key")]
    OtherMasterKey,
    /// It was changed, or belongs to another user or provider.
    #[error("the sealed key is damaged or not this user's")]
    Damaged,
    /// Sealing failed for lack of random numbers.
    #[error("the key could not be sealed")]
    Seal,
}

/// Whose models a key opens: what it is bound to besides its user.
#[derive(Clone, Copy, Debug)]
pub enum KeySlot<'a> {
    /// A provider that everybody knows.
    BuiltIn(Provider),
    /// A model server of the user's own.
    Custom(&'a ProviderName),
}

impl From<Provider> for KeySlot<'_> {
    fn from(provider: Provider) -> Self {
        Self::BuiltIn(provider)
    }
}

impl<'a> From<&'a ProviderName> for KeySlot<'a> {
    fn from(name: &'a ProviderName) -> Self {
        Self::Custom(name)
    }
}

/// Seals API keys with AES-256-GCM, each bound to its table, user and provider.
#[derive(Clone)]
pub struct ApiKeyCipher {
    cipher: Aes256Gcm,
    key_id: [u8; KEY_ID_LEN],
}

impl ApiKeyCipher {
    /// The cipher of this master key.
    pub fn new(master: &MasterKey) -> Self {
        let key = master.derive("autocode api keys v1");
        let fingerprint = Sha256::digest(key.expose_secret());
        let mut key_id = [0; KEY_ID_LEN];
        key_id.copy_from_slice(&fingerprint[..KEY_ID_LEN]);
        Self { cipher: Aes256Gcm::new(key.expose_secret().into()), key_id }
    }

    /// Format byte, key id, nonce, ciphertext and tag.
    ///
    /// # Errors
    /// [`CipherError::Seal`].
    pub fn seal<'a>(
        &self,
        user: UserId,
        slot: impl Into<KeySlot<'a>>,
        key: &SecretString,
    ) -> Result<Vec<u8>, CipherError> {
        let nonce = random_bytes::<NONCE_LEN>().map_err(|_| CipherError::Seal)?;
        let (aad, msg) = (binding(user, slot.into()), key.expose_secret().as_bytes());
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), Payload { msg, aad: aad.as_bytes() });
        let sealed = sealed.map_err(|_| CipherError::Seal)?;
        Ok([&[FORMAT], &self.key_id[..], &nonce, &sealed].concat())
    }

    /// The key behind what [`ApiKeyCipher::seal`] returned for the same user and provider.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn open<'a>(
        &self,
        user: UserId,
        slot: impl Into<KeySlot<'a>>,
        sealed: &[u8],
    ) -> Result<SecretString, CipherError> {
        let rest = sealed.strip_prefix(&[FORMAT]).ok_or(CipherError::Damaged)?;
        let (key_id, rest) = rest.split_at_checked(KEY_ID_LEN).ok_or(CipherError::Damaged)?;
        if key_id != self.key_id {
            return Err(CipherError::OtherMasterKey);
        }
        let (nonce, msg) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CipherError::Damaged)?;
        let aad = binding(user, slot.into());
        let opened = self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg, aad: aad.as_bytes() });
        let text = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(CipherError::Damaged)?;
        Ok(SecretString::from(text))
    }
}

fn binding(user: UserId, slot: KeySlot<'_>) -> String {
    match slot {
        KeySlot::BuiltIn(provider) => format!("api_keys|{user}|{}", provider.as_str()),
        KeySlot::Custom(name) => format!("custom_providers|{user}|{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(folder: &Path, name: &str) -> ApiKeyCipher {
        ApiKeyCipher::new(&MasterKey::load_or_create(&folder.join(name)).unwrap())
    }

    #[test]
    fn a_sealed_key_opens_only_for_its_user_provider_and_master_key() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (cipher(folder.path(), "one"), cipher(folder.path(), "other"));
        let (user, provider) = (UserId(1), Provider::Anthropic);
        let sealed = one.seal(user, provider, &"sk-test-1234".into()).unwrap();

        assert_eq!(one.open(user, provider, &sealed).unwrap().expose_secret(), "sk-test-1234");
        let again = cipher(folder.path(), "one");
        assert_eq!(again.open(user, provider, &sealed).unwrap().expose_secret(), "sk-test-1234");

        let mut flipped = sealed.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let failures = [
            one.open(UserId(2), provider, &sealed),
            one.open(user, Provider::Openai, &sealed),
            one.open(user, provider, &flipped),
            one.open(user, provider, &sealed[..10]),
            one.open(user, provider, &[]),
            other.open(user, provider, &sealed),
        ]
        .map(|result| result.map(|_| ()).unwrap_err());
        use CipherError::{Damaged, OtherMasterKey};
        assert_eq!(failures, [Damaged, Damaged, Damaged, Damaged, Damaged, OtherMasterKey]);
        assert_ne!(sealed, one.seal(user, provider, &"sk-test-1234".into()).unwrap(), "the nonce was reused");
    }

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
    }
}
