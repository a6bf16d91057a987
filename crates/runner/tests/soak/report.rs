//! How the soak's runs ended, for the terminal and for the documentation.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use super::{Done, Order, STEPS, fault::Kind};

/// One run in one line.
pub fn line(seed: u64, done: &Done) -> String {
    let end = match (&done.failure, done.questions.len()) {
        (Some(failure), _) => {
            let cause = short(&failure.cause, 600);
            format!("FAILED (SOAK_SEED={seed} SOAK_RUN={}): {cause}", done.number)
        }
        (None, 0) => "completed".to_owned(),
        (None, count) => format!("completed after {count} question(s): {}", done.questions.join(" / ")),
    };
    let line = format!(
        "run {:>3}: {} after {:.1} s: {end} ({:.0} s)",
        done.number,
        done.kind.name(),
        Duration::from_millis(done.moment).as_secs_f64(),
        done.took.as_secs_f64()
    );
    line.replace('\n', " ")
}

/// At most so many characters of a text, in one line.
pub fn short(text: &str, characters: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(characters).collect()
}

/// What must be read of a failed soak, to be printed last: a log that is cut keeps its end.
pub fn failures(seed: u64, all: &[Done]) -> String {
    let mut text = String::new();
    for done in all {
        let Some(failure) = &done.failure else { continue };
        writeln!(text, "{}", line(seed, done)).unwrap();
        for words in &failure.before {
            writeln!(text, "    {words}").unwrap();
        }
    }
    text
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// `docs/soak.md`.
pub fn document(order: &Order, all: &[Done], date: &str, versions: &str) -> String {
    let (seed, at_once) = (order.seed, order.at_once);
    let failed = all.iter().filter(|done| done.failure.is_some()).count();
    let asked = all.iter().filter(|done| done.failure.is_none() && !done.questions.is_empty()).count();
    let mut text = format!(
        "# The soak, measured\n\nWritten by `make soak` on {date} with {versions}: {} runs of a plan of {STEPS} steps with one fault each at a \
         moment of chance, {at_once} at a time, seed {seed}. The real supervisor, runner, nanobot, tmux and Claude Code; only the model is \
         scripted.\n\n- completed without a question: {}\n- completed after the right question was answered: {asked}\n- failed: {failed}\n\
         - prompts that arrived twice, steps done without proof, processes left: {}\n\nOne run again: `SOAK_SEED={seed} SOAK_RUN=17 make soak` (a \
         run's number decides its fault and moment).\n\n| fault | runs | completed | after a question | failed | median | longest |\n\
         |---|---|---|---|---|---|---|\n",
        all.len(),
        all.len() - failed - asked,
        if failed == 0 { "0".to_owned() } else { "see the failed runs".to_owned() },
    );
    let mut kinds: BTreeMap<Kind, Vec<&Done>> = BTreeMap::new();
    for done in all {
        kinds.entry(done.kind).or_default().push(done);
    }
    for (kind, runs) in kinds {
        let count = |test: &dyn Fn(&Done) -> bool| runs.iter().filter(|done| test(done)).count();
        let mut times: Vec<Duration> = runs.iter().map(|done| done.took).collect();
        let longest = times.iter().max().copied().unwrap_or_default();
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:.0} s | {:.0} s |",
            kind.name(),
            runs.len(),
            count(&|done| done.failure.is_none() && done.questions.is_empty()),
            count(&|done| done.failure.is_none() && !done.questions.is_empty()),
            count(&|done| done.failure.is_some()),
            median(&mut times).as_secs_f64(),
            longest.as_secs_f64(),
        )
        .unwrap();
    }
    for done in all.iter().filter(|done| done.failure.is_some()) {
        writeln!(text, "\n{}", line(seed, done)).unwrap();
    }
    text
}
