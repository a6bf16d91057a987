//! The decision about one dialog of the coding CLI, with its line in the log.
//!
//! Must not know how the CLI asks, nor how the owner is asked.

use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    Grounds, Open, OpenDialog,
    model::{Model, Ruling},
    owner::{OwnerReply, Owners},
    paths::Places,
    rules::{self, Verdict},
};
use crate::{
    coding::{
        dialog::{Asked, Dialog, DialogAnswer, Question},
        text::cut,
    },
    protocol::ApprovalPolicy,
};

/// Decides one dialog after the other, each on its own.
pub(super) struct Broker {
    grounds: Grounds,
    model: Model,
    owners: Owners,
    open: Arc<Open>,
}

impl Broker {
    pub(super) fn new(grounds: Grounds, model: Model, owners: Owners, open: Arc<Open>) -> Self {
        Self { grounds, model, owners, open }
    }

    /// Decides and answers. When nobody waits any more, nothing is decided.
    pub(super) async fn settle(self: Arc<Self>, asked: Asked, stop: CancellationToken) {
        let _open = OpenDialog::new(&self.open);
        let Asked { dialog, mut reply } = asked;
        let answer = tokio::select! {
            biased;
            () = reply.closed() => {
                let what = describe(&dialog);
                self.log(format!("Nothing to decide any more about {what}: the coding CLI does not ask now."));
                return;
            }
            // The caller asks the nanobot that is started next; it is not denied because this one ends.
            () = stop.cancelled() => return reply.closed().await,
            answer = self.decide(&dialog) => answer,
        };
        match answer {
            Some(answer) => {
                // Nobody waits any more if this fails.
                let _ = reply.send(answer);
            }
            None => reply.closed().await,
        }
    }

    /// `None` when the nanobot is ending.
    async fn decide(&self, dialog: &Dialog) -> Option<DialogAnswer> {
        match dialog {
            Dialog::Permission { tool, summary, input } => {
                let ruling = self.permission(tool, summary, input).await?;
                let word = if ruling.allowed { "Allowed" } else { "Denied" };
                let policy = policy_word(self.grounds.policy);
                self.log(format!(
                    "{word} {summary}: {} (policy {policy}).",
                    ruling.reason.trim_end_matches('.')
                ));
                Some(if ruling.allowed {
                    DialogAnswer::Allow
                } else {
                    DialogAnswer::deny(format!("AutoCode does not allow this: {}", ruling.reason))
                })
            }
            Dialog::Questions(questions) => {
                let mut answers = Vec::new();
                for question in questions {
                    answers.push((question.text.clone(), self.question(question).await?));
                }
                Some(DialogAnswer::Answers(answers))
            }
            Dialog::Plan { text } => self.plan(text).await,
        }
    }

    async fn permission(&self, tool: &str, summary: &str, input: &Value) -> Option<Ruling> {
        let places = Places::new(&self.grounds.project.workspace, &self.grounds.home);
        if let Some(reason) = rules::protected(tool, input, &places) {
            return Some(Ruling::deny(reason));
        }
        Some(match self.grounds.policy {
            ApprovalPolicy::Auto => Ruling::allow("inside the sandbox every tool may be used"),
            ApprovalPolicy::AskModel => match rules::judge(tool, input, &places) {
                Verdict::Allow(reason) => Ruling::allow(reason),
                Verdict::Deny(reason) => Ruling::deny(reason),
                Verdict::Open => self.model.permission(tool, input).await,
            },
            ApprovalPolicy::AskMe => {
                let input = serde_json::to_string_pretty(input).unwrap_or_default();
                let question = format!("May the coding CLI use {summary}?\n\n{tool} {}", cut(&input, 4_000));
                match self.ask_owner(question, &["Allow", "Deny"]).await? {
                    Some(answer) if is(&answer, "allow") => Ruling::allow("the project's owner allowed it"),
                    Some(answer) if is(&answer, "deny") => Ruling::deny("the project's owner denied it"),
                    Some(answer) => Ruling::deny(format!("the project's owner says: {answer}")),
                    None => Ruling::deny(ELSEWHERE),
                }
            }
        })
    }

    async fn question(&self, question: &Question) -> Option<String> {
        let why = match self.model.answer(question).await {
            Ok((Some(answer), reason)) => {
                self.log(format!(
                    "Answered the coding CLI\u{2019}s question \u{201c}{}\u{201d} with \u{201c}{answer}\u{201d}: {reason}",
                    question.text
                ));
                return Some(answer);
            }
            Ok((None, reason)) => reason,
            Err(error) => format!("The model did not help: {error}."),
        };
        self.log(format!(
            "Only a person can answer the coding CLI\u{2019}s question \u{201c}{}\u{201d}: {why}",
            question.text
        ));
        let mut text = format!("The coding CLI asks: {}", question.text);
        for choice in question.choices.iter().filter(|choice| !choice.description.is_empty()) {
            text += &format!("\n- {}: {}", choice.label, choice.description);
        }
        let labels: Vec<&str> = question.choices.iter().map(|choice| choice.label.as_str()).collect();
        let answer = self.ask_owner(text, &labels).await?;
        if let Some(answer) = &answer {
            self.log(format!(
                "Passing on the owner\u{2019}s answer to \u{201c}{}\u{201d}: {answer}",
                question.text
            ));
        }
        Some(answer.unwrap_or_else(|| ELSEWHERE.to_owned()))
    }

    async fn plan(&self, text: &str) -> Option<DialogAnswer> {
        let why = if self.grounds.policy == ApprovalPolicy::AskMe {
            "the policy asks the project's owner".to_owned()
        } else {
            match self.model.plan(text).await {
                Ok((Some(answer), reason)) => return Some(self.plan_decided("The model", &answer, &reason)),
                Ok((None, reason)) => reason,
                Err(error) => format!("The model did not help: {error}."),
            }
        };
        self.log(format!("Only a person can decide about the coding CLI\u{2019}s plan: {why}"));
        let question = format!("The coding CLI asks for approval of its plan:\n\n{}", cut(text, 8_000));
        let answer = self.ask_owner(question, &[APPROVE, "Reject the plan"]).await?;
        Some(match answer {
            Some(answer) => self.plan_decided("The project\u{2019}s owner", &answer, "as answered"),
            None => DialogAnswer::deny(ELSEWHERE),
        })
    }

    fn plan_decided(&self, who: &str, answer: &str, reason: &str) -> DialogAnswer {
        if is(answer, APPROVE) || is(answer, "approve") {
            self.log(format!("{who} approved the coding CLI\u{2019}s plan: {reason}"));
            return DialogAnswer::Allow;
        }
        self.log(format!(
            "{who} rejected the coding CLI\u{2019}s plan with these words: {answer} ({reason})"
        ));
        DialogAnswer::deny(format!("The plan is not approved. {who} says: {answer}"))
    }

    /// The owner's words; the inner `None` when the dialog was settled in the terminal, the outer when this nanobot ends.
    async fn ask_owner(&self, question: String, suggestions: &[&str]) -> Option<Option<String>> {
        match self.owners.ask(question, suggestions).await {
            OwnerReply::Answer(text) => Some(Some(text)),
            OwnerReply::Settled => Some(None),
            OwnerReply::Ending => None,
        }
    }

    fn log(&self, text: String) {
        self.grounds.outbox.try_decision(text);
    }
}

/// What plans are approved with.
const APPROVE: &str = "Approve the plan";
/// Told to a CLI that does not listen any more.
const ELSEWHERE: &str = "it was settled in the terminal";

fn is(answer: &str, word: &str) -> bool {
    answer.trim().trim_end_matches(['.', '!']).eq_ignore_ascii_case(word)
}

fn policy_word(policy: ApprovalPolicy) -> &'static str {
    match policy {
        ApprovalPolicy::Auto => "auto",
        ApprovalPolicy::AskModel => "ask model",
        ApprovalPolicy::AskMe => "ask me",
    }
}

fn describe(dialog: &Dialog) -> String {
    match dialog {
        Dialog::Permission { summary, .. } => summary.clone(),
        Dialog::Questions(questions) => {
            let first = questions.first().map_or("", |question| question.text.as_str());
            format!("the question \u{201c}{first}\u{201d}")
        }
        Dialog::Plan { .. } => "the coding CLI\u{2019}s plan".to_owned(),
    }
}
