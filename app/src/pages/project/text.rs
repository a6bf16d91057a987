//! A long text of a project, saved while it is written; nothing typed is lost and nobody is overwritten unasked.
//!
//! What is not stored yet is kept as a draft in the browser, so that a reload, a lost connection or another page
//! takes nothing away. A text that somebody else changed meanwhile is never replaced without a choice.

use std::time::Duration;

use leptos::{html::Textarea, prelude::*, server_fn::ServerFn, task::spawn_local};

use crate::{
    api,
    components::{FormError, MarkdownEditor, block, forget_draft, keep_draft, kept_draft, problem},
    error::AppError,
    model::{ProjectId, ProjectText, TextKind},
};

/// How long nothing is typed before the text is stored.
const PAUSE: Duration = Duration::from_millis(800);

/// Where the text is.
#[derive(Clone, Debug, PartialEq)]
enum Saving {
    Saved,
    Typed,
    Sending,
    Failed(String),
}

impl Saving {
    fn text(&self) -> String {
        match self {
            Self::Saved => "Saved".to_owned(),
            Self::Typed => "Not saved yet".to_owned(),
            Self::Sending => "Saving\u{2026}".to_owned(),
            Self::Failed(why) => format!("Not saved: {why}"),
        }
    }
}

/// The text under work; copied into every handler.
#[derive(Clone, Copy)]
struct Editor {
    id: ProjectId,
    kind: TextKind,
    field: NodeRef<Textarea>,
    /// The version that the text in the field is meant to replace.
    version: RwSignal<String>,
    state: RwSignal<Saving>,
    /// What somebody else stored meanwhile.
    theirs: RwSignal<Option<ProjectText>>,
    /// Grows with every change, so that a pause can be told.
    typed: StoredValue<u64>,
}

impl Editor {
    /// The draft's name.
    fn name(self) -> String {
        format!("text-{}-{}", self.id, self.kind.as_str())
    }

    /// Forgets the draft if it is this text: another page may have kept another one.
    fn forget(self, text: &str) {
        if kept_draft::<ProjectText>(&self.name()).is_some_and(|kept| kept.text == text) {
            forget_draft(&self.name());
        }
    }

    /// Keeps what was typed at once and stores it after a pause.
    fn changed(self, text: String) {
        keep_draft(&self.name(), &ProjectText { text, version: self.version.get_untracked() });
        self.typed.update_value(|typed| *typed += 1);
        if self.theirs.with_untracked(Option::is_some) {
            return;
        }
        if self.state.get_untracked() != Saving::Sending {
            self.state.set(Saving::Typed);
        }
        let now = self.typed.get_value();
        set_timeout(
            move || {
                if self.typed.try_get_value() == Some(now) {
                    self.save();
                }
            },
            PAUSE,
        );
    }

    /// Stores the text of the field; one request at a time, so that answers keep their order.
    fn save(self) {
        let Some(field) = self.field.get_untracked() else { return };
        if self.state.get_untracked() == Saving::Sending {
            return;
        }
        self.state.set(Saving::Sending);
        let (text, typed) = (field.value(), self.typed.get_value());
        spawn_local(async move {
            let version = self.version.get_untracked();
            let result = api::save_project_text(self.id, self.kind, text.clone(), version).await;
            match result {
                Ok(stored) => self.saved(&text, stored.version, typed),
                Err(AppError::Conflict(why)) => {
                    self.state.try_set(Saving::Failed(why));
                    match api::load_project_text(self.id, self.kind).await {
                        Ok(theirs) => drop(self.theirs.try_set(Some(theirs))),
                        Err(error) => drop(self.state.try_set(Saving::Failed(error.to_string()))),
                    }
                }
                // The draft is kept; the next key or the button tries again.
                Err(error) => drop(self.state.try_set(Saving::Failed(error.to_string()))),
            }
        });
    }

    fn saved(self, text: &str, version: String, typed: u64) {
        self.forget(text);
        // None when its page is gone.
        let Some(now) = self.typed.try_get_value() else { return };
        self.version.set(version);
        self.state.set(Saving::Saved);
        if now == typed {
            return;
        }
        if let Some(field) = self.field.get_untracked() {
            // Typed while it was on its way.
            self.changed(field.value());
        }
    }

    /// Puts the person's text over the other one.
    fn keep_mine(self) {
        if let Some(theirs) = self.theirs.get_untracked() {
            self.version.set(theirs.version);
            self.theirs.set(None);
            self.save();
        }
    }

    /// Gives the person's text up.
    fn take_theirs(self) {
        if let (Some(theirs), Some(field)) = (self.theirs.get_untracked(), self.field.get_untracked()) {
            self.forget(&field.value());
            field.set_value(&theirs.text);
            self.version.set(theirs.version);
            self.theirs.set(None);
            self.state.set(Saving::Saved);
        }
    }

    /// Goes on with what an earlier visit could not store, or with what was typed before the page's scripts were there.
    fn resume(self) {
        let Some(field) = self.field.get_untracked() else { return };
        if field.default_value().is_ok_and(|drawn| drawn != field.value()) {
            return self.changed(field.value());
        }
        let Some(kept) = kept_draft::<ProjectText>(&self.name()) else { return };
        if kept.text == field.value() {
            return forget_draft(&self.name());
        }
        field.set_value(&kept.text);
        self.version.set(kept.version);
        self.save();
    }
}

/// Edits one long text.
#[component]
pub fn TextTab(
    /// The project.
    id: ProjectId,
    /// Which text.
    kind: TextKind,
    /// The text as it is stored.
    text: ProjectText,
) -> impl IntoView {
    let ProjectText { text, version } = text;
    let editor = Editor {
        id,
        kind,
        field: NodeRef::new(),
        version: RwSignal::new(version.clone()),
        state: RwSignal::new(Saving::Saved),
        theirs: RwSignal::new(None),
        typed: StoredValue::new(0),
    };
    Effect::new(move |_| {
        editor.field.track();
        editor.resume();
    });
    // For a form posted without scripts, whose refusal comes back with the page.
    let refused = problem(ServerAction::<api::SaveProjectText>::new());
    let (label, hint) = match kind {
        TextKind::Description => {
            ("Description", "What is to be built, in Markdown. It is saved while you write.")
        }
        TextKind::Architecture => {
            ("Architecture", "How it is to be built, in Markdown. It is saved while you write.")
        }
    };
    let url = <api::SaveProjectText as ServerFn>::url();
    view! {
        <form
            class="text-tab"
            action=url
            method="post"
            // Lest the browser put an older text over one that somebody else stored since.
            autocomplete="off"
            aria-label=label
            on:submit=move |event| {
                event.prevent_default();
                editor.save();
            }
        >
            <FormError problem=refused />
            <Conflict editor />
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="kind" value=kind.as_str() />
            <input type="hidden" name="version" value=version />
            <MarkdownEditor
                name="text"
                label
                hint
                rows=18
                value=text
                problem=refused
                node_ref=editor.field
                on_input=Callback::new(move |text| editor.changed(text))
            />
            <div class="actions">
                <button type="submit" class="button">
                    "Save now"
                </button>
                <span
                    class="saving"
                    role="status"
                    data-testid="saving"
                    data-failed=move || editor.state.with(|state| matches!(state, Saving::Failed(_))).to_string()
                >
                    {move || editor.state.with(Saving::text)}
                </span>
            </div>
        </form>
    }
    .into_any()
}

/// The choice between two texts.
#[component]
fn Conflict(editor: Editor) -> impl IntoView {
    let theirs = move || editor.theirs.with(|theirs| theirs.as_ref().map(|theirs| block(&theirs.text)));
    view! {
        <section
            class="question"
            role="alert"
            data-testid="conflict"
            hidden=move || editor.theirs.with(Option::is_none)
        >
            <h2>"Somebody else changed this text"</h2>
            <p>"Yours is kept below and not stored yet. This is theirs:"</p>
            <pre class="question-text" tabindex="0" aria-label="Their text">
                {theirs}
            </pre>
            <div class="actions">
                <button type="button" class="button" data-tone="primary" on:click=move |_| editor.keep_mine()>
                    "Keep mine"
                </button>
                <button type="button" class="button" on:click=move |_| editor.take_theirs()>
                    "Take theirs"
                </button>
            </div>
        </section>
    }
    .into_any()
}
