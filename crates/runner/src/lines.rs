//! Reads lines of bounded length from a process that may write anything.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Text(Vec<u8>),
    /// A line that was longer than allowed: its beginning; the rest was skipped.
    TooLong(Vec<u8>),
    /// The stream has ended.
    End,
}

/// Reads up to the next line feed, keeping at most `limit` bytes.
pub(crate) async fn next_line(reader: &mut (impl AsyncBufRead + Unpin), limit: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(match (line.is_empty(), too_long) {
                (true, _) => Line::End,
                (false, true) => Line::TooLong(line),
                (false, false) => Line::Text(line),
            });
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let content = &chunk[..end.unwrap_or(chunk.len())];
        let kept = content.len().min(limit - line.len());
        too_long |= kept < content.len();
        line.extend_from_slice(&content[..kept]);
        let used = content.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Ok(if too_long { Line::TooLong(line) } else { Line::Text(line) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn long_lines_are_cut_and_the_next_one_is_whole() {
        let mut reader = tokio::io::BufReader::with_capacity(3, &b"ab\nabcdefgh\n\nabcd\nend"[..]);
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(next_line(&mut reader, 4).await.unwrap());
        }
        let text = |text: &str| Line::Text(text.into());
        let expected =
            [text("ab"), Line::TooLong(b"abcd".to_vec()), text(""), text("abcd"), text("end"), Line::End];
        assert_eq!(seen, expected);
    }
}
