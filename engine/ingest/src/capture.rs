//! An open capture: wrapping and format recognised, then read batch by batch.

use crate::decode::{Decoder, Stored, open_error};
use crate::error::IngestError;
use crate::format::{EventOrder, Format};
use crate::model::{Batch, OpenOptions, Problem, Wrapping};
use crate::probe::{self, PROBE_BYTES};
use crate::reader::Reader;
use crate::registry::reader_for;
use crate::sniff;
use crate::window::Window;
use cbad::ByteRange;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A batch is full with this many records …
const BATCH_RECORDS: u64 = 1024;
/// … or once its records took this many decoded bytes.
const BATCH_BYTES: u64 = 1 << 20;

/// A capture being read.
pub struct Capture {
    path: PathBuf,
    stored_bytes: u64,
    format: Format,
    confidence: f64,
    note: Option<Problem>,
    window: Window,
    reader: Box<dyn Reader>,
    started: bool,
    tail_reported: bool,
}

impl Capture {
    /// Opens a file and recognises its wrapping and its format by content.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, IngestError> {
        let file = File::open(path).map_err(|source| open_error(path, 0, source))?;
        let metadata = file.metadata().map_err(|source| open_error(path, 0, source))?;
        if metadata.is_dir() {
            return Err(IngestError::Folder { path: path.into() });
        }
        Self::from_stored(path, Box::new(file), metadata.len(), options)
    }

    /// Reads a capture that is not a file: `path` names it in streams and in errors, `stored_bytes` is its size.
    pub fn from_reader(
        path: &Path,
        stored: impl Read + Send + 'static,
        stored_bytes: u64,
        options: &OpenOptions,
    ) -> Result<Self, IngestError> {
        Self::from_stored(path, Box::new(stored), stored_bytes, options)
    }

    fn from_stored(
        path: &Path,
        stored: Stored,
        stored_bytes: u64,
        options: &OpenOptions,
    ) -> Result<Self, IngestError> {
        let decoder = Decoder::new(stored, &options.limits).map_err(|source| open_error(path, 0, source))?;
        let mut window = Window::new(decoder);
        window.want(PROBE_BYTES).map_err(|source| {
            let offset = window.decoder().stored_bytes_read();
            open_error(path, offset, source)
        })?;
        refuse_nothing(path, stored_bytes, &window)?;
        let sniffed = sniff::sniff(&window, options).map_err(|refusal| refusal.into_error(path))?;
        let (format, confidence, note) = (sniffed.format, sniffed.confidence, sniffed.note.clone());
        let name =
            path.file_name().map_or_else(|| "capture".into(), |name| name.to_string_lossy().into_owned());
        let reader = reader_for(name, &sniffed, options.limits);
        Ok(Self {
            path: path.into(),
            stored_bytes,
            format,
            confidence,
            note,
            window,
            reader,
            started: false,
            tail_reported: false,
        })
    }

    /// The format that the capture is read as.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How the file is compressed.
    pub fn wrapping(&self) -> Wrapping {
        self.window.decoder().wrapping()
    }

    /// How sure the format is, 0 to 1; 1 where the options gave it.
    pub fn confidence(&self) -> f64 {
        self.confidence
    }

    /// The order in which the events are to be analysed.
    pub fn order(&self) -> EventOrder {
        self.format.order()
    }

    /// Size of the file as stored, in bytes.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Decoded bytes passed so far; after the last batch, the size of the decoded capture.
    pub fn decoded_bytes(&self) -> u64 {
        self.window.offset()
    }

    /// Goes on where an earlier reading stopped: `decoded_offset` is a [`Batch::next_offset`]. Only before the first batch.
    ///
    /// What lies before is decoded again and passed over, so that line numbers stay right.
    pub fn resume_at(&mut self, decoded_offset: u64) -> Result<(), IngestError> {
        if self.started {
            return Err(IngestError::Started { path: self.path.clone() });
        }
        if self.reader.resume(&mut self.window, decoded_offset).map_err(|source| self.io_error(source))? {
            return Ok(());
        }
        let end = self.window.offset();
        if decoded_offset == end + 1 && self.window.decoder().fault().is_some() {
            self.tail_reported = true;
            return Ok(());
        }
        Err(IngestError::Shorter { path: self.path.clone(), offset: decoded_offset, end })
    }

    /// Clears the batch and fills it with the next records. False where there was nothing more to put in.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, IngestError> {
        batch.clear();
        self.started = true;
        let begin = self.window.offset();
        if let Some(note) = self.note.as_ref().filter(|_| begin == 0) {
            batch.problem(note.clone());
        }
        while batch.records < BATCH_RECORDS && self.window.offset() - begin < BATCH_BYTES {
            let more =
                self.reader.read_unit(&mut self.window, batch).map_err(|source| self.io_error(source))?;
            if !more {
                self.report_tail(batch);
                break;
            }
        }
        batch.next_offset = self.window.offset() + u64::from(self.tail_reported);
        batch.stored_bytes_read = self.window.decoder().stored_bytes_read();
        Ok(batch.records > 0 || !batch.problems.is_empty() || self.window.offset() > begin)
    }

    fn report_tail(&mut self, batch: &mut Batch) {
        if let Some(fault) = self.window.decoder().fault().filter(|_| !self.tail_reported) {
            let offset = self.window.offset();
            let reason = format!(
                "{} near byte {} of the file; the capture is lost from decoded byte {offset} on",
                fault.reason, fault.stored_offset
            );
            batch.problem(Problem::rejected(ByteRange { offset, length: 0 }, None, reason).hint(fault.hint));
            self.tail_reported = true;
        }
    }

    fn io_error(&self, source: io::Error) -> IngestError {
        open_error(&self.path, self.window.decoder().stored_bytes_read(), source)
    }
}

/// A capture with nothing in it is an error at once, and says why there is nothing.
fn refuse_nothing(path: &Path, stored_bytes: u64, window: &Window) -> Result<(), IngestError> {
    let decoder = window.decoder();
    let decoded = window.available();
    match decoder.fault() {
        Some(fault) if decoded.is_empty() => Err(IngestError::Damaged {
            path: path.into(),
            wrapping: decoder.wrapping().name(),
            offset: fault.stored_offset,
            reason: fault.reason.clone(),
        }),
        _ if probe::is_blank(decoded) && decoded.len() < PROBE_BYTES => {
            Err(IngestError::Empty { path: path.into(), stored_bytes, decoded_bytes: decoded.len() as u64 })
        }
        _ => Ok(()),
    }
}
