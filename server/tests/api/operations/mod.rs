//! Running an installation: backups, keys, upgrades, numbers, a full disk, the proxy in front. The real program does it all.

mod backup;
mod caddy;
mod disk;
mod install;
mod metrics;
mod refusals;
mod rotate;
mod systemd;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
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

/// Writes a program.
fn executable(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Packs a release into `folder` as `make dist` does, but for the build; returns its folder.
fn pack(folder: &Path, release: &str, binary: &Path) -> PathBuf {
    let site = folder.join("site");
    fs::create_dir_all(site.join("pkg")).unwrap();
    fs::write(site.join("pkg/autocode.js"), "").unwrap();
    let mut dist = Command::new(root().join("scripts/dist"));
    dist.args(["--no-build", "--no-archive", "--release", release, "--binary"]).arg(binary);
    dist.arg("--site").arg(site).arg("--out").arg(folder.join("dist"));
    let text = done(&mut dist);
    PathBuf::from(text.trim().strip_prefix("==> ").unwrap())
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
