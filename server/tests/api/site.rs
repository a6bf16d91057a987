//! What browsers are told about pages and files: what may run in them, what may be kept, and for how long.

use reqwest::{Method, Response, header};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::common::{Client, TestServer};

async fn get(client: &Client, path: &str) -> Response {
    client.request(Method::GET, path).header(header::ACCEPT, "text/html").send().await.unwrap()
}

fn text(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

/// The value of an attribute, where it first occurs.
fn attribute<'a>(html: &'a str, before: &str) -> &'a str {
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("no {before} in\n{html}"));
    rest.split_once('"').unwrap().0
}

#[tokio::test]
async fn a_page_runs_only_scripts_with_the_nonce_of_its_own_answer() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let mut nonces = Vec::new();
    for path in ["/login", "/no/such/page"] {
        let answer = get(&client, path).await;
        let policy = text(&answer, "content-security-policy");
        let html = answer.text().await.unwrap();
        let nonce = attribute(&html, "nonce=\"").to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        let directives: Vec<_> = policy.split(';').map(str::trim).collect();
        let scripts = format!("script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'");
        for wanted in ["default-src 'none'", &scripts, "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(directives.contains(&wanted), "{wanted} is not in {policy}");
        }
        // Every script, and every link that fetches one.
        for tag in html.split('<').filter(|tag| tag.starts_with("script") || tag.contains("modulepreload")) {
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "without the nonce: {tag}");
        }
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn every_answer_is_kept_apart_from_other_sites() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    std::fs::write(server.site().join("pkg/autocode.js"), "script").unwrap();
    for path in ["/login", "/pkg/autocode.js", "/sw.js", "/api/v1/agents", "/healthz", "/no/such/page"] {
        let answer = get(&client, path).await;
        let seen = [
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "referrer-policy",
            "x-content-type-options",
            "x-frame-options",
        ]
        .map(|name| text(&answer, name));
        assert_eq!(seen, ["same-origin", "same-origin", "same-origin", "nosniff", "DENY"], "{path}");
        let policy = text(&answer, "content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-eval' "),
            "{path}: {policy}"
        );
    }
}

#[tokio::test]
async fn files_are_kept_under_the_address_of_their_version_and_no_other() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    std::fs::write(server.site().join("pkg/autocode.js"), "script").unwrap();
    let html = get(&client, "/login").await.text().await.unwrap();
    let version = attribute(&html, "data-version=\"");
    let script = attribute(&html, "rel=\"modulepreload\" href=\"");
    assert_eq!(script, format!("/assets/{version}/pkg/autocode.js"));
    let answer = get(&client, script).await;
    assert_eq!(text(&answer, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "script"));
    let missing = [
        format!("/assets/{version}/pkg/no-such.js"),
        "/assets/0000000000000000/pkg/autocode.js".to_owned(),
        format!("/assets/{version}/../../../etc/passwd"),
        format!("/assets/{version}/%2e%2e/%2e%2e/etc/passwd"),
    ];
    for path in missing {
        let answer = get(&client, &path).await;
        let cache = text(&answer, "cache-control");
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        assert!(!cache.contains("immutable"), "{path}: {cache}");
    }
    // The worker names the version, so that an upgrade brings another one.
    let worker = get(&client, "/sw.js").await;
    assert_eq!(text(&worker, "cache-control"), "no-cache");
    assert!(worker.text().await.unwrap().contains(&format!("\"version\":\"{version}\"")));
}

#[tokio::test]
async fn pages_are_compressed_for_those_who_take_it() {
    let server = TestServer::start().await;
    let whole = get(&server.anonymous(), "/login").await.text().await.unwrap().len();
    // By hand, because a client that understands gzip shows what it made of the answer.
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let request = format!(
        "GET /login HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nAccept-Encoding: gzip, br\r\nConnection: close\r\n\r\n",
        server.addr
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    for line in ["content-encoding: gzip", "cache-control: no-store"] {
        assert!(head.lines().any(|found| found == line), "{line} is not in\n{head}");
    }
    let squeezed = answer.len() - end;
    assert!(squeezed * 2 < whole, "{squeezed} of {whole} bytes");
}
