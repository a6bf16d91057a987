//! The lines of a log view: what arrives live, what was asked of the server before it, and which of them are wanted.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api,
    components::{Live, encoded},
    error::AppError,
    model::{LogEntry, LogId, LogLevel, LogLevels, LogQuery, ProjectId},
};

/// Most lines that are shown; the oldest go first.
const KEPT_LINES: usize = 2_000;
/// Lines that are asked for at a time.
const PAGE: u32 = 200;

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Levels that are left out.
    pub without: Vec<LogLevel>,
    /// Text in the line.
    pub text: String,
}

impl Filter {
    fn is_open(&self) -> bool {
        self.without.is_empty() && self.text.is_empty()
    }

    /// As the server's search does it.
    fn wants(&self, entry: &LogEntry) -> bool {
        let found = || entry.message.to_ascii_lowercase().contains(&self.text.to_ascii_lowercase());
        !self.without.contains(&entry.level) && (self.text.is_empty() || found())
    }

    fn levels(&self) -> Option<LogLevels> {
        let wanted = LogLevel::ALL.into_iter().filter(|level| !self.without.contains(level)).collect();
        (!self.without.is_empty()).then_some(LogLevels(wanted))
    }

    fn query(&self, before: Option<LogId>) -> LogQuery {
        LogQuery {
            before,
            levels: self.levels(),
            q: Some(self.text.clone()).filter(|text| !text.is_empty()),
            limit: Some(PAGE),
            ..LogQuery::default()
        }
    }

    /// The query of an address that selects the same lines.
    pub fn address(&self) -> String {
        let levels = self.levels().map(|levels| format!("levels={}", String::from(levels)));
        let text = (!self.text.is_empty()).then(|| format!("q={}", encoded(&self.text)));
        let parts: Vec<String> = levels.into_iter().chain(text).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

/// The lines and what is known of them; copied into every handler.
#[derive(Clone, Copy)]
pub struct LogStore {
    /// Whose log.
    pub project: ProjectId,
    /// Which lines are wanted.
    pub filter: RwSignal<Filter>,
    /// The wanted lines, oldest first.
    pub shown: Memo<Vec<LogEntry>>,
    /// Whether there may be older ones on the server.
    pub more: RwSignal<bool>,
    /// Whether an answer is awaited.
    pub loading: RwSignal<bool>,
    /// Why the last answer failed.
    pub problem: RwSignal<Option<AppError>>,
    live: Signal<Vec<LogEntry>>,
    older: RwSignal<Vec<LogEntry>>,
}

impl LogStore {
    pub fn new(project: ProjectId, live: Live, first: Vec<LogEntry>) -> Self {
        let more = RwSignal::new(first.len() >= PAGE as usize);
        let (filter, older) = (RwSignal::new(Filter::default()), RwSignal::new(Vec::<LogEntry>::new()));
        let live = live.logs(project, first);
        let shown = Memo::new(move |_| {
            filter.with(|filter| {
                let arrived = live.with(|lines| {
                    lines.iter().filter(|entry| filter.wants(entry)).cloned().collect::<Vec<_>>()
                });
                let mut all = older.get();
                all.extend(arrived);
                let surplus = all.len().saturating_sub(KEPT_LINES);
                all.drain(..surplus);
                all
            })
        });
        let (loading, problem) = (RwSignal::new(false), RwSignal::new(None));
        let store = Self { project, filter, shown, more, loading, problem, live, older };
        let begin = Memo::new(move |_| live.with(|lines| lines.first().map(|entry| entry.id)));
        Effect::new(move |before: Option<(Filter, Option<LogId>)>| {
            let now = (filter.get(), begin.get());
            // The first line of an empty log is no reason, nor are lines that leave a log that is shown as it is.
            let changed = before.is_some_and(|(filter, begin)| {
                filter != now.0 || begin.is_some() && begin != now.1 && !filter.is_open()
            });
            if changed {
                store.start_over();
            }
            now
        });
        store
    }

    /// What a person should know about what is shown.
    pub fn note(self) -> String {
        let shown = self.shown.with(Vec::len);
        let filtered = self.filter.with(|filter| !filter.is_open());
        match (shown, self.loading.get(), filtered) {
            (_, true, _) => "Loading\u{2026}".to_owned(),
            (0, _, true) => "No line is like that.".to_owned(),
            (0, _, false) => "Nothing has happened yet.".to_owned(),
            (KEPT_LINES, _, _) => format!("The last {KEPT_LINES} lines; search or download for more."),
            (1, _, _) => "1 line".to_owned(),
            (n, _, _) => format!("{n} lines"),
        }
    }

    /// For another filter: the lines before the live ones are other ones.
    fn start_over(self) {
        self.older.set(Vec::new());
        self.more.set(true);
        if self.filter.with_untracked(|filter| !filter.is_open()) {
            self.load_older(|| {});
        }
    }

    /// Puts the wanted lines before the first one; `done` is called when they are there.
    pub fn load_older(self, done: impl FnOnce() + 'static) {
        let first = self.older.with_untracked(|older| older.first().map(|entry| entry.id));
        let first = first.or_else(|| self.live.with_untracked(|lines| lines.first().map(|entry| entry.id)));
        let filter = self.filter.get_untracked();
        self.loading.set(true);
        spawn_local(async move {
            let answer = api::load_logs(self.project, filter.query(first)).await;
            // Another filter was chosen, whose answer is on its way, or the page is gone.
            if self.filter.try_with_untracked(|now| *now == filter) != Some(true) {
                return;
            }
            self.loading.set(false);
            match answer {
                Ok(mut lines) => {
                    self.problem.set(None);
                    let all = lines.len() + self.shown.with_untracked(Vec::len);
                    self.more.set(lines.len() >= PAGE as usize && all < KEPT_LINES);
                    self.older.update(|older| {
                        lines.append(older);
                        *older = lines;
                    });
                    done();
                }
                Err(error) => self.problem.set(Some(error)),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_selects_what_is_shown() {
        let filter =
            |without: &[LogLevel], text: &str| Filter { without: without.into(), text: text.to_owned() };
        assert_eq!(Filter::default().address(), "");
        assert_eq!(filter(&[LogLevel::Info], "").address(), "?levels=action,error,agent_decision");
        assert_eq!(filter(&[], "50% & more").address(), "?q=50%25%20%26%20more");
    }
}
