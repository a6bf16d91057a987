//! Checks of what people typed; all problems are told at once.
//!
//! Must not know the database: what is taken or missing there is found by the statement itself.

use app::{
    error::{AppError, FieldError},
    model::{name_problem, text_problem},
};

use crate::auth::password;

/// A word that no password gains by, beside its user's name.
const PRODUCT: &str = "autocode";
/// Passwords that are found with fewer guesses are refused; the 30,000 most common ones are all among them.
const EASILY_GUESSED: u64 = 1_000_000;

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

    /// A longer text of at most so many KiB, of characters that reach a terminal as they are.
    pub fn text(&mut self, field: &str, text: &str, kib: usize) {
        if let Some(problem) = text_problem(text, kib) {
            self.problem(field, problem);
        }
    }

    /// A new password of a user: long enough, and none of those that guessers try first. Any characters will do.
    pub fn password(&mut self, text: &str, username: &str) {
        let long_enough = (password::MIN_LEN..=password::MAX_LEN).contains(&text.chars().count());
        self.that(long_enough, "password", "A password has 8 to 256 characters.");
        let easy = zxcvbn::zxcvbn(text, &[username, PRODUCT]).guesses() < EASILY_GUESSED;
        self.that(
            !long_enough || !easy,
            "password",
            "This password is easily guessed: it is a common one, or made of your name. Several words make a good one.",
        );
    }

    /// All problems as one error.
    ///
    /// # Errors
    /// [`AppError::Invalid`] if there is any.
    pub fn done(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::Invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_guessers_try_first_are_refused() {
        let accepted = |text: &str| {
            let mut check = Check::default();
            check.password(text, "thomasina");
            check.done().is_ok()
        };
        for easy in [
            "password",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "Password1",
            "aaaaaaaa",
            "thomasina",
            "Thomasina1",
            "autocode1",
            "autocode!",
            "11111111",
            "superman",
            "sunshine",
            "baseball",
        ] {
            assert!(!accepted(easy), "{easy} was accepted");
        }
        let long = "the quick brown fox jumps over the lazy dog ".repeat(5);
        for good in
            ["correct horse battery", "kühler Morgen am See", "\u{1F40E}\u{1F50B} pferd 7 batterie", &long]
        {
            assert!(accepted(good), "{good} was refused");
        }
        assert!(!accepted("short"));
        assert!(!accepted(&"long word ".repeat(30)));
    }
}
