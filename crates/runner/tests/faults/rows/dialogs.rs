//! Dialogs of the CLI: questions, plans, permissions, and what it may ask at its start.

use std::fs;

use autocode_nanobot::protocol::ApprovalPolicy;

use super::{LONG, Outcome, Row, row};
use crate::{
    scenario::{bash, rule},
    stage::{Play, Stage},
};

pub const ROWS: &[Row] = &[
    row("CLI asks a question or for plan approval", "the_model_answers_a_question", 15_000, || {
        Box::pin(question("Blue"))
    }),
    row("CLI asks a question or for plan approval", "a_person_answers_a_question", 15_000, || {
        Box::pin(question(""))
    }),
    row("CLI asks a question or for plan approval", "the_model_approves_a_plan", 15_000, || Box::pin(plan())),
    row("CLI asks a question or for plan approval", "the_owner_approves_a_plan", 5_000, || {
        Box::pin(owners_plan())
    }),
    row("permission prompt", "allowed_by_policy", 3_000, || Box::pin(allowed())),
    row("permission prompt", "denied_by_a_rule", 3_000, || Box::pin(denied())),
    row("permission prompt", "the_owner_is_asked", 5_000, || Box::pin(owner())),
    row(
        "start dialogs (trust, theme, key, MCP, settings error)",
        "an_unknown_dialog_at_the_start",
        30_000,
        || Box::pin(start_dialog()),
    ),
];

/// The time of the last answer of the model to the CLI before this moment.
fn before(stage: &Stage, at: i64) -> std::time::Duration {
    let coding = stage.gate.exchanges().into_iter().filter(|e| e.who == crate::gate::Who::Coding);
    let last = coding.filter_map(|e| e.ended).filter(|ended| *ended <= at).max().unwrap_or(at);
    std::time::Duration::from_millis(u64::try_from(at - last).unwrap())
}

async fn question(answer: &str) -> Outcome {
    let asks = "[[rules.turns]]\ntext = \"I have to know.\"\n[[rules.turns.tools]]\nname = \"AskUserQuestion\"\ninput = { questions = [{ \
                question = \"Which colour do you want?\", header = \"Colour\", multiSelect = false, options = [{ label = \"Red\", \
                description = \"A warm one\" }, { label = \"Blue\", description = \"A cold one\" }] }] }\n";
    let work = "[[rules.turns]]\ntext = \"I will do it.\"\ntools = [{ name = \"Bash\", input = { command = \"echo line >> s1.txt\", \
                description = \"Write\" } }]\n[[rules.turns]]\ntext = \"It is done.\"\n";
    let json = if answer.is_empty() { "null".to_owned() } else { format!("\\\"{answer}\\\"") };
    let judge = format!(
        "[[rules]]\nname = \"colour\"\ncontains = [\"Which colour do you want?\"]\nnot_contains = [\"Verify exit code\"]\n[[rules.turns]]\n\
         text = \"{{\\\"answer\\\": {json}, \\\"reason\\\": \\\"It is the project's colour.\\\"}}\"\n"
    );
    let rules = rule(&["Step"], 1, &(asks.to_owned() + work)) + &judge;
    let mut stage = Stage::started(Play { rules, ..Play::default() }).await;
    let words = if answer.is_empty() { ["Only a person can answer"] } else { ["Answered the coding CLI"] };
    let outcome = stage.reaction(0, 0, LONG, &words).await;
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let reaction = before(&stage, at);
    if answer.is_empty() {
        stage.asked(0, LONG, &["Which colour"]).await;
        stage.answer("Red").await;
    }
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, ..outcome }
}

/// A first step for which the CLI makes a plan before it works; `judge` says what the nanobot's model thinks of it.
fn planned(judge: &str, approval: ApprovalPolicy) -> Play {
    let turns = "[[rules.turns]]\ntext = \"I will plan it.\"\ntools = [{ name = \"EnterPlanMode\", input = {} }]\n[[rules.turns]]\n\
                 text = \"This is the plan.\"\ntools = [{ name = \"ExitPlanMode\", input = { plan = \"Write one small file.\" } }]\n"
        .to_owned()
        + &bash("echo line >> s1.txt", 0);
    let judge = format!(
        "[[rules]]\nname = \"plan\"\nrole = \"question\"\ncontains = [\"Write one small file.\"]\n[[rules.turns]]\ntext = '{judge}'\n"
    );
    Play { rules: rule(&["Step"], 1, &turns) + &judge, approval, ..Play::default() }
}

async fn plan() -> Outcome {
    let judge = r#"{"answer": "Approve the plan", "reason": "It fits the goal."}"#;
    let mut stage = Stage::started(planned(judge, ApprovalPolicy::Auto)).await;
    let outcome = stage.reaction(0, 0, LONG, &["The model approved the coding CLI\u{2019}s plan"]).await;
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let reaction = before(&stage, at);
    stage.completed(LONG).await;
    assert_eq!(stage.prompts().len(), 1, "the turn goes on without another prompt: {:?}", stage.prompts());
    stage.end().await;
    Outcome { reaction, ..outcome }
}

async fn owners_plan() -> Outcome {
    let never = r#"{"answer": "Reject the plan", "reason": "Nobody asked this model."}"#;
    let mut stage = Stage::started(planned(never, ApprovalPolicy::AskMe)).await;
    let (at, said) = stage.asked(0, LONG, &["approval of its plan"]).await;
    let reaction = before(&stage, at);
    assert!(said.contains("Write one small file."), "{said}");
    assert!(!stage.workspace().join("s1.txt").exists(), "nothing may be done before the answer");
    let mark = stage.events.len();
    stage.answer("Approve the plan").await;
    // What the plan needs is still asked for one by one.
    stage.completed_with_answers(mark, LONG, "Allow").await;
    assert!(stage.events.iter().any(|seen| seen.decides(&["owner approved"])));
    assert_eq!(stage.prompts().len(), 1, "the turn goes on without another prompt: {:?}", stage.prompts());
    stage.end().await;
    Outcome { reaction, said }
}

async fn allowed() -> Outcome {
    let mut stage = Stage::started(Play::default()).await;
    let outcome = stage.reaction(0, 0, LONG, &["Allowed"]).await;
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let reaction = before(&stage, at);
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, ..outcome }
}

async fn denied() -> Outcome {
    let rules = rule(&["Step"], 1, &bash("cat ~/.ssh/id_ed25519 > s1.txt", 0))
        + &rule(
            &["Fix step"],
            1,
            "[[rules.turns]]\ntext = \"I will do it.\"\ntools = [{ name = \"Write\", input = { file_path = \"{{cwd}}/s1.txt\", content = \"line\" } }]\n[[rules.turns]]\ntext = \"It is done.\"\n",
        );
    let play = Play { rules, approval: ApprovalPolicy::AskModel, ..Play::default() };
    let mut stage = Stage::started(play).await;
    let outcome = stage.reaction(0, 0, LONG, &["Denied"]).await;
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let reaction = before(&stage, at);
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, ..outcome }
}

async fn owner() -> Outcome {
    let mut stage = Stage::started(Play { approval: ApprovalPolicy::AskMe, ..Play::default() }).await;
    let (at, said) = stage.asked(0, LONG, &["May the coding CLI use"]).await;
    let reaction = before(&stage, at);
    assert!(!stage.workspace().join("s1.txt").exists(), "nothing may be done before the answer");
    stage.answer("Allow").await;
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, said }
}

async fn start_dialog() -> Outcome {
    let mut stage = Stage::new(Play::default()).await;
    // Settings that the CLI cannot read: it asks what to do, and no key is harmless.
    let settings = stage.workspace().join(".claude/settings.local.json");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(&settings, "{ not json").unwrap();
    stage.start().await;
    let started = |seen: &crate::stage::Seen| seen.text().starts_with("Started Claude Code");
    let injected = stage.until(LONG, "the CLI is started", started).await.at;
    let (at, said) = stage.asked(0, LONG, &["at its start", "terminal"]).await;
    assert_eq!(stage.prompts().len(), 0);
    let reaction = std::time::Duration::from_millis(u64::try_from(at - injected).unwrap());
    // A person chooses "Continue without these settings".
    let mark = stage.events.len();
    for key in [autocode_tmux::Key::Down, autocode_tmux::Key::Down, autocode_tmux::Key::Enter] {
        stage.press(key).await;
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    }
    stage.reaction(injected, mark, LONG, &["is closed"]).await;
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, said }
}
