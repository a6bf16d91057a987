//! Running an installation: backups, keys, upgrades, numbers, a full disk, the proxy in front. The real program does it all.

mod backup;
mod caddy;
mod disk;
mod install;
mod metrics;
mod refusals;
mod rotate;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::common::{Client, TestServer};

/// A user's key in these tests.
const KEY: &str = "sk-ant-very-secret-5678";

/// The real program, told where an installation is and nothing else.
pub fn autocode(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autocode"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("AUTOCODE_DATA_DIR", data)
        .env("AUTOCODE_RUN_DIR", data.parent().unwrap().join("run"))
        .current_dir(data.parent().unwrap())
        .args(args)
        .stdin(Stdio::null());
    command
}

/// Exit code and everything that was said.
fn said(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// What a command that must succeed said.
pub fn done(command: &mut Command) -> String {
    let (code, text) = said(command);
    assert_eq!(code, Some(0), "{text}");
    text
}

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A user with a stored key, signed in.
async fn user_with_key(server: &TestServer, name: &str) -> Client {
    let user = server.new_user(name).await;
    let (status, answer) = user.put("/api/v1/api-keys/anthropic", json!({"key": KEY})).await;
    assert_eq!(status, 200, "{answer}");
    user
}

/// Whether a user's only key has to be entered again.
async fn enter_again(user: &Client) -> Value {
    let (status, keys) = user.get("/api/v1/api-keys").await;
    assert_eq!((status, keys.as_array().unwrap().len()), (200, 1), "{keys}");
    keys[0]["enter_again"].clone()
}
