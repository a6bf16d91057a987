//! Passwords: hashed and checked with Argon2id, off the async threads and a few at a time.
//!
//! Must not know whose password it is.

use std::{sync::Arc, time::Duration};

use app::error::AppError;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use crate::error::internal;

/// Fewest characters of a password.
pub const MIN_LEN: usize = 8;
/// Most characters of a password.
pub const MAX_LEN: usize = 256;
/// Each takes 19 MiB and a core for some ten milliseconds.
const AT_ONCE: usize = 2;
const WAIT_LIMIT: Duration = Duration::from_secs(10);
/// Those that are worked on and those that wait; further ones are refused at once.
const MOST: usize = 64;
/// Stands in for the hash of a user who does not exist: as expensive as a real one, and no password's.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords; clones share the same few slots.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)), places: Arc::new(Semaphore::new(MOST)) }
    }
}

impl Passwords {
    /// The PHC string to store for a password.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] if no slot becomes free in time; [`AppError::Internal`] if hashing fails.
    pub async fn hash(&self, password: SecretString) -> Result<String, AppError> {
        self.run(move || hash(&password)).await?.map_err(|e| internal("a password could not be hashed", e))
    }

    /// Whether the password belongs to the stored hash; takes equally long when there is none.
    ///
    /// # Errors
    /// As [`Passwords::hash`].
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, AppError> {
        let verified = self.run(move || {
            let known = stored.is_some();
            let text = stored.unwrap_or_else(|| NOBODY.to_owned());
            let parsed = PasswordHash::new(&text).map_err(|e| e.to_string())?;
            let fits =
                Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
            Ok::<_, String>(fits && known)
        });
        verified.await?.map_err(|e| internal("a password could not be checked", e))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let busy =
            || AppError::Unavailable("Too many people sign in at once; try again in a moment.".to_owned());
        let _place = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let slot = tokio::time::timeout(WAIT_LIMIT, self.slots.clone().acquire_owned()).await;
        let slot = slot.map_err(|_| busy())?.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(slot);
            result
        });
        done.await.map_err(|e| internal("password work ended early", e))
    }
}

fn hash(password: &SecretString) -> Result<String, String> {
    let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
    hash.map(|hash: PasswordHash| hash.to_string()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_fits() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("correct horse".into(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".into(), Some(stored)).await.unwrap());
        assert!(!passwords.verify("nobody's password".into(), None).await.unwrap());
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let real = hash(&"a password".into()).unwrap();
        let cost = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let shape = |text: &str| text.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!((cost(NOBODY), shape(NOBODY)), (cost(&real), shape(&real)));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[tokio::test]
    async fn few_hash_at_once_and_few_wait() {
        let passwords = Passwords::default();
        let asked = (0..MOST + 36).map(|_| passwords.verify("guess".into(), None));
        let answers = futures::future::join_all(asked).await;
        let refused = answers.iter().filter(|a| matches!(a, Err(AppError::Unavailable(_)))).count();
        assert!(refused >= 36, "only {refused} were refused");
        assert!(answers.iter().any(|a| matches!(a, Ok(false))));
    }
}
