//! The capture behind the events: its fingerprint, and its bytes shown again.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use cbad::{ByteRange, Event, Unwatched, Value, Watch};
use ingest::{FolderFile, folder_files, set_files};
use sha2::{Digest, Sha256};

use crate::error::CaseError;
use crate::members::is_set;
use crate::rows::{CaptureRow, SourceBytes};
use crate::sql::hex;
use crate::store::Case;

const CHUNK_BYTES: usize = 1 << 20;

/// Most bytes of a place that no event is of: a line that was rejected for its length may be as long as the capture.
const MOST_BYTES: u64 = 1 << 16;

/// What tells one file from another, and the same file from itself at another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) sha256: [u8; 32],
    pub(crate) stamp: Stamp,
    /// The files of a folder or a rotated set, with their hashes; none where the capture is one file.
    pub(crate) files: Vec<(String, [u8; 32])>,
    is_set: bool,
}

/// What changes when a file is written to, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) stored_bytes: u64,
    pub(crate) modified_nanos: Option<i64>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            stored_bytes: metadata.len(),
            modified_nanos: modified.and_then(|elapsed| i64::try_from(elapsed.as_nanos()).ok()),
        }
    }

    /// Of a file; of a folder or a rotated set the sizes together and the latest time, that of the folder included.
    pub(crate) fn at(path: &Path, is_set: bool) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        let Some(files) = files_of(path, is_set)? else { return Ok(Self::of(&metadata)) };
        let mut whole = Self { stored_bytes: 0, modified_nanos: Self::of(&metadata).modified_nanos };
        for file in files.iter().filter(|file| file.skipped.is_none()) {
            let stamp = Self::of(&std::fs::metadata(&file.path)?);
            whole.stored_bytes += stamp.stored_bytes;
            whole.modified_nanos = whole.modified_nanos.max(stamp.modified_nanos);
        }
        Ok(whole)
    }
}

/// The files of a folder or of a rotated set; none for a file by itself.
fn files_of(path: &Path, is_set: bool) -> std::io::Result<Option<Vec<FolderFile>>> {
    if path.is_dir() {
        folder_files(path, u64::MAX).map(Some)
    } else if is_set {
        set_files(path, u64::MAX).map(Some)
    } else {
        Ok(None)
    }
}

impl Fingerprint {
    /// Reads a file, or every file of a folder or a rotated set, once. Those have one hash over the names and hashes of
    /// their files, whose stamp is from before the first byte too.
    pub(crate) fn take(path: &Path, is_set: bool, watch: &dyn Watch) -> Result<Self, CaseError> {
        let Some(files) = files_of(path, is_set).map_err(CaseError::io("read", path))? else {
            return Self::of_file(path, watch);
        };
        let stamp = Stamp::at(path, is_set).map_err(CaseError::io("read", path))?;
        let mut whole = Sha256::new();
        whole.update(b"driftlock members 1\n");
        let mut hashes = Vec::new();
        for file in files {
            whole.update((file.name.len() as u64).to_le_bytes());
            whole.update(&file.name);
            // One that cannot be opened is a problem of the import; that it is there counts.
            if file.skipped.is_none() && File::open(&file.path).is_ok() {
                let one = Self::of_file(&file.path, watch)?;
                whole.update(one.sha256);
                hashes.push((file.name, one.sha256));
            }
        }
        Ok(Self { sha256: whole.finalize().into(), stamp, files: hashes, is_set })
    }

    /// Reads the file once. The stamp is from before the first byte, so that a change while reading shows later.
    fn of_file(path: &Path, watch: &dyn Watch) -> Result<Self, CaseError> {
        let mut file = File::open(path).map_err(CaseError::io("read", path))?;
        let stamp = Stamp::of(&file.metadata().map_err(CaseError::io("read", path))?);
        let mut hash = Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            if watch.cancelled() {
                return Err(CaseError::Cancelled);
            }
            match file.read(&mut chunk).map_err(CaseError::io("read", path))? {
                0 => {
                    let sha256 = hash.finalize().into();
                    return Ok(Self { sha256, stamp, files: Vec::new(), is_set: false });
                }
                count => hash.update(&chunk[..count]),
            }
        }
    }

    /// Of the first bytes of a file that grows; the stamp is that of these bytes.
    pub(crate) fn of_begin(sha256: [u8; 32], stored_bytes: u64, modified_nanos: Option<i64>) -> Self {
        let stamp = Stamp { stored_bytes, modified_nanos };
        Self { sha256, stamp, files: Vec::new(), is_set: false }
    }

    /// What differs now from when the fingerprint was taken, if anything does.
    pub(crate) fn difference(&self, path: &Path, watch: &dyn Watch) -> Result<Option<String>, CaseError> {
        let stamp = match Stamp::at(path, self.is_set) {
            Ok(stamp) => stamp,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some("it is gone".to_owned()));
            }
            Err(source) => return Err(CaseError::io("read", path)(source)),
        };
        if stamp == self.stamp {
            return Ok(None);
        }
        if stamp.stored_bytes != self.stamp.stored_bytes {
            return Ok(Some(format!(
                "it had {} bytes and now has {}",
                self.stamp.stored_bytes, stamp.stored_bytes
            )));
        }
        let now = Self::take(path, self.is_set, watch)?.sha256;
        Ok((now != self.sha256).then(|| format!("its SHA-256 is now {}", hex(&now))))
    }
}

/// An event without its source: the body, then a line a field.
fn in_lines(event: &Event) -> Vec<u8> {
    let mut lines = event.body.clone();
    for field in &event.fields {
        lines.extend_from_slice(format!("\n{}=", field.path).as_bytes());
        match &field.value {
            Value::Null => lines.extend_from_slice(b"null"),
            Value::Bool(value) => lines.extend_from_slice(value.to_string().as_bytes()),
            Value::Int(value) => lines.extend_from_slice(value.to_string().as_bytes()),
            Value::Float(value) => lines.extend_from_slice(value.to_string().as_bytes()),
            Value::Text(text) => lines.extend_from_slice(text.as_bytes()),
            Value::Bytes(bytes) => lines.extend_from_slice(bytes),
        }
    }
    lines
}

/// The SHA-256 of the first bytes of a file, as hex.
fn sha256_of_begin(path: &Path, bytes: u64) -> Result<String, CaseError> {
    let mut begin = File::open(path).map_err(CaseError::io("read", path))?.take(bytes);
    let mut hash = Sha256::new();
    std::io::copy(&mut begin, &mut hash).map_err(CaseError::io("read", path))?;
    Ok(hex(&hash.finalize()))
}

/// A file whose SHA-256 was computed through this connection, good as long as its stamp stays.
pub(crate) struct Verdict {
    path: PathBuf,
    fingerprint: Fingerprint,
}

impl Case {
    /// The exact bytes of an event, read again from the capture, with what lies around them undone. Those of a redacted capture
    /// are withheld.
    ///
    /// The first call for a capture reads all of it to check its SHA-256; call it off the window's thread.
    pub fn source_bytes(&self, stream: u32, position: u64) -> Result<SourceBytes, CaseError> {
        self.source_bytes_watched(stream, position, &Unwatched)
    }

    /// [`Case::source_bytes`], which ends soon with [`CaseError::Cancelled`] when the watch says so.
    pub fn source_bytes_watched(
        &self,
        stream: u32,
        position: u64,
        watch: &dyn Watch,
    ) -> Result<SourceBytes, CaseError> {
        let found = self.event(stream, position)?;
        let capture = self.capture(found.capture)?;
        if let Some(rules) = self.veiled_by() {
            let stored = in_lines(&found.event);
            return Ok(SourceBytes::Withheld { path: capture.path, rules, stored });
        }
        match &capture.redaction {
            Some(redaction) => Ok(SourceBytes::Withheld {
                path: capture.path,
                rules: redaction.rules.name.clone(),
                stored: in_lines(&found.event),
            }),
            None => self.bytes_at(capture, found.event.source, watch),
        }
    }

    /// The exact bytes of a place of a capture that no event is of, such as a rejected record or what a damaged block came
    /// from; of a longer one the first 64 KiB. Those of a redacted capture are withheld.
    pub fn capture_bytes(
        &self,
        capture: i64,
        range: ByteRange,
        watch: &dyn Watch,
    ) -> Result<SourceBytes, CaseError> {
        let capture = self.capture(capture)?;
        let rules = self.veiled_by().or_else(|| Some(capture.redaction.as_ref()?.rules.name.clone()));
        if let Some(rules) = rules {
            return Ok(SourceBytes::Withheld { path: capture.path, rules, stored: Vec::new() });
        }
        let length = range.length.min(MOST_BYTES);
        self.bytes_at(capture, ByteRange { length, ..range }, watch)
    }

    /// [`Case::source_bytes`], and those of a redacted capture too: for a person who asked for exactly that.
    pub fn reveal_source_bytes(&self, stream: u32, position: u64) -> Result<SourceBytes, CaseError> {
        let found = self.event(stream, position)?;
        let capture = self.capture(found.capture)?;
        self.bytes_at(capture, found.event.source, &Unwatched)
    }

    fn bytes_at(
        &self,
        capture: CaptureRow,
        range: ByteRange,
        watch: &dyn Watch,
    ) -> Result<SourceBytes, CaseError> {
        let path = capture.path;
        let is_set = is_set(&capture.wrapping);
        let stamp = match Stamp::at(&path, is_set) {
            Ok(stamp) => stamp,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(SourceBytes::Missing { path });
            }
            Err(source) => return Err(CaseError::io("read", &path)(source)),
        };
        let changed = |difference: String, path: PathBuf| {
            Ok(SourceBytes::Changed { path, imported_sha256: capture.sha256.clone(), difference })
        };
        // A log that went on after it was imported still holds what was imported.
        let has_grown = stamp.stored_bytes > capture.stored_bytes && capture.wrapping.is_none();
        if has_grown && sha256_of_begin(&path, capture.stored_bytes)? == capture.sha256 {
            let bytes = ingest::read_range(&path, &capture.wrapping, range)?;
            return Ok(SourceBytes::Exact { path, range, bytes });
        }
        if stamp.stored_bytes != capture.stored_bytes {
            let difference =
                format!("it had {} bytes and now has {}", capture.stored_bytes, stamp.stored_bytes);
            return changed(difference, path);
        }
        let sha256 = self.verdict(&path, is_set, stamp, watch)?;
        if sha256 != capture.sha256 {
            return changed(format!("its SHA-256 is now {sha256}"), path);
        }
        let bytes = match self.member_at(capture.id, range.offset)? {
            Some(member) => {
                let place = (member.name.as_str(), member.begin);
                ingest::read_member_range(&path, &capture.wrapping, place, range)?
            }
            None => ingest::read_range(&path, &capture.wrapping, range)?,
        };
        Ok(SourceBytes::Exact { path, range, bytes })
    }

    fn verdict(
        &self,
        path: &Path,
        is_set: bool,
        stamp: Stamp,
        watch: &dyn Watch,
    ) -> Result<String, CaseError> {
        let mut verdicts = self.verdicts.borrow_mut();
        verdicts.retain(|verdict| verdict.path != path || verdict.fingerprint.stamp == stamp);
        if let Some(known) =
            verdicts.iter().find(|verdict| verdict.path == path && verdict.fingerprint.is_set == is_set)
        {
            return Ok(hex(&known.fingerprint.sha256));
        }
        let fingerprint = Fingerprint::take(path, is_set, watch)?;
        let sha256 = hex(&fingerprint.sha256);
        verdicts.push(Verdict { path: path.to_owned(), fingerprint });
        Ok(sha256)
    }
}
