//! The HTML document around the app: what the browser needs before anything is drawn.
//!
//! Every script carries the nonce of the answer, because the content security policy runs nothing else.

use leptos::{
    hydration::AutoReload,
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_meta::MetaTags;

use crate::{App, Assets, api};

/// Starts the page; defines `boot(module, wasm, worker)`.
const BOOT: &str = include_str!("boot.js");
/// The loader of parts; the name is the one that `cargo leptos build --split` gives it.
const PART_LOADER: &str = "/pkg/__wasm_split.______________________.js";

/// The document for a server-rendered page; its files are those of the [`Assets`] in the context.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let (version, style) = (assets.version().to_owned(), assets.url("/pkg/autocode.css"));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=api::theme().as_str() data-version=version>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f7f9" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#111318" />
                <meta name="description" content="AutoCode runs AI agents that finish whole software projects." />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icons/touch-180.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="stylesheet" href=style />
                <AutoReload options />
                <Scripts assets nonce=use_nonce() />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// What makes the page interactive.
#[component]
fn Scripts(assets: Assets, nonce: Option<Nonce>) -> impl IntoView {
    let (module, wasm) = (assets.url("/pkg/autocode.js"), assets.url("/pkg/autocode.wasm"));
    // Behind the page a watched build changes files under the same address: no worker may keep them.
    let worker = if assets.version().is_empty() { "" } else { "/sw.js" };
    let boot = format!("{BOOT}boot({module:?}, {wasm:?}, {worker:?});");
    let loader = assets.is_split().then(|| {
        view! { <link rel="modulepreload" href=assets.url(PART_LOADER) nonce=nonce.clone() fetchpriority="low" /> }
    });
    view! {
        // An import map counts only when it comes before the first module.
        <script type="importmap" nonce=nonce.clone() inner_html=import_map(&assets)></script>
        <link rel="modulepreload" href=module nonce=nonce.clone() />
        {loader}
        <script type="module" nonce=nonce inner_html=boot></script>
    }
}

/// Resolves the bare module names that the terminal's bindings import: all of them to one small module, which loads
/// xterm.js when a terminal is opened.
fn import_map(assets: &Assets) -> String {
    let module = assets.url("/terminal.mjs");
    let imports: serde_json::Map<_, _> = ["xterm", "xterm-addon-search", "xterm-addon-web-links"]
        .map(|name| (name.to_owned(), module.clone().into()))
        .into_iter()
        .collect();
    serde_json::json!({ "imports": imports }).to_string()
}
