//! The dashboard: what needs a person first, then what runs, then the rest.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use crate::{
    api,
    components::{Live, Load, ProjectCard, cost, tokens},
    model::{Agent, Dashboard, Project, UsageSummary},
};

/// Everything at a glance.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let dashboard = Resource::new(|| (), |()| api::load_dashboard());
    view! {
        <Title text="Dashboard" />
        <Load resource=dashboard let:dashboard>
            {if dashboard.agents.is_empty() {
                Either::Left(view! { <FirstSteps /> })
            } else {
                Either::Right(view! { <Overview dashboard /> })
            }}
        </Load>
    }
    .into_any()
}

/// What to do when there is nothing yet.
#[component]
fn FirstSteps() -> impl IntoView {
    view! {
        <section class="empty">
            <h1>"Create your first agent"</h1>
            <p>
                "An agent is a template: a model, who it is and the rules it keeps. Give it a project, and it works through the plan step by step, verifying and committing each one, until the project is done."
            </p>
            <p>
                <a class="button" data-tone="primary" href="/agents/new">
                    "Create an agent"
                </a>
            </p>
            <p class="muted">
                "No API key at hand? The built-in demonstration model demo/builder shows the whole way without one."
            </p>
        </section>
    }
    .into_any()
}

/// The groups into which the dashboard sorts projects.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    NeedsHelp,
    Active,
    Rest,
}

impl Group {
    fn of(project: &Project) -> Self {
        if project.needs_help() {
            Self::NeedsHelp
        } else if project.running {
            Self::Active
        } else {
            Self::Rest
        }
    }
}

#[component]
fn Overview(dashboard: Dashboard) -> impl IntoView {
    let projects = Live::expect().projects(dashboard.projects);
    let none = Memo::new(move |_| projects.with(Vec::is_empty));
    let agents = dashboard.agents;
    let first_agent = agents.first().map(|agent| format!("/agents/{}", agent.id));
    view! {
        <h1>"Dashboard"</h1>
        <Today usage=dashboard.today />
        <ProjectGroup title="Needs help" group=Group::NeedsHelp projects />
        <ProjectGroup title="Running" group=Group::Active projects />
        <section class="group" hidden=move || !none.get()>
            <h2>"No projects yet"</h2>
            <p class="muted">"Give an agent something to build."</p>
            <p>
                <a class="button" data-tone="primary" href=first_agent>
                    "Create a project"
                </a>
            </p>
        </section>
        <ProjectGroup title="Other projects" group=Group::Rest projects />
        <Agents agents />
    }
    .into_any()
}

#[component]
fn Today(usage: UsageSummary) -> impl IntoView {
    view! {
        <dl class="facts" aria-label="Today">
            <div>
                <dt>"Tokens today"</dt>
                <dd data-testid="tokens-today">{tokens(&usage.tokens)}</dd>
            </div>
            <div>
                <dt>"Cost today"</dt>
                <dd data-testid="cost-today">{cost(usage.cost_micro_usd)}</dd>
            </div>
            <div>
                <dt>"Model requests today"</dt>
                <dd>{usage.requests}</dd>
            </div>
        </dl>
    }
    .into_any()
}

/// One group of projects; hidden while it is empty.
#[component]
fn ProjectGroup(title: &'static str, group: Group, projects: Memo<Vec<Project>>) -> impl IntoView {
    let members = Memo::new(move |_| {
        projects
            .with(|all| all.iter().filter(|project| Group::of(project) == group).cloned().collect::<Vec<_>>())
    });
    view! {
        <section class="group" hidden=move || members.with(Vec::is_empty)>
            <h2>{title}</h2>
            <div class="cards">
                <For each=move || members.get() key=|project| project.id let:project>
                    <ProjectCard project />
                </For>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Agents(agents: Vec<Agent>) -> impl IntoView {
    let rows = agents
        .into_iter()
        .map(|agent| {
            view! {
                <li>
                    <a href=format!("/agents/{}", agent.id)>{agent.draft.name}</a>
                    <span class="muted">{agent.draft.model.to_string()}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="group">
            <h2>"Agents"</h2>
            <ul class="rows">{rows}</ul>
            <p>
                <a class="button" href="/agents/new">
                    "New agent"
                </a>
            </p>
        </section>
    }
    .into_any()
}
