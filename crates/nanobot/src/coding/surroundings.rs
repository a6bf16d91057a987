//! What every driver is given of the nanobot around it.
//!
//! Must not grow beyond what drivers of all kinds need.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::dialog::DialogDesk;
use crate::outbox::Outbox;

/// A driver's ways to the rest of the nanobot; cheap to clone.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// For the log.
    pub outbox: Outbox,
    /// Where what the CLI asks is decided.
    pub desk: DialogDesk,
    /// Owner of the driver's tasks.
    pub tracker: TaskTracker,
    /// Ends them.
    pub stop: CancellationToken,
}
