//! What the scripted model does in the fault matrix: a plan of small steps, each a file that must exist.

use std::fmt::Write as _;

use autocode_nanobot::protocol::Step;

/// The verdict that a step is done.
const COMPLETE: &str = r#"{ verdict = "complete", reason = "The file is there." }"#;
/// The verdict that it is not.
const NEEDS_FIX: &str =
    r#"{ verdict = "needs_fix", reason = "The file is missing.", instructions = "Write the file." }"#;

/// A plan of so many steps; each leaves a mark outside the workspace whenever it is verified.
pub fn plan(count: usize, root: &std::path::Path) -> Vec<Step> {
    (1..=count)
        .map(|n| Step {
            id: n.to_string(),
            title: format!("Write file {n}"),
            instructions: format!("Append a line to s{n}.txt."),
            verify: Some(format!("test -s s{n}.txt && date +%s%3N >> {}/verified-{n}", root.display())),
            ..Step::default()
        })
        .collect()
}

/// One turn of a coding CLI that runs a command and then says that it is done.
pub fn bash(command: &str, delay_ms: u64) -> String {
    format!(
        "[[rules.turns]]\ndelay_ms = {delay_ms}\ntext = \"I will do it.\"\n\
         tools = [{{ name = \"Bash\", input = {{ command = {command:?}, description = \"Write\" }} }}]\n\
         [[rules.turns]]\ntext = \"It is done.\"\n"
    )
}

/// A rule for prompts that begin with one of these words and the step's number.
pub fn rule(words: &[&str], step: usize, turns: &str) -> String {
    let lines: Vec<String> = words.iter().map(|word| format!("\"# {word} {step}:\"")).collect();
    format!(
        "[[rules]]\nname = \"{}-{step}\"\nrole = \"coding\"\nfirst_line = [{}]\n{turns}\n",
        words[0].to_lowercase().replace(' ', "-"),
        lines.join(", ")
    )
}

/// A judgement, before the ordinary ones are looked at.
pub fn judgement(name: &str, condition: &str, verdict: &str) -> String {
    format!(
        "[[rules]]\nname = \"{name}\"\nrole = \"judge\"\n{condition}\n[[rules.turns]]\nverdict = {verdict}\n"
    )
}

/// The whole scenario: `special` rules come first.
pub fn scenario(steps: usize, special: &str) -> String {
    let mut text = String::from("[[models]]\nname = \"play\"\ndelay_ms = 60\nchunk_delay_ms = 3\n\n");
    text.push_str(special);
    for n in 1..=steps {
        let command = format!("echo line >> s{n}.txt");
        text.push_str(&rule(&["Step", "Fix step", "Continue step"], n, &bash(&command, 0)));
    }
    text.push_str(&judgement("passed", "verify = \"passed\"", COMPLETE));
    text.push_str(&judgement("failed", "verify = \"failed\"", NEEDS_FIX));
    writeln!(text, "[[rules]]\nname = \"else\"\n[[rules.turns]]\ntext = \"Well.\"").unwrap();
    text
}
