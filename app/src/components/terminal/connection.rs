//! The task that keeps a terminal connected: it comes back by itself, with the screen as it is then.
//!
//! The server is never silent for long, so a connection that says nothing has died, in its sleep or with the network.

use std::rc::Rc;

use futures::{
    StreamExt,
    channel::mpsc::UnboundedReceiver,
    future::{Either, select},
    pin_mut,
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};

use super::{
    held::Held,
    line::{Drawn, Line},
    panel::Panel,
    screen::Screen,
};
use crate::{
    components::socket::{Backoff, Frame, Socket},
    model::{ProjectId, TERMINAL_BEAT_MS, TerminalNotice},
};

/// Milliseconds of silence after which a connection counts as dead.
const SILENCE_MS: u32 = TERMINAL_BEAT_MS * 2 + TERMINAL_BEAT_MS / 2;
/// Milliseconds between looks at whether the project runs again.
const IDLE_POLL_MS: u32 = 500;
/// Puts a terminal into its first state, in order with what is written to it.
const RESET: &str = "\u{1b}c";

/// How a connection ended.
enum End {
    /// It broke, which says nothing about the session.
    Lost,
    /// The server said why there is nothing (more) to show.
    Closed(String),
}

/// What the task works with.
pub struct Connection {
    /// Which project's terminal.
    pub project: ProjectId,
    /// Where output is drawn.
    pub screen: Rc<Screen>,
    /// For everything that sends.
    pub line: Line,
    /// For everything that shows.
    pub panel: Panel,
    /// Whether this page has taken over.
    pub held: Held,
    /// There may be a session.
    pub ever_started: Memo<bool>,
    /// An agent runs.
    pub running: Memo<bool>,
    /// The network came back or the page is looked at again.
    pub wake: UnboundedReceiver<()>,
}

impl Connection {
    /// Connects again and again; ends only by being aborted.
    pub async fn run(mut self) {
        let mut backoff = Backoff::default();
        wait_for(self.ever_started).await;
        loop {
            self.panel.note.set(Some("Connecting\u{2026}".to_owned()));
            let end = match Socket::open(&format!("/ws/project/{}/terminal", self.project)) {
                Ok(socket) => self.serve(socket, &mut backoff).await,
                Err(error) => {
                    leptos::logging::error!("the terminal cannot be connected: {error:?}");
                    End::Lost
                }
            };
            self.line.set(None);
            self.held.disconnected();
            self.panel.open.set(false);
            self.panel.hands.set(None);
            let again = matches!(end, End::Lost) || self.running.get_untracked();
            let next = if again { " Reconnecting\u{2026}" } else { "" };
            self.panel.note.set(Some(match &end {
                End::Lost => format!("The connection was lost.{next}"),
                End::Closed(reason) => format!("Terminal closed: {reason}{next}"),
            }));
            self.pause(backoff.next_ms()).await;
            if matches!(end, End::Closed(_)) {
                wait_for(self.running).await;
            }
        }
    }

    /// Waits, but not longer than until the network is back.
    async fn pause(&mut self, millis: u32) {
        let (time, wake) = (TimeoutFuture::new(millis), self.wake.next());
        pin_mut!(time, wake);
        select(time, wake).await;
    }

    /// The next frames; none when the connection has been silent for too long, or is likely to be dead.
    async fn heard(&mut self, socket: &mut Socket) -> Vec<Frame> {
        let since = js_sys::Date::now();
        let (frames, silence) = (socket.frames(), TimeoutFuture::new(SILENCE_MS));
        pin_mut!(frames, silence);
        let mut either = select(frames, silence);
        loop {
            match select(either, self.wake.next()).await {
                Either::Left((Either::Left((frames, _)), _)) => return frames,
                Either::Left((Either::Right(_), _)) => return Vec::new(),
                Either::Right((_, waiting)) => {
                    // After sleep the timer for silence has not run out yet, but a person looks now.
                    if js_sys::Date::now() - since > f64::from(TERMINAL_BEAT_MS * 3 / 2) {
                        return Vec::new();
                    }
                    either = waiting;
                }
            }
        }
    }

    /// Passes output on until the connection ends; says why it did.
    async fn serve(&mut self, mut socket: Socket, backoff: &mut Backoff) -> End {
        let mut drawn = None;
        loop {
            let frames = self.heard(&mut socket).await;
            let mut open = !frames.is_empty();
            for frame in frames {
                match frame {
                    Frame::Opened => {
                        self.line.set(Some(socket.sender()));
                        self.line.tell_room(self.screen.room().unwrap_or_else(|| self.screen.size()));
                    }
                    Frame::Bytes(bytes) => {
                        if let Some(drawn) = &drawn {
                            self.draw(&bytes, drawn);
                        }
                    }
                    Frame::Text(text) => match serde_json::from_str(&text) {
                        Ok(TerminalNotice::Opened) => {
                            backoff.reset();
                            drawn = Some(Drawn::begin(self.line.clone()));
                            // What is attached draws its whole screen.
                            self.screen.terminal().write_text(RESET);
                            self.panel.note.set(None);
                            self.panel.open.set(true);
                        }
                        Ok(TerminalNotice::Size { cols, rows, leading }) => {
                            self.panel.leading.set(leading);
                            self.screen.show((cols, rows));
                        }
                        Ok(TerminalNotice::Agent { hands, taken }) => {
                            self.panel.hands.set(hands);
                            self.panel.taken.set(taken);
                            self.held.told(taken, &self.line);
                        }
                        Ok(TerminalNotice::PasswordWanted) => {
                            if let Some(step_up) = self.panel.step_up {
                                // Nothing is typed again on its own: it may be out of place by then.
                                step_up.ask(Callback::new(|()| {}));
                            }
                        }
                        Ok(TerminalNotice::Alive) => {}
                        Ok(TerminalNotice::Closed { reason }) => return End::Closed(reason),
                        Err(error) => leptos::logging::error!("a terminal frame was not understood: {error}"),
                    },
                    Frame::Closed => open = false,
                }
            }
            if !open {
                return End::Lost;
            }
        }
    }

    fn draw(&self, bytes: &js_sys::Uint8Array, drawn: &Rc<Drawn>) {
        let (drawn, length) = (drawn.clone(), bytes.length());
        let done = Closure::once_into_js(move || drawn.add(length));
        self.screen.terminal().write_bytes(bytes, done.unchecked_ref());
    }
}

/// Waits until the flag is up; gives up silently when its owner is gone, for then the task is aborted too.
async fn wait_for(flag: Memo<bool>) {
    while flag.try_get_untracked() == Some(false) {
        TimeoutFuture::new(IDLE_POLL_MS).await;
    }
}
