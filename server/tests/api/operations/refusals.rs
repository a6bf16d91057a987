//! What a restore refuses, and that nothing is changed then.

use std::{fs, path::Path};

use super::{autocode, done, said};
use crate::common::{ADMIN, TestServer};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The one sentence of a command that must fail.
fn refused(data: &Path, args: &[&str]) -> String {
    let (code, text) = said(&mut autocode(data, args));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("autocode: ") && !text.contains("panicked"), "{text}");
    text
}

#[tokio::test]
async fn a_backup_says_whether_the_key_is_in_it_and_never_replaces_a_file() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let safe = tempfile::tempdir().unwrap();
    let archive = safe.path().join("b.tar.gz");
    let archive = archive.to_str().unwrap();
    let (code, text) = said(&mut autocode(&server.data(), &["backup", archive]));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("--with-master-key") && text.contains("--without-master-key"), "{text}");
    done(&mut autocode(&server.data(), &["backup", archive, "--without-master-key"]));
    let first = fs::read(archive).unwrap();
    let text = refused(&server.data(), &["backup", archive, "--without-master-key"]);
    assert!(text.contains("exists"), "{text}");
    assert_eq!(fs::read(archive).unwrap(), first);
    let text = refused(&safe.path().join("none"), &["backup", "/tmp/never", "--database-only"]);
    assert!(text.contains("There is no AutoCode in"), "{text}");
    assert_eq!(names(safe.path()), ["b.tar.gz"]);
}

#[tokio::test]
async fn what_is_there_is_refused_or_moved_aside() {
    let mut server = TestServer::start().await;
    server.new_user("tom").await;
    let safe = tempfile::tempdir().unwrap();
    let archive = safe.path().join("b.tar.gz");
    let archive = archive.to_str().unwrap();
    done(&mut autocode(&server.data(), &["backup", archive, "--with-master-key"]));
    let data = server.data();

    let text = refused(&data, &["restore", archive, "--force"]);
    assert!(text.contains("Another AutoCode process uses"), "{text}");
    server.new_user("ann").await;
    server.stop().await;
    let before = names(&data);
    let text = refused(&data, &["restore", archive]);
    assert!(text.contains("--force"), "{text}");
    assert_eq!(names(&data), before);

    let text = done(&mut autocode(&data, &["restore", archive, "--force"]));
    assert!(text.contains("What was there before is in"), "{text}");
    let aside = names(&data).into_iter().find(|name| name.starts_with("replaced-")).unwrap();
    assert_eq!(names(&data.join(&aside).join("users")), ["ann", ADMIN, "tom"]);
    assert_eq!(names(&data.join("users")), [ADMIN, "tom"]);
    let server = server.restart().await;
    assert_eq!(server.sign_in(ADMIN).await.get("/api/v1/users").await.1.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_cut_off_a_changed_and_a_newer_backup_are_refused() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let data = server.data();
    let safe = tempfile::tempdir().unwrap();
    let path = |name: &str| safe.path().join(name).to_str().unwrap().to_owned();
    done(&mut autocode(&data, &["backup", &path("good"), "--without-master-key"]));
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    let good = fs::read(path("good")).unwrap();

    fs::write(path("text"), "no archive at all").unwrap();
    fs::write(path("short"), &good[..good.len() - good.len() / 3]).unwrap();
    for name in ["text", "short"] {
        let text = refused(&data, &["restore", &path(name)]);
        assert!(text.contains("is no whole backup"), "{name}: {text}");
    }

    // Taken apart, changed, and packed again as it was.
    let repack = |name: &str, change: &dyn Fn(&Path), leave_out: Option<&str>| {
        let work = safe.path().join(format!("{name}.d"));
        fs::create_dir(&work).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(good.as_slice()));
        archive.unpack(&work).unwrap();
        change(&work);
        let out = flate2::write::GzEncoder::new(fs::File::create(path(name)).unwrap(), Default::default());
        let mut out = tar::Builder::new(out);
        for entry in ["backup.json", "autocode.db", "checksums"] {
            if leave_out != Some(entry) {
                out.append_path_with_name(work.join(entry), entry).unwrap();
            }
        }
        out.append_dir_all("users", work.join("users")).unwrap();
        out.into_inner().unwrap().finish().unwrap();
        refused(&data, &["restore", &path(name)])
    };
    let text = repack(
        "changed",
        &|work| {
            let mut bytes = fs::read(work.join("autocode.db")).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(work.join("autocode.db"), bytes).unwrap();
        },
        None,
    );
    assert!(text.contains("autocode.db was changed"), "{text}");
    let text = repack("headless", &|_| {}, Some("checksums"));
    assert!(text.contains("its end is missing"), "{text}");
    let text = repack("lost", &|_| {}, Some("autocode.db"));
    assert!(text.contains("autocode.db is missing"), "{text}");
    let text = repack("smuggled", &|work| fs::write(work.join("users/extra"), "x").unwrap(), None);
    assert!(text.contains("users/extra is not in its list"), "{text}");
    let text = repack(
        "newer",
        &|work| {
            let manifest = fs::read_to_string(work.join("backup.json")).unwrap();
            let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
            manifest["schema"] = 9999.into();
            fs::write(work.join("backup.json"), manifest.to_string()).unwrap();
        },
        None,
    );
    assert!(text.contains("newer than this one") && text.contains("9999"), "{text}");

    assert_eq!(names(&data), ["autocode.lock"], "a refused restore left something");
    done(&mut autocode(&data, &["restore", &path("good")]));
}
