//! Signing out, which leaves the page: the browser posts the form itself, so that nothing stays in the page's memory.

use leptos::{prelude::*, server_fn::ServerFn as _};

use super::forget_drafts;
use crate::api;

/// A form that signs out; its button is inside.
#[component]
pub fn SignOut(children: Children) -> impl IntoView {
    view! {
        // A draft is for whoever typed it.
        <form method="post" action=api::Logout::PATH on:submit=|_| forget_drafts()>
            {children()}
        </form>
    }
    .into_any()
}
