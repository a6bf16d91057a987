//! What a run's command line and files say.

use super::*;

fn spec(model: &str) -> StartSpec {
    StartSpec {
        program: "/c".into(),
        workspace: "/w".into(),
        home: "/h".into(),
        codex_home: "/h/config/codex".into(),
        autocode: "/opt/it's/autocode".into(),
        gateway_url: "http://127.0.0.1:1/gateway/".into(),
        model: model.into(),
        wire: None,
        abilities: Abilities::ALL,
        approval: ApprovalPolicy::Auto,
        mcp_servers: json!({"files": {"command": "mcp", "args": ["a b"], "env": {"K": "v"}}}),
        profile: "autocode-tom-p".into(),
        token: SecretString::from("made-up-token"),
        hook_socket: "/r/hook.sock".into(),
        hook_secret: "s".into(),
    }
}

#[test]
fn a_web_and_helpers_that_are_not_wanted_are_turned_off() {
    let abilities = Abilities { use_web: false, use_helpers: false, ..Abilities::ALL };
    let args = StartSpec { abilities, ..spec("demo/builder") }.launch_file(None).unwrap().args;
    let has = |setting: &str| args.iter().any(|arg| arg == setting);
    assert!(has("web_search=\"disabled\"") && has("features={\"multi_agent\"=false}"));
    let own = |wire| StartSpec { wire: Some(wire), ..spec("own/m") }.launch_file(None).is_ok();
    assert_eq!([own(WireFormat::Openai), own(WireFormat::Anthropic)], [true, false]);
}

#[test]
fn a_run_is_told_on_the_command_line_and_the_token_is_only_in_the_environment() {
    let launch = spec("openai/gpt-5.1-codex").launch_file(Some("id")).unwrap();
    assert_eq!(launch.args[..4], ["resume", "id", "--no-daemon", "--no-alt-screen"]);
    let has = |setting: &str| launch.args.iter().any(|arg| arg == setting);
    assert!(has("model=\"gpt-5.1-codex\""));
    assert!(has("approval_policy=\"never\""));
    assert!(has(
        "model_providers.autocode={\"base_url\"=\"http://127.0.0.1:1/gateway/openai/v1\",\"env_key\"=\"AUTOCODE_MODEL_TOKEN\",\"name\"=\"AutoCode\",\"wire_api\"=\"responses\"}"
    ));
    assert!(has("projects={\"/w\"={\"trust_level\"=\"trusted\"}}"));
    assert!(launch.args.windows(2).any(|pair| pair == ["--profile", "autocode-tom-p"]));
    assert!(launch.args.iter().all(|arg| !arg.contains("made-up-token")));
    assert_eq!(launch.env["AUTOCODE_MODEL_TOKEN"], "made-up-token");
    assert_eq!(launch.env["CODEX_HOME"], "/h/config/codex");
}

#[test]
fn mcp_servers_are_written_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let spec = StartSpec { codex_home: folder.path().join("codex"), ..spec("demo/builder") };
    spec.prepare_home().unwrap();
    assert_eq!(
        std::fs::read_to_string(spec.codex_home.join("autocode-tom-p.config.toml")).unwrap(),
        "mcp_servers={\"files\"={\"args\"=[\"a b\"],\"command\"=\"mcp\",\"env\"={\"K\"=\"v\"}}}\n"
    );
}

#[test]
fn no_tool_call_runs_without_a_permission() {
    let args = |approval| StartSpec { approval, ..spec("demo/builder") }.launch_file(None).unwrap().args;
    for approval in [ApprovalPolicy::Auto, ApprovalPolicy::AskModel, ApprovalPolicy::AskMe] {
        let args = args(approval);
        let hooks = args.iter().find(|arg| arg.starts_with("hooks=")).unwrap();
        let gate = r#""PreToolUse"=[{"hooks"=[{"command"="'/opt/it'\\''s/autocode' hook --gate || exit 2","timeout"=86400"#;
        assert!(hooks.contains(gate), "{hooks}");
        // What the gate is not asked about.
        let silent = r#"features={"multi_agent"=false,"unified_exec_tty"=false}"#;
        let closed =
            args.iter().any(|arg| arg == silent) && args.iter().any(|arg| arg == "web_search=\"disabled\"");
        assert_eq!(closed, approval != ApprovalPolicy::Auto);
    }
}

#[test]
fn a_model_without_the_responses_api_is_a_clear_error() {
    let error = spec("anthropic/claude-sonnet-4-5").launch_file(None).err().unwrap();
    assert!(matches!(&error, CliError::Configuration(text) if text.contains("Responses API")), "{error}");
}
