//! The terminal's control frames are written down for pages and for runners, which must not know each other: here they are held equal.

use app::model as page;
use autocode_nanobot::protocol as nanobot;
use autocode_runner::protocol as runner;
use serde::{Serialize, de::DeserializeOwned};

/// Both ends write the same and read what the other wrote.
fn same<Page, Runner>(page: &Page, runner: &Runner)
where
    Page: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    Runner: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let json = serde_json::to_string(page).unwrap();
    assert_eq!(json, serde_json::to_string(runner).unwrap());
    assert_eq!(&serde_json::from_str::<Page>(&json).unwrap(), page);
    assert_eq!(&serde_json::from_str::<Runner>(&json).unwrap(), runner);
}

#[test]
fn a_page_asks_as_a_runner_understands() {
    use runner::TerminalRequest as Runner;
    let all = [
        Runner::Resize { cols: 120, rows: 40 },
        Runner::Lead,
        Runner::Acknowledge { bytes: u64::MAX },
        Runner::TakeOver,
        Runner::GiveBack,
    ];
    let mut seen = [false; 5];
    for request in all {
        // Another variant does not compile here until it has a place above.
        let (at, page) = match request {
            Runner::Resize { cols, rows } => (0, page::TerminalRequest::Resize { cols, rows }),
            Runner::Lead => (1, page::TerminalRequest::Lead),
            Runner::Acknowledge { bytes } => (2, page::TerminalRequest::Acknowledge { bytes }),
            Runner::TakeOver => (3, page::TerminalRequest::TakeOver),
            Runner::GiveBack => (4, page::TerminalRequest::GiveBack),
        };
        seen[at] = true;
        same(&page, &request);
    }
    assert_eq!(seen, [true; 5]);
}

#[test]
fn a_runner_tells_as_a_page_understands() {
    use runner::TerminalNotice as Runner;
    let agent = |hands, taken| Runner::Agent { hands, taken };
    let all = [
        Runner::Opened,
        Runner::Size { cols: 80, rows: 24, leading: true },
        agent(None, runner::TakenBy::Nobody),
        agent(Some(nanobot::Hands::Near), runner::TakenBy::Nobody),
        agent(Some(nanobot::Hands::Typing), runner::TakenBy::Another),
        agent(Some(nanobot::Hands::Off), runner::TakenBy::You),
        Runner::Closed { reason: "\u{201c}gone\u{201d}".to_owned() },
    ];
    let mut seen = [false; 4];
    for notice in all {
        let (at, page) = match notice.clone() {
            Runner::Opened => (0, page::TerminalNotice::Opened),
            Runner::Size { cols, rows, leading } => (1, page::TerminalNotice::Size { cols, rows, leading }),
            Runner::Agent { hands, taken } => {
                let hands = hands.map(|hands| match hands {
                    nanobot::Hands::Near => page::Hands::Near,
                    nanobot::Hands::Typing => page::Hands::Typing,
                    nanobot::Hands::Off => page::Hands::Off,
                });
                let taken = match taken {
                    runner::TakenBy::Nobody => page::TakenBy::Nobody,
                    runner::TakenBy::You => page::TakenBy::You,
                    runner::TakenBy::Another => page::TakenBy::Another,
                };
                (2, page::TerminalNotice::Agent { hands, taken })
            }
            Runner::Closed { reason } => (3, page::TerminalNotice::Closed { reason }),
        };
        seen[at] = true;
        same(&page, &notice);
    }
    assert_eq!(seen, [true; 4]);
}
