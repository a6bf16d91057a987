//! The installer, for real in a folder of its own: install, upgrade, an upgrade that fails and goes back, uninstall.
//!
//! Not tested here: accounts and `systemctl`, which `systemd` tests, packages, Caddy's own unit. Instead of systemd a script
//! starts the same program with the same file of settings.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::json;

use super::{done, executable, pack, said};
use crate::common::{ADMIN, Client, PASSWORD};

/// A machine's part below one folder.
struct Machine {
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Machine {
    fn drop(&mut self) {
        let control = self.folder.path().join("service");
        if let Err(error) = Command::new(control).arg("stop").status() {
            eprintln!("the server of this test may still run: {error}");
        }
    }
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("ac").tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let machine = Self { folder, port };
        let control = machine.path("service");
        let script = format!(
            r#"#!/bin/bash
cd '{folder}'
alive() {{ [ -s pid ] && kill -0 "$(cat pid)" 2>/dev/null; }}
case $1 in
    start)
        alive && exit 0
        # The unit starts it under an account of its own: no root that gives rights up.
        set -a; . root/etc/autocode/autocode.env; AUTOCODE_CELL_UIDS=off; set +a
        cd root/opt/autocode/current
        setsid ./autocode serve </dev/null >>'{folder}/server.log' 2>&1 &
        echo $! >'{folder}/pid' ;;
    stop)
        alive || exit 0
        kill "$(cat pid)"
        for _ in $(seq 200); do alive || exit 0; sleep 0.1; done
        exit 1 ;;
esac
"#,
            folder = machine.folder.path().display()
        );
        executable(&control, &script);
        machine
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    fn install(&self, release: &Path, args: &[&str]) -> Command {
        let mut install = Command::new(release.join("install.sh"));
        install
            .args(["--health-seconds", "20", "--prefix"])
            .arg(self.path("root"))
            .args(["--addr", &format!("127.0.0.1:{}", self.port)])
            .arg("--service-command")
            .arg(self.path("service"))
            .args(args)
            .stdin(Stdio::null());
        install
    }

    fn current(&self) -> String {
        let link = fs::read_link(self.path("root/opt/autocode/current")).unwrap();
        link.file_name().unwrap().to_str().unwrap().to_owned()
    }

    async fn sign_in(&self) -> u16 {
        let base = format!("http://127.0.0.1:{}", self.port);
        let client = Client { http: reqwest::Client::new(), base, token: None };
        client.post("/api/v1/auth/login", json!({"username": ADMIN, "password": PASSWORD})).await.0
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    fn backups(&self) -> Vec<String> {
        let folder = fs::read_dir(self.path("root/var/backups/autocode")).unwrap();
        let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut kinds: Vec<_> =
            folder.map(name).map(|name| name.split('-').next().unwrap().to_owned()).collect();
        kinds.sort();
        kinds
    }
}

#[tokio::test]
async fn install_upgrade_failed_upgrade_and_uninstall() {
    let machine = Machine::new();
    let program = Path::new(env!("CARGO_BIN_EXE_autocode"));
    let one = pack(machine.folder.path(), "0.1.0-one", program);
    let text = done(&mut machine.install(&one, &["--domain", "autocode.example.org"]));
    assert!(text.contains("AutoCode 0.1.0-one is installed"), "{text}");
    assert!(text.contains("Not done with --prefix: the account autocode"), "{text}");
    assert!(text.contains("Not done: Caddy"), "{text}");
    assert_eq!(machine.current(), "0.1.0-one");
    let settings = fs::read_to_string(machine.path("root/etc/autocode/autocode.env")).unwrap();
    assert!(settings.contains("AUTOCODE_PUBLIC_URL=https://autocode.example.org"), "{settings}");

    // A setting of the admin's own stays for good.
    let env = machine.path("root/etc/autocode/autocode.env");
    fs::write(&env, format!("{settings}AUTOCODE_STALL_SECS=301\n")).unwrap();
    let create = format!(
        "printf '%s' '{PASSWORD}' | '{}' create-admin --username {ADMIN} --password-stdin",
        machine.path("root/usr/local/sbin/autocode-ctl").display()
    );
    done(Command::new("sh").args(["-c", &create]));
    assert_eq!(machine.sign_in().await, 200, "{}", machine.log());

    // Once more changes nothing.
    let text = done(&mut machine.install(&one, &[]));
    assert!(text.contains("is installed already"), "{text}");
    assert_eq!((machine.backups().len(), machine.sign_in().await), (0, 200));

    let two = pack(machine.folder.path(), "0.2.0-two", program);
    let text = done(&mut machine.install(&two, &[]));
    assert!(text.contains("Upgrading from 0.1.0-one to 0.2.0-two"), "{text}");
    assert_eq!((machine.current().as_str(), machine.backups()), ("0.2.0-two", vec!["before".to_owned()]));
    assert_eq!(machine.sign_in().await, 200, "{}", machine.log());

    // A release that migrates the database and then does not serve.
    let broken = machine.path("broken");
    let script = "#!/bin/sh\n[ \"$1\" = serve ] || exit 1\nsqlite3 \"$AUTOCODE_DATA_DIR/autocode.db\" \"insert into _sqlx_migrations
        (version, description, success, checksum, execution_time) values (9999, 'the future', true, x'00', 0)\"\nexit 1\n";
    executable(&broken, script);
    let three = pack(machine.folder.path(), "0.3.0-three", &broken);
    let (code, text) = said(machine.install(&three, &[]).args(["--health-seconds", "3"]));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("does not get ready: going back to 0.2.0-two"), "{text}");
    assert!(text.contains("the database of before the upgrade is back"), "{text}");
    assert!(text.contains("0.3.0-three was not installed; 0.2.0-two runs again"), "{text}");
    assert_eq!(machine.current(), "0.2.0-two");
    assert_eq!(machine.backups(), ["before", "before", "failed"]);
    assert_eq!(machine.sign_in().await, 200, "{}", machine.log());

    // A release that was damaged on its way changes nothing.
    fs::write(one.join("VERSION"), "0.9.9\n").unwrap();
    let (code, text) = said(&mut machine.install(&one, &[]));
    assert_eq!(code, Some(1));
    assert!(text.contains("this release is damaged"), "{text}");
    assert_eq!((machine.current().as_str(), machine.sign_in().await), ("0.2.0-two", 200));

    let settings = fs::read_to_string(&env).unwrap();
    assert!(settings.contains("AUTOCODE_STALL_SECS=301"), "{settings}");
    units_are_sound(&machine.path("root/etc/systemd/system"));

    // Without the program, the data waits for it to come back.
    let text = done(&mut machine.install(&two, &["--uninstall"]));
    assert!(text.contains("are still there"), "{text}");
    assert!(!machine.path("root/opt/autocode").exists());
    assert!(!machine.path("root/etc/systemd/system/autocode.service").exists());
    assert!(machine.path("root/data/autocode.db").exists());
    done(&mut machine.install(&two, &[]));
    assert_eq!(machine.sign_in().await, 200, "{}", machine.log());

    done(&mut machine.install(&two, &["--uninstall", "--purge"]));
    for part in
        ["opt/autocode", "data", "etc/autocode", "var/backups/autocode", "usr/local/sbin/autocode-ctl"]
    {
        assert!(!machine.path("root").join(part).exists(), "{part} is left");
    }
}

/// systemd itself reads the units, with the paths that they name.
fn units_are_sound(folder: &Path) {
    let units: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(units.iter().any(|unit| unit.ends_with("autocode.service")), "{units:?}");
    for unit in units {
        let (code, text) = said(Command::new("systemd-analyze").args(["--man=no", "verify"]).arg(&unit));
        assert_eq!((code, text.as_str()), (Some(0), ""), "{}", unit.display());
    }
}
