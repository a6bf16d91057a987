//! The dashboard: what needs a person first, then what runs, then the rest; beside it agents and their decisions.

mod agents;
mod decisions;
mod first_steps;
mod needs_help;
mod running;
mod today;

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use self::{
    agents::Agents,
    decisions::Decisions,
    first_steps::{FirstSteps, KeyHint},
    needs_help::NeedsHelp,
    running::Running,
    today::Today,
};
use crate::{
    api::{self, Home},
    components::{Live, Load, ProjectCard},
    model::Project,
};

/// Everything at a glance.
#[component]
pub fn DashboardPage() -> impl IntoView {
    let home = Resource::new(|| (), |()| api::load_home());
    view! {
        <Title text="Dashboard" />
        <Load resource=home let:home>
            {if home.agents.is_empty() {
                Either::Left(view! { <FirstSteps has_key=home.has_key /> })
            } else {
                Either::Right(view! { <Overview home /> })
            }}
        </Load>
    }
    .into_any()
}

/// The groups into which the dashboard sorts projects.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    NeedsHelp,
    Active,
    Rest,
}

impl Group {
    fn of(project: &Project) -> Self {
        if project.needs_help() {
            Self::NeedsHelp
        } else if project.running {
            Self::Active
        } else {
            Self::Rest
        }
    }

    /// Its projects as they are now.
    fn members(self, projects: Memo<Vec<Project>>) -> Memo<Vec<Project>> {
        Memo::new(move |_| {
            projects.with(|all| {
                all.iter().filter(|project| Self::of(project) == self).cloned().collect::<Vec<_>>()
            })
        })
    }
}

#[component]
fn Overview(home: Home) -> impl IntoView {
    let live = Live::expect();
    let projects = live.projects(home.projects);
    let today = live.today(home.today);
    let decisions = live.decisions(home.decisions);
    let help = Group::NeedsHelp.members(projects);
    let active = Group::Active.members(projects);
    let rest = Group::Rest.members(projects);
    let none = Memo::new(move |_| projects.with(Vec::is_empty));
    let first_agent = home.agents.first().map(|agent| format!("/agents/{}#new-project", agent.id));
    let key_missing = !home.has_key && home.agents.iter().any(|agent| needs_key(&agent.model));
    view! {
        <h1>"Dashboard"</h1>
        <Today today help active />
        {key_missing.then(|| view! { <KeyHint /> })}
        <div class="home">
            <div class="home-main">
                <NeedsHelp projects=help />
                <section class="group" hidden=move || !none.get()>
                    <div class="empty-box">
                        <h2>"No projects yet"</h2>
                        <p>
                            "Give an agent something to build: a goal in your own words, or the demonstration project, which shows the whole way in a few minutes."
                        </p>
                        <p>
                            <a class="button" data-tone="primary" href=first_agent>
                                "Create a project"
                            </a>
                        </p>
                    </div>
                </section>
                <div hidden=move || none.get()>
                    <Running projects=active agents=home.agents.clone() />
                </div>
                <section class="group" hidden=move || rest.with(Vec::is_empty)>
                    <h2>"Other projects"</h2>
                    <div class="cards">
                        <For each=move || rest.get() key=|project| project.id let:project>
                            <ProjectCard project />
                        </For>
                    </div>
                </section>
            </div>
            <div class="home-side">
                <Agents agents=home.agents projects />
                <Decisions decisions projects />
            </div>
        </div>
    }
    .into_any()
}

/// Whether an agent with this model cannot work without a key.
fn needs_key(model: &str) -> bool {
    !["demo/", "ollama/"].iter().any(|free| model.starts_with(free))
}
