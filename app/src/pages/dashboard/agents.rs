//! All agents with what they are doing.

use leptos::prelude::*;

use crate::{
    api::{HomeAgent, NavProject},
    components::{AgentState, AgentStateView, Icon, icon},
    model::Project,
};

/// The agents, kept up to date.
#[component]
pub fn Agents(
    /// All agents, oldest first.
    agents: Vec<HomeAgent>,
    /// The projects of all.
    projects: Memo<Vec<Project>>,
) -> impl IntoView {
    let rows = agents.into_iter().map(|agent| view! { <Row agent projects /> }).collect_view();
    view! {
        <section class="group" data-testid="agents">
            <div class="group-head">
                <h2>"Agents"</h2>
                <a class="button" data-tone="quiet" href="/agents/new">
                    <Icon path=icon::PLUS />
                    "New agent"
                </a>
            </div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Row(agent: HomeAgent, projects: Memo<Vec<Project>>) -> impl IntoView {
    let HomeAgent { id, name, model } = agent;
    let mine = Memo::new(move |_| {
        projects.with(|all| {
            all.iter().filter(|project| project.agent_id == id).map(NavProject::from).collect::<Vec<_>>()
        })
    });
    let state = Memo::new(move |_| mine.with(|mine| AgentState::of(mine.iter())));
    let count = move || match mine.with(Vec::len) {
        0 => "no projects".to_owned(),
        1 => "1 project".to_owned(),
        count => format!("{count} projects"),
    };
    view! {
        <li>
            <div class="list-text">
                <a href=format!("/agents/{id}")>{name}</a>
                <p class="muted">{model} " \u{b7} " {count}</p>
            </div>
            <AgentStateView state />
        </li>
    }
    .into_any()
}
