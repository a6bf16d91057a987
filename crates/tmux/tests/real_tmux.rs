//! The crate against a real tmux on a private socket.
#![cfg(test)]

use std::{path::Path, time::Duration};

use autocode_tmux::{Changes, Key, Lines, NewSession, Pane, PaneInfo, SessionName, TmuxError, TmuxServer};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

struct Fixture {
    dir: TempDir,
    tmux: TmuxServer,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tmux = TmuxServer::new(dir.path().join("tmux.sock"));
        Self { dir, tmux }
    }

    async fn start(&self, name: &str, command: &[&str]) -> Pane {
        self.start_in(self.dir.path(), name, command).await.unwrap()
    }

    async fn start_in(&self, cwd: &Path, name: &str, command: &[&str]) -> Result<Pane, TmuxError> {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        self.tmux
            .start_session(NewSession { name: session(name), cwd: cwd.into(), command, cols: 90, rows: 30 })
            .await
    }

    async fn wait_for_screen(&self, pane: Pane, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let screen = self.tmux.capture(pane, Lines::Screen).await.unwrap();
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < deadline, "no {text:?} on:\n{screen}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn wait_for_file(&self, name: &str, len: usize) -> Vec<u8> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let bytes = std::fs::read(self.dir.path().join(name)).unwrap_or_default();
            if bytes.len() >= len {
                return bytes;
            }
            assert!(Instant::now() < deadline, "{} of {len} bytes", bytes.len());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let socket = self.tmux.socket();
        let _ = std::process::Command::new("tmux").arg("-S").arg(socket).arg("kill-server").output();
    }
}

fn session(name: &str) -> SessionName {
    name.parse().unwrap()
}

#[tokio::test]
async fn targets_are_exact() {
    let f = Fixture::new();
    assert!(!f.tmux.has_session(&session("tom")).await.unwrap());
    assert_eq!(f.tmux.sessions().await.unwrap(), []);
    f.start("tomas-eshop", &["sleep", "100"]).await;
    assert!(!f.tmux.has_session(&session("tom")).await.unwrap());
    assert_eq!(f.tmux.pane(&session("tom")).await.unwrap(), None);
    assert!(matches!(f.tmux.resize(&session("tom"), 10, 10).await, Err(TmuxError::NotFound)));
    f.tmux.kill_session(&session("tom")).await.unwrap();
    assert_eq!(f.tmux.sessions().await.unwrap(), [session("tomas-eshop")]);
    f.tmux.kill_session(&session("tomas-eshop")).await.unwrap();
    assert!(!f.tmux.has_session(&session("tomas-eshop")).await.unwrap());
    f.tmux.kill_server().await.unwrap();
}

#[tokio::test]
async fn a_dead_pane_is_seen_and_respawned() {
    let f = Fixture::new();
    let pane = f.start("a-b", &["sh", "-c", "printf '\\033]2;busy: 1\\007'; echo bye; read x; exit 7"]).await;
    f.wait_for_screen(pane, "bye").await;
    let alive = f.tmux.pane_info(pane).await.unwrap().unwrap();
    let expected = PaneInfo {
        id: pane,
        pid: alive.pid,
        dead: false,
        dead_status: None,
        dead_signal: None,
        cols: 90,
        rows: 30,
        tty: alive.tty.clone(),
        title: "busy: 1".to_owned(),
    };
    assert_eq!(alive, expected);
    f.tmux.send_key(pane, Key::Enter).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    let dead = loop {
        let info = f.tmux.pane(&session("a-b")).await.unwrap().unwrap();
        if info.dead || Instant::now() > deadline {
            break info;
        }
        sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((dead.dead, dead.dead_status), (true, Some(7)));
    // One word: still no shell in between.
    f.tmux.respawn(pane, vec!["cat".to_owned()]).await.unwrap();
    let info = f.tmux.pane_info(pane).await.unwrap().unwrap();
    assert!(!info.dead);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(std::fs::read_to_string(format!("/proc/{}/comm", info.pid)).unwrap(), "cat\n");
    f.tmux.kill_server().await.unwrap();
    assert!(matches!(f.tmux.send_key(pane, Key::Enter).await, Err(TmuxError::NotFound)));
    assert!(matches!(f.tmux.paste(pane, "x").await, Err(TmuxError::NotFound)));
}

#[tokio::test]
async fn a_long_paste_arrives_exactly() {
    let f = Fixture::new();
    let pane = f.start("a-b", &["sh", "-c", "stty raw -echo; echo ready; exec cat > out"]).await;
    f.wait_for_screen(pane, "ready").await;
    let text: String = (0..2500).map(|i| format!("{i}: příliš žluťoučký 🦀 #(id) $HOME `x` ;\n")).collect();
    assert!(text.len() > 100_000);
    f.tmux.paste(pane, &text).await.unwrap();
    assert_eq!(f.wait_for_file("out", text.len()).await, text.as_bytes());
    f.tmux.paste(pane, "end;").await.unwrap();
    let whole = f.wait_for_file("out", text.len() + 4).await;
    assert_eq!(&whole[text.len()..], b"end;");
}

#[tokio::test]
async fn a_paste_is_bracketed_where_asked_for() {
    let f = Fixture::new();
    let pane =
        f.start("a-b", &["sh", "-c", "stty raw -echo; printf '\\033[?2004hready'; exec cat > out"]).await;
    f.wait_for_screen(pane, "ready").await;
    f.tmux.paste(pane, "a\x1b[201~b\nc").await.unwrap();
    let expected = b"\x1b[200~a[201~b\nc\x1b[201~";
    assert_eq!(f.wait_for_file("out", expected.len()).await, expected);
}

#[tokio::test]
async fn keys_and_arguments_with_semicolons_arrive() {
    let f = Fixture::new();
    let pane = f
        .start(
            "a-b",
            &["sh", "-c", "stty -echo; printf '<%s>' \"$@\"; exec cat", "sh", "x;", ";", "\\;", "ž y"],
        )
        .await;
    f.wait_for_screen(pane, "<x;><;><\\;><ž y>").await;
    for c in ['-', ';', 'ž', '1'] {
        f.tmux.send_key(pane, Key::Char(c)).await.unwrap();
    }
    f.tmux.send_key(pane, Key::Enter).await.unwrap();
    f.wait_for_screen(pane, "-;ž1").await;
    assert!(f.tmux.send_key(pane, Key::Char('\x1b')).await.is_err());
    f.tmux.resize(&session("a-b"), 50, 20).await.unwrap();
    let info = f.tmux.pane_info(pane).await.unwrap().unwrap();
    assert_eq!((info.cols, info.rows), (50, 20));
}

#[tokio::test]
async fn a_folder_name_is_not_executed_and_the_environment_is_clean() {
    let f = Fixture::new();
    let cwd = f.dir.path().join("#(touch pwned) ;#{pid}");
    std::fs::create_dir(&cwd).unwrap();
    let pane = f.start_in(&cwd, "a-b", &["sh", "-c", "pwd > ../pwd; env > ../env; exec cat"]).await.unwrap();
    let _ = pane;
    let expected = format!("{}\n", cwd.display());
    assert_eq!(f.wait_for_file("pwd", expected.len()).await, expected.as_bytes());
    assert!(!f.dir.path().join("pwned").exists() && !cwd.join("pwned").exists());
    let env = String::from_utf8(f.wait_for_file("env", 10).await).unwrap();
    assert!(!env.contains("CARGO"), "{env}");
    assert!(f.start_in(Path::new("relative"), "c-d", &["cat"]).await.is_err());
    let again = f.start_in(&cwd, "a-b", &["cat"]).await;
    assert!(
        matches!(&again, Err(TmuxError::Failed { message, .. }) if message.contains("duplicate")),
        "{again:?}"
    );
}

#[tokio::test]
async fn history_is_captured() {
    let f = Fixture::new();
    let pane = f.start("a-b", &["sh", "-c", "seq 1 200; printf '\\033[31mred\\033[0m'; exec cat"]).await;
    let screen = f.wait_for_screen(pane, "red").await;
    assert!(!screen.contains("100\n"));
    let history = f.tmux.capture(pane, Lines::History(1000)).await.unwrap();
    assert!(history.starts_with("1\n2\n3\n"));
    assert!(f.tmux.capture(pane, Lines::StyledScreen).await.unwrap().contains("\u{1b}[31mred"));
    let styled = f.tmux.capture(pane, Lines::StyledHistory(1000)).await.unwrap();
    assert!(styled.starts_with("1\n2\n") && styled.contains("\u{1b}[31mred"), "{styled:?}");
    let long = f.start("c-d", &["sh", "-c", "printf '%0120d|over\n' 7; exec cat"]).await;
    f.wait_for_screen(long, "over").await;
    let whole = f.tmux.capture(long, Lines::StyledHistory(10)).await.unwrap();
    assert!(whole.starts_with(&format!("{:0120}|over", 7)), "{whole:?}");
}

#[tokio::test]
async fn a_pane_tells_when_something_is_written_to_it() {
    let f = Fixture::new();
    let pane =
        f.start("tom", &["sh", "-c", "echo ready; while read -r line; do echo \"got $line\"; done"]).await;
    f.wait_for_screen(pane, "ready").await;
    let info = f.tmux.pane_info(pane).await.unwrap().unwrap();
    assert!(info.tty.starts_with("/dev/pts"), "{info:?}");
    let changes = Changes::watch(&info.tty).unwrap();
    assert!(!changes.since_last());
    sleep(Duration::from_millis(300)).await;
    f.tmux.capture(pane, Lines::Screen).await.unwrap();
    assert!(!changes.since_last(), "looking changes nothing");

    f.tmux.send_key(pane, Key::Char('x')).await.unwrap();
    f.tmux.send_key(pane, Key::Enter).await.unwrap();
    f.wait_for_screen(pane, "got x").await;
    assert!(changes.since_last() && !changes.since_last());
    f.tmux.kill_server().await.unwrap();
    assert!(Changes::watch(Path::new("/dev/pts/none")).is_err());
}

#[tokio::test]
async fn what_looks_like_a_command_arrives_as_text_in_every_place() {
    let f = Fixture::new();
    let long = "n".repeat(4096);
    let corpus = [
        "#(touch pwned)",
        "#{pane_pid} #[fg=red] #S",
        "a;touch pwned;b",
        "x\\;kill-server",
        "$(touch pwned) ${HOME}",
        "`touch pwned`",
        "'; touch pwned; '",
        "\"&& touch pwned ||",
        "..",
        "../../etc/passwd",
        "-t =other:0 -X",
        "аdmin tоm",
        "\u{202e}gnp.exe\u{202c}",
        "zero\u{200b}width\u{feff}",
        "C-c Enter M-x",
        "tail\\",
        "tail;",
        &long,
    ];
    // Pasted: byte for byte, one after the other.
    let pane = f.start("a-b", &["sh", "-c", "stty raw -echo; echo ready; exec cat > out"]).await;
    f.wait_for_screen(pane, "ready").await;
    let mut expected = String::new();
    for text in corpus {
        f.tmux.paste(pane, &format!("{text}\n")).await.unwrap();
        expected.push_str(&format!("{text}\n"));
    }
    let arrived = f.wait_for_file("out", expected.len()).await;
    assert_eq!(String::from_utf8(arrived).unwrap(), expected);

    // As words of a command, and as the folder it runs in.
    for (n, text) in corpus.iter().enumerate() {
        let name = format!("word-{n}");
        f.start(&name, &["sh", "-c", "printf %s \"$1\" > \"$2\"; exec cat", "sh", text, &name]).await;
        assert_eq!(f.wait_for_file(&name, text.len()).await, text.as_bytes(), "as a word");
        let folder = f.dir.path().join(format!("folder {n} {}", text.replace('/', "_")));
        if std::fs::create_dir(&folder).is_ok() {
            let place = format!("place-{n}");
            let command = ["sh", "-c", "pwd > \"$1\"; exec cat", "sh", &format!("../{place}")];
            f.start_in(&folder, &place, &command).await.unwrap();
            let expected = format!("{}\n", folder.display());
            assert_eq!(f.wait_for_file(&place, expected.len()).await, expected.as_bytes(), "as a folder");
        }
        // As a name: refused before any tmux sees it.
        assert!(text.parse::<SessionName>().is_err() || text.chars().all(|c| c == 'n'), "{text} is a name");
    }
    let entries = std::fs::read_dir(f.dir.path()).unwrap().flatten();
    let ran: Vec<_> =
        entries.filter(|e| e.path().join("pwned").exists() || e.file_name() == "pwned").collect();
    assert!(ran.is_empty(), "a command ran: {ran:?}");
}
