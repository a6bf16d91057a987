//! What a program in a cell asks of the proxy: `CONNECT host:port`, or a plain `http://` request.
//!
//! Reads the head alone and never more than 16 KiB of it; everything behind it is passed on unseen.

use std::io;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Longest head, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Most header lines.
const MAX_HEADERS: usize = 100;

/// Why a request is none.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The connection broke or ended early.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It cannot be understood.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Where to, and what to say there first.
#[derive(Debug, PartialEq, Eq)]
pub struct ProxyRequest {
    /// Name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether the client waits to be told that it is connected.
    pub tunnel: bool,
    /// The first bytes for the other end.
    pub first: Vec<u8>,
}

/// Reads a request's head.
///
/// # Errors
/// [`RequestError`].
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<ProxyRequest, RequestError> {
    let mut buffer = Vec::with_capacity(1024);
    loop {
        if let Some(request) = parse(&buffer)? {
            return Ok(request);
        }
        if buffer.len() >= MAX_HEAD {
            return Err(RequestError::Malformed("the request's head is too long"));
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(RequestError::Malformed("the request ended early"));
        }
    }
}

/// None while the head is incomplete.
fn parse(buffer: &[u8]) -> Result<Option<ProxyRequest>, RequestError> {
    let malformed = |_| RequestError::Malformed("this is no HTTP request");
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(buffer).map_err(malformed)? else {
        return Ok(None);
    };
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    let rest = buffer.get(length..).unwrap_or_default();
    let uri: http::Uri =
        target.parse().map_err(|_| RequestError::Malformed("the address is not understood"))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() {
        return Err(RequestError::Malformed("the address names no host"));
    }
    if method == "CONNECT" {
        let port = uri.port_u16().ok_or(RequestError::Malformed("the address names no port"))?;
        return Ok(Some(ProxyRequest { host, port, tunnel: true, first: rest.to_vec() }));
    }
    if uri.scheme_str() != Some("http") {
        return Err(RequestError::Malformed("only http:// addresses are passed on without CONNECT"));
    }
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut first = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n").into_bytes();
    // One request a connection: a second one might be meant for another host.
    let own = |name: &str| ["connection", "keep-alive"].contains(&name) || name.starts_with("proxy-");
    for header in request.headers.iter().filter(|header| !own(&header.name.to_ascii_lowercase())) {
        first.extend_from_slice(header.name.as_bytes());
        first.extend_from_slice(b": ");
        first.extend_from_slice(header.value);
        first.extend_from_slice(b"\r\n");
    }
    first.extend_from_slice(b"\r\n");
    first.extend_from_slice(rest);
    Ok(Some(ProxyRequest { host, port: uri.port_u16().unwrap_or(80), tunnel: false, first }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tunnels_and_plain_requests_are_told_apart() {
        let tunnel =
            read(&mut &b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\nearly"[..]).await.unwrap();
        let first = b"early".to_vec();
        assert_eq!(tunnel, ProxyRequest { host: "example.org".into(), port: 443, tunnel: true, first });
        let plain = b"GET http://[::1]:8080/a?b=1 HTTP/1.1\r\nHost: [::1]:8080\r\nProxy-Authorization: x\r\nConnection: keep-alive\r\nA: b\r\n\r\nbody";
        let plain = read(&mut &plain[..]).await.unwrap();
        let first =
            b"GET /a?b=1 HTTP/1.1\r\nConnection: close\r\nHost: [::1]:8080\r\nA: b\r\n\r\nbody".to_vec();
        assert_eq!(plain, ProxyRequest { host: "::1".into(), port: 8080, tunnel: false, first });
    }

    #[tokio::test]
    async fn nonsense_is_refused() {
        let long = format!("GET http://x/ HTTP/1.1\r\nA: {}", "x".repeat(MAX_HEAD));
        for text in [
            "CONNECT example.org HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET ftp://example.org/ HTTP/1.1\r\n\r\n",
            "\u{1}\u{2}\r\n\r\n",
            "GET http://x/ HTTP/1.1\r\n",
            &long,
        ] {
            assert!(read(&mut text.as_bytes()).await.is_err(), "{text}");
        }
    }
}
