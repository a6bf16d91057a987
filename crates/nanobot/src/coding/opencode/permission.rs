//! opencode's requests for permission: what is asked, and those that wait for a decision.
//!
//! Must not decide. Tools are called by the names that the rules know, which are Claude Code's.

use std::{collections::HashMap, path::Path};

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::coding::dialog::{Dialog, DialogAnswer, DialogDesk};

/// Requests that wait for a decision.
#[derive(Default)]
pub struct Waiting {
    deciding: FuturesUnordered<BoxFuture<'static, (String, Option<DialogAnswer>)>>,
    settled: HashMap<String, CancellationToken>,
}

impl Waiting {
    /// Hands a request in.
    pub fn ask(&mut self, desk: &DialogDesk, id: &str, dialog: Dialog) {
        if self.settled.contains_key(id) {
            return;
        }
        let settled = CancellationToken::new();
        self.settled.insert(id.to_owned(), settled.clone());
        let (desk, id) = (desk.clone(), id.to_owned());
        self.deciding.push(Box::pin(async move {
            tokio::select! {
                answer = desk.ask(dialog) => (id, Some(answer)),
                () = settled.cancelled() => (id, None),
            }
        }));
    }

    /// The request was answered elsewhere, in the terminal for example; nothing happens if it was not known.
    pub fn settle(&mut self, id: &str) {
        if let Some(settled) = self.settled.remove(id) {
            settled.cancel();
        }
    }

    /// Whether something waits for a decision.
    pub fn any(&self) -> bool {
        !self.settled.is_empty()
    }

    /// The next decision with its request's id; pending for ever while none waits. Cancel safe.
    pub async fn decided(&mut self) -> (String, DialogAnswer) {
        loop {
            match self.deciding.next().await {
                Some((id, Some(answer))) => {
                    self.settled.remove(&id);
                    return (id, answer);
                }
                Some((_, None)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// What a request asks.
pub fn dialog(request: &Value, workspace: &Path) -> Dialog {
    let metadata = &request["metadata"];
    let patterns: Vec<&str> =
        request["patterns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let first = patterns.first().copied().unwrap_or_default();
    let name = request["permission"].as_str().unwrap_or("unknown");
    let (tool, input, detail) = match name {
        "bash" => {
            let command = metadata["command"].as_str().map_or_else(|| patterns.join("; "), str::to_owned);
            ("Bash", json!({ "command": command }), command)
        }
        "edit" | "write" => {
            let file = metadata["filepath"].as_str().or(metadata["filePath"].as_str()).unwrap_or(first);
            let file = workspace.join(file).to_string_lossy().into_owned();
            ("Edit", json!({ "file_path": file }), file)
        }
        "read" => {
            let file = workspace.join(first).to_string_lossy().into_owned();
            ("Read", json!({ "file_path": file }), file)
        }
        "webfetch" => {
            let url = metadata["url"].as_str().unwrap_or(first);
            ("WebFetch", json!({ "url": url }), url.to_owned())
        }
        // Everything that the request says, for the rules to look through.
        other => (other, json!({ "patterns": patterns, "metadata": metadata }), patterns.join(" ")),
    };
    let detail: String = detail.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect();
    Dialog::Permission { tool: tool.to_owned(), summary: format!("{tool} {detail}").trim().to_owned(), input }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_in_the_words_of_the_rules() {
        let request = json!({"id": "per_1", "permission": "bash", "patterns": ["ls *"], "metadata": {"command": "ls  -l"}});
        let expected = Dialog::Permission {
            tool: "Bash".into(),
            summary: "Bash ls -l".into(),
            input: json!({"command": "ls  -l"}),
        };
        assert_eq!(dialog(&request, Path::new("/w")), expected);
        let request = json!({"permission": "edit", "patterns": ["src/a.rs"], "metadata": {}});
        let Dialog::Permission { tool, input, .. } = dialog(&request, Path::new("/w")) else {
            panic!("{request}")
        };
        assert_eq!((tool.as_str(), input), ("Edit", json!({"file_path": "/w/src/a.rs"})));
    }

    #[tokio::test]
    async fn what_was_settled_elsewhere_needs_no_decision() {
        let (desk, mut asked) = DialogDesk::open();
        let mut waiting = Waiting::default();
        for id in ["one", "two"] {
            waiting.ask(&desk, id, Dialog::Plan { text: id.into() });
        }
        waiting.settle("one");
        let answer = tokio::spawn(async move {
            while let Some(next) = asked.recv().await {
                drop(next.reply.send(DialogAnswer::Allow));
            }
        });
        assert_eq!(waiting.decided().await, ("two".to_owned(), DialogAnswer::Allow));
        drop((waiting, desk));
        answer.await.unwrap();
    }
}
