//! Whether a request comes from this server's own pages: refuses what another site makes a browser send.
//!
//! Three checks, each enough against most attacks: the name that the request was sent to (a hostile name that resolves to
//! this machine), the `Origin` and the `Sec-Fetch-Site` that browsers add. Must not know who asks.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, Method, StatusCode, Uri,
    header::{AUTHORIZATION, HOST, ORIGIN, UPGRADE},
};

use super::{Auth, cookies::CookieStyle};
use crate::error::Problem;

const FOREIGN: &str =
    "This request comes from another site than this server's; open AutoCode at its own address.";
const OTHER_NAME: &str = "This server does not go by that name: open it by its IP address, or have AUTOCODE_PUBLIC_URL name the address as the browser shows it.";

/// The names of this server.
#[derive(Clone, Debug)]
pub struct Site {
    public: Option<Public>,
}

#[derive(Clone, Debug)]
struct Public {
    /// As browsers send it: scheme, host, and the port unless it is the scheme's own.
    origin: String,
    authority: String,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It was sent to a name that is not this server's (421).
    OtherName,
    /// Another site's page sent it, or it does not say whose (403).
    Foreign,
}

/// Refuses requests that another site made a browser send: those that change something, and WebSockets.
pub async fn same_origin(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if !safe || headers.contains_key(UPGRADE) {
        match auth.0.site.check(request.uri(), headers, auth.cookies()) {
            Ok(()) => {}
            Err(Refusal::OtherName) => {
                return Problem::new(StatusCode::MISDIRECTED_REQUEST, OTHER_NAME).into_response();
            }
            Err(Refusal::Foreign) => return Problem::new(StatusCode::FORBIDDEN, FOREIGN).into_response(),
        }
    }
    next.run(request).await
}

impl Site {
    /// With the address that people type, if one is configured.
    pub fn new(public_url: Option<&str>) -> Self {
        let public = public_url.and_then(|url| {
            let (scheme, authority) = url.split_once("://")?;
            let authority = without_port(scheme, authority).to_ascii_lowercase();
            Some(Public { origin: format!("{scheme}://{authority}"), authority })
        });
        Self { public }
    }

    /// Whether a request that changes something, or opens a socket, is this server's own.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn check(&self, uri: &Uri, headers: &HeaderMap, cookies: CookieStyle) -> Result<(), Refusal> {
        let host = host(uri, headers).ok_or(Refusal::OtherName)?;
        if !self.is_own_name(&host) {
            return Err(Refusal::OtherName);
        }
        // Another site cannot make a browser send a bearer token, and beside one no cookie is read.
        if is_bearer(headers) {
            return Ok(());
        }
        let fetched = only(headers, "sec-fetch-site")?;
        if !matches!(fetched, None | Some("same-origin" | "none")) {
            return Err(Refusal::Foreign);
        }
        match only(headers, ORIGIN.as_str())? {
            Some(origin) if self.is_own_origin(origin, &host) => Ok(()),
            Some(_) => Err(Refusal::Foreign),
            // What says nothing of its origin is no browser's form or script; with our cookies it pretends to be one.
            None if cookies.access(headers).is_none() && cookies.refresh(headers).is_none() => Ok(()),
            None => Err(Refusal::Foreign),
        }
    }

    /// The public name, or one that no name server can turn into an attack: an IP address, `localhost`.
    fn is_own_name(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let local = name == "localhost" || name.parse::<std::net::IpAddr>().is_ok();
        local || self.public.as_ref().is_some_and(|public| public.is(host))
    }

    fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        match &self.public {
            Some(public) if public.is(host) => origin.eq_ignore_ascii_case(&public.origin),
            _ => origin.split_once("://").is_some_and(|(scheme, authority)| {
                matches!(scheme, "http" | "https")
                    && without_port(scheme, authority).eq_ignore_ascii_case(without_port(scheme, host))
            }),
        }
    }
}

impl Public {
    fn is(&self, host: &str) -> bool {
        let scheme = if self.origin.starts_with("https") { "https" } else { "http" };
        without_port(scheme, host) == self.authority
    }
}

/// Without the port that the scheme has anyway.
fn without_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let port = if scheme == "https" { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// The name and port that the request was sent to, in lower case.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let stated = only(headers, HOST.as_str()).ok()?;
    let authority = uri.authority().map(http::uri::Authority::as_str).or(stated)?;
    Some(authority.to_ascii_lowercase())
}

/// The header's value; several, or one that is no text, are nobody's honest request.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Refusal::Foreign),
        (Some(_), Some(_)) => Err(Refusal::Foreign),
    }
}

fn is_bearer(headers: &HeaderMap) -> bool {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")))
}

#[cfg(test)]
mod tests;
