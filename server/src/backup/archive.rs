//! Writes the archive: a gzipped tar whose last entry has the checksum of every file in it.
//!
//! Must not know where the parts come from.

use std::{
    io::{self, Read, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use super::manifest::CHECKSUMS;

/// What the file system says of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Seconds since the Unix epoch.
    pub(super) mtime: u64,
}

impl Attributes {
    fn header(self, kind: EntryType, size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(self.mode & 0o7777);
        header.set_uid(self.uid.into());
        header.set_gid(self.gid.into());
        header.set_mtime(self.mtime);
        header
    }
}

/// An archive that is being written.
pub(super) struct Archive<W: Write> {
    tar: Builder<GzEncoder<W>>,
    checksums: Vec<u8>,
    files: u64,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        // Level 1: text shrinks nearly as well, and a small machine has other things to do.
        let tar = Builder::new(GzEncoder::new(out, Compression::fast()));
        Self { tar, checksums: Vec::new(), files: 0 }
    }

    /// Adds a file of exactly `size` bytes: one that shrinks while it is read is filled up with zeros, what is added to it
    /// meanwhile is left out.
    pub(super) fn file(
        &mut self,
        path: &Path,
        attributes: Attributes,
        size: u64,
        content: impl Read,
    ) -> io::Result<()> {
        let mut header = attributes.header(EntryType::Regular, size);
        let mut hashed = Hashed { inner: content.chain(io::repeat(0)).take(size), hash: Sha256::new() };
        self.tar.append_data(&mut header, path, &mut hashed)?;
        self.note(path, hashed.hash);
        Ok(())
    }

    /// Adds a folder.
    pub(super) fn folder(&mut self, path: &Path, attributes: Attributes) -> io::Result<()> {
        self.tar.append_data(&mut attributes.header(EntryType::Directory, 0), path, io::empty())
    }

    /// Adds a symbolic link.
    pub(super) fn link(&mut self, path: &Path, attributes: Attributes, target: &Path) -> io::Result<()> {
        self.tar.append_link(&mut attributes.header(EntryType::Symlink, 0), path, target)
    }

    /// Writes the checksums and the end; returns how many files there are, and the output.
    pub(super) fn finish(mut self, attributes: Attributes) -> io::Result<(u64, W)> {
        let checksums = std::mem::take(&mut self.checksums);
        let mut header = attributes.header(EntryType::Regular, checksums.len() as u64);
        self.tar.append_data(&mut header, CHECKSUMS, checksums.as_slice())?;
        Ok((self.files, self.tar.into_inner()?.finish()?))
    }

    fn note(&mut self, path: &Path, hash: Sha256) {
        self.files += 1;
        self.checksums.extend(hex(&hash.finalize()).as_bytes());
        self.checksums.extend(b"  ");
        self.checksums.extend(path.as_os_str().as_encoded_bytes());
        self.checksums.push(0);
    }
}

/// Lowercase hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}
