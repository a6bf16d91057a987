//! A part of a list.

/// Which part of a list is wanted; everything unless something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<C = i64> {
    /// Only what comes after the item of this id, in the order of the list.
    pub after: Option<C>,
    /// At most so many items.
    pub limit: Option<u32>,
}

impl<C> Page<C> {
    /// The whole list.
    pub const ALL: Self = Self { after: None, limit: None };

    /// The limit as SQLite takes it: negative for none.
    pub fn sql_limit(&self) -> i64 {
        self.limit.map_or(-1, i64::from)
    }
}
