//! The navigation: pages, agents with their live status, sign-out.

use std::collections::BTreeMap;

use leptos::{form::ActionForm, prelude::*};
use leptos_router::components::A;

use crate::{
    api::{self, NavProject, Shell},
    components::{Live, Load},
    error::AppError,
    model::AgentId,
};

/// The navigation of a signed-in person.
#[component]
pub fn Nav(
    /// What it shows.
    shell: Resource<Result<Shell, AppError>>,
) -> impl IntoView {
    view! {
        <nav class="nav" aria-label="Main">
            <Load resource=shell let:shell>
                <NavLinks shell />
            </Load>
        </nav>
    }
    .into_any()
}

#[component]
fn NavLinks(shell: Shell) -> impl IntoView {
    let logout = ServerAction::<api::Logout>::new();
    let live = Live::expect();
    let projects = live.nav_projects(shell.projects);
    let admin = shell.viewer.is_admin();
    let agents = shell
        .agents
        .into_iter()
        .map(|(id, name)| view! { <li><AgentLink id name projects /></li> })
        .collect_view();
    view! {
        <ul>
            <li><A href="/" exact=true>"Dashboard"</A></li>
        </ul>
        <p class="nav-title">"Agents"</p>
        <ul>
            {agents}
            <li><A href="/agents/new" attr:class="nav-new">"+ New Agent"</A></li>
        </ul>
        <ul class="nav-end">
            <li><A href="/settings">"Settings"</A></li>
            {admin.then(|| view! { <li><A href="/admin">"Admin"</A></li> })}
            <li>
                <ActionForm action=logout>
                    <button type="submit" class="nav-button">
                        {format!("Sign out {}", shell.viewer.username)}
                    </button>
                </ActionForm>
            </li>
        </ul>
    }
    .into_any()
}

/// A link to an agent that says what its projects are doing.
#[component]
fn AgentLink(id: AgentId, name: String, projects: Memo<BTreeMap<i64, NavProject>>) -> impl IntoView {
    let state = Memo::new(move |_| {
        projects.with(|all| {
            let mine = || all.values().filter(|project| project.agent_id == id);
            if mine().any(|project| project.needs_help) {
                "needs help"
            } else if mine().any(|project| project.running) {
                "running"
            } else {
                "idle"
            }
        })
    });
    view! {
        <A href=format!("/agents/{id}")>
            <span class="nav-name">{name}</span>
            <span class="nav-state" data-state=move || state.get().replace(' ', "-")>
                {state}
            </span>
        </A>
    }
    .into_any()
}
