//! Who decides what the coding CLI asks in the middle of a turn: permissions, questions, plans.
//!
//! By the project's policy: nobody (the sandbox is the limit), rules and the agent's model, or the project's owner. Must
//! not know one CLI's form nor a terminal. Fails closed: what cannot be decided is not allowed, and nothing that a CLI, a
//! screen or a file says changes the policy. Every answer is one log line that says why.

mod broker;
mod commands;
mod model;
mod owner;
pub mod paths;
pub mod rules;
mod shell;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    coding::dialog::{Asked, Dialog, DialogAnswer, DialogDesk},
    llm::LlmClient,
    outbox::{Outbox, now},
    protocol::{ApprovalPolicy, ProjectSpec, Step},
};
use broker::Broker;
use model::Model;
pub use owner::{DeskNews, OwnerDesk};

/// What decisions are made from.
#[derive(Clone, Debug)]
pub struct Grounds {
    /// Who decides.
    pub policy: ApprovalPolicy,
    /// The project.
    pub project: ProjectSpec,
    /// The user's HOME.
    pub home: PathBuf,
    /// The agent's model.
    pub llm: LlmClient,
    /// For the log.
    pub outbox: Outbox,
}

/// The loop's end of the approvals.
#[derive(Debug)]
pub struct Approvals {
    /// Questions to the project's owner.
    pub desk: OwnerDesk,
    dialogs: DialogDesk,
    step: watch::Sender<Option<Step>>,
    open: Arc<Open>,
}

/// For how many milliseconds after an answer a CLI may still show its dialog.
const AFTERGLOW_MS: i64 = 5_000;

/// The dialogs that are being decided.
#[derive(Debug, Default)]
struct Open {
    count: AtomicUsize,
    /// When the last one was settled, in milliseconds since the Unix epoch.
    settled_at: AtomicI64,
}

/// A dialog counts as open for as long as this lives.
struct OpenDialog(Arc<Open>);

impl OpenDialog {
    fn new(open: &Arc<Open>) -> Self {
        open.count.fetch_add(1, Ordering::Relaxed);
        Self(open.clone())
    }
}

impl Drop for OpenDialog {
    fn drop(&mut self) {
        self.0.settled_at.store(now(), Ordering::Relaxed);
        self.0.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Approvals {
    /// Tells which step is under way, for whoever decides.
    pub fn set_step(&self, step: Option<&Step>) {
        self.step.send_if_modified(|present| {
            let changed = present.as_ref() != step;
            if changed {
                *present = step.cloned();
            }
            changed
        });
    }

    /// Has a dialog decided that was found in another way than the driver's own, for example by [`Dialog::on_screen`].
    pub fn decide(&self, dialog: Dialog) -> impl Future<Output = DialogAnswer> + Send + 'static {
        let desk = self.dialogs.clone();
        async move { desk.ask(dialog).await }
    }

    /// Whether a dialog of the CLI is being decided, or was just now: then the CLI has yet to take the answer.
    pub fn deciding(&self) -> bool {
        self.open.count.load(Ordering::Relaxed) > 0
            || now() - self.open.settled_at.load(Ordering::Relaxed) < AFTERGLOW_MS
    }
}

/// Takes up what is asked at a desk until `stop`; each dialog is decided in a task of its own.
pub fn start(
    grounds: Grounds,
    (dialogs, mut asked): (DialogDesk, mpsc::Receiver<Asked>),
    tracker: &TaskTracker,
    stop: CancellationToken,
) -> Approvals {
    let (owners, desk) = owner::desk();
    let (step, present) = watch::channel(None);
    let open = Arc::<Open>::default();
    let model = Model::new(grounds.llm.clone(), grounds.project.clone(), present);
    let broker = Arc::new(Broker::new(grounds, model, owners, open.clone()));
    let inner = tracker.clone();
    tracker.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                next = asked.recv() => match next {
                    Some(next) => drop(inner.spawn(broker.clone().settle(next, stop.clone()))),
                    None => return,
                },
            }
        }
    });
    Approvals { desk, dialogs, step, open }
}
