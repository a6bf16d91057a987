//! What each step changed in the files, and what is not committed yet.
//!
//! Names and lines are whatever an agent wrote: they are drawn as text and nothing else.

use leptos::prelude::*;

use super::tabs::href;
use crate::{
    components::encoded,
    error::AppError,
    model::{Changes, FileChange, FileStatus, Project, ProjectTab},
};

/// Files and diffs of one step, with links to the others.
#[component]
pub fn ChangesTab(
    /// The project.
    project: Signal<Project>,
    /// Whose changes; none for what is not committed.
    step: Option<String>,
    /// What the runner said.
    changes: Result<Changes, AppError>,
) -> impl IntoView {
    let content = match changes {
        Ok(changes) => view! { <Files changes /> }.into_any(),
        Err(error) => view! {
            <div class="empty" role="status" data-testid="no-changes">
                <p>{error.to_string()}</p>
                <p class="muted">"The files are read by the agents' runner, which must be within reach."</p>
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="changes">
            <Steps project step />
            <section class="group" aria-label="Changed files">
                {content}
            </section>
        </div>
    }
    .into_any()
}

/// The finished steps as links, newest work first.
#[component]
fn Steps(project: Signal<Project>, step: Option<String>) -> impl IntoView {
    let base = href(project.with_untracked(|p| p.id), ProjectTab::Changes);
    let uncommitted = base.clone();
    let now = step.is_none().then_some("true");
    let finished = Memo::new(move |_| {
        project.with(|p| {
            let steps = p.implementation_plan.steps.iter().enumerate();
            let done = steps.filter(|(_, step)| step.commit.is_some());
            done.map(|(at, step)| (at + 1, step.id.clone(), step.title.clone())).collect::<Vec<_>>()
        })
    });
    view! {
        <nav class="change-steps" aria-label="Steps">
            <ul>
                <li>
                    <a href=uncommitted aria-current=now>
                        "Not committed yet"
                    </a>
                </li>
                <For each=move || finished.get() key=|(_, id, _)| id.clone() let:entry>
                    <li>
                        <a
                            href=format!("{base}?step={}", encoded(&entry.1))
                            aria-current=(step.as_deref() == Some(entry.1.as_str())).then_some("true")
                        >
                            {format!("{}. {}", entry.0, entry.2)}
                        </a>
                    </li>
                </For>
            </ul>
        </nav>
    }
    .into_any()
}

#[component]
fn Files(changes: Changes) -> impl IntoView {
    let Changes { files, more_files } = changes;
    let total = |pick: fn(&FileChange) -> Option<u64>| files.iter().filter_map(pick).sum::<u64>();
    let (added, removed) = (total(|file| file.added), total(|file| file.removed));
    let count = files.len() as u64 + more_files;
    let summary = match count {
        0 => "Nothing changed.".to_owned(),
        1 => format!("1 file, {added} lines added, {removed} removed"),
        _ => format!("{count} files, {added} lines added, {removed} removed"),
    };
    let all = files.into_iter().map(|file| view! { <File file /> }).collect_view();
    view! {
        <p data-testid="changes-summary">{summary}</p>
        <ul class="files">{all}</ul>
        <p class="note" hidden=more_files == 0>
            {format!("{more_files} more files are not shown.")}
        </p>
    }
    .into_any()
}

#[component]
fn File(file: FileChange) -> impl IntoView {
    let FileChange { path, status, added, removed, diff, cut } = file;
    let (word, mark) = match status {
        FileStatus::Added => ("Added", "A"),
        FileStatus::Modified => ("Modified", "M"),
        FileStatus::Deleted => ("Deleted", "D"),
    };
    let counts = match (added, removed) {
        (Some(added), Some(removed)) => format!("+{added} \u{2212}{removed}"),
        _ => "binary".to_owned(),
    };
    let label = format!("Diff of {path}");
    let lines = diff.lines().map(|line| {
        let kind = match line.as_bytes().first() {
            Some(b'+') => "added",
            Some(b'-') => "removed",
            Some(b'@') => "hunk",
            _ => "same",
        };
        view! { <span data-kind=kind>{format!("{line}\n")}</span> }
    });
    let lines = lines.collect_view();
    let none = diff.is_empty();
    let note = match (cut, added.is_some()) {
        (true, _) => "The rest of this diff is too long to be shown.",
        (false, false) => "A binary file has no lines to compare.",
        (false, true) => "No line changed.",
    };
    view! {
        <li>
            <details class="file" data-testid="changed-file" open=!none>
                <summary>
                    <abbr class="file-status" title=word data-status=mark>
                        {mark}
                    </abbr>
                    <code>{path}</code>
                    <span class="muted">{counts}</span>
                </summary>
                <pre class="diff" tabindex="0" aria-label=label hidden=none>
                    {lines}
                </pre>
                <p class="note" hidden=!(cut || none)>
                    {note}
                </p>
            </details>
        </li>
    }
    .into_any()
}
