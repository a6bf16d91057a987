//! What is wrong with a form's values while they are typed, beside what the server said about those that were sent.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::error::{AppError, FieldError};

/// The verdicts of one form.
#[derive(Clone, Copy)]
pub struct Typed {
    /// By field, for those that were typed in since the server's last answer; none is wrong with a value that is fine.
    found: RwSignal<BTreeMap<&'static str, Option<String>>>,
    server: Signal<Option<AppError>>,
}

impl Typed {
    /// For a form whose action failed last with this error.
    pub fn over(server: Signal<Option<AppError>>) -> Self {
        let found = RwSignal::new(BTreeMap::new());
        Effect::new(move |_| {
            server.track();
            found.update(BTreeMap::clear);
        });
        Self { found, server }
    }

    /// Notes what is wrong with the value that a field has now.
    pub fn note(self, field: &'static str, problem: Option<impl Into<String>>) {
        self.found.update(|found| {
            found.insert(field, problem.map(Into::into));
        });
    }

    /// What is known to be wrong now, for the controls.
    pub fn problem(self) -> Signal<Option<AppError>> {
        Signal::derive(move || {
            self.found.with(|found| self.server.with(|server| merged(found, server.as_ref())))
        })
    }
}

fn merged(found: &BTreeMap<&'static str, Option<String>>, server: Option<&AppError>) -> Option<AppError> {
    let told: &[FieldError] = match server {
        Some(AppError::Invalid(errors)) => errors,
        Some(other) => return Some(other.clone()),
        None => &[],
    };
    let typed = found.iter().filter_map(|(field, problem)| {
        Some(FieldError { field: (*field).to_owned(), message: problem.clone()? })
    });
    let untouched = told.iter().filter(|error| !found.contains_key(error.field.as_str())).cloned();
    let all: Vec<_> = typed.chain(untouched).collect();
    (!all.is_empty()).then_some(AppError::Invalid(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_takes_the_place_of_what_was_said_about_it() {
        let error = |field: &str, message: &str| FieldError { field: field.into(), message: message.into() };
        let server = AppError::Invalid(vec![error("name", "Taken."), error("model", "Unknown.")]);
        let found = BTreeMap::from([("name", None), ("identity", Some("Too long.".to_owned()))]);
        let wanted = AppError::Invalid(vec![error("identity", "Too long."), error("model", "Unknown.")]);
        assert_eq!(merged(&found, Some(&server)), Some(wanted));
        assert_eq!(merged(&BTreeMap::from([("name", None)]), None), None);
        assert_eq!(merged(&found, Some(&AppError::Internal)), Some(AppError::Internal));
    }
}
