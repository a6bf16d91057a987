//! Headers that limit what a page may do in the browser, whatever somebody managed to write into it.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};
use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::use_context,
};
use leptos_axum::ResponseOptions;

/// What every answer carries that has no policy of its own: files, JSON, errors.
const FILES_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/// The policy of a page: its own scripts run, by the nonce of this one answer, and what these load.
///
/// Style sheets are files, and those elements that xterm.js makes with the nonce; it also sets style attributes, which can
/// neither load nor run anything that this policy does not allow.
fn page_policy(nonce: &Nonce, watched: bool) -> String {
    // The reloader of `cargo leptos watch` listens on a port of its own.
    let reloader = if watched { " ws:" } else { "" };
    format!(
        "default-src 'none'; \
         script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reloader}; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// Gives the page that is being rendered its policy; does nothing outside of a page.
pub fn secure_page(watched: bool) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    match HeaderValue::from_str(&page_policy(&nonce, watched)) {
        Ok(policy) => response.insert_header(header::CONTENT_SECURITY_POLICY, policy),
        Err(error) => tracing::error!("the policy of a page is no header: {error}"),
    }
}

/// Whether people reach this server over HTTPS.
#[derive(Clone, Copy, Debug)]
pub struct Https(pub bool);

/// For a year browsers come over HTTPS only, also if a link or a person says otherwise.
const HTTPS_ONLY: &str = "max-age=31536000";

/// Puts the headers on every answer.
pub async fn security_headers(State(https): State<Https>, request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 7] = [
        (header::CONTENT_SECURITY_POLICY, FILES_POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    let mut response = next.run(request).await;
    let https_only = https.0.then_some((header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY));
    for (name, value) in HEADERS.into_iter().chain(https_only) {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_nonce_lets_scripts_run() {
        let policy = page_policy(&Nonce::from_value("abc"), false);
        let scripts = policy.split("; ").find(|part| part.starts_with("script-src")).unwrap();
        assert_eq!(scripts, "script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval'");
        assert!(!policy.contains("ws:"));
        assert!(page_policy(&Nonce::from_value("abc"), true).contains("connect-src 'self' ws:;"));
    }
}
