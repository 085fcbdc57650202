//! The entries of a ZIP archive. Its directory is read with the `zip` crate, entry by entry, since equal names occur; the
//! data go through our own decoders, so that every one of them is counted.

use crate::decode::{counted, undo};
use crate::limits::Limits;
use crate::meter::{Meter, Metered, Source, Stored};
use crate::wrapping::Layer;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};
use zip::CompressionMethod;
use zip::unstable::read::ZipIterable;

const LOCAL_HEADER_BYTES: u64 = 30;
const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const ENTRY_BUFFER_BYTES: usize = 64 << 10;

/// Where the bytes of an archive are.
pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

pub(crate) type SharedZip = Arc<Mutex<Box<dyn ReadSeek>>>;

/// What the directory says of an entry.
#[derive(Clone, Debug)]
pub(crate) struct ZipEntry {
    pub(crate) name: String,
    pub(crate) is_link: bool,
    pub(crate) is_encrypted: bool,
    method: CompressionMethod,
    header_start: u64,
    stored_bytes: u64,
    crc32: u32,
}

/// The entries in the order of the directory, folders left out, at most one more than `most`.
pub(crate) fn directory(archive: &SharedZip, most: u64) -> Result<Vec<ZipEntry>, String> {
    let mut guard = archive.lock().unwrap_or_else(PoisonError::into_inner);
    let config = zip::read::Config { archive_offset: zip::read::ArchiveOffset::Detect };
    let mut listed = ZipIterable::try_new(&mut *guard, config).map_err(|error| error.to_string())?;
    let mut entries = Vec::new();
    for entry in listed.files().map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.is_dir() {
            continue;
        }
        entries.push(ZipEntry {
            name: String::from_utf8_lossy(entry.name_raw()).into_owned(),
            is_link: entry.is_symlink(),
            is_encrypted: entry.encrypted(),
            method: entry.compression(),
            header_start: entry.header_start(),
            stored_bytes: entry.compressed_size(),
            crc32: entry.crc32(),
        });
        if entries.len() as u64 > most {
            break;
        }
    }
    refuse_overlap(&entries)?;
    Ok(entries)
}

/// Entries that share bytes are how a small file claims to hold a huge one (Fifield, "A better zip bomb", 2019).
fn refuse_overlap(entries: &[ZipEntry]) -> Result<(), String> {
    let end = |entry: &ZipEntry| {
        let header = LOCAL_HEADER_BYTES + entry.name.len() as u64;
        entry.header_start.saturating_add(header).saturating_add(entry.stored_bytes)
    };
    let mut ranges: Vec<(u64, u64)> = entries.iter().map(|entry| (entry.header_start, end(entry))).collect();
    ranges.sort_unstable();
    match ranges.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        Some(pair) => Err(format!("its entries overlap at byte {}, as no honest archive's do", pair[1].0)),
        None => Ok(()),
    }
}

/// Methods that can be undone.
const KNOWN: [CompressionMethod; 5] = [
    CompressionMethod::STORE,
    CompressionMethod::DEFLATE,
    CompressionMethod::BZIP2,
    CompressionMethod::ZSTD,
    CompressionMethod::XZ,
];

impl ZipEntry {
    /// Why the entry cannot be read, where it cannot.
    pub(crate) fn refusal(&self) -> Option<String> {
        if self.is_encrypted {
            return Some(format!("is encrypted ({} bytes stored)", self.stored_bytes));
        }
        let known = KNOWN.contains(&self.method);
        (!known).then(|| format!("is compressed by a method ({}) that cannot be undone", self.method))
    }

    /// Its data, counted and checked against their checksum. With `meter` given, stored bytes are counted on it.
    pub(crate) fn open(
        &self,
        archive: &SharedZip,
        stored_on: Option<&Arc<Meter>>,
        meter: &Arc<Meter>,
        depth: usize,
        limits: &Limits,
    ) -> io::Result<Source> {
        let mut header = [0; LOCAL_HEADER_BYTES as usize];
        let mut region =
            Region { archive: Arc::clone(archive), at: self.header_start, left: LOCAL_HEADER_BYTES };
        region.read_exact(&mut header)?;
        if header[..4] != LOCAL_HEADER {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an entry is not where the directory says",
            ));
        }
        let length = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let data_start = self.header_start + LOCAL_HEADER_BYTES + length(26) + length(28);
        let region = Region { archive: Arc::clone(archive), at: data_start, left: self.stored_bytes };
        let stored: Source = match stored_on {
            Some(meter) => counted(Box::new(region), meter),
            None => Box::new(BufReader::with_capacity(ENTRY_BUFFER_BYTES, region)),
        };
        let inner: Stored = match self.method {
            CompressionMethod::STORE => Box::new(stored),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(stored)),
            CompressionMethod::BZIP2 => Box::new(undo(stored, Layer::Bzip2, depth, meter, limits)?),
            CompressionMethod::ZSTD => Box::new(undo(stored, Layer::Zstd, depth, meter, limits)?),
            _ => Box::new(undo(stored, Layer::Xz, depth, meter, limits)?),
        };
        let checked = Checked { inner, hash: crc32fast::Hasher::new(), expected: self.crc32 };
        Ok(Box::new(Metered::new(Box::new(checked), Layer::Zip.name(), depth, Arc::clone(meter))))
    }
}

/// A stretch of the archive.
struct Region {
    archive: SharedZip,
    at: u64,
    left: u64,
}

impl Read for Region {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let mut archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        archive.seek(SeekFrom::Start(self.at))?;
        let count = archive.read(&mut buffer[..most])?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

struct Checked {
    inner: Stored,
    hash: crc32fast::Hasher,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.hash.clone().finalize() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "they do not match their checksum"));
        }
        Ok(count)
    }
}
