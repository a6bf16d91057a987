//! The live state of a page: what arrived since it was drawn, laid over what it was drawn with.
//!
//! On the server and at hydration nothing has arrived, so both draw the same. Only `stream` knows of sockets.

#[cfg(feature = "hydrate")]
mod stream;

use std::collections::{BTreeMap, BTreeSet};

use leptos::{prelude::*, task::spawn_local};

#[cfg(feature = "hydrate")]
use crate::model::LogId;
use crate::{
    api::{self, NavProject},
    model::{Diagnosis, LogEntry, Project, ProjectId, UsageSummary},
};

/// Lines that a log view keeps; the oldest go first.
#[cfg(feature = "hydrate")]
const KEPT_LINES: usize = 2_000;
/// Decisions that the overview keeps.
#[cfg(feature = "hydrate")]
const KEPT_DECISIONS: usize = 20;

/// Whether the page follows the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser connects"))]
pub enum LiveState {
    /// No connection yet.
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// The connection is lost and is being tried again.
    Offline,
}

impl LiveState {
    /// For styles and tests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Offline => "offline",
        }
    }

    /// For a person.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connecting => "Connecting\u{2026}",
            Self::Live => "Live",
            Self::Offline => "Not live, reconnecting\u{2026}",
        }
    }
}

/// Which lines a page wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The log of one project.
    Log(ProjectId),
    /// The decisions of all projects.
    Decisions,
}

/// The lines that the page shows: which, where they continue and where they go.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Watched {
    scope: Scope,
    lines: RwSignal<Vec<LogEntry>>,
}

#[cfg(feature = "hydrate")]
impl Watched {
    /// The newest line that is there.
    fn last(self) -> LogId {
        self.lines
            .try_with_untracked(|lines| lines.last().map(|entry| entry.id))
            .flatten()
            .unwrap_or(LogId(0))
    }

    /// Appends the lines that are new.
    fn append(self, entries: Vec<LogEntry>) {
        let last = self.last();
        let mut new = entries.into_iter().filter(|entry| entry.id > last).collect::<Vec<_>>();
        let kept = match self.scope {
            Scope::Log(project) => {
                new.retain(|entry| entry.project_id == Some(project));
                KEPT_LINES
            }
            Scope::Decisions => KEPT_DECISIONS,
        };
        new.dedup_by_key(|entry| entry.id);
        if !new.is_empty() {
            self.lines.try_update(|lines| {
                lines.append(&mut new);
                let surplus = lines.len().saturating_sub(kept);
                lines.drain(..surplus);
            });
        }
    }
}

/// The page's one live stream, shared by all its components.
#[derive(Clone, Copy)]
pub struct Live {
    state: RwSignal<LiveState>,
    /// What arrived; `None` for deleted projects.
    projects: RwSignal<BTreeMap<ProjectId, Option<Project>>>,
    /// What control loops see, as far as it arrived.
    diagnoses: RwSignal<BTreeMap<ProjectId, Diagnosis>>,
    watched: RwSignal<Option<Watched>>,
    /// What today cost, once it arrived.
    today: RwSignal<Option<UsageSummary>>,
    /// Whether the server has another version of the site than this page.
    outdated: RwSignal<bool>,
    /// Projects that pages were drawn with: those that the server no longer has are gone.
    drawn: StoredValue<BTreeSet<ProjectId>>,
}

impl Live {
    /// Puts the stream into the context; in the browser it connects after hydration.
    pub fn provide() -> Self {
        let live = Self {
            state: RwSignal::new(LiveState::Connecting),
            projects: RwSignal::default(),
            diagnoses: RwSignal::default(),
            watched: RwSignal::new(None),
            today: RwSignal::new(None),
            outdated: RwSignal::new(false),
            drawn: StoredValue::default(),
        };
        provide_context(live);
        #[cfg(feature = "hydrate")]
        stream::follow(live);
        live
    }

    /// The stream of the layout around the caller.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Whether the page follows the server.
    pub fn state(self) -> Signal<LiveState> {
        self.state.into()
    }

    /// Whether the server has another version of the site than this page: true after an upgrade.
    pub fn outdated(self) -> Signal<bool> {
        self.outdated.into()
    }

    /// Takes in which version of the site the server has.
    #[cfg(feature = "hydrate")]
    fn compare(self, version: &str) {
        let own = document().document_element().and_then(|html| html.get_attribute("data-version"));
        self.outdated.set(own.is_some_and(|own| own != version));
    }

    /// Every project that arrived, as it is now; `None` for deleted ones.
    #[cfg(feature = "hydrate")]
    pub fn arrived(self) -> Signal<BTreeMap<ProjectId, Option<Project>>> {
        self.projects.into()
    }

    /// A project as it is now.
    pub fn project(self, drawn: Project) -> Memo<Project> {
        Memo::new(move |_| {
            self.projects.with(|arrived| newest(&drawn, arrived)).unwrap_or_else(|| drawn.clone())
        })
    }

    /// The person's projects as they are now, most recently changed first.
    pub fn projects(self, drawn: Vec<Project>) -> Memo<Vec<Project>> {
        self.drawn.update_value(|ids| ids.extend(drawn.iter().map(|project| project.id)));
        Memo::new(move |_| {
            self.projects.with(|arrived| {
                let mut all: Vec<Project> =
                    drawn.iter().filter_map(|project| newest(project, arrived)).collect();
                let new =
                    arrived.values().flatten().filter(|project| drawn.iter().all(|d| d.id != project.id));
                all.extend(new.cloned());
                all.sort_by_key(|project| std::cmp::Reverse((project.updated_at, project.id)));
                all
            })
        })
    }

    /// What the control loop of the project on this page sees now.
    pub fn diagnosis(self, project: ProjectId, drawn: Option<Diagnosis>) -> Memo<Option<Diagnosis>> {
        Memo::new(move |_| {
            self.diagnoses.with(|arrived| arrived.get(&project).cloned()).or_else(|| drawn.clone())
        })
    }

    /// The projects as the sidebar needs them, by id.
    pub fn nav_projects(self, drawn: Vec<NavProject>) -> Memo<BTreeMap<i64, NavProject>> {
        self.drawn.update_value(|ids| ids.extend(drawn.iter().map(|project| project.id)));
        Memo::new(move |_| {
            let mut all: BTreeMap<i64, NavProject> =
                drawn.iter().map(|project| (project.id.0, *project)).collect();
            self.projects.with(|arrived| {
                for (id, project) in arrived {
                    match project {
                        Some(project) => all.insert(id.0, project.into()),
                        None => all.remove(&id.0),
                    };
                }
            });
            all
        })
    }

    /// The log of a project: the lines that the page was drawn with, then those that arrive while it is shown.
    pub fn logs(self, project: ProjectId, drawn: Vec<LogEntry>) -> Signal<Vec<LogEntry>> {
        self.watch(Scope::Log(project), drawn)
    }

    /// The latest decisions of all projects, oldest first: those that the page was drawn with, then those that arrive.
    pub fn decisions(self, drawn: Vec<LogEntry>) -> Signal<Vec<LogEntry>> {
        self.watch(Scope::Decisions, drawn)
    }

    /// What today cost so far, on a page that shows the decisions.
    pub fn today(self, drawn: UsageSummary) -> Memo<UsageSummary> {
        // What arrived for an earlier visit is older than what this page was drawn with.
        self.today.set(None);
        Memo::new(move |_| self.today.get().unwrap_or(drawn))
    }

    fn watch(self, scope: Scope, drawn: Vec<LogEntry>) -> Signal<Vec<LogEntry>> {
        let lines = RwSignal::new(drawn);
        Effect::new(move |_| self.watched.set(Some(Watched { scope, lines })));
        on_cleanup(move || {
            let mine = move |watched: &Option<Watched>| watched.is_some_and(|watched| watched.lines == lines);
            if self.watched.try_with_untracked(mine).unwrap_or(false) {
                self.watched.set(None);
            }
        });
        lines.into()
    }

    /// Every project was sent: forgets what is not among them.
    #[cfg(feature = "hydrate")]
    fn keep_only(self, ids: &BTreeSet<ProjectId>) {
        let drawn = self.drawn.get_value();
        self.projects.update(|arrived| {
            let known = arrived.keys().chain(&drawn).copied().collect::<Vec<_>>();
            arrived.extend(known.into_iter().filter(|id| !ids.contains(id)).map(|id| (id, None)));
        });
    }

    /// Asks for a project and shows it, for when the stream may be down.
    pub fn refresh(self, id: ProjectId) {
        spawn_local(async move {
            match api::load_project(id).await {
                Ok(project) => {
                    self.projects.try_update(|arrived| arrived.insert(id, Some(project)));
                }
                Err(error) => leptos::logging::error!("project {id} cannot be refreshed: {error}"),
            }
        });
    }
}

/// The later one of what was drawn and what arrived; none if the project is gone.
fn newest(drawn: &Project, arrived: &BTreeMap<ProjectId, Option<Project>>) -> Option<Project> {
    match arrived.get(&drawn.id) {
        Some(None) => None,
        Some(Some(arrived)) if arrived.updated_at >= drawn.updated_at => Some(arrived.clone()),
        Some(Some(_)) | None => Some(drawn.clone()),
    }
}
