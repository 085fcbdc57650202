//! Stored bytes to decoded bytes: gzip, zstd and the older exporter's framed zstd undone while streaming.
//!
//! A fault in compressed data ends the decoded bytes where it stands; what decoded before it is kept.

use crate::error::IngestError;
use crate::frames::FramedZstd;
use crate::model::{Limits, Wrapping};
use cbad::ByteRange;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Enough for every magic number, tar's at byte 257 included.
const HEAD_BYTES: usize = 512;
const STORED_BUFFER_BYTES: usize = 128 << 10;
/// Largest zstd window taken, 128 MiB: what `zstd --long` makes without asking the reader to opt in.
const ZSTD_WINDOW_LOG: u32 = 27;

/// A source of stored bytes.
pub(crate) type Stored = Box<dyn Read + Send>;

/// Where compressed data stopped making sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TailFault {
    pub(crate) stored_offset: u64,
    pub(crate) reason: String,
    pub(crate) hint: &'static str,
}

#[derive(Debug, Default)]
struct Counter {
    bytes: AtomicU64,
    failed: AtomicBool,
}

/// Counts stored bytes, and tells a failing disk from failing data.
struct Counted {
    inner: Stored,
    counter: Arc<Counter>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buffer);
        match &result {
            Ok(count) => {
                self.counter.bytes.fetch_add(*count as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.counter.failed.store(true, Ordering::Relaxed),
        }
        result
    }
}

/// The decoded bytes of a capture.
pub(crate) struct Decoder {
    inner: Stored,
    wrapping: Wrapping,
    counter: Arc<Counter>,
    ratio: u64,
    floor_bytes: u64,
    decoded_bytes: u64,
    fault: Option<TailFault>,
}

impl Decoder {
    /// Looks at the first bytes and undoes the wrapping that they announce.
    pub(crate) fn new(stored: Stored, limits: &Limits) -> io::Result<Self> {
        let counter = Arc::new(Counter::default());
        let mut counted = Counted { inner: stored, counter: Arc::clone(&counter) };
        let mut head = Vec::with_capacity(HEAD_BYTES);
        counted.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let wrapping = wrapping_of(&head);
        let whole = io::Cursor::new(head).chain(counted);
        let inner =
            unwrap(BufReader::with_capacity(STORED_BUFFER_BYTES, whole), wrapping, limits.record_bytes)?;
        Ok(Self {
            inner,
            wrapping,
            counter,
            ratio: limits.decoded_ratio,
            floor_bytes: limits.decoded_floor_bytes,
            decoded_bytes: 0,
            fault: None,
        })
    }

    pub(crate) fn wrapping(&self) -> Wrapping {
        self.wrapping
    }

    pub(crate) fn stored_bytes_read(&self) -> u64 {
        self.counter.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn fault(&self) -> Option<&TailFault> {
        self.fault.as_ref()
    }

    /// Fills some of `buffer`; 0 at the end, whether that is the true end or a fault. Only the file itself can fail.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        loop {
            match self.inner.read(buffer) {
                Ok(count) => {
                    self.decoded_bytes += count as u64;
                    self.check_ratio();
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error)
                    if self.wrapping == Wrapping::None || self.counter.failed.load(Ordering::Relaxed) =>
                {
                    return Err(error);
                }
                Err(error) => {
                    self.fault = Some(self.describe(&error));
                    return Ok(0);
                }
            }
        }
    }

    fn describe(&self, error: &io::Error) -> TailFault {
        let name = self.wrapping.name();
        let reason = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("the {name} data break off")
        } else {
            format!("the {name} data are damaged ({error})")
        };
        TailFault {
            stored_offset: self.stored_bytes_read(),
            reason,
            hint: "Copy the file again from where it was captured; what decoded before this place was kept.",
        }
    }

    fn check_ratio(&mut self) {
        let stored = self.stored_bytes_read();
        let most = self.floor_bytes.max(stored.saturating_mul(self.ratio));
        if self.wrapping != Wrapping::None && self.decoded_bytes > most {
            self.fault = Some(TailFault {
                stored_offset: stored,
                reason: format!(
                    "{stored} stored bytes expand to more than {} bytes, over {} to 1",
                    self.decoded_bytes, self.ratio
                ),
                hint: "If the capture can be trusted, raise the decoded-ratio limit or decompress it first.",
            });
        }
    }
}

/// The wrapping that the first stored bytes announce.
fn wrapping_of(head: &[u8]) -> Wrapping {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let is_skippable = head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18];
    if head.starts_with(&[0x1f, 0x8b]) {
        Wrapping::Gzip
    } else if head.starts_with(&ZSTD) || is_skippable {
        Wrapping::Zstd
    } else if head.len() >= 8 && head[4..8] == ZSTD {
        Wrapping::ZstdFrames
    } else {
        Wrapping::None
    }
}

fn unwrap(
    stored: impl io::BufRead + Send + 'static,
    wrapping: Wrapping,
    record_bytes: u64,
) -> io::Result<Stored> {
    Ok(match wrapping {
        Wrapping::None => Box::new(stored),
        Wrapping::Gzip => Box::new(MultiGzDecoder::new(stored)),
        Wrapping::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(decoder)
        }
        Wrapping::ZstdFrames => Box::new(FramedZstd::new(stored, record_bytes)),
    })
}

/// Reads bytes `range` of the decoded capture again, for a person who wants to see them as they are.
///
/// Compressed captures are decoded from their start, so the cost grows with the offset.
pub fn read_range(path: &Path, wrapping: Wrapping, range: ByteRange) -> Result<Vec<u8>, IngestError> {
    let failed = |offset: u64| move |source: io::Error| open_error(path, offset, source);
    let mut file = File::open(path).map_err(failed(0))?;
    let mut bytes = Vec::new();
    if wrapping == Wrapping::None {
        file.seek(SeekFrom::Start(range.offset)).map_err(failed(range.offset))?;
        file.take(range.length).read_to_end(&mut bytes).map_err(failed(range.offset))?;
    } else {
        let stored = BufReader::with_capacity(STORED_BUFFER_BYTES, file);
        let mut decoded = unwrap(stored, wrapping, Limits::default().record_bytes).map_err(failed(0))?;
        let skipped =
            io::copy(&mut decoded.by_ref().take(range.offset), &mut io::sink()).map_err(failed(0))?;
        if skipped < range.offset {
            return Err(IngestError::Shorter { path: path.into(), offset: range.offset, end: skipped });
        }
        decoded.take(range.length).read_to_end(&mut bytes).map_err(failed(0))?;
    }
    if (bytes.len() as u64) < range.length {
        let end = range.offset + bytes.len() as u64;
        return Err(IngestError::Shorter { path: path.into(), offset: range.end(), end });
    }
    Ok(bytes)
}

/// The error for a file that the system does not give us.
pub(crate) fn open_error(path: &Path, offset: u64, source: io::Error) -> IngestError {
    match source.kind() {
        io::ErrorKind::NotFound => IngestError::NotFound { path: path.into() },
        io::ErrorKind::IsADirectory => IngestError::Folder { path: path.into() },
        _ => IngestError::Io { path: path.into(), offset, source },
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
