//! Status badges: each status has its own shape, text and colour.

use leptos::prelude::*;

use crate::model::{Instance, InstanceStatus, Project, ProjectStatus};

// Outlines of the icons in a 12 × 12 box, filled.
pub(super) const RING: &str = "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1Zm0 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z";
const DOTS: &str = "M0 4.5h3v3H0zM4.5 4.5h3v3h-3zM9 4.5h3v3H9z";
pub(super) const PLAY: &str = "M2 1l9 5-9 5z";
const BARS: &str = "M2 1h3v10H2zM7 1h3v10H7z";
const ALERT: &str = "M6 0l6 11H0zM5.2 4v3.2h1.6V4zM5.2 8v1.6h1.6V8z";
pub(super) const CHECK: &str = "M1 6.4L2.6 4.8 4.8 7 9.4 2 11 3.5 4.9 10.2z";
pub(super) const CROSS: &str =
    "M2.2 1L6 4.8 9.8 1 11 2.2 7.2 6 11 9.8 9.8 11 6 7.2 2.2 11 1 9.8 4.8 6 1 2.2z";
pub(super) const SKIP: &str = "M1 5h10v2H1z";

/// A small decorative icon.
pub(super) fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">
            <path d=path fill="currentColor" fill-rule="evenodd" />
        </svg>
    }
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
    let waits = Memo::new(move |_| project.with(|p| p.resumes_at.is_some()));
    let look = move || match state.get() {
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
