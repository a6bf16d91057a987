//! The first tab: how far the plan is, what the agent decided last, and where everything else is.

use leptos::{prelude::*, task::spawn_local};

use super::{diagnosis::DiagnosisPanel, tabs::href};
use crate::{
    api::{self, Overview},
    components::{Live, Markdown, PlanView, cost, tokens},
    model::{ApprovalPolicy, LogEntry, LogLevel, Project, ProjectId, ProjectTab, SafeHtml, UsageSummary},
};

/// Decisions that are shown.
const DECISIONS: usize = 5;

/// What matters now.
#[component]
pub fn OverviewTab(
    /// The project.
    project: Signal<Project>,
    /// What the page was drawn with.
    overview: Overview,
) -> impl IntoView {
    let id = project.with_untracked(|p| p.id);
    let Overview { logs, usage, diagnosis, goal } = overview;
    view! {
        <div class="columns">
            <div>
                <Progress project />
            </div>
            <div>
                <Decisions id logs />
                <section class="group">
                    <DiagnosisPanel project diagnosis />
                </section>
                <Usage project usage />
                <Goal project goal />
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Progress(project: Signal<Project>) -> impl IntoView {
    let id = project.with_untracked(|p| p.id);
    let done = move || project.with(|p| p.implementation_plan.finished());
    let all = move || project.with(|p| p.implementation_plan.steps.len());
    view! {
        <section class="group" aria-labelledby="progress-title">
            <div class="group-head">
                <h2 id="progress-title">"Plan"</h2>
                <a href=href(id, ProjectTab::Terminal)>"Watch the terminal"</a>
            </div>
            <p class="progress-line" hidden=move || all() == 0>
                <progress aria-labelledby="progress-title" max=move || all().to_string() value=move || done().to_string()></progress>
                <span>{move || format!("{} of {} steps", done(), all())}</span>
            </p>
            <PlanView project />
        </section>
    }
    .into_any()
}

#[component]
fn Decisions(id: ProjectId, logs: Vec<LogEntry>) -> impl IntoView {
    let lines = Live::expect().logs(id, logs);
    let last = Memo::new(move |_| {
        lines.with(|lines| {
            let decisions = lines.iter().rev().filter(|entry| entry.level == LogLevel::AgentDecision);
            decisions.take(DECISIONS).cloned().collect::<Vec<_>>()
        })
    });
    view! {
        <section class="group" aria-labelledby="decisions-title">
            <div class="group-head">
                <h2 id="decisions-title">"Last decisions"</h2>
                <a href=href(id, ProjectTab::Logs)>"All log lines"</a>
            </div>
            <p class="muted" hidden=move || last.with(|last| !last.is_empty())>
                "The agent has decided nothing yet. Start the project and watch."
            </p>
            <ol class="decisions" data-testid="decisions">
                <For each=move || last.get() key=|entry| entry.id let:entry>
                    <li>
                        <time datetime=entry.timestamp.to_string()>{entry.timestamp.clock()}</time>
                        <span>{entry.message}</span>
                    </li>
                </For>
            </ol>
        </section>
    }
    .into_any()
}

/// The goal as it was written, and where the work is.
#[component]
fn Goal(project: Signal<Project>, goal: SafeHtml) -> impl IntoView {
    let fact = |title: &'static str, value: fn(&Project) -> Option<String>| {
        view! {
            <div hidden=move || project.with(|p| value(p).is_none())>
                <dt>{title}</dt>
                <dd>
                    <code>{move || project.with(value)}</code>
                </dd>
            </div>
        }
    };
    view! {
        <section class="group">
            <h2>"Goal"</h2>
            <Markdown html=Signal::stored(goal) />
            <dl class="facts">
                {fact("Workspace", |p| Some(p.workspace_path.clone()))}
                {fact("Cloned from", |p| p.clone_url.clone())}
                {fact("Approvals", |p| p.approval_policy.map(|policy| ApprovalPolicy::label(policy).to_owned()))}
                {fact("tmux session", |p| Some(p.tmux_session.clone()))}
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
