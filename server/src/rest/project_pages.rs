//! `/projects/{id}/…`: what its page reports beside the project: log files, changes, cost of steps.

use app::{
    backend::SharedBackend,
    error::AppError,
    model::{Changes, ChangesQuery, LogEntry, LogId, LogQuery, ProjectId, StepUsage, Viewer},
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
};
use futures::stream;
use http::{
    HeaderValue,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Path, Query},
};
use crate::{auth::AuthUser, state::AppState};

/// Lines that are read at a time for a download.
const PAGE: u32 = 1000;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(logs_text))
        .routes(routes!(logs_ndjson))
        .routes(routes!(step_usage))
        .routes(routes!(changes))
}

/// The whole log that a query selects, as text.
#[utoipa::path(
    get,
    path = "/projects/{id}/logs.txt",
    tag = tag::PROJECTS,
    params(LogQuery),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
async fn logs_text(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    download(user, backend, id, query, "text/plain; charset=utf-8", "txt", text_line).await
}

/// The whole log that a query selects, one JSON object a line.
#[utoipa::path(
    get,
    path = "/projects/{id}/logs.ndjson",
    tag = tag::PROJECTS,
    params(LogQuery),
    responses((status = 200, body = String, content_type = "application/x-ndjson"))
)]
async fn logs_ndjson(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    download(user, backend, id, query, "application/x-ndjson", "ndjson", json_line).await
}

/// One line of text: what a terminal would obey is shown as an escape.
fn text_line(entry: &LogEntry) -> String {
    let mut line = format!("{} {} ", entry.timestamp, entry.level.as_str());
    for c in entry.message.chars() {
        match c {
            '\n' => line.push_str("\n    "),
            '\t' => line.push(c),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line.push('\n');
    line
}

fn json_line(entry: &LogEntry) -> String {
    format!("{}\n", serde_json::json!(entry))
}

/// The whole log that a query selects, page after page, so that its length costs no memory.
async fn download(
    user: AuthUser,
    backend: SharedBackend,
    id: ProjectId,
    query: LogQuery,
    kind: &'static str,
    extension: &str,
    line: fn(&LogEntry) -> String,
) -> Result<Response, Problem> {
    let viewer = user.viewer().clone();
    let slug = backend.project(&viewer, id).await?.slug;
    // Everything, oldest first; `limit` is of no use in a download.
    let query = LogQuery { after: Some(query.after.unwrap_or(LogId(0))), limit: Some(PAGE), ..query };
    // The first page before the answer begins, so that a refusal has its status.
    let first = backend.logs(&viewer, id, query.clone()).await?;
    let pages = stream::unfold(Some((first, query)), move |state| {
        let (backend, viewer) = (backend.clone(), viewer.clone());
        async move {
            let (page, mut query) = state?;
            let text = Bytes::from(page.iter().map(line).collect::<String>());
            let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Some((Ok(text), None));
            };
            query.after = Some(last.id);
            match next_page(&backend, &viewer, id, &query).await {
                Ok(next) => Some((Ok(text), Some((next, query)))),
                // The download breaks off, which the browser says.
                Err(error) => Some((Err(error), None)),
            }
        }
    });
    let name = format!("attachment; filename=\"{slug}-log.{extension}\"");
    let disposition = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(pages)).into_response())
}

async fn next_page(
    backend: &SharedBackend,
    viewer: &Viewer,
    id: ProjectId,
    query: &LogQuery,
) -> Result<Vec<LogEntry>, AppError> {
    backend.logs(viewer, id, query.clone()).await
}

/// Tokens and cost of each step that has any, in the order of the plan.
#[utoipa::path(
    get,
    path = "/projects/{id}/usage/steps",
    tag = tag::PROJECTS,
    responses((status = 200, body = Vec<StepUsage>))
)]
async fn step_usage(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<Vec<StepUsage>>, Problem> {
    Ok(axum::Json(backend.step_usage(user.viewer(), id).await?))
}

/// What a step changed in the files, or what is not committed yet.
#[utoipa::path(
    get,
    path = "/projects/{id}/changes",
    tag = tag::PROJECTS,
    params(ChangesQuery),
    responses((status = 200, body = Changes), (status = 409))
)]
async fn changes(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<ChangesQuery>,
) -> Result<axum::Json<Changes>, Problem> {
    Ok(axum::Json(backend.changes(user.viewer(), id, query).await?))
}

#[cfg(test)]
mod tests {
    use app::model::{InstanceId, LogLevel, Timestamp};

    use super::*;

    #[test]
    fn a_line_of_text_obeys_no_terminal() {
        let entry = LogEntry {
            id: LogId(1),
            project_id: None,
            agent_instance_id: InstanceId(1),
            level: LogLevel::Error,
            message: "a\u{1b}]52;c;eA==\u{7}\nb\t\u{9b}2J".to_owned(),
            timestamp: Timestamp::from_millis(0),
        };
        let expected = "1970-01-01T00:00:00Z error a\\u{1b}]52;c;eA==\\u{7}\n    b\t\\u{9b}2J\n";
        assert_eq!(text_line(&entry), expected);
    }
}
