//! Between what the app and what a nanobot knows: the same things, on either side of the trust boundary.

use app::model::{
    ApprovalPolicy, CodingCli, Diagnosis, LogLevel, ProjectStatus, Step, StepStatus, Timestamp, WireFormat,
};
use autocode_nanobot::protocol as nanobot;

/// Longest text that a nanobot may put into a step, in bytes; more is cut.
const MAX_TEXT: usize = 64 * 1024;
/// Longest text of a diagnosis, in bytes.
const MAX_LINE: usize = 1024;
/// Most suggested answers; one that is longer than a line is left out, because a cut one would be another answer.
const MAX_SUGGESTIONS: usize = 12;

/// A step for a nanobot.
pub fn step_to_nanobot(step: Step) -> nanobot::Step {
    nanobot::Step {
        id: step.id,
        title: step.title,
        instructions: step.instructions,
        verify: step.verify,
        depends_on: step.depends_on,
        status: match step.status {
            StepStatus::Pending => nanobot::StepStatus::Pending,
            StepStatus::Running => nanobot::StepStatus::Running,
            StepStatus::Completed => nanobot::StepStatus::Completed,
            StepStatus::Failed => nanobot::StepStatus::Failed,
            StepStatus::Skipped => nanobot::StepStatus::Skipped,
        },
        attempts: step.attempts,
        commit: step.commit,
        verify_output: step.verify_output,
        started_at: step.started_at.map(Timestamp::as_millis),
        finished_at: step.finished_at.map(Timestamp::as_millis),
    }
}

/// A step from a nanobot, its texts cut to a bound.
pub fn step_from_nanobot(step: nanobot::Step) -> Step {
    Step {
        id: bounded(step.id),
        title: bounded(step.title),
        instructions: bounded(step.instructions),
        verify: step.verify.map(bounded),
        depends_on: step.depends_on.into_iter().map(bounded).collect(),
        status: match step.status {
            nanobot::StepStatus::Pending => StepStatus::Pending,
            nanobot::StepStatus::Running => StepStatus::Running,
            nanobot::StepStatus::Completed => StepStatus::Completed,
            nanobot::StepStatus::Failed => StepStatus::Failed,
            nanobot::StepStatus::Skipped => StepStatus::Skipped,
        },
        attempts: step.attempts,
        commit: step.commit.map(bounded),
        verify_output: step.verify_output.map(bounded),
        started_at: step.started_at.map(Timestamp::from_millis),
        finished_at: step.finished_at.map(Timestamp::from_millis),
    }
}

/// A nanobot's phase as a project's status.
pub fn status(phase: nanobot::Phase) -> ProjectStatus {
    match phase {
        nanobot::Phase::Planning => ProjectStatus::Planning,
        nanobot::Phase::Running => ProjectStatus::Running,
        nanobot::Phase::Paused => ProjectStatus::Paused,
        nanobot::Phase::Completed => ProjectStatus::Completed,
        nanobot::Phase::Failed => ProjectStatus::Failed,
    }
}

/// A nanobot's log level as ours.
pub fn level(level: nanobot::LogLevel) -> LogLevel {
    match level {
        nanobot::LogLevel::Info => LogLevel::Info,
        nanobot::LogLevel::Action => LogLevel::Action,
        nanobot::LogLevel::Error => LogLevel::Error,
        nanobot::LogLevel::AgentDecision => LogLevel::AgentDecision,
    }
}

/// The coding CLI as a nanobot knows it.
pub fn cli_to_nanobot(cli: CodingCli) -> nanobot::CliKind {
    match cli {
        CodingCli::Claude => nanobot::CliKind::Claude,
        CodingCli::Codex => nanobot::CliKind::Codex,
        CodingCli::Opencode => nanobot::CliKind::Opencode,
        CodingCli::Generic { command } => nanobot::CliKind::Generic { command },
    }
}

/// The approval policy as a nanobot knows it.
pub fn policy_to_nanobot(policy: ApprovalPolicy) -> nanobot::ApprovalPolicy {
    match policy {
        ApprovalPolicy::Auto => nanobot::ApprovalPolicy::Auto,
        ApprovalPolicy::AskModel => nanobot::ApprovalPolicy::AskModel,
        ApprovalPolicy::AskMe => nanobot::ApprovalPolicy::AskMe,
    }
}

/// The API of a user's own provider for a nanobot.
pub fn wire_to_nanobot(wire: WireFormat) -> nanobot::WireFormat {
    match wire {
        WireFormat::Openai => nanobot::WireFormat::Openai,
        WireFormat::Anthropic => nanobot::WireFormat::Anthropic,
    }
}

/// What a loop sees, its texts cut to a bound.
pub fn diagnosis(seen: nanobot::Diagnosis) -> Diagnosis {
    let line = |text: String| cut(text, MAX_LINE);
    Diagnosis {
        cli: line(seen.cli),
        process: line(seen.process),
        activity: line(seen.activity),
        activity_since: Timestamp::from_millis(seen.activity_since),
        signal: seen.signal.map(line),
        signal_at: seen.signal_at.map(Timestamp::from_millis),
        screen: seen.screen.map(line),
        screen_evidence: seen.screen_evidence.map(line),
        phase: line(seen.phase),
        decision: line(seen.decision),
        decided_at: Timestamp::from_millis(seen.decided_at),
    }
}

/// The answers that a person may choose from.
pub fn suggestions(offered: &[String]) -> Vec<String> {
    let usable = |text: &&String| !text.trim().is_empty() && text.len() <= MAX_LINE;
    offered.iter().filter(usable).take(MAX_SUGGESTIONS).cloned().collect()
}

/// The text, cut if it is longer than a nanobot may send.
pub fn bounded(text: String) -> String {
    cut(text, MAX_TEXT)
}

/// The text, cut at a character boundary if it is longer.
fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_read_a_list_of_tools_alike() {
        use app::model::AgentTool;
        for tool in AgentTool::ALL {
            let names = AgentTool::list(&[tool], &[]);
            let there = nanobot::Abilities::of(&names);
            let there = [true, there.edit_files, there.run_commands, there.use_web, there.use_helpers];
            assert_eq!(AgentTool::ALL.map(|tool| tool.is_allowed(&names)), there, "{names:?}");
        }
        assert_eq!(nanobot::Abilities::of(&["git".to_owned()]), nanobot::Abilities::ALL);
    }

    #[test]
    fn a_step_survives_the_way_there_and_back() {
        let step = Step {
            id: "2".into(),
            title: "Parser".into(),
            instructions: "Write it".into(),
            verify: Some("make test".into()),
            depends_on: vec!["1".into()],
            status: StepStatus::Completed,
            attempts: 2,
            commit: Some("abc".into()),
            verify_output: Some("ok".into()),
            started_at: Some(Timestamp::from_millis(5)),
            finished_at: Some(Timestamp::from_millis(9)),
        };
        assert_eq!(step_from_nanobot(step_to_nanobot(step.clone())), step);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = bounded("é".repeat(MAX_TEXT));
        assert_eq!(text.chars().count(), MAX_TEXT / 2 + 1);
    }
}
