//! A test per situation of a turn that does not go as it should.

use super::*;
use crate::state::SameError;

#[test]
fn failures_pause_or_back_off_by_kind() {
    let with = |kind, message: &str| Observation {
        outcome: Some((TurnOutcome::Failed { kind, message: message.into() }, NOW)),
        ..idle()
    };
    for kind in [FailureKind::Authentication, FailureKind::Billing] {
        assert_eq!(question(&go(&sent(), &with(kind, "no"))).failure, Some(kind));
    }
    let backing_off = go(&sent(), &with(FailureKind::Server, "500"));
    assert!(
        matches!(backing_off, Action::Enter { phase: StepPhase::BackingOff { until }, .. } if until > NOW)
    );
    let tired = StepState { failures: MAX_FAILURES, ..sent() };
    question(&go(&tired, &with(FailureKind::Server, "500")));
    let resting = step(StepPhase::BackingOff { until: NOW + 1 });
    assert_eq!(go(&resting, &idle()), wait(false));
    let rested = step(StepPhase::BackingOff { until: NOW });
    assert!(matches!(
        go(&rested, &idle()),
        Action::Enter { phase: StepPhase::Ready, prompt: Some(PromptKind::Continue { .. }), .. }
    ));
    assert_eq!(classify_failure("Please run /login · API Error: 403"), FailureKind::Authentication);
    assert_eq!(classify_failure("Credit balance too low"), FailureKind::Billing);
    assert_eq!(classify_failure("Repeated 529 Overloaded errors"), FailureKind::Server);
    assert_eq!(classify_failure("You've hit your limit"), FailureKind::RateLimit);
    assert_eq!(classify_failure("Prompt is too long"), FailureKind::ContextFull);
    // A port is no status code.
    assert_eq!(classify_failure("could not connect to 127.0.0.1:54293"), FailureKind::Server);
}

fn failing(message: &str) -> Observation {
    let outcome = TurnOutcome::Failed { kind: classify_failure(message), message: message.into() };
    Observation { outcome: Some((outcome, NOW)), ..idle() }
}

#[test]
fn a_usage_limit_pauses_until_its_reset_and_goes_on_by_itself() {
    // The clock of these tests stands at 00:16:40 on the first of January 1970.
    let limited = go(&sent(), &failing("You've hit your limit · resets 10:03am (UTC)"));
    let reset = (10 * 60 + 3) * 60_000;
    assert_eq!(question(&limited).resumes_at, Some(reset + 5_000));
    assert_eq!(question(&limited).failure, Some(FailureKind::RateLimit));
    // Never burned as attempts or failures: the pauses grow, and there is no end to them.
    let patient = StepState { limit_pauses: 40, failures: MAX_FAILURES, attempt: 9, ..sent() };
    let until = question(&go(&patient, &failing("API Error: 429 rate limit"))).resumes_at.unwrap();
    assert!((NOW + 1_800_000..=NOW + 2_250_001).contains(&until), "{until}");

    let waiting = |at| {
        let mut open = question(&limited).clone();
        open.asked = true;
        open.resumes_at = Some(at);
        step(StepPhase::Waiting(Box::new(open)))
    };
    assert_eq!(go(&waiting(NOW + 1), &idle()), wait(false));
    let goes_on = Action::Enter {
        phase: StepPhase::Ready,
        prompt: Some(PromptKind::Continue {
            why: "The work had to pause for a limit or an error of the model; the pause is over.".into(),
        }),
        why: "The time of the pause is over; going on without an answer.".into(),
    };
    assert_eq!(go(&waiting(NOW), &idle()), goes_on);
    let early = Observation { answer: Some("Go on now".into()), ..idle() };
    assert!(matches!(go(&waiting(NOW + 1), &early), Action::Enter { phase: StepPhase::Ready, .. }));

    // Its menu: the words above it tell the time; afterwards it is closed and never takes a prompt.
    let menu = ScreenReading {
        text: "You've hit your limit · resets 10:03am (UTC)\n❯ 1. Stop and wait for limit to reset".into(),
        ..screen(ScreenStatus::UsageLimit)
    };
    let open = Observation { activity: Activity::Waiting, screen: Some(menu), ..idle() };
    assert_eq!(question(&go(&sent(), &open)).resumes_at, Some(reset + 5_000));
    assert_eq!(go(&ready(), &open), Action::PressEscape);
}

#[test]
fn a_turn_without_progress_is_interrupted_and_later_given_to_a_person() {
    let busy = |progress| Observation { activity: Activity::Busy, progress_at: NOW - progress, ..idle() };
    let long = step(StepPhase::Sent(sending(NOW - 900_000)));
    assert_eq!(go(&long, &busy(299_000)), wait(false));
    assert!(matches!(go(&long, &busy(301_000)), Action::Interrupt { .. }));
    // A young turn has not stalled, whatever came before it.
    assert_eq!(go(&sent(), &busy(301_000)), wait(false));
    let often = StepState { stalls: MAX_STALLS, ..long };
    let asked = go(&often, &busy(301_000));
    assert!(matches!(question(&asked).then, AfterAnswer::Interrupt { .. }));

    let mut open = question(&asked).clone();
    open.asked = true;
    let open = step(StepPhase::Waiting(Box::new(open)));
    assert_eq!(go(&open, &busy(400_000)), wait(false));
    assert!(matches!(go(&open, &idle()), Action::Enter { phase: StepPhase::Sent(_), .. }));
    let answered = Observation { answer: Some("go on".into()), ..busy(400_000) };
    assert!(matches!(go(&open, &answered), Action::Interrupt { .. }));

    let told = |ago| step(StepPhase::Interrupting { at: NOW - ago });
    assert_eq!(go(&told(2_000), &busy(400_000)), wait(true));
    assert!(matches!(go(&told(2_000), &idle()), Action::Enter { phase: StepPhase::Ready, .. }));
    assert!(matches!(go(&told(INTERRUPT_MS + 1), &busy(400_000)), Action::Start { .. }));
}

#[test]
fn a_prompt_given_back_means_an_interruption_and_is_removed_before_the_next() {
    let record = Some(TurnRecord { prompt_seen: true, ..TurnRecord::default() });
    let back = Observation { screen: Some(draft("# Step s1: Make it")), record, ..idle() };
    assert_eq!(question(&go(&sent(), &back)).then, AfterAnswer::Continue);
    let last = StepState { last_prompt: Some(sending(0).text), ..ready() };
    assert_eq!(go(&last, &back), Action::ClearDraft);
    assert!(matches!(go(&ready(), &back), Action::Wait { why: Some(_), .. }));
}

#[test]
fn a_conversation_that_cannot_go_on_is_begun_anew_but_not_for_ever() {
    assert!(matches!(go(&sent(), &failing("Prompt is too long")), Action::StartAnew { .. }));
    let stuck = Observation { activity: Activity::Busy, compacting_since: Some(NOW - 601_000), ..idle() };
    assert!(matches!(go(&sent(), &stuck), Action::StartAnew { .. }));
    let still = Observation { compacting_since: Some(NOW - 599_000), ..stuck };
    assert_eq!(go(&sent(), &still), wait(false));
    let often = StepState { new_conversations: MAX_CONVERSATIONS, ..sent() };
    question(&go(&often, &failing("Context limit reached")));
    // Summarised, and then nothing: the CLI is told where it stands.
    let seen = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
    let silent = Observation { compacted: true, record: Some(seen), ..idle() };
    assert!(matches!(go(&sent(), &silent), Action::Enter { prompt: Some(PromptKind::Continue { .. }), .. }));
}

#[test]
fn the_same_error_three_times_asks_for_another_way_and_then_for_help() {
    let failed = |output: &str, before: Option<SameError>, changed| {
        let StepPhase::Evaluated { evaluation, .. } = evaluated(Verdict::NeedsFix, VerifyExit::Code(1))
        else {
            panic!()
        };
        let outcome = VerifyOutcome { exit: VerifyExit::Code(1), output: output.into(), millis: 1 };
        let mut state = step(StepPhase::Evaluated { outcome, evaluation });
        (state.same_error, state.approach_changed) = (before, changed);
        go(&state, &idle())
    };
    let counted = |action: &Action| match action {
        Action::NextAttempt { error: Some(error), new_approach, .. } => (error.clone(), *new_approach),
        other => panic!("{other:?}"),
    };
    let (first, changed) = counted(&failed("line 12: expected 3", None, false));
    assert_eq!((first.count, changed), (1, false));
    let (second, _) = counted(&failed("line 14: expected 3", Some(first), false));
    assert_eq!(second.count, 2);
    let third = failed("line 9: expected 3", Some(second.clone()), false);
    assert!(matches!(&third, Action::NextAttempt { instructions, new_approach: true, .. }
        if instructions.contains("line 9: expected 3") && instructions.contains("different approach")));
    let (third, _) = counted(&third);
    assert!(question(&failed("line 9: expected 3", Some(third.clone()), true)).question.contains("4 times"));
    let (other, changed) = counted(&failed("no such file", Some(third), true));
    assert_eq!((other.count, changed), (1, false));
}

#[test]
fn a_forgotten_text_is_asked_about_and_removed_only_when_its_owner_wants_that() {
    let typed = |for_ms: i64| Observation {
        screen: Some(draft("half a sentence")),
        draft_since: Some(NOW - for_ms),
        ..idle()
    };
    assert!(matches!(go(&ready(), &typed(DRAFT_MS - 1)), Action::Wait { why: Some(_), .. }));
    let asked = go(&ready(), &typed(DRAFT_MS));
    let help = question(&asked).clone();
    assert!(help.question.contains("half a sentence"), "{}", help.question);
    let mut waiting = ready();
    transition::note(&mut waiting, &asked, NOW, false);
    assert_eq!(go(&waiting, &typed(DRAFT_MS)), wait(false));
    assert_eq!(go(&waiting, &Observation { screen: None, ..idle() }), Action::ReadScreen);
    // Sent or removed in the terminal: nobody has to answer.
    assert!(matches!(go(&waiting, &idle()), Action::Enter { phase: StepPhase::Ready, prompt: None, .. }));
    let answered = |text: &str| Observation { answer: Some(text.to_owned()), ..typed(DRAFT_MS) };
    assert_eq!(go(&waiting, &answered(&help.suggestions[0])), Action::RemoveDraft);
    let kept = go(&waiting, &answered(&help.suggestions[1]));
    assert!(matches!(kept, Action::Enter { phase: StepPhase::Ready, .. }));
    // Asked again only after as long a time.
    transition::note(&mut waiting, &kept, NOW, true);
    assert!(matches!(go(&waiting, &typed(DRAFT_MS)), Action::Wait { why: Some(_), .. }));
    let later = Observation { now: NOW + DRAFT_MS, ..typed(DRAFT_MS) };
    question(&go(&waiting, &later));
}
