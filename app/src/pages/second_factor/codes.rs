//! New recovery codes, shown once: to be copied, or kept as a file.

use leptos::prelude::*;

use crate::components::encoded;

/// The codes, with the ways to keep them.
#[component]
pub fn Codes(
    /// The codes; nothing is shown while there are none.
    #[prop(into)]
    codes: Signal<Vec<String>>,
) -> impl IntoView {
    let text = Memo::new(move |_| codes.get().join("\n"));
    // A link with the text in it, which works without scripts too.
    let file = move || format!("data:text/plain;charset=utf-8,{}", encoded(&text.get()));
    view! {
        <Show when=move || !codes.read().is_empty()>
            <div class="stack recovery-codes" role="status">
                <p>
                    <strong>"Your recovery codes, shown only now."</strong>
                    " Each opens your account once in place of a code from the app. Keep them where the app is not."
                </p>
                <textarea
                    readonly
                    rows=10
                    aria-label="Recovery codes"
                    data-testid="recovery-codes"
                    prop:value=move || text.get()
                    on:focus:target=move |event| event.target().select()
                >
                    {text.get_untracked()}
                </textarea>
                <div class="actions">
                    <Copy text />
                    <a class="button" download="autocode-recovery-codes.txt" rel="external" href=file>
                        "Download as text"
                    </a>
                </div>
            </div>
        </Show>
    }
    .into_any()
}

/// Copies; a browser that does not let the page do so says it.
#[component]
fn Copy(text: Memo<String>) -> impl IntoView {
    let said = RwSignal::new("");
    view! {
        <button type="button" class="button" on:click=move |_| copy(text.get_untracked(), said)>
            "Copy"
        </button>
        <span class="muted" role="status">
            {said}
        </span>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
fn copy(text: String, said: RwSignal<&'static str>) {
    use leptos::task::spawn_local;
    use wasm_bindgen_futures::JsFuture;

    let clipboard = window().navigator().clipboard();
    let value: &wasm_bindgen::JsValue = clipboard.as_ref();
    if value.is_undefined() {
        return said.set("This browser copies only on pages over HTTPS.");
    }
    spawn_local(async move {
        let copied = JsFuture::from(clipboard.write_text(&text)).await.is_ok();
        said.set(if copied { "Copied." } else { "The browser does not let this page copy." });
    });
}

#[cfg(not(feature = "hydrate"))]
fn copy(_: String, _: RwSignal<&'static str>) {}
