//! `serve` started by root: a small process that keeps the rights, and the server as its child without any.
//!
//! It starts cells under accounts of their own and gives files to them; nothing else needs root. It reads nothing from
//! the network. If the server crashes it is started again; if this process ends, so does the server, and agents live on.

mod child;
mod grant;
mod orders;
mod ownership;

use std::{
    io,
    os::unix::{fs::MetadataExt as _, net::UnixStream as StdStream},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use autocode_sandbox::Facts;
use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    net::UnixStream,
    process::Child,
    sync::{Semaphore, mpsc},
    time::{Instant, sleep, timeout},
};
use tokio_util::{
    codec::{Framed, LinesCodec},
    sync::CancellationToken,
    task::TaskTracker,
};
use tracing::{error, warn};

use crate::{
    cells::protocol::{FromRoot, MAX_ORDER, Order, OrderLine, Reply},
    config::Config,
    ground::prepare_folders,
};
pub use grant::{Leftovers, give_user, remove_leftovers};
use orders::Orders;
pub use ownership::Owner;

/// Orders that are carried out at the same time.
const AT_ONCE: usize = 16;
/// The server ends within ten seconds of being asked; then it is ended.
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// So many crashes within this time, and it is not started again.
const CRASHES: usize = 5;
const CRASH_WINDOW: Duration = Duration::from_secs(60);
/// What bubblewrap adds to the signal that ended the server.
const SIGNALLED: i32 = 128;

/// Whether `serve` should run here: started by root, not told to stay root, and able to give rights up.
///
/// # Errors
/// Why root stays root, in one sentence for the person who started it.
pub async fn wanted(config: &Config) -> Result<bool, String> {
    if !rustix::process::geteuid().is_root() || config.isolation.cell_uids.is_none() {
        return Ok(false);
    }
    match autocode_sandbox::try_out(true).await {
        Ok(_) => Ok(true),
        Err(why) => Err(format!(
            "Running as root, and so do all agents: bubblewrap does not start as it takes to give rights up ({why})."
        )),
    }
}

/// Runs the server without rights until `shutdown`, starting it again when it crashes.
pub async fn run(config: Config, shutdown: CancellationToken) -> ExitCode {
    let Some(orders) = orders(&config) else { return ExitCode::FAILURE };
    let server = orders.server();
    let config = Arc::new(config);
    if let Err(error) = ground(&config, server) {
        eprintln!("autocode: {error}");
        return ExitCode::FAILURE;
    }
    let mut crashes: Vec<Instant> = Vec::new();
    loop {
        let status = match once(&config, server, &orders, &shutdown).await {
            Ok(status) => status,
            Err(error) => {
                eprintln!("autocode: The server cannot be started without rights: {error}.");
                return ExitCode::FAILURE;
            }
        };
        if shutdown.is_cancelled() || status == Some(0) {
            return ExitCode::SUCCESS;
        }
        // It said why by itself; only one that was ended from outside is started again.
        if status.is_some_and(|code| code < SIGNALLED) {
            return ExitCode::FAILURE;
        }
        let now = Instant::now();
        crashes.retain(|crash| now.duration_since(*crash) < CRASH_WINDOW);
        crashes.push(now);
        if crashes.len() >= CRASHES {
            error!("the server was ended {CRASHES} times within a minute");
            return ExitCode::FAILURE;
        }
        warn!(?status, "the server was ended and is started again");
        sleep(Duration::from_millis(500)).await;
    }
}

/// Starts an empty cell as the launcher does, and says what its probe found.
///
/// # Errors
/// A sentence for a person.
pub async fn examine(config: &Config) -> Result<Facts, String> {
    let orders = orders(config).ok_or("no user ids are configured for cells")?;
    std::fs::create_dir_all(&config.run_dir).map_err(|e| format!("{}: {e}", config.run_dir.display()))?;
    match orders.carry_out(Order::Examine).await {
        Reply::Examined(facts) => Ok(*facts),
        Reply::Failed { message } => Err(message),
        other => Err(format!("{other:?}")),
    }
}

fn orders(config: &Config) -> Option<Orders> {
    let uids = config.isolation.cell_uids.clone()?;
    let server = Owner { uid: *uids.start(), gid: *uids.start() };
    Some(Orders::new(Arc::new(config.clone()), server, *uids.start() + 1..=*uids.end()))
}

/// Makes the folders and hands them to the server's account; the error says what to do.
fn ground(config: &Config, server: Owner) -> Result<(), String> {
    prepare_folders(config).map_err(|error| error.to_string())?;
    ownership::claim(&config.data_dir, &config.run_dir, server).map_err(|error| {
        format!("The folder {} cannot be handed to the server's account: {error}.", config.data_dir.display())
    })?;
    // A key of one's own stays its owner's: it is only said who has to be able to read it.
    match config.master_key_file.as_deref().map(|file| (file, file.metadata())) {
        Some((file, Ok(meta))) if meta.uid() != server.uid && meta.mode() & 0o004 == 0 => Err(format!(
            "The server's account ({}) cannot read the master key {}: `chown {} {}`, or set AUTOCODE_CELL_UIDS=off.",
            server.uid,
            file.display(),
            server.uid,
            file.display()
        )),
        _ => Ok(()),
    }
}

/// One life of the server; its exit code, if it has one.
async fn once(
    config: &Arc<Config>,
    server: Owner,
    orders: &Orders,
    shutdown: &CancellationToken,
) -> io::Result<Option<i32>> {
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    let mut child = child::start(config, server.uid, theirs)?;
    let wire = Framed::new(UnixStream::from_std(ours)?, LinesCodec::new_with_max_length(MAX_ORDER));
    let (mut sink, mut lines) = wire.split();
    let (say, mut to_say) = mpsc::channel::<FromRoot>(AT_ONCE);
    say.send(FromRoot::Config(Box::new(Config::clone(config)))).await.map_err(io::Error::other)?;
    let writing = async {
        while let Some(message) = to_say.recv().await {
            let line = serde_json::to_string(&message)?;
            sink.send(line).await.map_err(io::Error::other)?;
        }
        Ok::<_, io::Error>(())
    };
    let tracker = TaskTracker::new();
    let reading = async {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        while let Some(Ok(line)) = lines.next().await {
            let Ok(OrderLine { id, order }) = serde_json::from_str(&line) else {
                warn!("the server gave an order that is not understood");
                continue;
            };
            let Ok(slot) = slots.clone().acquire_owned().await else { return };
            let (orders, say) = (orders.clone(), say.clone());
            tracker.spawn(async move {
                let _slot = slot;
                let reply = orders.carry_out(order).await;
                // A server that has ended hears nothing.
                say.send(FromRoot::Reply { id, reply }).await.ok();
            });
        }
    };
    let stopping = async {
        shutdown.cancelled().await;
        say.send(FromRoot::Stop).await.ok();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        // The other end is closed: the server has ended or is about to.
        () = reading => {}
        written = writing => {
            if let Err(error) = written {
                warn!(%error, "the server hears nothing any more");
            }
        }
        () = stopping => {}
        () = async { shutdown.cancelled().await; sleep(STOP_LIMIT).await } => warn!("the server does not end"),
    }
    drop(say);
    tracker.close();
    end(&mut child).await
}

/// Waits for the child, and ends it if it stays.
async fn end(child: &mut Child) -> io::Result<Option<i32>> {
    match timeout(STOP_LIMIT, child.wait()).await {
        Ok(status) => Ok(status?.code()),
        Err(_) => {
            child.kill().await?;
            Ok(None)
        }
    }
}
