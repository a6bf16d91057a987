//! Pieces that several pages are made of.
//!
//! They draw what they are given; fetching is the pages' work. The live stream and the terminal are the exceptions.

mod agent_state;
mod backdrop;
mod badge;
mod buttons;
mod form;
pub mod icon;
mod isolation;
mod layout;
mod live;
mod load;
mod local_time;
mod logs;
mod markdown;
mod nav;
mod notice;
mod notifier;
mod palette;
mod plan;
mod project_card;
mod reveal;
mod sign_out;
#[cfg(feature = "hydrate")]
mod socket;
mod step_up;
mod terminal;
mod text;
mod theme;

pub use agent_state::{AgentState, AgentStateView};
pub use backdrop::{close_dialog, on_backdrop};
pub use badge::{InstanceBadge, StatusBadge};
pub use buttons::Submit;
pub use form::{
    Choice, Combobox, DraftNote, Field, FormError, Kept, Select, Suggestions, TextArea, Typed, forget_draft,
    forget_drafts, forget_sent_drafts, keep_draft, kept_draft, pending_of_form, problem, problem_of_form,
    problem_without_form, reset_after, successes, tell,
};
pub use icon::Icon;
pub use isolation::IsolationFacts;
pub use layout::Layout;
pub use live::{Live, LiveState};
pub use load::{ErrorView, Load};
pub use local_time::LocalTime;
pub use logs::LogView;
pub use markdown::{Markdown, MarkdownEditor};
pub use nav::Nav;
pub use notice::Notice;
pub use notifier::{Notifier, Permission};
pub use palette::{PaletteButton, PaletteOpener, palette};
pub use plan::PlanView;
pub use project_card::ProjectCard;
pub use reveal::{center_current, reveal};
pub use sign_out::SignOut;
pub use step_up::{PasswordAgain, StepUp, step_up, with_step_up};
pub use terminal::TerminalView;
pub use text::{block, cost, duration, encoded, tokens};
pub use theme::{ThemeChoice, ThemeSwitch};
