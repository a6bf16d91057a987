//! The question of an agent that waits, and the answer to it.

use leptos::{form::ActionForm, html::Textarea, prelude::*};

use crate::{
    api,
    components::{FormError, Live, LocalTime, Submit, TextArea, block, problem},
    model::Project,
};

/// Shown while the project waits for a person, or for a time that a person may cut short.
#[component]
pub fn Question(
    /// The project.
    project: Signal<Project>,
) -> impl IntoView {
    let question = Memo::new(move |_| project.with(|p| p.question.clone()));
    let asked = Memo::new(move |_| question.with(Option::is_some));
    let resumes_at = Memo::new(move |_| project.with(|p| p.resumes_at));
    let suggestions = Memo::new(move |_| project.with(|p| p.suggestions.clone()));
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
    let title = move || match resumes_at.get() {
        Some(_) => "The agent waits",
        None => "The agent needs your help",
    };
    view! {
        <section
            class="question"
            data-testid="question"
            data-kind=move || if resumes_at.get().is_some() { "wait" } else { "help" }
            aria-labelledby="question-title"
            hidden=move || !asked.get()
        >
            <h2 id="question-title">{title}</h2>
            <p class="question-text">{question}</p>
            <p data-testid="resumes-at" hidden=move || resumes_at.get().is_none()>
                "It goes on by itself at "
                {move || resumes_at.get().map(|at| view! { <LocalTime at=Signal::stored(at) /> })}
                ". You need not answer."
            </p>
            <LastScreen project />
            <ActionForm action=answer attr:class="suggestions" attr:aria-label="Suggested answers">
                <input type="hidden" name="id" value=id.to_string() />
                {move || {
                    suggestions
                        .get()
                        .into_iter()
                        .map(|text| view! { <Suggestion text pending=answer.pending() /> })
                        .collect_view()
                }}
            </ActionForm>
            <ActionForm action=answer attr:class="stack" attr:aria-label="Answer">
                <FormError problem fields=&["text"] />
                <input type="hidden" name="id" value=id.to_string() />
                <TextArea name="text" id="answer" label="Your answer" problem rows=3 node_ref=field />
                <Submit label="Send answer" pending=answer.pending() />
            </ActionForm>
        </section>
    }
    .into_any()
}

/// An answer that takes one tap.
#[component]
fn Suggestion(text: String, #[prop(into)] pending: Signal<bool>) -> impl IntoView {
    let value = text.clone();
    view! {
        <button type="submit" class="button" name="text" value=value disabled=pending>
            {text}
        </button>
    }
    .into_any()
}

/// What the terminal showed when the question was asked.
#[component]
fn LastScreen(project: Signal<Project>) -> impl IntoView {
    let screen = Memo::new(move |_| project.with(|p| p.help_screen.clone()));
    view! {
        <details class="screen" hidden=move || screen.with(Option::is_none)>
            <summary>"What the terminal showed"</summary>
            <pre tabindex="0" aria-label="Screen" data-testid="help-screen">
                {move || screen.with(|screen| screen.as_deref().map(block))}
            </pre>
        </details>
    }
    .into_any()
}
