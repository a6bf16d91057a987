//! What a probe found out inside a cell, and the level that follows from it.
//!
//! Must not know how the facts are found: it only orders them. A fact that was not measured does not hold.

use serde::{Deserialize, Serialize};

/// One property of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Whether the cell has it.
    pub holds: bool,
    /// What was tried and what came of it, in one sentence.
    pub detail: String,
}

impl Fact {
    /// A fact that holds.
    pub fn yes(detail: impl Into<String>) -> Self {
        Self { holds: true, detail: detail.into() }
    }

    /// A fact that does not hold.
    pub fn no(detail: impl Into<String>) -> Self {
        Self { holds: false, detail: detail.into() }
    }
}

/// All facts of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// It runs inside bubblewrap.
    pub bubblewrap: Fact,
    /// The server's and other users' files cannot be opened.
    pub own_files: Fact,
    /// Processes outside are not visible.
    pub own_processes: Fact,
    /// Neither loopback ports nor abstract sockets of the machine can be reached.
    pub private_network: Fact,
    /// Its processes have a user id that nobody else has.
    pub own_account: Fact,
    /// Memory and processes are limited.
    pub limits: Fact,
}

impl Facts {
    /// The same reason for every fact: nothing was measured.
    pub fn unknown(why: &str) -> Self {
        let fact = || Fact::no(why);
        Self {
            bubblewrap: fact(),
            own_files: fact(),
            own_processes: fact(),
            private_network: fact(),
            own_account: fact(),
            limits: fact(),
        }
    }

    /// The highest level whose conditions all hold: 4 own account, bubblewrap, private network and limits; 3 own
    /// account and bubblewrap; 2 bubblewrap; 1 other files are closed and no more (Landlock); 0 nothing.
    pub fn level(&self) -> u8 {
        let walled = self.bubblewrap.holds && self.own_files.holds && self.own_processes.holds;
        match (walled, self.own_account.holds, self.private_network.holds && self.limits.holds) {
            (true, true, true) => 4,
            (true, true, false) => 3,
            (true, false, _) => 2,
            (false, ..) if self.own_files.holds => 1,
            _ => 0,
        }
    }

    /// Names for people, with the facts, in the order in which they matter.
    pub fn named(&self) -> [(&'static str, &Fact); 6] {
        [
            ("Bubblewrap", &self.bubblewrap),
            ("Own files", &self.own_files),
            ("Own processes", &self.own_processes),
            ("Private network", &self.private_network),
            ("Own account for each user", &self.own_account),
            ("Own limits", &self.limits),
        ]
    }

    /// What the level does not give, in one sentence for a person; none if it lacks nothing.
    pub fn lacks(&self) -> Option<String> {
        let shortcomings = [
            (&self.own_files, "agents can read files of the server and of other users"),
            (&self.own_processes, "agents can see and end processes outside"),
            (&self.private_network, "agents reach services on this machine's loopback"),
            (&self.own_account, "all users' agents share one account"),
            (&self.limits, "their memory and processes are not limited"),
        ];
        let missing: Vec<&str> =
            shortcomings.into_iter().filter(|(fact, _)| !fact.holds).map(|(_, lack)| lack).collect();
        (!missing.is_empty())
            .then(|| format!("Isolation level {} of 4: {}.", self.level(), missing.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(holds: [bool; 6]) -> Facts {
        let [bubblewrap, own_files, own_processes, private_network, own_account, limits] =
            holds.map(|holds| Fact { holds, detail: String::new() });
        Facts { bubblewrap, own_files, own_processes, private_network, own_account, limits }
    }

    #[test]
    fn the_level_is_the_highest_whose_conditions_all_hold() {
        let (y, n) = (true, false);
        for (holds, level) in [
            ([y, y, y, y, y, y], 4),
            ([y, y, y, n, y, y], 3),
            ([y, y, y, y, y, n], 3),
            ([y, y, y, y, n, y], 2),
            ([y, y, y, n, n, n], 2),
            // A wall with a hole is none: what bubblewrap promises must have been found true.
            ([y, n, y, y, y, y], 0),
            ([y, y, n, y, y, y], 1),
            ([n, y, n, n, n, n], 1),
            ([n, n, n, n, y, n], 0),
        ] {
            assert_eq!(facts(holds).level(), level, "{holds:?}");
        }
        assert_eq!(Facts::unknown("why").level(), 0);
    }

    #[test]
    fn what_is_missing_is_said_plainly() {
        assert_eq!(facts([true; 6]).lacks(), None);
        let told = facts([true, true, true, true, false, false]).lacks();
        assert_eq!(
            told.as_deref(),
            Some(
                "Isolation level 2 of 4: all users' agents share one account; their memory and processes are not limited."
            )
        );
    }
}
