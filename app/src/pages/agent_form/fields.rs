//! The controls of an agent, for a new one and for changes.

use leptos::{
    html::{Input, Textarea},
    prelude::*,
};

use super::{
    mcp::McpServers,
    models::{ModelNote, model_problem, suggestions},
    starts::{Starts, Texts},
    tools::Tools,
};
use crate::{
    api::ModelSources,
    components::{Choice, Combobox, Field, FormError, MarkdownEditor, Select, Typed},
    error::AppError,
    model::{
        AGENT_TEXT_KIB, Agent, AgentDraft, ApprovalPolicy, CodingCli, command_problem, mcp_servers_text,
        name_problem, text_problem,
    },
};

/// Fields that show their own errors.
const FIELDS: &[&str] =
    &["name", "model", "identity", "global_rules", "coding_kind", "coding_cli", "mcp_servers"];

/// The controls of both forms.
#[component]
pub fn AgentFields(
    /// The last error of the form's action.
    problem: Signal<Option<AppError>>,
    /// What there is to reach models with.
    sources: ModelSources,
    /// The agent that is changed.
    #[prop(optional)]
    agent: Option<Agent>,
) -> impl IntoView {
    let draft = agent.map(|agent| agent.draft);
    let text = |pick: fn(&AgentDraft) -> String| draft.as_ref().map(pick).unwrap_or_default();
    let typed = Typed::over(problem);
    let problem = typed.problem();
    let new = draft.is_none();
    let texts = Texts {
        name: NodeRef::<Input>::new(),
        identity: NodeRef::<Textarea>::new(),
        rules: NodeRef::<Textarea>::new(),
    };
    let cli = draft.as_ref().map(|draft| draft.coding_cli.clone()).unwrap_or_default();
    let kind = RwSignal::new(cli.kind().to_owned());
    let tools = draft.as_ref().map(|draft| draft.tools.clone()).unwrap_or_default();
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
            on_value=Callback::new(move |value: String| typed.note("name", name_problem(&value)))
        />
        <Model typed sources value=text(|draft| draft.model.to_string()) />
        <CodingCliFields typed cli kind />
        <Tools names=tools kind />
        <Choice
            name="form[approval_policy]"
            id="approval"
            legend="What the coding CLI may do without asking"
            options=ApprovalPolicy::ALL
                .map(|policy| (policy.as_str(), policy.label().to_owned(), policy.explanation()))
                .to_vec()
            value=draft.as_ref().map(|draft| draft.approval_policy).unwrap_or_default().as_str()
        />
        <MarkdownEditor
            name="form[identity]"
            node_ref=texts.identity
            id="identity"
            field="identity"
            label="Identity"
            problem
            rows=6
            value=text(|draft| draft.identity.clone())
            hint="Who the agent is and how it works, in Markdown."
            on_input=Callback::new(move |text: String| typed.note("identity", text_problem(&text, AGENT_TEXT_KIB)))
        />
        <MarkdownEditor
            name="form[global_rules]"
            node_ref=texts.rules
            id="global_rules"
            field="global_rules"
            label="Rules"
            problem
            rows=6
            value=text(|draft| draft.global_rules.clone())
            hint="RULES.md: what it keeps to in every project, in Markdown."
            on_input=Callback::new(move |text: String| {
                typed.note("global_rules", text_problem(&text, AGENT_TEXT_KIB));
            })
        />
        <McpServers problem servers=draft.as_ref().map(|draft| mcp_servers_text(&draft.mcp_servers)).unwrap_or_default() />
    }
    .into_any()
}

/// The model, chosen or typed, and what it needs.
#[component]
fn Model(typed: Typed, sources: ModelSources, value: String) -> impl IntoView {
    let model = RwSignal::new(value.clone());
    let groups = suggestions(&sources);
    let sources = StoredValue::new(sources);
    let changed = move |value: String| {
        typed.note("model", sources.with_value(|sources| model_problem(sources, &value)));
        model.set(value);
    };
    view! {
        <Combobox
            name="form[model]"
            id="model"
            field="model"
            label="Model"
            list_label="Models"
            problem=typed.problem()
            value
            groups
            hint="Written provider/model. Search the suggestions or type any other."
            on_value=Callback::new(changed)
        />
        <ModelNote model sources />
    }
    .into_any()
}

/// Which coding CLI does the work; the command shows only for another one.
#[component]
fn CodingCliFields(typed: Typed, cli: CodingCli, kind: RwSignal<String>) -> impl IntoView {
    let problem = typed.problem();
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
                on_value=Callback::new(move |value: String| typed.note("coding_cli", command_problem(&value)))
            />
        </div>
    }
    .into_any()
}
