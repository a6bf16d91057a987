//! The navigation: pages, agents with their live status, theme, sign-out.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::components::A;

use crate::{
    api::{NavProject, Shell},
    components::{AgentState, AgentStateView, Icon, Live, Load, SignOut, ThemeSwitch, icon},
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
            <li>{link("/", icon::HOME, "Dashboard")}</li>
        </ul>
        <p class="nav-title">"Agents"</p>
        <ul class="nav-agents">
            {agents}
            <li>{link("/agents/new", icon::PLUS, "New Agent")}</li>
        </ul>
        <div class="nav-end">
            <ul>
                <li>{link("/settings", icon::SETTINGS, "Settings")}</li>
                {admin.then(|| view! { <li>{link("/admin", icon::ADMIN, "Admin")}</li> })}
                <li class="install">
                    // Shown and heard by the script that starts the page, when the browser offers it.
                    <button type="button" class="nav-button" data-install="">
                        <Icon path=icon::DOWNLOAD />
                        <span class="nav-name">"Install app"</span>
                    </button>
                </li>
                <li>
                    <SignOut>
                        <button type="submit" class="nav-button">
                            <Icon path=icon::SIGN_OUT />
                            <span class="nav-name">{format!("Sign out {}", shell.viewer.username)}</span>
                        </button>
                    </SignOut>
                </li>
            </ul>
            <ThemeSwitch label="Theme" />
        </div>
    }
    .into_any()
}

/// A link to a page.
fn link(href: &'static str, path: &'static str, label: &'static str) -> AnyView {
    view! {
        <A href=href exact=href == "/">
            <Icon path />
            <span class="nav-name">{label}</span>
        </A>
    }
    .into_any()
}

/// A link to an agent that says what its projects are doing.
#[component]
fn AgentLink(id: AgentId, name: String, projects: Memo<BTreeMap<i64, NavProject>>) -> impl IntoView {
    let state = Memo::new(move |_| {
        projects.with(|all| AgentState::of(all.values().filter(|project| project.agent_id == id)))
    });
    view! {
        <A href=format!("/agents/{id}")>
            <Icon path=icon::AGENT />
            <span class="nav-name">{name}</span>
            <AgentStateView state />
        </A>
    }
    .into_any()
}
