//! A project's plan: changed by a person, taken back, brought forward.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::{LATEST, answered, signed_in},
    model::{Expected, ImplementationPlan, ProjectDraft, UndoDraft},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{ProjectId, Step, Undo, UndoId},
};

/// Replaces the unfinished part of the plan; field errors name `implementation_plan.steps[n]`.
#[server(prefix = "/fn", endpoint = "save_plan", input = Json, output = Json)]
pub async fn save_plan(id: ProjectId, steps: Vec<Step>) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let kept = answered(backend.project(&viewer, id).await)?.draft();
    let draft = ProjectDraft { implementation_plan: Some(ImplementationPlan { steps }), ..kept };
    answered(backend.update_project(&viewer, id, draft, Expected::Anything).await).map(drop)
}

/// The ways back that were taken, newest first.
#[server(prefix = "/fn", endpoint = "load_undos", output = Json)]
pub async fn load_undos(id: ProjectId) -> Result<Vec<Undo>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.undos(&viewer, id, LATEST).await)
}

/// Takes files and plan back to the end of a step; an empty id means the beginning.
#[server(prefix = "/fn", endpoint = "undo", output = Json)]
pub async fn undo_to(id: ProjectId, to_step: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let to_step = Some(to_step).filter(|step| !step.is_empty());
    answered(backend.undo(&viewer, id, UndoDraft { to_step }).await).map(drop)
}

/// Brings back what an undo took away.
#[server(prefix = "/fn", endpoint = "redo", output = Json)]
pub async fn redo(id: ProjectId, undo_id: UndoId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.redo(&viewer, id, undo_id).await).map(drop)
}
