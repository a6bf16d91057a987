//! Where a path leads: into the workspace, to a tool of the machine, or elsewhere.
//!
//! Must not open anything. Symbolic links are followed as far as they exist; what a path means when the program runs is
//! the sandbox's concern.

use std::path::{Component, Path, PathBuf};

/// The folders that count.
#[derive(Clone, Debug)]
pub struct Places {
    workspace: PathBuf,
    home: PathBuf,
    real: fn(&Path) -> PathBuf,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Into the workspace; the path from there.
    Inside(PathBuf),
    /// To what every program may need: system programs, `/tmp`, `/dev/null`.
    Neutral,
    /// To what is the user's own besides the workspace; the path from HOME.
    Home(PathBuf),
    /// Elsewhere.
    Outside,
}

/// Folders whose content belongs to the machine and is no secret.
const NEUTRAL: [&str; 10] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "nix", "tmp"];
/// Folders that are known to exist on a machine; a path that begins otherwise is more likely no file at all.
const KNOWN: [&str; 14] = [
    "etc", "proc", "sys", "root", "home", "var", "run", "boot", "dev", "mnt", "media", "srv", "data", "Users",
];
const DEVICES: [&str; 7] =
    ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/zero", "/dev/urandom", "/dev/fd"];

impl Places {
    /// Follows symbolic links on the disk.
    pub fn new(workspace: &Path, home: &Path) -> Self {
        Self { workspace: workspace.to_owned(), home: home.to_owned(), real: real_path }
    }

    /// Knows no symbolic link.
    #[cfg(test)]
    pub(super) fn lexical(workspace: &str, home: &str) -> Self {
        Self { workspace: workspace.into(), home: home.into(), real: |path| path.to_owned() }
    }

    /// The workspace.
    pub(super) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The path that a word means for a program in `cwd`; `None` if it depends on what is not known here.
    pub(super) fn path(&self, word: &str, cwd: &Path) -> Option<PathBuf> {
        let home = ["~", "$HOME", "${HOME}"].iter().find_map(|sign| word.strip_prefix(sign));
        let here = ["$PWD", "${PWD}"].iter().find_map(|sign| word.strip_prefix(sign));
        let (base, rest) = match (home, here) {
            (Some(rest), _) if rest.is_empty() || rest.starts_with('/') => {
                (self.home.as_path(), rest.trim_start_matches('/'))
            }
            // Another user's home.
            (Some(rest), _) if word.starts_with('~') && !rest.starts_with(['+', '-']) => {
                (Path::new("/home"), rest)
            }
            (_, Some(rest)) if rest.is_empty() || rest.starts_with('/') => {
                (cwd, rest.trim_start_matches('/'))
            }
            _ => (cwd, word),
        };
        if rest.contains('$') {
            return None;
        }
        Some(normalized(&base.join(rest)))
    }

    /// Where a path leads, as written and with its links followed.
    pub(super) fn place(&self, path: &Path) -> Place {
        let written = self.place_of(&normalized(path), &self.workspace, &self.home);
        let real = self.place_of(&(self.real)(path), &(self.real)(&self.workspace), &(self.real)(&self.home));
        match (written, real) {
            (Place::Inside(_) | Place::Neutral, real) => real,
            (written, _) => written,
        }
    }

    fn place_of(&self, path: &Path, workspace: &Path, home: &Path) -> Place {
        if let Ok(inner) = path.strip_prefix(workspace) {
            return Place::Inside(inner.to_owned());
        }
        if let Ok(inner) = path.strip_prefix(home) {
            return Place::Home(inner.to_owned());
        }
        let first = path.components().find_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        let Some(first) = first else { return Place::Outside };
        let unclear = path.to_string_lossy().contains(['*', '?', '[', '{']);
        let above = workspace.starts_with(path) || home.starts_with(path);
        let device = DEVICES.iter().any(|device| path.starts_with(device));
        let known = KNOWN.contains(&first.as_ref());
        if device || !(above || known || (unclear && !NEUTRAL.contains(&first.as_ref()))) {
            Place::Neutral
        } else {
            Place::Outside
        }
    }
}

/// Without `.` and `..`, as far as that is possible without looking.
fn normalized(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}

/// The path with the links of its existing part followed.
fn real_path(path: &Path) -> PathBuf {
    let path = normalized(path);
    path.ancestors()
        .find_map(|there| {
            let real = there.canonicalize().ok()?;
            let rest = path.strip_prefix(there).ok()?;
            Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
        })
        .unwrap_or(path)
}

/// Whether a file is one that holds secrets, by its name or a folder's.
pub(super) fn is_secret(path: &Path) -> bool {
    path.components().any(|part| match part {
        Component::Normal(name) => is_secret_name(&name.to_string_lossy().to_lowercase()),
        _ => false,
    })
}

fn is_secret_name(name: &str) -> bool {
    const NAMES: [&str; 25] = [
        ".env",
        ".envrc",
        ".ssh",
        ".aws",
        ".gnupg",
        ".kube",
        ".azure",
        ".netrc",
        "_netrc",
        ".npmrc",
        ".pypirc",
        ".pgpass",
        ".my.cnf",
        ".git-credentials",
        ".docker",
        ".vault-token",
        ".credentials",
        ".credentials.json",
        "credentials.json",
        "secrets.json",
        "api_keys.json",
        "hook.secret",
        "shadow",
        "id_rsa",
        "id_ed25519",
    ];
    const ENDS: [&str; 8] = [".pem", ".p12", ".pfx", ".key", ".keystore", ".jks", ".kdbx", ".ppk"];
    const HARMLESS: [&str; 5] = ["example", "sample", "template", "dist", "defaults"];
    let key = name
        .strip_prefix("id_")
        .is_some_and(|kind| ["rsa", "dsa", "ecdsa", "ed25519", "ecdsa_sk", "ed25519_sk"].contains(&kind));
    let dotenv =
        name.strip_prefix(".env.").is_some_and(|kind| !HARMLESS.iter().any(|end| kind.ends_with(end)));
    NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end)) || key || dotenv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::lexical("/home/u/projects/p", "/home/u")
    }

    fn place(word: &str) -> Option<Place> {
        let places = places();
        Some(places.place(&places.path(word, places.workspace())?))
    }

    #[test]
    fn words_lead_somewhere() {
        for inside in
            ["a", "./a/b", "a/../b", "/home/u/projects/p/x", "$PWD/x", "~/projects/p/x", "${HOME}/projects/p"]
        {
            assert!(matches!(place(inside), Some(Place::Inside(_))), "{inside}");
        }
        for home in ["~", "$HOME", "~/.bashrc", "..", "../other/x", "a/../../x", "/home/u/config"] {
            assert!(matches!(place(home), Some(Place::Home(_))), "{home}");
        }
        let outside = [
            "/",
            "/etc/passwd",
            "//etc/passwd",
            "/proc/self/environ",
            "../../../..",
            "~root/x",
            "/home",
            "/et?/x",
            "/dev/sda",
        ];
        for outside in outside {
            assert_eq!(place(outside), Some(Place::Outside), "{outside}");
        }
        for neutral in ["/usr/bin/env", "/tmp/x", "/dev/null", "/api/users", "/usr/lib/*.so"] {
            assert_eq!(place(neutral), Some(Place::Neutral), "{neutral}");
        }
        assert_eq!(place("$OTHER/x"), None);
        assert_eq!(place("/tmp/../etc/x"), Some(Place::Outside));
    }

    #[test]
    fn links_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, home) = (folder.path().join("home/p"), folder.path().join("home"));
        std::fs::create_dir_all(workspace.join("real")).unwrap();
        std::os::unix::fs::symlink("/etc", workspace.join("sly")).unwrap();
        std::os::unix::fs::symlink("real", workspace.join("honest")).unwrap();
        let places = Places::new(&workspace, &home);
        let place = |word: &str| places.place(&places.path(word, &workspace).unwrap());
        assert_eq!(place("sly/passwd"), Place::Outside);
        assert_eq!(place("sly"), Place::Outside);
        assert_eq!(place("honest/new/file"), Place::Inside("real/new/file".into()));
    }

    #[test]
    fn secrets_are_known_by_name() {
        for secret in
            [".env", "a/.env.local", "x/server.pem", "id_ed25519", ".ssh/config", ".AWS/credentials"]
        {
            assert!(is_secret(Path::new(secret)), "{secret}");
        }
        for harmless in
            [".env.example", "id_generator.py", "src/env.rs", "credentials.rs", "keys.md", "id_rsa.pub"]
        {
            assert!(!is_secret(Path::new(harmless)), "{harmless}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_detour_leads_out_unseen(ups in 0usize..9, downs in proptest::collection::vec("[a-z]{1,3}", 0..6)) {
            let word = format!("{}{}{}", downs.iter().map(|d| format!("{d}/./")).collect::<String>(), "../".repeat(ups), "etc/x");
            let inside = matches!(place(&word), Some(Place::Inside(_)));
            proptest::prop_assert_eq!(inside, ups <= downs.len(), "{}", word);
        }
    }
}
