//! The theme of this browser.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::api::{headers, note, set_cookies};
use crate::{codec::Json, error::AppError, model::Theme};

/// Keeps the theme in a cookie, which is nobody's secret: pages before the sign-in have a theme, too.
#[server(prefix = "/fn", endpoint = "set_theme", output = Json)]
pub async fn set_theme(theme: Theme) -> Result<(), AppError> {
    set_cookies(vec![theme.cookie()])?;
    note("The theme is changed.")
}

/// The theme that the page is drawn with: from the request's cookie, or as the document says.
pub fn theme() -> Theme {
    #[cfg(feature = "ssr")]
    let theme = headers()
        .ok()
        .and_then(|headers| headers.get(http::header::COOKIE)?.to_str().ok().map(Theme::from_cookies))
        .unwrap_or_default();
    #[cfg(not(feature = "ssr"))]
    let theme = document()
        .document_element()
        .and_then(|html| html.get_attribute("data-theme"))
        .map(|name| Theme::parse(&name))
        .unwrap_or_default();
    theme
}
