//! Where the bytes of a Parquet file are: held, or in the file on the disk, of which the decoder reads what it needs.

use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use prost::bytes::{Buf, Bytes};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// What the decoder is given, and what it reads from.
pub(super) enum Stored {
    Held(Bytes),
    OnDisk { file: Arc<Mutex<File>>, length: u64 },
}

impl Stored {
    pub(super) fn on_disk(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self::OnDisk { file: Arc::new(Mutex::new(file)), length })
    }

    fn past_end(&self, start: u64) -> ParquetError {
        ParquetError::EOF(format!("byte {start} is behind the end of the file, {} bytes", self.len()))
    }
}

impl Length for Stored {
    fn len(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::OnDisk { length, .. } => *length,
        }
    }
}

impl ChunkReader for Stored {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        if start > self.len() {
            return Err(self.past_end(start));
        }
        Ok(match self {
            Self::Held(bytes) => Box::new(bytes.slice(start as usize..).reader()),
            Self::OnDisk { file, .. } => Box::new(BufReader::new(From { file: Arc::clone(file), at: start })),
        })
    }

    /// The crate's own reader of files makes room for as many bytes as damaged metadata ask for.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let end = start.checked_add(length as u64).filter(|&end| end <= self.len());
        let end = end.ok_or_else(|| self.past_end(start.saturating_add(length as u64)))?;
        match self {
            Self::Held(bytes) => Ok(bytes.slice(start as usize..end as usize)),
            Self::OnDisk { file, .. } => {
                let mut room = vec![0; length];
                From { file: Arc::clone(file), at: start }.read_exact(&mut room)?;
                Ok(room.into())
            }
        }
    }
}

/// The bytes of a file from one of them on, whoever else reads it meanwhile.
struct From {
    file: Arc<Mutex<File>>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let count = file.read(room)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn bytes_on_the_disk_are_those_that_are_held_and_none_are_behind_the_end() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut file = tempfile::tempfile().expect("a temporary file can be made");
        file.write_all(&bytes).expect("it can be written");
        let on_disk = Stored::on_disk(file).expect("its length is known");
        for stored in [Stored::Held(bytes.clone().into()), on_disk] {
            assert_eq!(stored.len(), 256);
            assert_eq!(&stored.get_bytes(250, 6).expect("they are there")[..], &bytes[250..]);
            let (mut one, mut other) = (Vec::new(), [0; 2]);
            let mut first = stored.get_read(3).expect("it is there");
            stored.get_read(9).expect("it is there").read_exact(&mut other).expect("they are there");
            first.read_to_end(&mut one).expect("they are there");
            assert_eq!((&one[..], &other), (&bytes[3..], &[9, 10]), "one does not move the other");
            assert!(stored.get_read(257).is_err() && stored.get_bytes(256, 1).is_err());
            assert!(stored.get_bytes(u64::MAX, usize::MAX).is_err());
        }
    }
}
