//! Server functions: the typed calls from pages to the server.
//!
//! Each one authenticates, parses and calls [`crate::backend`]; rules and storage are none of its business.
//! They are public endpoints: whoever knows the path can call them.

mod accounts;
mod administration;
mod agents;
mod home;
mod keys;
mod markdown;
mod notice;
mod own_account;
pub(crate) mod palette;
mod plan;
mod projects;
mod providers;
mod second_factor;
mod tabs;
mod theme;
mod tokens;
mod users;

pub use accounts::{Login, Logout, NavProject, Setup, Shell, load_shell, login_page, setup_page};
pub use administration::{
    AcceptIsolation, CreateInvite, CreateReset, DeleteLink, EndSessionsOf, SetRole, admin_page, load_audit,
    load_isolation, load_links,
};
pub use agents::{
    AgentDetail, CreateAgent, DeleteAgent, SaveRules, UpdateAgent, load_agent, load_agent_detail,
};
pub use home::{Home, HomeAgent, load_home};
pub use keys::{DeleteApiKey, PutApiKey, TestApiKey, load_api_keys};
pub use markdown::render_markdown;
pub use notice::load_notice;
pub use own_account::{
    AcceptInvite, ChangePassword, EndOtherSessions, EndSession, ResetPassword, SetNotifications, StepUp,
    load_notifications, load_sessions,
};
pub use palette::{Places, load_places};
pub use plan::{Redo, SavePlan, UndoTo, load_undos};
pub use projects::{
    Answer, CreateProject, DeleteProject, Pause, ProjectDetail, Restart, Start, StepDraft, Stop,
    demo_project, load_project, load_project_detail, load_usage,
};
pub use providers::{
    DeleteProvider, ModelSources, PutProvider, SetOutbound, TestProvider, load_model_sources, load_outbound,
    load_providers,
};
pub use second_factor::{
    BeginSecondFactor, ConfirmSecondFactor, NewRecoveryCodes, RemoveSecondFactor, RemoveSecondFactorOf,
    SecondFactorView, load_second_factor,
};
pub use tabs::{
    Overview, SaveProjectText, TabData, load_logs, load_project_tab, load_project_text, save_project_text,
};
pub use theme::{SetTheme, theme};
pub use tokens::{CreateToken, RevokeToken, TokenList, load_tokens};
pub use users::{CreateUser, DeleteUser, load_users};

/// What pages show of a history: the newest entries.
#[cfg(feature = "ssr")]
const LATEST: crate::model::Page = crate::model::Page { after: None, limit: Some(50) };

#[cfg(feature = "ssr")]
use notice::note;
#[cfg(feature = "ssr")]
pub(crate) use server::give_status;
#[cfg(feature = "ssr")]
use server::{
    answered, clear_storage, headers, posted_without_scripts, send_to, set_cookies, setting_up, shown_cookie,
    signed_in, unix_lines,
};

#[cfg(feature = "ssr")]
mod server {
    //! What every server function does around its one call.

    use http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{ACCEPT, COOKIE, SET_COOKIE},
        request::Parts,
    };
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use crate::{
        backend::{Cookies, SharedBackend, backend},
        error::AppError,
        model::Viewer,
    };

    /// The backend and the signed-in person; anyone else is sent to sign in, to set up the first account, or to set up the
    /// second factor that the installation requires.
    pub async fn signed_in() -> Result<(SharedBackend, Viewer), AppError> {
        let backend = backend()?;
        let viewer = backend.viewer(&headers()?).await;
        known(backend, viewer).await
    }

    /// As [`signed_in`], for the few functions with which a second factor is set up.
    pub async fn setting_up() -> Result<(SharedBackend, Viewer), AppError> {
        let backend = backend()?;
        let viewer = backend.viewer_setting_up(&headers()?).await;
        known(backend, viewer).await
    }

    async fn known(
        backend: SharedBackend,
        viewer: Result<Viewer, AppError>,
    ) -> Result<(SharedBackend, Viewer), AppError> {
        match viewer {
            Ok(viewer) => Ok((backend, viewer)),
            Err(AppError::SecondFactorSetupRequired) => {
                send_to("/second-factor");
                answered(Err(AppError::SecondFactorSetupRequired))
            }
            Err(AppError::Unauthorized) => {
                send_to(if backend.setup_needed().await? { "/setup" } else { "/login" });
                answered(Err(AppError::Unauthorized))
            }
            Err(error) => answered(Err(error)),
        }
    }

    /// The request's headers.
    pub fn headers() -> Result<HeaderMap, AppError> {
        use_context::<Parts>().map(|parts| parts.headers).ok_or(AppError::Internal)
    }

    /// Gives a refusal its HTTP status and passes the result on.
    pub fn answered<T>(result: Result<T, AppError>) -> Result<T, AppError> {
        result.inspect_err(give_status)
    }

    /// Gives the answer a refusal's HTTP status.
    ///
    /// A form posted without scripts keeps its redirect back to the page, which shows the error.
    pub fn give_status(error: &AppError) {
        if let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>())
            && let Ok(status) = StatusCode::from_u16(error.status_code())
        {
            let page = parts.method == Method::GET;
            let redirected =
                page && matches!(error, AppError::Unauthorized | AppError::SecondFactorSetupRequired);
            if !redirected && (page || !accepts_html(&parts)) {
                response.set_status(status);
            }
        }
    }

    /// Sends the browser to another page: at once, after a plain form post, or through the router.
    pub fn send_to(path: &str) {
        leptos_axum::redirect(path);
        if let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>())
            && parts.method == Method::GET
        {
            response.set_status(StatusCode::FOUND);
        }
    }

    /// Adds the cookies to the response.
    pub fn set_cookies(cookies: Cookies) -> Result<(), AppError> {
        let response = use_context::<ResponseOptions>().ok_or(AppError::Internal)?;
        for cookie in cookies {
            response
                .append_header(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(|_| AppError::Internal)?);
        }
        Ok(())
    }

    /// Asks the browser to remove what pages kept in it, as <https://www.w3.org/TR/clear-site-data/> says. Its cache
    /// holds only what everybody may see, and the theme is a cookie.
    pub fn clear_storage() -> Result<(), AppError> {
        let response = use_context::<ResponseOptions>().ok_or(AppError::Internal)?;
        let name = HeaderName::from_static("clear-site-data");
        response.insert_header(name, HeaderValue::from_static("\"storage\""));
        Ok(())
    }

    /// What was kept in a cookie of this name for this page, such as by [`crate::backend::Tokens::show_token`].
    pub fn shown_cookie(name: &str) -> Option<String> {
        let parts = use_context::<Parts>()?;
        let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let found = pairs.find(|(found, _)| *found == name).map(|(_, value)| value);
        // Only what can be a token is drawn.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        found.filter(|value| !value.is_empty() && value.chars().all(plain)).map(str::to_owned)
    }

    /// Text of a plain form post with the line ends that tools on the server expect.
    pub fn unix_lines(text: &str) -> String {
        text.replace("\r\n", "\n")
    }

    /// Whether the request is a form that a browser posted by itself.
    pub fn posted_without_scripts() -> bool {
        use_context::<Parts>().is_some_and(|parts| parts.method == Method::POST && accepts_html(&parts))
    }

    fn accepts_html(parts: &Parts) -> bool {
        parts.headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
    }
}
