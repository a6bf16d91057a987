//! Model servers of a person's own: added, tested, changed and forgotten.

use leptos::{form::ActionForm, html::Form, prelude::*};

use super::keys::{EnterAgain, Verdict};
use crate::{
    api,
    components::{
        Field, FormError, Kept, Load, Select, Submit, pending_of_form, problem, problem_of_form,
        problem_without_form, reset_after, successes, with_step_up,
    },
    error::AppError,
    model::{CustomProvider, WireFormat},
};

/// The actions of every row.
#[derive(Clone, Copy)]
struct Actions {
    put: ServerAction<api::PutProvider>,
    delete: ServerAction<api::DeleteProvider>,
    test: ServerAction<api::TestProvider>,
}

/// The servers, and a form for one more.
#[component]
pub fn Providers() -> impl IntoView {
    let actions =
        Actions { put: ServerAction::new(), delete: ServerAction::new(), test: ServerAction::new() };
    // Of its own, so that what is wrong with a change is not said at the form for one more.
    let add = ServerAction::new();
    with_step_up(add);
    with_step_up(actions.put);
    with_step_up(actions.delete);
    let (added, stored, deleted) = (successes(add), successes(actions.put), successes(actions.delete));
    let changed = move || (added.get(), stored.get(), deleted.get());
    let providers = Resource::new(changed, |_| api::load_providers());
    view! {
        <section class="group" id="providers">
            <h2>"Own model servers"</h2>
            <p class="muted">
                "Any server that speaks the API of OpenAI or Anthropic: a company gateway, LiteLLM, vLLM. Its name stands before the slash in an agent\u{2019}s model, as in "
                <code>"my-server/qwen3"</code> "."
            </p>
            <FormError problem=problem_without_form(actions.delete) />
            <FormError problem=problem_without_form(actions.test) />
            <Load resource=providers let:providers>
                <div class="key-list">
                    {providers.into_iter().map(|provider| view! { <Row provider actions /> }).collect_view()}
                </div>
            </Load>
            <Add add added />
        </section>
    }
    .into_any()
}

/// One server.
#[component]
fn Row(provider: CustomProvider, actions: Actions) -> impl IntoView {
    let Actions { put, delete, test } = actions;
    let CustomProvider { name, base_url, wire_format, last4, enter_again, .. } = provider;
    let text = name.to_string();
    let (for_test, for_delete, for_form) = (text.clone(), text.clone(), text.clone());
    let (test_name, delete_name) = (format!("Test {text}"), format!("Delete {text}"));
    let (test_id, label) = (format!("provider-{text}"), format!("Change {text}"));
    let (is_test, is_delete, is_put, is_sent) = (name.clone(), name.clone(), text.clone(), text.clone());
    let untested = problem_of_form(test, move |input| input.name == is_test);
    let undeleted = problem_of_form(delete, move |input| input.name == is_delete);
    let unchanged = problem_of_form(put, move |input| input.name == is_put);
    let pending = pending_of_form(put, move |input| input.name == is_sent);
    let tested = name;
    let key = match last4 {
        Some(last4) => view! { "Key \u{2022}\u{2022}\u{2022}\u{2022} " <code>{last4}</code> }.into_any(),
        None => "No key".into_any(),
    };
    view! {
        <div class="panel key-row" data-testid=test_id>
            <h3>{text}</h3>
            <div class="stored-key">
                <span>
                    <code>{base_url.clone()}</code>
                    {format!(" \u{b7} {} \u{b7} ", wire_format.label())}
                    {key}
                </span>
                <div class="actions">
                    <ActionForm action=test>
                        <input type="hidden" name="name" value=for_test />
                        <Submit label="Test" name=test_name tone="" pending=test.pending() />
                    </ActionForm>
                    <ActionForm action=delete>
                        <input type="hidden" name="name" value=for_delete />
                        <Submit label="Delete" name=delete_name tone="danger" pending=delete.pending() />
                    </ActionForm>
                </div>
            </div>
            {enter_again.then(|| view! { <EnterAgain /> })}
            <Verdict action=test mine=Callback::new(move |input: api::TestProvider| input.name == tested) />
            <FormError problem=untested />
            <FormError problem=undeleted />
            <details>
                <summary>"Change"</summary>
                <ProviderForm
                    put
                    label
                    prefix=for_form.clone()
                    pending
                    problem=unchanged
                    name=for_form
                    base_url
                    wire_format
                />
            </details>
        </div>
    }
    .into_any()
}

/// A form for one more.
#[component]
fn Add(add: ServerAction<api::PutProvider>, added: Memo<usize>) -> impl IntoView {
    let form = NodeRef::<Form>::new();
    reset_after(added, form);
    view! {
        <details class="panel">
            <summary>"Add a server"</summary>
            <ProviderForm
                put=add
                label="Add a model server"
                // No server can have this name.
                prefix="-new"
                pending=add.pending()
                problem=problem(add)
                node_ref=form
                base_url=""
                wire_format=WireFormat::Openai
            />
        </details>
    }
    .into_any()
}

/// The controls of both forms; a server's name stays what it is.
#[component]
fn ProviderForm(
    put: ServerAction<api::PutProvider>,
    #[prop(into)] label: String,
    /// Distinguishes the controls of several forms.
    #[prop(into)]
    prefix: String,
    #[prop(into)] pending: Signal<bool>,
    problem: Signal<Option<AppError>>,
    #[prop(optional, into)] name: Option<String>,
    #[prop(into)] base_url: String,
    wire_format: WireFormat,
    #[prop(optional)] node_ref: NodeRef<Form>,
) -> impl IntoView {
    let draft = format!("provider-{prefix}");
    let id = move |part: &str| format!("provider-{prefix}-{part}");
    let hint = match name {
        Some(_) => "Leave it empty to keep the one that is stored.",
        None => "Leave it empty for a server that wants none. Stored encrypted and never shown again.",
    };
    let named = match name {
        Some(name) => view! { <input type="hidden" name="name" value=name /> }.into_any(),
        None => view! {
            <Field
                name="name"
                id=id("name")
                label="Name"
                problem
                required=true
                hint="Lower-case letters, digits and single hyphens."
            />
        }
        .into_any(),
    };
    view! {
        <Kept name=draft pending problem>
            <ActionForm
                action=put
                node_ref
                attr:class="stack"
                attr:aria-label=label
                attr:autocomplete="off"
            >
                <FormError problem fields=&["name", "base_url", "key"] />
                {named}
                <Field
                    name="base_url"
                    id=id("url")
                    label="Base URL"
                    kind="url"
                    problem
                    required=true
                    value=base_url
                    hint="As its documentation gives it, for example https://models.example.org/v1."
                />
                <Select
                    name="wire_format"
                    id=id("wire")
                    field="wire_format"
                    label="API"
                    options=&WireFormat::OPTIONS
                    value=wire_format.as_str()
                    problem
                />
                <Field name="key" id=id("key") label="Key" kind="password" problem hint />
                <Submit label="Save server" tone="" pending />
            </ActionForm>
        </Kept>
    }
    .into_any()
}
