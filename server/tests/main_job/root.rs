//! Started by root: the server has no rights, and comes back when it is killed alone.

use std::{
    fs,
    time::{Duration, Instant},
};

use app::model::Project;
use rustix::process::{Pid, Signal, kill_process};

use crate::job::Job;

fn status(pid: u32, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().trim_matches([':', '\t']).replace('\t', " ")
}

#[tokio::test]
async fn the_server_has_no_rights_and_is_started_again() {
    if !rustix::process::geteuid().is_root() {
        println!("not root: there are no rights to give up, so this was not tested");
        return;
    }
    let job = Job::new("demo/builder").await;
    let pid = job.server_pid();
    let (uid, caps, groups) = (status(pid, "Uid"), status(pid, "CapBnd"), status(pid, "Groups"));
    println!("server: uid {uid}, capabilities {caps}, groups {groups}");
    assert_eq!((uid.as_str(), caps.as_str()), ("40000 40000 40000 40000", "0000000000000000"));
    assert_ne!(pid, job.started_pid());

    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while job.server_pid() == pid || job.server_pid() == job.started_pid() || !job.answers().await {
        assert!(Instant::now() < deadline, "the server does not come back:\n{}", job.server_log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let project: Project = job.now().await;
    assert_eq!(project.id, job.project.id);
}
