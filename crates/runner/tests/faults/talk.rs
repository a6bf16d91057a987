//! Talking to the runner as the server does: connecting again, starting what should run, reading events, asking.
//!
//! Must not know what a test is about.

use std::time::Duration;

use autocode_nanobot::protocol::Command as Order;
use autocode_runner::protocol::{Answer, Request, RunnerEvent};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    events::{Seen, What},
    link::Link,
    stage::Stage,
};

impl Stage {
    /// Connects as the server does: takes what it missed, then starts what should run and does not.
    pub async fn connect(&mut self, deadline: Instant) -> Option<()> {
        let socket = self.root().join("run/runner.sock");
        loop {
            if let Some(mut link) = Link::connect(&socket).await
                && let Some(Answer::Subscribed { last }) =
                    link.ask(Request::Subscribe { after: self.last }).await
            {
                self.link = Some(link);
                self.compare_after = Some(last);
                return Some(());
            }
            if Instant::now() > deadline {
                return None;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn compare(&mut self) {
        match self.compare_after {
            Some(last) if last <= self.last => self.compare_after = None,
            _ => return,
        }
        if !self.wanted {
            return;
        }
        if let Some(Answer::Instances { instance_ids }) = self.ask(Request::ListInstances).await
            && !instance_ids.contains(&self.instance())
        {
            let answer = self.ask(Request::StartInstance(Box::new(self.start.clone()))).await;
            assert!(matches!(answer, None | Some(Answer::Started { .. })), "{answer:?}");
        }
    }

    /// Asks the runner; `None` if it is lost meanwhile.
    pub async fn ask(&mut self, request: Request) -> Option<Answer> {
        if self.link.is_none() {
            self.connect(Instant::now() + Duration::from_secs(20)).await?;
        }
        let answer = self.link.as_mut()?.ask(request).await;
        if answer.is_none() {
            self.link = None;
        }
        answer
    }

    /// Gives the nanobot an order.
    pub async fn order(&mut self, command: Order) {
        let answer = self.ask(Request::Command { instance_id: self.instance(), command }).await;
        assert_eq!(answer, Some(Answer::Done));
    }

    /// Answers the open question.
    pub async fn answer(&mut self, text: &str) {
        self.order(Order::Answer { text: text.to_owned() }).await;
    }

    /// The next event; `None` at the deadline.
    pub async fn next(&mut self, deadline: Instant) -> Option<Seen> {
        loop {
            if let Some(seen) = self.pending.pop_front() {
                return Some(seen);
            }
            if self.link.is_none() {
                self.connect(deadline).await?;
            }
            self.compare().await;
            let Some(link) = self.link.as_mut() else { continue };
            match timeout_at(deadline, link.event()).await {
                Err(_) => return None,
                Ok(None) => self.link = None,
                Ok(Some(event)) => {
                    assert!(event.seq > self.last, "an event came twice: {event:?}");
                    self.last = event.seq;
                    let (at, what) = match event.event {
                        RunnerEvent::Nanobot(line) => (line.at, What::Nanobot(line.event)),
                        RunnerEvent::Restarting { at, reason } => (at, What::Restarting(reason)),
                        RunnerEvent::Exited { at, clean, reason } => {
                            self.wanted = false;
                            (at, What::Exited { clean, reason })
                        }
                    };
                    self.pending.push_back(Seen { at, what });
                }
            }
        }
    }

    /// The first event from number `mark` on that fits; waits for it.
    pub async fn from(
        &mut self,
        mark: usize,
        limit: Duration,
        what: &str,
        fits: impl Fn(&Seen) -> bool,
    ) -> Seen {
        let deadline = Instant::now() + limit;
        let mut at = mark;
        loop {
            while at < self.events.len() {
                if fits(&self.events[at]) {
                    return self.events[at].clone();
                }
                at += 1;
            }
            match self.next(deadline).await {
                Some(seen) => self.events.push(seen),
                None => panic!("{what}: not within {limit:?}\n{}", self.report().await),
            }
        }
    }

    /// The first event of all that fits; waits for it.
    pub async fn until(&mut self, limit: Duration, what: &str, fits: impl Fn(&Seen) -> bool) -> Seen {
        self.from(0, limit, what, fits).await
    }
}
