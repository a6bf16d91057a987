//! What the agent sees: the signals of the coding CLI, what the control loop makes of them, and what it decided.

use leptos::prelude::*;

use crate::{
    components::{Live, LocalTime},
    model::{Diagnosis, Project, Timestamp},
};

/// A panel that is closed until somebody wants to know; live while the project runs.
#[component]
pub fn DiagnosisPanel(
    /// The project.
    project: Signal<Project>,
    /// What was seen when the page was drawn.
    diagnosis: Option<Diagnosis>,
) -> impl IntoView {
    let id = project.with_untracked(|p| p.id);
    let seen = Live::expect().diagnosis(id, diagnosis);
    let running = Memo::new(move |_| project.with(|p| p.running));
    view! {
        <details class="panel diagnosis" data-testid="diagnosis">
            <summary>"What the agent sees"</summary>
            <p class="muted" hidden=move || seen.with(Option::is_some)>
                "Nothing yet: it is shown while the project runs."
            </p>
            <div hidden=move || seen.with(Option::is_none)>
                <p class="hint" hidden=running>
                    "The project does not run now. This is what the agent saw last."
                </p>
                <Decision seen />
                <Signals seen />
            </div>
        </details>
    }
    .into_any()
}

type Seen = Memo<Option<Diagnosis>>;

/// A text of the diagnosis.
fn text(seen: Seen, pick: fn(&Diagnosis) -> Option<String>) -> Memo<Option<String>> {
    Memo::new(move |_| {
        seen.with(|seen| seen.as_ref().and_then(pick)).filter(|text: &String| !text.is_empty())
    })
}

/// A moment of the diagnosis.
fn moment(seen: Seen, pick: fn(&Diagnosis) -> Option<Timestamp>) -> Memo<Option<Timestamp>> {
    // The epoch stands for "never".
    Memo::new(move |_| seen.with(|seen| seen.as_ref().and_then(pick)).filter(|at| at.as_millis() > 0))
}

#[component]
fn Decision(seen: Seen) -> impl IntoView {
    view! {
        <dl class="facts-list">
            <Fact
                title="Last decision"
                value=text(seen, |d| Some(d.decision.clone()))
                at=moment(seen, |d| Some(d.decided_at))
                preposition="at"
            />
            <Fact title="Where the step is" value=text(seen, |d| Some(d.phase.clone())) />
        </dl>
    }
    .into_any()
}

#[component]
fn Signals(seen: Seen) -> impl IntoView {
    view! {
        <dl class="facts-list">
            <Fact title="Coding CLI" value=text(seen, |d| Some(format!("{} {}", d.cli, process(&d.process)))) />
            <Fact
                title="It says that it is"
                value=text(seen, |d| Some(activity(&d.activity)))
                at=moment(seen, |d| Some(d.activity_since))
                preposition="since"
            />
            <Fact
                title="Last signal"
                value=text(seen, |d| d.signal.clone())
                at=moment(seen, |d| d.signal_at)
                preposition="at"
            />
            <Fact title="Its screen means" value=text(seen, |d| d.screen.as_deref().map(screen)) />
            <Fact title="Because of the line" value=text(seen, |d| d.screen_evidence.clone()) code=true />
        </dl>
    }
    .into_any()
}

/// A line of the panel; hidden while there is nothing to say.
#[component]
fn Fact(
    title: &'static str,
    value: Memo<Option<String>>,
    #[prop(optional)] at: Option<Memo<Option<Timestamp>>>,
    #[prop(default = "")] preposition: &'static str,
    #[prop(optional)] code: bool,
) -> impl IntoView {
    let time = move || at.and_then(|at| at.get()).map(|at| view! { <LocalTime at=Signal::stored(at) /> });
    let has_time = move || at.is_some_and(|at| at.with(Option::is_some));
    view! {
        <div hidden=move || value.with(Option::is_none)>
            <dt>{title}</dt>
            <dd data-code=code.to_string()>
                <span>{value}</span>
                <span class="muted" hidden=move || !has_time()>
                    {format!(" {preposition} ")} {time}
                </span>
            </dd>
        </div>
    }
    .into_any()
}

fn process(word: &str) -> &str {
    match word {
        "alive" => "is running",
        "dead" => "has ended",
        "absent" => "is not started",
        other => other,
    }
}

fn activity(word: &str) -> String {
    match word {
        "idle" => "ready for the next prompt",
        "busy" => "working",
        "waiting" => "waiting for an answer",
        "unknown" => "not known",
        other => other,
    }
    .to_owned()
}

/// A screen's state in plain words; states of other versions are shown as they are.
fn screen(word: &str) -> String {
    word.replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_said_plainly_and_others_as_they_are() {
        assert_eq!([process("alive"), process("zombie")], ["is running", "zombie"]);
        assert_eq!([activity("busy"), activity("dreaming")], ["working", "dreaming"]);
        assert_eq!(screen("usage_limit"), "usage limit");
    }
}
