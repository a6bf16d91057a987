//! Changes only of what was seen: `ETag` on what is read, `If-Match` on what is changed.
//!
//! Must not know what a thing is: its version is that of the JSON that is sent.

use app::model::Expected;
use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH},
    request::Parts,
};
use serde::Serialize;

use super::Problem;
use crate::{error, services::version};

/// The entity tags of a header; none without the header.
fn tags(headers: &HeaderMap, name: http::HeaderName) -> Option<Vec<String>> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let texts = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Some(texts.collect::<Vec<_>>().join(",").split(',').map(|tag| tag.trim().to_owned()).collect())
}

/// The version in an entity tag; none for a weak one, which stands for no exact version.
fn strong(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')
}

/// What a request expects to change, from its `If-Match`.
pub struct IfMatch(pub Expected);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(tags) = tags(&parts.headers, IF_MATCH) else { return Ok(Self(Expected::Anything)) };
        if tags.iter().any(|tag| tag == "*") {
            return Ok(Self(Expected::Anything));
        }
        Ok(Self(Expected::OneOf(tags.iter().filter_map(|tag| strong(tag)).map(str::to_owned).collect())))
    }
}

/// What a client has already, from its `If-None-Match`.
pub struct IfNoneMatch(Vec<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(tags(&parts.headers, IF_NONE_MATCH).unwrap_or_default()))
    }
}

impl IfNoneMatch {
    /// The thing, or 304 if the client has it as it is.
    pub fn answer<T: Serialize>(self, thing: T) -> Result<Response, Problem> {
        let (tag, text) = tagged(&thing)?;
        let has = self.0.iter().any(|seen| seen.trim_start_matches("W/").as_bytes() == tag.as_bytes());
        if has {
            return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
        }
        Ok(json(tag, text))
    }
}

/// A thing that was created or changed, with its version.
pub struct Tagged<T>(pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        match tagged(&self.0) {
            Ok((tag, text)) => json(tag, text),
            Err(problem) => problem.into_response(),
        }
    }
}

fn tagged(thing: &impl Serialize) -> Result<(HeaderValue, Vec<u8>), Problem> {
    let text = serde_json::to_vec(thing).map_err(|e| error::internal("an answer cannot be written", e))?;
    let tag = format!("\"{}\"", version::of_text(&text));
    let tag = HeaderValue::from_str(&tag).map_err(|e| error::internal("a version is no header", e))?;
    Ok((tag, text))
}

fn json(tag: HeaderValue, text: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json")), (ETAG, tag)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_strong_tags_are_versions() {
        let expected = async |values: &[&str]| {
            let mut request = http::Request::builder();
            for value in values {
                request = request.header(IF_MATCH, *value);
            }
            let mut parts = request.body(()).unwrap().into_parts().0;
            let Ok(IfMatch(expected)) = IfMatch::from_request_parts(&mut parts, &()).await else {
                panic!("{values:?} was refused")
            };
            expected
        };
        let one_of = |all: &[&str]| Expected::OneOf(all.iter().map(|v| (*v).to_owned()).collect());
        assert_eq!(expected(&[]).await, Expected::Anything);
        assert_eq!(expected(&["*"]).await, Expected::Anything);
        assert_eq!(expected(&["\"a\" , \"b\"", "\"c\""]).await, one_of(&["a", "b", "c"]));
        assert_eq!(expected(&["W/\"a\"", "b", ""]).await, one_of(&[]));
    }
}
