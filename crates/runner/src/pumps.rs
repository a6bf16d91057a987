//! Carries what a nanobot writes: events to the spool, everything else to its log file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use autocode_nanobot::protocol::{Event, EventLine, LogLevel};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    process::{ChildStderr, ChildStdout},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    clock,
    lines::{Line, next_line},
    protocol::RunnerEvent,
    spool::Spool,
    viewers::HandsOf,
};

/// Longest line of a nanobot, in bytes.
const LINE_LIMIT: usize = 256 * 1024;
/// `nanobot.log` is moved aside at this length, in bytes.
const LOG_LIMIT: u64 = 5 * 1024 * 1024;

/// Every line of its standard output becomes an event, but for where its hands are, which only viewers are told; one
/// that is no event becomes an error in the log.
pub(crate) async fn pump_events(
    id: i64,
    stdout: ChildStdout,
    spool: Arc<Spool>,
    viewed: HandsOf,
    cancel: CancellationToken,
) {
    let mut reader = BufReader::new(stdout);
    loop {
        let problem = match next_line(&mut reader, LINE_LIMIT).await {
            Ok(Line::End) => return,
            Ok(Line::Text(line)) if line.is_empty() => continue,
            Ok(Line::Text(line)) => match serde_json::from_slice::<EventLine>(&line) {
                Ok(EventLine { event: Event::Hands { hands }, .. }) => {
                    viewed.are(hands);
                    continue;
                }
                Ok(event) => {
                    spool.push(id, RunnerEvent::Nanobot(event), &cancel).await;
                    continue;
                }
                Err(error) => {
                    format!("The nanobot wrote a line that is not an event ({error}): {}", start_of(&line))
                }
            },
            Ok(Line::TooLong(line)) => {
                format!("The nanobot wrote a line that is too long: {}", start_of(&line))
            }
            Err(error) => return warn!(instance = id, %error, "a nanobot's output cannot be read"),
        };
        let event = Event::Log { level: LogLevel::Error, message: problem };
        spool.push(id, RunnerEvent::Nanobot(EventLine { at: clock::now(), event }), &cancel).await;
    }
}

fn start_of(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(400)]).chars().take(200).collect()
}

/// Its standard error, in a file of bounded size.
pub(crate) async fn pump_log(stderr: ChildStderr, path: PathBuf) {
    let mut reader = BufReader::new(stderr);
    loop {
        let mut line = match next_line(&mut reader, LINE_LIMIT).await {
            Ok(Line::Text(line) | Line::TooLong(line)) => line,
            Ok(Line::End) => return,
            Err(error) => return warn!(%error, "a nanobot's log cannot be read"),
        };
        line.push(b'\n');
        if let Err(error) = append_log(&path, &line).await {
            // Reading goes on: a nanobot must not stop because its log cannot be kept.
            warn!(%error, "a nanobot's log cannot be written");
        }
    }
}

async fn append_log(path: &Path, line: &[u8]) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.append(true).create(true).mode(0o600).open(path).await?;
    if file.metadata().await?.len() > LOG_LIMIT {
        tokio::fs::rename(path, path.with_extension("log.1")).await?;
        file = options.open(path).await?;
    }
    file.write_all(line).await?;
    file.flush().await
}
