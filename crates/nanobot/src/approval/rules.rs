//! What is decided about a tool call before any model is asked: what leaves the workspace or touches secrets is denied.
//!
//! Pure but for following symbolic links. Must not know policies. The rules are a coarse first sieve, no wall: the wall is
//! the sandbox. What they cannot understand they leave open, and a model decides about it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    commands,
    paths::{Place, Places, is_secret},
    shell::{self, Simple},
};

/// What the rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Harmless; why.
    Allow(String),
    /// Not to be done; why.
    Deny(String),
    /// The rules do not say.
    Open,
}

/// What a tool does, as far as the rules tell tools apart.
enum Call<'a> {
    Shell(String),
    Edit(&'a str),
    Read(&'a str),
    Fetch(&'a str),
    Other,
}

fn call<'a>(tool: &str, input: &'a Value) -> Call<'a> {
    let text = |names: &[&str]| names.iter().find_map(|name| input.get(name)?.as_str());
    let file = ["file_path", "notebook_path", "filePath", "path"];
    match tool.to_lowercase().as_str() {
        "bash" | "shell" | "exec_command" | "local_shell" | "powershell" => {
            let command = input.get("command").or(input.get("cmd"));
            let words = command.and_then(Value::as_array).map(|words| {
                // `["bash", "-lc", "line"]`: the last word is the line, and a single program is a line as well.
                words.iter().filter_map(Value::as_str).map(quoted).collect::<Vec<_>>().join(" ")
            });
            match words.or(command.and_then(Value::as_str).map(str::to_owned)) {
                Some(line) => Call::Shell(line),
                None => Call::Other,
            }
        }
        "write" | "edit" | "multiedit" | "notebookedit" => text(&file).map_or(Call::Other, Call::Edit),
        "read" | "glob" | "grep" | "ls" | "list" => text(&file).map_or(Call::Other, Call::Read),
        "webfetch" => text(&["url"]).map_or(Call::Other, Call::Fetch),
        _ => Call::Other,
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

const OWN_RULES: &str = "it would change the rules, tools or approvals that the agent works under, which only the project's owner may do";

/// Why a call is denied whatever the policy: nothing that a coding CLI does may change what it works under.
pub fn protected(tool: &str, input: &Value, places: &Places) -> Option<String> {
    let protected = match call(tool, input) {
        Call::Edit(path) => is_protected(path, places, places.workspace()),
        Call::Shell(line) => shell::parse(&line).is_some_and(|line| {
            walk(&line, places).iter().any(|(simple, cwd)| writes_protected(simple, places, cwd))
        }),
        _ => false,
    };
    protected.then(|| OWN_RULES.to_owned())
}

fn writes_protected(simple: &Simple, places: &Places, cwd: &Path) -> bool {
    let program = commands::program(&simple.words);
    let reads_only = program.is_none_or(commands::only_reads);
    let words = simple.words.iter().filter(|_| !reads_only).chain(&simple.outputs);
    words.into_iter().any(|word| is_protected(word, places, cwd))
}

fn is_protected(word: &str, places: &Places, cwd: &Path) -> bool {
    let Some(path) = places.path(word, cwd) else { return false };
    match places.place(&path) {
        Place::Inside(path) => {
            path.starts_with(".nanobot")
                || [
                    ".claude/settings.json",
                    ".claude/settings.local.json",
                    ".claude/CLAUDE.md",
                    ".claude/hooks",
                ]
                .iter()
                .any(|file| path.starts_with(file))
        }
        Place::Home(path) => {
            path.starts_with(".autocode")
                || (path.starts_with("config") && !path.starts_with("config/claude/plans"))
        }
        Place::Neutral | Place::Outside => false,
    }
}

/// What the rules say about a tool call.
pub fn judge(tool: &str, input: &Value, places: &Places) -> Verdict {
    let denied = match call(tool, input) {
        Call::Shell(line) => shell_line(&line, places),
        Call::Edit(path) => {
            if let Some(reason) = edit(path, places) {
                Some(reason)
            } else {
                return Verdict::Allow("it changes a file of the workspace".to_owned());
            }
        }
        Call::Read(path) => file(path, places, places.workspace()),
        Call::Fetch(url) => commands::internal_address(url)
            .then(|| "it fetches from an address inside this network instead of a public page".to_owned()),
        Call::Other => None,
    };
    denied.or_else(|| anything(input, places)).map_or(Verdict::Open, Verdict::Deny)
}

fn edit(path: &str, places: &Places) -> Option<String> {
    if let Some(reason) = file(path, places, places.workspace()) {
        return Some(reason);
    }
    let inner = match places.place(&places.path(path, places.workspace())?) {
        Place::Inside(inner) => inner,
        _ => return Some(format!("{path} lies outside the workspace")),
    };
    let own = inner.starts_with(".claude") || inner.starts_with(".nanobot") || inner.starts_with(".mcp.json");
    if own {
        return Some(OWN_RULES.to_owned());
    }
    inner.starts_with(".git").then(|| format!("{path} belongs to git itself"))
}

/// Why a file may not be touched.
fn file(word: &str, places: &Places, cwd: &Path) -> Option<String> {
    let path = places.path(word, cwd)?;
    if is_secret(&path) {
        return Some(format!("{word} may hold secrets"));
    }
    match places.place(&path) {
        Place::Inside(inner) if is_secret(&inner) => {
            Some(format!("{word} leads to a file that may hold secrets"))
        }
        Place::Inside(inner) if inner.starts_with(".nanobot") && !readable_note(&inner) => {
            Some(format!("{word} belongs to AutoCode"))
        }
        Place::Inside(_) | Place::Neutral => None,
        Place::Home(_) | Place::Outside => Some(format!("{word} lies outside the workspace")),
    }
}

/// What AutoCode writes for the CLI to read.
fn readable_note(inner: &Path) -> bool {
    ["IDENTITY.md", "MEMORY.md", "HISTORY.md"].iter().any(|name| inner == Path::new(".nanobot").join(name))
        || inner == Path::new(".nanobot")
}

fn shell_line(line: &str, places: &Places) -> Option<String> {
    if let Some(reason) = commands::tell_tale(line) {
        return Some(reason);
    }
    // A line that cannot be taken apart is looked through word by word.
    let parsed = shell::parse(line).unwrap_or_else(|| {
        vec![Simple { words: line.split_whitespace().map(str::to_owned).collect(), ..Simple::default() }]
    });
    let steps = walk(&parsed, places);
    commands::pipeline(&parsed).or_else(|| {
        steps.iter().find_map(|(simple, cwd)| {
            let touched = simple.words.iter().chain(&simple.outputs).chain(&simple.inputs);
            commands::denied(&simple.words)
                .or_else(|| touched.into_iter().find_map(|word| in_word(word, places, cwd)))
        })
    })
}

/// Each program with the folder it runs in, as far as the line itself says; the lines given to other shells included.
fn walk(line: &[Simple], places: &Places) -> Vec<(Simple, PathBuf)> {
    let mut cwd = places.workspace().to_owned();
    let mut steps = Vec::new();
    for simple in line {
        steps.push((simple.clone(), cwd.clone()));
        let words = commands::unwrapped(&simple.words);
        if let [program, target] = words
            && matches!(program.as_str(), "cd" | "pushd")
            && let Some(path) = places.path(target, &cwd)
        {
            cwd = path;
        }
        if let Some(inner) = commands::inner_line(words).and_then(shell::parse) {
            steps.extend(inner.into_iter().map(|simple| (simple, cwd.clone())));
        }
    }
    steps
}

/// Why a word of a line may not stand there: every part of it that can be a path counts.
fn in_word(word: &str, places: &Places, cwd: &Path) -> Option<String> {
    let word = &commands::without_addresses(word);
    let whole = !word.contains(char::is_whitespace);
    let mut parts: Vec<&str> = if whole { vec![word.as_str()] } else { Vec::new() };
    parts.extend(word.split(|c: char| c.is_whitespace() || "'\"()[]{}<>;|&=,:@`".contains(c)));
    parts.into_iter().find_map(|part| {
        // An option's value without a blank: `-I/usr/include`.
        let part =
            if part.starts_with('-') { &part[part.find(['/', '~']).unwrap_or(part.len())..] } else { part };
        let rooted = ["/", "~", "$HOME", "${HOME}"].iter().any(|root| part.starts_with(root));
        let relative = whole && (part.contains('/') || part.starts_with('.'));
        let secret = whole && is_secret(Path::new(part));
        if rooted || relative || secret { file(part, places, cwd) } else { None }
    })
}

/// For tools that are not known: no text of their input may name a file that is out of bounds.
fn anything(input: &Value, places: &Places) -> Option<String> {
    match input {
        Value::String(text)
            if text.len() < 500 && !text.contains(char::is_whitespace) && !text.contains("://") =>
        {
            let rooted = text.starts_with(['/', '~']) || text.starts_with("$HOME") || text.starts_with("../");
            if rooted { file(text, places, places.workspace()) } else { None }
        }
        Value::Array(values) => values.iter().find_map(|value| anything(value, places)),
        Value::Object(fields) => fields.values().find_map(|value| anything(value, places)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
