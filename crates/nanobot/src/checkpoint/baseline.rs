//! What a person had not committed when the work began: kept, and committed apart from every step.
//!
//! Must not run after the first step, and adds nothing that git ignores.

use std::path::Path;

use super::{
    TRAILER,
    git::{Git, GitError, author},
    head, repository,
    snapshot::{self, empty_tree, tree_of},
};

/// Where the work began: a commit, or the empty tree in a repository without commits.
pub(super) const START: &str = "refs/autocode/start";

/// Work that was found and is safe now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The commit that holds it, on the branch.
    pub commit: String,
    /// The reference that keeps it, staged changes apart, whatever becomes of the branch.
    pub reference: String,
}

impl Baseline {
    /// What happened and how to get the work back, for the log.
    pub fn notice(&self) -> String {
        let short = self.commit.get(..12).unwrap_or(&self.commit);
        format!(
            "Work that was not committed yet was found and is committed as {short}, before the first step. To have it \
             back as it was: git restore --source {} . (it stays there whatever happens to the branch).",
            self.reference
        )
    }
}

/// Before the first step: commits what is not committed yet, if there is anything, and notes where the work begins.
/// `at` is the time in milliseconds since the Unix epoch.
///
/// # Errors
/// The repository is in a state in which nothing may be touched, or git fails.
pub async fn baseline(workspace: &Path, at: i64) -> Result<Option<Baseline>, GitError> {
    repository::check(workspace).await?;
    let snapshot = snapshot::take(workspace, None).await?;
    let committed = match &snapshot.head {
        Some(head) => tree_of(workspace, head).await?,
        None => empty_tree(workspace).await?,
    };
    let found = if snapshot.tree == committed && snapshot.index == committed {
        None
    } else if snapshot.head.is_none() && only_rules(workspace, &snapshot.tree).await? {
        // Put there for the project when its folder was made: nobody's work.
        commit(workspace, &format!("Rules of the project\n\n{TRAILER}: baseline\n")).await?;
        None
    } else {
        let message = format!("Work found before AutoCode began\n\n{TRAILER}: baseline\n");
        let reference = format!("refs/autocode/baseline/{at}");
        let kept = snapshot.commit(workspace, &message).await?;
        Git::new(workspace).text(&["update-ref", &reference, &kept]).await?;
        let commit = commit(workspace, &message).await?;
        Some(Baseline { commit, reference })
    };
    let start = match head(workspace).await? {
        Some(head) => head,
        None => empty_tree(workspace).await?,
    };
    Git::new(workspace).text(&["update-ref", START, &start]).await?;
    Ok(found)
}

/// Whether a tree holds nothing but the project's rules.
async fn only_rules(workspace: &Path, tree: &str) -> Result<bool, GitError> {
    let names = Git::new(workspace).text(&["ls-tree", "-r", "--name-only", tree]).await?;
    Ok(names == ".claude/CLAUDE.md")
}

async fn commit(workspace: &Path, message: &str) -> Result<String, GitError> {
    Git::new(workspace).text(&["add", "--all"]).await?;
    let mut args = author(workspace).await?;
    args.extend(
        ["commit", "--quiet", "--no-verify", "--allow-empty", "--cleanup=verbatim", "--file=-"]
            .map(str::to_owned),
    );
    Git::new(workspace).input(message).text(&args).await?;
    Git::new(workspace).text(&["rev-parse", "--verify", "HEAD"]).await
}
