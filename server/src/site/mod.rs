//! The browser's part: server-rendered pages, server functions and static files.
//!
//! The only file that knows how Leptos is wired into the router.

mod files;
mod headers;
mod worker;

use std::path::Path;

use app::Assets;
use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use leptos::{
    config::{LeptosOptions, get_configuration},
    prelude::provide_context,
};
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer};

pub use headers::{Https, security_headers};

use crate::{auth::rate, config::Config, state::AppState};

/// Most bytes of a form: an agent's texts and a project's plan, percent-encoded.
const FORM_LIMIT: usize = 4 * 1024 * 1024;
/// Run-time options beside the program, with the same section as in Cargo.toml.
const OPTIONS_FILE: &str = "Leptos.toml";

/// Leptos' options: from Leptos.toml if there is one, with this configuration's folder and address.
///
/// # Errors
/// One sentence, if the file is broken.
pub fn leptos_options(config: &Config) -> Result<LeptosOptions, String> {
    let mut options = if Path::new(OPTIONS_FILE).is_file() {
        get_configuration(Some(OPTIONS_FILE))
            .map_err(|e| format!("{OPTIONS_FILE} cannot be used ({e}): mend it or remove it."))?
            .leptos_options
    } else {
        LeptosOptions::builder().output_name("autocode").build()
    };
    options.site_root = config.site_root.to_string_lossy().into();
    options.site_addr = config.addr;
    Ok(options)
}

/// Whether the built site lies where the configuration says.
///
/// # Errors
/// One sentence on what to do.
pub fn check_site(config: &Config) -> Result<(), String> {
    if config.site_root.join("pkg").is_dir() {
        return Ok(());
    }
    Err(format!(
        "There is no built web site in {}: build it with `make build`, or name its folder with AUTOCODE_SITE_ROOT.",
        config.site_root.display()
    ))
}

/// What the built site consists of.
///
/// # Errors
/// One sentence, if its files cannot be read.
pub fn assets(config: &Config) -> Result<Assets, String> {
    if is_watched() {
        return Ok(Assets::default());
    }
    files::read(&config.site_root)
        .map_err(|e| format!("The web site in {} cannot be read ({e}).", config.site_root.display()))
}

/// Whether `cargo leptos watch` changes the files while the server runs.
fn is_watched() -> bool {
    std::env::var_os("LEPTOS_WATCH").is_some()
}

/// Pages, server functions, and static files for every other path; files alone may be asked for as often as one likes.
pub fn router(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    let context = {
        let (backend, assets) = (state.backend.clone(), state.assets.clone());
        move || {
            provide_context(backend.clone());
            provide_context(assets.clone());
            headers::secure_page(is_watched());
        }
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let limited = middleware::from_fn_with_state(state.auth.clone(), rate::limit);
    let pages = Router::new()
        .leptos_routes_with_context(state, generate_route_list(app::App), context.clone(), shell.clone())
        .layer(middleware::from_fn(private))
        .layer(RequestBodyLimitLayer::new(FORM_LIMIT))
        .layer(CompressionLayer::new())
        .layer(limited.clone());
    let not_found = leptos_axum::render_app_async_with_context(context, shell);
    let page_not_found = Router::new()
        .fallback(async move |request: Request| {
            let mut response = not_found(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        })
        .layer(middleware::from_fn(private))
        .layer(CompressionLayer::new())
        .layer(limited);
    pages
        .merge(files::router(Path::new(&*options.site_root), &state.assets))
        .merge(worker::router(&state.assets))
        .fallback_service(files::others(Path::new(&*options.site_root), page_not_found))
}

/// Pages show what is somebody's own: no cache keeps them.
async fn private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
