//! What happens to every request before a handler sees it: its client's address, its origin, a renewed sign-in.

use std::net::{IpAddr, SocketAddr};

use app::error::AppError;
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, SET_COOKIE, UPGRADE},
};
use secrecy::ExposeSecret as _;

use super::{Auth, CLIENT_ADDRESS, Renewal};
use crate::error::Problem;

/// Notes the client's address for the sign-in limiter; behind a proxy on this machine, the address that it saw.
pub async fn client_address(mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let headers = request.headers_mut();
    let address = match peer {
        Some(ip) if ip.is_loopback() => forwarded(headers).unwrap_or(ip).to_string(),
        Some(ip) => ip.to_string(),
        None => String::new(),
    };
    headers.remove(CLIENT_ADDRESS);
    if let Ok(value) = HeaderValue::from_str(&address) {
        headers.insert(CLIENT_ADDRESS, value);
    }
    next.run(request).await
}

/// The last entry, which the proxy itself wrote; those before it are the client's claims.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// Refuses requests that another site made a browser send: those that change something, and WebSockets.
///
/// A bearer token cannot be sent by another site, so such requests pass.
pub async fn same_origin(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let checked = !safe || headers.contains_key(UPGRADE);
    if checked && !headers.contains_key(AUTHORIZATION) && !auth.is_same_origin(headers) {
        let why =
            "This request comes from another site than this server's; open AutoCode at its own address.";
        return Problem::new(http::StatusCode::FORBIDDEN, why).into_response();
    }
    next.run(request).await
}

impl Auth {
    fn is_same_origin(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
        if let Some(origin) = headers.get(ORIGIN) {
            let authority =
                origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, authority)| authority);
            return authority.is_some()
                && (authority == text(HOST.as_str()) || authority == self.0.public_authority.as_deref());
        }
        // Browsers say one or the other; a client that says neither is no browser, unless it sends our cookies.
        match text("sec-fetch-site") {
            Some(site) => matches!(site, "same-origin" | "none"),
            None => self.0.cookies.access(headers).is_none() && self.0.cookies.refresh(headers).is_none(),
        }
    }
}

/// Renews a browser's sign-in when its access token has run out: the request goes on as authenticated, and the
/// answer carries the new cookies.
pub async fn renew(State(auth): State<Auth>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let refresh = auth.cookies().refresh(headers).map(str::to_owned);
    let needed = !headers.contains_key(AUTHORIZATION) && auth.claims(headers).is_none();
    let Some(refresh) = refresh.filter(|_| needed) else { return next.run(request).await };
    let cookies = match auth.renew(&refresh, Renewal::Browser).await {
        Ok(pair) => {
            let own = format!("{}={}", auth.cookies().access_name(), pair.access.expose_secret());
            prepend_cookie(request.headers_mut(), &own);
            let mut cookies = vec![auth.cookies().set_access(&pair.access)];
            cookies.extend(pair.refresh.map(|token| auth.cookies().set_refresh(&token)));
            cookies
        }
        Err(AppError::Unauthorized) => auth.cookies().clear(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let mut response = next.run(request).await;
    // A handler that signed somebody in or out has the last word.
    if !response.headers().contains_key(SET_COOKIE) {
        for cookie in cookies {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(SET_COOKIE, value);
            }
        }
    }
    response
}

/// Puts a cookie before the others, so that it is found before an expired one of the same name; the refresh token
/// behind it was just replaced, so handlers find the session by the new access token.
fn prepend_cookie(headers: &mut HeaderMap, own: &str) {
    let others: Vec<_> = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).collect();
    let all = [vec![own], others].concat().join("; ");
    if let Ok(value) = HeaderValue::from_str(&all) {
        headers.insert(COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_forwarded_address_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append("x-forwarded-for", "6.6.6.6, 10.0.0.1".parse().unwrap());
        headers.append("x-forwarded-for", "7.7.7.7 , 10.0.0.2".parse().unwrap());
        assert_eq!(forwarded(&headers), Some([10, 0, 0, 2].into()));
    }
}
