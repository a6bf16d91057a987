//! Where the server connects to because a user wrote it down: not to its own machine, and not into its network.
//!
//! A name is resolved once and all its addresses are checked; whoever connects uses exactly these, so that a name that
//! changes its address afterwards leads nowhere. Must not know users or what the connection is for.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::Url;
use thiserror::Error;

/// Longest time for a name to be resolved.
const RESOLVE_LIMIT: Duration = Duration::from_secs(5);
/// Longest address, in bytes.
const MAX_URL: usize = 500;

/// Why an address is not connected to, in words for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutboundError {
    /// It is no address of a server.
    #[error("Write an address that begins with https:// and has a host, without name, password, ? and #.")]
    NotAnAddress,
    /// Without TLS everybody on the way could read keys and prompts.
    #[error(
        "Write an address that begins with https://; http:// is only for private addresses, which an admin can allow."
    )]
    Unencrypted,
    /// The name is not known.
    #[error("The host {0} cannot be found.")]
    Unresolved(String),
    /// It is this machine or its network.
    #[error(
        "{host} is at {ip}, which is no public address: an admin can allow private addresses under Admin, Network."
    )]
    Private {
        /// The host as it was written.
        host: String,
        /// The address behind it.
        ip: IpAddr,
    },
}

/// The base address of a server as a person wrote it: nothing stands behind its path.
///
/// # Errors
/// [`OutboundError::NotAnAddress`], or [`OutboundError::Unencrypted`] for `http` where private addresses are not allowed.
pub fn base_url(text: &str, private_allowed: bool) -> Result<Url, OutboundError> {
    let url = web_url(text, private_allowed)?;
    let plain = url.query().is_none() && url.fragment().is_none();
    if plain { Ok(url) } else { Err(OutboundError::NotAnAddress) }
}

/// The address of a server as a person wrote it, whatever stands behind its path.
///
/// # Errors
/// As [`base_url`].
pub fn web_url(text: &str, private_allowed: bool) -> Result<Url, OutboundError> {
    let nobody = |url: &Url| url.has_host() && url.username().is_empty() && url.password().is_none();
    let text = text.trim();
    let url = Url::parse(text).ok().filter(|url| text.len() <= MAX_URL && nobody(url));
    let url = url.ok_or(OutboundError::NotAnAddress)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if private_allowed => Ok(url),
        "http" => Err(OutboundError::Unencrypted),
        _ => Err(OutboundError::NotAnAddress),
    }
}

/// The addresses of a URL's host, all of them checked.
///
/// # Errors
/// [`OutboundError::Unresolved`] or [`OutboundError::Private`].
pub async fn resolve(url: &Url, private_allowed: bool) -> Result<Vec<SocketAddr>, OutboundError> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let unresolved = || OutboundError::Unresolved(host.clone());
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => {
            let looking = tokio::net::lookup_host((host.as_str(), port));
            let found = tokio::time::timeout(RESOLVE_LIMIT, looking).await.map_err(|_| unresolved())?;
            found.map_err(|_| unresolved())?.collect()
        }
    };
    if found.is_empty() {
        return Err(unresolved());
    }
    match found.iter().map(SocketAddr::ip).find(|ip| !private_allowed && !is_public(*ip)) {
        Some(ip) => Err(OutboundError::Private { host, ip }),
        None => Ok(found),
    }
}

/// Whether an address belongs to the public internet: neither this machine, nor a private network, nor a special range.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        // "This network", shared address space, protocol assignments, benchmarks, 6to4 relays, reserved with broadcast.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (18..20).contains(&b))
        || (a, b, c) == (192, 88, 99)
        || a >= 240;
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // An IPv4 address in another coat: mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo and other protocol assignments, documentation.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        // Only this block is global unicast.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let public = |ip: &str| is_public(ip.parse().unwrap());
        for good in ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(public(good), "{good} was refused");
        }
        for bad in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(!public(bad), "{bad} was accepted");
        }
    }

    #[test]
    fn an_address_is_a_plain_url_with_tls() {
        for good in ["https://example.org", " https://example.org:8443/v1/ "] {
            assert!(base_url(good, false).is_ok(), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "file:///etc/passwd",
            "https://",
            "https://me:pw@example.org",
            "https://example.org/?a=b",
            "https://example.org/#x",
            "ftp://example.org",
        ] {
            assert_eq!(base_url(bad, true), Err(OutboundError::NotAnAddress), "{bad}");
        }
        assert_eq!(base_url("http://example.org", false), Err(OutboundError::Unencrypted));
        assert!(base_url("http://127.0.0.1:8080/v1", true).is_ok());
    }

    #[tokio::test]
    async fn every_way_to_write_a_private_address_is_refused() {
        for host in
            ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "10.0.0.1"]
        {
            let url = base_url(&format!("https://{host}/v1"), false).unwrap();
            let refused = resolve(&url, false).await;
            assert!(matches!(refused, Err(OutboundError::Private { .. })), "{host}: {refused:?}");
            assert!(resolve(&url, true).await.is_ok(), "{host}");
        }
        let unknown = base_url("https://no-such-host.invalid", false).unwrap();
        assert_eq!(
            resolve(&unknown, false).await,
            Err(OutboundError::Unresolved("no-such-host.invalid".to_owned()))
        );
    }
}
