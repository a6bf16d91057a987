//! Defaults, and what is refused.

use clap::Parser as _;

use super::*;

fn args(data_dir: &str) -> ConfigArgs {
    ConfigArgs { data_dir: data_dir.into(), binary: Some("/bin/true".into()), ..ConfigArgs::default() }
}

#[test]
fn paths_become_absolute() {
    let config = args("./data").resolve().unwrap();
    let here = env::current_dir().unwrap();
    assert_eq!(
        (config.data_dir, config.run_dir, config.site_root),
        (here.join("data"), here.join("data/run"), here.join("target/site"))
    );
}

#[test]
fn a_run_folder_too_long_for_sockets_is_refused() {
    let message = args(&format!("/{}", "d".repeat(60))).resolve().unwrap_err().to_string();
    assert!(message.contains("AUTOCODE_RUN_DIR"), "{message}");
}

#[test]
fn the_time_that_counts_as_no_progress_is_checked() {
    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        config: ConfigArgs,
    }
    let with = |words: &[&str]| {
        let words = ["autocode", "--data-dir", "/d", "--binary", "/bin/true"].iter().chain(words);
        Program::try_parse_from(words).map(|program| program.config.resolve().unwrap().stall_secs)
    };
    assert_eq!(with(&[]).unwrap(), 300);
    for (text, secs) in [("30", 30), ("86400", 86_400)] {
        assert_eq!(with(&["--stall-secs", text]).unwrap(), secs);
    }
    for bad in ["29", "86401", "0", "-1", "five"] {
        // One word, because a second one that begins with a dash would be another option.
        let problem = with(&[&format!("--stall-secs={bad}")]).unwrap_err().to_string();
        assert!(problem.contains("--stall-secs"), "{bad}: {problem}");
    }
}

#[test]
fn urls_are_checked() {
    let with = |url: &str| ConfigArgs { public_url: Some(url.to_owned()), ..args("/d") }.resolve();
    assert_eq!(with("https://a.example/").unwrap().public_url.as_deref(), Some("https://a.example"));
    assert!(with("https://a.example/").unwrap().https());
    for bad in ["a.example", "https://a.example/x", "ftp://a.example", "https://"] {
        assert!(with(bad).is_err(), "{bad} was accepted");
    }
}

#[test]
fn forwarded_addresses_are_believed_only_where_a_proxy_is_configured() {
    let with = |url: Option<&str>, proxies: Option<Vec<IpAddr>>| {
        let args = ConfigArgs { public_url: url.map(str::to_owned), trusted_proxies: proxies, ..args("/d") };
        args.resolve().unwrap().trusted_proxies
    };
    let local: Vec<IpAddr> = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    assert_eq!(with(None, None), Vec::<IpAddr>::new());
    assert_eq!(with(Some("http://a.example"), None), Vec::<IpAddr>::new());
    assert_eq!(with(Some("https://a.example"), None), local);
    let other: Vec<IpAddr> = vec!["10.0.0.9".parse().unwrap()];
    assert_eq!(with(Some("https://a.example"), Some(other.clone())), other);
}
