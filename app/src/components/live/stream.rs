//! The socket behind [`Live`]: connects, resumes after the last line, and keeps trying.
//!
//! The server is never silent for long, so a connection that says nothing has died: in its sleep, or with the network.

use futures::{
    future::{AbortHandle, Either, abortable, select},
    pin_mut,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{leptos_dom::helpers::window_event_listener_untyped, prelude::*, task::spawn_local};

use super::{Live, LiveState, Scope, Watched};
use crate::{
    components::socket::{Backoff, Frame, Socket},
    model::LiveEvent,
};

/// Milliseconds that a page gets to say what it watches before the first connection.
const SETTLE_MS: u32 = 20;
/// Milliseconds of silence, more than twice the server's beat, after which the connection counts as dead.
const SILENCE_MS: u32 = 25_000;
/// Milliseconds within which a connection that stands has said something.
const BEAT_MS: u32 = 12_000;

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
    let heard_at = StoredValue::new(js_sys::Date::now());
    // After sleep the timer for silence has not run out yet, but a person looks now.
    let shown = window_event_listener_untyped("visibilitychange", move |_| {
        if js_sys::Date::now() - heard_at.get_value() > f64::from(BEAT_MS) {
            network.set(());
        }
    });
    let offline = window_event_listener_untyped("offline", move |_| live.state.set(LiveState::Offline));
    on_cleanup(move || {
        online.remove();
        shown.remove();
        offline.remove();
    });
    let current = StoredValue::new(None::<Task>);
    Effect::new(move |_| {
        network.track();
        let (task, handle) = abortable(run(live, live.watched.get(), heard_at));
        current.set_value(Some(Task(handle)));
        spawn_local(async move {
            // Ends only by being aborted, which is no fault.
            task.await.ok();
        });
    });
}

async fn run(live: Live, watched: Option<Watched>, heard_at: StoredValue<f64>) {
    let mut backoff = Backoff::default();
    TimeoutFuture::new(SETTLE_MS).await;
    loop {
        match Socket::open(&path(watched)) {
            Ok(mut socket) => {
                while receive(live, watched, heard(&mut socket).await, &mut backoff) {
                    heard_at.set_value(js_sys::Date::now());
                }
            }
            Err(error) => leptos::logging::error!("the live stream cannot be opened: {error:?}"),
        }
        live.state.set(LiveState::Offline);
        TimeoutFuture::new(backoff.next_ms()).await;
    }
}

fn path(watched: Option<Watched>) -> String {
    let Some(watched) = watched else { return "/ws/live".to_owned() };
    match watched.scope {
        Scope::Log(project) => format!("/ws/live?project={project}&after={}", watched.last()),
        Scope::Decisions => format!("/ws/live?decisions={}", watched.last()),
    }
}

/// The next frames; none when the connection has been silent for too long.
async fn heard(socket: &mut Socket) -> Vec<Frame> {
    let (frames, silence) = (socket.frames(), TimeoutFuture::new(SILENCE_MS));
    pin_mut!(frames, silence);
    match select(frames, silence).await {
        Either::Left((frames, _)) => frames,
        Either::Right(_) => Vec::new(),
    }
}

/// Takes in what arrived together; false once the connection has ended.
fn receive(live: Live, watched: Option<Watched>, frames: Vec<Frame>, backoff: &mut Backoff) -> bool {
    let mut open = !frames.is_empty();
    let (mut projects, mut entries, mut diagnosed, mut complete) = (Vec::new(), Vec::new(), None, None);
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
                Ok(LiveEvent::Log { entry } | LiveEvent::Decision { entry }) => entries.push(entry),
                Ok(LiveEvent::Usage { today }) => live.today.set(Some(today)),
                Ok(LiveEvent::Complete { ids }) => complete = Some(ids.into_iter().collect()),
                Ok(LiveEvent::Alive { version }) => live.compare(&version),
                Err(error) => leptos::logging::error!("a live event was not understood: {error}"),
            },
            Frame::Bytes(_) => {}
            Frame::Closed => open = false,
        }
    }
    // Before what is new is taken in, of which a part may have come after the list.
    if let Some(ids) = complete {
        live.keep_only(&ids);
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
