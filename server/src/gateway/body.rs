//! A request body on its way up: streamed, and cut off at the limit.
//!
//! Must not look into it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::body::Body;
use futures::StreamExt as _;
use http::{HeaderMap, header};

/// Largest request body, in MiB: long conversations with pictures stay far below.
pub(super) const LIMIT_MIB: u64 = 64;
const LIMIT: u64 = LIMIT_MIB * 1024 * 1024;

/// Whether a body went over the limit; set while it is streamed.
#[derive(Clone, Debug, Default)]
pub(super) struct OverLimit(Arc<AtomicBool>);

impl OverLimit {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Whether the headers announce a body over the limit.
pub(super) fn announced_over_limit(headers: &HeaderMap) -> bool {
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > LIMIT)
}

/// The body as a stream that breaks off at the limit.
pub(super) fn limited(body: Body) -> (reqwest::Body, OverLimit) {
    let over = OverLimit::default();
    let (flag, mut seen) = (over.clone(), 0_u64);
    let stream = body.into_data_stream().map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        seen += chunk.len() as u64;
        if seen > LIMIT {
            flag.0.store(true, Ordering::Relaxed);
            return Err(io::Error::other("the request is too large"));
        }
        Ok(chunk)
    });
    (reqwest::Body::wrap_stream(stream), over)
}
