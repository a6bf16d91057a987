//! Finds out whether this process is inside a sandbox. A measurement for the people who look at it, not a proof.

use std::fs;

use crate::protocol::Isolation;

/// Looks at the process tree and the user mapping that a sandbox would give.
pub(crate) fn measure() -> Isolation {
    let first = fs::read_to_string("/proc/1/comm").unwrap_or_default();
    let mapping = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let own_users = mapping.split_whitespace().nth(2).is_some_and(|count| count != "4294967295");
    let sandboxed = first.trim() == "bwrap" && own_users;
    let warning = (!sandboxed).then(|| {
        "The agents of this user run without a sandbox: they can read whatever the server's user can."
            .to_owned()
    });
    Isolation { sandboxed, warning }
}
