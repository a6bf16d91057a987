//! Checks of what people typed; all problems are told at once.
//!
//! Must not know the database: what is taken or missing there is found by the statement itself.

use app::{
    error::{AppError, FieldError},
    model::{name_problem, text_problem},
};

use crate::auth::password;

/// Collects problems field by field.
#[derive(Default)]
pub struct Check(Vec<FieldError>);

impl Check {
    /// Adds a problem if the condition does not hold.
    pub fn that(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.0.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        }
    }

    /// Adds a problem.
    pub fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// A display name: 1 to 80 characters, one line.
    pub fn name(&mut self, field: &str, text: &str) {
        if let Some(problem) = name_problem(text) {
            self.problem(field, problem);
        }
    }

    /// A longer text of at most so many KiB.
    pub fn text(&mut self, field: &str, text: &str, kib: usize) {
        if let Some(problem) = text_problem(text, kib) {
            self.problem(field, problem);
        }
    }

    /// A new password.
    pub fn password(&mut self, text: &str) {
        let long_enough = (password::MIN_LEN..=password::MAX_LEN).contains(&text.chars().count());
        self.that(long_enough, "password", "A password has 8 to 256 characters.");
    }

    /// All problems as one error.
    ///
    /// # Errors
    /// [`AppError::Invalid`] if there is any.
    pub fn done(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::Invalid(self.0)) }
    }
}
