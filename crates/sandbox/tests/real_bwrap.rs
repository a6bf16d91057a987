//! Cells with the real bubblewrap: what is visible inside, and what survives.
#![cfg(test)]

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use autocode_sandbox::{Cell, CellError, CellSpec, SandboxMode, launch, probe};
use tempfile::TempDir;

/// A data folder with two users and a program that runs its first argument with `sh`.
struct Fixture {
    dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { dir: tempfile::tempdir().unwrap() };
        for file in ["users/tom/own", "users/eva/secret", "autocode.db"] {
            let path = fixture.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let program = fixture.path("bin/autocode");
        fs::create_dir(program.parent().unwrap()).unwrap();
        fs::write(&program, "#!/bin/sh\nexec sh -c \"$1\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fixture
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    fn spec(&self, mode: SandboxMode) -> CellSpec {
        let (home, run_dir) = (self.path("users/tom"), self.path("run/tom"));
        let programs = vec![self.path("missing/claude")];
        CellSpec { programs, mode, ..CellSpec::new(home, run_dir, self.path("bin/autocode")) }
    }

    async fn run(&self, spec: &CellSpec, script: &str) -> (Cell, String) {
        let mut cell = launch(spec, &[OsString::from(script)]).await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), cell.child.wait()).await.unwrap().unwrap();
        (cell, fs::read_to_string(self.path("run/tom/runner.log")).unwrap())
    }
}

#[tokio::test]
async fn bubblewrap_starts_here() {
    assert_eq!(probe().await, Ok(()));
}

#[tokio::test]
async fn inside_there_is_only_the_users_own() {
    let f = Fixture::new();
    let users = f.path("users");
    let script = format!(
        "ls {users}; ls {data}; cat {users}/eva/secret {data}/autocode.db /etc/shadow; ls /root /home; id -un; pwd; env; \
         grep CapEff /proc/self/status; ls /proc | grep -c '^[0-9]'; touch /usr/x /etc/x /x; ls /etc; \
         touch own2 $HOME/own3 && rm own && echo wrote",
        users = users.display(),
        data = f.dir.path().display()
    );
    let (cell, log) = f.run(&f.spec(SandboxMode::Required), &script).await;
    assert!(cell.sandboxed && cell.warning.is_none());
    assert!(log.starts_with("tom\nbin\nrun\nusers\n"), "{log}");
    for (file, reason) in
        [("eva/secret", "No such file"), ("autocode.db", "No such file"), ("/etc/shadow", "No such file")]
    {
        assert!(log.lines().any(|line| line.contains(file) && line.contains(reason)), "{file}: {log}");
    }
    for file in ["/usr/x", "/etc/x", "/x"] {
        assert!(log.contains(&format!("cannot touch '{file}': Read-only file system")), "{file}: {log}");
    }
    assert!(log.contains("\nautocode\n") && log.contains("CapEff:\t0000000000000000\n"), "{log}");
    assert!(!log.contains("CARGO") && log.contains(&format!("HOME={}/tom\n", users.display())), "{log}");
    assert!(log.ends_with("wrote\n") && !log.contains("sudoers"), "{log}");
    assert!(
        f.path("users/tom/own2").exists()
            && f.path("users/tom/own3").exists()
            && !f.path("users/tom/own").exists()
    );
}

#[tokio::test]
async fn processes_of_the_outside_are_invisible() {
    let f = Fixture::new();
    let (_, log) = f.run(&f.spec(SandboxMode::Required), "cat /proc/[0-9]*/comm | sort -u; hostname").await;
    let outside = fs::read_to_string("/proc/self/comm").unwrap();
    assert!(log.contains("bwrap\n") && log.ends_with("autocode\n") && !log.contains(&outside), "{log}");
}

#[tokio::test]
async fn extras_are_read_only_and_their_bin_is_on_path() {
    let f = Fixture::new();
    let mut spec = f.spec(SandboxMode::Required);
    fs::create_dir_all(f.path("tools/bin")).unwrap();
    fs::copy(f.path("bin/autocode"), f.path("tools/bin/mytool")).unwrap();
    let package = f.path("npm/node_modules/@anthropic-ai/claude-code");
    fs::create_dir_all(package.join("bin")).unwrap();
    fs::create_dir_all(f.path("npm/node_modules/.bin")).unwrap();
    fs::write(package.join("package.json"), "{}").unwrap();
    fs::copy(f.path("bin/autocode"), package.join("bin/claude.exe")).unwrap();
    let program = f.path("npm/node_modules/.bin/claude");
    std::os::unix::fs::symlink("../@anthropic-ai/claude-code/bin/claude.exe", &program).unwrap();
    assert_eq!(autocode_sandbox::real(&program), package.join("bin/claude.exe"));
    spec.programs = vec![program.clone()];
    spec.read_only = vec![f.path("tools"), f.path("not-there")];
    let script = format!(
        "mytool 'echo tool'; {} 'echo claude'; touch {}/x",
        autocode_sandbox::real(&program).display(),
        f.path("tools").display()
    );
    let (_, log) = f.run(&spec, &script).await;
    assert!(log.starts_with("tool\nclaude\n") && log.contains("Read-only file system"), "{log}");
    spec.read_only = vec![f.dir.path().to_owned()];
    assert!(matches!(launch(&spec, &[]).await, Err(CellError::Invalid(_))));
    spec.read_only.clear();
    spec.run_dir = f.path(&"x".repeat(80));
    assert!(matches!(launch(&spec, &[]).await, Err(CellError::Invalid(_))));
}

#[tokio::test]
async fn the_real_coding_clis_start_inside() {
    let f = Fixture::new();
    let mut spec = f.spec(SandboxMode::Required);
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/.bin");
    spec.programs = ["claude", "codex", "opencode"].map(|name| programs.join(name)).to_vec();
    let [claude, codex, opencode] = &spec.programs[..] else { panic!("three programs") };
    assert!(spec.programs.iter().all(|program| program.exists()), "not installed: run scripts/setup");
    // Codex's own program lies in a package beside the script.
    let codex = autocode_sandbox::real(codex).ancestors().nth(3).unwrap().to_owned();
    let script = format!(
        "{} --version; {}/codex-linux-*/vendor/*/bin/codex --version; {} --version",
        autocode_sandbox::real(claude).display(),
        codex.display(),
        autocode_sandbox::real(opencode).display(),
    );
    let (_, log) = f.run(&spec, &script).await;
    // Codex also says where it does not like its folder to be.
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with("WARNING")).collect();
    assert!(lines[0].contains("(Claude Code)") && lines[1].starts_with("codex-cli "), "{log}");
    assert!(lines[2].starts_with(|c: char| c.is_ascii_digit()), "{log}");
}

#[tokio::test]
async fn without_a_sandbox_it_runs_the_same_with_a_warning() {
    let f = Fixture::new();
    let (cell, log) = f.run(&f.spec(SandboxMode::Off), "pwd; env; ls ..").await;
    assert!(!cell.sandboxed && cell.warning.is_some());
    assert!(log.starts_with(&format!("{}\n", f.path("users/tom").display())), "{log}");
    assert!(log.contains("eva") && !log.contains("CARGO") && !log.contains("IS_SANDBOX"), "{log}");
}

#[tokio::test]
async fn a_link_or_pipe_in_place_of_the_log_is_refused() {
    let f = Fixture::new();
    fs::create_dir_all(f.path("run/tom")).unwrap();
    std::os::unix::fs::symlink(f.path("users/eva/secret"), f.path("run/tom/runner.log")).unwrap();
    let error = launch(&f.spec(SandboxMode::Required), &[]).await.unwrap_err();
    assert!(matches!(error, CellError::Prepare { .. }), "{error}");
    fs::remove_file(f.path("run/tom/runner.log")).unwrap();
    assert!(
        std::process::Command::new("mkfifo").arg(f.path("run/tom/runner.log")).status().unwrap().success()
    );
    let error = launch(&f.spec(SandboxMode::Required), &[]).await.unwrap_err();
    assert!(matches!(error, CellError::Prepare { .. }), "{error}");
}

/// Launches a cell and waits to be killed.
async fn be_the_launcher(root: &Path) {
    let (home, run_dir) = (root.join("users/tom"), root.join("run/tom"));
    let spec = CellSpec {
        programs: vec![root.join("missing")],
        mode: SandboxMode::Required,
        ..CellSpec::new(home, run_dir, root.join("bin/autocode"))
    };
    let script = "while [ ! -e stop ]; do date +%s%N > beat; sleep 0.05; done; echo stopped";
    let _cell = launch(&spec, &[script.into()]).await.unwrap();
    std::future::pending::<()>().await;
}

/// Starts itself again as the launcher that it kills.
#[test]
fn a_cell_survives_the_kill_of_its_launcher() {
    if let Some(root) = std::env::var_os("CELL_TEST_ROOT") {
        return tokio::runtime::Runtime::new().unwrap().block_on(be_the_launcher(Path::new(&root)));
    }
    let f = Fixture::new();
    let mut launcher = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_cell_survives_the_kill_of_its_launcher"])
        .env("CELL_TEST_ROOT", f.dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let beat = || fs::read_to_string(f.path("users/tom/beat")).unwrap_or_default();
    let wait = |what: &dyn Fn() -> bool| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !what() {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait(&|| !beat().is_empty());
    launcher.kill().unwrap();
    launcher.wait().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let before = beat();
    wait(&|| beat() != before);
    fs::write(f.path("users/tom/stop"), "").unwrap();
    wait(&|| fs::read_to_string(f.path("run/tom/runner.log")).is_ok_and(|log| log.ends_with("stopped\n")));
}

#[tokio::test]
async fn no_file_becomes_larger_than_the_cell_may_write() {
    let script = "trap '' XFSZ; for n in 1048576 1048577; do head -c $n /dev/zero >file; wc -c <file; done; \
        truncate -s 1G hole || echo no hole; ulimit -f unlimited || echo no more";
    for mode in [SandboxMode::Required, SandboxMode::Off] {
        let f = Fixture::new();
        let spec = CellSpec { largest_file: Some(1 << 20), ..f.spec(mode) };
        let (_, log) = f.run(&spec, script).await;
        let sizes: Vec<_> = log.lines().filter(|line| line.parse::<u64>().is_ok()).collect();
        assert_eq!(sizes, ["1048576", "1048576"], "{mode:?}: {log}");
        assert!(log.contains("File too large") && log.contains("no hole\n"), "{mode:?}: {log}");
        // A cell under root's account could raise it again; those that root starts have another one.
        let root = rustix::process::geteuid().is_root() && mode == SandboxMode::Off;
        assert!(root || log.ends_with("no more\n"), "{mode:?}: {log}");
    }
}
