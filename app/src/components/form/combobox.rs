//! A text with suggestions in groups: searched while it is typed, chosen by key or tap, and free to be anything else.

mod suggestions;

use leptos::{
    ev::KeyboardEvent,
    html::{Div, Input},
    prelude::*,
    wasm_bindgen::JsCast as _,
    web_sys,
};

use suggestions::fitting;

use super::{Labelled, Ties, tell};
use crate::{
    components::{Icon, icon, reveal},
    error::AppError,
};

pub use suggestions::Suggestions;

/// What the parts of the control share.
#[derive(Clone, Copy)]
struct State {
    id: &'static str,
    field: NodeRef<Input>,
    typed: RwSignal<String>,
    open: RwSignal<bool>,
    /// Position of the marked suggestion among those that fit.
    at: RwSignal<usize>,
    shown: Memo<Vec<Suggestions>>,
    on_value: Option<Callback<String>>,
}

impl State {
    fn values(self) -> Vec<String> {
        self.shown.with(|groups| groups.iter().flat_map(|g| &g.items).map(|item| item.0.clone()).collect())
    }

    fn take(self, value: String) {
        self.typed.set(value.clone());
        self.at.set(0);
        if let Some(on_value) = self.on_value {
            on_value.run(value);
        }
    }

    fn choose(self, value: String) {
        if let Some(field) = self.field.get_untracked() {
            field.set_value(&value);
            // Whoever keeps drafts of the form hears of it as of typing.
            tell(&field, "input");
        }
        self.open.set(false);
    }

    fn pressed(self, event: &KeyboardEvent) {
        let count = self.values().len();
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if !self.open.get() => self.open.set(true),
            "ArrowDown" if count > 0 => self.mark((self.at.get() + 1) % count),
            "ArrowUp" if count > 0 => self.mark((self.at.get() + count - 1) % count),
            "Enter" if self.open.get() && !event.is_composing() && count > 0 => {
                if let Some(value) = self.values().get(self.at.get()) {
                    self.choose(value.clone());
                }
            }
            "Escape" if self.open.get() => self.open.set(false),
            _ => return,
        }
        event.prevent_default();
    }

    fn mark(self, at: usize) {
        self.at.set(at);
        let (list, option) = (format!("{}-list", self.id), format!("{}-option-{at}", self.id));
        request_animation_frame(move || reveal(&list, &option));
    }
}

/// A one-line text with suggestions; without scripts the browser suggests the same.
#[component]
pub fn Combobox(
    /// Name in the form.
    name: &'static str,
    /// Element id.
    id: &'static str,
    /// Key of field errors.
    field: &'static str,
    /// Visible label.
    label: &'static str,
    /// What the list is called.
    list_label: &'static str,
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// First value.
    #[prop(into)]
    value: String,
    /// What may be chosen.
    groups: Vec<Suggestions>,
    /// Explanation under the control.
    hint: &'static str,
    /// Called with the text while it is typed and when it is chosen.
    #[prop(optional, into)]
    on_value: Option<Callback<String>>,
) -> impl IntoView {
    let ties = Ties::new(name, Some(id.to_owned()), Some(field), Some(hint), problem);
    let (described, invalid) = (ties.described.clone(), ties.invalid());
    let datalist = groups
        .iter()
        .flat_map(|group| group.items.iter().map(|(value, about)| (value.clone(), about.clone())))
        .map(|(value, about)| view! { <option value=value>{about}</option> })
        .collect_view();
    let typed = RwSignal::new(value.clone());
    let shown = Memo::new(move |_| typed.with(|typed| fitting(&groups, typed)));
    let state = State {
        id,
        field: NodeRef::new(),
        typed,
        open: RwSignal::new(false),
        at: RwSignal::new(0),
        shown,
        on_value,
    };
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let around = NodeRef::<Div>::new();
    let active = move || {
        let any = state.open.get() && shown.with(|groups| !groups.is_empty());
        any.then(|| format!("{id}-option-{}", state.at.get()))
    };
    view! {
        <Labelled ties label hint=Some(hint)>
            <div class="combobox" node_ref=around on:focusout=move |event| leave(state, around, &event)>
                <input
                    node_ref=state.field
                    id=id
                    name=name
                    value=value
                    type="text"
                    role="combobox"
                    required
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    list=move || (!ready.get()).then(|| format!("{id}-datalist"))
                    aria-expanded=move || state.open.get().to_string()
                    aria-controls=format!("{id}-list")
                    aria-autocomplete="list"
                    aria-activedescendant=active
                    aria-describedby=described
                    aria-invalid=invalid
                    on:click=move |_| state.open.set(true)
                    on:input:target=move |event| {
                        // A draft that comes back opens nothing.
                        state.open.set(event.is_trusted());
                        state.take(event.target().value());
                    }
                    on:keydown=move |event| state.pressed(&event)
                />
                <button
                    type="button"
                    class="icon-button combobox-open"
                    tabindex="-1"
                    aria-label=format!("Show {}", list_label.to_lowercase())
                    hidden=move || !ready.get()
                    on:click=move |_| {
                        state.open.update(|open| *open = !*open);
                        if let Some(field) = state.field.get_untracked()
                            && let Err(error) = field.focus()
                        {
                            leptos::logging::error!("a field cannot be focused: {error:?}");
                        }
                    }
                >
                    <Icon path=icon::CHEVRON_DOWN />
                </button>
                <List state label=list_label />
            </div>
            <datalist id=format!("{id}-datalist")>{datalist}</datalist>
        </Labelled>
    }
    .into_any()
}

/// Closes the list when the focus goes elsewhere.
fn leave(state: State, around: NodeRef<Div>, event: &web_sys::FocusEvent) {
    let inside = event
        .related_target()
        .and_then(|target| target.dyn_into::<web_sys::Node>().ok())
        .is_some_and(|target| around.get_untracked().is_some_and(|around| around.contains(Some(&target))));
    if !inside {
        state.open.set(false);
    }
}

#[component]
fn List(state: State, label: &'static str) -> impl IntoView {
    let groups = move || {
        let mut next = 0;
        state
            .shown
            .get()
            .into_iter()
            .map(|group| {
                let first = next;
                next += group.items.len();
                view! { <Group state group first /> }
            })
            .collect_view()
    };
    let none = move || state.shown.with(Vec::is_empty);
    view! {
        <div class="combobox-popup" hidden=move || !state.open.get()>
            <div id=format!("{}-list", state.id) class="combobox-list" role="listbox" aria-label=label hidden=none>
                {groups}
            </div>
            <p class="hint" hidden=move || !none()>
                "No suggestion fits; the text is used as it is."
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Group(state: State, group: Suggestions, first: usize) -> impl IntoView {
    let Suggestions { title, note, ready, items } = group;
    let name = format!("{title}: {note}");
    let options = items
        .into_iter()
        .enumerate()
        .map(|(index, (value, about))| {
            let at = first + index;
            let chosen = value.clone();
            view! {
                <div
                    id=format!("{}-option-{at}", state.id)
                    class="combobox-option"
                    role="option"
                    aria-selected=move || (state.at.get() == at).to_string()
                    // Before the field loses the focus, which would close the list.
                    on:mousedown=move |event| event.prevent_default()
                    on:click=move |_| state.choose(chosen.clone())
                >
                    <span class="combobox-value">{value}</span>
                    <span class="combobox-about">{about}</span>
                </div>
            }
        })
        .collect_view();
    view! {
        <div role="group" aria-label=name>
            <div class="combobox-title" role="presentation">
                <span>{title}</span>
                <span class="combobox-note" data-ready=ready.to_string()>
                    <Icon path=if ready { icon::CHECK } else { icon::KEY } />
                    {note}
                </span>
            </div>
            {options}
        </div>
    }
    .into_any()
}
