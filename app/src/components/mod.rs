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
mod notifier;
mod palette;
mod plan;
mod project_card;
#[cfg(feature = "hydrate")]
mod socket;
mod terminal;
mod text;
mod theme;

pub use agent_state::{AgentState, AgentStateView};
pub use backdrop::on_backdrop;
pub use badge::{InstanceBadge, StatusBadge};
pub use buttons::Submit;
pub use form::{
    Choice, Field, FormError, Select, TextArea, problem, problem_of_form, problem_without_form, successes,
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
pub use notifier::{Notifier, Permission};
pub use palette::{Palette, PaletteButton, PaletteOpener};
pub use plan::PlanView;
pub use project_card::ProjectCard;
pub use terminal::TerminalView;
pub use text::{Moment, block, cost, duration, encoded, tokens};
pub use theme::{ThemeChoice, ThemeSwitch};
