//! The ground under the work: a workspace that is there, can be written and has room.
//!
//! Must not mend anything. While something is missing nothing is sent, verified or committed; the CLI is left alone, and
//! the work goes on by itself when the ground is back.

use std::path::Path;

use super::AgentLoop;
use crate::{
    outbox::now,
    protocol::{Event, Phase},
    workspace::workspace_problem,
};

/// Milliseconds between two whole checks, which write a small file.
const INTERVAL: i64 = 10_000;

impl AgentLoop {
    /// Returns when the workspace can be worked in; `false` when the loop is to stop.
    pub(super) async fn on_firm_ground(&mut self) -> bool {
        let due = now() - self.seen.ground_checked >= INTERVAL;
        if !due && self.workspace.join(".nanobot").is_dir() {
            return true;
        }
        let mut told = None;
        while !self.stop.is_cancelled() {
            let Some(problem) = look(&self.workspace).await else {
                self.seen.ground_checked = now();
                if told.is_some() {
                    self.decided("The workspace can be used again; going on where the step was.").await;
                    self.enter_phase(Phase::Running, None).await;
                    // What was noted meanwhile may not have reached the disk.
                    self.save().await;
                }
                return true;
            };
            if told.as_ref() != Some(&problem) {
                let question = format!(
                    "{problem} Nothing is done until that is mended; then the work goes on by itself."
                );
                self.decided(format!("Pausing: {question}")).await;
                self.enter_phase(Phase::Paused, Some(&problem)).await;
                let suggestions = vec!["It is mended: go on".to_owned()];
                self.outbox
                    .send(Event::HelpRequested {
                        question,
                        screen: String::new(),
                        suggestions,
                        resumes_at: None,
                    })
                    .await;
                told = Some(problem);
            }
            // An answer only shortens the wait: the folder itself says whether it can be used.
            self.wait(false).await;
            self.seen.answer = None;
        }
        false
    }
}

/// A disk that hangs must not hang the loop's thread.
async fn look(workspace: &Path) -> Option<String> {
    let folder = workspace.to_owned();
    match tokio::task::spawn_blocking(move || workspace_problem(&folder)).await {
        Ok(problem) => problem,
        Err(error) => Some(format!("The workspace could not be looked at: {error}.")),
    }
}
