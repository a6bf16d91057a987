//! What the tabs of a project's page show and save.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{LATEST, answered, signed_in, unix_lines},
    markdown,
    model::{ChangesQuery, TextSave},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{
        Changes, Diagnosis, LogEntry, LogQuery, ProjectId, ProjectTab, ProjectText, SafeHtml, StepUsage,
        TextKind, Undo, UsageSummary,
    },
};

/// Log lines that a tab shows at first; later ones arrive live.
#[cfg(feature = "ssr")]
const FIRST_LOG_LINES: u32 = 200;

/// What a tab needs beside the project itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TabData {
    /// What matters now.
    Overview(Box<Overview>),
    /// The terminal brings its own.
    Terminal,
    /// The newest log lines, oldest first.
    Logs(Vec<LogEntry>),
    /// A long text.
    Text(TextKind, ProjectText),
    /// The ways back that were taken, newest first.
    Plan(Vec<Undo>),
    /// Of a step, or of what is not committed; why not, if the runner cannot say.
    Changes(Option<String>, Result<Changes, AppError>),
    /// All, and each step.
    Usage(UsageSummary, Vec<StepUsage>),
}

/// What the overview shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The newest log lines, oldest first.
    pub logs: Vec<LogEntry>,
    /// Tokens and cost so far.
    pub usage: UsageSummary,
    /// What the control loop saw last.
    pub diagnosis: Option<Diagnosis>,
    /// The goal.
    pub goal: SafeHtml,
}

/// What a tab shows; `step` is whose changes are wanted.
#[server(prefix = "/fn", endpoint = "load_project_tab", input = Json, output = Json)]
pub async fn load_project_tab(
    id: ProjectId,
    tab: ProjectTab,
    step: Option<String>,
) -> Result<TabData, AppError> {
    let (backend, viewer) = signed_in().await?;
    let newest = LogQuery { limit: Some(FIRST_LOG_LINES), ..LogQuery::default() };
    Ok(match tab {
        ProjectTab::Overview => TabData::Overview(Box::new(Overview {
            goal: answered(markdown::render(&answered(backend.project(&viewer, id).await)?.description))?,
            logs: answered(backend.logs(&viewer, id, newest).await)?,
            usage: answered(backend.usage(&viewer, id).await)?,
            diagnosis: answered(backend.diagnosis(&viewer, id).await)?,
        })),
        ProjectTab::Terminal => TabData::Terminal,
        ProjectTab::Logs => TabData::Logs(answered(backend.logs(&viewer, id, newest).await)?),
        ProjectTab::Description | ProjectTab::Architecture => {
            let kind = match tab {
                ProjectTab::Description => TextKind::Description,
                _ => TextKind::Architecture,
            };
            TabData::Text(kind, answered(backend.project_text(&viewer, id, kind).await)?)
        }
        ProjectTab::Plan => TabData::Plan(answered(backend.undos(&viewer, id, LATEST).await)?),
        ProjectTab::Changes => {
            let query = ChangesQuery { step: step.clone() };
            TabData::Changes(step, backend.changes(&viewer, id, query).await)
        }
        ProjectTab::Usage => TabData::Usage(
            answered(backend.usage(&viewer, id).await)?,
            answered(backend.step_usage(&viewer, id).await)?,
        ),
    })
}

/// A page of a project's log, oldest first.
#[server(prefix = "/fn", endpoint = "load_logs", input = Json, output = Json)]
pub async fn load_logs(id: ProjectId, query: LogQuery) -> Result<Vec<LogEntry>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.logs(&viewer, id, query).await)
}

/// A long text as it is stored now.
#[server(prefix = "/fn", endpoint = "load_project_text", output = Json)]
pub async fn load_project_text(id: ProjectId, kind: TextKind) -> Result<ProjectText, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.project_text(&viewer, id, kind).await)
}

/// Stores a long text over the version that its writer saw; a conflict if that is no longer the stored one.
#[server(prefix = "/fn", endpoint = "save_project_text", output = Json)]
pub async fn save_project_text(
    id: ProjectId,
    kind: TextKind,
    text: String,
    version: String,
) -> Result<ProjectText, AppError> {
    let (backend, viewer) = signed_in().await?;
    let new = ProjectText { text: unix_lines(&text), version };
    match answered(backend.save_project_text(&viewer, id, kind, new).await)? {
        TextSave::Saved(text) => Ok(text),
        TextSave::Conflict(_) => {
            answered(Err(AppError::Conflict("Somebody else changed this text meanwhile.".to_owned())))
        }
    }
}
