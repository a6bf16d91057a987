//! The password again, for browsers without scripts; with them a dialog asks when it is needed.

use leptos::{form::ActionForm, html::Form, prelude::*};

use crate::{
    api,
    components::{PasswordAgain, Submit, reset_after, successes},
};

/// Takes the password, which then counts for some minutes.
#[component]
pub fn Confirm() -> impl IntoView {
    let action = ServerAction::<api::StepUp>::new();
    let confirmed = successes(action);
    let form = NodeRef::<Form>::new();
    reset_after(confirmed, form);
    view! {
        <section class="group" id="confirm">
            <h2>"Confirm that it is you"</h2>
            <p class="muted">
                "API keys, MCP servers that run commands, and the terminal of a run that was started in another browser want your password to have been typed in the last minutes. You are asked when it is needed; here you can type it beforehand."
            </p>
            <ActionForm
                action
                node_ref=form
                attr:class="panel stack"
                attr:aria-label="Confirm your password"
            >
                <PasswordAgain action id="confirm-password" />
                <div class="actions">
                    <Submit label="Confirm" tone="" pending=action.pending() />
                    <span class="muted" role="status">
                        {move || (confirmed.get() > 0).then_some("Confirmed.")}
                    </span>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}
