//! A test per rule about dialogs in the terminal.

use super::*;
use crate::coding::dialog::Dialog;

#[test]
fn a_dialog_that_is_being_decided_is_left_alone_for_as_long_as_it_takes() {
    let deciding = Observation {
        answering: true,
        activity: Activity::Waiting,
        activity_since: NOW - 50_000_000,
        screen: Some(screen(ScreenStatus::Permission)),
        ..idle()
    };
    for state in [ready(), step(StepPhase::Sending(sending(NOW - 50_000_000))), sent()] {
        assert_eq!(go(&state, &deciding), wait(false));
    }
}

#[test]
fn dialogs_are_left_to_their_hook_for_a_while_and_then_to_a_person() {
    let open = |status, since| Observation {
        activity: Activity::Waiting,
        activity_since: since,
        screen: Some(screen(status)),
        ..idle()
    };
    assert_eq!(go(&sent(), &open(ScreenStatus::Permission, NOW - 1_000)), wait(false));
    let action = go(&sent(), &open(ScreenStatus::Permission, NOW - DIALOG_MS));
    assert!(matches!(question(&action).then, AfterAnswer::Dialog { .. }));
    let start = Observation {
        activity: Activity::Unknown,
        screen: Some(screen(ScreenStatus::StartDialog)),
        ..idle()
    };
    assert!(matches!(question(&go(&ready(), &start)).then, AfterAnswer::Dialog { .. }));
    let unknown = Observation { screen: Some(screen(ScreenStatus::Unknown)), ..idle() };
    assert_eq!(go(&ready(), &unknown), wait(false));
    let long = Observation { started_at: None, activity_since: NOW - START_MS - 1, ..unknown };
    assert!(matches!(question(&go(&ready(), &long)).then, AfterAnswer::Retry { .. }));
}

fn asking(status: ScreenStatus) -> Observation {
    let text = "Which database?".to_owned();
    Observation {
        activity: Activity::Waiting,
        activity_since: NOW - DIALOG_MS,
        screen: Some(ScreenReading { text, ..screen(status) }),
        ..idle()
    }
}

const DECIDABLE: [ScreenStatus; 2] = [ScreenStatus::Question, ScreenStatus::PlanApproval];

#[test]
fn a_question_or_plan_that_only_the_screen_shows_is_decided_but_not_for_ever() {
    for status in DECIDABLE {
        let seen = asking(status);
        for state in [sent(), ready()] {
            let Action::DecideDialog { dialog, .. } = go(&state, &seen) else { panic!("{status}") };
            let expected = Dialog::on_screen(seen.screen.as_ref().unwrap()).unwrap();
            assert_eq!(dialog, expected);
        }
        // Its hook, or the answer to it, is on its way.
        assert_eq!(go(&sent(), &Observation { answering: true, ..seen.clone() }), wait(false));
        let unsure = Observation { answering: true, activity: Activity::Unknown, ..seen.clone() };
        assert_eq!(go(&ready(), &Observation { started_at: None, ..unsure }), wait(false));
        assert_eq!(
            go(&sent(), &Observation { activity_since: NOW - DIALOG_MS + 1, ..seen.clone() }),
            wait(false)
        );
        // It is not clear whether the prompt arrived: nothing may be sent after it.
        let unclear = Observation { record: Some(TurnRecord::default()), ..seen.clone() };
        let sending = step(StepPhase::Sending(sending(NOW - ACKNOWLEDGE_MS)));
        assert!(matches!(question(&go(&sending, &unclear)).then, AfterAnswer::Dialog { .. }));
        let often = StepState { screen_dialogs: MAX_SCREEN_DIALOGS, ..sent() };
        assert!(matches!(question(&go(&often, &seen)).then, AfterAnswer::Dialog { .. }));
    }
}

#[test]
fn what_is_being_decided_is_waited_for_then_closed_and_answered_by_a_prompt() {
    for status in DECIDABLE {
        let deciding = Observation { on_screen: OnScreen::Deciding, answering: true, ..asking(status) };
        assert_eq!(go(&sent(), &deciding), wait(false));
        let decided = Observation { on_screen: OnScreen::Decided("Use SQLite.".into()), ..deciding };
        let mut state = sent();
        let action = go(&state, &decided);
        let Action::CloseDialog { prompt: Some(PromptKind::Continue { why }), .. } = &action else {
            panic!("{action:?}")
        };
        assert_eq!(why, "Use SQLite.");
        // A crash after the note decides nothing again and sends nothing into the dialog.
        transition::note(&mut state, &action, NOW, false);
        assert_eq!(state.phase, StepPhase::ClosingDialog { at: NOW, presses: 1 });
        for later in [100, 700, CLOSE_MS - 1] {
            assert_eq!(go(&state, &Observation { now: NOW + later, ..asking(status) }), wait(true));
        }
        let gone = Observation { screen: Some(screen(ScreenStatus::Idle)), ..decided };
        assert!(!matches!(go(&sent(), &gone), Action::CloseDialog { .. }));
    }
}

#[test]
fn a_prompt_that_was_not_sent_yet_keeps_its_words() {
    let decided =
        Observation { on_screen: OnScreen::Decided("Use SQLite.".into()), ..asking(ScreenStatus::Question) };
    let closed = |prompt: PromptKind| match go(&StepState { prompt, ..ready() }, &decided) {
        Action::CloseDialog { prompt: Some(prompt), .. } => prompt,
        other => panic!("{other:?}"),
    };
    let with = |word: &str| format!("Use SQLite.\n\n{word}");
    let fix = PromptKind::Fix { instructions: "mend".into() };
    assert_eq!(closed(fix), PromptKind::Fix { instructions: with("mend") });
    let go_on = PromptKind::Continue { why: "rest".into() };
    assert_eq!(closed(go_on), PromptKind::Continue { why: with("rest") });
    assert_eq!(closed(PromptKind::Task), PromptKind::Continue { why: "Use SQLite.".into() });
}

#[test]
fn a_closed_dialog_is_no_persons_interruption() {
    let closing = |presses| step(StepPhase::ClosingDialog { at: NOW - CLOSE_MS, presses });
    let showing = |status, activity| Observation { activity, screen: Some(screen(status)), ..idle() };
    let still = asking(ScreenStatus::Question);
    let again = go(&closing(1), &still);
    assert!(matches!(again, Action::CloseDialog { prompt: None, .. }));
    let mut state = closing(1);
    transition::note(&mut state, &again, NOW, false);
    assert_eq!(state.phase, StepPhase::ClosingDialog { at: NOW, presses: 2 });
    assert!(matches!(question(&go(&closing(MAX_ESCAPES), &still)).then, AfterAnswer::Dialog { .. }));

    assert_eq!(go(&closing(1), &Observation { screen: None, ..still }), Action::ReadScreen);
    for status in [ScreenStatus::Interrupted, ScreenStatus::Idle] {
        let action = go(&closing(1), &showing(status, Activity::Idle));
        assert!(matches!(action, Action::Enter { phase: StepPhase::Ready, prompt: None, .. }));
    }
    let busy = showing(ScreenStatus::Busy, Activity::Busy);
    assert_eq!(go(&closing(1), &busy), wait(true));
    let answer = PromptKind::Continue { why: "Use SQLite.".into() };
    let long = StepPhase::ClosingDialog { at: NOW - INTERRUPT_MS, presses: 1 };
    let long = StepState { prompt: answer.clone(), ..step(long) };
    assert!(matches!(go(&long, &busy), Action::Interrupt { prompt, .. } if prompt == answer));
    let dead = Observation { presence: Presence::Dead, ..busy };
    let mut state = closing(1);
    let action = go(&state, &dead);
    transition::note(&mut state, &action, NOW, false);
    assert_eq!(state.phase, StepPhase::Ready, "{action:?}");
}
