//! A disk that is full, for real: a small file system of its own, filled to the last byte.

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::common::{ADMIN, Client, PASSWORD};

/// Size of the file system: room for the reserve, and for what counts as enough.
const SIZE: u64 = 128 << 20;

/// The real server with its data on a file system of its own; ended with the test.
struct Small {
    child: Child,
    data: PathBuf,
    client: Client,
}

impl Drop for Small {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Small {
    async fn start(folder: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        fs::create_dir_all(folder.join("site/pkg")).unwrap();
        let disk = folder.join("disk");
        fs::create_dir(&disk).unwrap();
        let program = env!("CARGO_BIN_EXE_autocode");
        let script = format!(
            "printf %s '{PASSWORD}' | {program} create-admin --username {ADMIN} --password-stdin && exec {program} serve"
        );
        let child = Command::new("bwrap")
            .args(["--dev-bind", "/", "/", "--size", &SIZE.to_string(), "--tmpfs"])
            .arg(&disk)
            .args(["--die-with-parent", "--", "sh", "-c", &script])
            .env("AUTOCODE_DATA_DIR", disk.join("data"))
            .env("AUTOCODE_RUN_DIR", folder.join("run"))
            .env("AUTOCODE_SITE_ROOT", folder.join("site"))
            .env("AUTOCODE_ADDR", free.to_string())
            // One process, whose view of the file system is known.
            .env("AUTOCODE_CELL_UIDS", "off")
            // Rows are stored faster than anybody may send them.
            .env("AUTOCODE_REQUESTS_PER_SECOND", "100000")
            .current_dir(folder)
            .spawn()
            .unwrap();
        let http = reqwest::Client::new();
        let client = Client { http, base: format!("http://{free}"), token: None };
        // The same folder as the server sees it.
        let inside = folder.join("disk/data").strip_prefix("/").unwrap().to_owned();
        let mut small = Self { data: PathBuf::new(), child, client };
        small.until("it is ready", async |s| s.ready().await.0 == 200).await;
        let server = small.server();
        small.data = PathBuf::from(format!("/proc/{server}/root")).join(inside);
        let (status, answer) =
            small.client.post("/api/v1/auth/login", json!({"username": ADMIN, "password": PASSWORD})).await;
        assert_eq!(status, 200, "{answer}");
        small.client.token = Some(answer["access_token"].as_str().unwrap().to_owned());
        small
    }

    /// The server's process: bubblewrap's child.
    fn server(&self) -> u32 {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        children.split_whitespace().next().map_or(id, |child| child.parse().unwrap())
    }

    async fn ready(&self) -> (u16, String) {
        match self.client.request(http::Method::GET, "/readyz").send().await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap()),
            Err(_) => (0, String::new()),
        }
    }

    async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self).await {
            assert!(begun.elapsed() < Duration::from_secs(30), "{what}: {:?}", self.ready().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Fills the disk and stores until that is refused; starts over if the reserve is given up before that.
    async fn refusal(&self) -> String {
        let identity = "x".repeat(15_000);
        for attempt in 0..10 {
            self.fill();
            for number in 0..2000 {
                let name = format!("more {attempt} {number}");
                let body = json!({"name": name, "model": "demo/builder", "identity": identity});
                let (status, answer) = self.client.post("/api/v1/agents", body).await;
                if status == 503 {
                    return answer["detail"].as_str().unwrap().to_owned();
                }
                assert_eq!(status, 201, "{answer}");
                if !self.data.join("reserve").exists() {
                    break;
                }
            }
            fs::remove_file(self.data.join("hog")).unwrap();
            self.until("the reserve is back", async |s| s.data.join("reserve").exists()).await;
        }
        panic!("everything was stored on a full disk");
    }

    /// Writes until not one byte more fits.
    fn fill(&self) {
        let mut file = fs::File::options().create(true).append(true).open(self.data.join("hog")).unwrap();
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![1; size]).is_ok() {}
        }
    }
}

#[tokio::test]
async fn on_a_full_disk_deleting_works_and_people_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let small = Small::start(folder.path()).await;
    let client = &small.client;
    small.until("the reserve is made", async |s| s.data.join("reserve").exists()).await;
    let agent = client.new_agent("helper").await;
    let project = client.new_project(agent, "shop").await["id"].as_i64().unwrap();
    let mut agents = Vec::new();
    for number in 0..5 {
        agents.push(client.new_agent(&format!("spare {number}")).await);
    }

    // What cannot be stored is said to be so: it is no fault of the program's.
    let detail = small.refusal().await;
    assert!(detail.contains("disk is full"), "{detail}");

    small.until("the reserve is given up", async |s| !s.data.join("reserve").exists()).await;
    for agent in agents {
        assert_eq!(client.delete(&format!("/api/v1/agents/{agent}")).await.0, 204);
    }
    let (status, text) = small.ready().await;
    assert_eq!(status, 503);
    assert!(text.contains("nearly full"), "{text}");
    let (status, answer) = client.post(&format!("/api/v1/projects/{project}/start"), json!(null)).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("nearly full"), "{answer}");

    // With room again, all of it comes back.
    fs::remove_file(small.data.join("hog")).unwrap();
    small.until("it is ready again", async |s| s.ready().await == (200, "ready\n".to_owned())).await;
    small.until("the reserve is made again", async |s| s.data.join("reserve").exists()).await;
}
