//! Before the first step: a plan for a project that has none, and its owner's approval where that is wanted.

use super::{AgentLoop, LoopEnd};
use crate::{
    checkpoint,
    coding::text::same_words,
    llm::LlmError,
    plan::{self, Revision},
    protocol::{Event, Phase, Step},
};

/// The answer that approves a proposed plan.
pub const APPROVE: &str = "Approve the plan";

impl AgentLoop {
    /// Proposes a plan and, if its owner wants to see it first, has it approved; `Completed` when there is one, `None`
    /// when the loop is to stop.
    pub(super) async fn write_plan(&mut self) -> Option<LoopEnd> {
        self.enter_phase(Phase::Planning, Some("The project has no plan yet.")).await;
        let mut words = None;
        loop {
            if !self.state.plan_unapproved || words.is_some() {
                match self.propose(words.take()).await? {
                    Ok(steps) => self.accept_proposal(steps).await,
                    Err(end) => return Some(end),
                }
            }
            if !self.state.plan_unapproved {
                return Some(LoopEnd::Completed);
            }
            words = self.approval().await?;
            if words.is_none() {
                self.state.plan_unapproved = false;
                self.save().await;
                self.decided("The plan was approved; the work begins.").await;
                return Some(LoopEnd::Completed);
            }
        }
    }

    async fn accept_proposal(&mut self, steps: Vec<Step>) {
        self.decided(format!("Proposed a plan of {} steps from the project's goal.", steps.len())).await;
        self.state.plan.clone_from(&steps);
        self.state.plan_unapproved = self.config.project.approve_plan;
        self.save().await;
        self.outbox.send(Event::PlanProposed { steps: steps.clone() }).await;
        self.config.project.plan = steps;
    }

    /// The model's plan; the outer `None` when the loop is to stop.
    async fn propose(&mut self, words: Option<String>) -> Option<Result<Vec<Step>, LoopEnd>> {
        loop {
            let files =
                checkpoint::files(&self.workspace).await.unwrap_or_else(|error| format!("unknown: {error}"));
            let revision = words.as_deref().map(|words| Revision { plan: &self.state.plan, words });
            let proposed = tokio::select! {
                () = self.stop.cancelled() => return None,
                proposed = plan::propose(&self.llm, &self.config.project, &files, revision) => proposed,
            };
            match proposed {
                Ok(steps) => return Some(Ok(steps)),
                Err(error @ (LlmError::BadAnswer(_) | LlmError::Rejected(_))) => {
                    let text = format!(
                        "No plan could be made: {error}. Write the plan yourself or choose another model."
                    );
                    self.outbox.error(text.clone()).await;
                    self.enter_phase(Phase::Failed, Some(&text)).await;
                    return Some(Err(LoopEnd::Failed));
                }
                Err(error) => {
                    let question = format!("No plan could be made: {error}. Try again?");
                    self.outbox.error(question.clone()).await;
                    self.ask(question, &["Try again"]).await?;
                    self.enter_phase(Phase::Planning, None).await;
                }
            }
        }
    }

    /// The owner's words on the proposed plan: none if it is approved, else what should be different. The plan may be
    /// edited meanwhile.
    async fn approval(&mut self) -> Option<Option<String>> {
        let question = format!(
            "A plan of {} steps is proposed. Approve it, edit it, or say here what should be different.",
            self.state.plan.len()
        );
        let answer = self.ask(question, &[APPROVE]).await?;
        self.take_new_plan().await;
        if same_words(&answer.to_lowercase(), &APPROVE.to_lowercase()) {
            self.enter_phase(Phase::Running, None).await;
            return Some(None);
        }
        self.enter_phase(Phase::Planning, Some("The plan is being changed as asked.")).await;
        Some(Some(answer))
    }

    /// Asks a person outside of a step and waits; `None` when the loop is to stop.
    async fn ask(&mut self, question: String, suggestions: &[&str]) -> Option<String> {
        self.decided(format!("A person is needed: {question}")).await;
        self.enter_phase(Phase::Paused, Some(&question)).await;
        let suggestions = suggestions.iter().map(|s| (*s).to_owned()).collect();
        self.outbox
            .send(Event::HelpRequested { question, screen: String::new(), suggestions, resumes_at: None })
            .await;
        self.next_answer().await
    }
}
