//! `autocode hook`: passes a CLI's hook call to the nanobot that watches it.
//!
//! Runs once per hook call, so it starts no runtime. Fails closed: without an answer a permission is denied; every other
//! call is lost silently, because the nanobot also has other ways to see what happened.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Environment variable with the path of the nanobot's socket.
pub const SOCKET_VARIABLE: &str = "AUTOCODE_HOOK_SOCKET";
/// Environment variable with the secret that the nanobot expects.
pub const SECRET_VARIABLE: &str = "AUTOCODE_HOOK_SECRET";
/// Longest line on the socket, in bytes.
pub const MAX_LINE: usize = 1024 * 1024;
/// Longest input of a hook, in bytes; long texts in it are shortened before they are sent.
const MAX_INPUT: u64 = 32 * 1024 * 1024;
/// Longest text in a payload, in bytes.
const MAX_TEXT: usize = 96 * 1024;
/// How long a permission may take to be decided; less than the time limit that the CLI has for this hook.
pub const PERMISSION_LIMIT: Duration = Duration::from_secs(570);
/// How long a restarting nanobot is waited for with a permission.
const PERMISSION_CONNECT: Duration = Duration::from_secs(15);
/// How long any other answer may take.
const OTHER_LIMIT: Duration = Duration::from_secs(2);

/// A line to the nanobot.
#[derive(Serialize, Deserialize)]
pub struct HookRequest {
    /// Proof that the sender was started by the nanobot.
    pub secret: String,
    /// The hook's input.
    pub payload: Value,
}

/// The answer line.
#[derive(Serialize, Deserialize)]
pub struct HookAnswer {
    /// Printed for the CLI, if there is something.
    pub output: Option<Value>,
}

/// The answer that denies a permission.
pub fn deny(message: &str) -> Value {
    serde_json::json!({"hookSpecificOutput": {
        "hookEventName": "PermissionRequest",
        "decision": {"behavior": "deny", "message": message},
    }})
}

/// The answer that allows a permission.
pub fn allow() -> Value {
    serde_json::json!({"hookSpecificOutput": {
        "hookEventName": "PermissionRequest",
        "decision": {"behavior": "allow"},
    }})
}

/// Reads the hook's JSON on stdin, sends it to the nanobot's socket, prints the answer if there is one.
pub fn run() -> ExitCode {
    let payload = read_payload(io::stdin().lock());
    // What cannot be read might be a permission; any other hook ignores this output.
    let permission = payload.as_ref().map_or(true, is_permission);
    let output = match payload.and_then(|payload| ask(payload, permission)) {
        Ok(answer) => answer.output,
        Err(error) if permission => {
            Some(deny(&format!("AutoCode could not be asked ({error}), so this is not allowed.")))
        }
        Err(_) => None,
    };
    if let Some(output) = output
        && writeln!(io::stdout(), "{output}").is_err()
    {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn is_permission(payload: &Value) -> bool {
    payload.get("hook_event_name").and_then(Value::as_str) == Some("PermissionRequest")
}

fn read_payload(input: impl io::Read) -> io::Result<Value> {
    let mut bytes = Vec::new();
    input.take(MAX_INPUT).read_to_end(&mut bytes)?;
    let mut payload = serde_json::from_slice(&bytes)?;
    shorten(&mut payload);
    Ok(payload)
}

/// Cuts long texts: a file's whole content is not needed to judge a tool call.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > MAX_TEXT => *text = crate::coding::text::cut(text, MAX_TEXT),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

fn variable(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(|_| io::Error::other(format!("{name} is not set")))
}

fn ask(payload: Value, permission: bool) -> io::Result<HookAnswer> {
    let socket = variable(SOCKET_VARIABLE)?;
    let mut line = serde_json::to_vec(&HookRequest { secret: variable(SECRET_VARIABLE)?, payload })?;
    if line.len() >= MAX_LINE {
        return Err(io::Error::other("the call is too large"));
    }
    line.push(b'\n');
    let mut stream = connect(&socket, if permission { PERMISSION_CONNECT } else { Duration::ZERO })?;
    stream.set_write_timeout(Some(OTHER_LIMIT))?;
    stream.set_read_timeout(Some(if permission { PERMISSION_LIMIT } else { OTHER_LIMIT }))?;
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).take(MAX_LINE as u64).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::other("no answer"));
    }
    Ok(serde_json::from_str(&answer)?)
}

/// Connects; a nanobot that is being started again is waited for.
fn connect(socket: &str, patience: Duration) -> io::Result<UnixStream> {
    let begun = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Err(error) if begun.elapsed() >= patience => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
            Ok(stream) => return Ok(stream),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shortened_and_rubbish_is_an_error() {
        let input =
            serde_json::json!({"hook_event_name": "Stop", "tool_input": {"content": "x".repeat(2_000_000)}});
        let payload = read_payload(input.to_string().as_bytes()).unwrap();
        assert!(payload.to_string().len() < MAX_LINE);
        assert!(!is_permission(&payload));
        assert!(read_payload(&b"{oops"[..]).is_err());
    }
}
