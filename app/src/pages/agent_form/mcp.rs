//! MCP servers: a line for each, a form to add one, and the JSON behind them.

use leptos::{
    html::{Input, Textarea},
    prelude::*,
};
use serde_json::{Value, json};

use crate::{
    components::{Icon, TextArea, icon, tell},
    error::AppError,
    model::{mcp_problem, mcp_servers_text, parse_mcp_servers},
};

/// The servers of an agent.
#[component]
pub fn McpServers(
    /// The last error of the form's action.
    problem: Signal<Option<AppError>>,
    /// JSON in the usual shape; blank for none.
    servers: String,
) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let text = RwSignal::new(servers.clone());
    let parsed = Memo::new(move |_| text.with(|text| parse_mcp_servers(text)));
    let wrong = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().err().cloned()));
    let write = Callback::new(move |servers: Value| {
        let json = mcp_servers_text(&servers);
        if let Some(area) = area.get_untracked() {
            area.set_value(&json);
            tell(&area, "input");
        }
        text.set(json);
    });
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    view! {
        <fieldset class="mcp">
            <legend>"MCP servers"</legend>
            <p class="hint">"Programs that give the coding CLI more tools, for example a browser or a database."</p>
            <Listed parsed write />
            <div hidden=move || !ready.get()>
                <AddServer parsed write />
            </div>
            <details>
                <summary>"As JSON"</summary>
                <TextArea
                    name="form[mcp_servers]"
                    id="mcp_servers"
                    field="mcp_servers"
                    label="MCP servers as JSON"
                    problem
                    value=servers
                    hint="In the mcpServers shape that coding CLIs use."
                    on_value=Callback::new(move |value| text.set(value))
                    node_ref=area
                />
            </details>
            <p class="error" role="status" data-testid="mcp-problem" hidden=move || wrong.with(Option::is_none)>
                {wrong}
            </p>
        </fieldset>
    }
    .into_any()
}

type Parsed = Memo<Result<Value, String>>;

/// One line per server.
#[component]
fn Listed(parsed: Parsed, write: Callback<Value>) -> impl IntoView {
    let lines = move || {
        let servers = parsed.get().unwrap_or_default();
        let all = servers.as_object().into_iter().flatten();
        all.map(|(name, server)| {
            let (name, about) = (name.clone(), about(server));
            let label = format!("Remove {name}");
            let gone = name.clone();
            let remove = move |_| {
                if let Ok(Value::Object(mut servers)) = parsed.get_untracked() {
                    servers.remove(&gone);
                    write.run(Value::Object(servers));
                }
            };
            view! {
                <li>
                    <span class="list-text">
                        <strong>{name}</strong>
                        " "
                        <code>{about}</code>
                    </span>
                    <button type="button" class="icon-button" aria-label=label on:click=remove>
                        <Icon path=icon::CLOSE />
                    </button>
                </li>
            }
        })
        .collect_view()
    };
    view! { <ul class="list" aria-label="MCP servers">{lines}</ul> }.into_any()
}

/// How a server is reached.
fn about(server: &Value) -> String {
    let text = |key: &str| server.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let args = server.get("args").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let command = args.fold(text("command"), |line, arg| format!("{line} {arg}"));
    if command.is_empty() { text("url") } else { command }
}

/// A server from what a person typed: an address, or a command with its arguments.
fn server(line: &str) -> Value {
    let line = line.trim();
    if line.starts_with("http://") || line.starts_with("https://") {
        return json!({ "type": "http", "url": line });
    }
    let mut words = line.split_whitespace();
    let command = words.next().unwrap_or_default();
    json!({ "command": command, "args": words.collect::<Vec<_>>() })
}

/// Name and command or address of one more. These controls have no names: the JSON is what is sent.
#[component]
fn AddServer(parsed: Parsed, write: Callback<Value>) -> impl IntoView {
    let (name, line) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let refused = RwSignal::new(None::<String>);
    let add = move || {
        let (Some(name), Some(line)) = (name.get_untracked(), line.get_untracked()) else { return };
        let Ok(Value::Object(mut servers)) = parsed.get_untracked() else {
            refused.set(Some("Mend the JSON first.".to_owned()));
            return;
        };
        let key = name.value().trim().to_owned();
        if servers.contains_key(&key) {
            refused.set(Some("There is a server of this name.".to_owned()));
            return;
        }
        servers.insert(key, server(&line.value()));
        let servers = Value::Object(servers);
        let problem = mcp_problem(&servers);
        if problem.is_none() {
            name.set_value("");
            line.set_value("");
            // Tells of the change, so that a draft has all three as they are now.
            write.run(servers);
        }
        refused.set(problem);
    };
    // Enter adds the server; it must not send the form.
    let entered = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            add();
        }
    };
    view! {
        <div class="inline">
            <div class="field">
                <label for="mcp-name">"Server name"</label>
                <input
                    id="mcp-name"
                    data-kept
                    autocomplete="off"
                    autocapitalize="none"
                    node_ref=name
                    on:keydown=entered
                />
            </div>
            <div class="field">
                <label for="mcp-line">"Command or address"</label>
                <input
                    id="mcp-line"
                    data-kept
                    autocomplete="off"
                    autocapitalize="none"
                    placeholder="npx -y @playwright/mcp"
                    node_ref=line
                    on:keydown=entered
                />
            </div>
            <button type="button" class="button" on:click=move |_| add()>
                "Add server"
            </button>
        </div>
        <p class="error" role="alert" hidden=move || refused.with(Option::is_none)>
            {refused}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_a_server_and_a_server_a_line() {
        let command = server(" npx -y docs ");
        assert_eq!(command, json!({"command": "npx", "args": ["-y", "docs"]}));
        let web = server("https://example.org/mcp");
        assert_eq!(
            (about(&command).as_str(), about(&web).as_str()),
            ("npx -y docs", "https://example.org/mcp")
        );
    }
}
