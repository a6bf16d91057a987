//! Sign-in with cookies: setup, renewal, other sites; and what every page and file carries.

use reqwest::{Method, Response, header};
use serde_json::Value;

use crate::common::{ADMIN, Client, PASSWORD, TestServer};

/// `name=value` of each cookie that an answer sets, empty values left out.
fn cookies(answer: &Response) -> Vec<String> {
    let set = answer.headers().get_all(header::SET_COOKIE);
    let pairs = set.iter().map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
    pairs.filter(|pair| !pair.ends_with('=')).collect()
}

async fn form(client: &Client, path: &str, fields: &[(&str, &str)]) -> Response {
    let body =
        fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect::<Vec<_>>();
    let request = client.request(Method::POST, path).header(header::ORIGIN, &client.base);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(body.join("&")).send().await.unwrap()
}

async fn status(client: &Client, method: Method, cookie: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = client.request(method.clone(), "/api/v1/agents").header(header::COOKIE, cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if method == Method::POST {
        request = request.header(header::CONTENT_TYPE, "application/json").body("{}");
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_link_from_the_terminal_makes_the_first_admin_once() {
    let server = TestServer::start_empty().await;
    let client = server.anonymous();
    let link = server.setup_link.clone().unwrap();
    let token = link.split_once("/setup#").unwrap().1;
    let fields = |token| [("token", token), ("username", "ann"), ("password", PASSWORD)];
    let wrong = form(&client, "/fn/setup", &fields("guess")).await;
    assert_eq!((wrong.status().as_u16(), cookies(&wrong)), (422, vec![]));
    let made = form(&client, "/fn/setup", &fields(token)).await;
    let cookie = cookies(&made).join("; ");
    assert_eq!(status(&client, Method::GET, &cookie, &[]).await, 200);
    assert_eq!(form(&client, "/fn/setup", &fields(token)).await.status().as_u16(), 409);
    for part in ["projects", "config"] {
        assert!(server.data().join("users/ann").join(part).is_dir(), "no folder {part}");
    }
    assert_eq!(server.restart().await.setup_link, None);
}

#[tokio::test]
async fn a_browser_stays_signed_in_and_signs_out() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let signed_in = form(&client, "/fn/login", &[("username", ADMIN), ("password", PASSWORD)]).await;
    let pairs = cookies(&signed_in);
    let [access, refresh] = &pairs[..] else { panic!("{pairs:?}") };
    assert!(access.starts_with("autocode_access=") && refresh.starts_with("autocode_refresh="), "{pairs:?}");

    // Without the access token: renewed on the way, by two tabs at once.
    let request = || client.request(Method::GET, "/api/v1/agents").header(header::COOKIE, refresh).send();
    let (one, two) = tokio::join!(request(), request());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
    let mut renewed = [cookies(&one), cookies(&two)];
    renewed.sort_by_key(Vec::len);
    assert_eq!(renewed.each_ref().map(Vec::len), [2, 2]);
    assert_eq!(renewed[0][1], renewed[1][1], "one tab's refresh token replaced the other's");
    let cookie = renewed[1].join("; ");

    let out = client.request(Method::POST, "/fn/logout").header(header::COOKIE, &cookie);
    let out = out.header(header::ORIGIN, &client.base).send().await.unwrap();
    let cleared = out
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .filter(|c| c.to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(cleared.count(), 2);
    assert_eq!(out.headers()["clear-site-data"], "\"storage\"");
    assert_eq!(status(&client, Method::GET, &cookie, &[]).await, 401);
}

#[tokio::test]
async fn other_sites_cannot_act_for_a_signed_in_browser() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let signed_in = form(&client, "/fn/login", &[("username", ADMIN), ("password", PASSWORD)]).await;
    let cookie = cookies(&signed_in).join("; ");
    let own = client.base.clone();
    let post = async |headers: &[(&str, &str)]| status(&client, Method::POST, &cookie, headers).await;
    assert_eq!(post(&[("origin", &own)]).await, 422);
    assert_eq!(post(&[("origin", &own), ("sec-fetch-site", "same-origin")]).await, 422);
    assert_eq!(post(&[("sec-fetch-site", "same-origin")]).await, 403, "without an origin");
    assert_eq!(post(&[("origin", &own), ("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(post(&[("origin", "https://evil.example")]).await, 403);
    assert_eq!(post(&[("origin", "null")]).await, 403);
    assert_eq!(post(&[("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(post(&[]).await, 403);
    // A hostile name that resolves to this server.
    let rebound = [("host", "evil.example"), ("origin", "http://evil.example")];
    assert_eq!(post(&rebound).await, 421);
    let upgrade = |origin| [("connection", "upgrade"), ("upgrade", "websocket"), ("origin", origin)];
    assert_eq!(status(&client, Method::GET, &cookie, &upgrade("https://evil.example")).await, 403);
    let no_origin = [("connection", "upgrade"), ("upgrade", "websocket")];
    assert_eq!(status(&client, Method::GET, &cookie, &no_origin).await, 403);
    assert_eq!(status(&client, Method::GET, &cookie, &upgrade(&own)).await, 200);
}

#[tokio::test]
async fn pages_and_files_carry_the_right_headers() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    std::fs::write(server.site().join("pkg/autocode.js"), "script").unwrap();
    std::fs::write(server.site().join("pkg/autocode.js.br"), "squeezed").unwrap();
    let get = async |path: &str, encoding: &str| {
        let request = client.request(Method::GET, path).header(header::ACCEPT_ENCODING, encoding);
        let answer = request.header(header::ACCEPT, "text/html").send().await.unwrap();
        let text = |name: &str| {
            answer.headers().get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
        };
        let seen = [
            text("cache-control"),
            text("content-encoding"),
            text("x-content-type-options"),
            text("x-frame-options"),
        ];
        (answer.status().as_u16(), seen, answer.text().await.unwrap())
    };
    let headers = |cache: &str, encoding: &str| {
        [cache.to_owned(), encoding.to_owned(), "nosniff".to_owned(), "DENY".to_owned()]
    };
    let script = get("/pkg/autocode.js", "").await;
    assert_eq!(script, (200, headers("no-cache", ""), "script".to_owned()));
    let squeezed = get("/pkg/autocode.js", "br").await;
    assert_eq!(squeezed, (200, headers("no-cache", "br"), "squeezed".to_owned()));
    let (status, seen, page) = get("/login", "").await;
    assert_eq!((status, seen), (200, headers("no-store", "")));
    assert!(page.contains("<!DOCTYPE html>") && page.contains("/pkg/autocode"), "{page}");
    let (status, seen, page) = get("/no/such/page", "").await;
    assert_eq!((status, seen, page.contains("<!DOCTYPE html>")), (404, headers("no-store", ""), true));
    let (status, _, _) = get("/../data/master.key", "").await;
    assert_eq!(status, 404);
    let (status, _, _) = get("/", "").await;
    assert_eq!(status, 302, "the dashboard without a sign-in");
}

#[tokio::test]
async fn health_is_told_to_anybody() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    assert_eq!(client.get("/healthz").await, (200, Value::Null));
    assert_eq!(client.get("/readyz").await, (200, Value::Null));
}

#[tokio::test]
async fn a_browser_without_scripts_is_shown_a_new_token_once() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let signed_in = form(&client, "/fn/login", &[("username", ADMIN), ("password", PASSWORD)]).await;
    let session = cookies(&signed_in).join("; ");
    let request = client
        .request(Method::POST, "/fn/create_token")
        .header(header::COOKIE, &session)
        .header(header::ORIGIN, &client.base)
        .header(header::REFERER, format!("{}/settings", client.base))
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("name=Backup&read=true&days=30");
    let made = request.send().await.unwrap();
    assert_eq!(made.status().as_u16(), 302);
    assert!(
        !made.headers()[header::LOCATION].to_str().unwrap().contains("autocode_pat_"),
        "a token in a URL"
    );
    let kept = made.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(kept.ends_with("; HttpOnly; SameSite=Strict; Path=/settings; Max-Age=120"), "{kept}");
    let kept = kept.split(';').next().unwrap();
    let token = kept.strip_prefix("autocode_new_token=").unwrap();

    let settings = async |cookie: &str| {
        let request = client.request(Method::GET, "/settings").header(header::COOKIE, cookie);
        request.header(header::ACCEPT, "text/html").send().await.unwrap()
    };
    let shown = settings(&format!("{session}; {kept}")).await;
    let removed = shown.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(removed.starts_with("autocode_new_token=;") && removed.contains("Max-Age=0"), "{removed}");
    assert!(shown.text().await.unwrap().contains(token), "the token is not shown");
    let again = settings(&session).await.text().await.unwrap();
    assert!(again.contains("Backup") && !again.contains(token), "the token is shown twice");
    let made_up = settings(&format!("{session}; autocode_new_token=<script>")).await.text().await.unwrap();
    assert!(!made_up.contains("value=\"<script"), "a cookie is drawn as HTML");
}

#[tokio::test]
async fn browsers_are_told_to_come_over_https_where_people_do() {
    const PATHS: [&str; 4] = ["/login", "/healthz", "/api/v1/agents", "/nothing/there"];
    let told = async |server: &TestServer| {
        let mut told = Vec::new();
        for path in PATHS {
            let answer = server.anonymous().request(Method::GET, path).send().await.unwrap();
            let all = answer.headers().get_all(header::STRICT_TRANSPORT_SECURITY).iter().cloned();
            told.push(all.collect::<Vec<_>>());
        }
        told
    };
    let behind = TestServer::start_behind("https://autocode.example.org").await;
    assert_eq!(told(&behind).await, vec![vec!["max-age=31536000"]; PATHS.len()]);
    let plain = TestServer::start().await;
    assert_eq!(told(&plain).await, vec![Vec::<&str>::new(); PATHS.len()]);
}
