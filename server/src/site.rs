//! The browser's part: server-rendered pages, server functions and static files.
//!
//! The only file that knows how Leptos is wired into the router.

use std::path::Path;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use leptos::{
    config::{LeptosOptions, get_configuration},
    prelude::provide_context,
};
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use tower_http::{limit::RequestBodyLimitLayer, services::ServeDir};

use crate::{config::Config, state::AppState};

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

/// Pages, server functions, and static files for every other path.
pub fn router(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    let context = {
        let backend = state.backend.clone();
        move || provide_context(backend.clone())
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let pages = Router::new()
        .leptos_routes_with_context(state, generate_route_list(app::App), context.clone(), shell.clone())
        .layer(middleware::from_fn(private))
        .layer(RequestBodyLimitLayer::new(FORM_LIMIT));
    let not_found = leptos_axum::render_app_async_with_context(context, shell);
    let page_not_found = Router::new()
        .fallback(async move |request: Request| {
            let mut response = not_found(request).await;
            if response.status() == StatusCode::OK {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        })
        .layer(middleware::from_fn(private));
    let files = ServeDir::new(&*options.site_root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .fallback(page_not_found);
    let files = Router::new().fallback_service(files).layer(middleware::from_fn_with_state(options, cached));
    pages.fallback_service(files)
}

/// Pages show what is somebody's own: no cache keeps them.
async fn private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Files are kept by the browser; those without a hash in their name are asked for again, which costs one 304.
async fn cached(State(options): State<LeptosOptions>, request: Request, next: Next) -> Response {
    let hashed = options.hash_files && request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let value = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(value));
    response
}

/// Headers that every answer carries.
pub async fn security_headers(request: Request, next: Next) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            header::CONTENT_SECURITY_POLICY,
            "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'",
        ),
    ];
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
