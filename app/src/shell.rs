//! The HTML document around the app: what the browser needs before anything is drawn.

use leptos::{
    hydration::{AutoReload, HydrationScripts},
    prelude::*,
};
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::{App, api};

/// Resolves the bare module names that the terminal's bindings import.
const IMPORT_MAP: &str = r#"{"imports":{"xterm":"/vendor/xterm.mjs","xterm-addon-search":"/vendor/addon-search.mjs","xterm-addon-web-links":"/vendor/addon-web-links.mjs"}}"#;

/// The document for a server-rendered page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=api::theme().as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f7f9" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#111318" />
                <meta name="description" content="AutoCode runs AI agents that finish whole software projects." />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="manifest" href="/manifest.webmanifest" />
                // An import map counts only when it comes before the first module.
                <script type="importmap" inner_html=IMPORT_MAP></script>
                <link rel="stylesheet" href="/vendor/xterm.css" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
