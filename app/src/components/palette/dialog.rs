//! The palette's dialog: a combobox over a list. It asks the server what there is each time it opens, never before.

use leptos::{ev, html, prelude::*, task::spawn_local, web_sys};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    PaletteOpener,
    entries::{Deed, Entry, entries, fitting},
};
use crate::{
    api,
    components::{FormError, Icon, Live, SignOut, ThemeChoice, close_dialog, on_backdrop, problem, reveal},
    error::AppError,
    model::ProjectId,
};

/// What the dialog shows.
#[derive(Clone, Copy)]
struct Contents {
    dialog: NodeRef<html::Dialog>,
    field: NodeRef<html::Input>,
    /// Signs out; a form does, because that leaves the page.
    way_out: NodeRef<html::Button>,
    all: RwSignal<Vec<Entry>>,
    refused: RwSignal<Option<AppError>>,
    loading: RwSignal<bool>,
    typed: RwSignal<String>,
    /// Position of the chosen entry among those shown.
    at: RwSignal<usize>,
}

impl Contents {
    fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            field: NodeRef::new(),
            way_out: NodeRef::new(),
            all: RwSignal::default(),
            refused: RwSignal::new(None),
            loading: RwSignal::new(false),
            typed: RwSignal::default(),
            at: RwSignal::new(0),
        }
    }

    /// Shows the dialog, empty, and asks what there is now.
    fn open(self, dialog: &web_sys::HtmlDialogElement, field: &web_sys::HtmlInputElement) {
        if dialog.open() {
            return;
        }
        field.set_value("");
        self.typed.set(String::new());
        self.at.set(0);
        self.refused.set(None);
        self.loading.set(true);
        if let Err(error) = dialog.show_modal() {
            leptos::logging::error!("the palette cannot be shown: {error:?}");
        }
        spawn_local(async move {
            match api::load_places().await {
                Ok(places) => drop(self.all.try_set(entries(&places))),
                Err(error) => drop(self.refused.try_set(Some(error))),
            }
            self.loading.try_set(false);
        });
    }
}

/// The dialog; drawn because it was asked for, so it opens at once.
#[component]
pub fn Palette(
    /// Who asks for it.
    palette: PaletteOpener,
) -> impl IntoView {
    let contents = Contents::new();
    let Contents { dialog, field, typed, at, .. } = contents;
    let shown = Memo::new(move |_| contents.all.with(|all| typed.with(|typed| fitting(all, typed))));
    let choose = doer(contents);
    let wanted = palette.wanted();
    Effect::new(move |_| {
        wanted.track();
        if let (Some(dialog), Some(field)) = (dialog.get(), field.get()) {
            contents.open(&dialog, &field);
        }
    });
    let move_to = move |index: usize| {
        at.set(index);
        request_animation_frame(move || reveal("palette-list", &format!("palette-{index}")));
    };
    let pressed = move |event: ev::KeyboardEvent| {
        let count = shown.with(Vec::len);
        if count == 0 {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => move_to((at.get() + 1) % count),
            "ArrowUp" => move_to((at.get() + count - 1) % count),
            "Enter" if !event.is_composing() => {
                if let Some(entry) = shown.with(|shown| shown.get(at.get()).cloned()) {
                    choose.run(entry.deed);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let note = move || match shown.with(Vec::len) {
        _ if contents.loading.get() && contents.all.with(Vec::is_empty) => "Loading\u{2026}".to_owned(),
        0 => "Nothing fits.".to_owned(),
        1 => "1 result".to_owned(),
        count => format!("{count} results"),
    };
    view! {
        <dialog
            class="palette"
            aria-label="Search or do"
            node_ref=dialog
            on:click=move |event| {
                if on_backdrop(&event, dialog) {
                    close_dialog(contents.dialog);
                }
            }
        >
            <div class="palette-body">
                <input
                    node_ref=field
                    type="text"
                    class="palette-field"
                    role="combobox"
                    aria-label="Agent, project or action"
                    aria-expanded="true"
                    aria-controls="palette-list"
                    aria-autocomplete="list"
                    aria-activedescendant=move || {
                        shown.with(|shown| !shown.is_empty()).then(|| format!("palette-{}", at.get()))
                    }
                    placeholder="Agent, project or action"
                    autocomplete="off"
                    spellcheck="false"
                    on:input:target=move |event| {
                        typed.set(event.target().value());
                        move_to(0);
                    }
                    on:keydown=pressed
                />
                <FormError problem=contents.refused />
                <ul id="palette-list" class="palette-list" role="listbox" aria-label="Results">
                    {move || {
                        shown
                            .get()
                            .into_iter()
                            .enumerate()
                            .map(|(index, entry)| view! { <Line index entry at choose /> })
                            .collect_view()
                    }}
                </ul>
                <p class="palette-note" role="status">
                    {note}
                </p>
                <SignOut>
                    <button type="submit" node_ref=contents.way_out hidden=true></button>
                </SignOut>
            </div>
        </dialog>
    }
    .into_any()
}

/// One entry.
#[component]
fn Line(index: usize, entry: Entry, at: RwSignal<usize>, choose: Callback<Deed>) -> impl IntoView {
    let Entry { label, kind, path, deed } = entry;
    view! {
        <li
            id=format!("palette-{index}")
            role="option"
            aria-selected=move || (at.get() == index).to_string()
            on:click=move |_| choose.run(deed.clone())
        >
            <Icon path />
            <span class="palette-label">{label}</span>
            <span class="palette-kind">{kind}</span>
        </li>
    }
    .into_any()
}

/// Does what was chosen; the palette stays open until the server has agreed, and shows why it did not.
fn doer(contents: Contents) -> Callback<Deed> {
    let (live, theme, navigate) = (Live::expect(), ThemeChoice::expect(), use_navigate());
    let (start, pause, stop, restart) = (
        ServerAction::<api::Start>::new(),
        ServerAction::<api::Pause>::new(),
        ServerAction::<api::Stop>::new(),
        ServerAction::<api::Restart>::new(),
    );
    let asked = RwSignal::new(None::<ProjectId>);
    let outcomes = [
        (start.version(), problem(start)),
        (pause.version(), problem(pause)),
        (stop.version(), problem(stop)),
        (restart.version(), problem(restart)),
    ];
    for (version, refusal) in outcomes {
        Effect::new(move |before: Option<()>| {
            version.track();
            if before.is_none() {
                return;
            }
            let refusal = refusal.get_untracked();
            if refusal.is_none() {
                close_dialog(contents.dialog);
            }
            contents.refused.set(refusal);
            if let Some(id) = asked.get_untracked() {
                live.refresh(id);
            }
        });
    }
    Callback::new(move |deed| match deed {
        Deed::Go(path) => {
            close_dialog(contents.dialog);
            navigate(&path, NavigateOptions::default());
        }
        Deed::Theme(chosen) => {
            close_dialog(contents.dialog);
            theme.choose(chosen);
        }
        Deed::SignOut => {
            if let Some(button) = contents.way_out.get_untracked() {
                button.click();
            }
        }
        Deed::Start(id) => {
            asked.set(Some(id));
            start.dispatch(api::Start { id });
        }
        Deed::Pause(id) => {
            asked.set(Some(id));
            pause.dispatch(api::Pause { id });
        }
        Deed::Stop(id) => {
            asked.set(Some(id));
            stop.dispatch(api::Stop { id });
        }
        Deed::Restart(id) => {
            asked.set(Some(id));
            restart.dispatch(api::Restart { id });
        }
    })
}
