//! Debian's Caddy in front of the server, with the configuration that is delivered: HTTPS, cookies, WebSockets, addresses.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use http::{Method, header};
use serde_json::{Value, json};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::root;
use crate::common::{ADMIN, Client, PASSWORD, TestServer};

const NAME: &str = "autocode.localhost";
/// Where this test's browser sits, as Caddy sees it; Caddy itself reaches the server from 127.0.0.1.
const BROWSER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 5);

/// A running Caddy; ends with the test.
struct Caddy {
    child: Child,
    addr: SocketAddr,
}

impl Drop for Caddy {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Caddy {
    async fn start(folder: &Path, port: u16, upstream: SocketAddr) -> (Self, reqwest::Certificate) {
        // What a real name gets from Let's Encrypt, `localhost` gets from Caddy's own authority.
        let config = format!(
            "{{\n admin off\n skip_install_trust\n auto_https disable_redirects\n storage file_system {}\n}}\nimport {}\n",
            folder.join("caddy").display(),
            root().join("deploy/Caddyfile").display()
        );
        fs::write(folder.join("Caddyfile"), config).unwrap();
        let child = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(folder.join("Caddyfile"))
            .env("HOME", folder)
            .env("AUTOCODE_DOMAIN", format!("https://{NAME}:{port}"))
            .env("AUTOCODE_UPSTREAM", upstream.to_string())
            .stdin(Stdio::null())
            .stderr(fs::File::create(folder.join("caddy.log")).unwrap())
            .spawn()
            .unwrap();
        let caddy = Self { child, addr: SocketAddr::from(([127, 0, 0, 1], port)) };
        let root = folder.join("caddy/pki/authorities/local/root.crt");
        let begun = Instant::now();
        while !root.exists() || tokio::net::TcpStream::connect(caddy.addr).await.is_err() {
            let log = || fs::read_to_string(folder.join("caddy.log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(30), "Caddy does not start: {}", log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (caddy, reqwest::Certificate::from_pem(&fs::read(root).unwrap()).unwrap())
    }
}

/// The last security event's detail, which for a sign-in is the client's address.
async fn last_address(server: &TestServer) -> Value {
    let db = server.database().await;
    let events = server::db::audit::list(db.reader(), None, 1).await.unwrap();
    db.close().await;
    assert_eq!(events[0].action, "signed_in");
    json!(events[0].detail)
}

#[tokio::test]
async fn https_cookies_sockets_and_addresses_come_through() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let origin = format!("https://{NAME}:{port}");
    let server = TestServer::start_behind(&origin).await;
    let (caddy, authority) = Caddy::start(folder.path(), port, server.addr).await;
    let http = reqwest::Client::builder()
        .tls_certs_only([authority])
        .resolve(NAME, caddy.addr)
        .local_address(IpAddr::from(BROWSER))
        .http1_only()
        .build()
        .unwrap();
    let client = Client { http, base: origin.clone(), token: None };
    // The first answer waits for the certificate.
    let begun = Instant::now();
    let page = loop {
        match client.request(Method::GET, "/login").header("accept-encoding", "zstd").send().await {
            Ok(page) => break page,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()[header::CONTENT_ENCODING], "zstd");
    // From the server, so not a second time from Caddy.
    let https_only: Vec<_> = page.headers().get_all(header::STRICT_TRANSPORT_SECURITY).iter().collect();
    assert_eq!(https_only, ["max-age=31536000"]);
    assert!(page.headers().get(header::SERVER).is_none());

    // A browser signs in, and claims to be somebody else.
    let signed_in = client
        .request(Method::POST, "/fn/login")
        .header(header::ORIGIN, &origin)
        .header("x-forwarded-for", "198.51.100.66")
        .header("x-autocode-client-address", "198.51.100.77")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(format!("username={ADMIN}&password={}", PASSWORD.replace(' ', "+")))
        .send()
        .await
        .unwrap();
    let set: Vec<_> = signed_in.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(set.len(), 2, "{signed_in:?}");
    for cookie in &set {
        let text = cookie.to_str().unwrap();
        assert!(text.starts_with("__Host-autocode_") && text.contains("; Secure"), "{text}");
        assert!(text.contains("; HttpOnly") && text.contains("; Path=/"), "{text}");
    }
    assert_eq!(last_address(&server).await, json!(BROWSER.to_string()));

    // A WebSocket with the cookie, and none for another site.
    let cookie: Vec<_> = set.iter().map(|c| c.to_str().unwrap().split(';').next().unwrap()).collect();
    let upgrade = async |origin: &str| {
        let request = client
            .request(Method::GET, "/ws/live")
            .header(header::COOKIE, cookie.join("; "))
            .header(header::ORIGIN, origin)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        request.send().await.unwrap()
    };
    assert_eq!(upgrade("https://evil.example").await.status(), 403);
    let upgraded = upgrade(&origin).await;
    assert_eq!(upgraded.status(), 101);
    let upgraded = upgraded.upgrade().await.unwrap();
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
    let first = tokio::time::timeout(Duration::from_secs(15), socket.next()).await.unwrap().unwrap().unwrap();
    let Message::Text(text) = first else { panic!("{first:?}") };
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event, json!({"complete": {"ids": []}}));
    drop(socket);

    // What is for this machine only stays on it.
    for path in ["/metrics", "/gateway", "/gateway/anthropic/v1/messages"] {
        let answer = client.request(Method::POST, path).header(header::ORIGIN, &origin).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        let text = answer.text().await.unwrap();
        assert_eq!(text, "", "{path} was answered by the server");
    }
}

#[tokio::test]
async fn who_is_no_proxy_is_not_believed() {
    let server = TestServer::start_on("0.0.0.0:0").await;
    // An address of this machine that is not the loopback's: its own connections to it come from it.
    let probe = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let outward = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr());
    let ip = match outward {
        Ok(addr) if !addr.ip().is_loopback() && !addr.ip().is_unspecified() => addr.ip(),
        other => panic!("this test needs an address besides the loopback's: {other:?}"),
    };
    let mut client = server.anonymous();
    client.base = format!("http://{ip}:{}", server.addr.port());
    let signed_in = client
        .request(Method::POST, "/api/v1/auth/login")
        .header("x-forwarded-for", "198.51.100.66")
        .header("x-autocode-client-address", "198.51.100.77")
        .json(&json!({"username": ADMIN, "password": PASSWORD}))
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), 200);
    assert_eq!(last_address(&server).await, json!(ip.to_string()));
    // Nor do the numbers come out that way.
    let claim = client.request(Method::GET, "/metrics").header("x-forwarded-for", "127.0.0.1");
    assert_eq!(claim.send().await.unwrap().status(), 401);
    assert_eq!(client.get("/metrics").await.0, 401);
}
