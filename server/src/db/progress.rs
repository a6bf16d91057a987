//! SQL for what a run changes: its project's standing and plan, and how far the runner's events are stored.

use app::model::{Diagnosis, ImplementationPlan, ProjectId, ProjectStatus, UserId};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The number of the last stored event of a user's runner; 0 if there is none.
///
/// # Errors
/// Those of the database.
pub async fn cursor(db: &SqlitePool, user: UserId) -> Result<i64, sqlx::Error> {
    let rows = sqlx::query!("select seq from runner_cursors where user_id = ?", user.0);
    Ok(rows.fetch_all(db).await?.pop().map_or(0, |row| row.seq))
}

/// Records the number of the last stored event.
///
/// # Errors
/// Those of the database.
pub async fn set_cursor(tx: &mut Transaction<'_, Sqlite>, user: UserId, seq: i64) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into runner_cursors (user_id, seq) values (?1, ?2) on conflict (user_id) do update set seq = ?2",
        user.0,
        seq
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Where a run has brought its project.
#[derive(Clone, Debug, Default)]
pub struct Standing<'a> {
    /// The new status; none leaves it.
    pub status: Option<ProjectStatus>,
    /// Why, in one sentence.
    pub reason: Option<&'a str>,
    /// What a person is asked.
    pub question: Option<Question<'a>>,
}

/// What a person is asked, with all that helps to answer.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The question.
    pub text: &'a str,
    /// Answers to choose from.
    pub suggestions: &'a [String],
    /// The last screen.
    pub screen: Option<&'a str>,
    /// When the work goes on by itself, in milliseconds since the Unix epoch.
    pub resumes_at: Option<i64>,
}

/// Records a project's status with its reason and question; a former question goes with all that belongs to it.
///
/// # Errors
/// Those of the database.
pub async fn set_standing(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    project: ProjectId,
    standing: &Standing<'_>,
    now: i64,
) -> Result<(), sqlx::Error> {
    let status = standing.status.map(ProjectStatus::as_str);
    let question = standing.question.map(|q| q.text);
    let suggestions = serde_json::to_string(standing.question.map_or(&[][..], |q| q.suggestions))
        .map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    let screen = standing.question.and_then(|q| q.screen);
    let resumes_at = standing.question.and_then(|q| q.resumes_at);
    sqlx::query!(
        "update projects set status = coalesce(?, status), status_reason = ?, question = ?, suggestions = ?,
                help_screen = ?, resumes_at = ?, updated_at = ?
         where user_id = ? and id = ?",
        status,
        standing.reason,
        question,
        suggestions,
        screen,
        resumes_at,
        now,
        user.0,
        project.0
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// A project's plan, as stored.
///
/// # Errors
/// Those of the database; a plan that does not parse counts as a decoding error.
pub async fn plan(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    project: ProjectId,
) -> Result<Option<ImplementationPlan>, sqlx::Error> {
    let rows = sqlx::query!(
        "select implementation_plan from projects where user_id = ? and id = ?",
        user.0,
        project.0
    );
    let row = rows.fetch_all(&mut **tx).await?.pop();
    row.map(|row| serde_json::from_str(&row.implementation_plan))
        .transpose()
        .map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

/// Stores a project's plan and the position of the step that is next or under way.
///
/// # Errors
/// Those of the database.
pub async fn set_plan(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    project: ProjectId,
    plan: &ImplementationPlan,
    now: i64,
) -> Result<(), sqlx::Error> {
    let json = serde_json::to_string(plan).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    let current = i64::try_from(plan.current()).unwrap_or(i64::MAX);
    sqlx::query!(
        "update projects set implementation_plan = ?, current_step = ?, updated_at = ? where user_id = ? and id = ?",
        json,
        current,
        now,
        user.0,
        project.0
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Replaces what the control loop of a project saw last; no change of the project itself.
///
/// # Errors
/// Those of the database.
pub async fn set_diagnosis(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    project: ProjectId,
    diagnosis: &Diagnosis,
) -> Result<(), sqlx::Error> {
    let json = serde_json::to_string(diagnosis).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
    sqlx::query!("update projects set diagnosis = ? where user_id = ? and id = ?", json, user.0, project.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// What the control loop of a project saw last.
///
/// # Errors
/// Those of the database; a diagnosis that does not parse counts as a decoding error.
pub async fn diagnosis(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
) -> Result<Option<Diagnosis>, sqlx::Error> {
    let rows = sqlx::query!("select diagnosis from projects where user_id = ? and id = ?", user.0, project.0);
    let stored = rows.fetch_all(db).await?.pop().and_then(|row| row.diagnosis);
    stored.map(|json| serde_json::from_str(&json)).transpose().map_err(|e| sqlx::Error::Decode(Box::new(e)))
}
