//! What an agent remembers of a project: `.nanobot/MEMORY.md` (how things stand) and `HISTORY.md` (what happened).
//!
//! Must not decide what is worth remembering beyond the plain facts of a step.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    protocol::{Step, StepStatus},
    state::write_atomically,
};

/// Longest HISTORY.md, in bytes; the oldest entries go first.
const MAX_HISTORY: usize = 512 * 1024;

/// One finished step.
#[derive(Clone, Debug)]
pub struct HistoryEntry<'a> {
    /// When it finished, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The step.
    pub step: &'a Step,
    /// What the verify command said, in a phrase.
    pub verify: &'a str,
    /// Hash of the checkpoint.
    pub commit: &'a str,
    /// Why the step counts as done.
    pub reason: &'a str,
}

/// The two files of a workspace.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    folder: PathBuf,
}

impl MemoryStore {
    /// The memory of a workspace.
    pub fn new(workspace: &Path) -> Self {
        Self { folder: workspace.join(".nanobot") }
    }

    /// Appends a finished step to HISTORY.md, unless its checkpoint stands there already.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn append_history(&self, entry: &HistoryEntry<'_>) -> io::Result<()> {
        if read(&self.folder.join("HISTORY.md"))?.contains(&format!("- commit: {}\n", entry.commit)) {
            return Ok(());
        }
        self.append(&format!(
            "\n## {} Step {}: {}\n- attempts: {}\n- verify: {}\n- commit: {}\n- why: {}\n",
            timestamp(entry.at),
            entry.step.id,
            one_line(&entry.step.title),
            entry.step.attempts,
            entry.verify,
            entry.commit,
            one_line(entry.reason),
        ))
    }

    /// Appends something else that happened to HISTORY.md: when, what, and where what was there before is kept.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn append_note(&self, at: i64, what: &str, kept: &str) -> io::Result<()> {
        self.append(&format!("\n## {} {}\n- kept before: {kept}\n", timestamp(at), one_line(what)))
    }

    fn append(&self, entry: &str) -> io::Result<()> {
        let path = self.folder.join("HISTORY.md");
        let mut text = read(&path)?;
        if text.is_empty() {
            text = "# History\n".to_owned();
        }
        text += entry;
        while text.len() > MAX_HISTORY {
            let Some(first) = text.find("\n## ") else { break };
            let Some(second) = text[first + 1..].find("\n## ") else { break };
            text.replace_range(first..first + 1 + second, "");
        }
        write_atomically(&path, text.as_bytes())
    }

    /// Writes MEMORY.md: how the project stands. Notes below its last heading `## Notes` are kept as they are.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn write_memory(&self, project: &str, plan: &[Step]) -> io::Result<()> {
        let path = self.folder.join("MEMORY.md");
        let former = read(&path)?;
        let notes = former.find("\n## Notes\n").map_or("\n## Notes\n", |at| &former[at..]);
        let count = |status| plan.iter().filter(|s| s.status == status).count();
        let mut text = format!(
            "# Memory of {}\n\n{} of {} steps are done.\n\n## Steps\n",
            one_line(project),
            count(StepStatus::Completed) + count(StepStatus::Skipped),
            plan.len()
        );
        for step in plan {
            let outcome = match (step.status, &step.commit) {
                (StepStatus::Completed, Some(commit)) => {
                    format!("done in commit {}", commit.get(..12).unwrap_or(commit))
                }
                (StepStatus::Completed, None) => "done".to_owned(),
                (StepStatus::Running, _) => "under way".to_owned(),
                (StepStatus::Failed, _) => "failed".to_owned(),
                (StepStatus::Skipped, _) => "left out".to_owned(),
                (StepStatus::Pending, _) => "open".to_owned(),
            };
            text += &format!("- {}: {} ({outcome})\n", step.id, one_line(&step.title));
        }
        text += notes;
        write_atomically(&path, text.as_bytes())
    }

    /// MEMORY.md as it is, empty if there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn memory(&self) -> io::Result<String> {
        read(&self.folder.join("MEMORY.md"))
    }
}

/// A text file's content; a missing file is empty, bytes that are no text are replaced.
///
/// # Errors
/// The file is there but cannot be read.
pub fn read(path: &Path) -> io::Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn timestamp(millis: i64) -> String {
    OffsetDateTime::from_unix_timestamp(millis / 1000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| millis.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_entered_once_and_notes_survive() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".nanobot")).unwrap();
        let memory = MemoryStore::new(folder.path());
        let step = Step {
            id: "s1".into(),
            title: "Make it".into(),
            attempts: 2,
            status: StepStatus::Completed,
            commit: Some("0123456789abcdef".into()),
            ..Step::default()
        };
        let entry = HistoryEntry {
            at: 1_700_000_000_000,
            step: &step,
            verify: "passed",
            commit: "0123456789abcdef",
            reason: "fine",
        };
        memory.append_history(&entry).unwrap();
        memory.append_history(&entry).unwrap();
        let history = read(&folder.path().join(".nanobot/HISTORY.md")).unwrap();
        assert_eq!(
            history,
            "# History\n\n## 2023-11-14T22:13:20Z Step s1: Make it\n- attempts: 2\n- verify: passed\n- commit: 0123456789abcdef\n- why: fine\n"
        );
        memory.write_memory("P", std::slice::from_ref(&step)).unwrap();
        let path = folder.path().join(".nanobot/MEMORY.md");
        fs::write(&path, memory.memory().unwrap() + "- the port is 8080\n").unwrap();
        memory.write_memory("P", &[step]).unwrap();
        assert_eq!(
            memory.memory().unwrap(),
            "# Memory of P\n\n1 of 1 steps are done.\n\n## Steps\n- s1: Make it (done in commit 0123456789ab)\n\n## Notes\n- the port is 8080\n"
        );
    }
}
