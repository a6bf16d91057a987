//! Markdown: shown as the server rendered it, and written with a preview.
//!
//! Must not render anything itself: only the server knows how to make a stranger's text safe.

use leptos::{html::Textarea, prelude::*, task::spawn_local};

use crate::{api, components::TextArea, error::AppError, model::SafeHtml};

/// Rendered Markdown.
#[component]
pub fn Markdown(
    /// What the server made of the text.
    #[prop(into)]
    html: Signal<SafeHtml>,
) -> impl IntoView {
    view! { <div class="markdown" inner_html=move || html.with(|html| html.as_str().to_owned())></div> }
        .into_any()
}

/// What the preview shows.
#[derive(Clone, PartialEq)]
enum Preview {
    Closed,
    Asked,
    Shown(SafeHtml),
    Failed(String),
}

/// A textarea with a preview; without scripts it is a textarea.
#[component]
pub fn MarkdownEditor(
    /// Name in the form, also the key of field errors.
    #[prop(into)]
    name: String,
    /// Visible label.
    label: &'static str,
    /// First value.
    #[prop(optional, into)]
    value: String,
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// Element id, where the name alone is not unique on the page.
    #[prop(optional, into)]
    id: Option<String>,
    /// Key of field errors, where it is not the name.
    #[prop(optional)]
    field: Option<&'static str>,
    /// Explanation under the control.
    #[prop(default = "Markdown.")]
    hint: &'static str,
    /// Visible lines.
    #[prop(default = 8)]
    rows: u32,
    /// Called with the text while it is typed.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
    /// The textarea.
    #[prop(optional)]
    node_ref: NodeRef<Textarea>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let field = field.map_or_else(|| name.clone(), str::to_owned);
    let typed = Callback::new(move |text| {
        if let Some(on_input) = on_input {
            on_input.run(text);
        }
    });
    let preview = RwSignal::new(Preview::Closed);
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    let open = Memo::new(move |_| preview.with(|preview| *preview != Preview::Closed));
    let look = move |_| {
        let text = node_ref.get_untracked().map(|field| field.value()).unwrap_or_default();
        preview.set(Preview::Asked);
        spawn_local(async move {
            let shown = match api::render_markdown(text).await {
                Ok(html) => Preview::Shown(html),
                Err(error) => Preview::Failed(error.to_string()),
            };
            // Closed again meanwhile, or the page is gone.
            preview.try_update(|preview| {
                if *preview == Preview::Asked {
                    *preview = shown;
                }
            });
        });
    };
    let write = move |_| {
        preview.set(Preview::Closed);
        request_animation_frame(move || {
            if let Some(field) = node_ref.try_get_untracked().flatten()
                && let Err(error) = field.focus()
            {
                leptos::logging::error!("the text cannot be focused: {error:?}");
            }
        });
    };
    let html = Signal::derive(move || {
        preview.with(|preview| match preview {
            Preview::Shown(html) => html.clone(),
            _ => SafeHtml::default(),
        })
    });
    let note = move || {
        preview.with(|preview| match preview {
            Preview::Asked => Some("Rendering\u{2026}".to_owned()),
            Preview::Failed(why) => Some(format!("No preview: {why}")),
            Preview::Shown(html) if html.as_str().is_empty() => Some("Nothing is written yet.".to_owned()),
            Preview::Shown(_) | Preview::Closed => None,
        })
    };
    view! {
        <div class="markdown-editor" data-preview=move || open.get().to_string()>
            <div class="editor-tabs" role="group" aria-label=format!("{label}: view") hidden=move || !hydrated.get()>
                <button type="button" aria-pressed=move || (!open.get()).to_string() on:click=write>
                    "Write"
                </button>
                <button type="button" aria-pressed=move || open.get().to_string() on:click=look>
                    "Preview"
                </button>
            </div>
            <div class="editor-text">
                <TextArea name label value problem id field hint rows on_value=typed node_ref />
            </div>
            <div class="preview" role="region" aria-label=format!("{label}: preview") tabindex="0" hidden=move || !open.get()>
                <p class="muted" role="status">{note}</p>
                <Markdown html />
            </div>
        </div>
    }
    .into_any()
}
