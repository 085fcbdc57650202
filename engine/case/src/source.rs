//! The capture behind the events: its fingerprint, and its bytes shown again.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use cbad::{Event, Value, Watch};
use sha2::{Digest, Sha256};

use crate::error::CaseError;
use crate::rows::{CaptureRow, EventRow, SourceBytes};
use crate::sql::hex;
use crate::store::Case;

const CHUNK_BYTES: usize = 1 << 20;

/// What tells one file from another, and the same file from itself at another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) sha256: [u8; 32],
    pub(crate) stamp: Stamp,
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
}

impl Fingerprint {
    /// Reads the file once. The stamp is from before the first byte, so that a change while reading shows later.
    pub(crate) fn take(path: &Path, watch: &dyn Watch) -> Result<Self, CaseError> {
        let mut file = File::open(path).map_err(CaseError::io("read", path))?;
        let stamp = Stamp::of(&file.metadata().map_err(CaseError::io("read", path))?);
        let mut hash = Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            if watch.cancelled() {
                return Err(CaseError::Cancelled);
            }
            match file.read(&mut chunk).map_err(CaseError::io("read", path))? {
                0 => return Ok(Self { sha256: hash.finalize().into(), stamp }),
                count => hash.update(&chunk[..count]),
            }
        }
    }

    /// What differs now from when the fingerprint was taken, if anything does.
    pub(crate) fn difference(&self, path: &Path, watch: &dyn Watch) -> Result<Option<String>, CaseError> {
        let stamp = match std::fs::metadata(path) {
            Ok(metadata) => Stamp::of(&metadata),
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
        let now = Self::take(path, watch)?.sha256;
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

/// A file whose SHA-256 was computed through this connection, good as long as its stamp stays.
pub(crate) struct Verdict {
    path: PathBuf,
    fingerprint: Fingerprint,
}

impl Case {
    /// The exact bytes of an event, read again from the capture and undone from gzip or zstd. Those of a redacted capture
    /// are withheld.
    ///
    /// The first call for a capture reads all of it to check its SHA-256; call it off the window's thread.
    pub fn source_bytes(&self, stream: u32, position: u64) -> Result<SourceBytes, CaseError> {
        let found = self.event(stream, position)?;
        let capture = self.capture(found.capture)?;
        match &capture.redaction {
            Some(redaction) => Ok(SourceBytes::Withheld {
                path: capture.path,
                rules: redaction.rules.name.clone(),
                stored: in_lines(&found.event),
            }),
            None => self.bytes_of(&found, capture),
        }
    }

    /// [`Case::source_bytes`], and those of a redacted capture too: for a person who asked for exactly that.
    pub fn reveal_source_bytes(&self, stream: u32, position: u64) -> Result<SourceBytes, CaseError> {
        let found = self.event(stream, position)?;
        let capture = self.capture(found.capture)?;
        self.bytes_of(&found, capture)
    }

    fn bytes_of(&self, found: &EventRow, capture: CaptureRow) -> Result<SourceBytes, CaseError> {
        let path = capture.path;
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(SourceBytes::Missing { path });
            }
            Err(source) => return Err(CaseError::io("read", &path)(source)),
        };
        let changed = |difference: String, path: PathBuf| {
            Ok(SourceBytes::Changed { path, imported_sha256: capture.sha256.clone(), difference })
        };
        if metadata.len() != capture.stored_bytes {
            let difference = format!("it had {} bytes and now has {}", capture.stored_bytes, metadata.len());
            return changed(difference, path);
        }
        let sha256 = self.verdict(&path, Stamp::of(&metadata))?;
        if sha256 != capture.sha256 {
            return changed(format!("its SHA-256 is now {sha256}"), path);
        }
        let range = found.event.source;
        let bytes = ingest::read_range(&path, capture.wrapping, range)?;
        Ok(SourceBytes::Exact { path, range, bytes })
    }

    fn verdict(&self, path: &Path, stamp: Stamp) -> Result<String, CaseError> {
        let mut verdicts = self.verdicts.borrow_mut();
        verdicts.retain(|verdict| verdict.path != path || verdict.fingerprint.stamp == stamp);
        if let Some(known) = verdicts.iter().find(|verdict| verdict.path == path) {
            return Ok(hex(&known.fingerprint.sha256));
        }
        let fingerprint = Fingerprint::take(path, &cbad::Unwatched)?;
        verdicts.push(Verdict { path: path.to_owned(), fingerprint });
        Ok(hex(&fingerprint.sha256))
    }
}
