//! The question of an agent that needs help, and the answer to it.

use leptos::{form::ActionForm, html::Textarea, prelude::*};

use crate::{
    api,
    components::{FormError, Live, Submit, TextArea, problem},
    model::Project,
};

/// Shown while the project waits for a person.
#[component]
pub fn Question(
    /// The project.
    project: Signal<Project>,
) -> impl IntoView {
    let question = Memo::new(move |_| project.with(|p| p.question.clone()));
    let asked = Memo::new(move |_| question.with(Option::is_some));
    let answer = ServerAction::<api::Answer>::new();
    let problem = problem(answer);
    let live = Live::expect();
    let id = project.with_untracked(|p| p.id);
    let field = NodeRef::<Textarea>::new();
    let done = answer.value();
    Effect::new(move |_| {
        if done.with(|last| matches!(last, Some(Ok(())))) {
            if let Some(field) = field.get_untracked() {
                field.set_value("");
            }
            live.refresh(id);
        }
    });
    view! {
        <section class="question" data-testid="question" hidden=move || !asked.get()>
            <h2>"The agent needs your help"</h2>
            <p class="question-text">{question}</p>
            <ActionForm action=answer attr:class="stack" attr:aria-label="Answer">
                <FormError problem fields=&["text"] />
                <input type="hidden" name="id" value=id.to_string() />
                <TextArea name="text" label="Your answer" problem rows=3 node_ref=field />
                <Submit label="Send answer" pending=answer.pending() />
            </ActionForm>
        </section>
    }
    .into_any()
}
