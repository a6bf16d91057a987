//! Above a terminal: who types in it, and whose turn a person wants it to be.

use std::time::Duration;

use leptos::prelude::*;

use super::panel::{Panel, Wish};
use crate::model::{Hands, TakenBy};

/// How long "the agent is typing" stays at least, so that it can be read.
const SHOWN: Duration = Duration::from_millis(1_500);

/// Says who types; lets a person take over from the agent and give back.
#[component]
pub fn Banner(panel: Panel) -> impl IntoView {
    let lately = RwSignal::new(false);
    let last = StoredValue::new(0_u64);
    Effect::new(move |_| {
        if panel.hands.get() == Some(Hands::Typing) {
            lately.set(true);
            return;
        }
        last.update_value(|last| *last += 1);
        let now = last.get_value();
        set_timeout(
            move || {
                if last.try_get_value() == Some(now) {
                    lately.set(false);
                }
            },
            SHOWN,
        );
    });
    let state = Memo::new(move |_| state(panel.hands.get(), panel.taken.get(), lately.get()));
    let taken = move || panel.taken.get() != TakenBy::Nobody;
    view! {
        <div class="terminal-banner" data-state=move || state.get().0 data-testid="terminal-banner" hidden=move || panel.hands.get().is_none()>
            <p role="status">{move || state.get().1}</p>
            <button
                type="button"
                class="button"
                data-tone="quiet"
                hidden=move || panel.taken.get() == TakenBy::You
                on:click=move |_| panel.ask(Wish::TakeOver)
            >
                "Take over"
            </button>
            <button
                type="button"
                class="button"
                data-tone="quiet"
                hidden=move || !taken()
                on:click=move |_| panel.ask(Wish::GiveBack)
            >
                "Give back"
            </button>
        </div>
    }
    .into_any()
}

/// A word for the style sheet and a sentence for people.
fn state(hands: Option<Hands>, taken: TakenBy, lately: bool) -> (&'static str, &'static str) {
    match (taken, hands) {
        (_, None) => ("away", ""),
        (TakenBy::You, Some(Hands::Off)) => ("yours", "You have taken over: the agent sends nothing."),
        (TakenBy::You, Some(_)) => ("yours", "Taking over: the agent lets go after what it is doing now."),
        (TakenBy::Another, Some(_)) => ("taken", "Taken over in another window: the agent sends nothing."),
        (TakenBy::Nobody, Some(Hands::Typing)) => ("typing", "The agent is typing."),
        (TakenBy::Nobody, Some(_)) if lately => ("typing", "The agent is typing."),
        (TakenBy::Nobody, Some(_)) => ("agent", "The agent works in this terminal."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_says_whose_turn_it_is() {
        let word = |hands, taken| state(hands, taken, false).0;
        assert_eq!(word(None, TakenBy::Nobody), "away");
        assert_eq!(word(Some(Hands::Near), TakenBy::Nobody), "agent");
        assert_eq!(word(Some(Hands::Typing), TakenBy::Nobody), "typing");
        assert_eq!(word(Some(Hands::Off), TakenBy::Another), "taken");
        // Only the agent itself can say that it sends nothing any more.
        assert!(state(Some(Hands::Typing), TakenBy::You, false).1.starts_with("Taking over"));
        assert!(state(Some(Hands::Off), TakenBy::You, false).1.starts_with("You have taken over"));
        assert_eq!(state(Some(Hands::Near), TakenBy::Nobody, true).0, "typing");
    }
}
