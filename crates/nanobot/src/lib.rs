//! Agent runtime: drives a coding CLI in tmux through a project's plan.
//!
//! One process per agent instance, inside the user's cell. Must not know the database, the web or real keys: commands
//! come on standard input, events go to standard output, and models are reached through the server's gateway.

pub mod agent_loop;
pub mod approval;
pub mod checkpoint;
pub mod coding;
pub mod context;
pub mod evaluate;
pub mod hook;
pub mod hook_server;
pub mod inbox;
pub mod launch;
pub mod llm;
pub mod memory;
mod model_json;
pub mod network;
pub mod outbox;
pub mod plan;
pub mod processes;
pub mod protocol;
pub mod state;
pub mod verify;
pub mod workspace;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use agent_loop::{AgentLoop, LoopEnd, LoopError, Parts};
use approval::Grounds;
use coding::{CliError, Surroundings, choose, dialog::DialogDesk};
use context::ContextBuilder;
use inbox::Inbox;
use llm::LlmClient;
use outbox::Outbox;
use protocol::NanobotConfig;
use state::{LoopState, StateStore};

/// Why a nanobot ended without having done its work.
#[derive(Debug, Error)]
enum RunError {
    #[error("{0}: {1}")]
    Io(&'static str, std::io::Error),
    #[error("{0}")]
    Cli(#[from] CliError),
    #[error("{0}")]
    Loop(#[from] LoopError),
}

/// `autocode nanobot --workspace PATH`: reads `.nanobot/config.json`, then commands from stdin until its end.
///
/// Exit code 0: finished, given up with a reason, or stopped. Anything else: to be started again.
pub async fn run(workspace: PathBuf) -> ExitCode {
    let (outbox, written) = match Outbox::start(std::io::stdout()) {
        Ok(started) => started,
        Err(error) => {
            eprintln!("autocode nanobot: events cannot be written: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = work(workspace, outbox.clone()).await;
    let code = match ended {
        Ok(end) => {
            tracing::info!(?end, "the nanobot ends");
            ExitCode::SUCCESS
        }
        Err(error) => {
            outbox.error(format!("The nanobot cannot go on: {error}")).await;
            eprintln!("autocode nanobot: {error}");
            ExitCode::FAILURE
        }
    };
    drop(outbox);
    written.wait().await;
    code
}

async fn work(workspace: PathBuf, outbox: Outbox) -> Result<LoopEnd, RunError> {
    let io = |what| move |error| RunError::Io(what, error);
    let stop = CancellationToken::new();
    let (start, inbox) = Inbox::open(std::io::stdin(), stop.clone()).await.map_err(io("no start command"))?;
    let file = workspace.join(".nanobot/config.json");
    let config = std::fs::read(&file).map_err(io("the configuration cannot be read"))?;
    let config: NanobotConfig = serde_json::from_slice(&config)
        .map_err(|error| RunError::Io("the configuration is not valid", error.into()))?;
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .ok_or(RunError::Io("HOME is not set", std::io::ErrorKind::NotFound.into()))?;
    let store = StateStore::new(&workspace);
    let state = load(&store, &outbox).await;

    let (tracker, tasks) = (TaskTracker::new(), stop.child_token());
    let llm = LlmClient::new(&config.gateway_url, &config.agent.model, start.gateway_token.clone())
        .with_wire_format(config.agent.wire_format)
        .with_retry_limit(Duration::from_secs(config.limits.model_retry_secs));
    let (desk, asked) = DialogDesk::open();
    let around = Surroundings {
        outbox: outbox.clone(),
        desk: desk.clone(),
        tracker: tracker.clone(),
        stop: tasks.clone(),
    };
    let cli = choose::driver(&config, &start, &home, &state.cli, around)?;
    let grounds = Grounds {
        policy: config.approval,
        project: config.project.clone(),
        home: home.clone(),
        llm: llm.clone(),
        outbox: outbox.clone(),
    };
    let approvals = approval::start(grounds, (desk, asked), &tracker, tasks.clone());
    let context = ContextBuilder::new(&workspace, &home);
    let parts = Parts {
        config,
        workspace,
        state,
        store,
        cli,
        llm,
        context,
        approvals,
        outbox,
        commands: inbox.commands,
        stop,
    };
    let mut agent_loop = AgentLoop::new(parts);
    let end = agent_loop.run().await;
    drop(agent_loop);
    tasks.cancel();
    tracker.close();
    if tokio::time::timeout(Duration::from_secs(1), tracker.wait()).await.is_err() {
        tracing::warn!("a hook call was cut off");
    }
    Ok(end?)
}

/// The remembered state; one that cannot be read is put aside, because a person may want to look at it.
async fn load(store: &StateStore, outbox: &Outbox) -> LoopState {
    match store.load() {
        Ok(state) => state.unwrap_or_default(),
        Err(error) => {
            outbox
                .error(format!(
                    "The remembered state cannot be read ({error}); going on from the plan alone."
                ))
                .await;
            LoopState::default()
        }
    }
}
