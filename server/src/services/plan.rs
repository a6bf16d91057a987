//! Plans as people write them: checked, numbered, and merged with what is done already.
//!
//! Pure: no database and no clock.

use std::collections::{HashMap, HashSet};

use app::{
    backend::Answer,
    model::{CONTROL, ImplementationPlan, Step, StepStatus, is_plain},
};

use super::check::Check;

const MAX_STEPS: usize = 200;
const FIELD: &str = "implementation_plan";

/// A step with its position in what a person sent, where its problems are told; none for one that they left out.
type Placed = (Option<usize>, Step);

/// A new plan: ids given, outcomes empty.
///
/// # Errors
/// `Invalid` with what is wrong, step by step.
pub fn new_plan(plan: ImplementationPlan) -> Answer<ImplementationPlan> {
    checked(plan.steps.into_iter().map(unworked).enumerate().map(|(at, step)| (Some(at), step)).collect())
}

/// A changed plan: finished steps stay as they are, in front if they were left out; a step that is under way keeps its
/// outcome so far, and so does one that was not changed.
///
/// # Errors
/// As [`new_plan`].
pub fn merged_plan(old: &ImplementationPlan, new: ImplementationPlan) -> Answer<ImplementationPlan> {
    let known: HashMap<&str, &Step> = old.steps.iter().map(|step| (step.id.as_str(), step)).collect();
    let new: Vec<Step> = new.steps.into_iter().map(unworked).collect();
    let left_out = |step: &&Step| new.iter().all(|other| other.id != step.id);
    let finished = old.steps.iter().filter(|step| step.status == StepStatus::Completed);
    let mut steps: Vec<Placed> = finished.filter(left_out).map(|step| (None, step.clone())).collect();
    for (at, step) in new.into_iter().enumerate() {
        let merged = match known.get(step.id.as_str()) {
            Some(before) if before.status == StepStatus::Completed || same_task(before, &step) => {
                (*before).clone()
            }
            Some(before) if before.status == StepStatus::Running && step.status == StepStatus::Pending => {
                Step {
                    id: step.id,
                    title: step.title,
                    instructions: step.instructions,
                    verify: step.verify,
                    depends_on: step.depends_on,
                    ..(*before).clone()
                }
            }
            _ => step,
        };
        steps.push((Some(at), merged));
    }
    checked(steps)
}

/// Whether a person left a step as it was.
fn same_task(before: &Step, step: &Step) -> bool {
    let skipped = |step: &Step| step.status == StepStatus::Skipped;
    before.title == step.title
        && before.instructions == step.instructions
        && before.verify == step.verify
        && before.depends_on == step.depends_on
        && skipped(before) == skipped(step)
}

/// Only what a person may write: outcomes come from runs alone.
fn unworked(step: Step) -> Step {
    let status = if step.status == StepStatus::Skipped { StepStatus::Skipped } else { StepStatus::Pending };
    Step {
        id: step.id.trim().to_owned(),
        title: step.title.trim().to_owned(),
        instructions: step.instructions,
        verify: step.verify.filter(|command| !command.trim().is_empty()),
        depends_on: step.depends_on,
        status,
        ..Step::default()
    }
}

fn checked(mut steps: Vec<Placed>) -> Answer<ImplementationPlan> {
    number(&mut steps);
    check(&steps)?;
    Ok(ImplementationPlan { steps: steps.into_iter().map(|(_, step)| step).collect() })
}

/// Steps without an id get their position, or the next number that is free.
fn number(steps: &mut [Placed]) {
    let mut taken: HashSet<String> = steps.iter().map(|(_, step)| step.id.clone()).collect();
    for (index, (_, step)) in steps.iter_mut().enumerate().filter(|(_, (_, step))| step.id.is_empty()) {
        let id = (index + 1..).map(|n| n.to_string()).find(|id| !taken.contains(id)).unwrap_or_default();
        taken.insert(id.clone());
        step.id = id;
    }
}

fn check(steps: &[Placed]) -> Answer<()> {
    let mut check = Check::default();
    if steps.len() > MAX_STEPS {
        check.problem(FIELD, format!("A plan has at most {MAX_STEPS} steps."));
        return check.done();
    }
    let mut ids = HashSet::new();
    for placed in steps {
        check_step(&mut check, placed, &mut ids);
    }
    for placed @ (_, step) in steps {
        for other in step.depends_on.iter().filter(|other| !ids.contains(other.as_str())) {
            let id = &step.id;
            check.problem(
                &field(placed, "depends_on"),
                format!("Step {id} depends on \u{201c}{other}\u{201d}, which is not in the plan."),
            );
        }
    }
    check.that(!has_cycle(steps), FIELD, "Some steps depend on each other in a circle.");
    check.done()
}

/// The path of a part of a step in what was sent.
fn field((at, _): &Placed, part: &str) -> String {
    at.map_or_else(|| FIELD.to_owned(), |at| format!("{FIELD}.steps[{at}].{part}"))
}

fn check_step<'a>(check: &mut Check, placed: &'a Placed, ids: &mut HashSet<&'a str>) {
    let step = &placed.1;
    let id = &step.id;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if id.len() > 32 || !id.chars().all(plain) {
        let problem = format!(
            "The step id \u{201c}{id}\u{201d} is not made of at most 32 letters, digits, dots, hyphens and underscores."
        );
        check.problem(&field(placed, "id"), problem);
    }
    if !ids.insert(id.as_str()) {
        check.problem(&field(placed, "id"), format!("Two steps have the id \u{201c}{id}\u{201d}."));
    }
    let title = step.title.chars().count();
    if !(1..=200).contains(&title) || step.title.chars().any(char::is_control) {
        let problem = format!("The title of step {id} needs 1 to 200 characters on one line.");
        check.problem(&field(placed, "title"), problem);
    }
    if step.instructions.len() > 32 * 1024 {
        let problem = format!("The instructions of step {id} are too long: 32 KiB of text are the most.");
        check.problem(&field(placed, "instructions"), problem);
    }
    check.that(is_plain(&step.instructions), &field(placed, "instructions"), CONTROL);
    let verify = step.verify.as_deref().unwrap_or_default();
    if verify.len() > 4096 {
        let problem = format!("The verify command of step {id} is too long: 4 KiB of text are the most.");
        check.problem(&field(placed, "verify"), problem);
    }
    check.that(is_plain(verify), &field(placed, "verify"), CONTROL);
}

/// Whether some steps can never begin because they wait for each other.
fn has_cycle(steps: &[Placed]) -> bool {
    let ids: HashSet<&str> = steps.iter().map(|(_, step)| step.id.as_str()).collect();
    let mut done: HashSet<&str> = HashSet::new();
    loop {
        let before = done.len();
        for (_, step) in steps {
            let ready = |other: &String| done.contains(other.as_str()) || !ids.contains(other.as_str());
            if step.depends_on.iter().all(ready) {
                done.insert(&step.id);
            }
        }
        if done.len() == before {
            return done.len() < ids.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use app::error::AppError;

    use super::*;

    fn step(id: &str, depends_on: &[&str]) -> Step {
        Step {
            id: id.to_owned(),
            title: format!("step {id}"),
            depends_on: depends_on.iter().map(|id| (*id).to_owned()).collect(),
            ..Step::default()
        }
    }

    fn plan(steps: Vec<Step>) -> ImplementationPlan {
        ImplementationPlan { steps }
    }

    fn ids(plan: &ImplementationPlan) -> Vec<&str> {
        plan.steps.iter().map(|step| step.id.as_str()).collect()
    }

    #[test]
    fn empty_ids_get_their_position_unless_it_is_taken() {
        let made = new_plan(plan(vec![step("", &[]), step("3", &[]), step("", &["3"])])).unwrap();
        assert_eq!(ids(&made), ["1", "3", "4"]);
    }

    #[test]
    fn outcomes_cannot_be_claimed() {
        let claim =
            Step { status: StepStatus::Completed, commit: Some("f".into()), attempts: 3, ..step("1", &[]) };
        assert_eq!(new_plan(plan(vec![claim])).unwrap(), plan(vec![step("1", &[])]));
    }

    #[test]
    fn plans_that_cannot_be_worked_off_are_refused() {
        let cases = [
            vec![step("1", &[]), step("1", &[])],
            vec![step("1", &["2"])],
            vec![step("1", &["2"]), step("2", &["1"])],
            vec![step("1", &["1"])],
            vec![Step { title: String::new(), ..step("1", &[]) }],
            vec![step("a b", &[])],
            (0..=MAX_STEPS).map(|n| step(&n.to_string(), &[])).collect(),
        ];
        for steps in cases {
            let refused = new_plan(plan(steps.clone()));
            assert!(matches!(refused, Err(AppError::Invalid(_))), "accepted: {steps:?}");
        }
    }

    #[test]
    fn problems_name_the_place_in_what_was_sent() {
        let done = Step { status: StepStatus::Completed, ..step("1", &[]) };
        let long = Step { verify: Some("x".repeat(4097)), ..step("b", &["gone"]) };
        let untitled = Step { title: " ".into(), ..step("a", &[]) };
        let Err(AppError::Invalid(errors)) = merged_plan(&plan(vec![done]), plan(vec![untitled, long]))
        else {
            panic!("the plan was accepted")
        };
        let fields: Vec<_> = errors.iter().map(|e| e.field.as_str()).collect();
        let path = |at: usize, part: &str| format!("implementation_plan.steps[{at}].{part}");
        assert_eq!(fields, [path(0, "title"), path(1, "verify"), path(1, "depends_on")]);
    }

    #[test]
    fn a_change_keeps_what_is_done_and_what_is_under_way() {
        let done = Step { status: StepStatus::Completed, commit: Some("f".into()), ..step("1", &[]) };
        let running = Step { status: StepStatus::Running, attempts: 2, ..step("2", &["1"]) };
        let old = plan(vec![done.clone(), running.clone(), step("3", &["2"])]);
        let renamed = Step { title: "new".into(), ..step("2", &[]) };
        let merged = merged_plan(&old, plan(vec![renamed.clone(), step("9", &["1"])])).unwrap();
        let kept = Step { title: "new".into(), depends_on: vec![], ..running };
        assert_eq!(merged, plan(vec![done.clone(), kept.clone(), step("9", &["1"])]));
        // Where a finished step is named, it stays at that place.
        let changed = Step { title: "other".into(), ..step("1", &[]) };
        let merged = merged_plan(&old, plan(vec![renamed, changed])).unwrap();
        assert_eq!(merged, plan(vec![kept, done]));
    }

    #[test]
    fn what_was_given_up_gets_a_new_chance_only_when_it_is_changed() {
        let failed = Step { status: StepStatus::Failed, attempts: 5, ..step("1", &[]) };
        let old = plan(vec![failed]);
        assert_eq!(merged_plan(&old, plan(vec![step("1", &[])])).unwrap(), old);
        let renamed = Step { title: "new".into(), ..step("1", &[]) };
        assert_eq!(merged_plan(&old, plan(vec![renamed.clone()])).unwrap(), plan(vec![renamed]));
        let skipped = plan(vec![Step { status: StepStatus::Skipped, ..step("1", &[]) }]);
        assert_eq!(merged_plan(&old, skipped.clone()).unwrap(), skipped);
        let pending = plan(vec![step("1", &[])]);
        assert_eq!(merged_plan(&skipped, pending.clone()).unwrap(), pending);
    }
}
