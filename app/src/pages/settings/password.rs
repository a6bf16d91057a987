//! A new password.

use leptos::{form::ActionForm, html::Form, prelude::*};

use crate::{
    api,
    components::{Field, FormError, Submit, problem, reset_after, successes},
};

/// Replaces the password; every other sign-in ends.
#[component]
pub fn Password() -> impl IntoView {
    let change = ServerAction::<api::ChangePassword>::new();
    let (problem, changed) = (problem(change), successes(change));
    let form = NodeRef::<Form>::new();
    reset_after(changed, form);
    view! {
        <section class="group" id="password">
            <h2>"Password"</h2>
            <p class="muted">"Every other browser and program that is signed in as you is signed out within seconds."</p>
            <ActionForm
                action=change
                node_ref=form
                attr:class="panel stack"
                attr:aria-label="Change password"
            >
                <FormError problem fields=&["current", "password"] />
                <Field
                    name="current"
                    label="Current password"
                    kind="password"
                    problem
                    autocomplete="current-password"
                    required=true
                />
                <Field
                    name="password"
                    id="new-password"
                    label="New password"
                    kind="password"
                    problem
                    autocomplete="new-password"
                    required=true
                    hint="At least 8 characters."
                />
                <div class="actions">
                    <Submit label="Change password" tone="" pending=change.pending() />
                    <span class="muted" role="status">
                        {move || (changed.get() > 0).then_some("Changed.")}
                    </span>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}
