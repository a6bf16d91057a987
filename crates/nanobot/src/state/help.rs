//! A question to a person, and what its answer does.
//!
//! Must not know how it is asked.

use serde::{Deserialize, Serialize};

use super::StepPhase;
use crate::coding::FailureKind;

/// A question to a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Help {
    /// The question.
    pub question: String,
    /// Answers to choose from.
    pub suggestions: Vec<String>,
    /// What an answer does.
    pub then: AfterAnswer,
    /// The question has been asked.
    pub asked: bool,
    /// Why a turn failed, if that is the reason.
    pub failure: Option<FailureKind>,
    /// When the work goes on without an answer.
    #[serde(default)]
    pub resumes_at: Option<i64>,
}

/// What an answer does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "then", rename_all = "snake_case")]
pub enum AfterAnswer {
    /// It is the next attempt's instructions.
    Fix,
    /// The CLI is told to go on, with the answer.
    Continue,
    /// The turn under way is ended, and the CLI told to go on with the answer.
    Interrupt {
        /// Where the step was.
        resume: Box<StepPhase>,
    },
    /// A dialog is open: the person answers it in the terminal, or an answer here closes it and goes on.
    Dialog {
        /// Where the step was.
        resume: Box<StepPhase>,
    },
    /// Somebody's text stands in the input box: it is sent or removed in the terminal, or an answer here removes it.
    Draft {
        /// Where the step was.
        resume: Box<StepPhase>,
    },
    /// The same is tried again.
    Retry {
        /// Where the step was.
        resume: Box<StepPhase>,
    },
}
