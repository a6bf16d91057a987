//! The second factor: what a person sees of their own.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Whether signing in asks for a code, and what is left for when the app is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SecondFactor {
    /// Whether signing in asks for a code.
    pub on: bool,
    /// Whether this installation wants everybody to have one.
    pub required: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
    /// Whether the codes of the app cannot be checked any more, because the server has another master key: it has to be
    /// switched off and on again.
    pub lost: bool,
}

/// A QR code as a picture: `width` × `width` squares, and the dark ones as the path of an SVG.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct QrPicture {
    /// Squares in a row.
    pub width: usize,
    /// Value of `d`.
    pub path: String,
}

/// Never prints what is in the picture.
impl fmt::Debug for QrPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrPicture").field("width", &self.width).finish_non_exhaustive()
    }
}

/// What an app needs to make codes; shown until the first right one came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SecondFactorSetup {
    /// The secret in base32, to be typed where no picture can be taken.
    pub secret: String,
    /// `otpauth://…`, what the picture says.
    pub url: String,
    /// The picture.
    pub qr: QrPicture,
}

/// Never prints the secret.
impl fmt::Debug for SecondFactorSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactorSetup").finish_non_exhaustive()
    }
}

/// Codes that each open the account once instead of the app's; shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// The codes, in groups of five digits; hyphens and spaces do not matter.
    pub codes: Vec<String>,
    /// When they were made; earlier ones are void.
    pub created_at: Timestamp,
}

/// Never prints the codes.
impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCodes").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}
