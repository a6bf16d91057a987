//! Which tools an agent's coding CLI has.

use leptos::prelude::*;

use crate::model::AgentTool;

/// A box for each tool with what it is for.
#[component]
pub fn Tools(
    /// The names that the agent has now.
    names: Vec<String>,
    /// Kind of the coding CLI, which decides what can be taken away.
    #[prop(into)]
    kind: Signal<String>,
) -> impl IntoView {
    let limits = move || match kind.get().as_str() {
        "codex" => {
            "Codex CLI edits files by commands: of these, only the web and helpers can be taken from it."
        }
        "generic" => "Another program keeps to its own settings: nothing can be taken from it here.",
        _ => "What is not ticked is taken away from the coding CLI before it starts.",
    };
    let boxes = AgentTool::ALL
        .iter()
        .enumerate()
        .map(|(at, tool)| {
            let always = *tool == AgentTool::ReadFiles;
            let (id, about) = (format!("tool-{at}"), format!("tool-{at}-about"));
            view! {
                <div class="choice">
                    <input
                        type="checkbox"
                        id=id.clone()
                        name=(!always).then(|| format!("form[tools][{at}]"))
                        value=tool.as_str()
                        checked=tool.is_allowed(&names)
                        disabled=always
                        aria-describedby=about.clone()
                    />
                    <div>
                        <label for=id>{tool.label()}</label>
                        <p class="hint" id=about>
                            {tool.explanation()}
                        </p>
                    </div>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="choices">
            <legend>"Tools"</legend>
            <p class="hint">{limits}</p>
            // Tells a form without any tick from one that has no tools in it.
            <input type="hidden" name="form[tools_shown]" value="true" />
            <div class="choice-grid">{boxes}</div>
        </fieldset>
    }
    .into_any()
}
