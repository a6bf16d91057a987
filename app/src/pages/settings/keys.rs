//! API keys: stored, tested, replaced and forgotten, never shown.

use leptos::{form::ActionForm, prelude::*, server_fn::ServerFn};

use crate::{
    api,
    components::{
        Field, FormError, Load, LocalTime, Submit, problem_of_form, problem_without_form, successes,
        with_step_up,
    },
    error::AppError,
    model::{ApiKeyInfo, KeyOutcome, KeyTest, Provider},
};

/// The actions of every row.
#[derive(Clone, Copy)]
struct Actions {
    put: ServerAction<api::PutApiKey>,
    delete: ServerAction<api::DeleteApiKey>,
    test: ServerAction<api::TestApiKey>,
}

/// A row for each provider.
#[component]
pub fn Keys() -> impl IntoView {
    let actions =
        Actions { put: ServerAction::new(), delete: ServerAction::new(), test: ServerAction::new() };
    with_step_up(actions.put);
    with_step_up(actions.delete);
    let (stored, deleted) = (successes(actions.put), successes(actions.delete));
    let keys = Resource::new(move || (stored.get(), deleted.get()), |_| api::load_api_keys());
    view! {
        <section class="group" id="keys">
            <h2>"API keys"</h2>
            <p class="muted">
                "Stored encrypted and never shown again. Agents never see them: their requests go through the gateway, which adds the key."
            </p>
            <FormError problem=problem_without_form(actions.put) />
            <FormError problem=problem_without_form(actions.delete) />
            <FormError problem=problem_without_form(actions.test) />
            <Load resource=keys let:keys>
                <div class="key-list">
                    {Provider::ALL
                        .map(|provider| {
                            let stored = keys.iter().find(|key| key.provider == provider).cloned();
                            view! { <KeyRow provider stored actions /> }
                        })
                        .collect_view()}
                </div>
            </Load>
        </section>
    }
    .into_any()
}

/// What a person calls a provider.
fn label(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => "Anthropic",
        Provider::Openai => "OpenAI",
        Provider::Gemini => "Google Gemini",
        Provider::Openrouter => "OpenRouter",
        Provider::Ollama => "Ollama (key optional)",
    }
}

/// One provider: what is stored, a form to store or replace, buttons to test and to forget.
#[component]
fn KeyRow(provider: Provider, stored: Option<ApiKeyInfo>, actions: Actions) -> impl IntoView {
    let name = provider.as_str();
    let put = actions.put;
    let problem = problem_of_form(put, move |input| input.provider == provider);
    let (field_label, button) = if stored.is_some() { ("New key", "Replace") } else { ("Key", "Save") };
    view! {
        <div class="panel key-row" data-testid=format!("key-{name}")>
            <h3>{label(provider)}</h3>
            {stored.map(|key| view! { <StoredKey key actions /> })}
            <FormError problem fields=&["key"] />
            <ActionForm action=put attr:class="inline" attr:aria-label=format!("Key for {}", label(provider))>
                <input type="hidden" name="provider" value=name />
                <Field
                    name="key"
                    id=format!("key-{name}-field")
                    label=field_label
                    kind="password"
                    problem
                    required=true
                />
                <Submit label=button tone="" pending=put.pending() />
            </ActionForm>
        </div>
    }
    .into_any()
}

#[component]
fn StoredKey(key: ApiKeyInfo, actions: Actions) -> impl IntoView {
    let Actions { delete, test, .. } = actions;
    let provider = key.provider;
    let refused = problem_of_form(test, move |input| input.provider == provider);
    let undeleted = problem_of_form(delete, move |input| input.provider == provider);
    let name = provider.as_str();
    view! {
        <div class="stored-key">
            <span>
                "Stored: \u{2022}\u{2022}\u{2022}\u{2022} " <code>{key.last4}</code> ", since "
                <LocalTime at=key.created_at />
            </span>
            {key.enter_again.then(|| view! { <EnterAgain /> })}
            <div class="actions">
                <ActionForm action=test>
                    <input type="hidden" name="provider" value=name />
                    <Submit label="Test key" tone="" pending=test.pending() />
                </ActionForm>
                <ActionForm action=delete>
                    <input type="hidden" name="provider" value=name />
                    <Submit label="Delete" tone="danger" pending=delete.pending() />
                </ActionForm>
            </div>
        </div>
        <Verdict action=test mine=Callback::new(move |input: api::TestApiKey| input.provider == provider) />
        <FormError problem=refused />
        <FormError problem=undeleted />
    }
    .into_any()
}

/// Says that a stored key cannot be used any more, and why.
#[component]
pub fn EnterAgain() -> impl IntoView {
    view! {
        <p class="verdict" role="status" data-outcome="refused">
            "Enter again: this key cannot be read any more, because the server\u{2019}s master key is another one now."
        </p>
    }
    .into_any()
}

/// What a provider said to the test that was made last, if it was this row's.
#[component]
pub fn Verdict<S>(
    /// The test.
    action: ServerAction<S>,
    /// Whether an input of it is this row's.
    mine: Callback<S, bool>,
) -> impl IntoView
where
    S: ServerFn<Output = KeyTest, Error = AppError> + Clone + Send + Sync + 'static,
{
    let asked = RwSignal::new(false);
    let (input, value) = (action.input(), action.value());
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            asked.set(mine.run(input));
        }
    });
    let verdict = Memo::new(move |_| {
        value.with(|last| last.as_ref().and_then(|last| last.as_ref().ok().cloned())).filter(|_| asked.get())
    });
    let tone = move || verdict.with(|verdict| verdict.as_ref().map(|KeyTest { outcome, .. }| tone(*outcome)));
    view! {
        <p class="verdict" role="status" data-outcome=tone hidden=move || verdict.with(Option::is_none)>
            {move || verdict.get().map(|verdict| verdict.detail)}
        </p>
    }
    .into_any()
}

fn tone(outcome: KeyOutcome) -> &'static str {
    match outcome {
        KeyOutcome::Valid => "valid",
        KeyOutcome::Refused => "refused",
        KeyOutcome::Unreachable => "unreachable",
    }
}
