//! Where users' model servers and MCP servers may be.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{FormError, Load, Submit, problem, successes, with_step_up},
    model::OutboundPolicy,
};

/// The one choice, and what it means.
#[component]
pub fn Network() -> impl IntoView {
    let set = ServerAction::<api::SetOutbound>::new();
    with_step_up(set);
    let saved = successes(set);
    let policy = Resource::new(move || saved.get(), |_| api::load_outbound());
    view! {
        <section class="group" id="network">
            <h2>"Network"</h2>
            <FormError problem=problem(set) />
            <Load resource=policy let:policy>
                <Choice policy set saved />
            </Load>
        </section>
    }
    .into_any()
}

#[component]
fn Choice(policy: OutboundPolicy, set: ServerAction<api::SetOutbound>, saved: Memo<usize>) -> impl IntoView {
    view! {
        <ActionForm action=set attr:class="panel stack" attr:aria-label="Network">
            <label class="check">
                <input
                    type="checkbox"
                    name="private_addresses"
                    value="true"
                    checked=policy.private_addresses
                />
                "Users may add model servers and MCP servers at private addresses"
            </label>
            <p class="hint">
                "This machine, its local network, and servers without TLS. Leave it off unless you trust every user: requests to such an address come from this server and reach what only it can reach."
            </p>
            <div class="actions">
                <Submit label="Save" tone="" pending=set.pending() />
                <span class="muted" role="status">
                    {move || (saved.get() > 0).then_some("Saved.")}
                </span>
            </div>
        </ActionForm>
    }
    .into_any()
}
