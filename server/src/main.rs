//! `autocode`: one program, one subcommand per role.

mod cell;
mod cli;
mod confine;
mod doctor;
mod maintenance;
mod screen;
mod serve;

use std::{
    env,
    fmt::Display,
    io::{IsTerminal as _, Read as _},
    path::PathBuf,
    process::ExitCode,
};

use autocode_nanobot::{self as nanobot, protocol::CliPrograms};
use autocode_runner as runner;
use clap::Parser as _;
use cli::{Cli, Command, CreateAdminArgs, ProbeArgs, RemoveLeftoversArgs, RunnerArgs};
use server::{
    config::{Config, ConfigArgs},
    launcher::Leftovers,
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // A coding CLI waits for these two at every step: no runtime, no `.env`, no parsing of all the options.
    let mut args = env::args_os().skip(1);
    match args.next().as_deref().and_then(|role| role.to_str()) {
        Some("hook") => {
            return nanobot::hook::run(args.next().is_some_and(|flag| flag == nanobot::hook::GATE_FLAG));
        }
        Some("launch") => {
            if let Some(file) =
                args.next().map(PathBuf::from).filter(|f| !f.as_os_str().as_encoded_bytes().starts_with(b"-"))
            {
                return nanobot::launch::run(&file);
            }
        }
        // Processes of a cell read no `.env`: that file may lie in a user's workspace.
        Some("runner" | "nanobot" | "probe" | "confine" | "tunnel") => {}
        // Root has read it already, and says what came of it.
        Some("server") => {}
        _ => {
            if let Err(e) = dotenvy::dotenv()
                && !e.not_found()
            {
                return fail(format!("The file .env cannot be used ({e}): mend it or remove it."));
            }
        }
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let wrong = e.use_stderr();
            return match e.print() {
                Ok(()) if !wrong => ExitCode::SUCCESS,
                _ => ExitCode::FAILURE,
            };
        }
    };
    let cli = match cli {
        Cli { command: Some(Command::Confine(args)), .. } => return confine::run(args),
        Cli { command: Some(Command::Tunnel(args)), .. } => return runner::tunnel(&args.host, args.port),
        cli => cli,
    };
    start_logging();
    let mut runtime = match cli.command {
        // It waits nearly always; there may be many of them.
        Some(Command::Nanobot(_)) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(dispatch(cli)),
        Err(e) => fail(format!("The system gives no threads ({e}): look at the limits of this user.")),
    }
}

async fn dispatch(cli: Cli) -> ExitCode {
    match cli.command.unwrap_or(Command::Serve(cli.config)) {
        Command::Serve(config) => with(*config, serve::serve).await,
        Command::Server => serve::server().await,
        Command::Cell(args) => with(*args.config, async |config| cell::run(&config, &args.user).await).await,
        Command::GiveUser(args) => {
            with(*args.config, async |config| cell::give_user(&config, &args.user, args.uid)).await
        }
        Command::RemoveLeftovers(args) => {
            let RemoveLeftoversArgs { set_aside, run_of, home_of, config } = args;
            let left = Leftovers { set_aside, run_of, home_of };
            with(*config, async |config| cell::remove_leftovers(&config, &left)).await
        }
        Command::Examine(args) => {
            with(*args.config, async |config| cell::examine(&config, &args.folder).await).await
        }
        Command::Probe(args) => probe(&args),
        Command::Confine(args) => confine::run(args),
        Command::Tunnel(args) => runner::tunnel(&args.host, args.port),
        Command::CreateAdmin(args) => create_admin(args).await,
        Command::Backup(args) => maintenance::backup(args).await,
        Command::Restore(args) => maintenance::restore(args).await,
        Command::RotateKey(config) => with(*config, maintenance::rotate_key).await,
        Command::Stop(args) => with(*args.config, stop_all).await,
        Command::Doctor(config) => with(*config, doctor::run).await,
        Command::Screen(args) => screen::run(&args),
        Command::Demo(config) => with(*config, server::demo::run).await,
        Command::Runner(args) => run_runner(args).await,
        Command::Nanobot(args) => nanobot::run(args.workspace).await,
        Command::Hook { gate } => nanobot::hook::run(gate),
        Command::Launch { file } => nanobot::launch::run(&file),
    }
}

async fn with(args: ConfigArgs, role: impl AsyncFnOnce(Config) -> ExitCode) -> ExitCode {
    match args.resolve() {
        Ok(config) => role(config).await,
        Err(e) => fail(e),
    }
}

async fn create_admin(args: CreateAdminArgs) -> ExitCode {
    let config = match args.config.resolve() {
        Ok(config) => config,
        Err(e) => return fail(e),
    };
    // The new user's folder must be the server's.
    if let Some(failed) = maintenance::become_owner(&config) {
        return failed;
    }
    let mut password = String::new();
    if let Err(e) = std::io::stdin().take(4096).read_to_string(&mut password) {
        return fail(format!("The password cannot be read from standard input ({e})."));
    }
    let password = password.trim_end_matches(['\r', '\n']);
    match server::create_admin(&config, &args.username, password).await {
        Ok(()) => {
            println!("The admin {} can sign in now.", args.username);
            ExitCode::SUCCESS
        }
        Err(e) => fail(e),
    }
}

async fn stop_all(config: Config) -> ExitCode {
    match server::orchestrator::stop_all(&config).await {
        Ok((ended, failures)) => {
            println!("Ended the agents of {ended} user(s).");
            for failure in &failures {
                eprintln!("Not ended: {failure}");
            }
            if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => fail(e),
    }
}

async fn run_runner(args: RunnerArgs) -> ExitCode {
    let paths = runner::protocol::RunnerPaths { home: args.home, run_dir: args.run_dir };
    let programs = CliPrograms { claude: args.claude, codex: args.codex, opencode: args.opencode };
    let RunnerArgs { autocode, doors, forward, listen_stdin, .. } = args;
    let runner_args = runner::RunnerArgs { paths, autocode, programs, doors, forward, listen_stdin };
    if args.serve { runner::serve(runner_args).await } else { runner::supervise(runner_args).await }
}

fn probe(args: &ProbeArgs) -> ExitCode {
    let measured = autocode_sandbox::Challenge::read(&args.doors)
        .map(|challenge| autocode_sandbox::measure(&challenge, &args.doors, &args.home))
        .and_then(|facts| serde_json::to_string(&facts).map_err(std::io::Error::other));
    match measured {
        Ok(facts) => {
            println!("{facts}");
            ExitCode::SUCCESS
        }
        Err(e) => fail(format!("The cell cannot be measured ({e}).")),
    }
}

/// What is never logged more finely than this, whatever RUST_LOG asks for.
const QUIET: [&str; 2] = ["tungstenite=info", "tokio_tungstenite=info"];

/// Logs to stderr: readable in a terminal, JSON where AUTOCODE_LOG_FORMAT says so.
fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // At its finest level the WebSocket library writes down every message, keystrokes in a terminal included.
    let filter = QUIET.iter().filter_map(|quiet| quiet.parse().ok()).fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if env::var_os("AUTOCODE_LOG_FORMAT").is_some_and(|format| format == "json") {
        builder.json().init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

fn fail(why: impl Display) -> ExitCode {
    eprintln!("autocode: {why}");
    ExitCode::FAILURE
}
