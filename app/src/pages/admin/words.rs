//! Numbers and events of the admin page as people read them.

use crate::model::{AuditEntry, DiskUse};

/// `12 KB`, `3.4 MB`, `at least 1.2 GB`.
pub fn size(disk: &DiskUse) -> String {
    const KIB: u64 = 1024;
    let tenths = |unit: u64| {
        let tenths = disk.bytes.saturating_mul(10).saturating_add(unit / 2) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    let text = match disk.bytes {
        0..1_048_576 => format!("{} KB", disk.bytes.div_ceil(KIB)),
        1_048_576..1_073_741_824 => format!("{} MB", tenths(KIB * KIB)),
        _ => format!("{} GB", tenths(KIB * KIB * KIB)),
    };
    if disk.complete { text } else { format!("at least {text}") }
}

/// What happened, as the rest of a sentence that begins with who did it.
pub fn event(entry: &AuditEntry) -> String {
    let detail = &entry.detail;
    match entry.action.as_str() {
        "signed_in" => format!("signed in from {detail}"),
        "user_created" => format!("created the account {detail}"),
        "user_deleted" => format!("deleted the account {detail}"),
        "promoted_to_admin" => format!("made {detail} an admin"),
        "demoted_to_user" => format!("made {detail} a user"),
        "invite_created" => "made an invitation".to_owned(),
        "invite_used" => "used an invitation".to_owned(),
        "reset_link_created" => format!("made a link for a new password of {detail}"),
        "password_reset" => "set a new password with a link".to_owned(),
        "password_changed" => "changed the password".to_owned(),
        "link_deleted" => "made a link void".to_owned(),
        "session_ended" => "signed out another session".to_owned(),
        "sessions_of_user_ended" => format!("signed out {detail} everywhere"),
        "other_sessions_ended" => format!("signed out all other sessions ({detail})"),
        "api_key_stored" => format!("stored a key for {detail}"),
        "provider_stored" => format!("stored the model server {detail}"),
        "provider_deleted" => format!("deleted the model server {detail}"),
        "private_addresses_allowed" => "allowed private addresses".to_owned(),
        "private_addresses_refused" => "forbade private addresses".to_owned(),
        "api_key_deleted" => format!("deleted the key for {detail}"),
        "sign_in_refused" => format!("was refused a sign-in from {detail}"),
        "signed_out" => "signed out".to_owned(),
        "step_up" => "typed the password again".to_owned(),
        "wrong_password_again" => "typed a wrong password where it was asked for again".to_owned(),
        "second_factor_on" => "switched the second factor on".to_owned(),
        "second_factor_off" => "switched the second factor off".to_owned(),
        "second_factor_removed" => format!("removed the second factor of {detail}"),
        "recovery_codes_made" => "made new recovery codes".to_owned(),
        "recovery_code_used" => format!("used a recovery code from {detail}"),
        "wrong_code" => format!("typed a wrong code of the second factor from {detail}"),
        "mcp_commands_set" => format!("gave the agent {detail} MCP servers that run commands"),
        "terminal_device_trusted" => format!("trusted another browser with the terminal of {detail}"),
        "isolation_accepted" => format!("accepted a weaker isolation of agents ({detail})"),
        "refresh_token_reused" => "a stolen or replayed refresh token was used; its session ended".to_owned(),
        other => format!("{} {detail}", other.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuditId, Timestamp};

    #[test]
    fn sizes_are_shortened() {
        let of = |bytes, complete| size(&DiskUse { bytes, complete, measured_at: Timestamp::from_millis(0) });
        let texts = [0, 1, 12 * 1024, 3_565_158, 1_395_864_371].map(|bytes| of(bytes, true));
        assert_eq!(texts, ["0 KB", "1 KB", "12 KB", "3.4 MB", "1.3 GB"]);
        assert_eq!(of(2048, false), "at least 2 KB");
    }

    #[test]
    fn an_event_that_nobody_gave_words_to_is_still_told() {
        let entry = |action: &str| AuditEntry {
            id: AuditId(1),
            user_id: None,
            actor: "anna".to_owned(),
            action: action.to_owned(),
            detail: "tom".to_owned(),
            created_at: Timestamp::from_millis(0),
        };
        assert_eq!(event(&entry("user_deleted")), "deleted the account tom");
        assert_eq!(event(&entry("moon_painted")), "moon painted tom");
    }
}
