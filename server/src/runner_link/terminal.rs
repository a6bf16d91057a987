//! A terminal connection: one viewer's byte stream to and from a tmux session in the user's cell.

use std::path::Path;

use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{Hello, TerminalControl},
};
use bytes::Bytes;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{net::UnixStream, time::timeout};
use tokio_util::codec::Framed;

use super::{GREETING_LIMIT, LinkError, dial::dial};

/// A terminal, attached.
pub struct TerminalLink {
    /// What comes from the session.
    pub reader: TerminalReader,
    /// What goes to it.
    pub writer: TerminalWriter,
}

/// What a session sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Bytes for the screen.
    Bytes(Bytes),
    /// The stream ends, and why.
    Closed(String),
}

/// Attaches to `session` with a first size.
///
/// # Errors
/// [`LinkError`] if the runner cannot be reached; `Refused` says why there is nothing to attach to.
pub async fn open_terminal(
    socket: &Path,
    session: &str,
    cols: u16,
    rows: u16,
) -> Result<TerminalLink, LinkError> {
    let greeting = async {
        let mut framed = Framed::new(dial(socket).await?, FrameCodec::default());
        framed.send(Frame::json(&Hello::Terminal { session: session.to_owned(), cols, rows })?).await?;
        let (sink, stream) = framed.split();
        let mut link = TerminalLink { reader: TerminalReader { stream }, writer: TerminalWriter { sink } };
        match link.reader.frame().await? {
            Frame::Json(json) => match control(&json)? {
                TerminalControl::Opened => Ok(link),
                TerminalControl::Closed { reason } => Err(LinkError::Refused(reason)),
                TerminalControl::Resize { .. } => Err(LinkError::Protocol("a size from the runner".into())),
            },
            Frame::Bytes(_) => Err(LinkError::Protocol("bytes before the greeting".into())),
        }
    };
    timeout(GREETING_LIMIT, greeting).await.map_err(|_| LinkError::Timeout(GREETING_LIMIT))?
}

fn control(json: &[u8]) -> Result<TerminalControl, LinkError> {
    serde_json::from_slice(json).map_err(|e| LinkError::Protocol(e.to_string()))
}

/// The reading half of a terminal.
pub struct TerminalReader {
    stream: SplitStream<Framed<UnixStream, FrameCodec>>,
}

impl TerminalReader {
    async fn frame(&mut self) -> Result<Frame, LinkError> {
        Ok(self.stream.next().await.ok_or(LinkError::Closed)??)
    }

    /// The next piece of output; not reading makes the session wait, nothing piles up here.
    ///
    /// # Errors
    /// [`LinkError`] when the connection breaks.
    pub async fn next(&mut self) -> Result<Output, LinkError> {
        match self.frame().await? {
            Frame::Bytes(bytes) => Ok(Output::Bytes(bytes)),
            Frame::Json(json) => match control(&json)? {
                TerminalControl::Closed { reason } => Ok(Output::Closed(reason)),
                other => Err(LinkError::Protocol(format!("{other:?} in the stream"))),
            },
        }
    }
}

/// The writing half of a terminal.
pub struct TerminalWriter {
    sink: SplitSink<Framed<UnixStream, FrameCodec>, Frame>,
}

impl TerminalWriter {
    /// Sends keystrokes.
    ///
    /// # Errors
    /// [`LinkError::Io`] when the connection broke.
    pub async fn keys(&mut self, bytes: Bytes) -> Result<(), LinkError> {
        Ok(self.sink.send(Frame::Bytes(bytes)).await?)
    }

    /// Tells the viewer's size.
    ///
    /// # Errors
    /// [`LinkError::Io`] when the connection broke.
    pub async fn resize(&mut self, cols: u16, rows: u16) -> Result<(), LinkError> {
        Ok(self.sink.send(Frame::json(&TerminalControl::Resize { cols, rows })?).await?)
    }
}
