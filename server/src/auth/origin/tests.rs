//! Which requests pass, by what they say of themselves.

use super::{Refusal::*, *};

const COOKIE: (&str, &str) = ("cookie", "autocode_access=a");

fn check(public: Option<&str>, pairs: &[(&str, &str)]) -> Result<(), Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    let https = public.is_some_and(|url| url.starts_with("https"));
    Site::new(public).check(&Uri::from_static("/x"), &headers, CookieStyle::new(https))
}

#[test]
fn names_that_a_name_server_could_turn_are_refused() {
    for own in ["127.0.0.1:3000", "[::1]:3000", "localhost:3000", "LOCALHOST", "192.168.1.5"] {
        assert_eq!(check(None, &[("host", own)]), Ok(()), "{own}");
    }
    for foreign in
        ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost.evil.example", ""]
    {
        assert_eq!(check(None, &[("host", foreign)]), Err(OtherName), "{foreign}");
        let bearer = [("host", foreign), ("authorization", "Bearer x")];
        assert_eq!(check(None, &bearer), Err(OtherName), "{foreign} with a token");
    }
    assert_eq!(check(None, &[]), Err(OtherName));
    assert_eq!(check(None, &[("host", "localhost"), ("host", "evil.example")]), Err(OtherName));
    let public = Some("https://code.example");
    for own in ["code.example", "code.example:443", "Code.Example", "127.0.0.1:3000"] {
        assert_eq!(check(public, &[("host", own)]), Ok(()), "{own}");
    }
    for foreign in ["code.example:80", "code.example.evil.example", "xcode.example"] {
        assert_eq!(check(public, &[("host", foreign)]), Err(OtherName), "{foreign}");
    }
}

#[test]
fn an_origin_is_the_whole_of_scheme_host_and_port() {
    let public =
        |origin| check(Some("https://code.example"), &[("host", "code.example"), ("origin", origin)]);
    assert_eq!(public("https://code.example"), Ok(()));
    for foreign in [
        "http://code.example",
        "https://code.example:8443",
        "https://evil.example",
        "https://code.example.evil.example",
        "null",
        "",
    ] {
        assert_eq!(public(foreign), Err(Foreign), "{foreign}");
    }
    let local = |origin| check(None, &[("host", "127.0.0.1:3000"), ("origin", origin), COOKIE]);
    assert_eq!(local("http://127.0.0.1:3000"), Ok(()));
    for foreign in ["http://127.0.0.1:3001", "http://localhost:3000", "ftp://127.0.0.1:3000", "null"] {
        assert_eq!(local(foreign), Err(Foreign), "{foreign}");
    }
}

#[test]
fn what_says_nothing_of_its_origin_passes_only_without_cookies() {
    let host = ("host", "localhost:3000");
    assert_eq!(check(None, &[host]), Ok(()));
    assert_eq!(check(None, &[host, COOKIE]), Err(Foreign));
    assert_eq!(check(None, &[host, ("cookie", "autocode_refresh=r")]), Err(Foreign));
    assert_eq!(check(None, &[host, ("cookie", "theme=dark")]), Ok(()));
    assert_eq!(check(None, &[host, COOKIE, ("sec-fetch-site", "same-origin")]), Err(Foreign));
    assert_eq!(check(None, &[host, COOKIE, ("authorization", "Bearer x")]), Ok(()));
    assert_eq!(check(None, &[host, COOKIE, ("authorization", "Basic eDp5")]), Err(Foreign));
}

#[test]
fn both_headers_of_a_browser_have_to_agree() {
    let both = |origin, site| {
        let pairs = [("host", "localhost:3000"), ("origin", origin), ("sec-fetch-site", site), COOKIE];
        check(None, &pairs)
    };
    assert_eq!(both("http://localhost:3000", "same-origin"), Ok(()));
    for site in ["cross-site", "same-site", "anything"] {
        assert_eq!(both("http://localhost:3000", site), Err(Foreign), "{site}");
    }
    assert_eq!(both("http://evil.example", "same-origin"), Err(Foreign));
    assert_eq!(check(None, &[("host", "localhost"), ("sec-fetch-site", "cross-site")]), Err(Foreign));
}
