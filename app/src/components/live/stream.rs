//! The socket behind [`Live`]: connects, resumes after the last line, and keeps trying.

use futures::future::{AbortHandle, abortable};
use gloo_timers::future::TimeoutFuture;
use leptos::{leptos_dom::helpers::window_event_listener_untyped, prelude::*, task::spawn_local};

use super::{Live, LiveState, Watched};
use crate::{
    components::socket::{Backoff, Frame, Socket},
    model::LiveEvent,
};

/// Milliseconds that a page gets to say what it watches before the first connection.
const SETTLE_MS: u32 = 20;

/// Ends the task when the next one takes over or the layout goes.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Keeps the stream connected for as long as the caller's owner lives.
pub fn follow(live: Live) {
    let network = RwSignal::new(());
    let online = window_event_listener_untyped("online", move |_| network.set(()));
    let offline = window_event_listener_untyped("offline", move |_| live.state.set(LiveState::Offline));
    on_cleanup(move || {
        online.remove();
        offline.remove();
    });
    let current = StoredValue::new(None::<Task>);
    Effect::new(move |_| {
        network.track();
        let (task, handle) = abortable(run(live, live.watched.get()));
        current.set_value(Some(Task(handle)));
        spawn_local(async move {
            // Ends only by being aborted, which is no fault.
            task.await.ok();
        });
    });
}

async fn run(live: Live, watched: Option<Watched>) {
    let mut backoff = Backoff::default();
    TimeoutFuture::new(SETTLE_MS).await;
    loop {
        match Socket::open(&path(watched)) {
            Ok(mut socket) => while receive(live, watched, socket.frames().await, &mut backoff) {},
            Err(error) => leptos::logging::error!("the live stream cannot be opened: {error:?}"),
        }
        live.state.set(LiveState::Offline);
        TimeoutFuture::new(backoff.next_ms()).await;
    }
}

fn path(watched: Option<Watched>) -> String {
    watched.map_or_else(
        || "/ws/live".to_owned(),
        |watched| format!("/ws/live?project={}&after={}", watched.project, watched.last()),
    )
}

/// Takes in what arrived together; false once the connection has ended.
fn receive(live: Live, watched: Option<Watched>, frames: Vec<Frame>, backoff: &mut Backoff) -> bool {
    let mut open = !frames.is_empty();
    let (mut projects, mut entries, mut diagnosed) = (Vec::new(), Vec::new(), None);
    for frame in frames {
        match frame {
            Frame::Opened => {
                backoff.reset();
                live.state.set(LiveState::Live);
            }
            Frame::Text(text) => match serde_json::from_str(&text) {
                Ok(LiveEvent::Project { project }) => projects.push((project.id, Some(*project))),
                Ok(LiveEvent::ProjectDeleted { id }) => projects.push((id, None)),
                Ok(LiveEvent::Diagnosis { project, diagnosis }) => diagnosed = Some((project, *diagnosis)),
                Ok(LiveEvent::Log { entry }) => entries.push(entry),
                Err(error) => leptos::logging::error!("a live event was not understood: {error}"),
            },
            Frame::Bytes(_) => {}
            Frame::Closed => open = false,
        }
    }
    if !projects.is_empty() {
        live.projects.update(|arrived| arrived.extend(projects));
    }
    if let Some((project, diagnosis)) = diagnosed {
        live.diagnoses.update(|arrived| drop(arrived.insert(project, diagnosis)));
    }
    if let Some(watched) = watched {
        watched.append(entries);
    }
    open
}
