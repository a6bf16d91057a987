//! Input to a pane: text through a paste buffer, and single keys.
//!
//! Must not decide when it is safe to send: that is the caller's, who knows the program in the pane.

use std::sync::atomic::{AtomicU64, Ordering};

use tmux_interface::{CopyMode, LoadBuffer, PasteBuffer, SendKeys, TmuxCommand};

use crate::{Pane, TmuxError, TmuxServer};

/// A key that can be pressed in a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// Tabulator.
    Tab,
    /// Shift and tabulator.
    ShiftTab,
    /// Backspace.
    Backspace,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Interrupt.
    CtrlC,
    /// End of input.
    CtrlD,
    /// Delete the line before the cursor.
    CtrlU,
    /// A printable character, as typed.
    Char(char),
}

impl Key {
    fn command<'a>(self, pane: Pane) -> Result<TmuxCommand<'a>, TmuxError> {
        let keys = SendKeys::new().target_pane(pane.target());
        let name = match self {
            Self::Enter => "Enter",
            Self::Escape => "Escape",
            Self::Tab => "Tab",
            Self::ShiftTab => "BTab",
            Self::Backspace => "BSpace",
            Self::Up => "Up",
            Self::Down => "Down",
            Self::Left => "Left",
            Self::Right => "Right",
            Self::CtrlC => "C-c",
            Self::CtrlD => "C-d",
            Self::CtrlU => "C-u",
            Self::Char(c) if c.is_control() => {
                return Err(TmuxError::InvalidArgument("not a printable character"));
            }
            Self::Char(c) => {
                let mut command = keys.disable_lookup().build();
                command.push_param("--");
                command.push_param(c.to_string());
                return Ok(command);
            }
        };
        Ok(keys.key(name).build())
    }
}

/// Text as it may be pasted: without C0 controls other than newline and tab, without DEL and C1 controls, so that
/// nothing in it can end a bracketed paste or act as a key. `\r\n` becomes `\n`, a lone `\r` too.
pub fn sanitize(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

static BUFFERS: AtomicU64 = AtomicU64::new(0);

/// A viewer may have scrolled back: a pane in copy mode would take the keys for itself.
fn leave_modes<'a>(pane: Pane) -> TmuxCommand<'a> {
    CopyMode::new().cancel().target_pane(pane.target()).build()
}

impl TmuxServer {
    /// Pastes [`sanitize`]d text into a pane, bracketed if the program there asked for it; no Enter follows.
    ///
    /// # Errors
    /// [`TmuxError::NotFound`] if the pane is gone.
    pub async fn paste(&self, pane: Pane, text: &str) -> Result<(), TmuxError> {
        let text = sanitize(text);
        if text.is_empty() {
            return Ok(());
        }
        let buffer = format!("autocode-{}-{}", std::process::id(), BUFFERS.fetch_add(1, Ordering::Relaxed));
        let load = LoadBuffer::new().buffer_name(buffer.clone()).path("-").build();
        let paste = PasteBuffer::new()
            .bracket_codes()
            .no_replacement()
            .delete()
            .buffer_name(buffer)
            .target_pane(pane.target())
            .build();
        // Modes first: a vanished pane then fails before anything was loaded.
        self.run([leave_modes(pane)]).await?;
        self.run_with_input([load, paste], text.as_bytes()).await.map(drop)
    }

    /// Presses a key in a pane.
    ///
    /// # Errors
    /// [`TmuxError::NotFound`] if the pane is gone; [`TmuxError::InvalidArgument`] for a control character.
    pub async fn send_key(&self, pane: Pane, key: Key) -> Result<(), TmuxError> {
        self.run([leave_modes(pane), key.command(pane)?]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_break_out_of_a_paste() {
        assert_eq!(sanitize("a\u{1b}[201~b\x03\x7f\u{9b}c\td\r\ne\rf\u{0}ě🦀"), "a[201~bc\td\ne\nfě🦀");
    }
}
