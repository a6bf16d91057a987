//! xterm.js on one side, the terminal socket on the other; browser only.

use std::{cell::RefCell, rc::Rc};

use futures::future::{AbortHandle, abortable};
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlElement, ResizeObserver, WebSocket};
use xterm_js_rs::{Disposable, Terminal, TerminalOptions, Theme, addons::fit::FitAddon};

use crate::{
    components::socket::{Backoff, Frame, Socket},
    model::ProjectId,
};

/// Milliseconds without a change of size before the terminal is fitted.
const RESIZE_SETTLE_MS: u32 = 80;
/// Milliseconds between looks at whether the project runs again.
const IDLE_POLL_MS: u32 = 500;

/// JSON frames of the terminal socket, both ways.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Control {
    /// To the server: this viewer's size.
    Resize { cols: u32, rows: u32 },
    /// From the server: attached.
    Opened,
    /// From the server: why the stream ends.
    Closed { reason: String },
}

/// The open connection, if there is one; shared by the handlers.
type Line = Rc<RefCell<Option<WebSocket>>>;

/// A terminal on the page; dropping it disconnects and removes it.
pub struct Session {
    terminal: Rc<Terminal>,
    listeners: Vec<Disposable>,
    observer: Option<ResizeObserver>,
    task: AbortHandle,
    // Referred to by JavaScript until `drop` has unhooked them.
    _on_text: [Closure<dyn FnMut(String)>; 2],
    _on_size: [Closure<dyn FnMut(JsValue)>; 2],
}

impl Session {
    /// Draws a terminal into `host` and connects it whenever the project has something to show.
    pub fn open(
        host: HtmlElement,
        project: ProjectId,
        ever_started: Memo<bool>,
        running: Memo<bool>,
        note: RwSignal<Option<String>>,
    ) -> Self {
        let terminal = Rc::new(Terminal::new(&options()));
        let fit = FitAddon::new();
        let addon: &JsValue = fit.as_ref();
        terminal.load_addon(addon.clone().unchecked_into());
        terminal.open(host.clone());
        fit.fit();

        let line = Line::default();
        let on_data = Closure::new({
            let line = line.clone();
            move |text: String| send_bytes(&line, text.as_bytes())
        });
        // Mouse reports: one character for each byte.
        let on_binary = Closure::new({
            let line = line.clone();
            move |text: String| send_bytes(&line, &text.chars().map(|c| c as u8).collect::<Vec<_>>())
        });
        let on_resize = Closure::new({
            let (line, terminal) = (line.clone(), terminal.clone());
            move |_: JsValue| send_size(&line, &terminal)
        });
        let listeners = vec![
            terminal.on_data(on_data.as_ref().unchecked_ref()),
            terminal.on_binary(on_binary.as_ref().unchecked_ref()),
            terminal.on_resize(on_resize.as_ref().unchecked_ref()),
        ];
        let on_host_size = fit_when_settled(fit);
        let observer = ResizeObserver::new(on_host_size.as_ref().unchecked_ref())
            .inspect_err(|error| leptos::logging::error!("the terminal will not follow its size: {error:?}"))
            .ok();
        if let Some(observer) = &observer {
            observer.observe(&host);
        }

        let link = Link { terminal: terminal.clone(), line, project, ever_started, running, note };
        let (run, task) = abortable(link.run());
        spawn_local(async move {
            // Ends only by being aborted, which is no fault.
            run.await.ok();
        });
        Self {
            terminal,
            listeners,
            observer,
            task,
            _on_text: [on_data, on_binary],
            _on_size: [on_resize, on_host_size],
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        for listener in &self.listeners {
            listener.dispose();
        }
        self.terminal.dispose();
    }
}

fn options() -> TerminalOptions {
    let theme = Theme::new();
    theme.with_background("#0d1017").with_foreground("#e6e9ef").with_cursor("#9db2ff").with_black("#1c2029");
    let options = TerminalOptions::new();
    options
        .with_font_family("ui-monospace, 'SF Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace")
        .with_font_size(13)
        .with_scrollback(5_000)
        .with_cursor_blink(true)
        .with_theme(&theme);
    options
}

/// A handler that fits the terminal once its place has stopped changing.
fn fit_when_settled(fit: FitAddon) -> Closure<dyn FnMut(JsValue)> {
    let fit = Rc::new(fit);
    let mut pending: Option<Timeout> = None;
    Closure::new(move |_: JsValue| {
        let fit = fit.clone();
        // Replacing the timeout cancels the one before.
        pending.replace(Timeout::new(RESIZE_SETTLE_MS, move || fit.fit()));
    })
}

fn send_bytes(line: &Line, bytes: &[u8]) {
    if let Some(socket) = line.borrow().as_ref()
        && let Err(error) = socket.send_with_u8_array(bytes)
    {
        leptos::logging::error!("input was not sent: {error:?}");
    }
}

fn send_size(line: &Line, terminal: &Terminal) {
    let size = Control::Resize { cols: terminal.get_cols(), rows: terminal.get_rows() };
    if let Some(socket) = line.borrow().as_ref()
        && let Ok(text) = serde_json::to_string(&size)
        && let Err(error) = socket.send_with_str(&text)
    {
        leptos::logging::error!("the terminal's size was not sent: {error:?}");
    }
}

/// The task that keeps a terminal connected.
struct Link {
    terminal: Rc<Terminal>,
    line: Line,
    project: ProjectId,
    ever_started: Memo<bool>,
    running: Memo<bool>,
    note: RwSignal<Option<String>>,
}

impl Link {
    async fn run(self) {
        let mut backoff = Backoff::default();
        wait_for(self.ever_started).await;
        loop {
            self.note.set(Some("Connecting\u{2026}".to_owned()));
            let reason = match Socket::open(&format!("/ws/project/{}/terminal", self.project)) {
                Ok(socket) => self.serve(socket, &mut backoff).await,
                Err(error) => format!("{error:?}"),
            };
            self.line.replace(None);
            let running = self.running.get_untracked();
            let next = if running { " Reconnecting\u{2026}" } else { "" };
            self.note.set(Some(format!("Terminal closed: {reason}{next}")));
            TimeoutFuture::new(backoff.next_ms()).await;
            wait_for(self.running).await;
        }
    }

    /// Passes output on until the connection ends; says why it did.
    async fn serve(&self, mut socket: Socket, backoff: &mut Backoff) -> String {
        let mut reason = "the connection was lost.".to_owned();
        loop {
            let frames = socket.frames().await;
            let mut open = !frames.is_empty();
            for frame in frames {
                match frame {
                    Frame::Opened => {
                        self.line.replace(Some(socket.sender()));
                        send_size(&self.line, &self.terminal);
                    }
                    Frame::Bytes(bytes) => self.write(&bytes),
                    Frame::Text(text) => match serde_json::from_str(&text) {
                        Ok(Control::Opened) => {
                            backoff.reset();
                            // What is attached draws its whole screen.
                            self.terminal.reset();
                            self.note.set(None);
                        }
                        Ok(Control::Closed { reason: given }) => reason = given,
                        Ok(Control::Resize { .. }) => {}
                        Err(error) => leptos::logging::error!("a terminal frame was not understood: {error}"),
                    },
                    Frame::Closed => open = false,
                }
            }
            if !open {
                return reason;
            }
        }
    }

    /// Writes bytes; the bindings know only text, which would break characters that two frames share.
    fn write(&self, bytes: &js_sys::Uint8Array) {
        let terminal: &JsValue = (*self.terminal).as_ref();
        let written = js_sys::Reflect::get(terminal, &"write".into())
            .and_then(|write| write.dyn_into::<js_sys::Function>()?.call1(terminal, bytes));
        if let Err(error) = written {
            leptos::logging::error!("output was not drawn: {error:?}");
        }
    }
}

/// Waits until the flag is up; gives up silently when its owner is gone, for then the task is aborted too.
async fn wait_for(flag: Memo<bool>) {
    while flag.try_get_untracked() == Some(false) {
        TimeoutFuture::new(IDLE_POLL_MS).await;
    }
}
