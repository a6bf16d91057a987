//! A rotation of the master key, killed at every point, and what people notice of it.
//!
//! The real program is killed by SIGKILL. It stands still at a chosen point because the pipe that its sentences go to has
//! room for exactly so many of them: what is on disk says that the point is reached, and nothing can move on.

use std::{
    fs,
    io::{PipeReader, PipeWriter, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use app::model::{CustomProvider, Provider, ProviderName, Timestamp, UserId, WireFormat};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use server::{
    crypto::{ApiKeyCipher, MasterKey},
    db::{self, Db},
};

use super::{KEY, autocode, done, enter_again, said, user_with_key};
use crate::common::TestServer;

/// Users with a key; the admin, who has none, has the first id.
const USERS: [&str; 3] = ["ann", "tom", "zoe"];
/// A pipe's pages, and the size of one.
const PAGES: usize = 16;
const PAGE: usize = 4096;

/// What a rotation has done so far, as it lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    KeyMade,
    RowsSealed,
    CopiesWritten,
    KeyInPlace,
    OldKeyGone,
}

struct Disk {
    data: PathBuf,
    first_id: String,
}

impl Disk {
    fn key(&self, suffix: &str) -> PathBuf {
        self.data.join(format!("master.key{suffix}"))
    }

    fn id(path: &Path) -> String {
        ApiKeyCipher::new(&MasterKey::load(path).unwrap()).key_id()
    }

    async fn rows(&self) -> Vec<Vec<u8>> {
        let db = Db::open(&self.data.join("autocode.db")).await.unwrap();
        let mut rows = Vec::new();
        for user in 2..=4 {
            rows.push(
                db::api_keys::find(db.reader(), UserId(user), Provider::Anthropic).await.unwrap().unwrap(),
            );
        }
        db.close().await;
        rows
    }

    /// The key of ann's own model server, as this cipher reads it.
    async fn own_server(&self, cipher: &ApiKeyCipher) -> Option<SecretString> {
        let db = Db::open(&self.data.join("autocode.db")).await.unwrap();
        let stored = db::custom_providers::find(db.reader(), UserId(2), "mine").await.unwrap().unwrap();
        db.close().await;
        cipher.open(UserId(2), &stored.info.name, &stored.encrypted_key.unwrap()).ok()
    }

    fn copies(&self) -> Vec<Vec<u8>> {
        let copy = |user: &&str| {
            let text = fs::read(self.data.join("users").join(user).join("config/api_keys.json")).unwrap();
            let copy: Value = serde_json::from_slice(&text).unwrap();
            STANDARD.decode(copy["keys"]["anthropic"].as_str().unwrap()).unwrap()
        };
        USERS.iter().map(copy).collect()
    }

    /// The point that is reached and not passed.
    async fn point(&self) -> Option<Point> {
        if !self.key(".next").exists() {
            return match (Self::id(&self.key("")) == self.first_id, self.key(".old").exists()) {
                (true, _) => None,
                (false, true) => Some(Point::KeyInPlace),
                (false, false) => Some(Point::OldKeyGone),
            };
        }
        // It may be put in its place at this very moment.
        let next = ApiKeyCipher::new(&MasterKey::load(&self.key(".next")).ok()?);
        let new = |sealed: Vec<Vec<u8>>| sealed.iter().all(|sealed| next.sealed_this(sealed));
        match (new(self.rows().await), new(self.copies())) {
            (false, _) => Some(Point::KeyMade),
            (true, false) => Some(Point::RowsSealed),
            (true, true) => Some(Point::CopiesWritten),
        }
    }

    /// Everything is as after a rotation that nobody disturbed.
    async fn assert_rotated(&self) {
        assert_eq!(self.point().await, Some(Point::OldKeyGone));
        let cipher = ApiKeyCipher::new(&MasterKey::load(&self.key("")).unwrap());
        assert_ne!(cipher.key_id(), self.first_id);
        let rows = self.rows().await;
        assert_eq!(rows, self.copies());
        for (row, user) in rows.iter().zip(2..) {
            let opened = cipher.open(UserId(user), Provider::Anthropic, row).unwrap();
            assert_eq!(opened.expose_secret(), KEY);
        }
        assert_eq!(self.own_server(&cipher).await.unwrap().expose_secret(), KEY);
        let left: Vec<_> = fs::read_dir(&self.data)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("key"))
            .collect();
        assert_eq!(left, ["master.key"]);
    }
}

/// A pipe that takes `room` bytes and no more.
fn pipe_with_room(room: usize) -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    for _ in 1..PAGES {
        writer.write_all(&[b'.'; PAGE]).unwrap();
    }
    writer.write_all(&vec![b'.'; PAGE - room]).unwrap();
    (reader, writer)
}

async fn wait_for(disk: &Disk, point: Point, child: &mut Child) {
    let begun = Instant::now();
    while disk.point().await != Some(point) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{point:?} is not reached");
        assert_eq!(child.try_wait().unwrap(), None, "it went on past {point:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // It really stands still there.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((disk.point().await, child.try_wait().unwrap()), (Some(point), None));
}

/// A model server of ann's own, with a key.
async fn add_own_server(data: &Path) {
    let cipher = ApiKeyCipher::new(&MasterKey::load(&data.join("master.key")).unwrap());
    let name: ProviderName = "mine".parse().unwrap();
    let encrypted_key = Some(cipher.seal(UserId(2), &name, &KEY.into()).unwrap());
    let info = CustomProvider {
        name,
        base_url: "https://models.example.org/v1".to_owned(),
        wire_format: WireFormat::Openai,
        last4: Some("5678".to_owned()),
        created_at: Timestamp::from_millis(0),
        enter_again: false,
    };
    let db = Db::open(&data.join("autocode.db")).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let stored = db::custom_providers::StoredProvider { info, encrypted_key };
    db::custom_providers::put(&mut tx, UserId(2), &stored).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}

fn copy_tree(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

#[tokio::test]
async fn killed_at_any_point_it_is_finished_by_the_next_run_or_the_next_server() {
    let mut server = TestServer::start().await;
    for name in USERS {
        user_with_key(&server, name).await;
    }
    server.stop().await;
    let data = server.data();
    let disk = Disk { first_id: Disk::id(&data.join("master.key")), data: data.clone() };
    add_own_server(&data).await;
    let kept = tempfile::tempdir().unwrap();
    let template = kept.path().join("data");
    copy_tree(&data, &template);
    let reset = || {
        fs::remove_dir_all(&data).unwrap();
        copy_tree(&template, &data);
    };

    let undisturbed = done(&mut autocode(&data, &["rotate-key"]));
    disk.assert_rotated().await;
    let lines: Vec<usize> = undisturbed.lines().map(|line| line.len() + 1).collect();
    assert_eq!(lines.len(), 6, "{undisturbed}");

    use Point::{CopiesWritten, KeyInPlace, KeyMade, OldKeyGone, RowsSealed};
    for (told, point) in [KeyMade, RowsSealed, CopiesWritten, KeyInPlace, OldKeyGone].into_iter().enumerate()
    {
        for by_server in [false, true] {
            reset();
            let (_reader, writer) = pipe_with_room(lines[..told].iter().sum());
            let mut child = autocode(&data, &["rotate-key"]).stdout(writer).spawn().unwrap();
            wait_for(&disk, point, &mut child).await;
            child.kill().unwrap();
            child.wait().unwrap();
            if by_server {
                server = server.restart().await;
                for name in USERS {
                    assert_eq!(
                        enter_again(&server.sign_in(name).await).await,
                        json!(false),
                        "{name} {point:?}"
                    );
                }
                server.stop().await;
            } else if point != OldKeyGone {
                let text = done(&mut autocode(&data, &["rotate-key"]));
                assert!(text.contains("cut short and is finished now"), "{point:?}: {text}");
            }
            disk.assert_rotated().await;
        }
    }
}

#[tokio::test]
async fn beside_a_running_server_it_is_refused_and_after_it_people_notice_nothing() {
    let mut server = TestServer::start().await;
    let tom = user_with_key(&server, "tom").await;
    let (code, text) = said(&mut autocode(&server.data(), &["rotate-key"]));
    assert_eq!(code, Some(1));
    assert!(text.contains("Another AutoCode process uses the data folder"), "{text}");
    let before = fs::read(server.data().join("master.key")).unwrap();

    let (status, pair) =
        tom.post("/api/v1/auth/login", json!({"username": "tom", "password": crate::common::PASSWORD})).await;
    assert_eq!(status, 200);
    server.stop().await;
    done(&mut autocode(&server.data(), &["rotate-key"]));
    assert_ne!(fs::read(server.data().join("master.key")).unwrap(), before);

    let server = server.restart().await;
    let mut tom = server.anonymous();
    tom.token = Some(pair["access_token"].as_str().unwrap().to_owned());
    assert_eq!(tom.get("/api/v1/agents").await.0, 401, "the old key still signs");
    let (status, pair) = server
        .anonymous()
        .post("/api/v1/auth/refresh", json!({"refresh_token": pair["refresh_token"]}))
        .await;
    assert_eq!(status, 200, "{pair}");
    tom.token = Some(pair["access_token"].as_str().unwrap().to_owned());
    assert_eq!(enter_again(&tom).await, json!(false));
}

#[tokio::test]
async fn keys_that_nobody_can_read_are_counted_and_left() {
    let mut server = TestServer::start().await;
    user_with_key(&server, "tom").await;
    let tom = server.sign_in("tom").await;
    let own = json!({"base_url": "https://models.example.org/v1", "wire_format": "openai", "key": KEY});
    let (status, stored) = tom.put("/api/v1/providers/mine", own.clone()).await;
    assert_eq!((status, &stored["enter_again"]), (200, &json!(false)));
    server.stop().await;
    fs::remove_file(server.data().join("master.key")).unwrap();
    let text = said(&mut autocode(&server.data(), &["rotate-key"]));
    assert_eq!(text.0, Some(1));
    assert!(text.1.contains("There is no master key"), "{}", text.1);
    let mut server = server.restart().await;
    server.stop().await;
    let text = done(&mut autocode(&server.data(), &["rotate-key"]));
    assert!(
        text.contains("0 API keys are sealed") && text.contains("2 API keys could not be read"),
        "{text}"
    );
    let server = server.restart().await;
    let tom = server.sign_in("tom").await;
    assert_eq!(enter_again(&tom).await, json!(true));
    let marked = async || tom.get("/api/v1/providers").await.1[0]["enter_again"].clone();
    assert_eq!(marked().await, json!(true));
    let cookie = format!("autocode_access={}", tom.token.as_deref().unwrap());
    let settings = tom.http.get(format!("{}/settings", tom.base)).header("cookie", cookie);
    let html = settings.header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert_eq!(html.matches("Enter again: this key cannot be read any more").count(), 2, "{html}");
    // Other changes leave the key as it is; entering it again heals.
    let unkeyed = json!({"base_url": "https://models.example.org/v2", "wire_format": "openai"});
    assert_eq!(tom.put("/api/v1/providers/mine", unkeyed).await.1["enter_again"], json!(true));
    assert_eq!(tom.put("/api/v1/providers/mine", own).await.1["enter_again"], json!(false));
    assert_eq!(marked().await, json!(false));
}
