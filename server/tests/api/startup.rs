//! What the program says when it cannot start: one sentence and what to do, never a panic.

use std::{
    io::Write as _,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

fn autocode(folder: &Path, args: &[&str]) -> Command {
    std::fs::create_dir_all(folder.join("site/pkg")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_autocode"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("AUTOCODE_DATA_DIR", folder.join("data"))
        .env("AUTOCODE_SITE_ROOT", folder.join("site"))
        .env("AUTOCODE_ADDR", "127.0.0.1:0")
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null());
    command
}

/// Standard error of a run that must fail with one sentence.
fn refusal(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{text}");
    assert!(!text.contains("panicked") && !text.contains("Error {"), "{text}");
    let said: Vec<_> = text.lines().filter(|line| line.starts_with("autocode: ")).collect();
    assert_eq!(said.len(), 1, "{text}");
    said[0].to_owned()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_busy_port_is_named() {
    let (folder, taken) = (folder(), TcpListener::bind("127.0.0.1:0").unwrap());
    let addr = taken.local_addr().unwrap().to_string();
    let mut command = autocode(folder.path(), &["serve"]);
    command.env("AUTOCODE_ADDR", &addr);
    let said = refusal(command);
    assert!(said.contains(&addr) && said.contains("AUTOCODE_ADDR"), "{said}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let mut command = autocode(folder.path(), &[]);
    command.env("AUTOCODE_DATA_DIR", folder.path().join("file/data"));
    let said = refusal(command);
    assert!(said.contains("file/data") && said.contains("AUTOCODE_DATA_DIR"), "{said}");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = folder();
    let path = folder.path().join("data/autocode.db");
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let db = server::db::Db::open(&path).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'the future', true, x'00', 0)";
    sqlx::query(newer).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let said = refusal(autocode(folder.path(), &["serve"]));
    assert!(said.contains("newer AutoCode") && said.contains("9999"), "{said}");
}

#[test]
fn other_mistakes_are_named_too() {
    let folder = folder();
    let with = |name: &str, value: &str| {
        let mut command = autocode(folder.path(), &["serve"]);
        command.env(name, value);
        refusal(command)
    };
    assert!(with("AUTOCODE_RUN_DIR", &format!("/{}", "r".repeat(70))).contains("AUTOCODE_RUN_DIR"));
    assert!(with("AUTOCODE_PUBLIC_URL", "autocode.example").contains("AUTOCODE_PUBLIC_URL"));
    assert!(with("AUTOCODE_OPENAI_URL", "nonsense").contains("AUTOCODE_OPENAI_URL"));
    assert!(with("AUTOCODE_SITE_ROOT", "/nowhere").contains("AUTOCODE_SITE_ROOT"));
    std::fs::write(folder.path().join("key"), "not a key").unwrap();
    let key = folder.path().join("key");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let as_root = rustix::process::geteuid().is_root();
    let told = if as_root { "chown" } else { "openssl rand" };
    assert!(with("AUTOCODE_MASTER_KEY_FILE", key.to_str().unwrap()).contains(told));
    let mut command = autocode(folder.path(), &["serve"]);
    command.env("AUTOCODE_MASTER_KEY_FILE", &key).env("AUTOCODE_CELL_UIDS", "off");
    assert!(refusal(command).contains("openssl rand"));
    std::fs::write(folder.path().join(".env"), "AUTOCODE_ADDR=not an address\n").unwrap();
    let output = autocode(folder.path(), &["--addr", "nonsense"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn create_admin_reads_the_password_from_standard_input() {
    let folder = folder();
    let create = |password: &str| {
        let mut command = autocode(folder.path(), &["create-admin", "--username", "ann", "--password-stdin"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(create("short\n"), (Some(1), "autocode: A password has 8 to 256 characters.\n".to_owned()));
    assert_eq!(create("long enough\n"), (Some(0), "The admin ann can sign in now.\n".to_owned()));
    assert_eq!(create("long enough\n"), (Some(1), "autocode: This username is taken.\n".to_owned()));
}

#[test]
fn doctor_says_what_is_missing() {
    let folder = folder();
    let mut command = autocode(folder.path(), &["doctor"]);
    command.env("AUTOCODE_CLAUDE", "/nowhere/claude");
    let Output { status, stdout, .. } = command.output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    let line =
        |name: &str| text.lines().find(|line| line.contains(&format!("  {name}: "))).unwrap_or_default();
    assert_eq!(status.code(), Some(1), "{text}");
    assert!(line("claude").contains("MISSING") && line("claude").contains("AUTOCODE_CLAUDE"), "{text}");
    for name in ["tmux", "git", "data", "address", "web site"] {
        assert!(line(name).trim_start().starts_with("ok"), "{text}");
    }
}
