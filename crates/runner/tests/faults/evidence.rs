//! What a run left: prompts at the model, steps in the repository, processes, sessions and files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use autocode_demo_llm::Role;
use autocode_nanobot::protocol::{Event, Phase, Step, StepStatus};
use autocode_runner::protocol::{Answer, Request};
use serde_json::Value;

use super::{
    gate::Who,
    stage::{SESSION, Seen, Stage, What},
};

/// Processes that work in a folder or were started from it; zombies are none.
pub fn processes_of(root: &Path) -> Vec<u32> {
    let mark = root.to_string_lossy().into_owned();
    let pids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let has = |pid: &u32| {
        let file = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        let inside = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).contains(&mark);
        let zombie = String::from_utf8_lossy(&file("stat")).contains(") Z ");
        !zombie && *pid != std::process::id() && (inside(file("environ")) || inside(file("cmdline")))
    };
    pids.filter(has).collect()
}

/// The texts of the user's messages in a request.
fn user_texts(body: &Value) -> Vec<&str> {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let mut texts = Vec::new();
    for message in messages.iter().filter(|message| message["role"] == "user") {
        match &message["content"] {
            Value::String(text) => texts.push(text.as_str()),
            Value::Array(blocks) => texts.extend(blocks.iter().filter_map(|block| block["text"].as_str())),
            _ => {}
        }
    }
    texts
}

impl Stage {
    /// How often each prompt of the loop reached the model: the most that one request shows, added up over the
    /// conversations.
    pub fn prompts(&self) -> BTreeMap<String, usize> {
        let mut sum = BTreeMap::new();
        for ((_, text), count) in self.prompts_of_conversations() {
            *sum.entry(text).or_default() += count;
        }
        sum
    }

    /// The conversations that had a prompt with this beginning.
    pub fn conversations(&self, beginning: &str) -> BTreeSet<String> {
        let had = self.prompts_of_conversations().into_keys().filter(|(_, text)| text.starts_with(beginning));
        had.map(|(conversation, _)| conversation).collect()
    }

    fn prompts_of_conversations(&self) -> BTreeMap<(String, String), usize> {
        let mut most: BTreeMap<(String, String), usize> = BTreeMap::new();
        for entry in self.demo.journal().iter().filter(|entry| entry.role == Role::Coding) {
            let conversation = entry.body["metadata"]["user_id"].as_str().unwrap_or_default();
            let mut here: BTreeMap<&str, usize> = BTreeMap::new();
            for text in user_texts(&entry.body) {
                let text = text.trim();
                if ["# Step ", "# Fix step ", "# Continue step "].iter().any(|head| text.starts_with(head)) {
                    *here.entry(text).or_default() += 1;
                }
            }
            for (text, count) in here {
                let most = most.entry((conversation.to_owned(), text.to_owned())).or_default();
                *most = count.max(*most);
            }
        }
        most
    }

    /// How many different prompts with this beginning reached the model.
    pub fn count(&self, beginning: &str) -> usize {
        self.prompts().iter().filter(|(text, _)| text.starts_with(beginning)).map(|(_, count)| count).sum()
    }

    /// No prompt arrived twice. Two breaks in one attempt are told in the same words: such prompts may arrive as often
    /// as the loop decided to send one.
    pub fn assert_sent_once(&self) {
        for (text, count) in self.prompts() {
            let head = text.lines().next().unwrap_or_default().trim_start_matches("# ");
            let sent = format!("Sending \u{201c}{head}\u{201d}");
            let decided = |seen: &&Seen| seen.decides(&[&sent]) && !seen.decides(&["sending it once more"]);
            let may = match head.starts_with("Continue") {
                true => self.events.iter().filter(decided).count().max(1),
                false => 1,
            };
            assert!(count <= may, "{count} times, decided {may} times: {text:?}");
        }
        for step in 1..=self.start.config.project.plan.len() {
            assert!(self.count(&format!("# Step {step}:")) <= 1, "step {step}: {:#?}", self.prompts());
        }
    }

    /// The plan as the loop has written it down.
    pub fn plan(&self) -> Vec<Step> {
        let file = self.workspace().join(".nanobot/state.json");
        let state: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        serde_json::from_value(state["plan"].clone()).unwrap()
    }

    /// Each finished step was verified, then judged, then committed, in this order.
    pub fn assert_verified(&self) {
        for step in self.plan().iter().filter(|step| step.status == StepStatus::Completed) {
            let finished = step.finished_at.unwrap();
            let marks =
                fs::read_to_string(self.root().join(format!("verified-{}", step.id))).unwrap_or_default();
            let verified = marks.lines().filter_map(|line| line.parse::<i64>().ok());
            let judged: Vec<i64> = self
                .gate
                .exchanges()
                .into_iter()
                .filter(|e| e.who == Who::Judge && !e.faulty && e.body.to_string().contains(&step.title))
                .filter_map(|e| e.ended)
                .collect();
            let proved = verified
                .into_iter()
                .any(|at| judged.iter().any(|judged| at <= *judged && *judged <= finished));
            assert!(proved, "step {} is done at {finished} without proof: {marks:?}, {judged:?}", step.id);
            let commit = step.commit.clone().unwrap();
            self.git(&["cat-file", "-e", &format!("{commit}^{{commit}}")]);
        }
    }

    /// Output of git in the workspace.
    pub fn git(&self, args: &[&str]) -> String {
        let output =
            std::process::Command::new("git").args(args).current_dir(self.workspace()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until every step is done, and looks whether it was done in order.
    pub async fn completed(&mut self, limit: Duration) {
        let over = |seen: &Seen| matches!(seen.phase(), Some(Phase::Completed | Phase::Failed));
        let end = self.until(limit, "the plan is done", over).await;
        assert_eq!(end.phase(), Some(Phase::Completed), "{}", self.report().await);
        self.until(Duration::from_secs(10), "the nanobot ends", |seen| {
            matches!(seen.what, What::Exited { clean: true, .. })
        })
        .await;
        self.assert_sent_once();
        self.assert_verified();
        assert!(self.plan().iter().all(|step| step.status == StepStatus::Completed));
    }

    /// Waits until every step is done, and answers what is asked meanwhile.
    pub async fn completed_with_answers(&mut self, mut mark: usize, limit: Duration, answer: &str) {
        let news = |seen: &Seen| {
            matches!(seen.what, What::Nanobot(Event::HelpRequested { .. }))
                || matches!(seen.phase(), Some(Phase::Completed | Phase::Failed))
        };
        for _ in 0..4 {
            let seen = self.from(mark, limit, "a question or the end", news).await;
            if seen.phase().is_some() {
                return self.completed(limit).await;
            }
            mark = self.position(&seen) + 1;
            self.answer(answer).await;
        }
        panic!("it asks again and again\n{}", self.report().await);
    }

    /// The number of an event.
    pub fn position(&self, of: &Seen) -> usize {
        let same = |seen: &Seen| seen.at == of.at && format!("{:?}", seen.what) == format!("{:?}", of.what);
        self.events.iter().rposition(same).unwrap_or_default()
    }

    /// Waits for a question that contains one of these words; its text.
    pub async fn asked(&mut self, mark: usize, limit: Duration, words: &[&str]) -> (i64, String) {
        let asks = |seen: &Seen| matches!(seen.what, What::Nanobot(Event::HelpRequested { .. }));
        let seen = self.from(mark, limit, "a question", asks).await;
        let What::Nanobot(Event::HelpRequested { question, .. }) = seen.what else { unreachable!() };
        let fits = words.iter().any(|word| question.to_lowercase().contains(&word.to_lowercase()));
        assert!(fits, "{question:?} instead of {words:?}\n{}", self.report().await);
        (seen.at, question)
    }

    /// Stops the instance with its terminal, then the runner; nothing may be left. Returns how long stopping took.
    pub async fn end(&mut self) -> Duration {
        self.wanted = false;
        let begun = Instant::now();
        let stop = Request::StopInstance { instance_id: self.instance(), end_session: Some(SESSION.into()) };
        let mut answer = self.ask(stop.clone()).await;
        if answer.is_none() {
            // The runner was lost just now; its successor is asked.
            answer = self.ask(stop).await;
        }
        assert_eq!(answer, Some(Answer::Done));
        let stopped = begun.elapsed();
        let run = self.root().join("run");
        assert!(!run.join(format!("i-{}", self.instance())).exists(), "the run's folder is left");
        assert!(self.pane().await.is_none(), "the session is left");
        self.ask(Request::Shutdown).await;
        let mut supervisor = self.supervisor.take().unwrap();
        let wait = tokio::task::spawn_blocking(move || supervisor.wait().unwrap());
        assert!(tokio::time::timeout(Duration::from_secs(15), wait).await.unwrap().unwrap().success());
        self.assert_nothing_left(Duration::from_secs(3)).await;
        let mut files: Vec<String> = fs::read_dir(run)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        // A tmux server that ends by itself leaves its socket, at which nobody listens any more.
        files
            .retain(|file| !["cell.lock", "runner.log", "spool.jsonl", "tmux.sock"].contains(&file.as_str()));
        assert_eq!(files, Vec::<String>::new());
        stopped
    }

    /// No process of this stage lives; one that just ends gets this long.
    pub async fn assert_nothing_left(&self, limit: Duration) {
        let begun = Instant::now();
        loop {
            let left = processes_of(&self.root());
            if left.is_empty() {
                return;
            }
            let names: Vec<_> =
                left.iter().map(|pid| fs::read_to_string(format!("/proc/{pid}/cmdline"))).collect();
            assert!(begun.elapsed() < limit, "processes are left: {left:?} {names:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
