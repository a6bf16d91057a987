//! Puts users' folders into an archive, by folder handles: agents go on working in them and may swap anything for a link.
//!
//! Must not follow a link, wait at a pipe or stop at a file that went away; what cannot be read is remembered and told.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::Path,
};

use cap_std::fs::{Dir, Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;

use super::archive::{Archive, Attributes};

/// Deepest folder; each level keeps a handle open.
const MAX_DEPTH: usize = 200;
/// Most paths that are told; the rest is counted.
const MAX_TOLD: usize = 20;

/// What is not in the archive though it should be.
#[derive(Debug, Default)]
pub struct Missing {
    /// Some of them, with the reason.
    pub examples: Vec<String>,
    /// How many there are.
    pub count: u64,
}

impl Missing {
    fn note(&mut self, path: &Path, why: impl std::fmt::Display) {
        self.count += 1;
        if self.examples.len() < MAX_TOLD {
            self.examples.push(format!("{}: {why}", path.display()));
        }
    }
}

/// Adds everything below a folder, and the folder itself, under `path`.
///
/// # Errors
/// Those of the archive's output; what cannot be read goes into `missing`.
pub(super) fn add<W: Write>(
    archive: &mut Archive<W>,
    folder: &Dir,
    path: &Path,
    missing: &mut Missing,
) -> io::Result<()> {
    add_folder(archive, folder, path, 0, missing)
}

fn add_folder<W: Write>(
    archive: &mut Archive<W>,
    folder: &Dir,
    path: &Path,
    depth: usize,
    missing: &mut Missing,
) -> io::Result<()> {
    match folder.dir_metadata() {
        Ok(meta) => archive.folder(path, attributes(&meta))?,
        Err(e) => {
            missing.note(path, e);
            return Ok(());
        }
    }
    let mut folders: Vec<OsString> = Vec::new();
    let entries = match folder.entries() {
        Ok(entries) => entries,
        Err(e) => {
            missing.note(path, e);
            return Ok(());
        }
    };
    for entry in entries {
        let seen = entry.and_then(|entry| entry.metadata().map(|meta| (entry.file_name(), meta)));
        match seen {
            Ok((name, meta)) if meta.is_dir() => folders.push(name),
            Ok((name, meta)) => add_entry(archive, folder, &path.join(&name), &name, &meta, missing)?,
            Err(e) => gone_or_missing(path, &e, missing),
        }
    }
    // What git refers to comes after what refers to it, so that a commit made meanwhile is not half there.
    folders.sort_by_key(|name| (name == "objects", name.clone()));
    for name in folders {
        let path = path.join(&name);
        // Should it have become a link meanwhile, the handle still leads nowhere outside.
        match folder.open_dir(&name) {
            Ok(_) if depth >= MAX_DEPTH => missing.note(&path, "the folder lies too deep"),
            Ok(inner) => add_folder(archive, &inner, &path, depth + 1, missing)?,
            Err(e) => gone_or_missing(&path, &e, missing),
        }
    }
    Ok(())
}

fn add_entry<W: Write>(
    archive: &mut Archive<W>,
    folder: &Dir,
    path: &Path,
    name: &OsString,
    meta: &Metadata,
    missing: &mut Missing,
) -> io::Result<()> {
    if meta.is_symlink() {
        match folder.read_link_contents(name) {
            Ok(target) => archive.link(path, attributes(meta), &target)?,
            Err(e) => gone_or_missing(path, &e, missing),
        }
        return Ok(());
    }
    // Sockets and pipes are made anew by whoever needs them.
    if !meta.is_file() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    // Should it have become a link or a pipe meanwhile, this fails or at least does not wait.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.read(true).custom_flags(flags.bits().cast_signed());
    let opened = folder.open_with(name, &options).and_then(|file| file.metadata().map(|meta| (file, meta)));
    match opened {
        Ok((file, meta)) if meta.is_file() => {
            let mut content = Tolerant { inner: file, failed: None };
            archive.file(path, attributes(&meta), meta.len(), &mut content)?;
            if let Some(e) = content.failed {
                missing.note(path, e);
            }
        }
        Ok(_) => {}
        Err(e) => gone_or_missing(path, &e, missing),
    }
    Ok(())
}

/// A file that went away is no loss: it is in the next backup or nowhere.
fn gone_or_missing(path: &Path, error: &io::Error, missing: &mut Missing) {
    if error.kind() != io::ErrorKind::NotFound {
        missing.note(path, error);
    }
}

fn attributes(meta: &Metadata) -> Attributes {
    Attributes {
        mode: meta.mode(),
        uid: meta.uid(),
        gid: meta.gid(),
        mtime: u64::try_from(meta.mtime()).unwrap_or(0),
    }
}

/// Ends at an error and keeps it: the archive's entry has its length already and is filled up.
struct Tolerant<R> {
    inner: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Tolerant<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                self.failed = Some(e);
                Ok(0)
            }
            read => read,
        }
    }
}
