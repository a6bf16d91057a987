//! A hook's way over the real socket: answered, refused without the secret, and closed when nobody listens.

#![cfg(test)]

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use autocode_nanobot::{hook, hook_server::HookServer};
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Runs `autocode-nanobot hook` as a CLI would.
async fn call(socket: &Path, secret: &str, payload: &Value) -> (bool, String, Duration) {
    let (socket, secret, payload) = (socket.to_owned(), secret.to_owned(), payload.to_string());
    tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_autocode-nanobot"))
            .arg("hook")
            .env_clear()
            .env(hook::SOCKET_VARIABLE, socket)
            .env(hook::SECRET_VARIABLE, secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(payload.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap(), begun.elapsed())
    })
    .await
    .unwrap()
}

/// A policy for permissions only.
fn decided(
    payload: &Value,
    decision: impl Future<Output = Value> + Send + 'static,
) -> Option<BoxFuture<'static, Value>> {
    (payload["hook_event_name"] == "PermissionRequest").then(|| decision.boxed())
}

fn permission() -> Value {
    json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "ls"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_answered_by_policy_and_refused_without_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hook.sock");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let policy = Arc::new(|payload: &Value| decided(payload, async { hook::allow() }));
    let mut server = HookServer::start(&socket, "right".to_owned(), policy, &tracker, stop.clone()).unwrap();

    let (ok, output, _) = call(&socket, "right", &permission()).await;
    assert!(ok);
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), hook::allow());
    assert_eq!(server.calls.recv().await.unwrap(), permission());

    let end = json!({"hook_event_name": "Stop", "last_assistant_message": "x"});
    let (ok, output, _) = call(&socket, "right", &end).await;
    assert_eq!((ok, output.as_str()), (true, ""));
    assert_eq!(server.calls.recv().await.unwrap(), end);

    for wrong in ["wrong", "righ", "rightt", ""] {
        let (_, output, _) = call(&socket, wrong, &permission()).await;
        assert!(output.contains(r#""behavior":"deny""#), "{wrong}: {output}");
    }
    assert!(server.calls.try_recv().is_err());

    stop.cancel();
    tracker.close();
    tokio::time::timeout(Duration::from_secs(2), tracker.wait()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_nanobot_permissions_are_denied_and_the_rest_is_quick() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hook.sock");
    let (ok, output, took) = call(&socket, "s", &json!({"hook_event_name": "Stop"})).await;
    assert_eq!((ok, output.as_str()), (true, ""));
    assert!(took < Duration::from_secs(1), "{took:?}");
    let (ok, output, _) = call(&socket, "s", &permission()).await;
    assert!(ok && output.contains(r#""behavior":"deny""#), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_takes_its_time_and_ends_with_its_caller() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hook.sock");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let (asked, mut dropped) = tokio::sync::mpsc::unbounded_channel();
    let policy = Arc::new(move |payload: &Value| {
        let asked = asked.clone();
        decided(payload, async move {
            let (held, gone) = tokio::sync::oneshot::channel::<()>();
            asked.send(gone).unwrap();
            // For ever, with something that is dropped when this is.
            let _held = held;
            std::future::pending().await
        })
    });
    let server = HookServer::start(&socket, "s".to_owned(), policy, &tracker, stop.clone()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_autocode-nanobot"))
        .arg("hook")
        .env_clear()
        .env(hook::SOCKET_VARIABLE, &socket)
        .env(hook::SECRET_VARIABLE, "s")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(permission().to_string().as_bytes()).unwrap();
    let gone = dropped.recv().await.unwrap();
    // Longer than any other call may take.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(tokio::time::timeout(Duration::from_secs(2), gone).await.unwrap().is_err());
    drop(server);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nanobot_that_is_started_again_decides_what_was_asked_before() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hook.sock");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let undecided = Arc::new(|payload: &Value| decided(payload, std::future::pending()));
    let mut first = HookServer::start(&socket, "s".to_owned(), undecided, &tracker, stop.clone()).unwrap();
    let calling = tokio::spawn({
        let socket = socket.clone();
        async move { call(&socket, "s", &permission()).await }
    });
    assert_eq!(first.calls.recv().await.unwrap(), permission());
    stop.cancel();
    drop(first);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!calling.is_finished());
    let stop = CancellationToken::new();
    let allowing = Arc::new(|payload: &Value| decided(payload, async { hook::allow() }));
    let _second = HookServer::start(&socket, "s".to_owned(), allowing, &tracker, stop.clone()).unwrap();
    let (ok, output, _) = calling.await.unwrap();
    assert!(ok);
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), hook::allow());
    stop.cancel();
}

/// Runs the hook as a gate, by way of a shell as Codex does; exit code and standard error.
async fn pass(program: &'static str, socket: &Path, payload: &'static str) -> (Option<i32>, String) {
    let socket = socket.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut child = Command::new("sh")
            .args(["-c", &format!("'{program}' hook --gate || exit 2")])
            .env_clear()
            .env(hook::SOCKET_VARIABLE, socket)
            .env(hook::SECRET_VARIABLE, "right")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that is not there reads nothing.
        drop(child.stdin.take().unwrap().write_all(payload.as_bytes()));
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_opens_only_for_what_was_allowed() {
    const PROGRAM: &str = env!("CARGO_BIN_EXE_autocode-nanobot");
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hook.sock");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let policy = Arc::new(|payload: &Value| match payload["tool_name"].as_str() {
        Some("allowed") => Some(async { hook::allow() }.boxed()),
        Some("denied") => Some(async { hook::deny("Not this one.") }.boxed()),
        Some("odd") => {
            Some(async { json!({"hookSpecificOutput": {"decision": {"behavior": "Allow"}}}) }.boxed())
        }
        _ => None,
    });
    let _server = HookServer::start(&socket, "right".to_owned(), policy, &tracker, stop.clone()).unwrap();
    let call = |tool: &str| json!({"hook_event_name": "PreToolUse", "tool_name": tool}).to_string();
    let of = |tool: &str| -> &'static str { Box::leak(call(tool).into_boxed_str()) };
    assert_eq!(pass(PROGRAM, &socket, of("allowed")).await, (Some(0), String::new()));
    assert_eq!(pass(PROGRAM, &socket, of("denied")).await, (Some(2), "Not this one.\n".to_owned()));
    for (program, payload) in
        [(PROGRAM, of("odd")), (PROGRAM, of("unknown")), (PROGRAM, "{oops"), ("/not/there", of("allowed"))]
    {
        let (code, reason) = pass(program, &socket, payload).await;
        assert_eq!(code, Some(2), "{payload}");
        assert!(!reason.trim().is_empty(), "{payload}");
    }
    stop.cancel();
    tracker.close();
    tokio::time::timeout(Duration::from_secs(2), tracker.wait()).await.unwrap();
}
