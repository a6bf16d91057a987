//! What a browser calls itself, in a few words for a person.
//!
//! The text comes from outside and is only looked at: nothing but our own words goes out.

/// `Firefox on Windows`, `Chrome on Android`, `A program`; any text is taken.
pub fn device(user_agent: &str) -> String {
    let has = |part: &str| user_agent.contains(part);
    // Many name the others too, so the order matters.
    let browser = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("curl/", "curl"),
    ]
    .into_iter()
    .find(|(part, _)| has(part));
    let system = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find(|(part, _)| has(part));
    match (browser, system) {
        (Some((_, browser)), Some((_, system))) => format!("{browser} on {system}"),
        (Some((_, browser)), None) => browser.to_owned(),
        (None, Some((_, system))) => format!("A browser on {system}"),
        (None, None) if user_agent.is_empty() => "Unknown device".to_owned(),
        (None, None) => "A program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ones_are_known() {
        let devices = [
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
            "curl/8.5.0",
            "<script>alert(1)</script>",
            "",
        ]
        .map(device);
        let expected = [
            "Chrome on Linux",
            "Edge on Windows",
            "Safari on iPhone",
            "Firefox on Android",
            "curl",
            "A program",
            "Unknown device",
        ];
        assert_eq!(devices, expected);
    }
}
