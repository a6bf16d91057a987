//! `serve` in its three forms: under an ordinary account, as root above a server without rights, and as that server.

use std::{fmt::Display, io, process::ExitCode};

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use server::{
    cells::{Cells, Connected, Launcher},
    config::Config,
    launcher, site,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::fail;

/// Serves; started by root, gives the rights up first where that is possible.
pub async fn serve(config: Config) -> ExitCode {
    if let Err(e) = site::check_site(&config) {
        return fail(e);
    }
    let shutdown = CancellationToken::new();
    let served = async {
        match launcher::wanted(&config).await {
            Ok(true) => return launcher::run(config, shutdown.clone()).await,
            Ok(false) => {}
            Err(why) => eprintln!("autocode: {why}"),
        }
        listen(config, Cells::Own, shutdown.clone()).await
    };
    until_signal(served, &shutdown).await
}

/// The server that root's `serve` has started; ends at once when root is gone, as if it had crashed.
pub async fn server() -> ExitCode {
    let connected = match Launcher::from_stdin().await {
        Ok(connected) => connected,
        Err(e) => return fail(format!("This role is started by `autocode serve` ({e}).")),
    };
    let shutdown = CancellationToken::new();
    let (config, cells) = (connected.config.clone(), Cells::Launcher(connected.launcher.clone()));
    let orphaned = attended(connected, shutdown.clone());
    let served = listen(config, cells, shutdown.clone());
    let either = async {
        tokio::select! {
            code = served => code,
            () = orphaned => fail("The root process is gone, and so is the server. Agents keep running."),
        }
    };
    until_signal(either, &shutdown).await
}

async fn attended(connected: Connected, shutdown: CancellationToken) {
    connected.attend(shutdown).await;
}

async fn listen(config: Config, cells: Cells, shutdown: CancellationToken) -> ExitCode {
    // Its memory and environment hold keys: no process of the same account may look into them.
    if let Err(e) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        return fail(format!("The server's memory cannot be closed to other processes ({e})."));
    }
    let listener = match TcpListener::bind(config.addr).await {
        Ok(listener) => listener,
        Err(e) => return fail(listen_error(&config, &e)),
    };
    match server::run_with(config, listener, shutdown, None, cells).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(e),
    }
}

/// Waits for the work, telling it by `shutdown` that a signal has come.
async fn until_signal(work: impl Future<Output = ExitCode>, shutdown: &CancellationToken) -> ExitCode {
    let (mut terminate, mut interrupt) =
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
            (Err(e), _) | (_, Err(e)) => return fail(format!("Signals cannot be received ({e}).")),
        };
    let stop = async {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        eprintln!("Stopping. Agents keep running: `autocode stop --all` ends them.");
        shutdown.cancel();
    };
    tokio::pin!(work);
    tokio::select! {
        code = &mut work => code,
        () = stop => work.await,
    }
}

fn listen_error(config: &Config, error: &io::Error) -> impl Display + use<> {
    let addr = config.addr;
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "Another program listens on {addr} already: stop it, or choose another address with AUTOCODE_ADDR, for example 127.0.0.1:3001."
        ),
        io::ErrorKind::PermissionDenied => {
            format!("This user may not listen on {addr}: choose a port above 1023 with AUTOCODE_ADDR.")
        }
        _ => format!(
            "The server cannot listen on {addr} ({error}): choose another address with AUTOCODE_ADDR."
        ),
    }
}
