//! The pages, one file a route: each fetches what it shows and leaves the drawing to components.
//!
//! All but the dashboard are parts that the browser loads when it needs them.

mod admin;
mod agent;
mod agent_form;
mod dashboard;
mod link;
mod login;
mod not_found;
mod project;
mod project_form;
mod second_factor;
mod settings;
mod setup;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[cfg(feature = "hydrate")]
use crate::part::Part;
use crate::part::part;

pub use dashboard::DashboardPage;
pub use not_found::NotFoundPage;

part!(login, gates, login::LoginPage);
part!(setup, gates, setup::SetupPage);
part!(invite, gates, link::InvitePage);
part!(reset, gates, link::ResetPage);
part!(second_factor, gates, second_factor::SecondFactorPage);
part!(agent, agent, agent::AgentPage);
part!(new_agent, agent_form, agent_form::NewAgentPage);
part!(edit_agent, agent_form, agent_form::EditAgentPage);
part!(project, project, project::ProjectPage);
part!(admin, admin, admin::AdminPage);
part!(settings, settings, settings::SettingsPage);

/// All of them.
#[cfg(feature = "hydrate")]
pub const PARTS: [Part; 11] = [
    login(),
    setup(),
    invite(),
    reset(),
    second_factor(),
    agent(),
    new_agent(),
    edit_agent(),
    project(),
    admin(),
    settings(),
];

/// The row id in the page's path; 0, which no row has, when it is no number.
fn id_in_path() -> Memo<i64> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse().ok()).unwrap_or(0)))
}
