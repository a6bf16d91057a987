//! The service worker, which is written for one version of the site: with another one the browser takes the new worker.

use app::Assets;
use axum::{Router, routing::get};
use http::header;

use crate::state::AppState;

const SCRIPT: &str = include_str!("worker.js");
/// What must be there without the network; the page itself never is.
const OFFLINE_PAGE: [&str; 4] = ["/offline.html", "/offline.css", "/offline.js", "/favicon.svg"];
/// What every page loads first.
const START: [&str; 3] = ["/pkg/autocode.css", "/pkg/autocode.js", "/pkg/autocode.wasm"];

/// `/sw.js`; asked for each time, so that an upgrade is noticed.
pub fn router(assets: &Assets) -> Router<AppState> {
    let script = script(assets);
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Router::new().route("/sw.js", get(async move || (headers, script)))
}

fn script(assets: &Assets) -> String {
    if assets.version().is_empty() {
        // Files change under their addresses here: a worker that an earlier build left behind must go.
        return "registration.unregister();".to_owned();
    }
    let files: Vec<_> = START.iter().map(|path| assets.url(path)).collect();
    let build = serde_json::json!({
        "version": assets.version(), "folder": assets.url("/"), "offline": OFFLINE_PAGE, "files": files,
    });
    format!("const BUILD = {build};\n{SCRIPT}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_another_one_after_an_upgrade() {
        let of = |version: &str| script(&Assets::new(&format!("/assets/{version}"), version, [].into()));
        assert!(of("v1").starts_with("const BUILD = {"));
        assert!(of("v1").contains("\"/assets/v1/pkg/autocode.wasm\""));
        assert_ne!(of("v1"), of("v2"));
    }
}
