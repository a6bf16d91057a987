//! Status badges: each status has its own shape, text and colour.

use leptos::prelude::*;

use crate::{
    components::Icon,
    model::{Instance, InstanceStatus, Project, ProjectStatus},
};

pub(super) use super::icon::{
    ALERT, CHECK, CIRCLE as RING, CLOSE as CROSS, DOTS, MINUS as SKIP, PAUSE as BARS, PLAY,
};

/// A small decorative icon.
pub(super) fn icon(path: &'static str) -> impl IntoView {
    view! { <Icon path /> }
}

/// What a person reads, the shape beside it, and the colour.
fn appearance(status: ProjectStatus, needs_help: bool) -> (&'static str, &'static str, &'static str) {
    match status {
        _ if needs_help => ("Needs help", ALERT, "help"),
        ProjectStatus::Created => ("Not started", RING, "idle"),
        ProjectStatus::Planning => ("Planning", DOTS, "plan"),
        ProjectStatus::Running => ("Running", PLAY, "run"),
        ProjectStatus::Paused => ("Paused", BARS, "idle"),
        ProjectStatus::Completed => ("Completed", CHECK, "good"),
        ProjectStatus::Failed => ("Failed", CROSS, "bad"),
    }
}

/// A project's status.
#[component]
pub fn StatusBadge(
    /// The project.
    #[prop(into)]
    project: Signal<Project>,
    /// Name for tests, where it is the page's subject.
    #[prop(optional)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    let state = Memo::new(move |_| project.with(|p| (p.status, p.needs_help())));
    let queued = Memo::new(move |_| project.with(|p| p.queued));
    let waits = Memo::new(move |_| project.with(|p| p.resumes_at.is_some()));
    let look = move || match state.get() {
        _ if queued.get() => ("Queued", DOTS, "plan"),
        (ProjectStatus::Paused, _) if waits.get() => ("Waiting", DOTS, "plan"),
        (status, needs_help) => appearance(status, needs_help),
    };
    view! {
        <span
            class="badge"
            data-testid=test_id
            data-status=move || state.get().0.as_str()
            data-needs-help=move || state.get().1.to_string()
            data-tone=move || look().2
        >
            {move || icon(look().1)}
            <span>{move || look().0}</span>
        </span>
    }
    .into_any()
}

/// An instance's status.
#[component]
pub fn InstanceBadge(
    /// The instance.
    instance: Instance,
) -> impl IntoView {
    let (text, path, tone) = match instance.status {
        InstanceStatus::Running => ("Running", PLAY, "run"),
        InstanceStatus::Stopped => ("Stopped", SKIP, "idle"),
        InstanceStatus::Crashed => ("Crashed", CROSS, "bad"),
    };
    view! {
        <span class="badge" data-tone=tone>
            {icon(path)}
            <span>{text}</span>
        </span>
    }
    .into_any()
}
