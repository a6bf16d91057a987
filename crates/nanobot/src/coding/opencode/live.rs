//! Listening to a running opencode: its events become what it is doing, signals for the loop, and answers to permissions.
//!
//! Must not decide what a signal means for a step. One task for each start of the CLI; it ends with its token.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    api::{Api, ApiError},
    permission::{self, Waiting},
    record,
};
use crate::coding::{
    Activity, Signal,
    dialog::{DialogAnswer, DialogDesk},
};

/// Between two tries to reach a server that is starting.
const RETRY: Duration = Duration::from_millis(250);
/// How many of the newest messages tell how a turn ended.
const NEWEST: u32 = 60;

/// What the CLI is doing, as its events say.
#[derive(Debug)]
pub struct State {
    /// The conversation, once there is one.
    pub session: Option<String>,
    /// What it is doing.
    pub activity: Activity,
}

/// Shared between the driver and its listener.
#[derive(Debug)]
pub struct Shared(Mutex<State>);

impl Shared {
    /// Nothing is known of what it does.
    pub fn new(session: Option<String>) -> Self {
        Self(Mutex::new(State { session, activity: Activity::Unknown }))
    }

    /// The state; held only for moments.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener's surroundings.
pub struct Listener {
    /// The CLI's server.
    pub api: Api,
    /// Where what is learnt goes.
    pub shared: std::sync::Arc<Shared>,
    /// Where signals go.
    pub signals: mpsc::Sender<Signal>,
    /// Where what the CLI asks is decided.
    pub desk: DialogDesk,
    /// The workspace.
    pub workspace: PathBuf,
    /// Title of a new conversation.
    pub title: String,
}

impl Listener {
    /// Listens for ever; the caller ends it.
    pub async fn run(self) {
        let mut told = false;
        loop {
            match self.listen(&mut told).await {
                Ok(()) => tracing::debug!("opencode's event stream has ended"),
                Err(error) => tracing::debug!(%error, "opencode cannot be listened to"),
            }
            self.shared.lock().activity = Activity::Unknown;
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn listen(&self, told: &mut bool) -> Result<(), ApiError> {
        let mut events = self.api.events().await?;
        let known = self.shared.lock().session.clone();
        let session = match &known {
            Some(session) => session.clone(),
            None => {
                let session = self.api.new_session(&self.title).await?;
                self.shared.lock().session = Some(session.clone());
                session
            }
        };
        let mut turn = Turn { session, prompts: HashSet::new(), busy: false, error: None };
        let status = self.api.status(&turn.session).await?;
        self.set(&mut turn, &status);
        if !*told {
            *told = true;
            let source = if known.is_some() { "resume" } else { "startup" };
            self.tell(Signal::SessionStarted { source: source.to_owned() });
        }
        let mut waiting = Waiting::default();
        for request in self.api.permissions().await? {
            self.permission(&turn, &mut waiting, &request);
        }
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => self.take(&mut turn, &mut waiting, &event).await?,
                    None => return Ok(()),
                },
                (id, answer) = waiting.decided() => self.answer(&id, &answer).await?,
            }
            if turn.busy {
                let activity = if waiting.any() { Activity::Waiting } else { Activity::Busy };
                self.shared.lock().activity = activity;
            }
        }
    }

    fn tell(&self, signal: Signal) {
        if self.signals.try_send(signal).is_err() {
            tracing::error!("a signal of opencode is lost: too many wait; its record tells what it said");
        }
    }

    fn set(&self, turn: &mut Turn, status: &Value) {
        turn.busy = !status.is_null() && status["type"] != "idle";
        self.shared.lock().activity = if turn.busy { Activity::Busy } else { Activity::Idle };
    }

    async fn take(&self, turn: &mut Turn, waiting: &mut Waiting, event: &Value) -> Result<(), ApiError> {
        let properties = &event["properties"];
        // A person may begin or choose another conversation in the terminal; what happens there is theirs.
        if properties["sessionID"] != *turn.session {
            return Ok(());
        }
        match event["type"].as_str().unwrap_or_default() {
            "message.updated" if properties["info"]["role"] == "user" => {
                turn.prompts.extend(properties["info"]["id"].as_str().map(str::to_owned));
            }
            "message.part.updated" => {
                let part = &properties["part"];
                let text =
                    part["text"].as_str().filter(|_| part["type"] == "text" && part["synthetic"] != true);
                if let Some(text) = text
                    && part["messageID"].as_str().is_some_and(|id| turn.prompts.remove(id))
                {
                    self.tell(Signal::PromptSubmitted { text: text.to_owned() });
                }
            }
            // Told before the turn rests, and before it stands in the record.
            "session.error" => turn.error = Some(properties["error"].clone()),
            "session.status" => {
                let status = &properties["status"];
                let was_busy = turn.busy;
                self.set(turn, status);
                if status["type"] == "retry" {
                    let text = status["message"].as_str().unwrap_or("an error");
                    self.tell(Signal::Notice {
                        message: format!(
                            "the model's server failed ({text}); trying again, time {}",
                            status["attempt"]
                        ),
                    });
                }
                if was_busy && !turn.busy {
                    let record = match turn.error.take() {
                        Some(error) => record::failed_turn(&error),
                        None => record::last_turn(&self.api.messages(&turn.session, NEWEST).await?),
                    };
                    // Without a word of its end the loop looks into the record, once it has had time to be written.
                    record::end_signal(record).into_iter().for_each(|signal| self.tell(signal));
                }
            }
            "session.compacted" => self.tell(Signal::Compacted),
            "permission.asked" => self.permission(turn, waiting, properties),
            "permission.replied" => {
                for field in ["requestID", "permissionID"] {
                    waiting.settle(properties[field].as_str().unwrap_or_default());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn permission(&self, turn: &Turn, waiting: &mut Waiting, request: &Value) {
        if let Some(id) = request["id"].as_str().filter(|_| request["sessionID"] == *turn.session) {
            waiting.ask(&self.desk, id, permission::dialog(request, &self.workspace));
        }
    }

    async fn answer(&self, id: &str, answer: &DialogAnswer) -> Result<(), ApiError> {
        match answer {
            DialogAnswer::Allow => self.api.reply(id, "once", None).await,
            DialogAnswer::Deny { message } => self.api.reply(id, "reject", Some(message)).await,
            DialogAnswer::Answers(_) => self.api.reply(id, "reject", None).await,
        }
    }
}

/// What is under way in the conversation.
struct Turn {
    session: String,
    /// Prompts whose text was not seen yet.
    prompts: HashSet<String>,
    busy: bool,
    /// What went wrong in the turn under way.
    error: Option<Value>,
}
