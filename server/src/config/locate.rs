//! Where things are when nobody says so: programs on PATH, the built site, and what counts as a URL.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The path without `.` parts, so that it reads well in messages.
pub(super) fn normal(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Beside the program, or where the build puts it.
pub(super) fn default_site_root(here: &Path, binary: &Path) -> PathBuf {
    let beside = binary.parent().map(|folder| folder.join("site"));
    beside.filter(|path| path.is_dir()).unwrap_or_else(|| here.join("target/site"))
}

/// A coding CLI's program: the one that was named, else the one on PATH, else the one that the lock file names.
pub(super) fn coding_cli(here: &Path, named: Option<PathBuf>, name: &str) -> PathBuf {
    let default = || on_path(name).unwrap_or_else(|| here.join("node_modules/.bin").join(name));
    named.map_or_else(default, |path| find_program(here, path))
}

/// A bare name is looked up on PATH, anything with a slash is a path.
fn find_program(here: &Path, program: PathBuf) -> PathBuf {
    let bare = program.components().count() == 1 && !program.is_absolute();
    let found = if bare { program.to_str().and_then(on_path) } else { None };
    found.unwrap_or_else(|| normal(&here.join(program)))
}

/// Absolute path of a program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    env::split_paths(&env::var_os("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0))
}

/// A usable http(s) URL without its trailing slash.
pub(super) fn http_url(text: &str) -> Option<String> {
    let uri: http::Uri = text.trim().parse().ok()?;
    let scheme = uri.scheme_str()?;
    let usable = matches!(scheme, "http" | "https") && uri.host().is_some() && uri.query().is_none();
    usable.then(|| text.trim().trim_end_matches('/').to_owned())
}
