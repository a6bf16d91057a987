//! Which state of a thing somebody saw before changing it.

/// What a thing has to be at the moment of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is.
    #[default]
    Anything,
    /// In one of these versions, as they were told with the thing.
    OneOf(Vec<String>),
}

impl Expected {
    /// Whether a thing of this version may be changed.
    pub fn allows(&self, version: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::OneOf(versions) => versions.iter().any(|seen| seen == version),
        }
    }
}
