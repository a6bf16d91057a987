//! Projects, as their pages need them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, note, send_to, signed_in, unix_lines},
    model::{ApprovalPolicy, Expected, ImplementationPlan, Step},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{AgentId, Project, ProjectDraft, ProjectId, UsageSummary},
};

/// What stands above the tabs of a project's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectDetail {
    /// The project.
    pub project: Project,
    /// Display name of its agent.
    pub agent_name: String,
}

/// One step as a form gives it; left out when all is blank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDraft {
    /// Stable id; given by position when empty.
    #[serde(default)]
    pub id: String,
    /// One line.
    pub title: String,
    /// The task.
    pub instructions: String,
    /// Shell command; blank for none.
    pub verify: String,
}

/// How the work on a new project begins, and who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectOptions {
    /// Git repository; blank for none.
    pub clone_url: String,
    /// Whether the plan is to be approved.
    pub approve_plan: bool,
    /// Name of the project's own policy; blank for the agent's.
    pub approval_policy: String,
    /// `later` leaves the plan to the agent, whatever steps were written.
    pub plan: String,
}

/// One project.
#[server(prefix = "/fn", endpoint = "load_project", output = Json)]
pub async fn load_project(id: ProjectId) -> Result<Project, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.project(&viewer, id).await)
}

/// One project with the name of its agent.
#[server(prefix = "/fn", endpoint = "load_project_detail", output = Json)]
pub async fn load_project_detail(id: ProjectId) -> Result<ProjectDetail, AppError> {
    let (backend, viewer) = signed_in().await?;
    let project = answered(backend.project(&viewer, id).await)?;
    let agent_name = answered(backend.agent(&viewer, project.agent_id).await)?.draft.name;
    Ok(ProjectDetail { project, agent_name })
}

/// Tokens and cost of a project so far.
#[server(prefix = "/fn", endpoint = "load_usage", output = Json)]
pub async fn load_usage(id: ProjectId) -> Result<UsageSummary, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.usage(&viewer, id).await)
}

/// The built-in demonstration project, to fill in the form.
#[server(prefix = "/fn", endpoint = "demo_project", output = Json)]
pub async fn demo_project() -> Result<ProjectDraft, AppError> {
    let (backend, _) = signed_in().await?;
    Ok(backend.demo_project())
}

/// Creates a project and goes to its page.
#[server(prefix = "/fn", endpoint = "create_project", output = Json)]
pub async fn create_project(
    agent_id: AgentId,
    name: String,
    description: String,
    architecture: String,
    #[server(default)] steps: Vec<StepDraft>,
    #[server(default)] options: ProjectOptions,
) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let description = unix_lines(&description);
    let architecture = Some(unix_lines(&architecture)).filter(|text| !text.trim().is_empty());
    let draft = ProjectDraft {
        name,
        description,
        architecture,
        implementation_plan: if options.plan == "later" { None } else { plan(steps) },
        approval_policy: ApprovalPolicy::parse(&options.approval_policy),
        approve_plan: options.approve_plan,
        clone_url: Some(options.clone_url),
    };
    let project = answered(backend.create_project(&viewer, agent_id, draft).await)?;
    send_to(&format!("/projects/{}", project.id));
    Ok(())
}

/// Deletes a project whose name was typed as confirmation and goes to its agent.
#[server(prefix = "/fn", endpoint = "delete_project", output = Json)]
pub async fn delete_project(id: ProjectId, confirmation: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let project = answered(backend.project(&viewer, id).await)?;
    if project.name.trim() != confirmation.trim() {
        return answered(Err(AppError::invalid(
            "confirmation",
            "Type the project's name exactly to delete it.",
        )));
    }
    answered(backend.delete_project(&viewer, id, Expected::Anything).await)?;
    send_to(&format!("/agents/{}", project.agent_id));
    Ok(())
}

/// Starts or resumes work.
#[server(prefix = "/fn", endpoint = "start", output = Json)]
pub async fn start(id: ProjectId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.start(&viewer, id).await).map(drop)
}

/// Ends the instance and leaves its terminal session as it is.
#[server(prefix = "/fn", endpoint = "pause", output = Json)]
pub async fn pause(id: ProjectId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.pause(&viewer, id).await).map(drop)
}

/// Ends the instance and its terminal session.
#[server(prefix = "/fn", endpoint = "stop", output = Json)]
pub async fn stop(id: ProjectId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.stop(&viewer, id).await).map(drop)
}

/// Stops and starts again at the step that was under way.
#[server(prefix = "/fn", endpoint = "restart", output = Json)]
pub async fn restart(id: ProjectId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.restart(&viewer, id).await).map(drop)
}

/// Answers the open question.
#[server(prefix = "/fn", endpoint = "answer", output = Json)]
pub async fn answer(id: ProjectId, text: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.answer(&viewer, id, text).await)?;
    note("The answer is sent.")
}

/// The plan of a form; none when every step is blank, so that the agent makes one.
#[cfg(feature = "ssr")]
fn plan(steps: Vec<StepDraft>) -> Option<ImplementationPlan> {
    let blank = |text: &str| text.trim().is_empty();
    let steps: Vec<Step> = steps
        .into_iter()
        .filter(|step| !(blank(&step.title) && blank(&step.instructions) && blank(&step.verify)))
        .map(|step| Step {
            id: step.id,
            title: step.title,
            instructions: unix_lines(&step.instructions),
            verify: Some(unix_lines(&step.verify)).filter(|command| !blank(command)),
            ..Step::default()
        })
        .collect();
    (!steps.is_empty()).then_some(ImplementationPlan { steps })
}
