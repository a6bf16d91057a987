//! Programs that a coding CLI has no business with: they leave the workspace, send something away, or show secrets.
//!
//! Must not know paths; `rules` does.

use super::shell::Simple;

/// Programs that only run another one.
const WRAPPERS: [&str; 14] = [
    "env", "nohup", "time", "timeout", "nice", "ionice", "exec", "command", "builtin", "stdbuf", "setsid",
    "xargs", "watch", "chronic",
];
const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "fish", "ash"];
const INTERPRETERS: [&str; 7] = ["python", "python3", "node", "perl", "ruby", "php", "deno"];
const READERS: [&str; 24] = [
    "cat", "ls", "head", "tail", "grep", "rg", "less", "more", "wc", "diff", "cmp", "stat", "file", "test",
    "[", "echo", "printf", "cd", "pwd", "find", "du", "sort", "jq", "basename",
];
const MACHINE: [&str; 32] = [
    "sudo",
    "su",
    "doas",
    "pkexec",
    "chroot",
    "mount",
    "umount",
    "nsenter",
    "unshare",
    "bwrap",
    "systemctl",
    "service",
    "crontab",
    "at",
    "batch",
    "shutdown",
    "reboot",
    "halt",
    "poweroff",
    "mkfs",
    "fdisk",
    "insmod",
    "modprobe",
    "iptables",
    "nft",
    "useradd",
    "usermod",
    "userdel",
    "passwd",
    "visudo",
    "gdb",
    "strace",
];
const CONTROL: [&str; 8] =
    ["tmux", "screen", "autocode", "autocode-nanobot", "claude", "codex", "opencode", "script"];
const SENDERS: [&str; 15] = [
    "nc", "ncat", "netcat", "socat", "telnet", "ssh", "scp", "sftp", "ftp", "lftp", "sendmail", "mail",
    "mutt", "rclone", "ngrok",
];
const ACCOUNTS: [&str; 9] = ["gh", "glab", "aws", "gcloud", "az", "kubectl", "heroku", "twine", "vercel"];

/// The words without programs that only run another one.
pub(super) fn unwrapped(words: &[String]) -> &[String] {
    let mut rest = words;
    loop {
        while rest.first().is_some_and(|word| is_assignment(word)) {
            rest = &rest[1..];
        }
        let Some((first, behind)) = rest.split_first() else { return rest };
        if !WRAPPERS.contains(&base(first)) {
            return rest;
        }
        let options = behind
            .iter()
            .take_while(|word| {
                word.starts_with('-') || is_assignment(word) || word.starts_with(|c: char| c.is_ascii_digit())
            })
            .count();
        if options == behind.len() {
            return rest;
        }
        rest = &behind[options..];
    }
}

/// Name of the program that runs in the end.
pub(super) fn program(words: &[String]) -> Option<&str> {
    unwrapped(words).first().map(|word| base(word))
}

/// Whether a program changes nothing but what its output is sent to.
pub(super) fn only_reads(program: &str) -> bool {
    READERS.contains(&program)
}

/// The line that a shell, or `eval`, is given as a word.
pub(super) fn inner_line(words: &[String]) -> Option<&str> {
    let (first, rest) = words.split_first()?;
    if base(first) == "eval" {
        return rest.first().map(String::as_str);
    }
    let at = rest
        .iter()
        .position(|word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    SHELLS.contains(&base(first)).then(|| rest.get(at + 1).map(String::as_str))?
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Why a program may not run with these words.
pub(super) fn denied(words: &[String]) -> Option<String> {
    let words = unwrapped(words);
    let program = base(words.first()?);
    let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let has = |options: &[&str]| rest.iter().any(|word| options.contains(word));
    let first = rest.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    let because = |why: &str| Some(format!("{program} {why}"));
    match program {
        _ if MACHINE.contains(&program) || program.starts_with("mkfs.") => {
            because("changes the machine, not the project")
        }
        _ if CONTROL.contains(&program) => {
            because("could answer for a person or change rules, tools or approvals")
        }
        _ if SENDERS.contains(&program) => because("can send the project's files elsewhere"),
        _ if ACCOUNTS.contains(&program) => because("uses an account of its owner"),
        "cd" | "pushd" if rest.is_empty() => because("alone leaves the workspace"),
        "printenv" => because("shows the environment, which holds secrets"),
        "env" if words.len() == 1 || rest.iter().all(|word| word.starts_with('-') || is_assignment(word)) => {
            because("shows the environment, which holds secrets")
        }
        "set" if rest.is_empty() => because("shows the environment, which holds secrets"),
        "export" | "declare" | "typeset" | "compgen"
            if !rest.iter().any(|word| !word.starts_with('-'))
                && (rest.is_empty() || has(&["-p", "-x", "-px", "-xp", "-e"])) =>
        {
            because("shows the environment, which holds secrets")
        }
        "rsync" if rest.iter().any(|word| word.contains(':')) => because("copies to or from another machine"),
        "curl" | "wget" | "http" | "https" => sends(program, &rest),
        "git" => git(&rest),
        "npm" | "pnpm" | "yarn" | "cargo" | "gem" | "docker" | "podman" | "poetry" | "uv"
            if ["publish", "login", "logout", "token", "owner", "push", "adduser"].contains(&first) =>
        {
            Some(format!("{program} {first} uses an account of its owner or publishes the project"))
        }
        _ => None,
    }
}

/// Uploads to another machine; this one's own servers may be tried out.
fn sends(program: &str, rest: &[&str]) -> Option<String> {
    let upload = rest.iter().any(|word| {
        let long = ["--data", "--form", "--upload-file", "--post-", "--body-", "--json", "--method"];
        let short = word.starts_with('-') && !word.starts_with("--") && word.contains(['d', 'F', 'T', 'X']);
        short && program == "curl"
            || long.iter().any(|option| word.starts_with(option))
            || word.starts_with('@')
    });
    let here = |word: &str| {
        let host = word.split_once("://").map_or(word, |(_, rest)| rest);
        ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"].iter().any(|name| {
            host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
        })
    };
    let local =
        rest.iter().any(|word| here(word)) && !rest.iter().any(|word| word.contains("://") && !here(word));
    if rest.iter().any(|word| word.starts_with("file:")) {
        return Some(format!("{program} reads a file by its address"));
    }
    (upload && !local).then(|| format!("{program} sends data to another machine"))
}

fn git(rest: &[&str]) -> Option<String> {
    let mut words = rest.iter().copied();
    let mut verb = "";
    while let Some(word) = words.next() {
        match word {
            "-C" | "--git-dir" | "--work-tree" => drop(words.next()),
            // A setting of this one call can name a program to run.
            "-c" => drop(words.next().filter(|setting| !setting.contains("core."))),
            _ if word.starts_with('-') => {}
            _ => {
                verb = word;
                break;
            }
        }
    }
    let behind: Vec<&str> = words.collect();
    let says = |names: &[&str]| behind.iter().any(|word| names.contains(word));
    let bad = match verb {
        "push" | "send-email" | "credential" | "send-pack" | "bundle" | "daemon" => true,
        "remote" => says(&["add", "set-url", "rename"]),
        "config" => {
            says(&["--global", "--system"])
                || behind.iter().any(|word| {
                    word.starts_with("core.") || word.starts_with("alias.") || word.starts_with("credential")
                })
        }
        _ => {
            rest.iter().any(|word| word.starts_with("core.hooksPath") || word.starts_with("core.sshCommand"))
        }
    };
    bad.then(|| {
        format!(
            "git {verb} sends the project elsewhere or changes how git works; AutoCode takes care of commits"
        )
    })
}

/// Why a whole line may not run: it runs what it fetched or hid.
pub(super) fn pipeline(line: &[Simple]) -> Option<String> {
    let mut source = None;
    for simple in line {
        let program = program(&simple.words).unwrap_or_default();
        if !simple.piped {
            source = None;
        }
        let runs = SHELLS.contains(&program) || INTERPRETERS.contains(&program);
        if let (Some(source), true) = (source, runs) {
            return Some(format!("it runs what {source} gives, unseen"));
        }
        source = ["curl", "wget", "base64", "base32", "xxd", "openssl", "gpg"]
            .into_iter()
            .find(|name| *name == program)
            .or(source);
    }
    None
}

/// Why a line may not run, by what is written anywhere in it.
pub(super) fn tell_tale(line: &str) -> Option<String> {
    const ENVIRONMENT: [&str; 9] = [
        "print(os.environ",
        "dict(os.environ",
        "JSON.stringify(process.env)",
        "console.log(process.env)",
        "ENV.to_h",
        "AUTOCODE_HOOK_SECRET",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
    ];
    if let Some(found) = ENVIRONMENT.iter().find(|text| line.contains(**text)) {
        return Some(format!("\u{201c}{found}\u{201d} shows secrets of the environment"));
    }
    ["/dev/tcp/", "/dev/udp/"]
        .iter()
        .any(|text| line.contains(text))
        .then(|| "it opens a connection from the shell".to_owned())
}

/// A word without `https://…` and the like, whose parts are no paths; `file://` keeps its path.
pub(super) fn without_addresses(word: &str) -> String {
    let mut clean = String::new();
    let mut rest = word;
    while let Some(at) = rest.find("://") {
        let scheme = rest[..at].chars().rev().take_while(char::is_ascii_alphanumeric).count();
        let (before, scheme) = rest[..at].split_at(at - scheme);
        clean += before;
        rest = &rest[at + 3..];
        if scheme == "file" {
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "'\"()<>;|`".contains(c)).unwrap_or(rest.len());
        rest = &rest[end..];
        clean.push(' ');
    }
    clean + rest
}

/// Whether an address leads to this machine or its network.
pub(super) fn internal_address(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().to_lowercase();
    let private = [
        "127.", "10.", "192.168.", "169.254.", "0.", "[", "172.16.", "172.17.", "172.18.", "172.19.",
        "172.2", "172.30.", "172.31.",
    ];
    host.starts_with("localhost")
        || host.ends_with(".internal")
        || private.iter().any(|start| host.starts_with(start))
        || url.starts_with("file:")
}
