//! The ways in: an account with a password, an invitation, and the links that are still open.

use leptos::{form::ActionForm, html::Form, prelude::*};

use crate::{
    api,
    components::{Field, FormError, Load, LocalTime, Submit, problem, reset_after, successes},
    model::{AccountLink, NewLink},
};

/// Creates an account whose password the admin knows.
#[component]
pub fn CreateUser(create: ServerAction<api::CreateUser>) -> impl IntoView {
    let problem = problem(create);
    let form = NodeRef::<Form>::new();
    reset_after(successes(create), form);
    view! {
        <ActionForm action=create node_ref=form attr:class="stack panel" attr:aria-label="New user">
            <h3>"With a password"</h3>
            <FormError problem fields=&["username", "password"] />
            <Field
                name="username"
                label="Username"
                problem
                required=true
                hint="Lower-case letters, digits and hyphens; a letter first."
            />
            <Field
                name="password"
                label="Password"
                kind="password"
                autocomplete="new-password"
                problem
                required=true
                hint="At least 8 characters."
            />
            <Submit label="Create user" pending=create.pending() />
        </ActionForm>
    }
    .into_any()
}

/// Makes an invitation, with which somebody chooses name and password.
#[component]
pub fn Invite(invite: ServerAction<api::CreateInvite>) -> impl IntoView {
    let problem = problem(invite);
    let link = Signal::derive(move || invite.value().get().and_then(Result::ok));
    view! {
        <ActionForm action=invite attr:class="stack panel" attr:aria-label="Invite">
            <h3>"With an invitation"</h3>
            <p class="muted">
                "A link that works once, within 72 hours. Whoever opens it chooses name and password."
            </p>
            <FormError problem />
            <Submit label="Make a link" tone="" pending=invite.pending() />
            <ShownLink link />
        </ActionForm>
    }
    .into_any()
}

/// A link that was just made, with the address of this server in front.
#[component]
pub fn ShownLink(
    /// The link, if there is one to show.
    #[prop(into)]
    link: Signal<Option<NewLink>>,
) -> impl IntoView {
    let address = move || {
        let link = link.get().map(|link| link.link).unwrap_or_default();
        match link.strip_prefix('/') {
            // Only ever made in a browser, by a click.
            Some(path) => format!("{}/{path}", window().location().origin().unwrap_or_default()),
            None => link,
        }
    };
    view! {
        <Show when=move || link.with(Option::is_some)>
            <label class="field shown-link" data-testid="new-link">
                "Shown only now; hand it over yourself:"
                <input
                    type="text"
                    readonly
                    prop:value=address
                    on:focus:target=move |event| event.target().select()
                />
            </label>
        </Show>
    }
    .into_any()
}

/// Invitations and resets that nobody used yet.
#[component]
pub fn OpenLinks(
    invite: ServerAction<api::CreateInvite>,
    reset: ServerAction<api::CreateReset>,
) -> impl IntoView {
    let delete = ServerAction::<api::DeleteLink>::new();
    let (invited, renewed, deleted) = (successes(invite), successes(reset), successes(delete));
    let links = Resource::new(move || (invited.get(), renewed.get(), deleted.get()), |_| api::load_links());
    view! {
        <section class="group" id="links">
            <h2>"Open links"</h2>
            <FormError problem=problem(delete) />
            <Load resource=links let:links>
                {if links.is_empty() {
                    view! { <p class="muted">"No invitation and no reset link waits to be used."</p> }.into_any()
                } else {
                    let rows = links.into_iter().map(|link| view! { <LinkRow link delete /> }).collect_view();
                    view! {
                        <ul class="rows panel" data-testid="links">
                            {rows}
                        </ul>
                    }
                        .into_any()
                }}
            </Load>
        </section>
    }
    .into_any()
}

#[component]
fn LinkRow(link: AccountLink, delete: ServerAction<api::DeleteLink>) -> impl IntoView {
    let what =
        link.username.map_or_else(|| "Invitation".to_owned(), |name| format!("New password for {name}"));
    let name = format!("Make void: {what}");
    view! {
        <li>
            <div class="session-what">
                <strong>{what}</strong>
                <p class="hint">
                    {format!("by {} ", link.created_by)} <LocalTime at=link.created_at /> " \u{b7} good until "
                    <LocalTime at=link.expires_at />
                </p>
            </div>
            <ActionForm action=delete attr:aria-label=name>
                <input type="hidden" name="id" value=link.id.to_string() />
                <Submit label="Make void" tone="quiet" pending=delete.pending() />
            </ActionForm>
        </li>
    }
    .into_any()
}
