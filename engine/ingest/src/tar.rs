//! The entries of a tar archive, streamed. Headers are understood by the `tar` crate; nothing is written anywhere.

use crate::meter::{Meter, Source, TailFault};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use tar::{EntryType, Header, PaxExtensions};

const BLOCK_BYTES: usize = 512;
/// A name or a set of attributes is no longer than this in any archive that a tool wrote.
const MOST_EXTENSION_BYTES: u64 = 1 << 20;

/// An archive being read from its begin to its end.
pub(crate) struct Tar {
    source: Source,
    meter: Arc<Meter>,
    /// What is left of the entry at hand, and the padding behind it.
    left: u64,
    padding: u64,
    /// Whether nothing more can be read, and it has been said.
    ended: bool,
    /// What the entry at hand breaks off with, however often it is asked.
    fault: Option<TailFault>,
}

/// Where a tar is shared between those who ask for entries and the entry that is being read.
pub(crate) type SharedTar = Arc<Mutex<Tar>>;

/// One entry, its data next to be read.
pub(crate) struct TarEntry {
    pub(crate) name: String,
    pub(crate) what: TarKind,
}

/// What kind of entry it is.
pub(crate) enum TarKind {
    File,
    /// Not read, and why; a link is named with where it leads.
    Other(String),
    /// Data of a kind that cannot be read.
    Unreadable(String),
}

impl Tar {
    pub(crate) fn new(source: Source, meter: Arc<Meter>) -> SharedTar {
        Arc::new(Mutex::new(Self { source, meter, left: 0, padding: 0, ended: false, fault: None }))
    }

    /// The next entry that is no folder; none at the end. A fault is given once.
    pub(crate) fn next_entry(&mut self) -> io::Result<Result<Option<TarEntry>, TailFault>> {
        match self.find_next() {
            Ok(found) => Ok(Ok(found)),
            Err(error) if self.meter.disk_failed() => Err(error),
            Err(_) if self.ended => Ok(Ok(None)),
            Err(error) => {
                self.ended = true;
                Ok(Err(TailFault::of(&error, "tar", self.meter.stored_bytes())))
            }
        }
    }

    /// Zeros end an archive, and pad it. Another may have been written behind them: `cat a.tar b.tar`.
    fn find_next(&mut self) -> io::Result<Option<TarEntry>> {
        let (mut long_name, mut long_size) = (None, None);
        let mut is_over = false;
        loop {
            self.skip_rest()?;
            let mut block = [0; BLOCK_BYTES];
            if self.ended || !self.read_block(&mut block, is_over)? {
                self.ended = true;
                return Ok(None);
            }
            if block == [0; BLOCK_BYTES] {
                is_over = true;
                continue;
            }
            let header = Header::from_byte_slice(&block);
            check_sum(header).map_err(|error| if is_over { no_archive() } else { error })?;
            let kind = header.entry_type();
            // Of what has no data, as a link, some tools give the size of what it leads to.
            let has_data = !(kind.is_hard_link() || kind.is_symlink() || kind.is_dir() || is_device(kind));
            let size = if has_data { long_size.take().map_or_else(|| header.entry_size(), Ok)? } else { 0 };
            self.left = size;
            self.padding = size.wrapping_neg() % BLOCK_BYTES as u64;
            match kind {
                EntryType::GNULongName => long_name = Some(self.read_extension()?),
                EntryType::XHeader => {
                    let extension = self.read_extension()?;
                    for attribute in PaxExtensions::new(&extension).flatten() {
                        match attribute.key_bytes() {
                            b"path" => long_name = Some(attribute.value_bytes().to_vec()),
                            b"size" => {
                                long_size = attribute.value().ok().and_then(|value| value.parse().ok());
                            }
                            _ => {}
                        }
                    }
                }
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                EntryType::Directory => (long_name, long_size) = (None, None),
                _ => {
                    let raw = long_name.take().unwrap_or_else(|| header.path_bytes().into_owned());
                    let raw = raw.strip_suffix(b"\0").unwrap_or(&raw);
                    let name = String::from_utf8_lossy(raw).into_owned();
                    return Ok(Some(TarEntry { name, what: kind_of(header, size) }));
                }
            }
        }
    }

    /// False at the very end, which some writers do not mark, and where zeros behind the mark are no whole block.
    fn read_block(&mut self, block: &mut [u8; BLOCK_BYTES], is_over: bool) -> io::Result<bool> {
        let mut rest = &mut block[..];
        while !rest.is_empty() {
            let count = self.source.read(rest)?;
            if count == 0 {
                break;
            }
            rest = &mut rest[count..];
        }
        let count = BLOCK_BYTES - rest.len();
        match count {
            0 => Ok(false),
            BLOCK_BYTES => Ok(true),
            _ if is_over && block[..count].iter().all(|byte| *byte == 0) => Ok(false),
            _ if is_over => Err(no_archive()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn read_extension(&mut self) -> io::Result<Vec<u8>> {
        if self.left > MOST_EXTENSION_BYTES {
            let reason = format!("an extended header takes {} bytes", self.left);
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let mut extension = vec![0; self.left as usize];
        self.source.read_exact(&mut extension)?;
        self.left = 0;
        Ok(extension)
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        // Headers that lie may give any size.
        let rest = self.left.saturating_add(self.padding);
        let skipped = io::copy(&mut self.source.by_ref().take(rest), &mut io::sink())?;
        // The last padding is missing where a writer was in a hurry; nothing is lost with it.
        if skipped < self.left {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }

    fn read_entry(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone().into_io());
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = match self.source.read(&mut buffer[..most]) {
            Ok(0) => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            read => read,
        };
        match read {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) if self.meter.disk_failed() => Err(error),
            Err(error) => {
                // The entry says so; what would come behind it is not there.
                self.ended = true;
                (self.left, self.padding) = (0, 0);
                let fault = TailFault::of(&error, "tar", self.meter.stored_bytes());
                self.fault = Some(fault.clone());
                Err(fault.into_io())
            }
        }
    }
}

fn is_device(kind: EntryType) -> bool {
    kind.is_character_special() || kind.is_block_special() || kind.is_fifo()
}

fn check_sum(header: &Header) -> io::Result<()> {
    let bytes = header.as_bytes();
    let sum: u32 = bytes.iter().map(|&byte| u32::from(byte)).sum();
    let field: u32 = bytes[148..156].iter().map(|&byte| u32::from(byte)).sum();
    if header.cksum().is_ok_and(|written| written == sum - field + 8 * u32::from(b' ')) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "a header does not match its checksum"))
}

fn no_archive() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what stands behind the end of the archive is no other one")
}

fn kind_of(header: &Header, size: u64) -> TarKind {
    let kind = header.entry_type();
    let target = || {
        let name = header.link_name_bytes().unwrap_or_default();
        String::from_utf8_lossy(&name).into_owned()
    };
    if kind.is_symlink() {
        TarKind::Other(format!("is a symbolic link to “{}”, which is not followed", target()))
    } else if kind.is_hard_link() {
        TarKind::Other(format!("is a hard link to “{}”, which is not followed", target()))
    } else if is_device(kind) {
        TarKind::Other("is a device or a pipe, which is not read".to_owned())
    } else if kind.is_gnu_sparse() {
        TarKind::Unreadable(format!("is a sparse file ({size} bytes stored), which cannot be read"))
    } else {
        TarKind::File
    }
}

/// The data of the entry at hand.
pub(crate) struct EntryData(pub(crate) SharedTar);

impl Read for EntryData {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A panic within would have left nothing half done that matters here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read_entry(buffer)
    }
}
