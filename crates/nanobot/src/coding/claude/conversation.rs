//! Which conversation the CLI has, and where its record is.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ClaudeCode, transcript};

impl ClaudeCode {
    pub(super) async fn find_transcript(&mut self) -> Option<PathBuf> {
        let id = self.memory.conversation.clone()?;
        if let Some(path) = &self.memory.transcript
            && path.file_stem().is_some_and(|stem| stem.to_string_lossy() == id)
            && path.exists()
        {
            return Some(path.clone());
        }
        self.memory.transcript = transcript::find(&self.spec.config_dir, &id).await;
        self.memory.transcript.clone()
    }

    /// A conversation changes its id when a person uses `/clear` or `/resume`.
    pub(super) fn follow(&mut self, payload: &Value) {
        let field = |name: &str| payload.get(name).and_then(Value::as_str);
        if let Some(id) = field("session_id")
            && !id.is_empty()
            && self.memory.conversation.as_deref() != Some(id)
        {
            self.memory.conversation = Some(id.to_owned());
            self.memory.transcript = None;
        }
        let inside = |path: &&str| Path::new(path).starts_with(&self.spec.config_dir);
        if let Some(path) = field("transcript_path").filter(inside) {
            self.memory.transcript = Some(PathBuf::from(path));
        }
    }
}
