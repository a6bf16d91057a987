//! The controls of one step in the plan's editor.

use leptos::prelude::*;

use super::{
    draft::{Draft, Row},
    editor::focus,
};
use crate::{
    components::{Field, FormError, TextArea},
    error::AppError,
};

/// Parts whose problems stand at their controls.
const FIELDS: &[&str] = &["title", "instructions", "verify"];

/// One step: its controls, or only its title when it cannot be changed, and why.
#[component]
pub fn RowView(
    row: Row,
    draft: Draft,
    announced: RwSignal<String>,
    #[prop(into)] problem: Signal<Option<AppError>>,
    locked: Memo<Option<&'static str>>,
) -> impl IntoView {
    let position = Memo::new(move |_| {
        draft.rows.with(|rows| rows.iter().position(|other| other.key == row.key).map_or(0, |at| at + 1))
    });
    let state = move || if locked.get().is_some() { "locked" } else { "open" };
    view! {
        <li class="edit-step" data-testid=format!("edit-{}", row.id.get_value()) data-state=state>
            <p class="edit-head">
                <strong>{move || format!("Step {}", position.get())}</strong>
                <span class="tag" hidden=move || !row.skipped.get()>
                    "Skipped"
                </span>
            </p>
            <div hidden=move || locked.with(Option::is_none)>
                <p>{row.title}</p>
                <p class="hint">{locked}</p>
            </div>
            // Hidden, not removed, when it becomes locked: what was typed is still there to be read.
            <div class="edit-fields" hidden=move || locked.with(Option::is_some)>
                <Texts row problem />
                <WaitsFor row draft />
            </div>
            <FormError problem fields=FIELDS />
            <Tools row draft announced position locked />
        </li>
    }
    .into_any()
}

#[component]
fn Texts(row: Row, problem: Signal<Option<AppError>>) -> impl IntoView {
    let key = row.key;
    view! {
        <Field
            name="title"
            id=format!("edit-title-{key}")
            label="Title"
            problem
            value=row.title.get_untracked()
            on_value=Callback::new(move |text| row.title.set(text))
        />
        <TextArea
            name="instructions"
            id=format!("edit-instructions-{key}")
            label="Instructions"
            problem
            rows=3
            value=row.instructions.get_untracked()
            on_value=Callback::new(move |text| row.instructions.set(text))
        />
        <Field
            name="verify"
            id=format!("edit-verify-{key}")
            label="Verify with"
            problem
            value=row.verify.get_untracked()
            hint="Shell command that must succeed, for example make test."
            on_value=Callback::new(move |text| row.verify.set(text))
        />
    }
    .into_any()
}

/// Which other steps must be done first.
#[component]
fn WaitsFor(row: Row, draft: Draft) -> impl IntoView {
    let others = move || {
        draft.rows.get().into_iter().enumerate().filter(|(_, other)| other.key != row.key).collect::<Vec<_>>()
    };
    let summary = move || {
        let positions: Vec<_> = others()
            .into_iter()
            .filter(|(_, other)| row.depends_on.with(|ids| ids.contains(&other.id.get_value())))
            .map(|(at, _)| (at + 1).to_string())
            .collect();
        if positions.is_empty() {
            "Waits for no other step".to_owned()
        } else {
            format!("Waits for step {}", positions.join(", "))
        }
    };
    view! {
        <details hidden=move || others().is_empty()>
            <summary>{summary}</summary>
            <fieldset class="checks">
                <legend class="visually-hidden">"Waits for"</legend>
                <For each=others key=|(at, other)| (*at, other.key) let:entry>
                    <Other row at=entry.0 other=entry.1 />
                </For>
            </fieldset>
        </details>
    }
    .into_any()
}

#[component]
fn Other(row: Row, at: usize, other: Row) -> impl IntoView {
    let id = other.id.get_value();
    let (checked, changed) = (id.clone(), id);
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=move || row.depends_on.with(|ids| ids.contains(&checked))
                on:change:target=move |event| {
                    let wanted = event.target().checked();
                    row.depends_on
                        .update(|ids| {
                            ids.retain(|other| *other != changed);
                            if wanted {
                                ids.push(changed.clone());
                            }
                        });
                }
            />
            {move || format!("{}. {}", at + 1, other.title.get())}
        </label>
    }
    .into_any()
}

/// Moving, skipping and deleting.
#[component]
fn Tools(
    row: Row,
    draft: Draft,
    announced: RwSignal<String>,
    position: Memo<usize>,
    locked: Memo<Option<&'static str>>,
) -> impl IntoView {
    let last = Memo::new(move |_| draft.rows.with(Vec::len));
    let name = move |what: &'static str| move || format!("{what} step {}", position.get());
    let shift = move |up: bool| {
        if let Some(to) = draft.shift(row.key, up) {
            announced.set(format!("Moved to position {to} of {}.", last.get_untracked()));
            // The browser drops the focus of an element that moves.
            let button = format!("edit-{}-{}", if up { "up" } else { "down" }, row.key);
            request_animation_frame(move || focus(&button));
        }
    };
    view! {
        <div class="actions" hidden=move || locked.with(Option::is_some)>
            <button
                type="button"
                class="button"
                id=format!("edit-up-{}", row.key)
                aria-label=name("Move up")
                aria-disabled=move || (position.get() == 1).then_some("true")
                on:click=move |_| shift(true)
            >
                "\u{2191} Up"
            </button>
            <button
                type="button"
                class="button"
                id=format!("edit-down-{}", row.key)
                aria-label=name("Move down")
                aria-disabled=move || (position.get() == last.get()).then_some("true")
                on:click=move |_| shift(false)
            >
                "\u{2193} Down"
            </button>
            <button
                type="button"
                class="button"
                aria-label=move || format!("{} step {}", skip_word(row.skipped.get()), position.get())
                on:click=move |_| row.skipped.update(|skipped| *skipped = !*skipped)
            >
                {move || skip_word(row.skipped.get())}
            </button>
            <button
                type="button"
                class="button"
                data-tone="danger"
                aria-label=name("Delete")
                on:click=move |_| {
                    announced.set(format!("Step {} is deleted.", position.get_untracked()));
                    draft.remove(row);
                }
            >
                "Delete"
            </button>
        </div>
    }
    .into_any()
}

fn skip_word(skipped: bool) -> &'static str {
    if skipped { "Do not skip" } else { "Skip" }
}
