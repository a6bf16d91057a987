//! `autocode demo`: the main job without a browser, in a temporary data folder, through the public REST API.
//!
//! Must use nothing that a client could not: it proves the same path that a user takes.

use std::{process::ExitCode, time::Duration};

use app::model::{Agent, LogEntry, Project, ProjectStatus, StepStatus, UsageSummary};
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, orchestrator};

/// The whole demonstration may take this long.
const LIMIT: Duration = Duration::from_secs(300);
/// How often the log is read.
const POLL: Duration = Duration::from_millis(300);
/// How long the built program's own tests may take.
const TESTS_LIMIT: Duration = Duration::from_secs(60);

/// Runs the demonstration; fails unless every step is verified and the program's own tests pass.
pub async fn run(mut config: Config) -> ExitCode {
    let folder = match tempfile::Builder::new().prefix("autocode-demo-").tempdir() {
        Ok(folder) => folder,
        Err(error) => return fail(&format!("No temporary folder can be made: {error}.")),
    };
    config.data_dir = folder.path().join("data");
    config.run_dir = folder.path().join("run");
    let result = with_server(&config).await;
    match orchestrator::stop_all(&config).await {
        Ok((_, failures)) => failures.iter().for_each(|failure| eprintln!("Cleaning up: {failure}")),
        Err(error) => eprintln!("Cleaning up: {error}"),
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("The demonstration failed: {why}");
    ExitCode::FAILURE
}

async fn with_server(config: &Config) -> Result<(), String> {
    let password = uuid::Uuid::new_v4().to_string();
    crate::create_admin(config, "demo", &password).await.map_err(|e| e.to_string())?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| e.to_string())?;
    let base = format!("http://{}/api/v1", listener.local_addr().map_err(|e| e.to_string())?);
    let shutdown = CancellationToken::new();
    let server = crate::run(config.clone(), listener, shutdown.clone());
    let work = async {
        let _shutdown = shutdown.drop_guard();
        let mut client = Api { http: Client::new(), base, token: String::new() };
        let run = async {
            client.sign_in("demo", &password).await?;
            drive(&client).await
        };
        tokio::time::timeout(LIMIT, run)
            .await
            .unwrap_or_else(|_| Err(format!("it took longer than {LIMIT:?}")))
    };
    let (served, result) = tokio::join!(server, work);
    result.and(served.map_err(|e| e.to_string()))
}

struct Api {
    http: Client,
    base: String,
    token: String,
}

impl Api {
    async fn sign_in(&mut self, username: &str, password: &str) -> Result<(), String> {
        let body = json!({"username": username, "password": password});
        let request = self.http.post(format!("{}/auth/login", self.base)).json(&body);
        let answer: Value = send(request).await?;
        self.token = answer["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        send(self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, String> {
        send(self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body)).await
    }
}

async fn send<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, String> {
    let answer = request.timeout(Duration::from_secs(90)).send().await.map_err(|e| e.to_string())?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| e.to_string())?;
    if !status.is_success() {
        return Err(format!("the server answered {status}: {text}"));
    }
    serde_json::from_str(&text).map_err(|e| format!("the server's answer is not as expected ({e}): {text}"))
}

async fn drive(api: &Api) -> Result<(), String> {
    let began = Instant::now();
    let agent: Agent = api
        .post(
            "/agents",
            &json!({"name": "Demonstration", "model": "demo/builder", "identity": "A careful engineer."}),
        )
        .await?;
    let demo = crate::services::demo_project();
    println!("Project: {}\n{}\n", demo.name, demo.description);
    let draft = serde_json::to_value(&demo).map_err(|e| e.to_string())?;
    let project: Project = api.post(&format!("/agents/{}/projects", agent.id), &draft).await?;
    let path = format!("/projects/{}", project.id);
    let _: Value = api.post(&format!("{path}/start"), &json!({})).await?;

    let mut last = 0;
    let project = loop {
        // The project first: all that led to its state is then in the log that is read after it.
        let project: Project = api.get(&path).await?;
        let lines: Vec<LogEntry> = api.get(&format!("{path}/logs?after={last}&limit=1000")).await?;
        for line in &lines {
            last = line.id.0;
            println!("{} {:14} {}", line.timestamp.clock(), line.level.as_str(), line.message);
        }
        if project.question.is_some() || !project.running && lines.is_empty() {
            break project;
        }
        tokio::time::sleep(POLL).await;
    };
    let usage: UsageSummary = api.get(&format!("{path}/usage")).await?;
    let verdict = summarise(&project, &usage, began.elapsed()).await;
    let _: Value = api.post(&format!("{path}/stop"), &json!({})).await?;
    verdict
}

async fn summarise(project: &Project, usage: &UsageSummary, took: Duration) -> Result<(), String> {
    println!("\nSummary");
    let mut unverified = 0;
    for step in &project.implementation_plan.steps {
        let verified = step.status == StepStatus::Completed && step.verify.is_some() && step.commit.is_some();
        unverified += usize::from(!verified);
        println!(
            "  {} {}: {} after {} attempt(s), commit {}",
            if verified { "✓" } else { "✗" },
            step.id,
            step.title,
            step.attempts,
            step.commit.as_deref().map_or("none", |c| &c[..c.len().min(10)]),
        );
    }
    println!(
        "  {} model requests, {} tokens in, {} tokens out, {:.1} s",
        usage.requests,
        usage.tokens.input_tokens,
        usage.tokens.output_tokens,
        took.as_secs_f64()
    );
    if let Some(question) = &project.question {
        return Err(format!("the agent asks for help: {question}"));
    }
    if project.status != ProjectStatus::Completed || unverified > 0 {
        let reason = project.status_reason.as_deref().unwrap_or("no reason given");
        return Err(format!(
            "the project is {:?} ({reason}); {unverified} step(s) not verified",
            project.status
        ));
    }
    println!("\nThe program's own tests:");
    let mut tests = Command::new("sh");
    tests.arg("tests/run.sh").current_dir(&project.workspace_path).kill_on_drop(true);
    match tokio::time::timeout(TESTS_LIMIT, tests.status()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("the program's own tests ended with {status}")),
        Ok(Err(error)) => Err(format!("the program's own tests cannot be run: {error}")),
        Err(_) => Err(format!("the program's own tests took longer than {TESTS_LIMIT:?}")),
    }
}
