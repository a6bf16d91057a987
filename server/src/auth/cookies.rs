//! The two cookies of a signed-in browser.
//!
//! Must not know what the tokens in them mean.

use http::{HeaderMap, header::COOKIE};
use secrecy::{ExposeSecret as _, SecretString};

use super::token::{ACCESS_SECS, REFRESH_SECS};

/// How this installation's cookies are named and guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieStyle {
    https: bool,
}

impl CookieStyle {
    /// Over HTTPS, cookies are `Secure` and carry the `__Host-` prefix, which a subdomain cannot set.
    pub fn new(https: bool) -> Self {
        Self { https }
    }

    /// Name of the access token's cookie.
    pub fn access_name(self) -> &'static str {
        if self.https { "__Host-autocode_access" } else { "autocode_access" }
    }

    /// Name of the refresh token's cookie.
    pub fn refresh_name(self) -> &'static str {
        if self.https { "__Host-autocode_refresh" } else { "autocode_refresh" }
    }

    /// The access token in a request's cookies.
    pub fn access(self, headers: &HeaderMap) -> Option<&str> {
        find(headers, self.access_name())
    }

    /// The refresh token in a request's cookies.
    pub fn refresh(self, headers: &HeaderMap) -> Option<&str> {
        find(headers, self.refresh_name())
    }

    /// `Set-Cookie` value for an access token.
    pub fn set_access(self, token: &SecretString) -> String {
        self.set(self.access_name(), token.expose_secret(), ACCESS_SECS)
    }

    /// `Set-Cookie` value for a refresh token.
    pub fn set_refresh(self, token: &SecretString) -> String {
        self.set(self.refresh_name(), token.expose_secret(), REFRESH_SECS)
    }

    /// `Set-Cookie` values that remove both.
    pub fn clear(self) -> Vec<String> {
        vec![self.set(self.access_name(), "", 0), self.set(self.refresh_name(), "", 0)]
    }

    /// `Set-Cookie` value that keeps something for the next look at one page, two minutes at most; none removes it.
    pub fn shown_once(self, name: &str, path: &str, value: Option<&str>) -> String {
        let secure = if self.https { "; Secure" } else { "" };
        let (value, max_age) = value.map_or(("", 0), |value| (value, 120));
        format!("{name}={value}; HttpOnly; SameSite=Strict; Path={path}; Max-Age={max_age}{secure}")
    }

    fn set(self, name: &str, value: &str, max_age: i64) -> String {
        let secure = if self.https { "; Secure" } else { "" };
        format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age={max_age}{secure}")
    }
}

/// The value of a cookie in a request, if it is there and not empty.
fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_guarded() {
        let token = SecretString::from("t");
        assert_eq!(
            CookieStyle::new(true).set_access(&token),
            "__Host-autocode_access=t; HttpOnly; SameSite=Lax; Path=/; Max-Age=900; Secure"
        );
        assert_eq!(
            CookieStyle::new(false).clear(),
            [
                "autocode_access=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0",
                "autocode_refresh=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
            ]
        );
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; xautocode_access=no; autocode_access=yes".parse().unwrap());
        headers.append(COOKIE, "autocode_refresh=too".parse().unwrap());
        let style = CookieStyle::new(false);
        assert_eq!((style.access(&headers), style.refresh(&headers)), (Some("yes"), Some("too")));
    }
}
