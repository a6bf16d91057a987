//! Markdown as a person will see it.

use leptos::{prelude::*, server_fn::codec::Json};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, signed_in},
    markdown,
};
use crate::{error::AppError, model::SafeHtml};

/// A text as sanitised HTML; for people who are signed in, because it costs time.
#[server(prefix = "/fn", endpoint = "render_markdown", input = Json)]
pub async fn render_markdown(text: String) -> Result<SafeHtml, AppError> {
    signed_in().await?;
    answered(markdown::render(&text))
}
