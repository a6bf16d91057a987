//! What a form did that was posted without scripts, on the page to which its browser was sent back.

use leptos::prelude::*;

use crate::api;

/// The notice, if there is one.
#[component]
pub fn Notice() -> impl IntoView {
    let notice = Resource::new(|| (), |()| api::load_notice());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                // Without it the page is as good: what was refused stands at its form.
                let text = notice.await.ok().flatten();
                text.map(|text| {
                    view! {
                        <p class="notice notice-done" role="status" data-testid="notice">
                            {text}
                        </p>
                    }
                })
            })}
        </Transition>
    }
    .into_any()
}
