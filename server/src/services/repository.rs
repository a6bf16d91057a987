//! Which git URLs a project may begin with.
//!
//! Pure. The runner refuses the same again, because git takes some "URLs" for options or for commands to run.

const FORMS: &str = "Write a URL that begins with https://, http://, ssh:// or git@, for example https://example.org/shop.git.";

/// What is wrong with a git URL, in words for the person who typed it.
pub fn problem(url: &str) -> Option<&'static str> {
    if url.len() > 2048 || !url.chars().all(|c| c.is_ascii_graphic()) {
        return Some("Write a URL of at most 2048 plain characters, without blanks.");
    }
    if let Some(rest) = url.strip_prefix("git@") {
        let good = rest.split_once(':').is_some_and(|(host, path)| is_host(host) && is_path(path));
        return (!good).then_some(FORMS);
    }
    let Some((scheme, rest)) = url.split_once("://") else { return Some(FORMS) };
    if !matches!(scheme, "https" | "http" | "ssh") {
        return Some(FORMS);
    }
    let Some((authority, path)) = rest.split_once('/') else { return Some(FORMS) };
    let (account, place) = authority.rsplit_once('@').map_or((None, authority), |(a, p)| (Some(a), p));
    if account.is_some_and(|account| account.contains(':')) {
        return Some("Leave the password out: it would be stored readably. Use a public URL or ssh.");
    }
    let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    let good = is_host(host)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
        && account.is_none_or(is_host)
        && is_path(path);
    (!good).then_some(FORMS)
}

/// Letters, digits, dots, hyphens and underscores, and no option.
fn is_host(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_accepted() {
        for good in [
            "https://github.com/leptos-rs/leptos.git",
            "http://localhost:3000/shop",
            "ssh://git@example.org:2222/home/shop.git",
            "git@github.com:leptos-rs/leptos.git",
            "https://tom@example.org/shop",
        ] {
            assert_eq!(problem(good), None, "{good}");
        }
    }

    #[test]
    fn what_git_would_misunderstand_or_everybody_could_read_is_refused() {
        for bad in [
            "",
            "shop.git",
            "/srv/shop.git",
            "file:///srv/shop.git",
            "ext::sh -c id",
            "ext::sh",
            "--upload-pack=id",
            "ssh://-oProxyCommand=id/x",
            "git@-oProxyCommand=id:x",
            "git@host:-x",
            "https://",
            "https://host",
            "https://host/",
            "https://tom:secret@host/shop",
            "https://host/a b",
            "https://host:99999/x",
            "ftp://host/x",
        ] {
            assert!(problem(bad).is_some(), "{bad} was accepted");
        }
    }
}
