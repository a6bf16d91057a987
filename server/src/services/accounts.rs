//! Sign-in and first-run setup for browsers.

use app::{
    backend::{Accounts, Answer, Cookies},
    error::AppError,
    model::{Credentials, Role, SignIn, Username, Viewer},
};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use secrecy::SecretString;

use super::{Services, UserFolders, check::Check};
use crate::{
    auth::{Auth, TokenPair, token::hash},
    crypto::random_bytes,
    db::{self, Db},
    error,
};

/// Proves that whoever opens `/setup` has seen the server's own output; worthless once there is a user.
#[derive(Clone)]
pub struct SetupToken(String);

impl SetupToken {
    /// A random one.
    ///
    /// # Errors
    /// If the operating system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random_bytes::<24>()?)))
    }

    /// The text for the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares hashes, so that the time it takes tells nothing about the token.
    fn fits(&self, text: &str) -> bool {
        hash(&self.0) == hash(text)
    }
}

/// Checks a new account's name and password.
///
/// # Errors
/// [`AppError::Invalid`].
pub(super) fn new_account(credentials: Credentials) -> Answer<(Username, SecretString)> {
    let mut check = Check::default();
    check.password(&credentials.password, &credentials.username);
    match credentials.username.parse::<Username>() {
        Ok(username) => {
            check.done()?;
            Ok((username, SecretString::from(credentials.password)))
        }
        Err(e) => {
            check.problem("username", e.to_string());
            check.done()?;
            Err(AppError::Internal)
        }
    }
}

impl Services {
    fn cookies(&self, pair: &TokenPair) -> Cookies {
        let style = self.auth.cookies();
        vec![style.set_access(&pair.access), style.set_refresh(&pair.refresh)]
    }
}

/// Creates an admin with their folders from the command line; works beside a running server.
///
/// # Errors
/// [`AppError::Invalid`], or [`AppError::Conflict`] for a taken name.
pub async fn create_admin(
    db: &Db,
    auth: &Auth,
    folders: &UserFolders,
    credentials: Credentials,
) -> Answer<()> {
    let (username, password) = new_account(credentials)?;
    let hash = auth.passwords().hash(password).await?;
    let mut tx = db.begin().await.map_err(error::db)?;
    auth.create_account(&mut tx, &username, &hash, Role::Admin, "create-admin").await?;
    folders.create(&username).await?;
    tx.commit().await.map_err(error::db)
}

#[async_trait]
impl Accounts for Services {
    async fn viewer(&self, headers: &HeaderMap) -> Answer<Viewer> {
        Ok(self.auth.authenticate(headers).await?.viewer().clone())
    }

    async fn viewer_setting_up(&self, headers: &HeaderMap) -> Answer<Viewer> {
        Ok(self.auth.authenticate_setting_up(headers).await?.viewer().clone())
    }

    async fn setup_needed(&self) -> Answer<bool> {
        Ok(db::users::count(self.db.reader()).await.map_err(error::db)? == 0)
    }

    async fn setup(&self, token: &str, credentials: Credentials) -> Answer<Cookies> {
        if !self.setup_needed().await? {
            return Err(AppError::Conflict("This AutoCode is set up already; sign in.".to_owned()));
        }
        if !self.setup.fits(token) {
            let message =
                "This link is not valid: open the one that the server printed when it started last.";
            return Err(AppError::invalid("token", message));
        }
        let (username, password) = new_account(credentials)?;
        let hash = self.auth.passwords().hash(password).await?;
        let mut tx = self.begin().await?;
        // Asked again inside the transaction: two people may have opened the link.
        if db::users::count(&mut *tx).await.map_err(error::db)? != 0 {
            return Err(AppError::Conflict("This AutoCode is set up already; sign in.".to_owned()));
        }
        let name = username.as_str();
        let id = self.auth.create_account(&mut tx, &username, &hash, Role::Admin, name).await?;
        self.folders.create(&username).await?;
        let pair = self.auth.begin_session(&mut tx, &HeaderMap::new(), id).await?;
        tx.commit().await.map_err(error::db)?;
        Ok(self.cookies(&pair))
    }

    async fn login(&self, headers: &HeaderMap, sign_in: SignIn) -> Answer<Cookies> {
        let pair = self.auth.sign_in(headers, sign_in).await?;
        Ok(self.cookies(&pair))
    }

    async fn logout(&self, headers: &HeaderMap) -> Answer<Cookies> {
        self.auth.end_of_request(headers).await?;
        Ok(self.auth.cookies().clear())
    }
}
