//! Plans as people write them: checked, numbered, and merged with what is done already.
//!
//! Pure: no database and no clock.

use std::collections::{HashMap, HashSet};

use app::{
    backend::Answer,
    model::{ImplementationPlan, Step, StepStatus},
};

use super::check::Check;

const MAX_STEPS: usize = 200;
const FIELD: &str = "implementation_plan";

/// A new plan: ids given, outcomes empty.
///
/// # Errors
/// `Invalid` with what is wrong, step by step.
pub fn new_plan(plan: ImplementationPlan) -> Answer<ImplementationPlan> {
    let mut steps: Vec<Step> = plan.steps.into_iter().map(unworked).collect();
    number(&mut steps);
    check(&steps)?;
    Ok(ImplementationPlan { steps })
}

/// A changed plan: finished steps stay as they are, in front; a step that is under way keeps its outcome so far.
///
/// # Errors
/// As [`new_plan`].
pub fn merged_plan(old: &ImplementationPlan, new: ImplementationPlan) -> Answer<ImplementationPlan> {
    let known: HashMap<&str, &Step> = old.steps.iter().map(|step| (step.id.as_str(), step)).collect();
    let finished = old.steps.iter().filter(|step| step.status == StepStatus::Completed);
    let mut steps: Vec<Step> = finished.cloned().collect();
    for step in new.steps {
        match known.get(step.id.as_str()) {
            Some(before) if before.status == StepStatus::Completed => {}
            Some(before) if before.status == StepStatus::Running => steps.push(Step {
                id: step.id,
                title: step.title,
                instructions: step.instructions,
                verify: step.verify,
                depends_on: step.depends_on,
                ..(*before).clone()
            }),
            _ => steps.push(unworked(step)),
        }
    }
    number(&mut steps);
    check(&steps)?;
    Ok(ImplementationPlan { steps })
}

/// Position of the first step that needs work; the number of steps if none does.
pub fn current_step(plan: &ImplementationPlan) -> i64 {
    let done = |step: &Step| matches!(step.status, StepStatus::Completed | StepStatus::Skipped);
    let position = plan.steps.iter().position(|step| !done(step)).unwrap_or(plan.steps.len());
    i64::try_from(position).unwrap_or(i64::MAX)
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

/// Steps without an id get their position, or the next number that is free.
fn number(steps: &mut [Step]) {
    let mut taken: HashSet<String> = steps.iter().map(|step| step.id.clone()).collect();
    for (index, step) in steps.iter_mut().enumerate().filter(|(_, step)| step.id.is_empty()) {
        let id = (index + 1..).map(|n| n.to_string()).find(|id| !taken.contains(id)).unwrap_or_default();
        taken.insert(id.clone());
        step.id = id;
    }
}

fn check(steps: &[Step]) -> Answer<()> {
    let mut check = Check::default();
    if steps.len() > MAX_STEPS {
        check.problem(FIELD, format!("A plan has at most {MAX_STEPS} steps."));
        return check.done();
    }
    let mut ids = HashSet::new();
    for step in steps {
        let id = &step.id;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if id.len() > 32 || !id.chars().all(plain) {
            check.problem(FIELD, format!("The step id \u{201c}{id}\u{201d} is not made of at most 32 letters, digits, dots, hyphens and underscores."));
        }
        if !ids.insert(id.as_str()) {
            check.problem(FIELD, format!("Two steps have the id \u{201c}{id}\u{201d}."));
        }
        let title = step.title.chars().count();
        if !(1..=200).contains(&title) || step.title.chars().any(char::is_control) {
            check.problem(FIELD, format!("The title of step {id} needs 1 to 200 characters on one line."));
        }
        let verify = step.verify.as_deref().unwrap_or_default();
        if step.instructions.len() > 32 * 1024 || verify.len() > 4096 || verify.contains('\0') {
            check.problem(
                FIELD,
                format!(
                    "Step {id} is too long: 32 KiB of instructions and 4 KiB of verify command are the most."
                ),
            );
        }
    }
    for step in steps {
        for other in step.depends_on.iter().filter(|other| !ids.contains(other.as_str())) {
            let id = &step.id;
            check.problem(
                FIELD,
                format!("Step {id} depends on \u{201c}{other}\u{201d}, which is not in the plan."),
            );
        }
    }
    check.that(!has_cycle(steps), FIELD, "Some steps depend on each other in a circle.");
    check.done()
}

/// Whether some steps can never begin because they wait for each other.
fn has_cycle(steps: &[Step]) -> bool {
    let ids: HashSet<&str> = steps.iter().map(|step| step.id.as_str()).collect();
    let mut done: HashSet<&str> = HashSet::new();
    loop {
        let before = done.len();
        for step in steps {
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
    fn a_change_keeps_what_is_done_and_what_is_under_way() {
        let done = Step { status: StepStatus::Completed, commit: Some("f".into()), ..step("1", &[]) };
        let running = Step { status: StepStatus::Running, attempts: 2, ..step("2", &["1"]) };
        let old = plan(vec![done.clone(), running.clone(), step("3", &["2"])]);
        let renamed = Step { title: "new".into(), ..step("2", &[]) };
        let merged = merged_plan(&old, plan(vec![renamed, step("9", &["1"])])).unwrap();
        let kept = Step { title: "new".into(), depends_on: vec![], ..running };
        assert_eq!(merged, plan(vec![done, kept, step("9", &["1"])]));
        assert_eq!(current_step(&merged), 1);
        assert_eq!(current_step(&plan(vec![])), 0);
    }
}
