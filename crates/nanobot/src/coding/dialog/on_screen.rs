//! Dialogs that only the screen shows: what they ask, whether it is still the same one, and the answer in words.
//!
//! Must not decide. Such a dialog is never answered by choosing a line of its menu, which may mean more than it seems (for a
//! plan, the first one also ends all further questions): it is closed, and the answer said in a prompt.

use super::{Dialog, DialogAnswer, Question};
use crate::coding::{
    screen::{ScreenReading, ScreenStatus},
    text::cut,
};

/// How much of a dialog is repeated with its answer, in bytes.
const MAX_REPEATED: usize = 2_000;

impl Dialog {
    /// What a screen asks, for a CLI that did not say so in any other way; `None` for permissions and for what is no dialog.
    ///
    /// The text is the part of the screen that the CLI drew as its dialog, which may be cut off. A permission is never read
    /// from it: what is not shown cannot be judged.
    pub fn on_screen(screen: &ScreenReading) -> Option<Self> {
        let text = lowest_block(&screen.text);
        match screen.status {
            ScreenStatus::Question => {
                Some(Self::Questions(vec![Question { text, choices: vec![], several: false }]))
            }
            ScreenStatus::PlanApproval => Some(Self::Plan { text }),
            _ => None,
        }
    }

    /// Whether both ask the same, wherever in the menu the pointer stands.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        match (self, other) {
            (Self::Questions(_), Self::Questions(_)) | (Self::Plan { .. }, Self::Plan { .. }) => {
                letters(&self.text()) == letters(&other.text())
            }
            _ => self == other,
        }
    }

    /// What a CLI is told in a prompt after its dialog was closed.
    pub fn told(&self, answer: &DialogAnswer) -> String {
        let asked = cut(self.text().trim(), MAX_REPEATED).replace("```", "'''");
        let closed =
            "AutoCode closed the dialog to tell you this here; nobody declined it or interrupted you.";
        let (what, words) = match (self, answer) {
            (Self::Plan { .. }, DialogAnswer::Allow) => {
                ("your plan", "The plan is approved: carry it out now, without asking again.".to_owned())
            }
            (Self::Plan { .. }, DialogAnswer::Deny { message }) => ("your plan", message.clone()),
            (_, DialogAnswer::Answers(answers)) => {
                let answers: Vec<&str> = answers.iter().map(|(_, answer)| answer.as_str()).collect();
                ("a question", format!("The answer is: {}", answers.join("; ")))
            }
            (_, DialogAnswer::Allow) => ("a question", "Go on as you think best.".to_owned()),
            (_, DialogAnswer::Deny { message }) => {
                ("a question", format!("There is no answer ({message}); decide it yourself."))
            }
        };
        format!("In the terminal you asked about {what}:\n\n```\n{asked}\n```\n\n{words}\n\n{closed}")
    }

    /// What is asked, as one text.
    fn text(&self) -> String {
        match self {
            Self::Permission { summary, .. } => summary.clone(),
            Self::Questions(questions) => {
                questions.iter().map(|question| question.text.as_str()).collect::<Vec<_>>().join("\n\n")
            }
            Self::Plan { text } => text.clone(),
        }
    }
}

/// The lines below what was said before: from the lowest rule that has more than a few lines under it.
fn lowest_block(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule =
        |line: &&str| line.trim().chars().count() > 20 && line.trim().chars().all(|c| "─━═-".contains(c));
    let rules = lines.iter().enumerate().filter(|(_, line)| is_rule(line)).map(|(at, _)| at);
    let words =
        |at: usize| lines[at..].iter().filter(|line| !line.trim().is_empty() && !is_rule(line)).count();
    let from = rules.rev().find(|at| words(*at) > 3).map_or(0, |at| at + 1);
    let block: Vec<&str> = lines[from..].iter().copied().filter(|line| !is_rule(line)).collect();
    block.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_asks_what_stands_in_its_lowest_block() {
        let rule = "─".repeat(40);
        let menu = "Which colour do you want?\n❯ 1. Red\n  2. Blue\n  3. Type something.";
        let text =
            format!("● Old news\n{rule}\n ☐ Colour\n\n{menu}\n{rule}\n  4. Chat about this\nEnter to select");
        let screen =
            |status| ScreenReading { status, draft: None, evidence: String::new(), text: text.clone() };
        let expected = format!("☐ Colour\n\n{menu}\n  4. Chat about this\nEnter to select");
        let question = Question { text: expected.clone(), choices: vec![], several: false };
        assert_eq!(
            Dialog::on_screen(&screen(ScreenStatus::Question)),
            Some(Dialog::Questions(vec![question]))
        );
        assert_eq!(
            Dialog::on_screen(&screen(ScreenStatus::PlanApproval)),
            Some(Dialog::Plan { text: expected })
        );
        for status in [ScreenStatus::Permission, ScreenStatus::Idle, ScreenStatus::StartDialog] {
            assert_eq!(Dialog::on_screen(&screen(status)), None);
        }
    }

    #[test]
    fn a_short_dialog_asks_without_what_was_said_before() {
        let rule = "─".repeat(40);
        let menu = "Exit plan mode?\n\n Claude wants to exit plan mode\n\n ❯ 1. Yes\n   2. No";
        let text = format!("● Old news\n{rule}\nmore\nof\nit\n\n{rule}\n{menu}\n");
        let status = ScreenStatus::PlanApproval;
        let screen = ScreenReading { status, draft: None, evidence: String::new(), text };
        assert_eq!(Dialog::on_screen(&screen), Some(Dialog::Plan { text: menu.into() }));
    }

    #[test]
    fn a_moved_pointer_is_the_same_dialog_and_another_word_is_not() {
        let question = |text: &str| {
            Dialog::Questions(vec![Question { text: text.into(), choices: vec![], several: false }])
        };
        let (first, moved) =
            (question("Which?\n❯ 1. Red\n  2. Blue"), question("Which?\n  1. Red\n❯ 2. Blue"));
        assert!(first.asks_the_same(&moved));
        assert!(!first.asks_the_same(&question("Which?\n❯ 1. Red\n  2. Green")));
        assert!(!first.asks_the_same(&Dialog::Plan { text: "Which?\n❯ 1. Red\n  2. Blue".into() }));
    }

    #[test]
    fn the_answer_is_told_with_what_was_asked() {
        let question = Question { text: "Which? ```".into(), choices: vec![], several: false };
        let question = Dialog::Questions(vec![question]);
        let told = question.told(&DialogAnswer::Answers(vec![("Which?".into(), "Red".into())]));
        assert!(told.contains("```\nWhich? '''\n```\n\nThe answer is: Red"), "{told}");
        let none = question.told(&DialogAnswer::deny("too much waits"));
        assert!(none.contains("(too much waits); decide it yourself"), "{none}");
        let plan = Dialog::Plan { text: "One file.".into() };
        assert!(plan.told(&DialogAnswer::Allow).contains("The plan is approved"));
        let rejected = plan.told(&DialogAnswer::deny("The plan is not approved. The model says: two files"));
        assert!(rejected.contains("not approved. The model says: two files"), "{rejected}");
        for told in [told, rejected] {
            assert!(told.contains("nobody declined it"), "{told}");
        }
    }
}
