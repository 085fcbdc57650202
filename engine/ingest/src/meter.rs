//! How much goes in and comes out of every layer, so that no capture blows up and each fault has its place.
//!
//! Every layer is read in pieces of one size, whoever asks for how much, so that what stops a reading stops it at the same
//! byte each time.

use crate::limits::Limits;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A source of stored bytes.
pub(crate) type Stored = Box<dyn Read + Send>;
/// The bytes between two layers.
pub(crate) type Source = Box<dyn BufRead + Send>;

/// What one layer gives at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Where the bytes stopped making sense, or went beyond a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct TailFault {
    pub(crate) stored_offset: u64,
    pub(crate) reason: String,
    pub(crate) hint: String,
    /// Whether nothing after it may be read, in other members either.
    pub(crate) ends_capture: bool,
}

impl TailFault {
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }

    /// The fault that an error carries; an error of anybody else becomes one in the data named.
    pub(crate) fn of(error: &io::Error, data: &str, stored_offset: u64) -> Self {
        if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return fault.clone();
        }
        let reason = if error.kind() == io::ErrorKind::UnexpectedEof {
            format!("the {data} data break off")
        } else {
            format!("the {data} data are damaged ({error})")
        };
        let hint =
            "Copy the file again from where it was captured; what decoded before this place was kept.".into();
        Self { stored_offset, reason, hint, ends_capture: false }
    }
}

/// Depths of layers that are counted apart; deeper ones are counted together.
const DEPTHS: usize = 8;

/// Counts one stored file, or one entry of an archive whose entries lie in the file as they are.
#[derive(Debug)]
pub(crate) struct Meter {
    stored: AtomicU64,
    /// Over all members of the capture, for progress.
    all_stored: Arc<AtomicU64>,
    failed: AtomicBool,
    decoded: [AtomicU64; DEPTHS],
    ratio: u64,
    floor_bytes: u64,
}

impl Meter {
    /// `floor_bytes` may be decoded beyond the ratio.
    pub(crate) fn new(limits: &Limits, floor_bytes: u64, all_stored: Arc<AtomicU64>) -> Self {
        Self {
            stored: AtomicU64::new(0),
            all_stored,
            failed: AtomicBool::new(false),
            decoded: std::array::from_fn(|_| AtomicU64::new(0)),
            ratio: limits.decoded_ratio,
            floor_bytes,
        }
    }

    pub(crate) fn stored_bytes(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }

    /// Stored bytes of the capture that have been read, this member's included.
    pub(crate) fn all_stored_bytes(&self) -> u64 {
        self.all_stored.load(Ordering::Relaxed)
    }

    /// Whether the disk failed, not the data.
    pub(crate) fn disk_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// How much of the floor is left for the members behind.
    pub(crate) fn floor_left(&self) -> u64 {
        let allowed = self.stored_bytes().saturating_mul(self.ratio);
        let most = self.decoded.iter().map(|decoded| decoded.load(Ordering::Relaxed)).max().unwrap_or(0);
        self.floor_bytes.saturating_sub(most.saturating_sub(allowed))
    }

    fn add(&self, depth: usize, bytes: u64) -> Result<(), TailFault> {
        let decoded = self.decoded[depth.min(DEPTHS - 1)].fetch_add(bytes, Ordering::Relaxed) + bytes;
        let stored = self.stored_bytes();
        if decoded <= stored.saturating_mul(self.ratio).saturating_add(self.floor_bytes) {
            return Ok(());
        }
        Err(TailFault {
            stored_offset: stored,
            reason: format!(
                "{stored} stored bytes expand to more than {} to 1 and {} bytes more, the limits decoded-ratio and decoded-floor-bytes",
                self.ratio, self.floor_bytes
            ),
            hint: format!(
                "If the capture can be trusted, raise them: `--limit decoded-ratio={}`, or `--limit decoded-floor-bytes=…`.",
                self.ratio.saturating_mul(10)
            ),
            ends_capture: false,
        })
    }
}

/// Counts stored bytes, and tells a failing disk from failing data.
pub(crate) struct Counted {
    pub(crate) inner: Stored,
    pub(crate) meter: Arc<Meter>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Ok(count) => {
                    self.meter.stored.fetch_add(count as u64, Ordering::Relaxed);
                    self.meter.all_stored.fetch_add(count as u64, Ordering::Relaxed);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.meter.failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }
}

/// What one layer gives, counted. Once it has failed it fails the same way for ever.
pub(crate) struct Metered {
    inner: Stored,
    name: &'static str,
    depth: usize,
    meter: Arc<Meter>,
    piece: Vec<u8>,
    at: usize,
    end: usize,
    fault: Option<TailFault>,
    ended: bool,
}

impl Metered {
    pub(crate) fn new(inner: Stored, name: &'static str, depth: usize, meter: Arc<Meter>) -> Self {
        Self::of_few(inner, name, depth, meter, u64::MAX)
    }

    /// Of a layer that gives no more than so many bytes.
    pub(crate) fn of_few(
        inner: Stored,
        name: &'static str,
        depth: usize,
        meter: Arc<Meter>,
        most: u64,
    ) -> Self {
        let piece_bytes = usize::try_from(most).unwrap_or(usize::MAX).clamp(1, PIECE_BYTES);
        Self {
            inner,
            name,
            depth,
            meter,
            piece: vec![0; piece_bytes],
            at: 0,
            end: 0,
            fault: None,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone().into_io());
        }
        if self.ended {
            return Ok(());
        }
        let count = loop {
            match self.inner.read(&mut self.piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let counted = match count {
            Ok(count) => self.meter.add(self.depth, count as u64).map(|()| count),
            Err(error) if self.meter.disk_failed() => return Err(error),
            Err(error) => Err(TailFault::of(&error, self.name, self.meter.stored_bytes())),
        };
        match counted {
            Ok(count) => {
                (self.at, self.end) = (0, count);
                self.ended = count == 0;
                Ok(())
            }
            Err(fault) => {
                self.fault = Some(fault.clone());
                Err(fault.into_io())
            }
        }
    }
}

impl BufRead for Metered {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.end {
            self.refill()?;
        }
        Ok(&self.piece[self.at..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.end);
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
