//! Stored bytes to decoded bytes: every layer around them recognised by its first bytes and undone while streaming.
//!
//! A fault in compressed data ends the decoded bytes where it stands; what decoded before it is kept.

use crate::encoding::{FromUtf16, LineFeeds, has_carriage_returns_alone, utf16_of};
use crate::frames::FramedZstd;
use crate::gzip::GzipMembers;
use crate::limits::Limits;
use crate::lz4::Lz4Frames;
use crate::meter::{Counted, Meter, Metered, Source, Stored, TailFault};
use crate::wrapping::{Layer, Wrapping};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a layer is recognised by: every magic number, tar's at byte 257 included, and enough text for its encoding.
const HEAD_BYTES: u64 = 4096;
const STORED_BUFFER_BYTES: usize = 128 << 10;
/// Largest zstd window taken, 128 MiB: what `zstd --long` makes without asking the reader to opt in.
const ZSTD_WINDOW_LOG: u32 = 27;

/// What is inside the compressions around a file or a member.
pub(crate) enum Opening {
    /// The bytes of a format.
    Plain(Decoder),
    /// An archive, not yet looked into.
    Archive { kind: Layer, source: Source, wrapping: Wrapping, depth: usize },
    /// More layers than the limit.
    TooDeep { wrapping: Wrapping },
}

/// The decoded bytes of a capture, or of one member of it.
pub(crate) struct Decoder {
    inner: Source,
    wrapping: Wrapping,
    /// The file that these bytes are, where nothing lies around them.
    file: Option<PathBuf>,
    meter: Arc<Meter>,
    /// How many bytes may still be decoded.
    left_bytes: u64,
    most_bytes: u64,
    fault: Option<TailFault>,
}

/// Looks at the first bytes again and again, and undoes the layer that they announce. `depth` layers lie around already;
/// `left_bytes` may be decoded.
pub(crate) fn open(
    mut source: Source,
    meter: &Arc<Meter>,
    mut depth: usize,
    left_bytes: u64,
    limits: &Limits,
) -> io::Result<Opening> {
    let mut wrapping = Wrapping::NONE;
    let mut head = peek(&mut source, meter)?;
    while let Some(layer) = layer_of(&head) {
        if depth as u64 >= u64::from(limits.wrappings) {
            wrapping.push(layer);
            return Ok(Opening::TooDeep { wrapping });
        }
        depth += 1;
        wrapping.push(layer);
        let whole: Source = Box::new(Cursor::new(head).chain(source));
        if layer.holds_members() {
            return Ok(Opening::Archive { kind: layer, source: whole, wrapping, depth });
        }
        source = undo(whole, layer, depth, meter, limits)?;
        head = peek(&mut source, meter)?;
    }
    if let Some(layer) = utf16_of(&head) {
        wrapping.push(layer);
        source = undo(Box::new(Cursor::new(head).chain(source)), layer, depth, meter, limits)?;
        head = peek(&mut source, meter)?;
    }
    if has_carriage_returns_alone(&head) {
        wrapping.push(Layer::CarriageReturns);
        let whole: Source = Box::new(Cursor::new(head).chain(source));
        source = undo(whole, Layer::CarriageReturns, depth, meter, limits)?;
        head = Vec::new();
    }
    let inner = Box::new(Cursor::new(head).chain(source));
    let most_bytes = limits.decoded_bytes;
    let meter = Arc::clone(meter);
    let decoder = Decoder { inner, wrapping, file: None, meter, left_bytes, most_bytes, fault: None };
    Ok(Opening::Plain(decoder))
}

/// Stored bytes, counted.
pub(crate) fn counted(stored: Stored, meter: &Arc<Meter>) -> Source {
    counted_few(stored, meter, u64::MAX)
}

/// The same of no more than so many: members may be many and small.
pub(crate) fn counted_few(stored: Stored, meter: &Arc<Meter>, most: u64) -> Source {
    let counted = Counted { inner: stored, meter: Arc::clone(meter) };
    let buffer_bytes = usize::try_from(most).unwrap_or(usize::MAX).clamp(1, STORED_BUFFER_BYTES);
    Box::new(BufReader::with_capacity(buffer_bytes, counted))
}

/// The first bytes. Where the data are at fault nothing is said yet: they are so again when they are read.
fn peek(source: &mut Source, meter: &Meter) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match source.by_ref().take(HEAD_BYTES).read_to_end(&mut head) {
        Err(error) if meter.disk_failed() => Err(error),
        _ => Ok(head),
    }
}

/// Whether a file that begins like this is compressed or an archive.
pub fn is_wrapped(head: &[u8]) -> bool {
    layer_of(head).is_some()
}

/// The compression or the archive that the first bytes announce.
fn layer_of(head: &[u8]) -> Option<Layer> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    // What a stream of bzip2 or its only block begins with, so that a text is not taken for one.
    const BZIP2: [[u8; 6]; 2] = [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
    let is_skippable = head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18];
    if head.starts_with(&[0x1f, 0x8b]) {
        Some(Layer::Gzip)
    } else if head.starts_with(&ZSTD) || is_skippable {
        Some(Layer::Zstd)
    } else if head.len() >= 8 && head[4..8] == ZSTD {
        Some(Layer::ZstdFrames)
    } else if head.starts_with(b"\xfd7zXZ\0") {
        Some(Layer::Xz)
    } else if head.starts_with(b"BZh") && head.len() >= 10 && BZIP2.iter().any(|magic| head[4..10] == *magic)
    {
        Some(Layer::Bzip2)
    } else if head.starts_with(&[0x04, 0x22, 0x4d, 0x18]) {
        Some(Layer::Lz4)
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(Layer::Zip)
    } else if head.get(257..262) == Some(b"ustar") {
        Some(Layer::Tar)
    } else {
        None
    }
}

/// The decoder of one layer that is no archive.
pub(crate) fn undo(
    stored: Source,
    layer: Layer,
    depth: usize,
    meter: &Arc<Meter>,
    limits: &Limits,
) -> io::Result<Source> {
    let inner: Stored = match layer {
        Layer::Gzip => Box::new(GzipMembers::new(stored)),
        Layer::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG.min(limits.memory_bytes.max(1024).ilog2()))?;
            Box::new(decoder)
        }
        Layer::ZstdFrames => Box::new(FramedZstd::new(stored, limits.record_bytes)),
        Layer::Xz => {
            let kibibytes = u32::try_from(limits.memory_bytes >> 10).unwrap_or(u32::MAX);
            Box::new(lzma_rust2::XzReader::new_mem_limit(stored, true, kibibytes))
        }
        Layer::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(stored)),
        Layer::Lz4 => Box::new(Lz4Frames::new(stored)),
        Layer::Utf16Le | Layer::Utf16Be => Box::new(FromUtf16::new(stored, layer)),
        Layer::CarriageReturns => Box::new(LineFeeds::new(stored)),
        Layer::Zip | Layer::Tar | Layer::Folder | Layer::Set => {
            unreachable!("members are opened one by one, by their archive")
        }
    };
    Ok(Box::new(Metered::new(inner, layer.name(), depth, Arc::clone(meter))))
}

impl Decoder {
    /// What lies around the bytes, outermost first; where this is a member, within the archive that it is in.
    pub(crate) fn wrapping(&self) -> &Wrapping {
        &self.wrapping
    }

    /// Says which file was opened; where something lies around the bytes they are not those of the file.
    pub(crate) fn of_file(mut self, path: &Path) -> Self {
        self.file = self.wrapping.is_none().then(|| path.to_owned());
        self
    }

    /// The file that these bytes are, where it lies on the disk by itself: a reader may go to any place in it.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Stored bytes of the whole capture read so far.
    pub(crate) fn stored_bytes_read(&self) -> u64 {
        self.meter.all_stored_bytes()
    }

    pub(crate) fn fault(&self) -> Option<&TailFault> {
        self.fault.as_ref()
    }

    /// Of bytes that are all decoded already.
    pub(crate) fn nothing() -> Self {
        Self {
            inner: Box::new(io::empty()),
            wrapping: Wrapping::NONE,
            file: None,
            meter: Arc::new(Meter::new(&Limits::default(), 0, Arc::default())),
            left_bytes: 0,
            most_bytes: 0,
            fault: None,
        }
    }

    /// Fills some of `buffer`; 0 at the end, whether that is the true end or a fault. Only the file itself can fail.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(count) => Ok(self.limited(count)),
            Err(error) if self.meter.disk_failed() => Err(error),
            Err(error) => {
                let name = self.wrapping.layers().last().map_or("archive", |layer| layer.name());
                self.fault = Some(TailFault::of(&error, name, self.meter.stored_bytes()));
                Ok(0)
            }
        }
    }

    /// How many of `count` bytes the limit leaves.
    fn limited(&mut self, count: usize) -> usize {
        let Some(left) = self.left_bytes.checked_sub(count as u64) else {
            self.fault = Some(TailFault {
                stored_offset: self.meter.stored_bytes(),
                reason: format!(
                    "the capture decodes to more than {} bytes, the limit decoded-bytes",
                    self.most_bytes
                ),
                hint: format!(
                    "If it is to be read whole, raise it: `--limit decoded-bytes={}`.",
                    self.most_bytes.saturating_mul(2)
                ),
                ends_capture: true,
            });
            return std::mem::take(&mut self.left_bytes) as usize;
        };
        self.left_bytes = left;
        count
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
