//! A runner that only speaks the protocol: it notes what it is asked, answers as if it were done, and tells what a test
//! wants told. What a real one does is tested with the runner and in the main job.

use std::path::Path;

use autocode_nanobot::{
    checkpoint::{ChangedFile, FileStatus},
    protocol::{Event, EventLine, StepStatus},
};
use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{Answer, Isolation, Request, RequestFrame, RunnerEvent, ServerBound, SpooledEvent, VERSION},
};
use autocode_sandbox::{Fact, Facts};
use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    net::UnixListener,
    sync::mpsc::{self, Receiver, Sender},
    time::{Duration, timeout},
};
use tokio_util::codec::Framed;

use crate::common::TestServer;

/// The test's end.
pub struct FakeRunner {
    asked: Receiver<Request>,
    events: Sender<(i64, Event)>,
}

impl FakeRunner {
    /// Listens where the server looks for a user's runner.
    pub fn listen(server: &TestServer, username: &str) -> Self {
        Self::listen_in(&server.run_dir().join(username))
    }

    /// Listens in a user's run folder.
    pub fn listen_in(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let listener = UnixListener::bind(folder.join("runner.sock")).unwrap();
        let (told, asked) = mpsc::channel(64);
        let (events, to_tell) = mpsc::channel(64);
        tokio::spawn(serve(listener, told, to_tell));
        Self { asked, events }
    }

    /// Tells the server what an instance's nanobot says.
    pub async fn tell(&self, instance: i64, event: Event) {
        self.events.send((instance, event)).await.unwrap();
    }

    /// The next request that a test is about; the upkeep of the connection is passed over.
    pub async fn next(&mut self) -> Request {
        let upkeep = |request: &Request| {
            matches!(
                request,
                Request::Subscribe { .. } | Request::Acknowledge { .. } | Request::ListInstances
            )
        };
        loop {
            let request = timeout(Duration::from_secs(20), self.asked.recv()).await.unwrap().unwrap();
            if !upkeep(&request) {
                return request;
            }
        }
    }
}

async fn serve(listener: UnixListener, told: Sender<Request>, mut to_tell: Receiver<(i64, Event)>) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut framed = Framed::new(stream, FrameCodec::default());
    let hello = framed.next().await.unwrap().unwrap();
    assert!(matches!(hello, Frame::Json(_)), "{hello:?}");
    let isolation = measured();
    let welcome = ServerBound::Welcome { version: VERSION, isolation };
    framed.send(Frame::json(&welcome).unwrap()).await.unwrap();
    let mut seq = 0;
    loop {
        let message = tokio::select! {
            frame = framed.next() => {
                // The server has gone: the test is over.
                let Some(Ok(Frame::Json(json))) = frame else { return };
                let RequestFrame { id, request } = serde_json::from_slice(&json).unwrap();
                let answer = answer_to(&request);
                told.send(request).await.ok();
                ServerBound::Answer { id, answer }
            }
            Some((instance_id, event)) = to_tell.recv() => {
                seq += 1;
                let event = RunnerEvent::Nanobot(EventLine { at: 1_000, event });
                ServerBound::Event(SpooledEvent { seq, instance_id, event })
            }
        };
        if framed.send(Frame::json(&message).unwrap()).await.is_err() {
            return;
        }
    }
}

fn answer_to(request: &Request) -> Answer {
    match request {
        Request::Subscribe { after } => Answer::Subscribed { last: *after },
        Request::StartInstance(_) => Answer::Started { pid: 7 },
        Request::ListInstances => Answer::Instances { instance_ids: Vec::new() },
        Request::Undo { to_step, .. } if to_step == "dirty" => {
            Answer::Failed { message: "A merge is under way in the workspace.".to_owned() }
        }
        Request::Undo { plan, to_step, .. } => {
            let mut steps = plan.clone();
            let kept = steps.iter().position(|step| step.id == *to_step).map_or(0, |at| at + 1);
            for step in &mut steps[kept..] {
                step.status = StepStatus::Pending;
                step.commit = None;
            }
            Answer::Plan { steps, undo_id: "u1".to_owned() }
        }
        Request::Redo { plan, undo_id, .. } => {
            assert_eq!(undo_id, "u1");
            let mut steps = plan.clone();
            for step in &mut steps {
                step.status = StepStatus::Completed;
                step.commit = Some("abc".to_owned());
            }
            Answer::Plan { steps, undo_id: "u2".to_owned() }
        }
        Request::Changes { commit: Some(commit), .. } if commit == "abc" => {
            let file = ChangedFile {
                path: "src/main.sh".to_owned(),
                status: FileStatus::Added,
                added: Some(1),
                removed: Some(0),
                diff: "@@ -0,0 +1 @@\n+x\n".to_owned(),
                cut: false,
            };
            Answer::Changes { files: vec![file], more_files: 3 }
        }
        Request::Changes { .. } => Answer::Failed { message: "There is no such folder.".to_owned() },
        _ => Answer::Done,
    }
}

/// What a cell of bubblewrap with a network of its own says of itself.
pub fn measured() -> Isolation {
    let whole = || Fact::yes("As the test says.");
    let facts = Facts {
        bubblewrap: whole(),
        own_files: whole(),
        own_processes: whole(),
        private_network: whole(),
        own_account: Fact::no("As the test says."),
        limits: Fact::no("As the test says."),
    };
    Isolation { facts, measured_at: 0 }
}
