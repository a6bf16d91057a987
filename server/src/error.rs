//! What went wrong inside, turned into what may be said outside: one error, one HTTP answer.

use app::error::{AppError, FieldError};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;
use tracing::error;

/// SQLite's result code for a disk without room.
const SQLITE_FULL: &str = "13";

/// The answer for a failed statement: known constraints become conflicts, the rest is logged and kept inside.
pub fn db(error: sqlx::Error) -> AppError {
    if let Some(conflict) = error.as_database_error().and_then(|e| conflict(e.message())) {
        return AppError::Conflict(conflict.to_owned());
    }
    if matches!(error, sqlx::Error::PoolTimedOut) {
        error!("no database connection became free in time");
        return AppError::Unavailable("The database is busy; try again in a moment.".to_owned());
    }
    if error.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == SQLITE_FULL) {
        error!("the disk is full: a row could not be written");
        let why = "The server's disk is full. Room for deleting is made at this moment: try again in a few seconds, and delete projects or files.";
        return AppError::Unavailable(why.to_owned());
    }
    internal("the database failed", error)
}

/// SQLite names the columns of a violated unique constraint, not the constraint.
fn conflict(message: &str) -> Option<&'static str> {
    let rest = message.strip_prefix("UNIQUE constraint failed: ");
    match rest {
        Some("users.username") => Some("This username is taken."),
        Some("agents.user_id, agents.name") => Some("You have an agent of this name already."),
        Some("projects.user_id, projects.slug") => Some("You have a project in this folder already."),
        Some("personal_tokens.user_id, personal_tokens.name") => {
            Some("You have a token of this name already.")
        }
        Some("agent_instances.project_id") => Some("The project is running already."),
        _ => message
            .starts_with("FOREIGN KEY constraint failed")
            .then_some("Something else still belongs to it; delete that first."),
    }
}

/// Logs a fault of ours and hides it.
pub fn internal(what: &'static str, why: impl std::fmt::Display) -> AppError {
    error!(error = %why, "{what}");
    AppError::Internal
}

/// Type of the problem that goes away with `POST /api/v1/auth/step-up`.
pub const STEP_UP_REQUIRED: &str = "urn:autocode:problem:step_up_required";
/// Type of the problem that goes away with a right `code` in `POST /api/v1/auth/login`.
pub const SECOND_FACTOR_REQUIRED: &str = "urn:autocode:problem:second_factor_required";
/// Type of the problem that goes away with `POST /api/v1/account/second-factor` and `…/confirm`.
pub const SECOND_FACTOR_SETUP_REQUIRED: &str = "urn:autocode:problem:second_factor_setup_required";

/// An answer that says no, as RFC 9457 has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Mostly `about:blank`, where the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    retry_after: Option<u64>,
    /// Version of what is there now.
    #[serde(skip)]
    version: Option<Box<str>>,
}

impl Problem {
    /// With a status and one sentence for a person.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            version: None,
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut problem = Self::new(status, error.to_string());
        match error {
            AppError::Invalid(errors) => problem.errors = errors,
            AppError::Outdated(version) => problem.version = Some(version.into()),
            AppError::StepUpRequired => problem.kind = STEP_UP_REQUIRED,
            AppError::SecondFactorRequired(_) => problem.kind = SECOND_FACTOR_REQUIRED,
            AppError::SecondFactorSetupRequired => problem.kind = SECOND_FACTOR_SETUP_REQUIRED,
            AppError::TooManyRequests(seconds) => problem.retry_after = Some(seconds),
            _ => {}
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let tag = self.version.as_ref().and_then(|v| HeaderValue::from_str(&format!("\"{v}\"")).ok());
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(tag) = tag {
            headers.insert(ETAG, tag);
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
