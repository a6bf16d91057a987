//! A plan while a person edits it: theirs alone, whatever happens to the stored one meanwhile.
//!
//! Must not know controls, the server or where a draft is kept.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::{ImplementationPlan, Step, StepStatus};

/// A draft as it is kept while its page is away.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Kept {
    /// What a person may change of the plan that the draft began with.
    base: Vec<Step>,
    /// The steps of the draft.
    steps: Vec<Step>,
}

impl Kept {
    /// Whether it says anything that a plan does not.
    pub fn differs(&self, plan: &ImplementationPlan) -> bool {
        self.steps != written(plan)
    }
}

/// One step of a draft; its texts change by themselves, so that typing redraws nothing else.
#[derive(Clone, Copy, PartialEq)]
pub struct Row {
    /// Distinguishes rows, whatever their order.
    pub key: usize,
    /// The step's id.
    pub id: StoredValue<String>,
    /// One line.
    pub title: RwSignal<String>,
    /// The task.
    pub instructions: RwSignal<String>,
    /// Shell command; empty for none.
    pub verify: RwSignal<String>,
    /// Ids of steps that come first.
    pub depends_on: RwSignal<Vec<String>>,
    /// Left out.
    pub skipped: RwSignal<bool>,
}

impl Row {
    fn new(key: usize, step: Step) -> Self {
        Self {
            key,
            id: StoredValue::new(step.id),
            title: RwSignal::new(step.title),
            instructions: RwSignal::new(step.instructions),
            verify: RwSignal::new(step.verify.unwrap_or_default()),
            depends_on: RwSignal::new(step.depends_on),
            skipped: RwSignal::new(step.status == StepStatus::Skipped),
        }
    }

    /// The step that it stands for, without any outcome.
    fn step(self) -> Step {
        let verify = self.verify.get();
        Step {
            id: self.id.get_value(),
            title: self.title.get(),
            instructions: self.instructions.get(),
            verify: (!verify.trim().is_empty()).then_some(verify),
            depends_on: self.depends_on.get(),
            status: if self.skipped.get() { StepStatus::Skipped } else { StepStatus::Pending },
            ..Step::default()
        }
    }
}

/// What a person may change of a plan, to see whether somebody else did.
pub fn written(plan: &ImplementationPlan) -> Vec<Step> {
    let skipped = |step: &Step| step.status == StepStatus::Skipped;
    let status = |step: &Step| if skipped(step) { StepStatus::Skipped } else { StepStatus::Pending };
    let step = |step: &Step| Step {
        id: step.id.clone(),
        title: step.title.clone(),
        instructions: step.instructions.clone(),
        verify: step.verify.clone(),
        depends_on: step.depends_on.clone(),
        status: status(step),
        ..Step::default()
    };
    plan.steps.iter().map(step).collect()
}

/// The steps of a draft in their order.
#[derive(Clone, Copy)]
pub struct Draft {
    /// The rows.
    pub rows: RwSignal<Vec<Row>>,
    /// The plan that the draft began with.
    base: RwSignal<Vec<Step>>,
}

impl Draft {
    /// A draft that begins with a plan.
    pub fn new(plan: &ImplementationPlan) -> Self {
        let draft = Self { rows: RwSignal::new(Vec::new()), base: RwSignal::new(Vec::new()) };
        draft.begin(plan);
        draft
    }

    /// Forgets what was typed and begins anew with a plan.
    pub fn begin(self, plan: &ImplementationPlan) {
        let steps = written(plan);
        self.resume(Kept { base: steps.clone(), steps });
    }

    /// Goes on with a draft of an earlier visit.
    pub fn resume(self, kept: Kept) {
        self.base.set(kept.base);
        self.rows.update(|rows| {
            let first = next_key(rows);
            *rows = (first..).zip(kept.steps).map(|(key, step)| Row::new(key, step)).collect();
        });
    }

    /// What there is to keep, if anything was changed; follows every change.
    pub fn kept(self) -> Option<Kept> {
        let (base, steps) = (self.base.get(), self.steps());
        (base != steps).then_some(Kept { base, steps })
    }

    /// Whether the plan is another one than that the draft began with.
    pub fn is_outdated(self, plan: &ImplementationPlan) -> bool {
        self.base.with(|base| *base != written(plan))
    }

    /// The steps to be stored; follows every change.
    pub fn steps(self) -> Vec<Step> {
        self.rows.with(|rows| rows.iter().map(|row| row.step()).collect())
    }

    /// Appends an empty step with an id that neither the draft nor the plan has; returns its key.
    pub fn add(self, plan: &ImplementationPlan) -> usize {
        self.rows
            .try_update(|rows| {
                let taken = |id: &str| {
                    rows.iter().any(|row| row.id.with_value(|other| other == id))
                        || plan.steps.iter().any(|step| step.id == id)
                };
                let id = (rows.len() + 1..).map(|n| n.to_string()).find(|id| !taken(id)).unwrap_or_default();
                let key = next_key(rows);
                rows.push(Row::new(key, Step { id, ..Step::default() }));
                key
            })
            .unwrap_or_default()
    }

    /// Takes a step out; no other waits for it any more.
    pub fn remove(self, row: Row) {
        let id = row.id.get_value();
        self.rows.update(|rows| {
            rows.retain(|other| other.key != row.key);
            for other in rows {
                if other.depends_on.with_untracked(|ids| ids.contains(&id)) {
                    other.depends_on.update(|ids| ids.retain(|other| *other != id));
                }
            }
        });
    }

    /// Exchanges a step with the one before or after it; returns its new position from 1, if it could move.
    pub fn shift(self, key: usize, up: bool) -> Option<usize> {
        self.rows
            .try_update(|rows| {
                let from = rows.iter().position(|row| row.key == key)?;
                let to = if up { from.checked_sub(1)? } else { from + 1 };
                if to >= rows.len() {
                    return None;
                }
                rows.swap(from, to);
                Some(to + 1)
            })
            .flatten()
    }
}

fn next_key(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.key + 1).max().unwrap_or(0)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn plan(ids: &[&str]) -> ImplementationPlan {
        let step = |id: &&str| Step { id: (*id).to_owned(), title: format!("t{id}"), ..Step::default() };
        ImplementationPlan { steps: ids.iter().map(step).collect() }
    }

    fn ids(draft: Draft) -> Vec<String> {
        draft.steps().into_iter().map(|step| step.id).collect()
    }

    #[test]
    fn a_draft_is_reordered_extended_and_cut() {
        let owner = Owner::new();
        owner.set();
        let stored = plan(&["1", "3", "2"]);
        let draft = Draft::new(&stored);
        assert_eq!(draft.steps(), stored.steps);
        assert_eq!(draft.shift(0, true), None);
        assert_eq!(draft.shift(2, false), None);
        assert_eq!(draft.shift(2, true), Some(2));
        assert_eq!(ids(draft), ["1", "2", "3"]);
        let key = draft.add(&stored);
        assert_eq!((key, ids(draft)), (3, vec!["1".into(), "2".into(), "3".into(), "4".into()]));
        let row = |at: usize| draft.rows.with_untracked(|rows| rows[at]);
        row(3).depends_on.set(vec!["1".to_owned(), "3".to_owned()]);
        draft.remove(row(2));
        assert_eq!(ids(draft), ["1", "2", "4"]);
        assert_eq!(draft.steps()[2].depends_on, ["1"]);
    }

    #[test]
    fn a_draft_goes_on_after_its_page_was_away() {
        let owner = Owner::new();
        owner.set();
        let mut stored = plan(&["1", "2"]);
        let draft = Draft::new(&stored);
        assert_eq!(draft.kept(), None);
        draft.shift(1, true);
        draft.rows.with_untracked(|rows| rows[0].title.set("Typed".to_owned()));
        let json = serde_json::to_string(&draft.kept().unwrap()).unwrap();
        let kept: Kept = serde_json::from_str(&json).unwrap();
        assert!(kept.differs(&stored));
        stored.steps[0].title = "Theirs".to_owned();
        let later = Draft::new(&stored);
        later.resume(kept);
        assert_eq!(later.steps(), draft.steps());
        assert_eq!(ids(later), ["2", "1"]);
        assert!(later.is_outdated(&stored));
        later.begin(&stored);
        assert_eq!(later.kept(), None);
    }

    #[test]
    fn only_what_people_write_makes_a_draft_outdated() {
        let owner = Owner::new();
        owner.set();
        let mut stored = plan(&["1", "2"]);
        let draft = Draft::new(&stored);
        stored.steps[0].status = StepStatus::Completed;
        stored.steps[0].attempts = 2;
        assert!(!draft.is_outdated(&stored));
        stored.steps[1].status = StepStatus::Skipped;
        assert!(draft.is_outdated(&stored));
        draft.begin(&stored);
        assert!(!draft.is_outdated(&stored));
        assert_eq!(draft.steps()[1].status, StepStatus::Skipped);
    }
}
