//! The pages behind one-time links: an invitation, and a new password.
//!
//! The token stands behind `#`, which browsers never send; the page puts it into the form's body.

use leptos::{form::ActionForm, html::Input, prelude::*};
use leptos_meta::Title;

use crate::{
    api,
    components::{Field, FormError, Submit, problem},
    error::AppError,
};

/// Creates an account with an invitation.
#[component]
pub fn InvitePage() -> impl IntoView {
    let accept = ServerAction::<api::AcceptInvite>::new();
    let problem = problem(accept);
    view! {
        <Title text="Invitation" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <ActionForm action=accept attr:class="stack panel" attr:aria-label="Create your account">
                <p>"You are invited. Choose a name and a password; your agents and projects are seen by nobody else."</p>
                <FormError problem fields=&["token", "username", "password"] />
                <Token problem />
                <Field
                    name="username"
                    label="Username"
                    problem
                    autocomplete="username"
                    required=true
                    hint="Lower-case letters, digits and hyphens; a letter first."
                />
                <NewPassword problem />
                <Submit label="Create account" pending=accept.pending() />
            </ActionForm>
        </main>
    }
    .into_any()
}

/// Sets a new password with a reset link.
#[component]
pub fn ResetPage() -> impl IntoView {
    let reset = ServerAction::<api::ResetPassword>::new();
    let problem = problem(reset);
    view! {
        <Title text="New password" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <ActionForm action=reset attr:class="stack panel" attr:aria-label="Set a new password">
                <p>"Choose a new password. Every browser that is signed in to your account is signed out."</p>
                <FormError problem fields=&["token", "password"] />
                <Token problem />
                <NewPassword problem />
                <Submit label="Set password" pending=reset.pending() />
            </ActionForm>
        </main>
    }
    .into_any()
}

/// The token from the address; a person without scripts copies it by hand.
#[component]
pub(super) fn Token(problem: Signal<Option<AppError>>) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let found = RwSignal::new(false);
    Effect::new(move |_| {
        let token = window().location().hash().unwrap_or_default();
        let token = token.trim_start_matches('#');
        if let Some(input) = input.get()
            && !token.is_empty()
        {
            input.set_value(token);
            found.set(true);
        }
    });
    // Shown again when it is what was wrong.
    let wrong = Memo::new(move |_| problem.with(|error| is_about_token(error.as_ref())));
    view! {
        <div hidden=move || found.get() && !wrong.get()>
            <Field
                name="token"
                label="Code from the link"
                problem
                required=true
                node_ref=input
                hint="The part behind # in the link that you were given."
            />
        </div>
    }
    .into_any()
}

fn is_about_token(error: Option<&AppError>) -> bool {
    matches!(error, Some(AppError::Invalid(errors)) if errors.iter().any(|e| e.field == "token"))
}

#[component]
fn NewPassword(problem: Signal<Option<AppError>>) -> impl IntoView {
    view! {
        <Field
            name="password"
            label="Password"
            kind="password"
            problem
            autocomplete="new-password"
            required=true
            hint="At least 8 characters."
        />
    }
    .into_any()
}
