//! Pieces that several pages are made of.
//!
//! They draw what they are given; fetching is the pages' work. The live stream and the terminal are the exceptions.

mod badge;
mod buttons;
mod form;
mod layout;
mod live;
mod load;
mod local_time;
mod logs;
mod markdown;
mod nav;
mod notifier;
mod plan;
mod project_card;
#[cfg(feature = "hydrate")]
mod socket;
mod terminal;
mod text;

pub use badge::{InstanceBadge, StatusBadge};
pub use buttons::Submit;
pub use form::{
    Choice, Field, FormError, Select, TextArea, problem, problem_of_form, problem_without_form, successes,
};
pub use layout::Layout;
pub use live::{Live, LiveState};
pub use load::{ErrorView, Load};
pub use local_time::LocalTime;
pub use logs::LogView;
pub use markdown::{Markdown, MarkdownEditor};
pub use nav::Nav;
pub use notifier::{Notifier, Permission};
pub use plan::PlanView;
pub use project_card::ProjectCard;
pub use terminal::TerminalView;
pub use text::{Moment, block, cost, duration, encoded, tokens};
