//! The processes of a run, played by this very test program: `runner`, `nanobot`, `hook` and `launch`.
//!
//! `bin/autocode` of a stage is a script that calls it with the role as the first word, as the real program is called.

use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use autocode_nanobot::protocol::CliPrograms;
use autocode_runner::{RunnerArgs, protocol::RunnerPaths};

/// Where the stage of a role is.
const ROOT: &str = "FAULTS_ROOT";

/// Plays the role that the arguments name; `None` if they name none.
pub fn play(args: &[OsString]) -> Option<ExitCode> {
    let word = |at: usize| args.get(at).and_then(|arg| arg.to_str()).unwrap_or_default();
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match word(0) {
        "hook" => Some(autocode_nanobot::hook::run(word(1) == autocode_nanobot::hook::GATE_FLAG)),
        "launch" => Some(autocode_nanobot::launch::run(Path::new(word(1)))),
        "nanobot" => Some(runtime().block_on(autocode_nanobot::run(PathBuf::from(word(2))))),
        "runner" => {
            let args = runner_args(Path::new(&std::env::var_os(ROOT).unwrap()));
            let serve = std::env::args().any(|arg| arg == "--serve");
            Some(runtime().block_on(async {
                if serve {
                    autocode_runner::serve(args).await
                } else {
                    autocode_runner::supervise(args).await
                }
            }))
        }
        _ => None,
    }
}

fn runner_args(root: &Path) -> RunnerArgs {
    RunnerArgs {
        paths: RunnerPaths { home: root.join("tom"), run_dir: root.join("run") },
        autocode: root.join("bin/autocode"),
        programs: CliPrograms { claude: root.join("bin/claude"), ..CliPrograms::default() },
        doors: None,
        forward: false,
        listen_stdin: false,
    }
}

/// Writes the programs of a stage. `tmux` can be told to lose the next Enter or the next paste; the CLI repeats a
/// failed request once instead of for minutes.
pub fn install(root: &Path) {
    let exe = std::env::current_exe().unwrap();
    let (root_text, exe) = (root.display(), exe.display());
    let program = |name: &str, text: String| {
        let file = root.join("bin").join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    };
    fs::create_dir(root.join("bin")).unwrap();
    program("autocode", format!("#!/bin/sh\n{ROOT}={root_text} exec {exe} \"$@\"\n"));
    program(
        "claude",
        format!("#!/bin/sh\nexport CLAUDE_CODE_MAX_RETRIES=1\nexec {} \"$@\"\n", claude().display()),
    );
    let tmux = real_tmux();
    program(
        "tmux",
        format!(
            "#!/bin/sh\ncase \"$*\" in\n*send*Enter*) rm {root_text}/lose-enter 2>/dev/null && exit 0 ;;\n\
             *pasteb*|*paste-buffer*) rm {root_text}/lose-paste 2>/dev/null && exit 0 ;;\nesac\nexec {} \"$@\"\n",
            tmux.display()
        ),
    );
}

fn real_tmux() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join("tmux")).find(|file| file.exists()).unwrap()
}

/// The real Claude Code: `AUTOCODE_CLAUDE`, or the one that npm installed for this repository.
fn claude() -> PathBuf {
    let path = std::env::var_os("AUTOCODE_CLAUDE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/.bin/claude"),
        PathBuf::from,
    );
    path.canonicalize()
        .unwrap_or_else(|_| panic!("{} is missing: run `npm ci` or set AUTOCODE_CLAUDE", path.display()))
}
