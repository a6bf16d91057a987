//! A test per rule.

mod dialogs;
mod ends;
mod laws;
mod situations;

use super::*;
use crate::{
    coding::{
        Activity, FailureKind, OnScreen, TurnRecord,
        screen::{ScreenReading, ScreenStatus},
    },
    state::Sending,
    verify::VerifyExit,
};

const NOW: i64 = 1_000_000;

fn screen(status: ScreenStatus) -> ScreenReading {
    ScreenReading { status, draft: None, evidence: String::new(), text: String::new() }
}

fn draft(text: &str) -> ScreenReading {
    ScreenReading { draft: Some(text.to_owned()), ..screen(ScreenStatus::IdleDraft) }
}

fn idle() -> Observation {
    Observation {
        now: NOW,
        presence: Presence::Alive,
        activity: Activity::Idle,
        activity_since: NOW - 60_000,
        started_at: Some(NOW - 60_000),
        stale: false,
        held: false,
        answering: false,
        on_screen: OnScreen::Unasked,
        acknowledged: false,
        progress_at: NOW,
        compacting_since: None,
        compacted: false,
        outcome: None,
        screen: Some(screen(ScreenStatus::Idle)),
        draft_since: None,
        record: None,
        answer: None,
    }
}

fn sending(at: i64) -> Sending {
    Sending { text: "# Step s1: Make it\n\nDo it now.\n".into(), position: 0, at, pastes: 1, enters: 0 }
}

fn step(phase: StepPhase) -> StepState {
    StepState { phase, ..StepState::new("s1", None) }
}

fn go(step: &StepState, seen: &Observation) -> Action {
    decide(step, seen, &Limits::default())
}

fn ready() -> StepState {
    step(StepPhase::Ready)
}

fn sent() -> StepState {
    step(StepPhase::Sent(sending(NOW - 60_000)))
}

fn ended(background: usize, at: i64) -> Option<(TurnOutcome, i64)> {
    Some((TurnOutcome::Ended { message: "Done.".into(), background }, at))
}

fn question(action: &Action) -> &Help {
    match action {
        Action::AskForHelp(help) => help,
        other => panic!("help expected, not {other:?}"),
    }
}

#[test]
fn an_idle_cli_with_an_empty_box_gets_the_prompt_and_no_other() {
    assert!(matches!(go(&ready(), &idle()), Action::Send { .. }));
    assert_eq!(go(&ready(), &Observation { screen: None, ..idle() }), Action::ReadScreen);
    for status in [ScreenStatus::Interrupted, ScreenStatus::ApiError] {
        assert!(matches!(
            go(&ready(), &Observation { screen: Some(screen(status)), ..idle() }),
            Action::Send { .. }
        ));
    }
    let busy = Observation { activity: Activity::Busy, ..idle() };
    assert!(matches!(go(&ready(), &busy), Action::Wait { why: Some(_), .. }));
    let typed = Observation { screen: Some(draft("hello")), ..idle() };
    assert!(matches!(go(&ready(), &typed), Action::Wait { why: Some(_), .. }));
    let young = Observation { activity: Activity::Unknown, started_at: Some(NOW - 500), ..idle() };
    assert_eq!(go(&ready(), &young), wait(true));
}

#[test]
fn a_cli_that_is_gone_is_started_again_but_not_for_ever() {
    for presence in [Presence::Absent, Presence::Dead] {
        assert!(matches!(go(&sent(), &Observation { presence, ..idle() }), Action::Start { .. }));
    }
    let mut often = ready();
    often.starts = vec![NOW - 4_000, NOW - 3_000, NOW - 2_000, NOW - 1_000];
    let gone = Observation { presence: Presence::Dead, ..idle() };
    assert!(matches!(question(&go(&often, &gone)).then, AfterAnswer::Retry { .. }));
    often.starts[0] = NOW - START_WINDOW_MS;
    assert!(matches!(go(&often, &gone), Action::Start { .. }));
    // Its turn had ended before: that counts.
    let told = Observation { outcome: ended(0, NOW - 10), ..gone };
    assert!(matches!(go(&sent(), &told), Action::EndTurn { .. }));
}

#[test]
fn old_credentials_are_replaced_when_idle_only() {
    let stale = Observation { stale: true, ..idle() };
    assert!(matches!(go(&ready(), &stale), Action::Start { .. }));
    assert!(matches!(
        go(&ready(), &Observation { activity: Activity::Busy, ..stale.clone() }),
        Action::Wait { .. }
    ));
    assert!(!matches!(go(&sent(), &stale), Action::Start { .. }));
}

#[test]
fn delivery_is_acknowledged_or_looked_for_and_repeated_only_when_surely_lost() {
    let fresh = step(StepPhase::Sending(sending(NOW - 1_000)));
    assert_eq!(go(&fresh, &idle()), wait(true));
    assert_eq!(go(&fresh, &Observation { acknowledged: true, ..idle() }), Action::Delivered);
    let old = step(StepPhase::Sending(sending(NOW - ACKNOWLEDGE_MS)));
    assert_eq!(go(&old, &idle()), Action::ReadRecord);
    let with = |seen: bool, screen| Observation {
        record: Some(TurnRecord { prompt_seen: seen, ..TurnRecord::default() }),
        screen: Some(screen),
        ..idle()
    };
    assert_eq!(go(&old, &with(true, draft("x"))), Action::Delivered);
    assert_eq!(go(&old, &with(false, draft("# Step s1: Make it"))), Action::PressEnter);
    assert_eq!(go(&old, &with(false, draft("[Pasted text #1 +3 lines]"))), Action::PressEnter);
    assert!(matches!(go(&old, &with(false, draft("a person's words"))), Action::Wait { why: Some(_), .. }));
    assert!(matches!(go(&old, &with(false, screen(ScreenStatus::Idle))), Action::Send { .. }));
    let twice = step(StepPhase::Sending(Sending { pastes: 2, ..sending(NOW - ACKNOWLEDGE_MS) }));
    assert!(question(&go(&twice, &with(false, screen(ScreenStatus::Idle)))).question.contains("not clear"));
    let busy = Observation { activity: Activity::Busy, ..with(false, screen(ScreenStatus::Busy)) };
    assert_eq!(go(&old, &busy), wait(false));
    let long = step(StepPhase::Sending(sending(NOW - UNCLEAR_MS - 1)));
    question(&go(&long, &busy));
    let pressed = step(StepPhase::Sending(Sending { enters: 2, ..sending(NOW - ACKNOWLEDGE_MS) }));
    question(&go(&pressed, &with(false, draft("# Step s1: Make it"))));
}

#[test]
fn a_turn_ends_by_signal_when_nothing_of_it_runs_any_more() {
    let told = |background, at, activity| Observation { outcome: ended(background, at), activity, ..idle() };
    assert!(matches!(go(&sent(), &told(0, NOW, Activity::Idle)), Action::EndTurn { .. }));
    assert_eq!(go(&sent(), &told(0, NOW - 20, Activity::Busy)), wait(true));
    assert!(matches!(
        go(&sent(), &told(0, NOW - QUIET_MS, Activity::Busy)),
        Action::Wait { why: Some(_), .. }
    ));
    assert!(matches!(go(&sent(), &told(1, NOW, Activity::Idle)), Action::Wait { why: Some(_), .. }));
    let late = told(2, NOW - 121_000, Activity::Idle);
    assert!(matches!(go(&sent(), &late), Action::AskToEndBackground { .. }));
    let asked = StepState { background_asks: MAX_BACKGROUND_ASKS, ..sent() };
    assert!(matches!(&question(&go(&asked, &late)).then,
        AfterAnswer::Retry { resume } if matches!(**resume, StepPhase::TurnEnded { .. })));
}

#[test]
fn without_a_signal_the_record_tells() {
    let with = |record| Observation { record: Some(record), ..idle() };
    let seen = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
    assert_eq!(go(&sent(), &idle()), Action::ReadRecord);
    assert_eq!(go(&sent(), &Observation { activity: Activity::Busy, ..idle() }), wait(false));
    assert!(matches!(go(&sent(), &with(TurnRecord { ended: true, ..seen.clone() })), Action::EndTurn { .. }));
    let interrupted = go(&sent(), &with(TurnRecord { interrupted: true, ..seen.clone() }));
    assert_eq!(question(&interrupted).then, AfterAnswer::Continue);
    let error = TurnRecord { api_error: Some("API Error: 500 Internal server error".into()), ..seen.clone() };
    assert!(matches!(go(&sent(), &with(error)), Action::Enter { phase: StepPhase::BackingOff { .. }, .. }));
    assert!(matches!(
        go(&sent(), &with(seen.clone())),
        Action::Enter { prompt: Some(PromptKind::Continue { .. }), .. }
    ));
    let recent = StepState { phase: StepPhase::Sent(sending(NOW - QUIET_MS)), ..sent() };
    assert_eq!(go(&recent, &with(seen.clone())), wait(false));
    let restarted = StepState { restarted: true, ..recent };
    assert!(matches!(
        go(&restarted, &with(seen)),
        Action::Enter { prompt: Some(PromptKind::Continue { .. }), .. }
    ));
}

fn evaluated(verdict: Verdict, exit: VerifyExit) -> StepPhase {
    StepPhase::Evaluated {
        outcome: VerifyOutcome { exit, output: String::new(), millis: 1 },
        evaluation: Evaluation {
            verdict,
            reason: "r".into(),
            instructions: "i".into(),
            question: "q".into(),
        },
    }
}

#[test]
fn a_step_is_done_only_if_command_and_model_agree() {
    let after = |verdict, exit| go(&step(evaluated(verdict, exit)), &idle());
    assert_eq!(after(Verdict::Complete, VerifyExit::Code(0)), Action::Commit);
    assert_eq!(after(Verdict::Complete, VerifyExit::None), Action::Commit);
    assert!(matches!(after(Verdict::Complete, VerifyExit::TimedOut), Action::NextAttempt { .. }));
    assert!(
        matches!(after(Verdict::NeedsFix, VerifyExit::Code(0)), Action::NextAttempt { instructions, .. } if instructions == "i")
    );
    assert!(matches!(after(Verdict::DifferentApproach, VerifyExit::Code(0)), Action::NextAttempt { .. }));
    assert_eq!(question(&after(Verdict::Ask, VerifyExit::Code(0))).question, "q");
    let mut last = step(evaluated(Verdict::NeedsFix, VerifyExit::Code(1)));
    last.attempt = Limits::default().max_attempts;
    assert_eq!(question(&go(&last, &idle())).then, AfterAnswer::Fix);
    last.attempts_before_answer = 1;
    assert!(matches!(go(&last, &idle()), Action::NextAttempt { .. }));
}

#[test]
fn answers_do_what_the_question_said() {
    let open = |then| {
        step(StepPhase::Waiting(Box::new(Help {
            question: "?".into(),
            suggestions: vec![],
            then,
            asked: true,
            failure: None,
            resumes_at: None,
        })))
    };
    let answered = Observation { answer: Some("use B".into()), ..idle() };
    let resume = || Box::new(StepPhase::TurnEnded { message: String::new() });
    assert_eq!(go(&open(AfterAnswer::Fix), &idle()), wait(false));
    assert!(matches!(go(&open(AfterAnswer::Fix), &answered), Action::NextAttempt { from_person: true, .. }));
    assert!(matches!(go(&open(AfterAnswer::Continue), &answered), Action::Enter { prompt: Some(_), .. }));
    let retry = go(&open(AfterAnswer::Retry { resume: resume() }), &answered);
    assert!(matches!(retry, Action::Enter { phase: StepPhase::TurnEnded { .. }, prompt: None, .. }));
    let dialog = open(AfterAnswer::Dialog { resume: resume() });
    let still_open = Observation {
        activity: Activity::Waiting,
        screen: Some(screen(ScreenStatus::Question)),
        ..answered.clone()
    };
    assert_eq!(go(&dialog, &still_open), Action::PressEscape);
    // Closed in the terminal: nobody has to answer here.
    assert!(matches!(go(&dialog, &idle()), Action::Enter { phase: StepPhase::TurnEnded { .. }, .. }));
    let start = Observation { screen: Some(screen(ScreenStatus::StartDialog)), ..answered };
    assert!(matches!(go(&dialog, &start), Action::Wait { .. }));
}
