//! A person's own settings: API keys and sign-out.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

use crate::{
    api,
    components::{Field, FormError, Load, Moment, Submit, problem, successes},
    error::AppError,
    model::{ApiKeyInfo, Provider},
};

/// API keys for each provider, and sign-out.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let put = ServerAction::<api::PutApiKey>::new();
    let delete = ServerAction::<api::DeleteApiKey>::new();
    let logout = ServerAction::<api::Logout>::new();
    let (stored, deleted) = (successes(put), successes(delete));
    let keys = Resource::new(move || (stored.get(), deleted.get()), |_| api::load_api_keys());
    view! {
        <Title text="Settings" />
        <h1>"Settings"</h1>
        <section class="group">
            <h2>"API keys"</h2>
            <p class="muted">
                "Stored encrypted and never shown again. Agents never see them: their requests go through the gateway, which adds the key."
            </p>
            <FormError problem=problem(delete) />
            <FormError problem=problem(put) fields=&["key"] />
            <Load resource=keys let:keys>
                {Provider::ALL
                    .map(|provider| {
                        let stored = keys.iter().find(|key| key.provider == provider).cloned();
                        view! { <KeyRow provider stored put delete /> }
                    })
                    .collect_view()}
            </Load>
        </section>
        <section class="group">
            <h2>"This browser"</h2>
            <ActionForm action=logout>
                <Submit label="Sign out" tone="" pending=logout.pending() />
            </ActionForm>
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

/// One provider: what is stored, a form to store or replace, a button to forget.
#[component]
fn KeyRow(
    provider: Provider,
    stored: Option<ApiKeyInfo>,
    put: ServerAction<api::PutApiKey>,
    delete: ServerAction<api::DeleteApiKey>,
) -> impl IntoView {
    let name = provider.as_str();
    let all = problem(put);
    // The error belongs to the row whose form was sent last.
    let sent = RwSignal::new(false);
    let input = put.input();
    Effect::new(move |_| {
        if let Some(mine) = input.with(|input| input.as_ref().map(|input| input.provider == provider)) {
            sent.set(mine);
        }
    });
    let problem: Signal<Option<AppError>> = Signal::derive(move || if sent.get() { all.get() } else { None });
    let (field_label, button) = if stored.is_some() { ("New key", "Replace") } else { ("Key", "Save") };
    view! {
        <div class="panel key-row" data-testid=format!("key-{name}")>
            <h3>{label(provider)}</h3>
            {stored.map(|key| view! { <StoredKey key delete /> })}
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
fn StoredKey(key: ApiKeyInfo, delete: ServerAction<api::DeleteApiKey>) -> impl IntoView {
    view! {
        <div class="stored-key">
            <span>
                "Stored: \u{2022}\u{2022}\u{2022}\u{2022} " <code>{key.last4}</code> ", since "
                <Moment at=key.created_at />
            </span>
            <ActionForm action=delete>
                <input type="hidden" name="provider" value=key.provider.as_str() />
                <Submit label="Delete" tone="danger" pending=delete.pending() />
            </ActionForm>
        </div>
    }
    .into_any()
}
