//! What a session has shown until now, sent once: each viewer scrolls and searches in a copy of its own.
//!
//! tmux' own scrolling is a mode of the pane: one viewer who scrolls would hold the picture for all, and take the
//! nanobot's keys.

use autocode_tmux::{Lines, TmuxServer};
use bytes::Bytes;
use futures::SinkExt;
use tokio_util::sync::CancellationToken;

use super::{CHUNK, Terminals, Wire, existing, send_closed};
use crate::{frame::Frame, protocol::TerminalNotice};

/// Most lines above the screen.
const MAX_LINES: u32 = 20_000;
/// Most bytes: the newest are kept.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Sends a session's scrollback and screen, then ends the connection.
pub(crate) async fn serve_history(
    tmux: TmuxServer,
    mut wire: Wire,
    session: String,
    lines: u32,
    terminals: Terminals,
    cancel: CancellationToken,
) {
    let reason = match terminals.slots.try_acquire() {
        Err(_) => "Too many terminals are open.".to_owned(),
        Ok(_slot) => match capture(&tmux, &session, lines.min(MAX_LINES)).await {
            Err(reason) => reason,
            Ok(text) => tokio::select! {
                () = cancel.cancelled() => "The runner was ended.".to_owned(),
                sent = send(&mut wire, newest(&text)) => match sent {
                    Ok(()) => "That is all.".to_owned(),
                    Err(_) => return,
                },
            },
        },
    };
    send_closed(&mut wire, reason).await;
}

async fn capture(tmux: &TmuxServer, session: &str, lines: u32) -> Result<String, String> {
    let name = existing(tmux, session).await?;
    let pane = tmux.pane(&name).await.map_err(|error| error.to_string())?;
    let pane = pane.ok_or("There is no terminal session yet.")?;
    tmux.capture(pane.id, Lines::StyledHistory(lines)).await.map_err(|error| error.to_string())
}

/// The end of the text that is small enough, from the beginning of a line.
fn newest(text: &str) -> &[u8] {
    let bytes = text.as_bytes();
    if bytes.len() <= MAX_BYTES {
        return bytes;
    }
    let tail = &bytes[bytes.len() - MAX_BYTES..];
    tail.iter().position(|byte| *byte == b'\n').map_or(tail, |end| &tail[end + 1..])
}

async fn send(wire: &mut Wire, text: &[u8]) -> std::io::Result<()> {
    wire.send(Frame::json(&TerminalNotice::Opened)?).await?;
    for chunk in text.chunks(CHUNK) {
        wire.send(Frame::Bytes(Bytes::copy_from_slice(chunk))).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_whole() {
        assert_eq!(newest("a\nb\n"), b"a\nb\n");
        let long = format!("old\n{}\nnew\n", "x".repeat(MAX_BYTES - 4));
        assert_eq!(newest(&long), b"new\n");
    }
}
