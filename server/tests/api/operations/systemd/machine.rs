//! A machine with a running systemd: namespaces of this one, on an overlay of its file system.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::super::{done, said};

/// systemd boots in a second or two; a busy machine takes longer.
const BOOT: Duration = Duration::from_secs(60);

/// Switched off when it is dropped.
pub struct Machine {
    // In memory: an overlay cannot be written to on every file system.
    folder: tempfile::TempDir,
    booted: Option<Child>,
}

impl Machine {
    /// Boots one; none without the rights or the programs that it takes, and says so.
    pub fn boot() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            println!("NOT TESTED, because it takes root: an installation under a running systemd");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("autocode-machine-").tempdir_in("/dev/shm").unwrap();
        let mut machine = Self { folder, booted: None };
        machine.switch_on();
        Some(machine)
    }

    /// A folder that the machine sees as `/opt/test`.
    pub fn shared(&self) -> PathBuf {
        self.folder.path().join("upper/opt/test")
    }

    fn switch_on(&mut self) {
        fs::create_dir_all(self.shared()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/operations/systemd/boot.sh");
        let log = fs::File::create(self.folder.path().join("boot.log")).unwrap();
        let mut boot = Command::new(script);
        boot.arg(self.folder.path()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.booted = Some(boot.spawn().unwrap());
        let deadline = Instant::now() + BOOT;
        // "degraded" would be a unit of this machine that does not work in namespaces.
        while !matches!(self.try_run("systemctl is-system-running").1.trim(), "running" | "degraded") {
            assert!(Instant::now() < deadline, "it does not boot: {}", self.boot_log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn boot_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("boot.log")).unwrap_or_default()
    }

    /// The first process, as this machine numbers it; `unshare` has it as its only child.
    fn init(&self) -> Option<String> {
        let pid = self.booted.as_ref()?.id();
        let below = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        below.split_whitespace().next().map(str::to_owned)
    }

    /// Exit code and what was said by a shell's script, run as root on the machine.
    pub fn try_run(&self, script: &str) -> (Option<i32>, String) {
        let Some(init) = self.init() else { return (None, String::new()) };
        said(&mut self.shell(&init, script))
    }

    /// What a script that must succeed said.
    pub fn run(&self, script: &str) -> String {
        done(&mut self.shell(&self.init().unwrap(), script))
    }

    fn shell(&self, init: &str, script: &str) -> Command {
        let mut shell = Command::new("nsenter");
        shell.args(["-t", init, "-m", "-p", "-i", "-u", "-C", "env", "-i", "HOME=/root", "LANG=C.UTF-8"]);
        shell.arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        shell.args(["bash", "-c", &format!("set -euo pipefail; cd /; {script}")]).stdin(Stdio::null());
        shell
    }

    /// Runs a script again until it succeeds; what it then says.
    pub fn eventually(&self, script: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match self.try_run(script) {
                (Some(0), text) => return text,
                (code, text) if Instant::now() >= deadline => {
                    panic!("{script}: {code:?} {text}\n{}", self.journal())
                }
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    /// What AutoCode's units wrote last.
    pub fn journal(&self) -> String {
        self.try_run("journalctl --no-pager --lines 60 --unit 'autocode*'").1
    }

    /// Switches it off in order and on again; what was in memory is gone.
    pub fn reboot(&mut self) {
        let off = self.try_run("systemctl poweroff");
        let mut booted = self.booted.take().unwrap();
        let deadline = Instant::now() + BOOT;
        while booted.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end: {off:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        self.switch_on();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(mut booted) = self.booted.take()
            // The end of `unshare` is the end of the first process, and that the end of all.
            && let Err(error) = booted.kill().and_then(|()| booted.wait().map(drop))
        {
            eprintln!("the machine of this test may still run: {error}");
        }
        remove_groups(self.folder.path());
    }
}

/// Removes the control groups that the machine had.
fn remove_groups(folder: &Path) {
    let script = r#"group=$(findmnt --noheadings --output TARGET --types cgroup2 | head -n 1)/$(basename "$1")
        for _ in $(seq 50); do
            [ -d "$group" ] || exit 0
            find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
        done"#;
    let removed = Command::new("bash").args(["-c", script, "bash"]).arg(folder).status();
    if !removed.as_ref().is_ok_and(std::process::ExitStatus::success) {
        eprintln!("control groups of this test are left: {removed:?}");
    }
}
