//! `autocode hook`: passes a CLI's hook call to the nanobot that watches it.
//!
//! Runs once per hook call, so it starts no runtime. Fails closed: without an answer a permission is denied; every other
//! call is lost silently, because the nanobot also has other ways to see what happened. As a gate it also passes the answer
//! on in the way that a CLI cannot take for a permission.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Makes the hook a gate: exit code 0 only for a call that was allowed, else 2 with the reason on standard error.
pub const GATE_FLAG: &str = "--gate";
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
/// How long a permission may take to be decided: a person may sleep over it. Less than [`PERMISSION_HOOK_SECS`].
pub const PERMISSION_LIMIT: Duration = Duration::from_secs(24 * 3600 - 60);
/// The time limit that the CLI is given for the hook that asks for a permission, in seconds.
pub const PERMISSION_HOOK_SECS: u32 = 24 * 3600;
/// How long a restarting nanobot is waited for with a permission.
const PERMISSION_CONNECT: Duration = Duration::from_secs(15);
/// Between two attempts to have a permission decided, when the nanobot went away in between.
const AGAIN: Duration = Duration::from_millis(300);
/// How often in a row a permission is asked for again after its connection broke at once.
const MAX_AGAIN: u32 = 5;
/// A connection that stood longer than this did not break at once.
const STOOD: Duration = Duration::from_secs(5);
/// How long any other answer may take.
const OTHER_LIMIT: Duration = Duration::from_secs(2);

/// A line to the nanobot.
#[derive(Serialize, Deserialize)]
pub struct HookRequest {
    /// Proof that the sender was started by the nanobot.
    pub secret: String,
    /// The hook's input.
    pub payload: Value,
    /// For how many milliseconds the sender still waits for a decision.
    pub limit_ms: u64,
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

/// Reads the hook's JSON on stdin, sends it to the nanobot's socket, prints the answer if there is one; as a `gate` it says
/// the answer by its exit code.
pub fn run(gate: bool) -> ExitCode {
    let payload = read_payload(io::stdin().lock());
    // What cannot be read might be a permission; any other hook ignores this output.
    let permission = gate || payload.as_ref().map_or(true, is_permission);
    let output = match payload.and_then(|payload| ask(payload, permission)) {
        Ok(answer) => answer.output,
        Err(error) if permission => {
            Some(deny(&format!("AutoCode could not be asked ({error}), so this is not allowed.")))
        }
        Err(_) => None,
    };
    if gate {
        return pass(output.as_ref());
    }
    if let Some(output) = output
        && writeln!(io::stdout(), "{output}").is_err()
    {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Lets only what was allowed in so many words through.
fn pass(output: Option<&Value>) -> ExitCode {
    if output == Some(&allow()) {
        return ExitCode::SUCCESS;
    }
    let reason = output.and_then(|output| output.pointer("/hookSpecificOutput/decision/message")?.as_str());
    eprintln!("{}", reason.unwrap_or("AutoCode gave no permission, so this is not allowed."));
    ExitCode::from(2)
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

/// Asks; a permission is asked for again when the nanobot went away before it was decided, for one may follow.
fn ask(payload: Value, permission: bool) -> io::Result<HookAnswer> {
    let begun = Instant::now();
    let mut request = HookRequest { secret: variable(SECRET_VARIABLE)?, payload, limit_ms: 0 };
    let mut again = 0;
    loop {
        let left = if permission { PERMISSION_LIMIT } else { OTHER_LIMIT }.saturating_sub(begun.elapsed());
        request.limit_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        let tried = Instant::now();
        match ask_once(&request, permission, left) {
            Err(Failure::Broken(_)) if permission && again < MAX_AGAIN && !left.is_zero() => {
                again = if tried.elapsed() > STOOD { 1 } else { again + 1 };
                std::thread::sleep(AGAIN);
            }
            Err(Failure::Broken(error) | Failure::Other(error)) => return Err(error),
            Ok(answer) => return Ok(answer),
        }
    }
}

/// Why a call has no answer.
enum Failure {
    /// The connection stood and broke.
    Broken(io::Error),
    /// Asking again would not help.
    Other(io::Error),
}

fn ask_once(request: &HookRequest, permission: bool, left: Duration) -> Result<HookAnswer, Failure> {
    let other = Failure::Other;
    let mut line = serde_json::to_vec(request).map_err(|error| other(error.into()))?;
    if line.len() >= MAX_LINE {
        return Err(other(io::Error::other("the call is too large")));
    }
    line.push(b'\n');
    let patience = if permission { PERMISSION_CONNECT } else { Duration::ZERO };
    let mut stream = connect(&variable(SOCKET_VARIABLE).map_err(other)?, patience).map_err(other)?;
    stream.set_write_timeout(Some(OTHER_LIMIT)).map_err(other)?;
    // A nanobot answers a permission before the time is over; the grace is for the way back.
    let grace = if permission { OTHER_LIMIT } else { Duration::ZERO };
    stream.set_read_timeout(Some(left + grace)).map_err(other)?;
    stream.write_all(&line).map_err(Failure::Broken)?;
    let mut answer = String::new();
    match BufReader::new(stream).take(MAX_LINE as u64).read_line(&mut answer) {
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Err(other(error))
        }
        Err(error) => Err(Failure::Broken(error)),
        Ok(0) => Err(Failure::Broken(io::Error::other("no answer"))),
        Ok(_) => serde_json::from_str(&answer).map_err(|error| other(error.into())),
    }
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
