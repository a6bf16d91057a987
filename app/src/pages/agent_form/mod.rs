//! The agent builder, for new agents and for changes.

mod mcp;
mod starts;

use leptos::{
    either::Either,
    form::ActionForm,
    html::{Input, Textarea},
    prelude::*,
};
use leptos_meta::Title;

use self::{
    mcp::McpServers,
    starts::{Starts, Texts},
};
use crate::{
    api,
    components::{Choice, Field, FormError, Load, Select, Submit, TextArea, problem, with_step_up},
    error::AppError,
    model::{Agent, AgentDraft, AgentId, ApiKeyInfo, ApprovalPolicy, CodingCli, Provider, mcp_servers_text},
    pages::id_in_path,
};

/// Models that the form suggests; any other name may be typed.
const SUGGESTIONS: [(&str, &str); 9] = [
    ("demo/builder", "Built-in demonstration, needs no key"),
    ("anthropic/claude-sonnet-4-5", "Anthropic"),
    ("anthropic/claude-opus-4-5", "Anthropic"),
    ("anthropic/claude-haiku-4-5", "Anthropic"),
    ("openai/gpt-5", "OpenAI"),
    ("openai/gpt-5-mini", "OpenAI"),
    ("gemini/gemini-2.5-pro", "Google"),
    ("openrouter/qwen/qwen3-coder", "OpenRouter"),
    ("ollama/qwen3-coder", "Your own Ollama server"),
];

/// Fields that show their own errors.
const FIELDS: &[&str] =
    &["name", "model", "identity", "global_rules", "coding_kind", "coding_cli", "mcp_servers"];

/// Creates an agent.
#[component]
pub fn NewAgentPage() -> impl IntoView {
    let keys = Resource::new(|| (), |()| api::load_api_keys());
    view! {
        <Title text="New agent" />
        <h1>"New agent"</h1>
        <Load resource=keys let:keys>
            <NewAgentForm keys />
        </Load>
    }
    .into_any()
}

#[component]
fn NewAgentForm(keys: Vec<ApiKeyInfo>) -> impl IntoView {
    let create = ServerAction::<api::CreateAgent>::new();
    with_step_up(create);
    view! {
        <ActionForm action=create attr:class="stack" attr:aria-label="New agent">
            <AgentFields problem=problem(create) keys />
            <Submit label="Create agent" pending=create.pending() />
        </ActionForm>
    }
    .into_any()
}

/// Changes an agent.
#[component]
pub fn EditAgentPage() -> impl IntoView {
    let id = id_in_path();
    let loaded = Resource::new(
        move || AgentId(id.get()),
        async |id| {
            let agent = api::load_agent(id).await?;
            Ok::<_, AppError>((agent, api::load_api_keys().await?))
        },
    );
    view! {
        <Title text="Edit agent" />
        <Load resource=loaded let:loaded>
            <EditAgentForm agent=loaded.0 keys=loaded.1 />
        </Load>
    }
    .into_any()
}

#[component]
fn EditAgentForm(agent: Agent, keys: Vec<ApiKeyInfo>) -> impl IntoView {
    let update = ServerAction::<api::UpdateAgent>::new();
    with_step_up(update);
    let back = format!("/agents/{}", agent.id);
    view! {
        <h1>{format!("Edit {}", agent.draft.name)}</h1>
        <ActionForm action=update attr:class="stack" attr:aria-label="Edit agent">
            <input type="hidden" name="id" value=agent.id.to_string() />
            <AgentFields problem=problem(update) keys agent />
            <div class="actions">
                <Submit label="Save" pending=update.pending() />
                <a class="button" href=back>
                    "Cancel"
                </a>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// The controls of both forms.
#[component]
fn AgentFields(
    problem: Signal<Option<AppError>>,
    keys: Vec<ApiKeyInfo>,
    #[prop(optional)] agent: Option<Agent>,
) -> impl IntoView {
    let draft = agent.map(|agent| agent.draft);
    let text = |pick: fn(&AgentDraft) -> String| draft.as_ref().map(pick).unwrap_or_default();
    let model = RwSignal::new(text(|draft| draft.model.to_string()));
    let options =
        SUGGESTIONS.map(|(name, about)| view! { <option value=name>{about}</option> }).collect_view();
    let new = draft.is_none();
    let texts = Texts {
        name: NodeRef::<Input>::new(),
        identity: NodeRef::<Textarea>::new(),
        rules: NodeRef::<Textarea>::new(),
    };
    view! {
        <FormError problem fields=FIELDS />
        {new.then(|| view! { <Starts texts /> })}
        <Field
            name="form[name]"
            node_ref=texts.name
            id="name"
            field="name"
            label="Name"
            problem
            required=true
            value=text(|draft| draft.name.clone())
        />
        <Field
            name="form[model]"
            id="model"
            field="model"
            label="Model"
            problem
            required=true
            list="models"
            value=model.get_untracked()
            hint="Written provider/model. Choose one of the suggestions or type any other."
            on_value=Callback::new(move |value| model.set(value))
        />
        <datalist id="models">{options}</datalist>
        <ModelNote model keys />
        <CodingCliFields problem cli=draft.as_ref().map(|draft| draft.coding_cli.clone()).unwrap_or_default() />
        <Choice
            name="form[approval_policy]"
            id="approval"
            legend="What the coding CLI may do"
            options=ApprovalPolicy::ALL
                .map(|policy| (policy.as_str(), policy.label().to_owned(), policy.explanation()))
                .to_vec()
            value=draft.as_ref().map(|draft| draft.approval_policy).unwrap_or_default().as_str()
        />
        <TextArea
            name="form[identity]"
            node_ref=texts.identity
            id="identity"
            field="identity"
            label="Identity"
            problem
            value=text(|draft| draft.identity.clone())
            hint="Who the agent is and how it works, in Markdown."
        />
        <TextArea
            name="form[global_rules]"
            node_ref=texts.rules
            id="global_rules"
            field="global_rules"
            label="Rules"
            problem
            value=text(|draft| draft.global_rules.clone())
            hint="RULES.md: what it keeps to in every project, in Markdown."
        />
        <McpServers problem servers=draft.as_ref().map(|draft| mcp_servers_text(&draft.mcp_servers)).unwrap_or_default() />
    }
    .into_any()
}

/// Which coding CLI does the work; the command shows only for another one.
#[component]
fn CodingCliFields(problem: Signal<Option<AppError>>, cli: CodingCli) -> impl IntoView {
    let kind = RwSignal::new(cli.kind().to_owned());
    view! {
        <Select
            name="form[coding_cli]"
            id="coding_cli"
            field="coding_kind"
            label="Coding CLI"
            options=&CodingCli::KINDS
            value=cli.kind()
            problem
            hint="The program that writes the code, in a terminal that you can watch. It must be installed on the server."
            on_value=Callback::new(move |value| kind.set(value))
        />
        <div hidden=move || kind.with(|kind| kind != "generic")>
            <Field
                name="form[cli_command]"
                id="cli_command"
                field="coding_cli"
                label="Command"
                problem
                value=cli.command()
                hint="Starts any program with a prompt in a terminal, for example aider --yes. The loop follows its screen alone, which is slower and less certain."
            />
        </div>
    }
    .into_any()
}

/// Says what the typed model needs.
#[component]
fn ModelNote(model: RwSignal<String>, keys: Vec<ApiKeyInfo>) -> impl IntoView {
    let note = move || {
        let name = model.get();
        let provider = name.split_once('/').map_or("", |(provider, _)| provider);
        if provider == "demo" {
            return Either::Left(
                "The built-in demonstration model: it follows a script, needs no key and builds only the demonstration project.",
            );
        }
        let needs_key = provider.parse::<Provider>().is_ok_and(|provider| {
            provider != Provider::Ollama && keys.iter().all(|key| key.provider != provider)
        });
        Either::Right(needs_key.then(|| {
            view! {
                <span>
                    {format!("No key is stored for {provider}. ")} <a href="/settings">"Add it in Settings"</a> "."
                </span>
            }
        }))
    };
    view! {
        <p class="note" role="status" data-testid="model-note">
            {note}
        </p>
    }
    .into_any()
}
