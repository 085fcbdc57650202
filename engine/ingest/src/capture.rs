//! An open capture: what lies around it and its format recognised, then read batch by batch, member by member.

use crate::current::Current;
use crate::dates::Dates;
use crate::error::IngestError;
use crate::folder::files_of;
use crate::format::Format;
use crate::members::{Begin, Found, Listed, Members, Step};
use crate::meter::TailFault;
use crate::model::{Batch, Limits, Member, OpenOptions, Problem};
use crate::probe::{self, PROBE_BYTES};
use crate::stretch::Stretch;
use crate::window::{LinesCut, Window};
use crate::wrapping::{Layer, Wrapping};
use crate::written::{Written, modified_nanos};
use cbad::ByteRange;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

mod facts;

/// A batch is full with this many records …
const BATCH_RECORDS: u64 = 1024;
/// … or once its records took this many decoded bytes.
const BATCH_BYTES: u64 = 1 << 20;

/// A capture being read.
pub struct Capture {
    path: PathBuf,
    stored_bytes: u64,
    options: OpenOptions,
    wrapping: Wrapping,
    format: Format,
    confidence: f64,
    candidates: Vec<(Format, f64)>,
    /// None for a capture that is one stretch of bytes.
    members: Option<Members>,
    current: Option<Current>,
    /// Decoded offset where what is read now begins, or what comes next.
    base: u64,
    /// What was met before the first member that can be read; part of the first batch.
    pending: Batch,
    started: bool,
    /// Whether the first member that can be read gave the year of stamps without one.
    is_settled: bool,
    stored_bytes_read: u64,
    batch_records: u64,
    batch_bytes: u64,
    /// Memory of the member before.
    room: Vec<u8>,
}

/// What came of going on to the next member.
enum Advance {
    Reading,
    Passed,
    End,
}

impl Capture {
    /// Opens a file or a folder and recognises by content what lies around it and its format.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, IngestError> {
        let failed = |source| IngestError::opening(path, 0, source);
        if let Some(files) = files_of(path, options.set, &options.limits)? {
            let sizes = files.iter().filter(|file| file.skipped.is_none());
            let stored_bytes =
                sizes.filter_map(|file| file.path.metadata().ok()).map(|file| file.len()).sum();
            let layer = if path.is_dir() { Layer::Folder } else { Layer::Set };
            let members = Members::of_files(files, options.limits);
            return Self::of_members(path, stored_bytes, Wrapping::of(&[layer]), members, options);
        }
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let begin = Members::of_file(path, file, options.limits).map_err(failed)?;
        let written = Written { nanos: modified_nanos(&metadata), plain: Some(path) };
        Self::of_begin(path, metadata.len(), begin, written, options)
    }

    /// Opens the first `end` bytes of a file that is still being written.
    pub fn of_growing(
        path: &Path,
        mut file: File,
        end: u64,
        options: &OpenOptions,
    ) -> Result<Self, IngestError> {
        let failed = |source| IngestError::opening(path, 0, source);
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let written = Written { nanos: modified_nanos(&file.metadata().map_err(failed)?), plain: Some(path) };
        let begin = Members::of_stream(Box::new(file.take(end)), options.limits).map_err(failed)?;
        Self::of_begin(path, end, begin, written, options)
    }

    /// Reads a capture that is not a file: `path` names it in streams and in errors, `stored_bytes` is its size.
    pub fn from_reader(
        path: &Path,
        stored: impl Read + Send + 'static,
        stored_bytes: u64,
        options: &OpenOptions,
    ) -> Result<Self, IngestError> {
        let begin = Members::of_stream(Box::new(stored), options.limits)
            .map_err(|source| IngestError::opening(path, 0, source))?;
        Self::of_begin(path, stored_bytes, begin, Written::default(), options)
    }

    fn of_begin(
        path: &Path,
        stored_bytes: u64,
        begin: Result<Begin, TailFault>,
        written: Written<'_>,
        options: &OpenOptions,
    ) -> Result<Self, IngestError> {
        match begin {
            Err(fault) => Err(damaged(path, &fault)),
            Ok(Begin::Members(wrapping, members)) => {
                Self::of_members(path, stored_bytes, wrapping, *members, options)
            }
            Ok(Begin::Single(decoder)) => {
                let name = path.file_name().map_or_else(|| "capture".into(), |name| name.to_string_lossy());
                let wrapping = decoder.wrapping().clone();
                let window = Window::begin(*decoder, Vec::new())
                    .map_err(|source| IngestError::opening(path, 0, source))?;
                refuse_nothing(path, stored_bytes, &window)?;
                let plain = written.plain.filter(|_| wrapping.is_none());
                let options = &options.settled(window.available(), Written { plain, ..written });
                let current = Current::new(name.clone().into_owned(), name.into_owned(), window, options)
                    .map_err(|refusal| refusal.1.into_error(path))?;
                Ok(Self {
                    format: current.format,
                    confidence: current.confidence,
                    candidates: current.candidates.clone(),
                    current: Some(current),
                    ..Self::before(path, stored_bytes, wrapping, options)
                })
            }
        }
    }

    fn before(path: &Path, stored_bytes: u64, wrapping: Wrapping, options: &OpenOptions) -> Self {
        Self {
            path: path.into(),
            stored_bytes,
            options: options.clone(),
            wrapping,
            format: Format::Text,
            confidence: 0.0,
            candidates: Vec::new(),
            members: None,
            current: None,
            base: 0,
            pending: Batch::default(),
            started: false,
            is_settled: false,
            stored_bytes_read: 0,
            batch_records: BATCH_RECORDS,
            batch_bytes: BATCH_BYTES,
            room: Vec::new(),
        }
    }

    /// Goes on to the first member that can be read; a capture where there is none is an error at once.
    fn of_members(
        path: &Path,
        stored_bytes: u64,
        wrapping: Wrapping,
        members: Members,
        options: &OpenOptions,
    ) -> Result<Self, IngestError> {
        let mut capture = Self::before(path, stored_bytes, wrapping, options);
        capture.members = Some(members);
        let mut pending = Batch::default();
        loop {
            match capture.advance(&mut pending)? {
                Advance::Passed => {}
                Advance::Reading => {
                    if let Some(current) = &capture.current {
                        (capture.format, capture.confidence) = (current.format, current.confidence);
                        capture.candidates.clone_from(&current.candidates);
                    }
                    capture.pending = pending;
                    return Ok(capture);
                }
                Advance::End => {
                    let first = pending.problems.first().map_or_else(
                        || "there is no file in it, or each is empty.".to_owned(),
                        |problem| {
                            format!("{}. {}", problem.reason, problem.hint.as_deref().unwrap_or_default())
                        },
                    );
                    let members = pending.members.len() as u64;
                    return Err(IngestError::Nothing { path: path.into(), members, first });
                }
            }
        }
    }

    /// What reading it may cost.
    pub const fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Ends each batch after so many records or decoded bytes, of which any reading of the capture that is to end at the same
    /// places must be told the same; for tests, to which 1,024 records and a mebibyte are too many.
    pub fn set_batch(&mut self, records: u64, bytes: u64) {
        (self.batch_records, self.batch_bytes) = (records.max(1), bytes.max(1));
    }

    /// Goes on where an earlier reading stopped: `decoded_offset` is a [`Batch::next_offset`]. Only before the first batch.
    ///
    /// What lies before is decoded again and passed over, so that line numbers stay right.
    pub fn resume_at(&mut self, decoded_offset: u64) -> Result<(), IngestError> {
        if self.started {
            return Err(IngestError::Started { path: self.path.clone() });
        }
        if decoded_offset > 0 {
            self.pending.clear();
        }
        let mut passed = Batch::default();
        loop {
            if let Some(current) = &mut self.current {
                let within = decoded_offset.saturating_sub(self.base);
                let found = current.reader.resume(&mut current.window, within);
                if found.map_err(|source| self.io_error(source))? {
                    return Ok(());
                }
                if self.members.is_none() {
                    return self.resume_behind(decoded_offset);
                }
                self.end_member(&mut passed);
            } else if self.base == decoded_offset {
                return Ok(());
            } else if matches!(self.advance(&mut passed)?, Advance::End) {
                let end = self.base;
                return Err(IngestError::Shorter { path: self.path.clone(), offset: decoded_offset, end });
            }
            passed.clear();
        }
    }

    /// Behind the end is right only where a lost tail was reported.
    fn resume_behind(&mut self, decoded_offset: u64) -> Result<(), IngestError> {
        let end = self.decoded_bytes();
        let at_fault = decoded_offset == end + 1;
        if let Some(current) = self.current.as_mut().filter(|_| at_fault)
            && current.window.decoder().fault().is_some()
        {
            current.tail_reported = true;
            return Ok(());
        }
        Err(IngestError::Shorter { path: self.path.clone(), offset: decoded_offset, end })
    }

    /// Clears the batch and fills it with the next records. False where there was nothing more to put in.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<bool, IngestError> {
        batch.clear();
        let begin = self.decoded_bytes();
        self.started = true;
        let pending = std::mem::take(&mut self.pending);
        batch.records += pending.records;
        batch.problems.extend(pending.problems);
        batch.members.extend(pending.members);
        while batch.records < self.batch_records && self.decoded_bytes() - begin < self.batch_bytes {
            let more = match &mut self.current {
                Some(current) => {
                    current.read_unit(self.base, self.members.is_some(), batch).map_err(|source| {
                        IngestError::opening(&self.path, current.window.decoder().stored_bytes_read(), source)
                    })?
                }
                None => !matches!(self.advance(batch)?, Advance::End),
            };
            if more {
                continue;
            }
            if self.members.is_none() || self.current.is_none() {
                break;
            }
            self.end_member(batch);
        }
        if let Some(current) = &self.current {
            self.stored_bytes_read = current.window.decoder().stored_bytes_read();
        }
        let lost_tail = self.current.as_ref().is_some_and(|current| current.tail_reported);
        batch.next_offset = self.decoded_bytes() + u64::from(lost_tail);
        batch.stored_bytes_read = self.stored_bytes_read;
        Ok(batch.records > 0
            || !batch.problems.is_empty()
            || !batch.members.is_empty()
            || self.decoded_bytes() > begin)
    }

    /// Cuts off lines that another thread may decode; nothing where the next records are to be read with
    /// [`Capture::next_batch`]. They are put into `room`.
    pub fn cut(&mut self, room: &mut Vec<u8>) -> Result<Option<Stretch>, IngestError> {
        let (lines, bytes) = (self.batch_records as usize, self.batch_bytes as usize);
        let most = LinesCut { lines, bytes, line_bytes: 8 << 20 };
        if self.pending != Batch::default() {
            return Ok(None);
        }
        let Some(current) = &mut self.current else { return Ok(None) };
        let cut = current.cut(most, room);
        self.stored_bytes_read = current.window.decoder().stored_bytes_read();
        let Some((window, reader)) =
            cut.map_err(|source| IngestError::opening(&self.path, self.stored_bytes_read, source))?
        else {
            return Ok(None);
        };
        let member = self.members.is_some().then(|| (self.base, current.name.clone()));
        self.started = true;
        let (next_offset, stored_bytes_read) = (self.decoded_bytes(), self.stored_bytes_read);
        Ok(Some(Stretch { window, reader, member, next_offset, stored_bytes_read }))
    }

    /// The member at hand is over: what comes next begins behind its end.
    fn end_member(&mut self, batch: &mut Batch) {
        let Some(current) = self.current.take() else { return };
        let length = current.window.offset();
        batch.end_member(Member {
            name: current.name,
            begin: self.base,
            length,
            wrapping: current.window.decoder().wrapping().clone(),
            format: Some(current.format),
            confidence: current.confidence,
        });
        self.base += length + 1;
        self.stop_after(current.window.decoder().fault().cloned().as_ref());
        self.room = current.window.into_room();
    }

    /// A fault that is the whole capture's ends it.
    fn stop_after(&mut self, fault: Option<&TailFault>) {
        if let (Some(members), Some(true)) = (&mut self.members, fault.map(|fault| fault.ends_capture)) {
            members.stop();
        }
    }

    /// Opens the next member. One that cannot be read is passed over and is a problem in the batch.
    fn advance(&mut self, batch: &mut Batch) -> Result<Advance, IngestError> {
        let Some(members) = &mut self.members else { return Ok(Advance::End) };
        let left_bytes = self.options.limits.decoded_bytes.saturating_sub(self.base);
        let path = &self.path;
        let step = members.next(left_bytes);
        self.stored_bytes_read = members.stored_bytes_read();
        let failed = |source| IngestError::opening(path, self.stored_bytes_read, source);
        match step.map_err(failed)? {
            Step::End => Ok(Advance::End),
            Step::Listed(listed) => {
                self.pass_over(listed, batch);
                Ok(Advance::Passed)
            }
            Step::Member(found) => {
                let Found { name, stream, decoder } = *found;
                let room = std::mem::take(&mut self.room);
                let window = Window::begin(decoder, room).map_err(failed)?;
                if window.decoder().fault().is_none() && is_nothing(&window) {
                    return self.pass_through(name, window, None, batch);
                }
                if window.available().is_empty() {
                    let fault = window.decoder().fault().cloned();
                    let why = fault.map(|fault| (fault.reason, fault.hint));
                    return self.pass_through(name, window, why, batch);
                }
                if !self.is_settled {
                    let written = Written::of_member(path, &self.wrapping, &name);
                    self.options = self.options.settled(window.available(), written);
                    self.is_settled = true;
                }
                // Reading may begin with any member, and each may be of another program.
                self.options.dates = Dates::of(window.available(), None);
                match Current::new(name.clone(), stream, window, &self.options) {
                    Ok(current) => {
                        self.current = Some(current);
                        Ok(Advance::Reading)
                    }
                    Err(refused) => {
                        let (window, refusal) = *refused;
                        let why = Some((
                            format!("is {}, not a capture that can be read", refusal.what()),
                            refusal.hint().into(),
                        ));
                        self.pass_through(name, window, why, batch)
                    }
                }
            }
        }
    }

    fn pass_over(&mut self, listed: Listed, batch: &mut Batch) {
        let Listed { name, kind, reason, hint } = listed;
        let source = ByteRange { offset: self.base, length: 0 };
        let reason = format!("{name}: {reason}");
        batch.problem(Problem { kind, source, line: None, reason, hint, repeated: None });
        batch.members.push(Member {
            name,
            begin: self.base,
            length: 0,
            wrapping: Wrapping::NONE,
            format: None,
            confidence: 0.0,
        });
        self.base += 1;
    }

    /// Passes over all of a member that is not read, so that its bytes are accounted for.
    fn pass_through(
        &mut self,
        name: String,
        mut window: Window,
        why: Option<(String, String)>,
        batch: &mut Batch,
    ) -> Result<Advance, IngestError> {
        window.pass_to(u64::MAX).map_err(|source| self.io_error(source))?;
        let (begin, length) = (self.base, window.offset());
        if let Some((reason, hint)) = why {
            let source = ByteRange { offset: begin, length };
            let problem = Problem::rejected(source, None, format!("{name}: {reason}"));
            batch.problem(problem.hint(hint));
        }
        let wrapping = window.decoder().wrapping().clone();
        batch.members.push(Member { name, begin, length, wrapping, format: None, confidence: 0.0 });
        self.base += length + 1;
        self.stop_after(window.decoder().fault().cloned().as_ref());
        self.room = window.into_room();
        Ok(Advance::Passed)
    }

    fn io_error(&self, source: io::Error) -> IngestError {
        IngestError::opening(&self.path, self.stored_bytes_read, source)
    }
}

fn damaged(path: &Path, fault: &TailFault) -> IngestError {
    IngestError::Damaged {
        path: path.into(),
        offset: fault.stored_offset,
        reason: fault.reason.clone(),
        hint: fault
            .hint
            .replace("; what decoded before this place was kept", "; nothing decoded before this place"),
    }
}

fn is_nothing(window: &Window) -> bool {
    probe::is_blank(window.available()) && window.available().len() < PROBE_BYTES
}

/// A capture with nothing in it is an error at once, and says why there is nothing.
fn refuse_nothing(path: &Path, stored_bytes: u64, window: &Window) -> Result<(), IngestError> {
    match window.decoder().fault() {
        Some(fault) if window.available().is_empty() => Err(damaged(path, fault)),
        _ if is_nothing(window) => {
            let decoded_bytes = window.available().len() as u64;
            Err(IngestError::Empty { path: path.into(), stored_bytes, decoded_bytes })
        }
        _ => Ok(()),
    }
}
