//! Starting an instance: its order is built, sent beside the event stream, and its outcome recorded.

use app::model::{InstanceId, ProjectId, ProjectStatus, UserId};
use autocode_runner::protocol::{Answer, Request};
use tracing::{error, warn};

use super::{Keeper, LONG, Reply};
use crate::{
    db::{self, now_ms, progress::Standing},
    orchestrator::{Shared, spec},
    runner_link::LinkError,
};

impl Keeper {
    /// Starts an instance whose row says `running`; a failure is told to `reply`, or recorded if nobody waits.
    pub(super) async fn start(&mut self, instance: InstanceId, project: ProjectId, reply: Option<Reply>) {
        let prepared = match self.link(true).await {
            Ok(_) if self.started.contains(&instance) => Ok(None),
            // The cell itself may be worse than the empty one that was measured.
            Ok(link) => match self.shared.check_level(link.isolation().facts.level(), true).await {
                Ok(()) => spec::start_instance(&self.shared, self.user, instance, project, link.isolation())
                    .await
                    .map(|order| order.map(|order| (link, order)))
                    .map_err(|error| LinkError::Refused(format!("the database failed: {error}"))),
                Err(error) => Err(LinkError::Refused(error.to_string())),
            },
            Err(error) => Err(error),
        };
        let (shared, user) = (self.shared.clone(), self.user);
        match prepared {
            Ok(Some((link, order))) => {
                self.started.insert(instance);
                self.asks.spawn(async move {
                    let result = match link.ask(Request::StartInstance(Box::new(order)), LONG).await {
                        Ok(started @ Answer::Started { pid }) => {
                            record_pid(&shared, user, instance, pid).await;
                            Ok(started)
                        }
                        Ok(other) => Err(LinkError::Protocol(format!("{other:?} as the answer to a start"))),
                        Err(error) => Err(error),
                    };
                    finish_start(&shared, user, instance, project, result, reply).await;
                });
            }
            Ok(None) => finish_start(&shared, user, instance, project, Ok(Answer::Done), reply).await,
            Err(error) => match reply {
                Some(reply) => {
                    reply.send(Err(error)).ok();
                }
                // Nobody waits, and the runner may be back soon: the next look tries again.
                None => warn!(username = %self.username, %error, "an instance cannot be started yet"),
            },
        }
    }
}

async fn record_pid(shared: &Shared, user: UserId, instance: InstanceId, pid: u32) {
    let recorded = async {
        let mut tx = shared.db.begin().await?;
        db::runs::set_pid(&mut tx, user, instance, pid).await?;
        tx.commit().await
    };
    if let Err(error) = recorded.await {
        error!(%error, "a process id could not be recorded");
    }
}

/// Tells whoever waits how a start went; a failed start for which nobody waits ends the run in the database.
async fn finish_start(
    shared: &Shared,
    user: UserId,
    instance: InstanceId,
    project: ProjectId,
    result: Result<Answer, LinkError>,
    reply: Option<Reply>,
) {
    if let Some(reply) = reply {
        reply.send(result).ok();
        return;
    }
    // A broken connection is no verdict on the instance: it is tried again on the next one.
    let Err(LinkError::Refused(reason)) = result else { return };
    let recorded = async {
        let now = now_ms();
        let mut tx = shared.db.begin().await?;
        db::runs::end(&mut tx, user, instance, true, now).await?;
        let standing =
            Standing { status: Some(ProjectStatus::Failed), reason: Some(&reason), question: None };
        db::progress::set_standing(&mut tx, user, project, &standing, now).await?;
        tx.commit().await
    };
    if let Err(error) = recorded.await {
        error!(%error, "a failed start could not be recorded");
    }
    shared.publish(user, project).await;
}
