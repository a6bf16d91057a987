//! The agent builder, for new agents and for changes.

mod fields;
mod mcp;
mod models;
mod starts;
mod tools;

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

use self::fields::AgentFields;
use crate::{
    api::{self, ModelSources},
    components::{Kept, Load, Submit, problem, with_step_up},
    error::AppError,
    model::{Agent, AgentId},
    pages::id_in_path,
};

/// Creates an agent.
#[component]
pub fn NewAgentPage() -> impl IntoView {
    let sources = Resource::new(|| (), |()| api::load_model_sources());
    view! {
        <Title text="New agent" />
        <h1>"New agent"</h1>
        <Load resource=sources let:sources>
            <NewAgentForm sources />
        </Load>
    }
    .into_any()
}

#[component]
fn NewAgentForm(sources: ModelSources) -> impl IntoView {
    let create = ServerAction::<api::CreateAgent>::new();
    with_step_up(create);
    view! {
        <Kept name="agent-new" pending=create.pending() problem=problem(create)>
            <ActionForm
                action=create
                attr:class="stack"
                attr:aria-label="New agent"
                attr:autocomplete="off"
            >
                <AgentFields problem=problem(create) sources />
                <Submit label="Create agent" pending=create.pending() />
            </ActionForm>
        </Kept>
    }
    .into_any()
}

/// Changes an agent.
#[component]
pub fn EditAgentPage() -> impl IntoView {
    let id = id_in_path();
    let loaded = Resource::new(
        move || AgentId(id.get()),
        async |id| {
            let agent = api::load_agent(id).await?;
            Ok::<_, AppError>((agent, api::load_model_sources().await?))
        },
    );
    view! {
        <Title text="Edit agent" />
        <Load resource=loaded let:loaded>
            <EditAgentForm agent=loaded.0 sources=loaded.1 />
        </Load>
    }
    .into_any()
}

#[component]
fn EditAgentForm(agent: Agent, sources: ModelSources) -> impl IntoView {
    let update = ServerAction::<api::UpdateAgent>::new();
    with_step_up(update);
    let back = format!("/agents/{}", agent.id);
    view! {
        <h1>{format!("Edit {}", agent.draft.name)}</h1>
        <Kept name=format!("agent-{}", agent.id) pending=update.pending() problem=problem(update)>
            <ActionForm
                action=update
                attr:class="stack"
                attr:aria-label="Edit agent"
                attr:autocomplete="off"
            >
                <input type="hidden" name="id" value=agent.id.to_string() />
                <AgentFields problem=problem(update) sources agent />
                <div class="actions">
                    <Submit label="Save" pending=update.pending() />
                    <a class="button" href=back>
                        "Cancel"
                    </a>
                </div>
            </ActionForm>
        </Kept>
    }
    .into_any()
}
