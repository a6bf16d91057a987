//! The pages, one file a route: each fetches what it shows and leaves the drawing to components.

mod admin;
mod agent;
mod agent_form;
mod dashboard;
mod link;
mod login;
mod not_found;
mod project;
mod project_form;
mod settings;
mod setup;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub use admin::AdminPage;
pub use agent::AgentPage;
pub use agent_form::{EditAgentPage, NewAgentPage};
pub use dashboard::DashboardPage;
pub use link::{InvitePage, ResetPage};
pub use login::LoginPage;
pub use not_found::NotFoundPage;
pub use project::ProjectPage;
pub use settings::SettingsPage;
pub use setup::SetupPage;

/// The row id in the page's path; 0, which no row has, when it is no number.
fn id_in_path() -> Memo<i64> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").and_then(|id| id.parse().ok()).unwrap_or(0)))
}
