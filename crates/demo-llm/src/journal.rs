//! What tests look at to see which requests arrived, and how often.
//!
//! Must not influence any answer.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use crate::request::{ModelRequest, Role};

/// A request that the server answered.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// Path with query.
    pub path: String,
    /// Kind of caller.
    pub role: Role,
    /// Model as the caller wrote it.
    pub model: String,
    /// The last real prompt.
    pub prompt: String,
    /// How many turns with tool calls followed that prompt; 0 is the prompt's first request.
    pub tool_turns: usize,
    /// Name of the rule that answered.
    pub rule: String,
    /// `Authorization` or `x-api-key` header as it came.
    pub authorization: Option<String>,
    /// The whole body.
    pub body: Value,
}

impl JournalEntry {
    pub(crate) fn new(
        path: String,
        authorization: Option<String>,
        body: Value,
        request: &ModelRequest,
        rule: &str,
    ) -> Self {
        Self {
            path,
            role: request.role,
            model: request.model.clone(),
            prompt: request.prompt_text(),
            tool_turns: request.tool_turns,
            rule: rule.to_owned(),
            authorization,
            body,
        }
    }
}

/// The newest entries, up to a limit; a limit of 0 keeps none.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    limit: usize,
    entries: Mutex<VecDeque<JournalEntry>>,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::default() }
    }

    pub(crate) fn push(&self, entry: impl FnOnce() -> JournalEntry) {
        if self.limit == 0 {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == self.limit {
            entries.pop_front();
        }
        entries.push_back(entry());
    }

    pub(crate) fn entries(&self) -> Vec<JournalEntry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
