//! One xterm.js in the page: made, measured, scaled.
//!
//! Must not know a connection. Its columns and rows are what it is told; if its place is too small for them, the letters
//! get smaller, so that a phone sees the whole of a desktop's screen.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use xterm_js_rs::{TerminalOptions, Theme};

use super::{
    links::Links,
    quiet::Quiet,
    xterm::{Settings, Terminal6},
};

/// Pixels of a letter where there is room.
const FONT: f64 = 13.0;
/// Pixels by which the letters get smaller until all fits.
const SHRINK: f64 = 0.25;
/// Pixels of the smallest letter; below that nothing is gained.
const SMALLEST: f64 = 2.0;

/// Columns and rows.
pub type Size = (u16, u16);

/// A terminal and its place.
pub struct Screen {
    terminal: Terminal6,
    place: HtmlElement,
    /// Pixels of a letter now.
    font: Cell<f64>,
    /// Width and height of a cell with letters of full size.
    cell: Cell<(f64, f64)>,
    _quiet: Quiet,
    _links: Links,
}

impl Screen {
    /// Draws an empty terminal of a size that fits into the place. Lines beyond the screen are kept up to `scrollback`.
    pub fn open(place: HtmlElement, scrollback: u32) -> Self {
        let options = options(scrollback);
        let terminal = Terminal6::make(&options);
        let quiet = Quiet::make(&terminal);
        terminal.open(place.clone());
        let links = Links::make(&terminal);
        let screen = Self {
            terminal,
            place,
            font: Cell::new(FONT),
            cell: Cell::new((8.0, 16.0)),
            _quiet: quiet,
            _links: links,
        };
        if let Some(size) = screen.room() {
            screen.show(size);
        }
        screen
    }

    /// xterm.js' own object.
    pub fn terminal(&self) -> &Terminal6 {
        &self.terminal
    }

    /// Columns and rows now.
    pub fn size(&self) -> Size {
        let small = |count| u16::try_from(count).unwrap_or(u16::MAX);
        (small(self.terminal.get_cols()), small(self.terminal.get_rows()))
    }

    /// Pixels of a row now.
    pub fn row(&self) -> f64 {
        self.measured().1 / f64::from(self.terminal.get_rows().max(1))
    }

    /// The size for which there is room with letters of full size; none while the place is not shown.
    pub fn room(&self) -> Option<Size> {
        let (width, height) = self.inside();
        if width < 1.0 || height < 1.0 {
            return None;
        }
        if self.font.get() == FONT {
            let (cols, rows) = (self.terminal.get_cols().max(1), self.terminal.get_rows().max(1));
            let (all_wide, all_high) = self.measured();
            if all_wide > 0.0 && all_high > 0.0 {
                self.cell.set((all_wide / f64::from(cols), all_high / f64::from(rows)));
            }
        }
        let (wide, high) = self.cell.get();
        let fitting = |room: f64, one: f64| (room / one).floor().clamp(2.0, 1000.0) as u16;
        Some((fitting(width, wide), fitting(height, high)))
    }

    /// Takes on a size, with letters so small that all of it is seen.
    pub fn show(&self, (cols, rows): Size) {
        if self.size() != (cols, rows) {
            self.terminal.resize(cols.into(), rows.into());
        }
        let (width, height) = self.inside();
        let (wide, high) = self.cell.get();
        let scale = (width / (wide * f64::from(cols))).min(height / (high * f64::from(rows)));
        let begin = if scale >= 1.0 { FONT } else { (FONT * scale / SHRINK).floor() * SHRINK };
        self.set_font(begin.max(SMALLEST));
        // Cells are whole device pixels, so it may take some steps more.
        while self.font.get() > SMALLEST && !self.fits(width, height) {
            self.set_font(self.font.get() - SHRINK);
        }
    }

    fn fits(&self, width: f64, height: f64) -> bool {
        let (all_wide, all_high) = self.measured();
        all_wide <= width + 0.5 && all_high <= height + 0.5
    }

    fn set_font(&self, pixels: f64) {
        if self.font.replace(pixels) != pixels {
            self.terminal.settings().set_font_size(pixels);
        }
    }

    fn inside(&self) -> (f64, f64) {
        (f64::from(self.place.client_width()), f64::from(self.place.client_height()))
    }

    /// Width and height of what is drawn.
    fn measured(&self) -> (f64, f64) {
        let drawn: Option<Element> = self.place.query_selector(".xterm-screen").ok().flatten();
        drawn.map_or((0.0, 0.0), |drawn| {
            let rect = drawn.get_bounding_client_rect();
            (rect.width(), rect.height())
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.terminal.dispose();
    }
}

fn options(scrollback: u32) -> TerminalOptions {
    let theme = Theme::new();
    theme
        .with_background("#0d1017")
        .with_foreground("#e6e9ef")
        .with_cursor("#9db2ff")
        .with_black("#1c2029")
        .with_bright_black("#7f8798");
    let options = TerminalOptions::new();
    options
        .with_font_family("ui-monospace, 'SF Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace")
        .with_scrollback(scrollback)
        .with_cursor_blink(true)
        .with_convert_eol(scrollback > 0)
        .with_theme(&theme);
    let settings: &Settings = options.unchecked_ref();
    settings.set_font_size(FONT);
    // Marking what was found is still called a proposal.
    settings.set_allow_proposed_api(scrollback > 0);
    options
}
