//! The server's end of the connection to a runner; a connection that breaks is not an error here.

use std::{collections::VecDeque, path::Path, time::Duration};

use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{Answer, Hello, Request, RequestFrame, ServerBound, SpooledEvent, VERSION},
};
use futures::{SinkExt as _, StreamExt as _};
use tokio::{net::UnixStream, time::timeout};
use tokio_util::codec::Framed;

/// How long a runner may take to answer; starting an instance includes its workspace.
const ANSWER: Duration = Duration::from_secs(30);

/// A control connection.
pub struct Link {
    wire: Framed<UnixStream, FrameCodec>,
    queue: VecDeque<SpooledEvent>,
    next: u64,
}

impl Link {
    /// Connects once; `None` if nobody listens or greets.
    pub async fn connect(socket: &Path) -> Option<Self> {
        let mut wire = Framed::new(UnixStream::connect(socket).await.ok()?, FrameCodec::default());
        wire.send(Frame::json(&Hello::Control { version: VERSION }).ok()?).await.ok()?;
        match timeout(ANSWER, wire.next()).await.ok()?? {
            Ok(Frame::Json(_)) => Some(Self { wire, queue: VecDeque::new(), next: 0 }),
            _ => None,
        }
    }

    async fn receive(&mut self) -> Option<ServerBound> {
        match self.wire.next().await? {
            Ok(Frame::Json(json)) => Some(serde_json::from_slice(&json).unwrap()),
            _ => None,
        }
    }

    /// Asks and waits for the answer; `None` if the connection broke.
    pub async fn ask(&mut self, request: Request) -> Option<Answer> {
        self.next += 1;
        let id = self.next;
        self.wire.send(Frame::json(&RequestFrame { id, request }).unwrap()).await.ok()?;
        timeout(ANSWER, async {
            loop {
                match self.receive().await? {
                    ServerBound::Answer { id: of, answer } if of == id => return Some(answer),
                    ServerBound::Event(event) => self.queue.push_back(event),
                    other => panic!("{other:?}"),
                }
            }
        })
        .await
        .expect("the runner must answer in time")
    }

    /// The next event; `None` if the connection broke.
    pub async fn event(&mut self) -> Option<SpooledEvent> {
        if let Some(event) = self.queue.pop_front() {
            return Some(event);
        }
        match self.receive().await? {
            ServerBound::Event(event) => Some(event),
            other => panic!("{other:?}"),
        }
    }
}
