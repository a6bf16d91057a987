//! The sending side of the terminal's connection, while there is one.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use web_sys::WebSocket;

use super::screen::Size;
use crate::model::TerminalRequest;

/// Shared by everything that sends; empty while not connected.
#[derive(Clone, Default)]
pub struct Line {
    socket: Rc<RefCell<Option<WebSocket>>>,
    /// The size that was told last.
    told: Rc<Cell<Option<Size>>>,
}

impl Line {
    /// Connected, or no longer.
    pub fn set(&self, socket: Option<WebSocket>) {
        self.told.set(None);
        self.socket.replace(socket);
    }

    /// Sends what was typed; lost while not connected, as with any terminal that is gone.
    pub fn type_bytes(&self, bytes: &[u8]) {
        if let Some(socket) = self.socket.borrow().as_ref()
            && let Err(error) = socket.send_with_u8_array(bytes)
        {
            leptos::logging::error!("input was not sent: {error:?}");
        }
    }

    /// Sends a request.
    pub fn request(&self, request: &TerminalRequest) {
        if let Some(socket) = self.socket.borrow().as_ref()
            && let Ok(text) = serde_json::to_string(request)
            && let Err(error) = socket.send_with_str(&text)
        {
            leptos::logging::error!("a request of the terminal was not sent: {error:?}");
        }
    }

    /// Tells for which size there is room, unless that was told already.
    pub fn tell_room(&self, (cols, rows): Size) {
        if self.socket.borrow().is_some() && self.told.replace(Some((cols, rows))) != Some((cols, rows)) {
            self.request(&TerminalRequest::Resize { cols, rows });
        }
    }
}

/// What of one connection's output was drawn; the server holds the rest back.
pub struct Drawn {
    line: Line,
    drawn: Cell<u64>,
    told: Cell<u64>,
}

impl Drawn {
    /// Bytes between two acknowledgements: a part of what the runner sends ahead, so that it never waits for the last.
    const STEP: u64 = 16 * 1024;

    /// A new connection; from now on its server counts.
    pub fn begin(line: Line) -> Rc<Self> {
        line.request(&TerminalRequest::Acknowledge { bytes: 0 });
        Rc::new(Self { line, drawn: Cell::new(0), told: Cell::new(0) })
    }

    /// So many bytes more were drawn.
    pub fn add(&self, bytes: u32) {
        let drawn = self.drawn.get() + u64::from(bytes);
        self.drawn.set(drawn);
        if drawn - self.told.get() >= Self::STEP {
            self.told.set(drawn);
            self.line.request(&TerminalRequest::Acknowledge { bytes: drawn });
        }
    }
}
