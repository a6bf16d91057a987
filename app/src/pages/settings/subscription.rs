//! How a person with a Claude subscription uses it instead of a key.

use leptos::prelude::*;

/// The steps, in plain words.
#[component]
pub fn Subscription() -> impl IntoView {
    view! {
        <section class="group" id="subscription">
            <h2>"Claude subscription"</h2>
            <p class="muted">
                "With Claude Pro, Max or Team, Claude Code can work on your subscription. You log in yourself, inside your own terminal; the login stays in your own folder and AutoCode does not read it."
            </p>
            <details class="panel">
                <summary>"How to log in"</summary>
                <ol class="howto">
                    <li>"Create an agent with Claude Code and a model of Anthropic, and a project for it. Start the project."</li>
                    <li>"Open the project\u{2019}s terminal and wait until Claude Code shows its input line."</li>
                    <li>"Type " <code>"/login"</code> " there and choose the account with your subscription."</li>
                    <li>"Open the address that appears in your browser, sign in at Anthropic, and paste the code back into the terminal."</li>
                    <li>"Restart the project. From then on Claude Code talks to Anthropic with your login in all your projects."</li>
                </ol>
                <p>
                    "AutoCode\u{2019}s own questions to the model between steps still go through the gateway and need a key for the agent\u{2019}s model. To go back to keys for everything, type "
                    <code>"/logout"</code> " in the terminal and restart."
                </p>
            </details>
        </section>
    }
    .into_any()
}
