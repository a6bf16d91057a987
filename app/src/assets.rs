//! Where a page finds the files it loads; made by the server once, when it starts.
//!
//! Knows nothing of how they are served.

use std::{collections::HashMap, sync::Arc};

/// The files of one build of the site.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    base: Arc<str>,
    version: Arc<str>,
    chunks: Arc<HashMap<String, Vec<String>>>,
}

impl Assets {
    /// Files below the path `base` (no slash at its end), whose content `version` names.
    ///
    /// `chunks` says for each part of the app that is loaded late which files of `/pkg` it is in, without their ending.
    pub fn new(base: &str, version: &str, chunks: HashMap<String, Vec<String>>) -> Self {
        Self { base: base.into(), version: version.into(), chunks: Arc::new(chunks) }
    }

    /// The address of a file, given its path in the site with a slash in front.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Changes whenever any of the files does.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The addresses of the WASM files that a part is in; none if the app was not split.
    pub fn part(&self, name: &str) -> impl Iterator<Item = String> {
        let files = self.chunks.get(name).map(Vec::as_slice).unwrap_or_default();
        files.iter().map(|file| self.url(&format!("/pkg/{file}.wasm")))
    }

    /// Whether the app was split, so that there is a loader of parts.
    pub fn is_split(&self) -> bool {
        !self.chunks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_below_the_base() {
        let chunks = [("admin".to_owned(), vec!["chunk_1".to_owned(), "split_admin".to_owned()])].into();
        let assets = Assets::new("/assets/v1", "v1", chunks);
        assert_eq!(assets.url("/pkg/a.css"), "/assets/v1/pkg/a.css");
        let part: Vec<_> = assets.part("admin").collect();
        assert_eq!(part, ["/assets/v1/pkg/chunk_1.wasm", "/assets/v1/pkg/split_admin.wasm"]);
        assert_eq!(assets.part("settings").count(), 0);
        assert!(!Assets::default().is_split());
    }
}
