//! An agent: its configuration, projects and instances.

use leptos::{either::Either, form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use super::project_form::ProjectForm;
use crate::{
    api::{self, AgentDetail},
    components::{FormError, InstanceBadge, Load, Moment, ProjectCard, Submit, block, problem},
    model::{Agent, AgentId, Instance, Project},
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
    view! {
        <Title text=agent.draft.name.clone() />
        <header class="page-head">
            <h1>{agent.draft.name.clone()}</h1>
            <a class="button" href=edit>
                "Edit"
            </a>
        </header>
        <Configuration agent />
        <section class="group">
            <h2>"Projects"</h2>
            <Projects projects />
            <details class="panel" id="new-project" open=open>
                <summary>"New project"</summary>
                <ProjectForm agent=id policy />
            </details>
        </section>
        <Instances instances />
        {deletable.then(|| view! { <DeleteAgent id /> })}
    }
    .into_any()
}

#[component]
fn Configuration(agent: Agent) -> impl IntoView {
    let text = |title: &'static str, text: String| {
        let shown = if text.trim().is_empty() {
            Either::Left(view! { <p class="muted">"None."</p> })
        } else {
            Either::Right(view! { <pre class="prose">{block(&text)}</pre> })
        };
        view! {
            <details>
                <summary>{title}</summary>
                {shown}
            </details>
        }
    };
    view! {
        <section class="group">
            <dl class="facts">
                <div>
                    <dt>"Model"</dt>
                    <dd>{agent.draft.model.to_string()}</dd>
                </div>
                <div>
                    <dt>"Coding CLI"</dt>
                    <dd>{agent.draft.coding_cli.label().to_owned()}</dd>
                </div>
                <div>
                    <dt>"Approvals"</dt>
                    <dd>{agent.draft.approval_policy.label()}</dd>
                </div>
                <div>
                    <dt>"Created"</dt>
                    <dd>
                        <Moment at=agent.created_at />
                    </dd>
                </div>
            </dl>
            {text("Identity", agent.draft.identity)}
            {text("Rules", agent.draft.global_rules)}
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
                    <Moment at=started />
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
