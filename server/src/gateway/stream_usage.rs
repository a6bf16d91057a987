//! Reads model and token counts out of an answer, streamed or whole, in any of the three wire formats.
//!
//! Must not assume that chunks end where lines or characters end, nor keep more than one line of a stream.

use app::model::TokenUsage;
use http::{HeaderMap, header};
use serde_json::Value;

/// Longest line of a stream, or whole answer, that is read; longer ones pass uncounted.
const LONGEST: usize = 16 * 1024 * 1024;

/// What an answer said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Model that answered.
    pub(super) model: Option<String>,
    /// Its tokens; zeros where nothing was said.
    pub(super) tokens: TokenUsage,
}

/// The reader of one answer.
#[derive(Debug)]
pub(super) struct UsageReader {
    is_stream: bool,
    /// The line so far, or the answer so far.
    buffer: Vec<u8>,
    /// The line is too long and is being skipped.
    skipping: bool,
    counted: Counted,
}

impl UsageReader {
    /// A reader for an answer with these headers.
    pub(super) fn new(headers: &HeaderMap) -> Self {
        let content_type =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            is_stream: content_type.to_lowercase().starts_with("text/event-stream"),
            buffer: Vec::new(),
            skipping: false,
            counted: Counted::default(),
        }
    }

    /// Takes note of the next piece of the body.
    pub(super) fn see(&mut self, chunk: &[u8]) {
        if !self.is_stream {
            self.keep(chunk);
            return;
        }
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.keep(part);
            if part.ends_with(b"\n") {
                self.line();
            }
        }
    }

    /// What was counted; reads what is still in the buffer first.
    pub(super) fn finish(&mut self) -> Counted {
        if self.is_stream {
            self.line();
        } else if !self.skipping {
            let body = std::mem::take(&mut self.buffer);
            self.value(&body);
        }
        self.counted.clone()
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.skipping || self.buffer.len() + bytes.len() > LONGEST {
            self.skipping = true;
            self.buffer.clear();
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    fn line(&mut self) {
        let line = std::mem::take(&mut self.buffer);
        let skipped = std::mem::replace(&mut self.skipping, false);
        if let (false, Some(data)) = (skipped, line.strip_prefix(b"data:")) {
            self.value(data);
        }
        // The buffer's memory is used again for the next line.
        self.buffer = line;
        self.buffer.clear();
    }

    /// Most events are pieces of text without figures: they are not parsed.
    fn value(&mut self, json: &[u8]) {
        let says = |word: &[u8]| json.windows(word.len()).any(|window| window == word);
        if !says(b"\"usage\"") && !says(b"\"model\"") {
            return;
        }
        if let Ok(value) = serde_json::from_slice::<Value>(json) {
            self.apply(&value);
        }
    }

    fn apply(&mut self, value: &Value) {
        // `message_start` and `response.*` events carry the answer inside; everything else is the answer or a piece of it.
        let answer =
            ["message", "response"].iter().find_map(|field| value.get(field).filter(|v| v.is_object()));
        let answer = answer.unwrap_or(value);
        if let Some(model) = answer.get("model").and_then(Value::as_str) {
            self.counted.model = Some(model.to_owned());
        }
        let Some(usage) = answer.get("usage").filter(|usage| usage.is_object()) else {
            return;
        };
        let field = |path: &str| usage.pointer(path).and_then(Value::as_i64);
        let tokens = &mut self.counted.tokens;
        if let Some(prompt) = field("/prompt_tokens") {
            let cached = field("/prompt_tokens_details/cached_tokens").unwrap_or(0);
            let output = field("/completion_tokens").unwrap_or(0);
            *tokens = openai(prompt, cached, output);
        } else if let (Some(input), Some(details)) =
            (field("/input_tokens"), usage.get("input_tokens_details"))
        {
            let cached = details.get("cached_tokens").and_then(Value::as_i64).unwrap_or(0);
            *tokens = openai(input, cached, field("/output_tokens").unwrap_or(0));
        } else {
            // Anthropic: figures of later events replace earlier ones, and are cumulative.
            for (slot, path) in [
                (&mut tokens.input_tokens, "/input_tokens"),
                (&mut tokens.output_tokens, "/output_tokens"),
                (&mut tokens.cache_creation_tokens, "/cache_creation_input_tokens"),
                (&mut tokens.cache_read_tokens, "/cache_read_input_tokens"),
            ] {
                *slot = field(path).unwrap_or(*slot);
            }
        }
    }
}

/// OpenAI counts cached input within the input.
fn openai(input: i64, cached: i64, output: i64) -> TokenUsage {
    TokenUsage {
        input_tokens: (input - cached).max(0),
        output_tokens: output,
        cache_creation_tokens: 0,
        cache_read_tokens: cached,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str, step: usize) -> Counted {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        let mut reader = UsageReader::new(&headers);
        for chunk in body.as_bytes().chunks(step) {
            reader.see(chunk);
        }
        reader.finish()
    }

    fn counted(model: &str, input: i64, output: i64, creation: i64, read: i64) -> Counted {
        Counted {
            model: Some(model.to_owned()),
            tokens: TokenUsage {
                input_tokens: input,
                output_tokens: output,
                cache_creation_tokens: creation,
                cache_read_tokens: read,
            },
        }
    }

    const SSE: &str = "text/event-stream; charset=utf-8";

    #[test]
    fn anthropic_streams_are_cumulative() {
        let body = concat!(
            "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"c-1\",\"usage\":",
            "{\"input_tokens\":9,\"cache_creation_input_tokens\":4,\"cache_read_input_tokens\":2,\"output_tokens\":1}}}\r\n\r\n",
            "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"ż \\\"usage\\\": 7\"}}\n\n",
            "data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":40}}\n\n",
            "data: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"input_tokens\":10,\"output_tokens\":55}}",
        );
        for step in [1, 2, 7, 64, 10_000] {
            assert_eq!(read(SSE, body, step), counted("c-1", 10, 55, 4, 2), "in chunks of {step}");
        }
    }

    #[test]
    fn openai_formats_count_cached_input_apart() {
        let chat = concat!(
            "data: {\"object\":\"chat.completion.chunk\",\"model\":\"g-1\",\"choices\":[],\"usage\":null}\n\n",
            "data: {\"object\":\"chat.completion.chunk\",\"model\":\"g-1\",\"choices\":[],\"usage\":",
            "{\"prompt_tokens\":100,\"completion_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":60}}}\n\ndata: [DONE]\n\n",
        );
        assert_eq!(read(SSE, chat, 5), counted("g-1", 40, 7, 0, 60));
        let responses = concat!(
            "data: {\"type\":\"response.created\",\"response\":{\"model\":\"g-2\",\"usage\":null}}\n\n",
            "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"g-2\",\"usage\":{\"input_tokens\":50,",
            "\"input_tokens_details\":{\"cached_tokens\":20},\"output_tokens\":8}}}\n\n",
        );
        assert_eq!(read(SSE, responses, 9), counted("g-2", 30, 8, 0, 20));
    }

    #[test]
    fn whole_answers_are_read_at_their_end() {
        let anthropic = r#"{"type":"message","model":"c-1","usage":{"input_tokens":3,"output_tokens":4}}"#;
        assert_eq!(read("application/json", anthropic, 10), counted("c-1", 3, 4, 0, 0));
        let openai =
            r#"{"object":"chat.completion","model":"g-1","usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
        assert_eq!(read("application/json", openai, 10), counted("g-1", 3, 4, 0, 0));
        assert_eq!(
            read("application/json", r#"{"error":{"message":"no \"usage\""}}"#, 3),
            Counted::default()
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_alone() {
        let long = "x".repeat(LONGEST);
        let body = format!("data: {long}\ndata: {{\"model\":\"m\",\"usage\":{{\"output_tokens\":2}}}}\n");
        assert_eq!(read(SSE, &body, 1 << 20), counted("m", 0, 2, 0, 0));
    }
}
