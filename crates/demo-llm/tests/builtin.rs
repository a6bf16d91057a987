//! The embedded scenario, played as Claude Code and the nanobot would: the files it writes are written and its tests run.

#![cfg(test)]

use std::{fs, path::Path, process::Command};

use autocode_demo_llm::{DemoProject, DemoServer, Role, Scenario, demo_project};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use serde_json::{Value, json};
use tower::ServiceExt;

async fn ask(server: &DemoServer, body: &Value) -> Value {
    let request = Request::post("/v1/messages?beta=true").header("authorization", "Bearer t");
    let response =
        server.router().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

fn server() -> DemoServer {
    DemoServer::new(Scenario::builtin().unwrap()).with_journal(100)
}

/// The body that Claude Code sends, with what it puts around a prompt.
fn coding(workspace: &Path, messages: &[Value]) -> Value {
    json!({
        "model": "builder", "max_tokens": 100, "tools": [{ "name": "Write" }, { "name": "Bash" }],
        "system": [
            { "type": "text", "text": "You are Claude Code. Make titles and read AUTOCODE-EVALUATION." },
            { "type": "text", "text": format!("# Environment\n - Primary working directory: {}\n", workspace.display()) },
        ],
        "messages": messages,
    })
}

fn prompt(text: &str) -> Vec<Value> {
    vec![
        json!({ "role": "user", "content": [
            { "type": "text", "text": "<system-reminder>\n# Step 9: Other\n</system-reminder>\n\n" },
            { "type": "text", "text": text, "cache_control": { "type": "ephemeral" } },
        ] }),
        json!({ "role": "system", "content": "Available agent types: …" }),
    ]
}

fn call(workspace: &Path, tool: &Value) -> String {
    let input = &tool["input"];
    match tool["name"].as_str().unwrap() {
        "Write" => {
            let path = Path::new(input["file_path"].as_str().unwrap());
            assert!(path.starts_with(workspace), "{path:?} is outside the workspace");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, input["content"].as_str().unwrap()).unwrap();
            "written".to_owned()
        }
        "Read" => fs::read_to_string(input["file_path"].as_str().unwrap()).unwrap(),
        "Bash" => shell(workspace, input["command"].as_str().unwrap()).1,
        other => panic!("there is no tool {other}"),
    }
}

fn shell(workspace: &Path, command: &str) -> (i32, String) {
    let output = Command::new("sh").args(["-c", command]).current_dir(workspace).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Plays one prompt to its end; returns the last text.
async fn play(server: &DemoServer, workspace: &Path, messages: &mut Vec<Value>) -> String {
    for _ in 0..10 {
        let answer = ask(server, &coding(workspace, messages)).await;
        let content = answer["content"].as_array().unwrap().clone();
        messages.push(json!({ "role": "assistant", "content": content }));
        let results: Vec<Value> = content
            .iter()
            .filter(|block| block["type"] == "tool_use")
            .map(|tool| json!({ "type": "tool_result", "tool_use_id": tool["id"], "content": call(workspace, tool) }))
            .collect();
        if results.is_empty() {
            return content[0]["text"].as_str().unwrap().to_owned();
        }
        messages.push(json!({ "role": "user", "content": results }));
    }
    panic!("the turn does not end");
}

async fn judge(server: &DemoServer, step: &str, code: &str, output: &str) -> Value {
    let body = json!({
        "model": "builder", "max_tokens": 100,
        "system": "You evaluate.\nAUTOCODE-EVALUATION\nSay JSON.",
        "messages": [{ "role": "user", "content": format!(
            "{step}\nAttempt: 1\nVerify exit code: {code}\n\nVerify output (its end):\n<data>\n{output}\n</data>\n\n\
             Changes since the step began:\n<data>\n a | 1 +\n</data>\n"
        ) }],
    });
    let answer = ask(server, &body).await;
    serde_json::from_str(answer["content"][0]["text"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_demonstration_is_built_with_one_mistake() {
    let server = server();
    let workspace = tempfile::tempdir().unwrap();
    let workspace = workspace.path();
    let mut messages = Vec::new();
    let mut attempts = Vec::new();
    for step in demo_project().steps {
        let heading = format!("{}: {}", step.id, step.title);
        let mut text = format!("# Step {heading}\n{}\n", step.instructions);
        for attempt in 1.. {
            messages.extend(prompt(&text));
            play(&server, workspace, &mut messages).await;
            let (code, output) = shell(workspace, step.verify.as_deref().unwrap());
            let verdict = judge(&server, &format!("Step {heading}"), &code.to_string(), &output).await;
            if verdict["verdict"] == "complete" {
                assert_eq!(code, 0);
                attempts.push(attempt);
                break;
            }
            assert_eq!((verdict["verdict"].as_str(), attempt), (Some("needs_fix"), 1), "{output}");
            text = format!("# Fix step {heading}\n{}\n", verdict["instructions"].as_str().unwrap());
        }
    }
    assert_eq!(attempts, [1, 2, 1, 1]);
    let (_, table) = shell(workspace, "printf 'A b a' | sh wordfreq.sh --csv");
    assert_eq!(table, "word,count\na,2\nb,1\n");
    let prompts = server.journal().into_iter().filter(|e| e.role == Role::Coding && e.tool_turns == 0);
    let lines: Vec<String> = prompts.map(|e| e.prompt.lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "# Step 1: Set up the program",
            "# Step 2: Count the words",
            "# Fix step 2: Count the words",
            "# Step 3: Show only the top words",
            "# Step 4: Write CSV",
        ]
    );
}

#[tokio::test]
async fn every_step_can_be_continued_or_fixed() {
    let server = server();
    let workspace = tempfile::tempdir().unwrap();
    for step in demo_project().steps {
        for kind in ["Continue", "Fix"] {
            let mut messages = prompt(&format!("# {kind} step {}: {} (attempt 2)\n", step.id, step.title));
            play(&server, workspace.path(), &mut messages).await;
            let (code, output) = shell(workspace.path(), step.verify.as_deref().unwrap());
            assert_eq!(code, 0, "{kind} {}: {output}", step.id);
        }
    }
}

#[tokio::test]
async fn equal_requests_get_equal_answers() {
    let server = server();
    let body = coding(Path::new("/w"), &prompt("# Step 2: Count the words\n"));
    let first = ask(&server, &body).await;
    ask(&server, &coding(Path::new("/w"), &prompt("# Step 3: Show only the top words\n"))).await;
    assert_eq!(ask(&server, &body).await, first);
    assert_eq!(ask(&self::server(), &body).await, first);
}

#[tokio::test]
async fn judgements_follow_the_verify_command() {
    let server = server();
    assert_eq!(judge(&server, "Step 7: Mine", "none", "").await["verdict"], "complete");
    assert_eq!(judge(&server, "Step 7: Mine", "0", "ok").await["verdict"], "complete");
    let failed = judge(&server, "Step 7: Mine", "1", "no \"luck\"").await;
    let instructions = "Make the verify command pass. The end of its output was:\nno \"luck\"";
    assert_eq!((&failed["verdict"], &failed["instructions"]), (&json!("needs_fix"), &json!(instructions)));
    assert_eq!(judge(&server, "Step 7: Mine", "timeout", "").await["verdict"], "needs_fix");
}

#[tokio::test]
async fn every_plan_is_the_demonstration() {
    let body = json!({
        "model": "builder", "system": "AUTOCODE-PLANNING", "messages": [{ "role": "user", "content": "A castle." }],
    });
    let answer = ask(&server(), &body).await;
    let plan: Value = serde_json::from_str(answer["content"][0]["text"].as_str().unwrap()).unwrap();
    let steps = demo_project().steps;
    assert_eq!(plan["steps"].as_array().unwrap().len(), steps.len());
    assert_eq!(plan["steps"][1], json!(steps[1]));
    assert!(plan["steps"][0]["instructions"].as_str().unwrap().contains("built-in demonstration"));
}

#[tokio::test]
async fn titles_are_json() {
    let body = json!({
        "model": "builder", "system": "Generate a concise, sentence-case title.",
        "messages": [{ "role": "user", "content": "<session>\n# Step 1: Set up the program\n</session>" }],
    });
    let answer = ask(&server(), &body).await;
    assert_eq!(answer["content"][0]["text"], r#"{"title": "AutoCode demonstration"}"#);
}

#[tokio::test]
async fn permissions_are_allowed_and_questions_left_to_a_person() {
    for (mark, field, expected) in
        [("AUTOCODE-APPROVAL", "decision", json!("allow")), ("AUTOCODE-QUESTION", "answer", Value::Null)]
    {
        let body = json!({
            "model": "builder", "system": format!("You decide.\n{mark}\nSay JSON."),
            "messages": [{ "role": "user", "content": "Tool: Bash" }],
        });
        let answer = ask(&server(), &body).await;
        let decision: Value = serde_json::from_str(answer["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(decision[field], expected, "{mark}");
        assert!(decision["reason"].is_string());
    }
}

#[test]
fn the_project_is_whole() {
    let project: DemoProject = demo_project();
    assert_eq!(project.name, "Word counter");
    assert_eq!(project.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    assert!(project.steps.iter().all(|s| !s.instructions.is_empty() && s.verify.is_some()));
}

#[tokio::test]
async fn the_server_ends_when_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(autocode_demo_llm::serve(listener, server(), stop.clone()));
    stop.cancel();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), serving).await;
    ended.unwrap().unwrap().unwrap();
}
