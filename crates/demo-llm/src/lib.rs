//! A scripted model server, so that the demonstration and the tests need neither a key nor a network.
//!
//! Must not remember: an answer depends only on the request and the scenario, so that a request which is repeated after
//! a crash gets the same answer. Must not know AutoCode's types; it speaks only the providers' wire formats.

mod answer;
mod dialect;
mod journal;
mod project;
mod request;
mod scenario;
mod server;
mod template;
mod turn;
mod wire;

pub use answer::{Answer, ToolUse};
pub use dialect::OfferedTool;
pub use journal::JournalEntry;
pub use project::{DemoProject, DemoStep, demo_project};
pub use request::{ModelRequest, Role};
pub use scenario::{ModelPace, Rule, Scenario, ScenarioError, VerifyOutcome};
pub use server::{DemoServer, serve};
pub use turn::{ErrorAnswer, ToolCall, Turn, UsageFigures, Verdict};
