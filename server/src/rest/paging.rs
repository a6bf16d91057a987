//! Lists in parts: `?after=&limit=`, and the way to the next part in the `Link` header.
//!
//! Must not know what is listed; `after` is the id of the last item that the client has.

use app::{
    error::AppError,
    model::{LogEntry, Page},
};
use axum::{
    extract::{FromRequestParts, OriginalUri},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Uri, header::LINK, request::Parts};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Problem, extract::Query};

/// Items in a part, unless another number is asked for.
const USUAL: u32 = 100;
/// Most items in a part.
const MOST: u32 = 200;

/// Which part of a list; for the document alone.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document is made from it; the request is read as `Asked`")]
pub struct PageParams {
    /// Id of the last item that you have; what comes after it in the list is answered.
    after: Option<i64>,
    /// At most so many items.
    #[param(minimum = 1, maximum = 200, default = 100)]
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(bound = "C: DeserializeOwned")]
struct Asked<C> {
    after: Option<C>,
    limit: Option<u32>,
}

/// The part of a list that a request asks for.
pub struct PageRequest<C = i64> {
    after: Option<C>,
    limit: u32,
    uri: Uri,
}

impl<C: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PageRequest<C> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(asked) = Query::<Asked<C>>::from_request_parts(parts, state).await?;
        let limit = asked.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(AppError::invalid("limit", format!("Ask for 1 to {MOST} items.")).into());
        }
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await.map_err(infallible)?;
        Ok(Self { after: asked.after, limit, uri })
    }
}

impl<C: Clone> PageRequest<C> {
    /// What to ask the service for: one item more, which tells whether there is another part.
    pub fn page(&self) -> Page<C> {
        Page { after: self.after.clone(), limit: Some(self.limit + 1) }
    }

    /// The answer, from what [`PageRequest::page`] gave.
    pub fn answer<T: Serialize, I: std::fmt::Display>(&self, mut items: Vec<T>, id: fn(&T) -> I) -> Response {
        let more = items.len() > self.limit as usize;
        items.truncate(self.limit as usize);
        let last = items.last().map(id).filter(|_| more);
        let next = last.map(|id| other_part(&self.uri, "after", id));
        with_links(items, [("next", next)])
    }
}

fn infallible(never: std::convert::Infallible) -> Problem {
    match never {}
}

/// The address of another part of a list: the same question from another place on.
pub fn other_part(uri: &Uri, parameter: &str, id: impl std::fmt::Display) -> String {
    let places = ["after", "before"];
    let kept = uri.query().unwrap_or_default().split('&').filter(|pair| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        !pair.is_empty() && !places.contains(&name)
    });
    let query: Vec<_> = kept.map(str::to_owned).chain([format!("{parameter}={id}")]).collect();
    format!("{}?{}", uri.path(), query.join("&"))
}

/// A list with links to other parts of it.
pub fn with_links<T: Serialize, const N: usize>(
    items: Vec<T>,
    links: [(&str, Option<String>); N],
) -> Response {
    let links = links.into_iter().filter_map(|(relation, to)| Some(format!("<{}>; rel=\"{relation}\"", to?)));
    let links = links.collect::<Vec<_>>().join(", ");
    let mut answer = axum::Json(items).into_response();
    if let Ok(value) = HeaderValue::from_str(&links)
        && !links.is_empty()
    {
        answer.headers_mut().insert(LINK, value);
    }
    answer
}

/// A part of a log, oldest line first, with the way to the part that lies in the direction in which it was asked for.
pub fn part_of_log(uri: &Uri, lines: Vec<LogEntry>, limit: u32, forward: bool) -> Response {
    // A full part may be the last one: the part after it is empty then.
    let full = lines.len() == limit as usize;
    let older = lines.first().filter(|_| full && !forward).map(|line| other_part(uri, "before", line.id));
    let newer = lines.last().filter(|_| full && forward).map(|line| other_part(uri, "after", line.id));
    with_links(lines, [("prev", older), ("next", newer)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_part_is_the_same_question() {
        let part = |uri: &'static str| other_part(&Uri::from_static(uri), "before", 7);
        assert_eq!(part("/logs"), "/logs?before=7");
        assert_eq!(part("/logs?after=1&level=info&q=a%26b&before=3"), "/logs?level=info&q=a%26b&before=7");
    }
}
