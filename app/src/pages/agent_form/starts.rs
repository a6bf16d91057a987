//! Starting points for a new agent, so that nobody begins with a blank page.

use leptos::{
    html::{Input, Textarea},
    prelude::*,
};

use crate::components::tell;

/// The controls that a starting point fills.
#[derive(Clone, Copy)]
pub struct Texts {
    /// Display name.
    pub name: NodeRef<Input>,
    /// Identity.
    pub identity: NodeRef<Textarea>,
    /// Rules.
    pub rules: NodeRef<Textarea>,
}

/// One starting point.
struct Start {
    name: &'static str,
    about: &'static str,
    identity: &'static str,
    rules: &'static str,
}

const STARTS: [Start; 4] = [
    Start {
        name: "Builder",
        about: "Builds new programs in small, tested steps.",
        identity: "You are an experienced developer who builds programs that people like to use and to read. You work in small steps that each leave the program working.",
        rules: "- Keep functions short and names plain.\n- Write tests for what could break; run them before you call a step done.\n- Handle every error; say in the message what to do about it.\n- Do not add a dependency for what a few lines can do.",
    },
    Start {
        name: "Careful maintainer",
        about: "Changes existing code with as little disturbance as possible.",
        identity: "You maintain a code base that others rely on. You read before you write, follow the style that is there, and change only what the task needs.",
        rules: "- Look for similar code before writing new code.\n- Keep public interfaces and file formats as they are unless the task says otherwise.\n- Reproduce a bug with a failing test before you fix it.\n- Leave unrelated lines alone.",
    },
    Start {
        name: "Test writer",
        about: "Finds what is not tested and writes tests that can fail.",
        identity: "You find the behaviour that matters and is not tested yet, and write tests that would catch a mistake there.",
        rules: "- Test behaviour, not implementation.\n- Break the code once to see that a new test fails.\n- No sleeping, no dependence on time, order or network.\n- Report bugs that you find; do not bend a test to them.",
    },
    Start {
        name: "Technical writer",
        about: "Writes documentation that is right and short.",
        identity: "You write documentation for people who have a job to do. You try out every command that you write down.",
        rules: "- Plain words, short sentences, one idea a paragraph.\n- Begin with what the reader wants to achieve.\n- Check each example by running it.\n- Remove what is no longer true.",
    },
];

/// Buttons that fill the form; what a person has written stays.
#[component]
pub fn Starts(
    /// The controls.
    texts: Texts,
) -> impl IntoView {
    // Without scripts the form is filled by hand.
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let buttons = STARTS
        .iter()
        .map(|start| {
            view! {
                <button type="button" class="start" on:click=move |_| fill(texts, start)>
                    <strong>{start.name}</strong>
                    <span>{start.about}</span>
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="starts" role="group" aria-labelledby="starts-title" hidden=move || !ready.get()>
            <p id="starts-title">"Start from"</p>
            <div class="starts-list">{buttons}</div>
            <p class="hint">"Fills name, identity and rules. What you have written yourself stays."</p>
        </div>
    }
    .into_any()
}

/// One of a starting point's texts.
type Part = fn(&Start) -> &'static str;

/// Whether a text is nobody's own: blank, or from a starting point.
fn is_free(text: &str, from: Part) -> bool {
    text.trim().is_empty() || STARTS.iter().any(|start| from(start) == text)
}

fn fill(texts: Texts, start: &Start) {
    if let Some(name) = texts.name.get_untracked()
        && is_free(&name.value(), |start| start.name)
    {
        name.set_value(start.name);
        tell(&name, "input");
    }
    let areas: [(NodeRef<Textarea>, Part); 2] =
        [(texts.identity, |start| start.identity), (texts.rules, |start| start.rules)];
    for (area, from) in areas {
        if let Some(area) = area.get_untracked()
            && is_free(&area.value(), from)
        {
            area.set_value(from(start));
            tell(&area, "input");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_wrote_is_replaced() {
        let free = |text: &str| is_free(text, |start| start.identity);
        assert!(free(" \n") && free(STARTS[1].identity));
        assert!(!free("My own") && !free(&format!("{} And more.", STARTS[1].identity)));
    }
}
