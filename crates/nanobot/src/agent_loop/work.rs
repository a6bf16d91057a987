//! What follows a turn: verify, evaluate, commit, remember.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    checkpoint,
    coding::{Observation, Presence},
    evaluate::{Evidence, evaluate},
    llm::LlmError,
    memory::HistoryEntry,
    outbox::now,
    protocol::StepStatus,
    state::StepPhase,
    verify::{self, VerifyError, VerifyOutcome},
};

impl AgentLoop {
    pub(super) async fn verify(&mut self) {
        let Some(StepPhase::TurnEnded { message }) = self.state.step.as_ref().map(|s| s.phase.clone()) else {
            return;
        };
        let command = self.current().and_then(|step| step.verify.clone()).filter(|c| !c.trim().is_empty());
        let outcome = match command {
            None => VerifyOutcome::none(),
            Some(command) => {
                self.outbox.action(format!("Verifying: {command}")).await;
                let limit = Duration::from_secs(self.config.limits.verify_timeout_secs);
                match verify::run(&command, &self.workspace, limit, &self.stop).await {
                    Ok(outcome) => outcome,
                    Err(VerifyError::Stopped) => return,
                    Err(error) => {
                        return self
                            .retry_after_help(error.to_string(), StepPhase::TurnEnded { message })
                            .await;
                    }
                }
            }
        };
        self.outbox.info(format!("Result: {} ({} ms).", outcome.summary(), outcome.millis)).await;
        let output = outcome.output.clone();
        self.update_step(|step| step.verify_output = Some(output)).await;
        self.note(|step| step.phase = StepPhase::Verified { message, outcome }).await;
    }

    pub(super) async fn evaluate(&mut self, seen: &Observation) {
        let Some(state) = self.state.step.clone() else { return };
        let StepPhase::Verified { message, outcome } = &state.phase else { return };
        let Some(step) = self.current().cloned() else { return };
        let diff_stat = match checkpoint::diff_stat(&self.workspace, state.base_commit.as_deref()).await {
            Ok(text) => text,
            Err(error) => format!("unknown: {error}"),
        };
        let screen = match seen.presence {
            Presence::Alive => self.look().await.text,
            _ => String::new(),
        };
        let evidence = Evidence {
            step: &step,
            attempt: state.attempt,
            outcome,
            diff_stat: &diff_stat,
            message,
            screen: &screen,
        };
        let judged = tokio::select! {
            () = self.stop.cancelled() => return,
            judged = evaluate(&self.llm, &evidence) => judged,
        };
        match judged {
            Ok(evaluation) => {
                let verdict = serde_json::to_value(evaluation.verdict).unwrap_or_default();
                let verdict = verdict.as_str().unwrap_or_default().replace('_', " ");
                let text =
                    format!("Judgement of attempt {}: {verdict}. {}", state.attempt, evaluation.reason);
                self.decided(text).await;
                let outcome = outcome.clone();
                self.note(|step| step.phase = StepPhase::Evaluated { outcome, evaluation }).await;
            }
            Err(error) => {
                self.outbox.error(format!("The step could not be judged: {error}")).await;
                let question =
                    format!("The step is not judged yet: {error}. It goes on from here once you answer.");
                // A refused key needs a person; an unreachable model may come back by itself.
                let pause =
                    i64::try_from(self.config.limits.model_pause_secs).unwrap_or(900).saturating_mul(1000);
                let resumes_at = matches!(error, LlmError::Unavailable(_)).then(|| now() + pause);
                self.retry_after_help_or_time(question, state.phase.clone(), resumes_at).await;
            }
        }
    }

    pub(super) async fn commit(&mut self) {
        let Some(state) = self.state.step.clone() else { return };
        let StepPhase::Evaluated { outcome, evaluation } = state.phase.clone() else { return };
        let Some(step) = self.current().cloned() else { return };
        match checkpoint::commit(&self.workspace, &step, state.base_commit.as_deref()).await {
            Ok(commit) => {
                self.outbox
                    .action(format!("Committed step {} as {}.", step.id, commit.get(..12).unwrap_or(&commit)))
                    .await;
                self.note(|step| step.phase = StepPhase::Committed { commit, outcome, evaluation }).await;
            }
            Err(error) => {
                self.retry_after_help(format!("The checkpoint could not be made: {error}"), state.phase)
                    .await;
            }
        }
    }

    pub(super) async fn finish(&mut self) {
        let Some(StepPhase::Committed { commit, outcome, evaluation }) =
            self.state.step.as_ref().map(|s| s.phase.clone())
        else {
            return;
        };
        let at = now();
        let hash = commit.clone();
        self.update_step(|step| {
            step.status = StepStatus::Completed;
            step.commit = Some(hash);
            step.finished_at = Some(at);
        })
        .await;
        if let Some(step) = self.current() {
            let verify = outcome.summary();
            let entry =
                HistoryEntry { at, step, verify: &verify, commit: &commit, reason: &evaluation.reason };
            if let Err(error) = self.memory.append_history(&entry) {
                self.outbox.error(format!("HISTORY.md could not be written: {error}")).await;
            }
            let text = format!("Step {} is done: {}. {}", step.id, outcome.summary(), evaluation.reason);
            self.decided(text).await;
        }
        self.remember_project().await;
        self.state.step = None;
        self.save().await;
    }
}
