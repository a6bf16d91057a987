//! A step always ends: done, or with a question to a person. Played against a hostile world, with the real transitions.

use proptest::prelude::*;

use super::*;
use crate::coding::observation::TurnOutcome;

/// What the world does to one prompt.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Ends { passes: bool, verdict: Verdict },
    EndsWithBackground,
    ServerError,
    ContextFull,
    Refused,
    Stalls,
    Dies,
    Swallowed,
    GivenBack,
    Permission,
    Dialog { closes: bool },
    EndsUnheard,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    let verdict =
        prop::sample::select(vec![Verdict::Complete, Verdict::NeedsFix, Verdict::DifferentApproach]);
    prop_oneof![
        6 => (any::<bool>(), verdict).prop_map(|(passes, verdict)| Fate::Ends { passes, verdict }),
        6 => prop::sample::select(vec![Fate::EndsWithBackground, Fate::ServerError, Fate::ContextFull, Fate::Stalls,
            Fate::Dies, Fate::Swallowed, Fate::EndsUnheard, Fate::Dialog { closes: true }]),
        1 => prop::sample::select(vec![Fate::Refused, Fate::GivenBack, Fate::Permission, Fate::Dialog { closes: false }]),
    ]
}

/// A world that plays its fates in a circle, one for each prompt that it is sent.
struct World {
    fates: Vec<Fate>,
    sent: usize,
    now: i64,
    alive: bool,
    draft: bool,
    since: i64,
    decision: OnScreen,
    closed: bool,
}

impl World {
    fn fate(&self) -> Fate {
        self.fates[self.sent.saturating_sub(1) % self.fates.len()]
    }

    fn observe(&self, state: &StepState, read: (bool, bool)) -> Observation {
        let closing = matches!(state.phase, StepPhase::ClosingDialog { .. });
        let in_turn = (closing || matches!(state.phase, StepPhase::Sent(_) | StepPhase::Sending(_)))
            && self.sent > 0
            && !self.closed;
        let fate = in_turn.then(|| self.fate());
        let outcome = match (fate, &state.phase) {
            (Some(Fate::Ends { .. }), StepPhase::Sent(_)) => ended(0, self.since),
            (Some(Fate::EndsWithBackground), StepPhase::Sent(_)) => ended(1, self.since),
            (Some(Fate::ServerError), StepPhase::Sent(_)) => failed("API Error: 500", self.since),
            (Some(Fate::ContextFull), StepPhase::Sent(_)) => failed("Prompt is too long", self.since),
            (Some(Fate::Refused), StepPhase::Sent(_)) => failed("API Error: 401", self.since),
            _ => None,
        };
        let activity = match fate {
            Some(Fate::Stalls) => Activity::Busy,
            Some(Fate::Dialog { .. } | Fate::Permission) => Activity::Waiting,
            _ => Activity::Idle,
        };
        let picture = match (fate, self.draft) {
            (Some(Fate::Dialog { .. }), _) => screen(ScreenStatus::Question),
            (Some(Fate::Permission), _) => screen(ScreenStatus::Permission),
            (_, true) => draft(&sending(0).text),
            _ => screen(ScreenStatus::Idle),
        };
        let record = TurnRecord {
            prompt_seen: in_turn && !matches!(fate, Some(Fate::Swallowed)),
            ended: matches!(fate, Some(Fate::EndsUnheard)),
            ..TurnRecord::default()
        };
        Observation {
            now: self.now,
            presence: if self.alive { Presence::Alive } else { Presence::Dead },
            activity,
            activity_since: self.since,
            started_at: None,
            acknowledged: in_turn && !matches!(fate, Some(Fate::Swallowed)),
            progress_at: self.since,
            on_screen: self.decision.clone(),
            outcome,
            screen: read.0.then_some(picture),
            record: read.1.then_some(record),
            ..idle()
        }
    }

    fn play(&mut self, state: &mut StepState, action: &Action) {
        let before = state.phase.clone();
        transition::note(state, action, self.now, false);
        match action {
            Action::Send { .. } => {
                let pastes = if let StepPhase::Sending(sending) = before { sending.pastes + 1 } else { 1 };
                state.last_prompt = Some(sending(0).text);
                state.phase = StepPhase::Sending(Sending { pastes, ..sending(self.now) });
                state.restarted = false;
                self.sent += 1;
                self.since = self.now;
                self.draft = matches!(self.fate(), Fate::GivenBack);
                self.closed = false;
            }
            Action::Delivered if matches!(self.fate(), Fate::Dies) => self.alive = false,
            Action::Start { .. } | Action::StartAnew { .. } => {
                self.alive = true;
                self.draft = false;
                self.since = self.now;
            }
            Action::DecideDialog { .. } => self.decision = OnScreen::Deciding,
            Action::Wait { .. } if self.decision == OnScreen::Deciding => {
                self.decision = OnScreen::Decided("x".into());
            }
            Action::CloseDialog { .. } => {
                self.decision = OnScreen::Unasked;
                self.closed = matches!(self.fate(), Fate::Dialog { closes: true });
                self.since = self.now;
            }
            Action::ClearDraft => self.draft = false,
            Action::Verify => {
                let code = i32::from(!matches!(self.fate(), Fate::Ends { passes: true, .. }));
                let outcome = VerifyOutcome { exit: VerifyExit::Code(code), output: "no".into(), millis: 1 };
                state.phase = StepPhase::Verified { message: String::new(), outcome };
            }
            Action::Evaluate => {
                let StepPhase::Verified { outcome, .. } = before else { return };
                let verdict = match self.fate() {
                    Fate::Ends { verdict, .. } => verdict,
                    _ => Verdict::NeedsFix,
                };
                let StepPhase::Evaluated { evaluation, .. } = evaluated(verdict, VerifyExit::None) else {
                    return;
                };
                state.phase = StepPhase::Evaluated { outcome, evaluation };
            }
            _ => {}
        }
    }
}

fn failed(message: &str, at: i64) -> Option<(TurnOutcome, i64)> {
    Some((TurnOutcome::Failed { kind: classify_failure(message), message: message.into() }, at))
}

/// Whether the step came to its end within so many decisions; how many prompts it took.
fn plays_to_an_end(fates: Vec<Fate>) -> Result<usize, String> {
    let mut state = ready();
    let mut world = World {
        fates,
        sent: 0,
        now: NOW,
        alive: true,
        draft: false,
        since: NOW,
        decision: OnScreen::Unasked,
        closed: false,
    };
    let mut last = Vec::new();
    for _ in 0..20_000 {
        let mut read = (false, false);
        let action = loop {
            match go(&state, &world.observe(&state, read)) {
                Action::ReadScreen if !read.0 => read.0 = true,
                Action::ReadRecord if !read.1 => read.1 = true,
                action => break action,
            }
        };
        match &action {
            Action::Commit => return Ok(world.sent),
            Action::Wait { soon, .. } => world.now += if *soon { 100 } else { 2_000 },
            _ => world.now += 50,
        }
        world.play(&mut state, &action);
        if matches!(&state.phase, StepPhase::Waiting(help) if help.asked) {
            return Ok(world.sent);
        }
        last.push(format!("{action:?}"));
    }
    Err(format!("{:?}: {:#?}", world.fates, &last[last.len() - 12..]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_step_ends_done_or_with_a_question(fates in prop::collection::vec(any_fate(), 1..8)) {
        match plays_to_an_end(fates) {
            // Attempts, failures, stalls, restarts and conversations are bounded, and so are the prompts.
            Ok(sent) => prop_assert!(sent <= 80, "{sent} prompts"),
            Err(stuck) => prop_assert!(false, "it never ends: {stuck}"),
        }
    }
}
