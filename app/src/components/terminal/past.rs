//! What the terminal has shown, as a copy in front of what happens now: scrolled and searched by this viewer alone.
//!
//! The terminal itself keeps no lines: tmux draws one screen for everybody, and keeps what went by.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::future::{AbortHandle, abortable};
use gloo_timers::callback::Timeout;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;
use xterm_js_rs::addons::search::SearchAddon;

use super::{
    keys::Keys,
    panel::{Panel, Past, Wish},
    screen::{Screen, Size},
    xterm::{Results, Search6, object, same},
};
use crate::{
    components::socket::{Frame, Socket},
    model::{ProjectId, TerminalNotice},
};

/// Most lines above the screen.
const LINES: u32 = 20_000;

/// The copy, if one is looked at.
pub struct Lookback {
    project: ProjectId,
    place: HtmlElement,
    panel: Panel,
    /// What a person types while looking back ends it, and goes to the terminal.
    typed: Rc<dyn Fn(String)>,
    copy: RefCell<Option<Copy>>,
    loading: RefCell<Option<AbortHandle>>,
    /// Lines that were scrolled while the copy was on its way; positive is upwards.
    waiting: Cell<i32>,
    /// What is to be found once the copy is there.
    sought: RefCell<Option<(String, bool)>>,
}

struct Copy {
    screen: Screen,
    search: Search6,
    _results: Closure<dyn FnMut(JsValue)>,
    _typed: Closure<dyn FnMut(String)>,
    _selected: Closure<dyn FnMut()>,
    _keys: Keys,
}

impl Lookback {
    /// Nothing is looked at yet; `place` is where a copy will be.
    pub fn new(
        project: ProjectId,
        place: HtmlElement,
        panel: Panel,
        typed: impl Fn(String) + 'static,
    ) -> Rc<Self> {
        Rc::new(Self {
            project,
            place,
            panel,
            typed: Rc::new(typed),
            copy: RefCell::default(),
            loading: RefCell::default(),
            waiting: Cell::new(0),
            sought: RefCell::default(),
        })
    }

    /// Scrolls by lines, upwards if positive; makes a copy of this size if there is none, and puts it away at its end.
    pub fn scroll(self: &Rc<Self>, lines: i32, size: Size) {
        let end = match &*self.copy.borrow() {
            Some(copy) => {
                let (shown, newest) = copy.screen.terminal().scrolled();
                copy.screen.terminal().scroll_by(-lines);
                lines < 0 && shown == newest
            }
            None => {
                if lines > 0 || self.panel.past.get_untracked() == Past::Loading {
                    self.waiting.set(self.waiting.get() + lines);
                    self.open(size);
                }
                false
            }
        };
        if end {
            let panel = self.panel;
            // With the focus, which the copy may have.
            Timeout::new(0, move || panel.ask(Wish::Return)).forget();
        }
    }

    /// Looks for a text, in a copy that is made if there is none.
    pub fn find(self: &Rc<Self>, text: &str, up: bool, size: Size) {
        let Some(search) = self.copy.borrow().as_ref().map(|copy| same(&copy.search)) else {
            self.sought.replace(Some((text.to_owned(), up)));
            return self.open(size);
        };
        if text.is_empty() {
            search.clear();
            return self.panel.found.set(None);
        }
        let options = marks();
        if up {
            search.previous(text, &options)
        } else {
            search.next(text, &options)
        };
    }

    /// Selected text of the copy.
    pub fn selection(&self) -> Option<String> {
        let copy = self.copy.borrow();
        let terminal = copy.as_ref()?.screen.terminal();
        terminal.has_selection().then(|| terminal.get_selection())
    }

    /// Pixels of a row of the copy.
    pub fn row(&self) -> Option<f64> {
        self.copy.borrow().as_ref().map(|copy| copy.screen.row())
    }

    /// Back to what happens now.
    pub fn close(&self) {
        if let Some(loading) = self.loading.take() {
            loading.abort();
        }
        self.copy.replace(None);
        self.waiting.set(0);
        self.sought.replace(None);
        self.panel.found.set(None);
        self.panel.past.set(Past::Closed);
    }

    fn open(self: &Rc<Self>, size: Size) {
        if self.panel.past.get_untracked() != Past::Closed {
            return;
        }
        self.panel.past.set(Past::Loading);
        let this = self.clone();
        let (work, handle) = abortable(async move {
            match read(this.project).await {
                Ok(chunks) => this.show(&chunks, size),
                Err(why) => {
                    this.close();
                    this.panel.note.set(Some(why));
                }
            }
        });
        self.loading.replace(Some(handle));
        spawn_local(async move {
            // Aborted when the person does not want to see it any more.
            work.await.ok();
        });
    }

    fn show(self: &Rc<Self>, chunks: &[js_sys::Uint8Array], size: Size) {
        // Before it is measured it must have its place.
        self.panel.past.set(Past::Open);
        self.place.set_hidden(false);
        let screen = Screen::open(self.place.clone(), LINES);
        screen.show(size);
        let search: Search6 = SearchAddon::new().unchecked_into();
        let addon: &JsValue = search.as_ref();
        screen.terminal().load_addon(addon.clone().unchecked_into());
        let panel = self.panel;
        let results = Closure::<dyn FnMut(JsValue)>::new(move |results: JsValue| {
            let results: Results = results.unchecked_into();
            let at = u32::try_from(results.index() + 1).unwrap_or(0);
            panel.found.set(Some((at, results.count())));
        });
        search.on_results(results.as_ref().unchecked_ref());
        let typed = Closure::<dyn FnMut(String)>::new({
            let typed = self.typed.clone();
            move |text| typed(text)
        });
        screen.terminal().on_data(typed.as_ref().unchecked_ref());
        let selected = Closure::<dyn FnMut()>::new({
            let terminal = same(screen.terminal());
            move || panel.selected.set(terminal.has_selection())
        });
        screen.terminal().on_selection_change(selected.as_ref().unchecked_ref());
        let keys = Keys::of_past(screen.terminal(), panel);
        let nothing = Closure::once_into_js(|| {});
        for chunk in chunks {
            screen.terminal().write_bytes(chunk, nothing.unchecked_ref());
        }
        let ready = Closure::once_into_js({
            let this = self.clone();
            move || this.ready()
        });
        // Called when all before it is drawn.
        screen.terminal().write_bytes(&js_sys::Uint8Array::new_with_length(0), ready.unchecked_ref());
        let copy =
            Copy { screen, search, _results: results, _typed: typed, _selected: selected, _keys: keys };
        self.copy.replace(Some(copy));
    }

    fn ready(self: &Rc<Self>) {
        let lines = self.waiting.take();
        let sought = self.sought.take();
        let size = match &*self.copy.borrow() {
            Some(copy) => {
                copy.screen.terminal().scroll_by(-lines);
                if sought.is_none() {
                    copy.screen.terminal().focus();
                }
                copy.screen.size()
            }
            None => return,
        };
        if let Some((text, up)) = sought {
            self.find(&text, up, size);
        }
    }
}

/// How what was found is marked; both colours are told apart from text and from a selection.
fn marks() -> JsValue {
    let decorations = object(&[
        ("matchBackground", "#4a3c12".into()),
        ("matchOverviewRuler", "#ffc670".into()),
        ("activeMatchBackground", "#8a5a00".into()),
        ("activeMatchBorder", "#ffc670".into()),
        ("activeMatchColorOverviewRuler", "#ffffff".into()),
    ]);
    object(&[("decorations", decorations)])
}

/// The scrollback and the screen, without the end of the last line.
async fn read(project: ProjectId) -> Result<Vec<js_sys::Uint8Array>, String> {
    let lost = || "What was shown before could not be read: the connection was lost.".to_owned();
    let path = format!("/ws/project/{project}/terminal?history={LINES}");
    let mut socket = Socket::open(&path).map_err(|_| lost())?;
    let (mut chunks, mut opened) = (Vec::new(), false);
    loop {
        let frames = socket.frames().await;
        if frames.is_empty() {
            return Err(lost());
        }
        for frame in frames {
            match frame {
                Frame::Bytes(bytes) => chunks.push(bytes),
                Frame::Text(text) => match serde_json::from_str(&text) {
                    Ok(TerminalNotice::Opened) => opened = true,
                    Ok(TerminalNotice::Closed { .. }) if opened => {
                        if let Some(last) = chunks.last_mut()
                            && last.length() > 0
                            && last.at(-1) == Some(b'\n')
                        {
                            *last = last.subarray(0, last.length() - 1);
                        }
                        return Ok(chunks);
                    }
                    Ok(TerminalNotice::Closed { reason }) => return Err(reason),
                    Ok(_) => {}
                    Err(error) => leptos::logging::error!("a terminal frame was not understood: {error}"),
                },
                Frame::Opened => {}
                Frame::Closed => return Err(lost()),
            }
        }
    }
}
