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

fn permission() -> Value {
    json!({"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "ls"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_answered_by_policy_and_refused_without_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hook.sock");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let policy =
        Arc::new(|payload: &Value| (payload["hook_event_name"] == "PermissionRequest").then(hook::allow));
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
