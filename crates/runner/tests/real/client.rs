//! The server's side of the protocol, for the tests.

use std::{collections::VecDeque, path::Path, time::Duration};

use autocode_nanobot::protocol::{Command, Event, EventLine};
use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{
        Answer, Hello, Request, RequestFrame, RunnerEvent, ServerBound, SpooledEvent, StartInstance, VERSION,
    },
};
use autocode_sandbox::Facts;
use futures::{SinkExt, StreamExt};
use tokio::{
    net::UnixStream,
    time::{Instant, sleep, timeout},
};
use tokio_util::codec::Framed;

use crate::common::LIMIT;

pub type Wire = Framed<UnixStream, FrameCodec>;

pub async fn wire(socket: &Path) -> Wire {
    let deadline = Instant::now() + LIMIT;
    loop {
        match UnixStream::connect(socket).await {
            Ok(stream) => return Framed::new(stream, FrameCodec::default()),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

pub async fn json(wire: &mut Wire) -> Option<serde_json::Value> {
    match timeout(LIMIT, wire.next()).await.unwrap()? {
        Ok(Frame::Json(json)) => Some(serde_json::from_slice(&json).unwrap()),
        other => panic!("{other:?}"),
    }
}

pub struct Client {
    wire: Wire,
    events: VecDeque<SpooledEvent>,
    next: u64,
    /// What the runner says of its isolation.
    pub facts: Facts,
}

impl Client {
    pub async fn connect(socket: &Path) -> Self {
        let deadline = Instant::now() + LIMIT;
        loop {
            let mut wire = wire(socket).await;
            let hello = Frame::json(&Hello::Control { version: VERSION }).unwrap();
            // A runner that is just being killed still accepts, and greets nobody.
            let greeting = match wire.send(hello).await {
                Ok(()) => timeout(LIMIT, wire.next()).await.unwrap(),
                Err(_) => None,
            };
            if let Some(Ok(Frame::Json(json))) = greeting {
                let welcome: serde_json::Value = serde_json::from_slice(&json).unwrap();
                assert_eq!(welcome["type"], "welcome");
                let facts = serde_json::from_value(welcome["isolation"]["facts"].clone()).unwrap();
                return Self { wire, events: VecDeque::new(), next: 0, facts };
            }
            assert!(Instant::now() < deadline, "{greeting:?} instead of a greeting");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn receive(&mut self) -> Option<ServerBound> {
        Some(serde_json::from_value(json(&mut self.wire).await?).unwrap())
    }

    /// Sends a request without waiting for its answer; returns its number.
    pub async fn tell(&mut self, request: Request) -> u64 {
        self.next += 1;
        let frame = Frame::json(&RequestFrame { id: self.next, request }).unwrap();
        self.wire.send(frame).await.unwrap();
        self.next
    }

    pub async fn ask(&mut self, request: Request) -> Answer {
        let id = self.tell(request).await;
        self.answer(id).await
    }

    /// The answer to a request that was sent; the next one that comes.
    pub async fn answer(&mut self, asked: u64) -> Answer {
        loop {
            match self.receive().await.expect("the runner closed the connection") {
                ServerBound::Answer { id, answer } if id == asked => return answer,
                ServerBound::Event(event) => self.events.push_back(event),
                other => panic!("{other:?}"),
            }
        }
    }

    pub async fn start(&mut self, start: StartInstance) -> u32 {
        match self.ask(Request::StartInstance(Box::new(start))).await {
            Answer::Started { pid } => pid,
            other => panic!("{other:?}"),
        }
    }

    pub async fn say(&mut self, id: i64, word: &str) {
        let command = Command::Answer { text: word.into() };
        assert_eq!(self.ask(Request::Command { instance_id: id, command }).await, Answer::Done);
    }

    pub async fn event(&mut self) -> SpooledEvent {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        match self.receive().await.expect("the runner closed the connection") {
            ServerBound::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    pub async fn expect_log(&mut self, text: &str) -> u64 {
        let event = self.event().await;
        match &event.event {
            RunnerEvent::Nanobot(EventLine { event: Event::Log { message, .. }, .. })
                if message.starts_with(text) => {}
            other => panic!("{other:?} instead of {text:?}"),
        }
        event.seq
    }

    pub async fn is_closed(&mut self) -> bool {
        matches!(timeout(LIMIT, self.wire.next()).await.unwrap(), None | Some(Err(_)))
    }
}
