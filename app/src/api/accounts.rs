//! Sign-in, first-run setup and what the layout around every page shows.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, clear_storage, headers, send_to, set_cookies, signed_in},
    backend::backend,
    model::{Credentials, SignIn},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{AgentId, Notifications, Project, ProjectId, Viewer},
};

/// What the sidebar needs to know of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavProject {
    /// Row id.
    pub id: ProjectId,
    /// Its agent.
    pub agent_id: AgentId,
    /// Whether an instance works on it.
    pub running: bool,
    /// Whether it waits for a person.
    pub needs_help: bool,
}

impl From<&Project> for NavProject {
    fn from(project: &Project) -> Self {
        Self {
            id: project.id,
            agent_id: project.agent_id,
            running: project.running,
            needs_help: project.needs_help(),
        }
    }
}

/// What the layout shows around every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shell {
    /// Who is signed in.
    pub viewer: Viewer,
    /// Their agents with name, oldest first.
    pub agents: Vec<(AgentId, String)>,
    /// Their projects.
    pub projects: Vec<NavProject>,
    /// What they want to be told by notifications.
    pub notifications: Notifications,
}

/// What the layout shows; sends a person who is not signed in to the right page.
#[server(prefix = "/fn", endpoint = "load_shell", output = Json)]
pub async fn load_shell() -> Result<Shell, AppError> {
    let (backend, viewer) = signed_in().await?;
    let dashboard = answered(backend.dashboard(&viewer).await)?;
    let agents = dashboard.agents.into_iter().map(|agent| (agent.id, agent.draft.name)).collect();
    let notifications = answered(backend.notifications(&viewer).await)?;
    Ok(Shell {
        viewer,
        agents,
        notifications,
        projects: dashboard.projects.iter().map(NavProject::from).collect(),
    })
}

/// Whether the login page is the right one; otherwise sends the browser to the one that is.
#[server(prefix = "/fn", endpoint = "login_page", output = Json)]
pub async fn login_page() -> Result<(), AppError> {
    let backend = backend()?;
    if backend.setup_needed().await? {
        send_to("/setup");
        return Ok(());
    }
    match backend.viewer(&headers()?).await {
        Ok(_) => send_to("/"),
        Err(AppError::SecondFactorSetupRequired) => send_to("/second-factor"),
        Err(_) => {}
    }
    Ok(())
}

/// Whether the first account is still to be made.
#[server(prefix = "/fn", endpoint = "setup_page", output = Json)]
pub async fn setup_page() -> Result<bool, AppError> {
    answered(backend()?.setup_needed().await)
}

/// Signs in and goes to the dashboard; who has a second factor needs a code too.
#[server(prefix = "/fn", endpoint = "login", output = Json)]
pub async fn login(
    username: String,
    password: String,
    #[server(default)] code: Option<String>,
) -> Result<(), AppError> {
    let cookies = answered(backend()?.login(&headers()?, SignIn { username, password, code }).await)?;
    set_cookies(cookies)?;
    send_to("/");
    Ok(())
}

/// Creates the first admin and signs them in.
#[server(prefix = "/fn", endpoint = "setup", output = Json)]
pub async fn setup(token: String, username: String, password: String) -> Result<(), AppError> {
    let cookies = answered(backend()?.setup(&token, Credentials { username, password }).await)?;
    set_cookies(cookies)?;
    send_to("/");
    Ok(())
}

/// Signs out.
#[server(prefix = "/fn", endpoint = "logout", output = Json)]
pub async fn logout() -> Result<(), AppError> {
    set_cookies(answered(backend()?.logout(&headers()?).await)?)?;
    // The page forgets drafts itself, but not without scripts; the service worker's files show where somebody was.
    clear_storage()?;
    send_to("/login");
    Ok(())
}
