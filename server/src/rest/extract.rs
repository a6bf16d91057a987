//! Extractors whose refusals are problems with field errors.

use app::error::AppError;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE, request::Parts};
use serde::de::DeserializeOwned;

use super::Problem;

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let why = "Send the body as JSON with Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large; 1 MiB is the most.")
                }
                status => Problem::new(status, "The body could not be read."),
            })?;
        parse(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        if !error.inner().is_data() {
            let why = format!("The body is not valid JSON: {}.", error.inner());
            return Problem::new(StatusCode::BAD_REQUEST, why);
        }
        let path = error.path().to_string();
        let (field, message) = field_error(&path, &error.into_inner().to_string());
        AppError::invalid(&field, message).into()
    })?;
    json.end()
        .map_err(|e| Problem::new(StatusCode::BAD_REQUEST, format!("The body is not valid JSON: {e}.")))?;
    Ok(parsed)
}

/// Field and message from serde's, which names a missing field only in its text.
fn field_error(path: &str, text: &str) -> (String, String) {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let inside = |name: &str| if path == "." { name.to_owned() } else { format!("{path}.{name}") };
    match text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(name) => (inside(name), "This field is required.".to_owned()),
        None => (path.trim_start_matches('.').to_owned(), text.to_owned()),
    }
}

/// Parameters in the path; one that cannot be an id names nothing.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(AppError::NotFound.into()),
        }
    }
}

/// Parameters behind the question mark.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::new(StatusCode::BAD_REQUEST, rejection.body_text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use app::model::{AgentDraft, ProjectDraft};

    use super::*;

    #[test]
    fn problems_name_their_field() {
        let field = |body: &str| {
            let problem = parse::<AgentDraft>(body.as_bytes()).map(|_| ()).unwrap_err();
            serde_json::to_value(problem).unwrap()["errors"][0].clone()
        };
        assert_eq!(
            field(r#"{"name": "x"}"#),
            serde_json::json!({"field": "model", "message": "This field is required."})
        );
        assert_eq!(field(r#"{"name": "x", "model": "bad"}"#)["field"], "model");
        assert_eq!(field(r#"{"name": 1, "model": "a/b"}"#)["field"], "name");
        let nested =
            parse::<ProjectDraft>(br#"{"name": "x", "implementation_plan": {"steps": [{"id": "1"}]}}"#);
        let nested = serde_json::to_value(nested.map(|_| ()).unwrap_err()).unwrap();
        assert_eq!(nested["errors"][0]["field"], "implementation_plan.steps[0].title");
    }

    #[test]
    fn broken_json_is_a_bad_request() {
        for body in ["", "{", "{} {}", "nonsense"] {
            let problem = parse::<serde_json::Value>(body.as_bytes()).map(|_| ()).unwrap_err();
            assert_eq!(serde_json::to_value(problem).unwrap()["status"], 400, "{body}");
        }
    }
}
