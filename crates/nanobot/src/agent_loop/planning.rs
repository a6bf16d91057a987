//! Before the first step: a plan for a project that has none.

use super::{AgentLoop, LoopEnd};
use crate::{
    checkpoint,
    llm::LlmError,
    plan,
    protocol::{Event, Phase},
};

impl AgentLoop {
    /// Proposes a plan; `Completed` when there is one, `None` when the loop is to stop.
    pub(super) async fn write_plan(&mut self) -> Option<LoopEnd> {
        self.enter_phase(Phase::Planning, Some("The project has no plan yet.")).await;
        loop {
            let files =
                checkpoint::files(&self.workspace).await.unwrap_or_else(|error| format!("unknown: {error}"));
            let proposed = tokio::select! {
                () = self.stop.cancelled() => return None,
                proposed = plan::propose(&self.llm, &self.config.project, &files) => proposed,
            };
            match proposed {
                Ok(steps) => {
                    let text = format!("Proposed a plan of {} steps from the project's goal.", steps.len());
                    self.outbox.decision(text).await;
                    self.state.plan.clone_from(&steps);
                    self.save().await;
                    self.outbox.send(Event::PlanProposed { steps: steps.clone() }).await;
                    self.config.project.plan = steps;
                    return Some(LoopEnd::Completed);
                }
                Err(error @ (LlmError::BadAnswer(_) | LlmError::Rejected(_))) => {
                    let text = format!(
                        "No plan could be made: {error}. Write the plan yourself or choose another model."
                    );
                    self.outbox.error(text.clone()).await;
                    self.enter_phase(Phase::Failed, Some(&text)).await;
                    return Some(LoopEnd::Failed);
                }
                Err(error) => {
                    let question = format!("No plan could be made: {error}. Try again?");
                    self.outbox.error(question.clone()).await;
                    self.enter_phase(Phase::Paused, Some(&question)).await;
                    let suggestions = vec!["Try again".to_owned()];
                    self.outbox
                        .send(Event::HelpRequested {
                            question,
                            screen: String::new(),
                            suggestions,
                            resumes_at: None,
                        })
                        .await;
                    self.next_answer().await?;
                    self.enter_phase(Phase::Planning, None).await;
                }
            }
        }
    }
}
