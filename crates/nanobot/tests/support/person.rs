//! What a person does in the terminal.

use autocode_tmux::Key;

use super::Project;

impl Project {
    /// Takes over the terminal.
    pub async fn take_over(&mut self) {
        self.command(serde_json::json!({"type": "take_over"})).await;
    }

    /// Gives the terminal back.
    pub async fn give_back(&mut self) {
        self.command(serde_json::json!({"type": "give_back", "by_itself": false})).await;
    }

    /// Presses a key as a person would.
    pub async fn press(&self, key: Key) {
        self.tmux.send_key(self.pane().await.id, key).await.unwrap();
    }

    /// Types as a person would.
    pub async fn type_text(&self, text: &str) {
        let pane = self.pane().await.id;
        for c in text.chars() {
            self.tmux.send_key(pane, Key::Char(c)).await.unwrap();
        }
    }

    /// Removes what was typed.
    pub async fn clear_line(&self) {
        self.tmux.send_key(self.pane().await.id, Key::CtrlU).await.unwrap();
    }
}
