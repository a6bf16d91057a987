//! What happens to every request before a handler sees it: its client's address, a renewed sign-in.

use std::net::{IpAddr, SocketAddr};

use app::error::AppError;
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, COOKIE, SET_COOKIE},
};
use secrecy::ExposeSecret as _;

use super::{Auth, CLIENT_ADDRESS};
use crate::error::Problem;

/// Notes the client's address for the limits on sign-ins; behind a trusted proxy, the address that it saw.
pub async fn client_address(State(auth): State<Auth>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let headers = request.headers_mut();
    let address = peer.map_or_else(String::new, |peer| client(peer, headers, &auth.0.proxies).to_string());
    headers.remove(CLIENT_ADDRESS);
    if let Ok(value) = HeaderValue::from_str(&address) {
        headers.insert(CLIENT_ADDRESS, value);
    }
    next.run(request).await
}

/// The first address, seen from here, that is no trusted proxy's: each proxy adds the one that it saw at the end, and
/// what stands before the last untrusted one are its own claims.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let mut seen = peer;
    let claims: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
    for claim in claims.iter().flat_map(|line| line.split(',')).rev() {
        if !proxies.contains(&seen) {
            break;
        }
        let Ok(next) = claim.trim().parse::<IpAddr>() else { break };
        seen = next.to_canonical();
    }
    seen
}

/// Renews a browser's sign-in when its access token has run out: the request goes on as authenticated, and the
/// answer carries the new cookies.
pub async fn renew(State(auth): State<Auth>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let refresh = auth.cookies().refresh(headers).map(str::to_owned);
    let needed = !headers.contains_key(AUTHORIZATION) && auth.claims(headers).is_none();
    let Some(refresh) = refresh.filter(|_| needed) else { return next.run(request).await };
    let cookies = match auth.renew(&refresh).await {
        Ok(pair) => {
            let own = format!("{}={}", auth.cookies().access_name(), pair.access.expose_secret());
            prepend_cookie(request.headers_mut(), &own);
            vec![auth.cookies().set_access(&pair.access), auth.cookies().set_refresh(&pair.refresh)]
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
    fn forwarded_addresses_are_believed_of_trusted_proxies_only() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [ip("127.0.0.1"), ip("10.0.0.9")];
        let from = |peer: &str, lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            client(ip(peer), &headers, &proxies).to_string()
        };
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(
            from("127.0.0.1", &["6.6.6.6, 7.7.7.7"]),
            "7.7.7.7",
            "the client's own claim was believed"
        );
        assert_eq!(from("127.0.0.1", &["6.6.6.6", "7.7.7.7 , 10.0.0.9"]), "7.7.7.7");
        assert_eq!(from("8.8.8.8", &["7.7.7.7"]), "8.8.8.8", "a stranger was taken for a proxy");
        assert_eq!(from("127.0.0.1", &["7.7.7.7, nonsense"]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["::ffff:7.7.7.7"]), "7.7.7.7");
    }
}
