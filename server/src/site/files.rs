//! Static files: those that pages load, under an address that names their content, and the few that have a fixed one.
//!
//! Must not know what is in them.

use std::{
    collections::{BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

use app::Assets;
use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
    routing::any,
};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tower_http::services::ServeDir;

use crate::state::AppState;

/// Says which files each part of the split app is in; written by `cargo leptos build --split`.
const PARTS: &str = "pkg/__wasm_split_manifest.json";
/// Bytes of the digest that an address carries.
const VERSION_BYTES: usize = 8;

/// The site's files under a version that is the digest of them all.
///
/// The files refer to each other by relative addresses, so one version for all of them keeps them together: a page never
/// loads a part of another build.
pub fn read(root: &Path) -> io::Result<Assets> {
    let mut digest = Sha256::new();
    for path in paths(root)? {
        let content = fs::read(root.join(&path))?;
        digest.update(path.to_string_lossy().as_bytes());
        digest.update([0]);
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    let version: String =
        digest.finalize()[..VERSION_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Assets::new(&format!("/assets/{version}"), &version, parts(root)?))
}

/// Every file below `root`, relative to it, but for the compressed forms of others.
fn paths(root: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let compressed = path.extension().is_some_and(|ending| ending == "br" || ending == "gz");
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if !compressed {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

fn parts(root: &Path) -> io::Result<HashMap<String, Vec<String>>> {
    match fs::read(root.join(PARTS)) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashMap::new()),
        Err(error) => Err(error),
    }
}

/// The files under the address of this version, which browsers keep without asking again.
pub fn router(root: &Path, assets: &Assets) -> Router<AppState> {
    let router = Router::new().route("/assets/{*other}", any(async || StatusCode::NOT_FOUND));
    if assets.version().is_empty() {
        return router;
    }
    let kept = Router::new().fallback_service(folder(root)).layer(middleware::from_fn(immutable));
    router.nest_service(&assets.url(""), kept)
}

/// The same files at their own path, asked for each time (which costs one 304); `none` answers where there is no file.
pub fn others(root: &Path, none: Router) -> Router {
    Router::new().fallback_service(folder(root).fallback(none)).layer(middleware::from_fn(asked_again))
}

fn folder(root: &Path) -> ServeDir {
    ServeDir::new(root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

async fn immutable(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    keep(response, if found { "public, max-age=31536000, immutable" } else { "no-store" })
}

async fn asked_again(request: Request, next: Next) -> Response {
    keep(next.run(request).await, "no-cache")
}

/// Says how long an answer may be kept, unless it says so itself.
fn keep(mut response: Response, how_long: &'static str) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(how_long));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_follows_the_content_and_not_its_compressed_form() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("pkg")).unwrap();
        fs::write(root.join("pkg/a.js"), "1").unwrap();
        let version = || read(root).unwrap().version().to_owned();
        let first = version();
        assert_eq!(first.len(), 2 * VERSION_BYTES);
        fs::write(root.join("pkg/a.js.br"), "x").unwrap();
        assert_eq!(version(), first);
        fs::write(root.join("pkg/a.js"), "2").unwrap();
        let second = version();
        assert_ne!(second, first);
        fs::rename(root.join("pkg/a.js"), root.join("pkg/b.js")).unwrap();
        assert_ne!(version(), second);
    }

    #[test]
    fn parts_come_from_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("pkg")).unwrap();
        assert!(!read(folder.path()).unwrap().is_split());
        fs::write(folder.path().join(PARTS), r#"{"admin":["chunk_1"]}"#).unwrap();
        let assets = read(folder.path()).unwrap();
        let files: Vec<_> = assets.part("admin").collect();
        assert_eq!(files, [assets.url("/pkg/chunk_1.wasm")]);
        fs::write(folder.path().join(PARTS), "no JSON").unwrap();
        assert!(read(folder.path()).is_err());
    }
}
