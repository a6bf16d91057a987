//! What an agent is doing, over all its projects: in words, with a shape of its own for each.

use leptos::prelude::*;

use crate::{
    api::NavProject,
    components::{Icon, icon},
};

/// The most urgent of what an agent's projects are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// A project waits for a person.
    NeedsHelp,
    /// A project is being worked on.
    Running,
    /// Nothing goes on.
    Idle,
}

impl AgentState {
    /// Of these projects together.
    pub fn of<'a>(mut projects: impl Iterator<Item = &'a NavProject> + Clone) -> Self {
        if projects.clone().any(|project| project.needs_help) {
            Self::NeedsHelp
        } else if projects.any(|project| project.running) {
            Self::Running
        } else {
            Self::Idle
        }
    }

    /// Text, name for styles and tests, and shape.
    fn appearance(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NeedsHelp => ("needs help", "needs-help", icon::ALERT),
            Self::Running => ("running", "running", icon::PLAY),
            Self::Idle => ("idle", "idle", icon::CIRCLE),
        }
    }
}

/// An agent's state beside its name.
#[component]
pub fn AgentStateView(
    /// The state.
    state: Memo<AgentState>,
) -> impl IntoView {
    let look = move || state.get().appearance();
    view! {
        <span class="agent-state" data-state=move || look().1>
            {move || view! { <Icon path=look().2 /> }}
            {move || look().0}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AgentId, ProjectId};

    #[test]
    fn a_call_for_help_outranks_work() {
        let project =
            |running, needs_help| NavProject { id: ProjectId(1), agent_id: AgentId(1), running, needs_help };
        let state = |projects: &[NavProject]| AgentState::of(projects.iter());
        assert_eq!(state(&[]), AgentState::Idle);
        assert_eq!(state(&[project(false, false), project(true, false)]), AgentState::Running);
        assert_eq!(state(&[project(true, false), project(true, true)]), AgentState::NeedsHelp);
    }
}
