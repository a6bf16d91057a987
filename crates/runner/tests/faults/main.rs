//! The fault matrix and the soak test: the whole chain of processes with the real Claude Code, and faults in it.
//!
//! Its own harness, because the program also plays the processes of a run (`roles`), and because rows mostly wait: under
//! `cargo test` three run at a time. With `--rounds N --report FILE` every row runs N times and a table is written.
#![cfg(test)]

mod events;
mod evidence;
mod gate;
mod inject;
mod link;
mod report;
mod roles;
mod rows;
mod scenario;
#[path = "../soak/mod.rs"]
mod soak;
mod stage;
mod talk;

use std::{ffi::OsString, process::ExitCode, sync::Arc};

use report::Run;
use rows::Row;
use tokio::sync::Semaphore;

/// The soak's name among the rows.
const SOAK: &str = "soak";
/// Rows at a time.
const AT_ONCE: usize = 3;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(code) = roles::play(&args) {
        return code;
    }
    let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    let value = |name: &str| args.iter().skip_while(|arg| *arg != name).nth(1).cloned();
    if has("--list") {
        if !has("--ignored") {
            rows::all().iter().map(|row| row.case).chain([SOAK]).for_each(|name| println!("{name}: test"));
        }
        return ExitCode::SUCCESS;
    }
    let rounds: usize = value("--rounds").map_or(1, |text| text.parse().unwrap());
    let report = value("--report");
    let values = [value("--rounds"), report.clone(), value("--format"), value("--soak")];
    let filter: Vec<&String> =
        args.iter().filter(|arg| !arg.starts_with('-') && !values.contains(&Some((*arg).clone()))).collect();
    let chosen = |row: &Row| match has("--exact") {
        true => filter.iter().any(|name| *name == row.case),
        false => filter.is_empty() || filter.iter().any(|part| row.case.contains(part.as_str())),
    };
    let rows: Vec<Row> = rows::all().into_iter().filter(chosen).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if filter.iter().any(|name| *name == SOAK) || value("--soak").is_some() {
        return soak(&runtime, value("--soak"));
    }
    let runs = runtime.block_on(run(rows, rounds));
    print!("{}", report::table(&runs, false));
    if let Some(file) = report {
        std::fs::write(&file, report::document(&runs, rounds)).unwrap();
        println!("The table is in {file}.");
    }
    runs.iter().for_each(|run| eprint!("{}", run.in_short()));
    if runs.iter().all(Run::passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The soak, with a report if a file is named.
fn soak(runtime: &tokio::runtime::Runtime, report: Option<String>) -> ExitCode {
    let order = soak::Order::from_environment();
    let all = runtime.block_on(soak::soak(&order));
    // One run that is played again is no report.
    if let Some(file) = report.filter(|_| std::env::var_os("SOAK_RUN").is_none()) {
        let date = report::version("date", "+%Y-%m-%d");
        std::fs::write(&file, soak::document(&order, &all, &date, &report::versions())).unwrap();
        println!("The report is in {file}.");
    }
    let failed = all.iter().filter(|done| done.failure.is_some()).count();
    println!(
        "soak: {} of {} runs ended as they must (SOAK_SEED={})",
        all.len() - failed,
        all.len(),
        order.seed
    );
    // On stderr, which a test runner shows after everything else.
    eprint!("{}", soak::failures(order.seed, &all));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every row this often, one round after the other.
async fn run(rows: Vec<Row>, rounds: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = rows.iter().map(|row| Run::new(*row)).collect();
    for _ in 0..rounds {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = Vec::new();
        for row in &rows {
            let (row, places) = (*row, places.clone());
            tasks.push(tokio::spawn(async move {
                let _place = places.acquire().await.unwrap();
                tokio::spawn((row.run)()).await
            }));
        }
        for (run, task) in runs.iter_mut().zip(tasks) {
            run.add(task.await.unwrap());
        }
    }
    runs
}
