//! What is derived from the master key: the cipher of stored API keys and the secret that signs tokens.
//!
//! The only user of AES-GCM. Must not know the database, users' folders or who asks.

mod master;

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use app::model::{Provider, ProviderName, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub(crate) use master::sync_folder;
pub use master::{KeyError, MasterKey};

const KEY_ID_LEN: usize = 4;
const NONCE_LEN: usize = 12;
/// First byte of every sealed key: how the rest is laid out.
const FORMAT: u8 = 1;

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

/// What a key is for, to which it is bound besides its user: mostly whose models it opens.
#[derive(Clone, Copy, Debug)]
pub enum KeySlot<'a> {
    /// A provider that everybody knows.
    BuiltIn(Provider),
    /// A model server of the user's own.
    Custom(&'a ProviderName),
    /// None: it is the secret of the user's second factor.
    SecondFactor,
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

    /// Which master key this is, as sealed keys name it: four bytes in lowercase hex.
    pub fn key_id(&self) -> String {
        self.key_id.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a sealed key names this cipher's master key; opening it may fail all the same.
    pub fn sealed_this(&self, sealed: &[u8]) -> bool {
        sealed.strip_prefix(&[FORMAT]).and_then(|rest| rest.get(..KEY_ID_LEN)) == Some(&self.key_id[..])
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
        KeySlot::SecondFactor => format!("second_factors|{user}"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
            one.open(user, KeySlot::SecondFactor, &sealed),
            one.open(user, provider, &flipped),
            one.open(user, provider, &sealed[..10]),
            one.open(user, provider, &[]),
            other.open(user, provider, &sealed),
        ]
        .map(|result| result.map(|_| ()).unwrap_err());
        use CipherError::{Damaged, OtherMasterKey};
        assert_eq!(failures, [Damaged, Damaged, Damaged, Damaged, Damaged, Damaged, OtherMasterKey]);
        assert_eq!(
            [one.sealed_this(&sealed), other.sealed_this(&sealed), one.sealed_this(&[])],
            [true, false, false]
        );
        assert_ne!(sealed, one.seal(user, provider, &"sk-test-1234".into()).unwrap(), "the nonce was reused");
    }
}
