//! What the loop has been told or has seen and is not worth a place on the disk.

use super::{progress, screen_dialog::ScreenDialog};
use crate::{
    coding::{Activity, observation::TurnOutcome, screen::ScreenStatus},
    outbox::now,
    protocol::Hands,
};

/// What was pushed or seen since the last prompt, and is not worth a place on the disk.
pub(super) struct Seen {
    pub(super) acknowledged: bool,
    pub(super) outcome: Option<(TurnOutcome, i64)>,
    pub(super) activity: Activity,
    pub(super) activity_since: i64,
    pub(super) started_at: Option<i64>,
    /// The CLI has reported its start since it was started.
    pub(super) reported: bool,
    pub(super) resumed: bool,
    pub(super) answer: Option<String>,
    /// A person has taken over the terminal.
    pub(super) held: bool,
    /// What those who look at the terminal were told last.
    pub(super) hands: Hands,
    pub(super) told: Option<&'static str>,
    pub(super) progress: progress::Progress,
    pub(super) compacting_since: Option<i64>,
    pub(super) compacted: bool,
    pub(super) draft_clears: u32,
    /// The text in the input box, and since when it is that one.
    pub(super) draft: Option<(String, i64)>,
    pub(super) ground_checked: i64,
    pub(super) signal: Option<(String, i64)>,
    pub(super) screen: Option<(ScreenStatus, String)>,
    pub(super) decision: (String, i64),
    /// The CLI was seen waiting since the open dialog was put to the owner.
    pub(super) dialog_waited: bool,
    /// The dialog that only the screen shows and that is being decided.
    pub(super) screen_dialog: Option<ScreenDialog>,
}

impl Seen {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            acknowledged: false,
            outcome: None,
            activity: Activity::Unknown,
            activity_since: now(),
            started_at: None,
            reported: false,
            resumed: false,
            answer: None,
            held: false,
            hands: Hands::default(),
            told: None,
            progress: progress::Progress::default(),
            compacting_since: None,
            compacted: false,
            draft_clears: 0,
            draft: None,
            ground_checked: 0,
            signal: None,
            screen: None,
            decision: (String::new(), now()),
            dialog_waited: false,
            screen_dialog: None,
        }
    }
}
