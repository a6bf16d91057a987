//! The words of Claude Code's screens, in one place because each new version may change them.
//!
//! Must not judge: a phrase means something only at its place on the screen.

/// It cannot start, and says so before the first prompt.
pub(super) const START_FAILURES: [&str; 2] =
    ["Unable to connect to Anthropic", "Failed to connect to api.anthropic"];

/// The last words of a program that ended.
pub(super) const EXITS: [&str; 6] = [
    "is already in use.",
    "No conversation found with session ID",
    "cannot be used with root/sudo privileges",
    "Pane is dead",
    "Resume this session with:",
    "claude --resume ",
];

/// A turn is under way. The footer is cut in a narrow pane.
pub(super) const BUSY: [&str; 3] = ["esc to interrupt", "ctrl+c to interrupt", "esc to inter"];

pub(super) const COMPACTING: &str = "ompacting conversation";
pub(super) const RETRYING: &str = "etrying in";

/// What follows it differs with the width of the pane; in narrow ones its last letters are cut.
pub(super) const INTERRUPTED: &str = "Interrup";

/// How a turn's last message begins if it is the CLI's own word for an error.
pub(super) const ERRORS: [&str; 15] = [
    "Not logged in",
    "API Error",
    "API error",
    "Please run /login",
    "Invalid API key",
    "Credit balance",
    "Context limit reached",
    "Prompt is too long",
    "Request too large",
    "Request timed out",
    "There's an issue with the selected model",
    "OAuth token",
    "Unable to connect to API",
    "Request rejected",
    "Usage limit reached",
];

/// Faint text in an empty input box.
pub(super) const PLACEHOLDERS: [&str; 2] = ["Press up to edit queued messages", "Try \""];

/// Below a menu: which keys do what. A screen with one of these at its bottom takes no prompt.
pub(super) const HINTS: [&str; 10] = [
    "Enter y/n",
    "Esc to cancel",
    "Escape to cancel",
    "Esc to exit",
    "Esc to close",
    "Esc to go back",
    "Enter to confirm",
    "Enter to select",
    "Enter to continue",
    "Enter selection [",
];

/// Before the first prompt only.
pub(super) const START_DIALOGS: [&str; 12] = [
    "Press Enter to continue",
    "Select login method",
    "Choose the text style",
    "Paste code here",
    "Do you want to use this API key",
    "I trust this folder",
    "Security notes:",
    "Bypass Permissions mode",
    "New MCP server",
    "Settings Error",
    "external CLAUDE.md file imports",
    "Let's get started.",
];

/// Only a question of the model's own has these.
pub(super) const QUESTIONS: [&str; 6] = [
    "Enter to select",
    "Chat about this",
    "Type something",
    "Submit answers",
    "✔ Submit",
    "keys to navigate",
];

/// Only a plan's approval has these.
pub(super) const PLANS: [&str; 5] = [
    "Exit plan mode",
    "Would you like to proceed?",
    "manually approve edits",
    "Tell Claude what to change",
    "keep planning",
];

/// Only a tool's approval has these.
pub(super) const PERMISSIONS: [&str; 5] =
    ["Permission Required", "Tab to amend", "Do you want to ", "don't ask again", "and always allow"];
