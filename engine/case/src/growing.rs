//! A file that is being written: how much of it there is, how much of that the case has, and up to where records are whole.

use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use cbad::Watch;
use ingest::{Batch, Capture, Limits, OpenOptions, whole_records};
use sha2::{Digest, Sha256};

use crate::error::CaseError;

/// Bytes that are looked through at once for the end of the last line, from behind.
const LOOK_BYTES: u64 = 64 << 10;
/// Bytes before the end that are looked through for a record in several lines of which the last are still to come.
const MOST_OPEN_BYTES: u64 = 1 << 20;
/// Bytes hashed at once.
const HASH_BYTES: usize = 1 << 20;

/// A file that is being written, held open: where it is renamed, what was written to it until then can still be read.
pub struct Growing {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) identity: Identity,
    /// Of the first `hashed` bytes.
    pub(crate) hash: Sha256,
    pub(crate) hashed: u64,
    /// Bytes that the case has.
    pub(crate) taken: u64,
    pub(crate) capture: Option<i64>,
    /// File name of the capture when it began: streams that have no name of their own are called after it.
    pub(crate) name: Option<String>,
    pub(crate) pieces: u32,
    /// An end of lines before which nothing new was whole, so that it need not be looked at again.
    pub(crate) held_at: Option<u64>,
}

/// What tells one file from another at the same path.
pub(crate) type Identity = (u64, u64);

/// How a file stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether it is shorter than what was taken of it: it was emptied and begins anew.
    pub is_truncated: bool,
    /// Whether another file, or none, is at its path now: it was rotated away.
    pub is_replaced: bool,
}

impl Growing {
    /// Opens a file to be followed from its begin, or from where [`Case::recognise`](crate::Case::recognise) finds that it was followed to.
    pub fn open(path: &Path) -> Result<Self, CaseError> {
        let path = std::path::absolute(path).map_err(CaseError::io("find", path))?;
        // Before it is opened: opening a pipe waits for somebody who writes to it.
        if !std::fs::metadata(&path).map_err(CaseError::io("read", &path))?.is_file() {
            return Err(CaseError::NotAFile { path });
        }
        let file = File::open(&path).map_err(CaseError::io("read", &path))?;
        let metadata = file.metadata().map_err(CaseError::io("read", &path))?;
        Ok(Self {
            identity: identity(&metadata),
            path,
            file,
            hash: Sha256::new(),
            hashed: 0,
            taken: 0,
            capture: None,
            name: None,
            pieces: 0,
            held_at: None,
        })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of it that the case has.
    pub fn taken_bytes(&self) -> u64 {
        self.taken
    }

    /// How it stands now.
    pub fn standing(&self) -> Result<Standing, CaseError> {
        let bytes = self.length()?;
        let is_replaced = match std::fs::metadata(&self.path) {
            Ok(at_path) => identity(&at_path) != self.identity,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
            Err(source) => return Err(CaseError::io("read", &self.path)(source)),
        };
        Ok(Standing { bytes, is_truncated: bytes < self.taken, is_replaced })
    }

    pub(crate) fn length(&self) -> Result<u64, CaseError> {
        Ok(self.file.metadata().map_err(CaseError::io("read", &self.path))?.len())
    }

    /// The end of the last whole line before `length`; what was taken already where there is none.
    pub(crate) fn end_of_lines(&mut self, length: u64) -> Result<u64, CaseError> {
        let mut end = length;
        while end > self.taken {
            let begin = end.saturating_sub(LOOK_BYTES).max(self.taken);
            let bytes = self.bytes(begin..end)?;
            if let Some(found) = memchr::memrchr(b'\n', &bytes) {
                return Ok(begin + found as u64 + 1);
            }
            end = begin;
        }
        Ok(self.taken)
    }

    /// The end of the last record before the end of a line, where a record may be written in several.
    pub(crate) fn end_of_records(
        &mut self,
        end: u64,
        capture: &Capture,
        limits: &Limits,
    ) -> Result<u64, CaseError> {
        let from = self.taken.max(end.saturating_sub(MOST_OPEN_BYTES));
        let mut bytes = self.bytes(from..end)?;
        let begin = if from == self.taken { 0 } else { memchr::memchr(b'\n', &bytes).map_or(0, |at| at + 1) };
        let whole = whole_records(capture.format(), &bytes.split_off(begin), limits) as u64;
        // A line whose last part never comes must not hold up what is behind it for good.
        let holds_up = whole == 0 && end - from >= MOST_OPEN_BYTES;
        Ok(if holds_up { end } else { from + begin as u64 + whole })
    }

    fn bytes(&mut self, range: Range<u64>) -> Result<Vec<u8>, CaseError> {
        let mut bytes = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(range.start))
            .and_then(|_| (&self.file).take(range.end - range.start).read_to_end(&mut bytes));
        read.map_err(CaseError::io("read", &self.path))?;
        Ok(bytes)
    }

    /// The SHA-256 of the first `end` bytes, of which those before were hashed already.
    pub(crate) fn sha256_to(&mut self, end: u64, watch: &dyn Watch) -> Result<[u8; 32], CaseError> {
        if self.hashed > end {
            (self.hash, self.hashed) = (Sha256::new(), 0);
        }
        while self.hashed < end {
            if watch.cancelled() {
                return Err(CaseError::Cancelled);
            }
            let next = end.min(self.hashed + HASH_BYTES as u64);
            let bytes = self.bytes(self.hashed..next)?;
            if bytes.len() as u64 != next - self.hashed {
                return Err(self.shrank());
            }
            self.hash.update(&bytes);
            self.hashed = next;
        }
        Ok(self.hash.clone().finalize().into())
    }

    /// The file's first `end` bytes as a capture.
    pub(crate) fn open_to(&mut self, end: u64, options: &OpenOptions) -> Result<Capture, CaseError> {
        let file = self.file.try_clone().map_err(CaseError::io("read", &self.path))?;
        let named = self.name.as_ref().map(|name| self.path.with_file_name(name));
        Ok(Capture::of_growing(named.as_ref().unwrap_or(&self.path), file, end, options)?)
    }

    /// Of a text log, up to where records are that no line behind `end` can be a part of.
    pub(crate) fn end_of_text(
        &mut self,
        end: u64,
        mut opened: Capture,
        watch: &dyn Watch,
    ) -> Result<u64, CaseError> {
        if self.taken > 0 {
            opened.resume_at(self.taken)?;
        }
        let mut batch = Batch::default();
        while opened.next_batch(&mut batch)? {
            if watch.cancelled() {
                return Err(CaseError::Cancelled);
            }
        }
        let whole = opened.open_since().unwrap_or(end);
        self.held_at = (whole <= self.taken).then_some(end);
        Ok(whole)
    }

    pub(crate) fn shrank(&self) -> CaseError {
        let what = "it became shorter than what was there a moment ago".to_owned();
        CaseError::CaptureChanged { path: self.path.clone(), what }
    }
}

#[cfg(unix)]
pub(crate) fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere the time at which it was made; where that is not known either, a file put in its place shows by its size only.
#[cfg(not(unix))]
pub(crate) fn identity(metadata: &Metadata) -> Identity {
    let made = metadata.created().ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    made.map_or((0, 0), |since| (since.as_secs(), u64::from(since.subsec_nanos())))
}
