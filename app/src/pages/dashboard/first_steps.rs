//! What to do when there is nothing yet.

use leptos::prelude::*;

use crate::components::{Icon, icon};

/// The way from nothing to a running agent.
#[component]
pub fn FirstSteps(
    /// Whether a key for any provider is stored.
    has_key: bool,
) -> impl IntoView {
    let key = if has_key {
        view! { <p class="muted">"Done: a key is stored."</p> }.into_any()
    } else {
        view! {
            <p class="muted">
                "From Anthropic, OpenAI, Google, OpenRouter or your own Ollama. Agents never see it. "
                <a href="/settings">"Add a key in Settings"</a> ", or leave it out: the demonstration needs none."
            </p>
        }
        .into_any()
    };
    view! {
        <section class="welcome">
            <h1>"Create your first agent"</h1>
            <p>
                "An agent is a template: a model, who it is and the rules it keeps. Give it a project, and it works through the plan step by step, verifying and committing each one, until the project is done."
            </p>
            <ol class="first-steps">
                <li data-done=has_key.to_string()>
                    <h2>"Add an API key"</h2>
                    {key}
                </li>
                <li>
                    <h2>"Create an agent"</h2>
                    <p class="muted">
                        "Choose its model. " <code>"demo/builder"</code>
                        " is built in, costs nothing and shows the whole way."
                    </p>
                </li>
                <li>
                    <h2>"Give it a project"</h2>
                    <p class="muted">"Say what is to be built, press Start, and watch."</p>
                </li>
            </ol>
            <p>
                <a class="button" data-tone="primary" href="/agents/new">
                    <Icon path=icon::PLUS />
                    "Create an agent"
                </a>
            </p>
        </section>
    }
    .into_any()
}

/// Says that an agent's model wants a key that is not there.
#[component]
pub fn KeyHint() -> impl IntoView {
    view! {
        <p class="hint-bar" role="note">
            <Icon path=icon::KEY />
            <span>
                "No API key is stored, so agents with a real model cannot work yet. "
                <a href="/settings">"Add a key in Settings"</a> ", or give an agent the model " <code>"demo/builder"</code>
                "."
            </span>
        </p>
    }
    .into_any()
}
