//! Running a step's `verify` command: the first witness, before any model is asked.
//!
//! Must not judge. The command runs in its own process group with a clean environment; at the time limit or when the
//! nanobot stops, the whole group is killed, so that nothing of it outlives the check.

use std::{os::unix::process::ExitStatusExt as _, path::Path, process::Stdio, time::Duration};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    network,
    processes::{self, Group},
};

/// How much of the output's end is kept, in bytes.
pub const OUTPUT_TAIL: usize = 16 * 1024;

/// How a verify command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyExit {
    /// The step has no verify command.
    None,
    /// Exit code.
    Code(i32),
    /// Ended by this signal.
    Signal(i32),
    /// Killed at the time limit.
    TimedOut,
}

/// What came out of a verify command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyOutcome {
    /// How it ended.
    pub exit: VerifyExit,
    /// The end of its output, standard output and error together.
    pub output: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

impl VerifyOutcome {
    /// The outcome of a step without a verify command.
    pub fn none() -> Self {
        Self { exit: VerifyExit::None, output: String::new(), millis: 0 }
    }

    /// Whether the step may count as done: exit code 0, or nothing to run.
    pub fn passed(&self) -> bool {
        matches!(self.exit, VerifyExit::None | VerifyExit::Code(0))
    }

    /// `0`, `none`, `timeout`, …: the word for the model.
    pub fn code_word(&self) -> String {
        match self.exit {
            VerifyExit::None => "none".to_owned(),
            VerifyExit::Code(code) => code.to_string(),
            VerifyExit::Signal(signal) => (128 + signal).to_string(),
            VerifyExit::TimedOut => "timeout".to_owned(),
        }
    }

    /// One phrase for people.
    pub fn summary(&self) -> String {
        match self.exit {
            VerifyExit::None => "there is no verify command".to_owned(),
            VerifyExit::Code(0) => "the verify command passed".to_owned(),
            VerifyExit::Code(code) => format!("the verify command ended with exit code {code}"),
            VerifyExit::Signal(signal) => format!("the verify command was ended by signal {signal}"),
            VerifyExit::TimedOut => "the verify command took too long and was ended".to_owned(),
        }
    }
}

/// Why a verify command has no outcome.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// It could not be started or watched.
    #[error("the verify command could not be run: {0}")]
    Io(#[from] std::io::Error),
    /// The nanobot was asked to stop meanwhile.
    #[error("stopped")]
    Stopped,
}

/// Runs `sh -c command` in a folder.
///
/// # Errors
/// It cannot be started, or `stop` was cancelled.
pub async fn run(
    command: &str,
    folder: &Path,
    limit: Duration,
    stop: &CancellationToken,
) -> Result<VerifyOutcome, VerifyError> {
    // A nanobot that was killed may have left its check behind.
    end_strays(folder).await;
    let begun = Instant::now();
    let mut child = spawn(command, folder)?;
    let group = Group::new(child.id());
    let mut tail = Tail::default();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = watch(&mut child, &mut tail, stdout, stderr);
    let ended = tokio::select! {
        ended = timeout(limit, work) => ended,
        () = stop.cancelled() => {
            group.kill();
            reap(&mut child).await;
            end_strays(folder).await;
            return Err(VerifyError::Stopped);
        }
    };
    // Also after a normal end: what the command left in the background must not go on.
    group.kill();
    let exit = match ended {
        Ok(status) => {
            let status = status?;
            status
                .code()
                .map(VerifyExit::Code)
                .or(status.signal().map(VerifyExit::Signal))
                .unwrap_or(VerifyExit::Signal(0))
        }
        Err(_) => {
            reap(&mut child).await;
            VerifyExit::TimedOut
        }
    };
    end_strays(folder).await;
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(VerifyOutcome { exit, output: tail.text(), millis })
}

/// Ends what left the command's group.
async fn end_strays(folder: &Path) {
    let count = processes::end_marked(processes::VERIFY, |of| of == folder, Duration::ZERO).await;
    if count > 0 {
        tracing::info!(count, "ended processes that a verify command left behind");
    }
}

fn spawn(command: &str, folder: &Path) -> Result<Child, std::io::Error> {
    let mut process = Command::new("sh");
    process.arg("-c").arg(command).current_dir(folder).env_clear();
    for name in ["HOME", "PATH", "LANG", "TZ", "USER", "LOGNAME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            process.env(name, value);
        }
    }
    process.envs(network::environment()).env("TERM", "dumb").env("CI", "1");
    process.env(processes::VERIFY, folder).env(processes::WORKSPACE, folder);
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    process.process_group(0).kill_on_drop(true).spawn()
}

/// The end of the command; output is read until both pipes close or, after its end, for at most a second.
async fn watch(
    child: &mut Child,
    tail: &mut Tail,
    stdout: Option<impl AsyncRead + Unpin>,
    stderr: Option<impl AsyncRead + Unpin>,
) -> Result<std::process::ExitStatus, std::io::Error> {
    let mut readers = (stdout, stderr);
    let mut status = None;
    let mut grace = None;
    let (mut one, mut two) = ([0u8; 4096], [0u8; 4096]);
    loop {
        let deadline = grace.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        if let Some(status) = status
            && ((readers.0.is_none() && readers.1.is_none()) || Instant::now() >= deadline)
        {
            return Ok(status);
        }
        tokio::select! {
            count = read(&mut readers.0, &mut one), if readers.0.is_some() => {
                if count == 0 { readers.0 = None } else { tail.push(&one[..count]) }
            }
            count = read(&mut readers.1, &mut two), if readers.1.is_some() => {
                if count == 0 { readers.1 = None } else { tail.push(&two[..count]) }
            }
            ended = child.wait(), if status.is_none() => {
                status = Some(ended?);
                grace = Some(Instant::now() + Duration::from_secs(1));
            }
            () = tokio::time::sleep_until(deadline), if grace.is_some() => {}
        }
    }
}

/// Bytes read; an error counts as the end of the pipe.
async fn read(reader: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match reader {
        Some(reader) => reader.read(buffer).await.unwrap_or(0),
        None => 0,
    }
}

async fn reap(child: &mut Child) {
    // Killed already; the limit only guards against a process that the kernel cannot end now.
    if timeout(Duration::from_secs(2), child.wait()).await.is_err() {
        tracing::warn!("a killed verify command did not end in time");
    }
}

/// The last bytes of a stream.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    cut: bool,
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * OUTPUT_TAIL {
            self.bytes.drain(..self.bytes.len() - OUTPUT_TAIL);
            self.cut = true;
        }
    }

    fn text(&self) -> String {
        let start = self.bytes.len().saturating_sub(OUTPUT_TAIL);
        let text = String::from_utf8_lossy(&self.bytes[start..]);
        if self.cut || start > 0 { format!("[only the end is kept]\n{text}") } else { text.into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(command: &str, limit_ms: u64) -> VerifyOutcome {
        let folder = tempfile::tempdir().unwrap();
        run(command, folder.path(), Duration::from_millis(limit_ms), &CancellationToken::new()).await.unwrap()
    }

    /// A process of ours with this word among its arguments.
    fn runs(word: &str) -> bool {
        // A killed process may need a moment to be gone.
        std::thread::sleep(Duration::from_millis(100));
        std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| line.split(|b| *b == 0).any(|argument| argument == word.as_bytes()))
        })
    }

    #[tokio::test]
    async fn output_and_exit_code_are_reported() {
        let seen = outcome("echo out; echo err >&2; exit 3", 5_000).await;
        assert_eq!(seen.exit, VerifyExit::Code(3));
        assert!(seen.output.contains("out\n") && seen.output.contains("err\n"), "{seen:?}");
        assert!(!seen.passed() && outcome("true", 5_000).await.passed());
        assert_eq!(outcome("kill -9 $$", 5_000).await.exit, VerifyExit::Signal(9));
    }

    #[tokio::test]
    async fn the_time_limit_ends_the_whole_group() {
        let seen = outcome("sleep 731.25 & echo begun; sleep 731.25", 300).await;
        assert_eq!((seen.exit, seen.output.as_str()), (VerifyExit::TimedOut, "begun\n"));
        assert!(!runs("731.25"));
    }

    #[tokio::test]
    async fn what_stays_in_the_background_is_ended_and_not_waited_for() {
        let seen = outcome("setsid sleep 732.25 & sleep 732.25 & echo done", 20_000).await;
        assert_eq!(seen.exit, VerifyExit::Code(0));
        assert!(seen.millis < 5_000, "{seen:?}");
        assert!(!runs("732.25"));
    }

    #[tokio::test]
    async fn a_stop_ends_it_at_once() {
        let (folder, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
        let run = run("sleep 733.25", folder.path(), Duration::from_secs(30), &stop);
        let (result, ()) = tokio::join!(run, async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            stop.cancel();
        });
        assert!(matches!(result, Err(VerifyError::Stopped)));
        assert!(!runs("733.25"));
    }

    #[tokio::test]
    async fn a_flood_keeps_its_end_and_secrets_are_not_inherited() {
        let seen = outcome("yes 1234567 | head -c 3000000; echo; echo END; env", 20_000).await;
        assert!(seen.output.len() < OUTPUT_TAIL + 100 && seen.output.contains("END"));
        assert!(!seen.output.contains("CARGO"), "{}", seen.output);
    }
}
