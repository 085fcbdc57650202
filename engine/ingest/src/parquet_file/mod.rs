//! Parquet: rows of a table, each an event as a JSON line of the same columns would be.
//!
//! The decoder is the `parquet` crate, which can panic and can take far more memory than the file has bytes; it runs in
//! a process of its own with limits where [`crate::decode_in`] named one, else in a thread.
//! A file that lies on the disk by itself is read there, a page at a time; one inside something else is held whole.
//! Parquet keeps columns, not rows: no bytes are one row's own, so the source of a row is its row group.

mod decode;
mod stored;
mod worker;

use crate::llm;
use crate::lynex;
use crate::model::{Batch, Limits, Problem};
use crate::reader::{Reader, read_again};
use crate::record::Record;
use crate::stamp::Years;
use crate::streams::{LogStreams, OtlpStreams};
use crate::times::{self, RowTimes};
use crate::window::Window;
use cbad::{ByteRange, Field};
use decode::{Group, Message, Plan};
use std::fs::File;
use std::io;
use std::path::Path;
use worker::{Input, Source};

pub use worker::{WORKER_ARGUMENT, decode_in, serve};

pub(crate) const MARK: &[u8] = b"PAR1";
/// Rows that are read at once. Each such unit stands for an equal share of the file's bytes, so that an offset names it.
const UNIT_ROWS: u64 = 256;
/// A file inside an archive or a compression is held while it is read, because its table of contents stands at its end.
const MOST_FILES_OF_A_RECORD: u64 = 4;

/// Reads Parquet.
pub(crate) struct ParquetReader {
    streams: Streams,
    years: Years,
    limits: Limits,
    table: Option<Table>,
}

struct Streams {
    rows: LogStreams,
    calls: OtlpStreams,
}

/// An open file.
struct Table {
    source: Source,
    groups: Vec<Group>,
    file_bytes: u64,
    rows: u64,
    rows_a_unit: u64,
    /// Columns of times of no zone.
    zoneless: Vec<String>,
    /// What the times of the first unit say that are text; told with it.
    times: Option<RowTimes>,
    /// Rows read, rejected or passed over.
    at: u64,
    /// The group that the next row is of.
    group: usize,
    ended: bool,
}

impl ParquetReader {
    pub(crate) fn new(name: String, years: Years, limits: Limits) -> Self {
        let streams = Streams { rows: LogStreams::new(name), calls: OtlpStreams::default() };
        Self { streams, years, limits, table: None }
    }

    /// Opens the file that the window is of; what cannot be opened is one rejected record, and passed over.
    fn open(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let offset = window.offset();
        let opened = match window.decoder().file() {
            _ if offset > 0 => Err(Refusal::Unreadable("reading begins inside the file".into())),
            Some(path) => open_file(path, &self.limits),
            None => self.open_held(window)?,
        };
        match opened {
            Ok(table) => {
                self.table = Some(table);
                Ok(true)
            }
            Err(refusal) => {
                window.pass_to(u64::MAX)?;
                let source = ByteRange { offset, length: window.offset() - offset };
                let reason = format!("the Parquet file cannot be read: {}", refusal.reason());
                batch.problem(Problem::rejected(source, None, reason).hint(refusal.hint(source.length)));
                Ok(false)
            }
        }
    }

    fn open_held(&self, window: &mut Window) -> io::Result<Result<Table, Refusal>> {
        let most = self.limits.record_bytes.saturating_mul(MOST_FILES_OF_A_RECORD);
        if window.want(usize::try_from(most.saturating_add(1)).unwrap_or(usize::MAX))? {
            return Ok(Err(Refusal::TooLong { most }));
        }
        let held = window.available();
        Ok(Table::open(Input::Held(held), held.len() as u64, &self.limits))
    }
}

fn open_file(path: &Path, limits: &Limits) -> Result<Table, Refusal> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (length, file) =
        opened.map_err(|error| Refusal::Unreadable(format!("it cannot be opened: {error}")))?;
    Table::open(Input::File(file), length, limits)
}

/// Why a file is not read.
enum Refusal {
    /// It would have to be held, and is longer than may be.
    TooLong {
        most: u64,
    },
    Unreadable(String),
}

impl Refusal {
    fn reason(&self) -> String {
        match self {
            Self::TooLong { most } => format!(
                "inside something else it has to be held whole, and it is over {most} bytes long, more than may be held"
            ),
            Self::Unreadable(reason) => reason.clone(),
        }
    }

    fn hint(&self, file_bytes: u64) -> String {
        match self {
            Self::TooLong { .. } => {
                let record_bytes = file_bytes.div_ceil(MOST_FILES_OF_A_RECORD);
                format!(
                    "Unpack it: by itself it is read from the disk, however long it is. Or let a quarter of it be held as a record: `--limit record-bytes={record_bytes}`."
                )
            }
            Self::Unreadable(_) => "Copy the file again, or write it anew in smaller files without encryption, for example with pyarrow.".into(),
        }
    }
}

impl Reader for ParquetReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        if !window.want(1)? {
            // On the disk it may have been cut after it was opened.
            let cut = self.table.as_mut().filter(|table| !table.ended);
            return Ok(cut.map(|table| table.lose_rest("the file ends before they do", batch)).is_some());
        }
        if self.table.is_none() && !self.open(window, batch)? {
            return Ok(true);
        }
        let table = self.table.as_mut().expect("it was opened above");
        let end = table.at.saturating_add(table.rows_a_unit);
        while table.at < end && !table.ended {
            table.next(batch, &mut self.streams, self.years);
        }
        if let Some(times) = table.times.take() {
            let source = table.groups.first().map_or_else(ByteRange::default, |group| group.source);
            let of_columns = times::note_of_columns(&table.zoneless, source);
            let of_rows = times.note(source, self.years.assumed);
            of_columns.into_iter().chain(of_rows).for_each(|note| batch.problem(note));
        }
        let passed = table.offset_of(end.min(table.rows)).max(window.offset() + 1);
        window.pass_to(if table.ended { table.file_bytes } else { passed.min(table.file_bytes) })?;
        Ok(true)
    }

    fn stated_records(&self) -> Option<u64> {
        self.table.as_ref().map(|table| table.rows)
    }

    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        read_again(self, window, offset)
    }
}

impl Table {
    fn open(input: Input<'_>, file_bytes: u64, limits: &Limits) -> Result<Self, Refusal> {
        let started = Source::start(input, Plan::of(file_bytes, limits));
        let mut source = started.map_err(Refusal::Unreadable)?;
        let (groups, zoneless) = match source.next() {
            Some(Message::Groups(groups, zoneless)) => (groups, zoneless),
            Some(Message::Failed(reason)) => return Err(Refusal::Unreadable(reason)),
            _ => return Err(Refusal::Unreadable(source.end())),
        };
        let rows = groups.iter().map(|group| group.rows).fold(0, u64::saturating_add);
        let (times, ended) = (Some(RowTimes::default()), rows == 0);
        Ok(Self {
            source,
            groups,
            file_bytes,
            rows,
            rows_a_unit: UNIT_ROWS.max(rows.div_ceil(file_bytes.max(1))),
            zoneless,
            times,
            at: 0,
            group: 0,
            ended,
        })
    }

    /// Where the unit that begins with this row lies.
    fn offset_of(&self, row: u64) -> u64 {
        let share = u128::from(row) * u128::from(self.file_bytes) / u128::from(self.rows.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// Rows up to the end of the group that is read.
    fn group_end(&self) -> u64 {
        self.groups[..=self.group].iter().map(|group| group.rows).fold(0, u64::saturating_add)
    }

    fn next(&mut self, batch: &mut Batch, streams: &mut Streams, years: Years) {
        while self.group + 1 < self.groups.len() && self.at >= self.group_end() {
            self.group += 1;
        }
        let source = self.groups[self.group].source;
        match self.source.next() {
            Some(Message::Row { time_nanos, fields }) => {
                let origin = llm::origin_of(|name| fields.iter().any(|field| field.path == name));
                // Those of LangSmith have no zone and are UTC by definition.
                if let Some(times) = self.times.as_mut().filter(|_| origin != Some(llm::Origin::Langsmith)) {
                    times.take(&fields, origin.is_some(), years);
                }
                let (stream, event) = if let Some(origin) = origin {
                    llm::event_of(origin, fields, source, years, &mut streams.calls)
                } else if lynex::is_row(&fields) {
                    let (project, event) = of_lynex(fields, time_nanos, source, years);
                    (streams.rows.of(project.as_deref()), event)
                } else {
                    let (service, event) = event_of(fields, time_nanos, source, years);
                    (streams.rows.of(service.as_deref()), event)
                };
                batch.push(stream, event);
                self.at += 1;
            }
            Some(Message::GroupFailed(reason)) => {
                let end = self.group_end();
                self.reject(end, &reason, batch);
            }
            Some(Message::End) if self.at >= self.rows => self.ended = true,
            Some(Message::End) => {
                self.reject(self.rows, "the file has fewer rows than it says", batch);
                self.ended = true;
            }
            Some(Message::Failed(reason)) => self.lose_rest(&reason, batch),
            Some(Message::Groups(..)) | None => {
                let reason = self.source.end();
                self.lose_rest(&reason, batch);
            }
        }
        self.ended |= self.at >= self.rows;
    }

    fn lose_rest(&mut self, reason: &str, batch: &mut Batch) {
        self.reject(self.rows, reason, batch);
        self.ended = true;
    }

    /// Rejects the rows before `end` that were not read, as one record.
    fn reject(&mut self, end: u64, reason: &str, batch: &mut Batch) {
        let (first, last) = (self.at + 1, end.max(self.at + 1));
        let reason = format!("rows {first} to {last} of the Parquet file cannot be decoded: {reason}");
        let problem = Problem::rejected(self.groups[self.group].source, None, reason);
        batch.problem(problem.hint("The rows before them were read, and the row groups behind them."));
        self.at = last;
    }
}

/// A row of the archive of Lynex. Its time is a column of its own type, which the row has read already.
fn of_lynex(
    fields: Vec<Field>,
    time_nanos: Option<i64>,
    source: ByteRange,
    years: Years,
) -> (Option<String>, cbad::Event) {
    let (project, mut event) =
        lynex::event_of(fields, source, years).expect("a row with the column of its type is an event");
    event.time_nanos = event.time_nanos.or(time_nanos);
    (project, event)
}

fn event_of(
    fields: Vec<Field>,
    time_nanos: Option<i64>,
    source: ByteRange,
    years: Years,
) -> (Option<String>, cbad::Event) {
    let (service, mut event) = Record::of_fields(fields, years).into_event(source);
    event.time_nanos = event.time_nanos.or(time_nanos);
    (service, event)
}

#[cfg(test)]
mod tests;
