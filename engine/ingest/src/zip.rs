//! The entries of a ZIP archive. Its directory is read with the `zip` crate, entry by entry, since equal names occur; the
//! data go through our own decoders, so that every one of them is counted.

use crate::decode::{counted_few, undo};
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
/// What stands before the checksum and the sizes behind data whose header has none.
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
const DESCRIPTOR_BYTES: u64 = 16;
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

/// The entries of an archive, and what is wrong with its directory where they had to be found without it.
pub(crate) struct Directory {
    pub(crate) entries: Vec<ZipEntry>,
    pub(crate) damage: Option<String>,
}

/// The entries in the order of the directory, folders left out, at most one more than `most`. Where the directory cannot be
/// read, most often for the archive breaks off before it, they are found by the headers in front of them.
pub(crate) fn directory(archive: &SharedZip, most: u64) -> Result<Directory, String> {
    let mut guard = archive.lock().unwrap_or_else(PoisonError::into_inner);
    let (entries, damage) = match listed(&mut **guard, most) {
        Ok(entries) => (entries, None),
        Err(reason) => {
            let found = found(&mut **guard, most).map_err(|error| error.to_string())?;
            if found.is_empty() {
                return Err(reason);
            }
            (found, Some(reason))
        }
    };
    refuse_overlap(&entries)?;
    Ok(Directory { entries, damage })
}

fn listed(archive: &mut dyn ReadSeek, most: u64) -> Result<Vec<ZipEntry>, String> {
    let config = zip::read::Config { archive_offset: zip::read::ArchiveOffset::Detect };
    let mut listed = ZipIterable::try_new(archive, config).map_err(|error| error.to_string())?;
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
    Ok(entries)
}

/// The entries by the headers in front of their data, one behind the other up to where none follows (APPNOTE 4.3.7). One
/// whose size stands behind its data ends where that is; without it, and in an archive that is cut, it takes all the rest.
fn found(archive: &mut dyn ReadSeek, most: u64) -> io::Result<Vec<ZipEntry>> {
    let length = archive.seek(SeekFrom::End(0))?;
    let (mut entries, mut at) = (Vec::new(), 0);
    while entries.len() as u64 <= most && at + LOCAL_HEADER_BYTES <= length {
        let mut header = [0; LOCAL_HEADER_BYTES as usize];
        archive.seek(SeekFrom::Start(at))?;
        archive.read_exact(&mut header)?;
        if header[..4] != LOCAL_HEADER {
            break;
        }
        let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let long =
            |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let mut name = vec![0; usize::from(short(26))];
        if archive.read_exact(&mut name).is_err() {
            break;
        }
        let data_start = at + LOCAL_HEADER_BYTES + u64::from(short(26)) + u64::from(short(28));
        let left = length.saturating_sub(data_start);
        let (flags, mut crc32) = (short(6), long(14));
        let mut stored_bytes = u64::from(long(18)).min(left);
        let mut next = data_start + stored_bytes;
        if flags & 8 != 0 && stored_bytes == 0 || long(18) == u32::MAX {
            let described = descriptor(archive, data_start)?;
            (stored_bytes, crc32) = described.unwrap_or((left, 0));
            next = data_start + stored_bytes + if described.is_some() { DESCRIPTOR_BYTES } else { 0 };
        }
        let name = String::from_utf8_lossy(&name).into_owned();
        if !name.ends_with('/') {
            let method = method_of(short(8));
            let (is_link, is_encrypted) = (false, flags & 1 != 0);
            entries.push(ZipEntry {
                name,
                is_link,
                is_encrypted,
                method,
                header_start: at,
                stored_bytes,
                crc32,
            });
        }
        at = next;
    }
    Ok(entries)
}

/// The methods that can be undone, by their numbers (APPNOTE 4.4.5).
fn method_of(number: u16) -> CompressionMethod {
    match number {
        0 => CompressionMethod::STORE,
        8 => CompressionMethod::DEFLATE,
        12 => CompressionMethod::BZIP2,
        93 => CompressionMethod::ZSTD,
        95 => CompressionMethod::XZ,
        // Anything else is refused by its name, and this is one that cannot be undone.
        _ => CompressionMethod::AES,
    }
}

/// The size and the checksum that stand behind data which begin here, where a mark of theirs has just this size.
fn descriptor(archive: &mut dyn ReadSeek, begin: u64) -> io::Result<Option<(u64, u32)>> {
    const KEPT_BYTES: usize = DESCRIPTOR_BYTES as usize - 1;
    archive.seek(SeekFrom::Start(begin))?;
    let (mut held, mut held_at) = (Vec::new(), begin);
    loop {
        let from = held.len();
        held.resize(from + ENTRY_BUFFER_BYTES, 0);
        let count = archive.read(&mut held[from..])?;
        held.truncate(from + count);
        for at in memchr::memmem::find_iter(&held, DESCRIPTOR) {
            let Some(&[a, b, c, d, e, f, g, h]) = held.get(at + 4..).and_then(|rest| rest.first_chunk())
            else {
                continue;
            };
            let size = u64::from(u32::from_le_bytes([e, f, g, h]));
            if held_at + at as u64 - begin == size {
                return Ok(Some((size, u32::from_le_bytes([a, b, c, d]))));
            }
        }
        if count == 0 {
            return Ok(None);
        }
        let passed = held.len().saturating_sub(KEPT_BYTES);
        held.drain(..passed);
        held_at += passed as u64;
    }
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
            Some(meter) => counted_few(Box::new(region), meter, self.stored_bytes),
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
        let most = if self.method == CompressionMethod::STORE { self.stored_bytes } else { u64::MAX };
        let (name, meter) = (Layer::Zip.name(), Arc::clone(meter));
        Ok(Box::new(Metered::of_few(Box::new(checked), name, depth, meter, most)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Capture, OpenOptions};
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    /// Two stored logs; with `streamed`, their sizes stand behind them.
    fn archive(streamed: bool) -> Vec<u8> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::STORE);
        let mut bytes = Vec::new();
        let lines = |name: &str| format!("2024-01-01T00:00:00Z INFO {name}\n").repeat(50);
        if streamed {
            let mut writer = zip::ZipWriter::new_stream(&mut bytes);
            for name in ["a.log", "b.log"] {
                writer.start_file(name, options).expect("memory takes it");
                writer.write_all(lines(name).as_bytes()).expect("memory takes it");
            }
            writer.finish().expect("memory takes it");
        } else {
            let mut writer = zip::ZipWriter::new(Cursor::new(&mut bytes));
            for name in ["a.log", "b.log"] {
                writer.start_file(name, options).expect("memory takes it");
                writer.write_all(lines(name).as_bytes()).expect("memory takes it");
            }
            writer.finish().expect("memory takes it");
        }
        bytes
    }

    #[test]
    fn an_archive_without_its_directory_is_read_by_the_headers_of_its_entries() {
        for streamed in [false, true] {
            let whole = archive(streamed);
            let directory_at = memchr::memmem::find(&whole, b"PK\x01\x02").expect("it has a directory");
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let path = folder.path().join("cut.zip");
            for (cut, least) in [(directory_at, 100), (directory_at - 40, 50)] {
                std::fs::write(&path, &whole[..cut]).expect("the folder is ours");
                let mut capture = Capture::open(&path, &OpenOptions::default()).expect("it has entries");
                let (mut events, mut problems) = (0, Vec::new());
                let mut batch = Batch::default();
                while capture.next_batch(&mut batch).expect("it reads") {
                    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
                    events += batch.events.len();
                    problems.append(&mut batch.problems);
                }
                assert!(events >= least, "{streamed} {cut}: {events} {problems:?}");
                let said = problems.iter().filter(|problem| problem.reason.contains("directory")).count();
                assert_eq!(said, 1, "{problems:?}");
                assert_eq!(problems.len() > 1, cut < directory_at, "{problems:?}");
            }
        }
    }
}
