//! The HTTP clients for upstreams, with their time limits.
//!
//! Must not know providers or keys.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::{Client, ClientBuilder, Url, redirect::Policy};

use super::GatewayError;
use crate::outbound;

/// Longest time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence of an upstream; a model may think for minutes, but not forever.
const READ_TIMEOUT: Duration = Duration::from_secs(600);
/// How long the addresses of a user's own provider are believed; after it they are looked up and checked again.
const PIN_FOR: Duration = Duration::from_secs(300);
/// Most clients of users' own providers that are kept.
const MAX_PINNED: usize = 64;

/// One client for the world, which honours the system's proxy, one for this machine, which does not, and one for each
/// address that a user wrote down, which knows that address only.
pub(super) struct Clients {
    world: Client,
    local: Client,
    pinned: Mutex<HashMap<Pin, (Instant, Client)>>,
}

/// What a pinned client was made for: scheme, host and port, and whether private addresses were allowed.
type Pin = (String, bool);

impl Clients {
    pub(super) fn new() -> Result<Self, GatewayError> {
        Ok(Self {
            world: base().build().map_err(GatewayError::Client)?,
            local: base().no_proxy().build().map_err(GatewayError::Client)?,
            pinned: Mutex::default(),
        })
    }

    /// The client for an upstream.
    pub(super) fn for_url(&self, url: &Url) -> &Client {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if local { &self.local } else { &self.world }
    }

    /// A client that connects to the addresses that the URL's host has now, and to no others, whatever its name says
    /// later. A proxy would look the name up by itself, so none is used.
    ///
    /// # Errors
    /// [`GatewayError::Address`] if one of them is private and that is not allowed, or there is none.
    pub(super) async fn pinned(
        &self,
        url: &Url,
        private_allowed: bool,
        provider: &str,
    ) -> Result<Client, GatewayError> {
        let pin = (url.origin().ascii_serialization(), private_allowed);
        let lock = || self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lock().get(&pin).filter(|(since, _)| since.elapsed() < PIN_FOR).cloned();
        if let Some((_, client)) = kept {
            return Ok(client);
        }
        let refused = |error| GatewayError::Address { provider: provider.to_owned(), error };
        let addresses = outbound::resolve(url, private_allowed).await.map_err(refused)?;
        let host = url.host_str().unwrap_or_default();
        let client = base().no_proxy().resolve_to_addrs(host, &addresses).build();
        let client = client.map_err(GatewayError::Client)?;
        let mut pinned = lock();
        pinned.retain(|_, (since, _)| since.elapsed() < PIN_FOR);
        if pinned.len() >= MAX_PINNED {
            pinned.clear();
        }
        pinned.insert(pin, (Instant::now(), client.clone()));
        Ok(client)
    }
}

fn base() -> ClientBuilder {
    // A redirect would carry a user's key and prompt to an address that nobody configured.
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
}
