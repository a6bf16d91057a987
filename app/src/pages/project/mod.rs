//! A project: goal, state, plan, log and terminal, all live.

mod controls;
mod diagnosis;
mod plan;
mod question;

use controls::{Controls, DeleteProject};
use diagnosis::DiagnosisPanel;
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use plan::PlanSection;
use question::Question;

use crate::{
    api::{self, ProjectDetail},
    components::{Live, Load, LogView, StatusBadge, TerminalView, block, cost, tokens},
    model::{ApprovalPolicy, Project, ProjectId, UsageSummary},
    pages::id_in_path,
};

/// One project.
#[component]
pub fn ProjectPage() -> impl IntoView {
    let id = id_in_path();
    let detail = Resource::new(move || ProjectId(id.get()), api::load_project_detail);
    view! {
        <Load resource=detail let:detail>
            <ProjectView detail />
        </Load>
    }
    .into_any()
}

#[component]
fn ProjectView(detail: ProjectDetail) -> impl IntoView {
    let ProjectDetail { project, agent_name, logs, usage, diagnosis, undos } = detail;
    let id = project.id;
    let agent = format!("/agents/{}", project.agent_id);
    let project: Signal<Project> = Live::expect().project(project).into();
    view! {
        <Title text=move || project.with(|p| p.name.clone()) />
        <header class="page-head">
            <div>
                <p class="crumb">
                    <a href=agent>{agent_name}</a>
                </p>
                <h1>{move || project.with(|p| p.name.clone())}</h1>
            </div>
            <Controls project />
        </header>
        <Standing project />
        <Question project />
        <div class="columns">
            <div>
                <PlanSection project undos />
                <Goal project />
                <Usage project usage />
            </div>
            <div>
                <section class="group">
                    <h2>"Terminal"</h2>
                    <TerminalView project />
                </section>
                <section class="group">
                    <DiagnosisPanel project diagnosis />
                </section>
                <section class="group">
                    <h2>"Log"</h2>
                    <LogView project=id first=logs />
                </section>
            </div>
        </div>
        <DeleteProject project />
    }
    .into_any()
}

/// The status, why it is so, and what the isolation lacks.
#[component]
fn Standing(project: Signal<Project>) -> impl IntoView {
    view! {
        <p class="standing">
            <StatusBadge project test_id="project-status" />
            <span data-testid="status-reason">{move || project.with(|p| p.status_reason.clone())}</span>
        </p>
        <p class="warning" role="note" hidden=move || project.with(|p| p.isolation_warning.is_none())>
            {move || project.with(|p| p.isolation_warning.clone())}
        </p>
    }
    .into_any()
}

/// Goal and architecture as they were written, and where the work is.
#[component]
fn Goal(project: Signal<Project>) -> impl IntoView {
    view! {
        <section class="group">
            <h2>"Goal"</h2>
            <pre class="prose">{move || project.with(|p| block(&p.description))}</pre>
            <div hidden=move || project.with(|p| p.architecture.is_none())>
                <h3>"Architecture"</h3>
                <pre class="prose">{move || project.with(|p| p.architecture.as_deref().map(block))}</pre>
            </div>
            <dl class="facts">
                <div>
                    <dt>"Workspace"</dt>
                    <dd>
                        <code>{move || project.with(|p| p.workspace_path.clone())}</code>
                    </dd>
                </div>
                <div hidden=move || project.with(|p| p.clone_url.is_none())>
                    <dt>"Cloned from"</dt>
                    <dd>
                        <code>{move || project.with(|p| p.clone_url.clone())}</code>
                    </dd>
                </div>
                <div hidden=move || project.with(|p| p.approval_policy.is_none())>
                    <dt>"Approvals"</dt>
                    <dd>{move || project.with(|p| p.approval_policy.map(ApprovalPolicy::label))}</dd>
                </div>
                <div>
                    <dt>"tmux session"</dt>
                    <dd>
                        <code>{move || project.with(|p| p.tmux_session.clone())}</code>
                    </dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

/// Tokens and cost; asked for again whenever the project changes.
#[component]
fn Usage(project: Signal<Project>, usage: UsageSummary) -> impl IntoView {
    let usage = RwSignal::new(usage);
    let changed = Memo::new(move |_| project.with(|p| (p.id, p.updated_at)));
    Effect::new(move |before: Option<_>| {
        let now = changed.get();
        if before.is_some_and(|before| before != now) {
            spawn_local(async move {
                match api::load_usage(now.0).await {
                    Ok(summary) => drop(usage.try_set(summary)),
                    Err(error) => leptos::logging::error!("usage cannot be refreshed: {error}"),
                }
            });
        }
        now
    });
    view! {
        <section class="group">
            <h2>"Usage"</h2>
            <dl class="facts">
                <div>
                    <dt>"Tokens"</dt>
                    <dd data-testid="project-tokens">{move || usage.with(|u| tokens(&u.tokens))}</dd>
                </div>
                <div>
                    <dt>"Cost"</dt>
                    <dd data-testid="project-cost">{move || cost(usage.get().cost_micro_usd)}</dd>
                </div>
                <div>
                    <dt>"Requests"</dt>
                    <dd>{move || usage.get().requests}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}
