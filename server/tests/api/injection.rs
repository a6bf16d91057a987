//! What a tmux server, a shell, a terminal, git or a file system might take for more than text: stored and handed on byte
//! for byte, or refused with the field's name. That it reaches a pane unchanged is tested with the real tmux.

use autocode_nanobot::protocol::{Command, Event};
use autocode_runner::protocol::Request;
use serde_json::{Value, json};

use crate::{
    common::{ADMIN, Client, PASSWORD, TestServer},
    control::{agent, running, three_steps, until},
};

/// The corpus; every text is at least two characters long and has no blanks at its ends.
fn corpus() -> Vec<String> {
    let mut texts: Vec<String> = [
        "#(touch pwned)",
        "#{pane_pid} #[fg=red] #S",
        "a;touch pwned;b",
        "x\\;kill-server",
        "$(touch pwned)",
        "`touch pwned`",
        "'; drop table users; --",
        "\" || true #",
        "a&&touch pwned||b|c>d<e",
        "line\nbreak",
        "carriage\rreturn",
        "zero\0byte",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\Windows",
        "~root",
        "-rf",
        "--upload-pack=touch pwned",
        "=tom-shop:0.1",
        "%1 $1 @1",
        "аdmin",
        "tоm",
        "ﬁle‑name",
        "\u{202e}gnp.exe\u{202c}",
        "zero\u{200b}width\u{feff}",
        "line\u{2028}separator\u{85}next",
        "esc\u{1b}[201~\u{1b}]52;c;aGFybQ==\u{7}",
        "back\u{8}space\u{7f}",
        "{{7*7}} ${7*7} <%= 7 %>",
        "<script>alert(1)</script>",
        "%00%2e%2e%2f",
        "${IFS}touch",
        "con.txt:stream",
        "\u{1F9D1}\u{200D}\u{1F680}\u{0301}\u{0301}",
    ]
    .map(str::to_owned)
    .into();
    texts.push("n".repeat(4096));
    texts.push("ž".repeat(2048));
    texts
}

/// 201 with the text unchanged where the answer says it, or 422 for the field; tells which.
fn exact_or_refused(text: &str, field: &str, pointer: &str, (status, answer): &(u16, Value)) -> bool {
    match status {
        200 | 201 => {
            assert_eq!(answer.pointer(pointer), Some(&json!(text)), "{field} was changed");
            true
        }
        422 => {
            let errors = answer["errors"].as_array().unwrap();
            assert!(errors.iter().any(|e| e["field"] == field), "{text:?}: {answer}");
            let message = errors[0]["message"].as_str().unwrap();
            assert!(message.len() > 10 && !message.contains('\0'), "{message}");
            false
        }
        _ => panic!("{field} {text:?}: {status} {answer}"),
    }
}

#[tokio::test]
async fn usernames_of_the_corpus_are_all_refused() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    for text in corpus() {
        let answer = admin.post("/api/v1/users", json!({"username": text, "password": PASSWORD})).await;
        assert!(!exact_or_refused(&text, "username", "/username", &answer), "{text:?} is a user now");
        let (status, _) =
            server.anonymous().post("/api/v1/auth/login", json!({"username": text, "password": "x"})).await;
        assert!(matches!(status, 401 | 429), "{text:?}: {status}");
    }
    let folders: Vec<_> = std::fs::read_dir(server.data().join("users")).unwrap().flatten().collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
}

#[tokio::test]
async fn names_and_texts_are_exact_or_refused() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let base = tom.new_agent("Base").await;
    let (mut exact, mut refused) = (0, 0);
    let mut count = |was_exact: bool| if was_exact { exact += 1 } else { refused += 1 };
    for (n, text) in corpus().into_iter().enumerate() {
        let draft = |field: &str| {
            let mut draft = json!({"name": format!("Agent {n} {field}"), "model": "demo/builder"});
            draft[field] = json!(text);
            draft
        };
        for field in ["name", "identity", "global_rules"] {
            let answer = tom.post("/api/v1/agents", draft(field)).await;
            count(exact_or_refused(&text, field, &format!("/{field}"), &answer));
        }
        // A folder below projects/: none of these is one.
        let answer = tom.post("/api/v1/agents", draft("workspace_base")).await;
        assert!(
            !exact_or_refused(&text, "workspace_base", "/workspace_base", &answer),
            "{text:?} is a folder"
        );
        for field in ["model", "tools"] {
            let mut draft = json!({"name": format!("Agent {n} {field}"), "model": "demo/builder"});
            draft[field] = if field == "tools" { json!([text]) } else { json!(format!("demo/{text}")) };
            let pointer = if field == "tools" { "/tools/0" } else { "/model" };
            let answer = tom.post("/api/v1/agents", draft.clone()).await;
            if answer.0 == 201 {
                assert_eq!(answer.1.pointer(pointer), draft.pointer(pointer), "{field} was changed");
            } else {
                assert_eq!(answer.0, 422, "{field} {text:?}: {}", answer.1);
            }
        }

        let path = format!("/api/v1/agents/{base}/projects");
        for field in ["name", "description", "architecture", "clone_url"] {
            let mut draft = json!({"name": format!("Project {n} {field}")});
            draft[field] = json!(text);
            let answer = tom.post(&path, draft).await;
            let was_exact = exact_or_refused(&text, field, &format!("/{field}"), &answer);
            assert!(!was_exact || field != "clone_url", "{text:?} is a repository");
            count(was_exact);
            if was_exact {
                lies_in_its_own_folder(&server, &answer.1);
            }
        }
        for field in ["title", "instructions", "verify"] {
            let mut step = json!({"id": "a", "title": "A step"});
            step[field] = json!(text);
            let draft =
                json!({"name": format!("Plan {n} {field}"), "implementation_plan": {"steps": [step]}});
            let (name, pointer) = (
                format!("implementation_plan.steps[0].{field}"),
                format!("/implementation_plan/steps/0/{field}"),
            );
            count(exact_or_refused(&text, &name, &pointer, &tom.post(&path, draft).await));
        }
    }
    println!("{exact} texts were stored byte for byte, {refused} refused");
    assert!(exact > 100 && refused > 50, "{exact} exact, {refused} refused");
    for left in ["pwned", "data/pwned", "data/users/pwned"] {
        assert!(!server.data().parent().unwrap().join(left).exists(), "a command ran");
    }
}

/// Folder and session of a project are of plain characters and its user's own.
fn lies_in_its_own_folder(server: &TestServer, project: &Value) {
    let projects = server.data().join("users/tom/projects");
    let path = std::path::Path::new(project["workspace_path"].as_str().unwrap());
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    assert_eq!(path.parent(), Some(projects.as_path()), "{project}");
    assert!(plain(path.file_name().unwrap().to_str().unwrap()), "{project}");
    let session = project["tmux_session"].as_str().unwrap();
    assert!(session.starts_with("tom-") && plain(session), "{session}");
}

#[tokio::test]
async fn an_answer_reaches_the_nanobot_byte_for_byte_or_is_refused() {
    let mut run = running(agent(), three_steps()).await;
    let help = Event::HelpRequested {
        question: "Which?".to_owned(),
        screen: String::new(),
        suggestions: Vec::new(),
        resumes_at: None,
    };
    run.runner.tell(1, help).await;
    until(&run.tom, "/api/v1/projects/1", |p| p["question"] == "Which?").await;
    for text in corpus() {
        let (status, answer) = run.tom.post("/api/v1/projects/1/answer", json!({"text": text})).await;
        match status {
            204 => {
                let Request::Command { command: Command::Answer { text: heard }, .. } =
                    run.runner.next().await
                else {
                    panic!("no answer")
                };
                assert_eq!(heard, text);
            }
            422 => assert_eq!(answer["errors"][0]["field"], "text", "{text:?}: {answer}"),
            _ => panic!("{text:?}: {status} {answer}"),
        }
    }
}

/// A user's projects of every nasty name: folder and session of each.
async fn places(user: &Client, agent: i64) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for name in corpus() {
        let (status, project) =
            user.post(&format!("/api/v1/agents/{agent}/projects"), json!({"name": name})).await;
        if status == 201 {
            let text = |field: &str| project[field].as_str().unwrap().to_owned();
            places.push((text("workspace_path"), text("tmux_session")));
        }
    }
    places
}

#[tokio::test]
async fn tom_and_tomas_never_meet() {
    let server = TestServer::start().await;
    let mut all = Vec::new();
    for name in ["tom", "tomas", "tom-as", "tom-"] {
        let user = server.new_user(name).await;
        let agent = user.new_agent("Builder").await;
        // What would make one's session the beginning, or the whole, of another's.
        for project in ["as", "as shop", "shop", "-as"] {
            user.new_project(agent, project).await;
        }
        let home = format!("{}/", server.data().join("users").join(name).display());
        let places = places(&user, agent).await;
        assert!(places.len() > 20);
        for (folder, session) in &places {
            assert!(folder.starts_with(&home), "{folder} is not {name}'s");
            assert!(session.starts_with(&format!("{name}-")), "{session} is not {name}'s");
        }
        let sessions: std::collections::HashSet<_> = places.iter().map(|(_, session)| session).collect();
        assert_eq!(sessions.len(), places.len(), "two projects of {name} share a session");
        all.extend(places);
    }
    let folders: std::collections::HashSet<_> = all.iter().map(|(folder, _)| folder).collect();
    assert_eq!(folders.len(), all.len(), "two users share a folder");
}
