//! One action behind several forms of a page: whose error it is.

use leptos::{prelude::*, server_fn::ServerFn};

use super::problem;
use crate::error::AppError;

/// What went wrong, if it was this form that was sent last.
pub fn problem_of_form<S>(
    action: ServerAction<S>,
    mine: impl Fn(&S) -> bool + Send + Sync + 'static,
) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let (all, input) = (problem(action), action.input());
    let sent = RwSignal::new(false);
    // The input is gone once the answer is there.
    Effect::new(move |_| {
        if let Some(is_mine) = input.with(|input| input.as_ref().map(&mine)) {
            sent.set(is_mine);
        }
    });
    Signal::derive(move || if sent.get() { all.get() } else { None })
}

/// Whether this form is on its way.
pub fn pending_of_form<S>(
    action: ServerAction<S>,
    mine: impl Fn(&S) -> bool + Send + Sync + 'static,
) -> Signal<bool>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let (pending, input) = (action.pending(), action.input());
    Signal::derive(move || pending.get() && input.with(|input| input.as_ref().is_some_and(&mine)))
}

/// What went wrong when a form was posted without scripts: which one it was is not known any more.
pub fn problem_without_form<S>(action: ServerAction<S>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let (all, sent) = (problem(action), action.version());
    Signal::derive(move || if sent.get() == 0 { all.get() } else { None })
}
