//! The built-in demonstration project in the form that a person would have written.

use app::model::{ImplementationPlan, ProjectDraft, Step};

/// The demonstration project as a draft.
pub fn demo_project() -> ProjectDraft {
    let demo = autocode_demo_llm::demo_project();
    let steps = demo.steps.into_iter().map(|step| Step {
        id: step.id,
        title: step.title,
        instructions: step.instructions,
        verify: step.verify,
        depends_on: step.depends_on,
        ..Step::default()
    });
    ProjectDraft {
        name: demo.name,
        description: demo.description,
        architecture: Some(demo.architecture),
        implementation_plan: Some(ImplementationPlan { steps: steps.collect() }),
        approval_policy: None,
        approve_plan: false,
        clone_url: None,
    }
}
