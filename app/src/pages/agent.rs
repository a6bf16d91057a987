//! An agent: its configuration, projects and instances.

use leptos::{either::Either, form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::project_form::ProjectForm;
use crate::{
    api::{self, AgentDetail, NavProject},
    components::{
        AgentState, AgentStateView, FormError, Icon, InstanceBadge, Kept, Live, Load, LocalTime,
        MarkdownEditor, ProjectCard, Submit, Typed, block, forget_sent_drafts, icon, problem, successes,
    },
    model::{AGENT_TEXT_KIB, Agent, AgentId, AgentTool, Instance, Project, text_problem},
    pages::id_in_path,
};

/// One agent.
#[component]
pub fn AgentPage() -> impl IntoView {
    let id = id_in_path();
    let detail = Resource::new(move || AgentId(id.get()), api::load_agent_detail);
    view! {
        <Load resource=detail let:detail>
            <AgentView detail />
        </Load>
    }
    .into_any()
}

#[component]
fn AgentView(detail: AgentDetail) -> impl IntoView {
    let AgentDetail { agent, projects, instances } = detail;
    let id = agent.id;
    let deletable = projects.is_empty();
    let policy = agent.draft.approval_policy;
    // The palette and the dashboard lead straight to the form.
    let hash = use_location().hash;
    let open = move || deletable || hash.with(|hash| hash.trim_start_matches('#') == "new-project");
    let edit = format!("/agents/{id}/edit");
    Effect::new(|_| forget_sent_drafts());
    let states: Vec<NavProject> = projects.iter().map(NavProject::from).collect();
    let state = live_state(id, states);
    view! {
        <Title text=agent.draft.name.clone() />
        <header class="page-head">
            <div class="head-name">
                <h1>{agent.draft.name.clone()}</h1>
                <AgentStateView state />
            </div>
            <div class="actions">
                <a class="button" href=edit>
                    <Icon path=icon::EDIT />
                    "Edit"
                </a>
                <a class="button" data-tone="primary" href="#new-project">
                    <Icon path=icon::PLUS />
                    "New project"
                </a>
            </div>
        </header>
        <Configuration agent=agent.clone() />
        <div class="columns columns-wide-first">
            <div>
                <section class="group">
                    <h2>"Projects"</h2>
                    <Projects projects />
                    <details class="panel" id="new-project" open=open>
                        <summary>"New project"</summary>
                        <ProjectForm agent=id policy />
                    </details>
                </section>
            </div>
            <div>
                <Identity text=agent.draft.identity />
                <RulesEditor id rules=agent.draft.global_rules />
                <Instances instances />
                {deletable.then(|| view! { <DeleteAgent id /> })}
            </div>
        </div>
    }
    .into_any()
}

/// What the agent's projects are doing, as it happens.
fn live_state(id: AgentId, projects: Vec<NavProject>) -> Memo<AgentState> {
    let live = Live::expect().nav_projects(projects);
    Memo::new(move |_| live.with(|all| AgentState::of(all.values().filter(|project| project.agent_id == id))))
}

#[component]
fn Configuration(agent: Agent) -> impl IntoView {
    let draft = agent.draft;
    let tools = AgentTool::ALL.iter().filter(|tool| tool.is_allowed(&draft.tools)).map(|tool| tool.label());
    let tools: Vec<_> = tools.collect();
    let tools = if tools.len() == AgentTool::ALL.len() { "All".to_owned() } else { tools.join(", ") };
    let servers: Vec<_> =
        draft.mcp_servers.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let servers = if servers.is_empty() { "None".to_owned() } else { servers.join(", ") };
    let facts = [
        ("Model", draft.model.to_string()),
        ("Coding CLI", draft.coding_cli.label().to_owned()),
        ("Approvals", draft.approval_policy.label().to_owned()),
        ("Tools", tools),
        ("MCP servers", servers),
    ];
    let facts = facts
        .map(|(title, value)| {
            view! {
                <div>
                    <dt>{title}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <dl class="facts panel agent-facts" data-testid="configuration">
            {facts}
            <div>
                <dt>"Created"</dt>
                <dd>
                    <LocalTime at=agent.created_at />
                </dd>
            </div>
        </dl>
    }
    .into_any()
}

#[component]
fn Identity(text: String) -> impl IntoView {
    let shown = if text.trim().is_empty() {
        Either::Left(view! { <p class="muted">"None. Edit the agent to say who it is."</p> })
    } else {
        Either::Right(view! { <pre class="prose">{block(&text)}</pre> })
    };
    view! {
        <section class="group">
            <h2>"Identity"</h2>
            {shown}
        </section>
    }
    .into_any()
}

/// RULES.md, edited where it is read.
#[component]
fn RulesEditor(id: AgentId, rules: String) -> impl IntoView {
    let save = ServerAction::<api::SaveRules>::new();
    let saved = successes(save);
    let typed = Typed::over(problem(save));
    let dirty = RwSignal::new(false);
    Effect::new(move |_| {
        if saved.get() > 0 {
            dirty.set(false);
        }
    });
    let state = move || match (dirty.get(), saved.get() > 0) {
        (true, _) => Some("Not saved yet"),
        (false, true) => Some("Saved."),
        (false, false) => None,
    };
    view! {
        <section class="group" id="rules">
            <h2>"Global rules"</h2>
            <Kept name=format!("rules-{id}") pending=save.pending() problem=problem(save)>
                <ActionForm
                    action=save
                    attr:class="stack"
                    attr:aria-label="Global rules"
                    attr:autocomplete="off"
                >
                    <FormError problem=typed.problem() fields=&["global_rules"] />
                    <input type="hidden" name="id" value=id.to_string() />
                    <MarkdownEditor
                        name="global_rules"
                        label="RULES.md"
                        problem=typed.problem()
                        rows=8
                        value=rules
                        hint="What it keeps to in every project, in Markdown. A running agent follows a change from its next prompt on."
                        on_input=Callback::new(move |text: String| {
                            dirty.set(true);
                            typed.note("global_rules", text_problem(&text, AGENT_TEXT_KIB));
                        })
                    />
                    <div class="actions">
                        <Submit label="Save rules" tone="" pending=save.pending() />
                        <span class="saving" role="status">
                            {state}
                        </span>
                    </div>
                </ActionForm>
            </Kept>
        </section>
    }
    .into_any()
}

#[component]
fn Projects(projects: Vec<Project>) -> impl IntoView {
    if projects.is_empty() {
        return Either::Left(view! { <p class="muted">"No projects yet. Describe the first one below."</p> });
    }
    let cards = projects.into_iter().map(|project| view! { <ProjectCard project /> }).collect_view();
    Either::Right(view! { <div class="cards">{cards}</div> })
}

#[component]
fn Instances(instances: Vec<Instance>) -> impl IntoView {
    let none = instances.is_empty();
    let rows = instances
        .into_iter()
        .map(|instance| {
            let started = instance.started_at;
            let project = instance.project_id;
            view! {
                <li>
                    <span>{format!("#{}", instance.id)}</span>
                    <InstanceBadge instance />
                    <LocalTime at=started />
                    {project.map(|id| view! { <a href=format!("/projects/{id}")>"Project"</a> })}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="group">
            <h2>"Instances"</h2>
            {none.then(|| view! { <p class="muted">"None has been started."</p> })}
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// For agents without projects.
#[component]
fn DeleteAgent(id: AgentId) -> impl IntoView {
    let delete = ServerAction::<api::DeleteAgent>::new();
    view! {
        <section class="group">
            <ActionForm action=delete>
                <FormError problem=problem(delete) />
                <input type="hidden" name="id" value=id.to_string() />
                <Submit label="Delete this agent" tone="danger" pending=delete.pending() />
            </ActionForm>
        </section>
    }
    .into_any()
}
