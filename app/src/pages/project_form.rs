//! The form for a new project.

use leptos::{
    form::ActionForm,
    html::{Input, Textarea},
    prelude::*,
    task::spawn_local,
};

use crate::{
    api::{self, StepDraft},
    components::{Choice, Field, FormError, Kept, MarkdownEditor, Submit, TextArea, Typed, problem, tell},
    error::{AppError, FieldError},
    model::{AgentId, ApprovalPolicy, ProjectDraft, name_problem},
};

/// Empty steps that the form offers.
const BLANK_STEPS: usize = 3;
/// Fields that show their own errors.
const FIELDS: &[&str] = &["name", "description", "architecture", "implementation_plan", "clone_url"];

/// Steps of the form with a key each, so that replacing them draws new controls.
type Rows = RwSignal<Vec<(usize, StepDraft)>>;

/// Creates a project for an agent.
#[component]
pub fn ProjectForm(
    /// The agent that will work on it.
    agent: AgentId,
    /// What the agent says about approvals.
    policy: ApprovalPolicy,
) -> impl IntoView {
    let create = ServerAction::<api::CreateProject>::new();
    let typed = Typed::over(problem(create));
    let problem = typed.problem();
    // Without scripts the steps are there, and left empty they leave the plan to the agent as well.
    let plan_now = RwSignal::new(true);
    Effect::new(move |_| plan_now.set(false));
    let name = NodeRef::<Input>::new();
    let description = NodeRef::<Textarea>::new();
    let architecture = NodeRef::<Textarea>::new();
    let rows: Rows = RwSignal::new((0..BLANK_STEPS).map(|key| (key, StepDraft::default())).collect());
    let demo_problem = RwSignal::new(None::<AppError>);
    let fill = move |draft: ProjectDraft| {
        if let (Some(name), Some(description), Some(architecture)) =
            (name.get_untracked(), description.get_untracked(), architecture.get_untracked())
        {
            name.set_value(&draft.name);
            description.set_value(&draft.description);
            architecture.set_value(&draft.architecture.unwrap_or_default());
            // When the steps are drawn as well, so that the form's draft has them.
            request_animation_frame(move || tell(&name, "input"));
        }
        plan_now.set(true);
        let steps = draft.implementation_plan.unwrap_or_default().steps;
        let steps = steps.into_iter().map(|step| StepDraft {
            id: step.id,
            title: step.title,
            instructions: step.instructions,
            verify: step.verify.unwrap_or_default(),
        });
        rows.update(|rows| {
            let next = next_key(rows);
            *rows = (next..).zip(steps).collect();
        });
    };
    let use_demo = move |_| {
        spawn_local(async move {
            match api::demo_project().await {
                Ok(draft) => fill(draft),
                Err(error) => demo_problem.set(Some(error)),
            }
        });
    };
    view! {
        <Kept
            name=format!("project-new-{agent}")
            prepare=Callback::new(move |names| draw(rows, names))
            pending=create.pending()
            problem
        >
        <ActionForm action=create attr:class="stack" attr:aria-label="New project" attr:autocomplete="off">
            <p>
                <button type="button" class="button" data-tone="quiet" on:click=use_demo>
                    "Use the demonstration project"
                </button>
            </p>
            <FormError problem=demo_problem />
            <FormError problem fields=FIELDS />
            <input type="hidden" name="agent_id" value=agent.to_string() />
            <Field
                name="name"
                label="Name"
                problem
                required=true
                node_ref=name
                on_value=Callback::new(move |value: String| typed.note("name", name_problem(&value)))
            />
            <MarkdownEditor
                name="description"
                label="Goal"
                problem
                hint="What is to be built, in Markdown."
                node_ref=description
            />
            <MarkdownEditor
                name="architecture"
                label="Architecture (optional)"
                problem
                rows=4
                hint="How it is to be built, in Markdown."
                node_ref=architecture
            />
            <Field
                name="options[clone_url]"
                id="clone_url"
                field="clone_url"
                label="Git repository (optional)"
                problem
                hint="The workspace begins as a clone of it. A URL with https://, http://, ssh:// or git@; without one it begins empty."
            />
            <PlanChoice now=plan_now />
            <div hidden=move || !plan_now.get()>
                <StepEditor rows problem />
            </div>
            <Approvals policy />
            <Submit label="Create project" pending=create.pending() />
        </ActionForm>
        </Kept>
    }
    .into_any()
}

fn next_key(rows: &[(usize, StepDraft)]) -> usize {
    rows.iter().map(|(key, _)| key + 1).max().unwrap_or(0)
}

/// Draws a row for each step that a draft has.
fn draw(rows: Rows, names: Vec<String>) {
    let key = |name: &String| name.strip_prefix("steps[")?.split_once(']')?.0.parse::<usize>().ok();
    let mut keys: Vec<_> = names.iter().filter_map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    if !keys.is_empty() {
        rows.set(keys.into_iter().map(|key| (key, StepDraft::default())).collect());
    }
}

/// Whether the plan is written now or left to the agent.
#[component]
fn PlanChoice(now: RwSignal<bool>) -> impl IntoView {
    let choice = |value: &'static str, wanted: bool, label: &'static str, about: &'static str| {
        view! {
            <div class="choice">
                <input
                    type="radio"
                    id=format!("plan-{value}")
                    name="options[plan]"
                    value=value
                    checked=wanted
                    prop:checked=move || now.get() == wanted
                    aria-describedby=format!("plan-{value}-about")
                    on:change:target=move |event| {
                        if event.target().checked() {
                            now.set(wanted);
                        }
                    }
                />
                <div>
                    <label for=format!("plan-{value}")>{label}</label>
                    <p class="hint" id=format!("plan-{value}-about")>
                        {about}
                    </p>
                </div>
            </div>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>"Plan"</legend>
            <div class="choice-grid">
                {choice("later", false, "Let the agent plan", "It proposes the steps from goal and architecture when it starts.")}
                {choice("now", true, "Write the plan now", "Step by step, each with a command that must succeed.")}
            </div>
        </fieldset>
    }
    .into_any()
}

/// Who wants to be asked before what.
#[component]
fn Approvals(policy: ApprovalPolicy) -> impl IntoView {
    let like_agent = format!("As the agent says: {}", policy.label().to_lowercase());
    let mut options = vec![("", like_agent, "Follows the agent when that is changed.")];
    options.extend(ApprovalPolicy::ALL.map(|p| (p.as_str(), p.label().to_owned(), p.explanation())));
    view! {
        <label class="check">
            <input type="checkbox" name="options[approve_plan]" value="true" />
            "Let me approve the plan first"
        </label>
        <details class="panel">
            <summary>"What the coding CLI may do in this project"</summary>
            <Choice
                name="options[approval_policy]"
                id="project-approval"
                legend="Requests of the coding CLI"
                options
                value=""
            />
        </details>
    }
    .into_any()
}

/// The plan, step by step.
#[component]
fn StepEditor(rows: Rows, problem: Signal<Option<AppError>>) -> impl IntoView {
    let plan_error = move || match problem.get() {
        Some(AppError::Invalid(errors)) => {
            let about_plan = |e: &FieldError| e.field.starts_with("implementation_plan");
            errors.into_iter().filter(about_plan).map(|e| e.message).reduce(|all, one| format!("{all} {one}"))
        }
        _ => None,
    };
    view! {
        <fieldset class="plan-editor">
            <legend>"Steps"</legend>
            <p class="hint">"They run from top to bottom. A step whose fields are all empty is left out."</p>
            <p class="error" role="alert">{plan_error}</p>
            <For each=move || rows.get() key=|(key, _)| *key let:row>
                <StepFields row problem />
            </For>
            <button
                type="button"
                class="button"
                on:click=move |_| {
                    rows.update(|rows| {
                        let key = next_key(rows);
                        rows.push((key, StepDraft::default()));
                    })
                }
            >
                "Add a step"
            </button>
        </fieldset>
    }
    .into_any()
}

/// The controls of one step.
#[component]
fn StepFields(row: (usize, StepDraft), problem: Signal<Option<AppError>>) -> impl IntoView {
    let (key, step) = row;
    let name = |part: &str| format!("steps[{key}][{part}]");
    let id = |part: &str| format!("step-{part}-field-{key}");
    view! {
        <div class="step-fields">
            <input type="hidden" name=name("id") value=step.id data-kept />
            <Field name=name("title") id=id("title") label="Step" problem value=step.title />
            <TextArea
                name=name("instructions")
                id=id("instructions")
                label="Instructions"
                problem
                rows=3
                value=step.instructions
            />
            <Field
                name=name("verify")
                id=id("verify")
                label="Verify with"
                problem
                value=step.verify
                hint="Shell command that must succeed, for example make test."
            />
        </div>
    }
    .into_any()
}
