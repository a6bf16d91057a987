//! Limits of memory, processors and processes by control groups: made outside a cell, measured inside.
//!
//! Both hierarchies are known: the unified one (version 2) and one controller a folder (version 1), which some
//! containers and virtual machines still have. Must not know users: it is given a name.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::facts::Fact;

const ROOT: &str = "/sys/fs/cgroup";
/// Controllers whose version 1 folder gets a group.
const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// Period of the processors' quota, in microseconds.
const PERIOD: u64 = 100_000;

/// What a cell may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Hundredths of one processor.
    pub cpu_percent: u64,
}

/// A control group that a cell can be started in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Source folder and where it is shown inside, read-only.
    pub(crate) folders: Vec<(PathBuf, PathBuf)>,
    /// Whether a process has to enter it first.
    enter: bool,
}

impl Group {
    /// Makes (or adjusts) the group `name` below this process's own.
    ///
    /// # Errors
    /// Those of the file system: without a writable hierarchy there are no limits.
    pub fn prepare(name: &str, limits: &Limits) -> io::Result<Self> {
        let own = fs::read_to_string("/proc/self/cgroup")?;
        if Path::new(ROOT).join("cgroup.controllers").exists() {
            return unified(&own, name, limits);
        }
        let mut folders = Vec::new();
        for controller in CONTROLLERS {
            let parent = own.lines().find_map(|line| {
                let mut parts = line.splitn(3, ':').skip(1);
                let names = parts.next()?;
                names.split(',').any(|n| n == controller).then(|| parts.next())?
            });
            let parent = parent.ok_or_else(|| io::Error::other(format!("no {controller} controller")))?;
            let mount = Path::new(ROOT).join(controller);
            // A container often sees its own group as the root, under a path that is valid outside alone.
            let base = Some(mount.join(parent.trim_start_matches('/'))).filter(|folder| folder.is_dir());
            let folder = base.unwrap_or_else(|| mount.clone()).join(name);
            make(&folder)?;
            folders.push((folder, mount));
        }
        let [memory, pids, cpu] = &folders[..] else { return Err(io::ErrorKind::NotFound.into()) };
        write(&memory.0.join("memory.limit_in_bytes"), limits.memory)?;
        write(&pids.0.join("pids.max"), limits.processes)?;
        write(&cpu.0.join("cpu.cfs_period_us"), PERIOD)?;
        write(&cpu.0.join("cpu.cfs_quota_us"), quota(limits))?;
        Ok(Self { folders, enter: true })
    }

    /// The group that this process is in already, as a service manager made it; none on version 1.
    pub fn own() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let folder = Path::new(ROOT).join(path);
        folder
            .join("cgroup.procs")
            .exists()
            .then(|| Self { folders: vec![(folder, PathBuf::from(ROOT))], enter: false })
    }

    /// Files into which a process writes its id to enter the group.
    pub(crate) fn entrances(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.folders.iter().filter(|_| self.enter).map(|(folder, _)| folder.join("cgroup.procs"))
    }

    /// Removes a group in which nothing runs any more; fine if it is gone.
    ///
    /// # Errors
    /// Those of the file system; `ResourceBusy` while something runs in it.
    pub fn remove(&self) -> io::Result<()> {
        for (folder, _) in &self.folders {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Below the own group: the processes that are in it move into a part of their own first, because a group with processes
/// may not have limited parts.
fn unified(own: &str, name: &str, limits: &Limits) -> io::Result<Group> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/")).ok_or(io::ErrorKind::NotFound)?;
    let here = Path::new(ROOT).join(path.strip_suffix("autocode-server").unwrap_or(path));
    if !path.ends_with("autocode-server") {
        make(&here.join("autocode-server"))?;
        write(&here.join("autocode-server/cgroup.procs"), u64::from(std::process::id()))?;
    }
    fs::write(here.join("cgroup.subtree_control"), "+memory +pids +cpu")?;
    let folder = here.join(name);
    make(&folder)?;
    write(&folder.join("memory.max"), limits.memory)?;
    write(&folder.join("pids.max"), limits.processes)?;
    fs::write(folder.join("cpu.max"), format!("{} {PERIOD}", quota(limits)))?;
    Ok(Group { folders: vec![(folder, PathBuf::from(ROOT))], enter: true })
}

fn quota(limits: &Limits) -> u64 {
    limits.cpu_percent.saturating_mul(PERIOD / 100)
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn write(file: &Path, value: u64) -> io::Result<()> {
    fs::write(file, value.to_string())
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

/// What limits this process, as the files under `root` say; they count only if this process is listed in the group.
pub(crate) fn measure(root: &Path) -> Fact {
    let number = |file: &str| fs::read_to_string(root.join(file)).ok()?.trim().parse::<u64>().ok();
    let member = |folder: &str| {
        let own = std::process::id().to_string();
        let listed = fs::read_to_string(root.join(folder).join("cgroup.procs")).unwrap_or_default();
        listed.lines().any(|pid| pid == own)
    };
    let (memory, processes, inside) = if root.join("cgroup.controllers").exists() {
        (number("memory.max"), number("pids.max"), member(""))
    } else {
        (number("memory/memory.limit_in_bytes"), number("pids/pids.max"), member("memory") && member("pids"))
    };
    // Version 1 says "no limit" by the largest number of pages.
    let memory = memory.filter(|bytes| *bytes < 1 << 60);
    match (memory, processes) {
        _ if !inside => Fact::no("Memory, processors and processes of the cell are not limited."),
        (Some(memory), Some(processes)) => {
            Fact::yes(format!("At most {} MiB of memory and {processes} processes.", memory >> 20))
        }
        (None, _) => Fact::no("Memory is not limited."),
        (_, None) => Fact::no("The number of processes is not limited."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn limits_count_only_for_members() {
        let own = std::process::id().to_string();
        let (procs, base) = (("cgroup.procs", own.as_str()), ("cgroup.controllers", "memory pids"));
        let full = group(&[base, procs, ("memory.max", "1073741824\n"), ("pids.max", "512\n")]);
        assert_eq!(measure(full.path()), Fact::yes("At most 1024 MiB of memory and 512 processes."));
        for files in [
            vec![base, ("cgroup.procs", "1\n"), ("memory.max", "1073741824\n"), ("pids.max", "512\n")],
            vec![base, procs, ("memory.max", "max\n"), ("pids.max", "512\n")],
            vec![base, procs, ("memory.max", "1073741824\n"), ("pids.max", "max\n")],
            vec![],
        ] {
            assert!(!measure(group(&files).path()).holds, "{files:?}");
        }
        let (memory, pids) = (("memory/cgroup.procs", own.as_str()), ("pids/cgroup.procs", own.as_str()));
        let limit = ("memory/memory.limit_in_bytes", "1073741824\n");
        assert!(measure(group(&[memory, pids, limit, ("pids/pids.max", "512\n")]).path()).holds);
        let none = ("memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert!(!measure(group(&[memory, pids, none, ("pids/pids.max", "512\n")]).path()).holds);
    }
}
