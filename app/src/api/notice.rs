//! What happened, for the page that follows a form posted without scripts.
//!
//! With scripts the control that was used says it; without them the browser is sent back to its page, and what happened
//! would be lost. It travels in a cookie that is read once and shown as text.

use leptos::prelude::*;

use crate::{codec::Json, error::AppError};

/// What the last form posted without scripts did; read once.
#[server(prefix = "/fn", endpoint = "load_notice", output = Json)]
pub async fn load_notice() -> Result<Option<String>, AppError> {
    cookie::take()
}

#[cfg(feature = "ssr")]
pub use cookie::note;

#[cfg(feature = "ssr")]
mod cookie {
    //! The cookie.

    use http::header::COOKIE;

    use crate::{
        api::{headers, posted_without_scripts, set_cookies},
        components::encoded,
        error::AppError,
    };

    const NAME: &str = "notice";
    /// Most bytes of a notice; more is no notice of ours.
    const LIMIT: usize = 400;

    /// Has the next page say this, if a form was posted without scripts.
    pub fn note(message: &str) -> Result<(), AppError> {
        if !posted_without_scripts() {
            return Ok(());
        }
        let message = &message[..message.floor_char_boundary(LIMIT)];
        set_cookies(vec![format!("{NAME}={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=60", encoded(message))])
    }

    /// The notice that the request brought, which is gone with the answer.
    pub fn take() -> Result<Option<String>, AppError> {
        let headers = headers()?;
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';'));
        let Some(value) = pairs.find_map(|pair| pair.trim().strip_prefix("notice=")) else { return Ok(None) };
        set_cookies(vec![format!("{NAME}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0")])?;
        Ok(decoded(value).filter(|text| !text.is_empty() && text.len() <= LIMIT))
    }

    /// A text from its form in a cookie; none if it is not one.
    fn decoded(value: &str) -> Option<String> {
        let mut bytes = Vec::with_capacity(value.len());
        let mut rest = value.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_notice_survives_the_cookie() {
            let text = "Saved; \u{201c}50 %\u{201d}";
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
            assert_eq!([decoded("%"), decoded("%zz"), decoded("%ff")], [None, None, None]);
        }
    }
}
