//! Personal access tokens: made for scripts, shown once, revoked.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api::{self, TokenList},
    components::{Field, FormError, Load, LocalTime, Select, Submit, problem, successes, with_step_up},
    model::{PersonalToken, Scope},
};

/// How long a token is good for: days and words.
const LIFETIMES: [(&str, &str); 5] =
    [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until it is revoked")];

/// Makes, lists and revokes tokens.
#[component]
pub fn Tokens() -> impl IntoView {
    let create = ServerAction::<api::CreateToken>::new();
    with_step_up(create);
    let revoke = ServerAction::<api::RevokeToken>::new();
    let (created, revoked) = (successes(create), successes(revoke));
    let list = Resource::new(move || (created.get(), revoked.get()), |_| api::load_tokens());
    view! {
        <section class="group" id="tokens">
            <h2>"Access tokens"</h2>
            <p class="muted">
                "For scripts that use the "
                <a href="/api/v1/docs" rel="external">"REST API"</a>
                " as you. A token is shown once; changing your password revokes all of them."
            </p>
            <FormError problem=problem(revoke) />
            <Load resource=list let:list>
                <List list create revoke />
            </Load>
        </section>
    }
    .into_any()
}

#[component]
fn List(
    list: TokenList,
    create: ServerAction<api::CreateToken>,
    revoke: ServerAction<api::RevokeToken>,
) -> impl IntoView {
    let TokenList { tokens, fresh, admin } = list;
    let none = tokens.is_empty();
    let rows = tokens.into_iter().map(|token| view! { <TokenRow token revoke /> }).collect_view();
    view! {
        {(!none)
            .then(|| {
                view! {
                    <ul class="rows panel session-list" data-testid="tokens">
                        {rows}
                    </ul>
                }
            })}
        <NewToken create fresh admin />
    }
    .into_any()
}

#[component]
fn TokenRow(token: PersonalToken, revoke: ServerAction<api::RevokeToken>) -> impl IntoView {
    let name = format!("Revoke {}", token.name);
    let scopes = token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    view! {
        <li>
            <div class="session-what">
                <strong>{token.name}</strong>
                <span class="tag">{scopes}</span>
                <p class="hint">
                    "Made " <LocalTime at=token.created_at />
                    {token
                        .expires_at
                        .map(|at| view! { " \u{b7} good until " <LocalTime at /> }.into_any())
                        .unwrap_or_else(|| " \u{b7} without end".into_any())}
                    {token
                        .last_used_at
                        .map(|at| view! { " \u{b7} last used " <LocalTime at /> }.into_any())
                        .unwrap_or_else(|| " \u{b7} never used".into_any())}
                </p>
            </div>
            <ActionForm action=revoke>
                <input type="hidden" name="id" value=token.id.to_string() />
                <Submit label="Revoke" name tone="danger" pending=revoke.pending() />
            </ActionForm>
        </li>
    }
    .into_any()
}

/// The form, and the token that it made.
#[component]
fn NewToken(create: ServerAction<api::CreateToken>, fresh: Option<String>, admin: bool) -> impl IntoView {
    let problem = problem(create);
    let token = move || create.value().get().and_then(Result::ok).or_else(|| fresh.clone());
    let token = Memo::new(move |_| token());
    view! {
        <ActionForm action=create attr:class="panel stack" attr:aria-label="New token">
            <h3>"New token"</h3>
            <FormError problem fields=&["name", "expires_in_days"] />
            <Field
                name="name"
                id="token-name"
                label="What it is for"
                problem
                required=true
                hint="For example: nightly backup."
            />
            <fieldset class="choices">
                <legend>"What it may do"</legend>
                <ScopeBox scope=Scope::Read about="See your agents, projects, logs and cost." ticked=true />
                <ScopeBox
                    scope=Scope::Write
                    about="Create, change, start, stop and delete them; type in terminals."
                />
                {admin
                    .then(|| {
                        view! { <ScopeBox scope=Scope::Admin about="Manage users, as you may as an admin." /> }
                    })}
            </fieldset>
            <Select
                name="days"
                id="token-days"
                label="Good for"
                options=&LIFETIMES
                value="90"
                problem
                field="expires_in_days"
            />
            <Submit label="Make a token" tone="" pending=create.pending() />
            <Show when=move || token.with(Option::is_some)>
                <label class="field shown-link" data-testid="new-token">
                    "Shown only now; copy it where the script finds it:"
                    <input
                        type="text"
                        readonly
                        value=move || token.get().unwrap_or_default()
                        on:focus:target=move |event| event.target().select()
                    />
                </label>
            </Show>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn ScopeBox(
    /// The scope.
    scope: Scope,
    /// What it allows.
    about: &'static str,
    /// Whether it is ticked at first.
    #[prop(optional)]
    ticked: bool,
) -> impl IntoView {
    let (name, id) = (scope.as_str(), format!("token-{}", scope.as_str()));
    let (input, hint) = (id.clone(), format!("{id}-about"));
    view! {
        <div class="choice">
            <input
                type="checkbox"
                id=input
                name=name
                value="true"
                checked=ticked
                aria-describedby=hint.clone()
            />
            <div>
                <label for=id>{name}</label>
                <p class="hint" id=hint>
                    {about}
                </p>
            </div>
        </div>
    }
    .into_any()
}
