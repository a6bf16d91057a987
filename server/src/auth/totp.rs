//! One-time codes by the clock (RFC 6238) and codes on paper: making secrets, checking codes, drawing the picture for an app.
//!
//! The only user of `totp-rs` and `qrcode`. Must not know the database: whether a code was used before is asked elsewhere.

use std::fmt::Write as _;

use app::{error::AppError, model::QrPicture};
use qrcode::{Color, EcLevel, QrCode};
use secrecy::{ExposeSecret as _, SecretString};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::{crypto::random_bytes, error};

/// Digits of an app's code.
pub const DIGITS: usize = 6;
/// Recovery codes that a person gets.
const RECOVERY_CODES: usize = 10;
/// Digits of one: 116 bits, enough to be stored as a plain hash. Only digits, so that they can be typed where a phone offers
/// nothing else.
const RECOVERY_DIGITS: usize = 35;
/// Most characters that are looked at of a code as typed.
const TYPED_MAX: usize = 64;
/// What apps show above the code.
const ISSUER: &str = "AutoCode";

/// A new secret of 160 bits, in base32 as apps take it.
///
/// # Errors
/// [`AppError::Internal`] if the operating system has no random numbers.
pub fn new_secret() -> Result<SecretString, AppError> {
    let bytes = random_bytes::<20>().map_err(super::no_random)?;
    Ok(SecretString::from(Secret::from(bytes).to_base32()))
}

/// New recovery codes in groups of five digits.
///
/// # Errors
/// [`AppError::Internal`] if the operating system has no random numbers.
pub fn new_recovery_codes() -> Result<Vec<String>, AppError> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<String, AppError> {
    let mut code = String::new();
    let mut digits = 0;
    while digits < RECOVERY_DIGITS {
        // Bytes from 250 on would make the first digits likelier than the others.
        for byte in random_bytes::<32>().map_err(super::no_random)?.into_iter().filter(|byte| *byte < 250) {
            if digits < RECOVERY_DIGITS {
                if digits > 0 && digits % 5 == 0 {
                    code.push('-');
                }
                code.push(char::from(b'0' + byte % 10));
                digits += 1;
            }
        }
    }
    Ok(code)
}

/// A code as typed, without what people put between its groups.
pub fn plain(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(TYPED_MAX).collect()
}

/// The time step that a code belongs to, at `now` in seconds since the epoch: this one, the one before or the one after.
///
/// # Errors
/// [`AppError::Internal`] if the secret is none.
pub fn step_of(secret: &SecretString, code: &str, now: i64) -> Result<Option<i64>, AppError> {
    let now = u64::try_from(now).unwrap_or(0);
    Ok(totp(secret, "")?.check(code, now).and_then(|step| i64::try_from(step).ok()))
}

/// What an app reads from the picture.
///
/// # Errors
/// [`AppError::Internal`] if the secret is none.
pub fn url(secret: &SecretString, username: &str) -> Result<String, AppError> {
    totp(secret, username)?.to_url().map_err(broken)
}

fn totp(secret: &SecretString, username: &str) -> Result<Totp, AppError> {
    let secret = Secret::try_from_base32(secret.expose_secret()).map_err(broken)?;
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1);
    let builder = builder.with_step_duration(30).with_secret(secret);
    builder.with_account_name(username).with_issuer(Some(ISSUER)).build().map_err(broken)
}

fn broken(why: impl std::fmt::Debug) -> AppError {
    error::internal("the secret of a second factor cannot be used", format!("{why:?}"))
}

/// A text as the dark squares of a QR code.
///
/// # Errors
/// [`AppError::Internal`] if it is too long for one.
pub fn picture(text: &str) -> Result<QrPicture, AppError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|e| error::internal("a QR code cannot be made", e))?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            write!(path, "M{} {}h1v1h-1z", at % width, at / width)
                .map_err(|e| error::internal("a QR code cannot be drawn", e))?;
        }
    }
    Ok(QrPicture { width, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> SecretString {
        SecretString::from(Secret::from(*b"12345678901234567890").to_base32())
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(step_of(&secret(), code, second).unwrap(), Some(second / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_its_neighbours() {
        let at = |second| step_of(&secret(), "081804", second).unwrap();
        let step = 1_111_111_109 / 30;
        let (first, last) = ((step - 1) * 30, (step + 2) * 30 - 1);
        assert_eq!([at(first - 1), at(first), at(last), at(last + 1)], [None, Some(step), Some(step), None]);
        for bad in ["", "08180", "0818040", "abcdef", "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}"] {
            assert_eq!(step_of(&secret(), bad, 1_111_111_109).unwrap(), None, "{bad}");
        }
    }

    #[test]
    fn secrets_and_recovery_codes_are_long_and_different() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_eq!(one.expose_secret().len(), 32, "160 bits in base32");
        assert_ne!(one.expose_secret(), other.expose_secret());
        let codes = new_recovery_codes().unwrap();
        let mut different: Vec<_> = codes.iter().map(|code| plain(code)).collect();
        different.sort();
        different.dedup();
        assert_eq!((codes.len(), different.len()), (10, 10));
        // 34 decimal digits are 112 bits.
        assert!(different.iter().all(|code| code.len() == 35 && code.bytes().all(|b| b.is_ascii_digit())));
    }

    #[test]
    fn the_picture_and_the_address_say_what_apps_need() {
        let url = url(&secret(), "tom").unwrap();
        assert!(url.starts_with("otpauth://totp/AutoCode:tom?"), "{url}");
        assert!(url.contains("issuer=AutoCode") && url.contains(secret().expose_secret()), "{url}");
        let picture = picture(&url).unwrap();
        // The finder in the corner.
        assert!(picture.width > 20 && picture.path.starts_with("M0 0h1v1h-1z"), "{picture:?}");
    }
}
