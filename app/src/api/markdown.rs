//! Markdown as a person will see it.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, signed_in},
    markdown,
};
use crate::{codec::Json, error::AppError, model::SafeHtml};

/// A text as sanitised HTML; for people who are signed in, because it costs time.
#[server(prefix = "/fn", endpoint = "render_markdown", input = Json, output = Json)]
pub async fn render_markdown(text: String) -> Result<SafeHtml, AppError> {
    signed_in().await?;
    answered(markdown::render(&text))
}
