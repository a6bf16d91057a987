//! What holds for every state and everything seen, as properties.

use proptest::prelude::*;

use super::*;

fn any_status() -> impl Strategy<Value = ScreenStatus> {
    use ScreenStatus as S;
    prop::sample::select(vec![
        S::StartFailed,
        S::StartDialog,
        S::Idle,
        S::IdleDraft,
        S::Busy,
        S::Permission,
        S::Question,
        S::PlanApproval,
        S::Interrupted,
        S::ApiError,
        S::UsageLimit,
        S::Compacting,
        S::Exited,
        S::Unknown,
    ])
}

prop_compose! {
    fn any_seen()(
        presence in prop::sample::select(vec![Presence::Absent, Presence::Dead, Presence::Alive, Presence::Alive]),
        activity in prop::sample::select(vec![Activity::Unknown, Activity::Idle, Activity::Busy, Activity::Waiting]),
        since in 0i64..400_000, started in prop::option::of(0i64..400_000), stale: bool, acknowledged: bool, answering: bool,
        background in prop::option::of(0usize..2), at in 0i64..400_000,
        status in prop::option::of(any_status()), text in prop::option::of("[a-z# ]{0,20}"),
        record in prop::option::of((any::<bool>(), any::<bool>(), any::<bool>())), answer in prop::option::of("[a-z]{1,5}"),
        on_screen in prop::sample::select(vec![OnScreen::Unasked, OnScreen::Unasked, OnScreen::Deciding, OnScreen::Decided("x".into())]),
        progress in 0i64..700_000, compacting in prop::option::of(0i64..700_000), compacted: bool, held in prop::bool::weighted(0.1),
    ) -> Observation {
        Observation {
            now: NOW, presence, activity, activity_since: NOW - since, started_at: started.map(|s| NOW - s), stale, held, acknowledged, answering, on_screen,
            progress_at: NOW - progress, compacting_since: compacting.map(|c| NOW - c), compacted,
            outcome: background.and_then(|b| ended(b, NOW - at)),
            screen: status.map(|status| ScreenReading { draft: text.clone(), ..screen(status) }),
            draft_since: text.is_some().then_some(NOW - at),
            record: record.map(|(prompt_seen, ended, interrupted)| TurnRecord { prompt_seen, ended, interrupted, ..TurnRecord::default() }),
            answer,
        }
    }
}

fn any_phase() -> impl Strategy<Value = StepPhase> {
    (0usize..11, 0i64..400_000, 0u32..3, 0u32..3, any::<bool>()).prop_map(
        |(kind, at, pastes, enters, asked)| {
            let sending = Sending { pastes, enters, ..sending(NOW - at) };
            let help = |then| {
                StepPhase::Waiting(Box::new(Help {
                    question: "?".into(),
                    suggestions: vec![],
                    then,
                    asked,
                    failure: None,
                    resumes_at: (kind > 7).then_some(NOW - 200_000 + at),
                }))
            };
            match kind {
                0 => StepPhase::Ready,
                1 => StepPhase::Sending(sending),
                2 => StepPhase::Sent(sending),
                3 => help(AfterAnswer::Dialog { resume: Box::new(StepPhase::Sent(sending)) }),
                4 => help(AfterAnswer::Continue),
                10 => StepPhase::ClosingDialog { at: NOW - at, presses: pastes },
                7 => StepPhase::Interrupting { at: NOW - at },
                8 => help(AfterAnswer::Interrupt { resume: Box::new(StepPhase::Sent(sending)) }),
                9 => help(AfterAnswer::Continue),
                5 => evaluated(Verdict::Complete, VerifyExit::Code(1)),
                _ => StepPhase::BackingOff { until: NOW - 200_000 + at },
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn nothing_is_sent_into_a_dialog_a_draft_or_a_running_turn(phase in any_phase(), seen in any_seen(), restarted: bool) {
        let state = StepState { restarted, ..step(phase.clone()) };
        if let Action::Send { .. } = go(&state, &seen) {
            prop_assert_eq!(seen.presence, Presence::Alive);
            prop_assert!(!matches!(seen.activity, Activity::Busy | Activity::Waiting));
            let screen = seen.screen.as_ref();
            prop_assert!(screen.is_some_and(|s| s.status.takes_prompt() && s.draft.is_none()));
            prop_assert!(matches!(phase, StepPhase::Ready | StepPhase::Sending(_)));
            if let StepPhase::Sending(sending) = phase {
                prop_assert!(sending.pastes < 2 && !seen.acknowledged);
                prop_assert!(seen.record.as_ref().is_some_and(|r| !r.prompt_seen));
            }
        }
        if go(&state, &seen) == Action::PressEnter {
            prop_assert!(seen.screen.is_some_and(|s| !s.status.is_dialog() && s.draft.is_some()));
        }
    }

    #[test]
    fn a_dialog_is_closed_only_where_it_is_seen_and_nothing_is_decided_twice(
        phase in any_phase(), seen in any_seen(), screen_dialogs in 0u32..8, later in 0i64..60_000,
    ) {
        let mut state = StepState { screen_dialogs, ..step(phase) };
        let action = go(&state, &seen);
        if let Action::DecideDialog { .. } | Action::CloseDialog { .. } = &action {
            prop_assert_eq!(seen.presence, Presence::Alive);
            let shown = seen.screen.as_ref().map(|screen| screen.status);
            prop_assert!(matches!(shown, Some(ScreenStatus::Question | ScreenStatus::PlanApproval)));
        }
        if let Action::DecideDialog { .. } = &action {
            prop_assert!(!seen.answering && seen.on_screen == OnScreen::Unasked);
            prop_assert!(seen.now - seen.activity_since >= DIALOG_MS && screen_dialogs < MAX_SCREEN_DIALOGS);
            prop_assert!(matches!(state.phase, StepPhase::Ready | StepPhase::Sent(_)));
        }
        if let Action::CloseDialog { prompt, .. } = &action {
            let first = !matches!(state.phase, StepPhase::ClosingDialog { .. });
            prop_assert_eq!(prompt.is_some(), first);
            prop_assert!(!first || matches!(seen.on_screen, OnScreen::Decided(_)));
            // A crash right after the note: as long as the dialog is there, it is only closed.
            transition::note(&mut state, &action, NOW, false);
            let after = Observation { now: NOW + later, on_screen: OnScreen::Unasked, ..seen };
            let action = go(&state, &after);
            let closes = matches!(action, Action::Wait { .. } | Action::CloseDialog { prompt: None, .. } | Action::AskForHelp(_));
            prop_assert!(closes, "{:?}", action);
        }
    }

    #[test]
    fn a_failed_command_never_leads_to_a_checkpoint(verdict in 0usize..4, code in 1i32..200, attempt in 1u32..20) {
        let verdict = [Verdict::Complete, Verdict::NeedsFix, Verdict::DifferentApproach, Verdict::Ask][verdict];
        let state = StepState { attempt, ..step(evaluated(verdict, VerifyExit::Code(code))) };
        let goes_on = matches!(go(&state, &idle()), Action::NextAttempt { .. } | Action::AskForHelp(_));
        prop_assert!(goes_on);
    }

    #[test]
    fn a_person_who_has_taken_over_is_never_disturbed(phase in any_phase(), seen in any_seen()) {
        let state = step(phase);
        let held = Observation { held: true, ..seen };
        prop_assert_eq!(go(&state, &held), wait(false));
    }

    #[test]
    fn what_was_read_is_not_read_again(phase in any_phase(), seen in any_seen()) {
        let state = step(phase);
        match go(&state, &seen) {
            Action::ReadScreen => prop_assert!(seen.screen.is_none()),
            Action::ReadRecord => prop_assert!(seen.record.is_none()),
            _ => {}
        }
    }
}
