//! Commands from whoever started the nanobot: one JSON line each on standard input; its end means stop.
//!
//! A thread of its own reads, because a blocked read must not keep the process from ending.

use std::{
    io::{self, BufRead, BufReader, Read},
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::protocol::{Command, StartCommand};

/// Longest command line, in bytes.
const MAX_LINE: u64 = 4 * 1024 * 1024;
/// How long the first command may take.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Commands that arrived.
#[derive(Debug)]
pub struct Inbox {
    /// In order, without `Start` and `Stop`.
    pub commands: mpsc::Receiver<Command>,
}

impl Inbox {
    /// Reads commands until the end of the input; `stop` is cancelled by `Command::Stop`, by the end and by rubbish.
    ///
    /// # Errors
    /// The first line is not `Command::Start` or does not come in time.
    pub async fn open(
        input: impl Read + Send + 'static,
        stop: CancellationToken,
    ) -> io::Result<(StartCommand, Self)> {
        let (sender, mut commands) = mpsc::channel(64);
        let guard = stop.clone().drop_guard();
        std::thread::Builder::new().name("commands".to_owned()).spawn(move || {
            // Whatever ends this thread stops the nanobot.
            let _guard = guard;
            let mut input = BufReader::new(input);
            loop {
                match next(&mut input) {
                    Ok(None | Some(Command::Stop)) => return,
                    Ok(Some(command)) => {
                        if sender.blocking_send(command).is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "a command cannot be read; stopping");
                        return;
                    }
                }
            }
        })?;
        match tokio::time::timeout(START_LIMIT, commands.recv()).await {
            Ok(Some(Command::Start(start))) => Ok((start, Self { commands })),
            Ok(_) => Err(io::Error::other("the first command was not a valid start command")),
            Err(_) => Err(io::Error::other("no start command came within 30 s")),
        }
    }
}

fn next(input: &mut impl BufRead) -> io::Result<Option<Command>> {
    let mut line = Vec::new();
    input.take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    // Not the parser's own words: they could quote a secret.
    serde_json::from_slice(&line).map(Some).map_err(|_| io::Error::other("not a command"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_the_input_stops() {
        let start = r#"{"type":"start","gateway_token":"t","run_dir":"/r","tmux_socket":"/s","autocode":"/a","cli_program":"/c"}"#;
        let input = format!("{start}\n{}\n", r#"{"type":"answer","text":"yes"}"#);
        let stop = CancellationToken::new();
        let (command, mut inbox) = Inbox::open(io::Cursor::new(input), stop.clone()).await.unwrap();
        assert_eq!(command.run_dir, std::path::Path::new("/r"));
        assert!(matches!(inbox.commands.recv().await, Some(Command::Answer { text }) if text == "yes"));
        stop.cancelled().await;
    }

    #[tokio::test]
    async fn anything_but_start_comes_too_early() {
        let input = io::Cursor::new("{\"type\":\"answer\",\"text\":\"yes\"}\n");
        assert!(Inbox::open(input, CancellationToken::new()).await.is_err());
    }
}
