//! `/projects/{id}/…`: what its page reports and edits beside the project: log files, long texts, changes, cost of steps.

use app::{
    backend::SharedBackend,
    error::AppError,
    model::{
        Changes, ChangesQuery, LogEntry, LogId, LogQuery, ProjectId, ProjectText, StepUsage, TextKind,
        TextSave, Viewer,
    },
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures::stream;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_MATCH},
};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    extract::{Json, Path, Query},
};
use crate::{auth::AuthUser, state::AppState};

/// Lines that are read at a time for a download.
const PAGE: u32 = 1000;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/projects/{id}/logs.txt", get(logs_text))
        .route("/projects/{id}/logs.ndjson", get(logs_ndjson))
        .route("/projects/{id}/usage/steps", get(step_usage))
        .route("/projects/{id}/changes", get(changes))
        .route("/projects/{id}/description", get(description).put(put_description))
        .route("/projects/{id}/architecture", get(architecture).put(put_architecture))
}

async fn logs_text(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<LogQuery>,
) -> Result<Response, Problem> {
    download(user, backend, id, query, "text/plain; charset=utf-8", "txt", text_line).await
}

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

async fn step_usage(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<Vec<StepUsage>>, Problem> {
    Ok(axum::Json(backend.step_usage(user.viewer(), id).await?))
}

async fn changes(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<ChangesQuery>,
) -> Result<axum::Json<Changes>, Problem> {
    Ok(axum::Json(backend.changes(user.viewer(), id, query).await?))
}

#[derive(Deserialize)]
struct TextBody {
    text: String,
}

/// A refusal that carries the text that is there instead.
#[derive(Serialize)]
struct Outdated {
    #[serde(flatten)]
    problem: Problem,
    current: ProjectText,
}

fn with_tag(text: ProjectText, answer: Response) -> Response {
    let mut answer = answer;
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", text.version)) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

async fn read(
    user: AuthUser,
    backend: SharedBackend,
    id: ProjectId,
    kind: TextKind,
) -> Result<Response, Problem> {
    let text = backend.project_text(user.viewer(), id, kind).await?;
    Ok(with_tag(text.clone(), axum::Json(text).into_response()))
}

async fn write(
    user: AuthUser,
    backend: SharedBackend,
    id: ProjectId,
    kind: TextKind,
    headers: &HeaderMap,
    body: TextBody,
) -> Result<Response, Problem> {
    // Another user's project is not there, whatever else is wrong.
    backend.project(user.viewer(), id).await?;
    let tag = headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()).ok_or_else(|| {
        let why = "Say which text you replace: send its ETag as If-Match.";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, why)
    })?;
    let new = ProjectText { text: body.text, version: tag.trim().trim_matches('"').to_owned() };
    match backend.save_project_text(user.viewer(), id, kind, new).await? {
        TextSave::Saved(text) => Ok(with_tag(text.clone(), axum::Json(text).into_response())),
        TextSave::Conflict(current) => {
            let status = StatusCode::PRECONDITION_FAILED;
            let problem = Problem::new(status, "Somebody else changed the text meanwhile.");
            let body = axum::Json(Outdated { problem, current: current.clone() });
            let json = HeaderValue::from_static("application/problem+json");
            Ok(with_tag(current, (status, [(CONTENT_TYPE, json)], body).into_response()))
        }
    }
}

async fn description(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<Response, Problem> {
    read(user, backend, id, TextKind::Description).await
}

async fn architecture(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<Response, Problem> {
    read(user, backend, id, TextKind::Architecture).await
}

async fn put_description(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
    Json(body): Json<TextBody>,
) -> Result<Response, Problem> {
    write(user, backend, id, TextKind::Description, &headers, body).await
}

async fn put_architecture(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
    Json(body): Json<TextBody>,
) -> Result<Response, Problem> {
    write(user, backend, id, TextKind::Architecture, &headers, body).await
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
