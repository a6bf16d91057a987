//! A project: its state and question above tabs, each of which has its own address. All of it live.

mod changes;
mod controls;
mod diagnosis;
mod overview;
mod plan;
mod question;
mod tabs;
mod text;
mod usage;

use changes::ChangesTab;
use controls::{Controls, DeleteProject};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use overview::OverviewTab;
use plan::PlanSection;
use question::Question;
use tabs::TabBar;
use text::TextTab;
use usage::UsageTab;

use crate::{
    api::{self, ProjectDetail, TabData},
    components::{IsolationFacts, Live, Load, LogView, StatusBadge, TerminalView, forget_sent_drafts},
    error::AppError,
    model::{Project, ProjectId, ProjectTab},
    pages::{NotFoundPage, id_in_path},
};

/// What a tab shows, when it is there.
type TabResource = Resource<Result<TabData, AppError>>;

/// One project.
#[component]
pub fn ProjectPage() -> impl IntoView {
    let id = id_in_path();
    let (params, query) = (use_params_map(), use_query_map());
    let tab =
        Memo::new(move |_| params.with(|params| ProjectTab::parse(&params.get("tab").unwrap_or_default())));
    let step = Memo::new(move |_| query.with(|query| query.get("step")).filter(|step| !step.is_empty()));
    let detail = Resource::new(move || ProjectId(id.get()), api::load_project_detail);
    // Made here, not in the tab: the browser must meet what the server has loaded in the same order.
    let data = Resource::new(
        move || (ProjectId(id.get()), tab.get().unwrap_or_default(), step.get()),
        |(id, tab, step)| api::load_project_tab(id, tab, step),
    );
    move || match tab.get().is_some() {
        true => view! {
            <Load resource=detail let:detail>
                <ProjectView detail tab data />
            </Load>
        }
        .into_any(),
        false => view! { <NotFoundPage /> }.into_any(),
    }
}

#[component]
fn ProjectView(detail: ProjectDetail, tab: Memo<Option<ProjectTab>>, data: TabResource) -> impl IntoView {
    let ProjectDetail { project, agent_name } = detail;
    let id = project.id;
    let agent = format!("/agents/{}", project.agent_id);
    let project: Signal<Project> = Live::expect().project(project).into();
    Effect::new(|_| forget_sent_drafts());
    let title = move || {
        let name = project.with(|p| p.name.clone());
        match tab.get().unwrap_or_default() {
            ProjectTab::Overview => name,
            tab => format!("{name}: {}", tab.label()),
        }
    };
    view! {
        <Title text=title />
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
        <TabBar id tab />
        <div class="tab">
            <Load resource=data let:data>
                <TabView project data />
            </Load>
        </div>
    }
    .into_any()
}

/// The tab that the data is for.
#[component]
fn TabView(project: Signal<Project>, data: TabData) -> impl IntoView {
    let id = project.with_untracked(|p| p.id);
    match data {
        TabData::Overview(overview) => view! {
            <OverviewTab project overview=*overview />
            <DeleteProject project />
        }
        .into_any(),
        TabData::Terminal => view! { <TerminalView project /> }.into_any(),
        TabData::Logs(first) => view! { <LogView project=id first /> }.into_any(),
        TabData::Text(kind, text) => view! { <TextTab id kind text /> }.into_any(),
        TabData::Plan(undos) => view! { <PlanSection project undos /> }.into_any(),
        TabData::Changes(step, changes) => view! { <ChangesTab project step changes /> }.into_any(),
        TabData::Usage(all, steps) => view! { <UsageTab all steps /> }.into_any(),
    }
}

/// The status, why it is so, and what the isolation lacks.
#[component]
fn Standing(project: Signal<Project>) -> impl IntoView {
    view! {
        <p class="standing">
            <StatusBadge project test_id="project-status" />
            <span data-testid="status-reason">{move || project.with(reason)}</span>
        </p>
        <p class="warning" role="note" hidden=move || project.with(|p| p.isolation_warning.is_none())>
            {move || project.with(|p| p.isolation_warning.clone())}
        </p>
        <Measured project />
    }
    .into_any()
}

/// Why the project stands where it does.
fn reason(project: &Project) -> Option<String> {
    let queued =
        "Waits for its turn: there must be memory for one more agent, and a place among its owner\u{2019}s.";
    if project.queued { Some(queued.to_owned()) } else { project.status_reason.clone() }
}

/// What its cell was measured to have, folded up.
#[component]
fn Measured(project: Signal<Project>) -> impl IntoView {
    let report = Memo::new(move |_| project.with(|p| p.isolation.clone()));
    let facts = move || {
        report.get().map(|report| {
            view! {
                <details class="isolation-of-project">
                    <summary>{format!("Isolation: level {} of 4", report.level)}</summary>
                    <IsolationFacts report />
                </details>
            }
        })
    };
    view! { {facts} }.into_any()
}
