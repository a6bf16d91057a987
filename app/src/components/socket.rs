//! A WebSocket to our own server as a queue of frames. Knows nothing of what the frames mean.

use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    stream::ReadyChunks,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, MessageEvent, WebSocket};

/// Most frames that are handed over together.
const BATCH: usize = 256;

/// What a socket delivers.
pub enum Frame {
    /// The connection stands.
    Opened,
    /// A text frame.
    Text(String),
    /// A binary frame.
    Bytes(js_sys::Uint8Array),
    /// The connection ended or never came about; nothing follows.
    Closed,
}

/// A connection; closed when dropped.
pub struct Socket {
    inner: WebSocket,
    // The browser has queued these frames already: a bound here would only move them.
    frames: ReadyChunks<UnboundedReceiver<Frame>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_change: [Closure<dyn FnMut()>; 2],
}

impl Socket {
    /// Begins to connect to a path of the page's own host.
    ///
    /// # Errors
    /// What the browser says when it refuses the address.
    pub fn open(path: &str) -> Result<Self, JsValue> {
        let location = leptos::prelude::window().location();
        let scheme = if location.protocol()? == "https:" { "wss" } else { "ws" };
        let inner = WebSocket::new(&format!("{scheme}://{}{path}", location.host()?))?;
        inner.set_binary_type(BinaryType::Arraybuffer);
        let (sender, receiver) = unbounded();
        let on_message = message_handler(sender.clone());
        let on_open = handler(sender.clone(), || Frame::Opened);
        let on_close = handler(sender, || Frame::Closed);
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        inner.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self {
            inner,
            frames: receiver.ready_chunks(BATCH),
            _on_message: on_message,
            _on_change: [on_open, on_close],
        })
    }

    /// The next frames, at least one; none when nothing can follow.
    pub async fn frames(&mut self) -> Vec<Frame> {
        self.frames.next().await.unwrap_or_default()
    }

    /// The browser's object, for sending.
    pub fn sender(&self) -> WebSocket {
        self.inner.clone()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onopen(None);
        self.inner.set_onclose(None);
        if let Err(error) = self.inner.close() {
            leptos::logging::error!("a socket cannot be closed: {error:?}");
        }
    }
}

fn message_handler(sender: UnboundedSender<Frame>) -> Closure<dyn FnMut(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        let data = event.data();
        let frame = match data.as_string() {
            Some(text) => Frame::Text(text),
            None => Frame::Bytes(js_sys::Uint8Array::new(&data)),
        };
        deliver(&sender, frame);
    })
}

fn handler(sender: UnboundedSender<Frame>, frame: fn() -> Frame) -> Closure<dyn FnMut()> {
    Closure::new(move || deliver(&sender, frame()))
}

fn deliver(sender: &UnboundedSender<Frame>, frame: Frame) {
    // Fails only when the receiver is gone, and then nobody wants the frame.
    sender.unbounded_send(frame).ok();
}

/// Growing waits between attempts, with some chance in them so that many pages do not come back at once.
pub struct Backoff {
    next_ms: u32,
}

impl Backoff {
    const FIRST_MS: u32 = 400;
    const LONGEST_MS: u32 = 10_000;

    /// The wait before the next attempt, in milliseconds.
    pub fn next_ms(&mut self) -> u32 {
        let base = self.next_ms;
        self.next_ms = (base * 2).min(Self::LONGEST_MS);
        // Between three quarters of the wait and all of it.
        let quarter = f64::from(base) / 4.0;
        base - (js_sys::Math::random() * quarter) as u32
    }

    /// After a success: the next wait is short again.
    pub fn reset(&mut self) {
        self.next_ms = Self::FIRST_MS;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: Self::FIRST_MS }
    }
}
