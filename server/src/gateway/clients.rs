//! The HTTP clients for upstreams, with their time limits.
//!
//! Must not know providers or keys.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, ClientBuilder, Url, redirect::Policy};

use super::GatewayError;

/// Longest time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence of an upstream; a model may think for minutes, but not forever.
const READ_TIMEOUT: Duration = Duration::from_secs(600);

/// One client for the world, which honours the system's proxy, and one for this machine, which does not.
pub(super) struct Clients {
    world: Client,
    local: Client,
}

impl Clients {
    pub(super) fn new() -> Result<Self, GatewayError> {
        // A redirect would carry a user's key and prompt to an address that nobody configured.
        let base = || -> ClientBuilder {
            Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(READ_TIMEOUT)
                .redirect(Policy::none())
                .retry(reqwest::retry::never())
        };
        Ok(Self {
            world: base().build().map_err(GatewayError::Client)?,
            local: base().no_proxy().build().map_err(GatewayError::Client)?,
        })
    }

    /// The client for an upstream.
    pub(super) fn for_url(&self, url: &Url) -> &Client {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if local { &self.local } else { &self.world }
    }
}
