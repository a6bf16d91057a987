//! What a run left: at the model, in the repository and on the disk.

use std::sync::atomic::Ordering;

use autocode_demo_llm::Role;

use super::Project;

impl Project {
    /// Lets the model's provider refuse everything.
    pub fn refuse(&self, refuse: bool) {
        self.refuse.store(refuse, Ordering::Relaxed);
    }

    /// First lines of the prompts that reached the model, each counted at its first request.
    pub fn prompts(&self) -> Vec<String> {
        let coding = self
            .demo
            .journal()
            .into_iter()
            .filter(|entry| entry.role == Role::Coding && entry.tool_turns == 0);
        coding.map(|entry| entry.prompt.lines().next().unwrap_or_default().to_owned()).collect()
    }

    /// How many prompts that reached the model begin so.
    pub fn count_prompts(&self, beginning: &str) -> usize {
        self.prompts()
            .iter()
            .filter(|prompt| {
                prompt.starts_with(&format!("{beginning}:")) || prompt.starts_with(&format!("{beginning} "))
            })
            .count()
    }

    /// Bodies of the requests of a kind that reached the model.
    pub fn requests(&self, role: Role) -> Vec<String> {
        let entries = self.demo.journal().into_iter().filter(|entry| entry.role == role);
        entries.map(|entry| entry.body.to_string()).collect()
    }

    /// How many requests reached the model for the prompt that begins so.
    pub fn demo_turns(&self, beginning: &str) -> usize {
        self.demo.journal().iter().filter(|entry| entry.prompt.starts_with(beginning)).count()
    }

    /// How many judgements were asked for.
    pub fn judgements(&self) -> usize {
        self.demo.journal().iter().filter(|entry| entry.role == Role::Judge).count()
    }

    /// What the coding CLI proved itself with, request by request.
    pub fn tokens_of_coding_requests(&self) -> Vec<String> {
        let coding = self.demo.journal().into_iter().filter(|entry| entry.role == Role::Coding);
        coding.filter_map(|entry| entry.authorization).collect()
    }

    /// Process id of the running nanobot.
    pub fn nanobot(&self) -> u32 {
        self.child.as_ref().unwrap().0.id().unwrap()
    }

    /// A file of the workspace.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.workspace().join(name)).unwrap()
    }

    /// Whether the workspace has this file.
    pub fn exists(&self, name: &str) -> bool {
        self.workspace().join(name).exists()
    }

    /// The workspace's path as text.
    pub fn workspace_path(&self) -> String {
        self.workspace().display().to_string()
    }

    /// Puts a JSON file into the user's HOME.
    pub fn write_home(&self, name: &str, content: &serde_json::Value) {
        let file = self.folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content.to_string()).unwrap();
    }

    /// Output of git in the workspace.
    pub fn git(&self, args: &[&str]) -> String {
        let output =
            std::process::Command::new("git").args(args).current_dir(self.workspace()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The token must not have been left in any file of the user.
    pub fn assert_no_secret_on_disk(&self) {
        let found = std::process::Command::new("grep")
            .args(["-rlF", &self.token])
            .arg(self.folder.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    }
}
