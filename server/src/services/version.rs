//! Versions of things: what tells that something is no longer what somebody saw.
//!
//! Must not know how a version travels.

use app::{error::AppError, model::Expected};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error;

/// The version of a thing as it is sent: equal texts are the same version.
pub fn of_text(text: &[u8]) -> String {
    Sha256::digest(text).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses a change of a thing that is not what was expected.
///
/// # Errors
/// [`AppError::Outdated`] with its version now.
pub fn check(thing: &impl Serialize, expected: &Expected) -> Result<(), AppError> {
    if *expected == Expected::Anything {
        return Ok(());
    }
    let text = serde_json::to_vec(thing).map_err(|e| error::internal("a version could not be made", e))?;
    let version = of_text(&text);
    if expected.allows(&version) { Ok(()) } else { Err(AppError::Outdated(version)) }
}
