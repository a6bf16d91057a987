//! A terminal connection: one viewer's byte stream to and from a tmux session in the user's cell.

use std::path::Path;

use app::model::{Hands, TakenBy, TerminalNotice, TerminalRequest};
use autocode_nanobot::protocol as nanobot;
use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{self as runner, Hello},
};
use bytes::Bytes;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{net::UnixStream, time::timeout};
use tokio_util::codec::Framed;

use super::{GREETING_LIMIT, LinkError, dial::dial};

/// What a viewer wants of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What happens now, with room for so many columns and rows.
    Live(u16, u16),
    /// What was shown until now, up to so many lines above the screen; then the stream ends.
    History(u32),
}

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
    /// What viewers are told; the stream ends after `Closed`.
    Notice(TerminalNotice),
}

/// Attaches to `session`.
///
/// # Errors
/// [`LinkError`] if the runner cannot be reached; `Refused` says why there is nothing to attach to.
pub async fn open_terminal(socket: &Path, session: &str, view: View) -> Result<TerminalLink, LinkError> {
    let session = session.to_owned();
    let hello = match view {
        View::Live(cols, rows) => Hello::Terminal { session, cols, rows },
        View::History(lines) => Hello::History { session, lines },
    };
    let greeting = async {
        let mut framed = Framed::new(dial(socket).await?, FrameCodec::default());
        framed.send(Frame::json(&hello)?).await?;
        let (sink, stream) = framed.split();
        let mut link = TerminalLink { reader: TerminalReader { stream }, writer: TerminalWriter { sink } };
        match link.reader.next().await? {
            Output::Notice(TerminalNotice::Opened) => Ok(link),
            Output::Notice(TerminalNotice::Closed { reason }) => Err(LinkError::Refused(reason)),
            other => Err(LinkError::Protocol(format!("{other:?} instead of a greeting"))),
        }
    };
    timeout(GREETING_LIMIT, greeting).await.map_err(|_| LinkError::Timeout(GREETING_LIMIT))?
}

/// The reading half of a terminal.
pub struct TerminalReader {
    stream: SplitStream<Framed<UnixStream, FrameCodec>>,
}

impl TerminalReader {
    /// The next piece of output; not reading makes the session wait, nothing piles up here. Cancel safe.
    ///
    /// # Errors
    /// [`LinkError`] when the connection breaks.
    pub async fn next(&mut self) -> Result<Output, LinkError> {
        match self.stream.next().await.ok_or(LinkError::Closed)?? {
            Frame::Bytes(bytes) => Ok(Output::Bytes(bytes)),
            Frame::Json(json) => match serde_json::from_slice(&json) {
                Ok(notice) => Ok(Output::Notice(from_runner(notice))),
                Err(error) => Err(LinkError::Protocol(error.to_string())),
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

    /// Passes on what a viewer asks.
    ///
    /// # Errors
    /// [`LinkError::Io`] when the connection broke.
    pub async fn request(&mut self, request: &TerminalRequest) -> Result<(), LinkError> {
        Ok(self.sink.send(Frame::json(&to_runner(request))?).await?)
    }
}

fn to_runner(request: &TerminalRequest) -> runner::TerminalRequest {
    match *request {
        TerminalRequest::Resize { cols, rows } => runner::TerminalRequest::Resize { cols, rows },
        TerminalRequest::Lead => runner::TerminalRequest::Lead,
        TerminalRequest::Acknowledge { bytes } => runner::TerminalRequest::Acknowledge { bytes },
        TerminalRequest::TakeOver => runner::TerminalRequest::TakeOver,
        TerminalRequest::GiveBack => runner::TerminalRequest::GiveBack,
    }
}

fn from_runner(notice: runner::TerminalNotice) -> TerminalNotice {
    match notice {
        runner::TerminalNotice::Opened => TerminalNotice::Opened,
        runner::TerminalNotice::Size { cols, rows, leading } => TerminalNotice::Size { cols, rows, leading },
        runner::TerminalNotice::Agent { hands, taken } => TerminalNotice::Agent {
            hands: hands.map(|hands| match hands {
                nanobot::Hands::Near => Hands::Near,
                nanobot::Hands::Typing => Hands::Typing,
                nanobot::Hands::Off => Hands::Off,
            }),
            taken: match taken {
                runner::TakenBy::Nobody => TakenBy::Nobody,
                runner::TakenBy::You => TakenBy::You,
                runner::TakenBy::Another => TakenBy::Another,
            },
        },
        runner::TerminalNotice::Closed { reason } => TerminalNotice::Closed { reason },
    }
}
