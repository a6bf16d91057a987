//! What a path shows that no page has.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{components::ErrorView, error::AppError};

/// The page for unknown paths; its status is 404.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found" />
        <main class="gate" id="main">
            <ErrorView error=AppError::NotFound />
        </main>
    }
    .into_any()
}
