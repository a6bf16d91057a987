//! What can be decided: each action of the loop, with what it needs.
//!
//! Must not know how it is carried out.

use crate::{
    coding::dialog::Dialog,
    state::{Help, PromptKind, SameError, StepPhase},
};

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing until something happens; `soon` asks for a look within 100 ms instead of 2 s.
    Wait {
        /// Look again soon.
        soon: bool,
        /// Why, if a person should know.
        why: Option<&'static str>,
    },
    /// Read the screen and decide again.
    ReadScreen,
    /// Read the CLI's record and decide again.
    ReadRecord,
    /// Start the CLI.
    Start {
        /// Why.
        why: &'static str,
    },
    /// Send the next prompt.
    Send {
        /// Why.
        why: &'static str,
    },
    /// Submit the draft, which is ours.
    PressEnter,
    /// Remove the draft, which is ours and was given back.
    ClearDraft,
    /// Remove the draft, which is a person's who wants that.
    RemoveDraft,
    /// End the turn under way; `prompt` follows once the CLI is idle.
    Interrupt {
        /// The next prompt.
        prompt: PromptKind,
        /// Why.
        why: String,
    },
    /// Start the CLI with a new conversation; `prompt` follows once it is idle.
    StartAnew {
        /// The next prompt.
        prompt: PromptKind,
        /// Why.
        why: String,
    },
    /// Ask the CLI to end the background work of its turn.
    AskToEndBackground {
        /// Why.
        why: String,
    },
    /// Have a dialog decided that only the screen shows.
    DecideDialog {
        /// What it asks.
        dialog: Dialog,
        /// Why.
        why: &'static str,
    },
    /// Close a dialog that was decided, without choosing any of its lines; the answer follows as a prompt.
    CloseDialog {
        /// The next prompt, if it changes.
        prompt: Option<PromptKind>,
        /// Why.
        why: &'static str,
    },
    /// Close the dialog.
    PressEscape,
    /// The prompt has arrived.
    Delivered,
    /// The turn is over.
    EndTurn {
        /// The last thing the CLI said.
        message: String,
        /// Why, for the log.
        why: &'static str,
    },
    /// The step goes on in this phase.
    Enter {
        /// The phase.
        phase: StepPhase,
        /// The next prompt, if it changes.
        prompt: Option<PromptKind>,
        /// Why.
        why: String,
    },
    /// Run the verify command.
    Verify,
    /// Ask the model.
    Evaluate,
    /// Make the checkpoint.
    Commit,
    /// Another attempt with these instructions.
    NextAttempt {
        /// What to do differently.
        instructions: String,
        /// A person gave them: the count begins anew.
        from_person: bool,
        /// What failed, counted.
        error: Option<SameError>,
        /// They name what failed and ask for another way.
        new_approach: bool,
    },
    /// Tell the person.
    AskForHelp(Box<Help>),
    /// The step is complete.
    Finish,
}

impl Action {
    /// Whether carrying it out presses keys or starts a program in the terminal.
    pub fn touches_terminal(&self) -> bool {
        matches!(
            self,
            Self::Start { .. }
                | Self::StartAnew { .. }
                | Self::Send { .. }
                | Self::PressEnter
                | Self::PressEscape
                | Self::CloseDialog { .. }
                | Self::ClearDraft
                | Self::Interrupt { .. }
        )
    }
}
