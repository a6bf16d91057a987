//! Whether a second factor is a person's choice or the installation's.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Who has to have a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorPolicy {
    /// Whoever switches one on.
    #[default]
    Optional,
    /// Everybody: without one, a sign-in is good for setting one up and for nothing else.
    Required,
}
