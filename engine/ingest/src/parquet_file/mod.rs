//! Parquet: rows of a table, each an event as a JSON line of the same columns would be.
//!
//! The decoder is the `parquet` crate, which can panic and can take far more memory than the file has bytes; it runs in
//! a process of its own with limits where [`crate::decode_in`] named one, else in a thread.
//! Parquet keeps columns, not rows: no bytes are one row's own, so the source of a row is its row group.

mod decode;
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
use std::io;
use worker::Source;

pub use worker::{WORKER_ARGUMENT, decode_in, serve};

pub(crate) const MARK: &[u8] = b"PAR1";
/// Rows that are read at once. Each such unit stands for an equal share of the file's bytes, so that an offset names it.
const UNIT_ROWS: u64 = 256;
/// The whole file is held while it is read, because its table of contents stands at its end.
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

    /// Opens the file that the window holds; what cannot be opened is one rejected record, and passed over.
    fn open(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let most = self.limits.record_bytes.saturating_mul(MOST_FILES_OF_A_RECORD);
        let is_longer = window.want(usize::try_from(most.saturating_add(1)).unwrap_or(usize::MAX))?;
        let offset = window.offset();
        let too_long = format!("the file is over {most} bytes long, more than may be held at once");
        let opened = if is_longer {
            Err(too_long.clone())
        } else if offset > 0 {
            Err("reading begins inside the file".into())
        } else {
            let plan = Plan::of(window.available().len() as u64, &self.limits);
            Source::start(window.available(), plan).and_then(Table::open)
        };
        match opened {
            Ok(mut table) => {
                table.file_bytes = window.available().len() as u64;
                table.rows_a_unit = UNIT_ROWS.max(table.rows.div_ceil(table.file_bytes.max(1)));
                self.table = Some(table);
                Ok(true)
            }
            Err(reason) => {
                window.pass_to(u64::MAX)?;
                let source = ByteRange { offset, length: window.offset() - offset };
                let hint = if reason == too_long {
                    let record_bytes = source.length.div_ceil(MOST_FILES_OF_A_RECORD);
                    format!(
                        "Write it anew in smaller files, or let a quarter of it be held as a record: `--limit record-bytes={record_bytes}`."
                    )
                } else {
                    "Copy the file again, or write it anew in smaller files without encryption, for example with pyarrow.".to_owned()
                };
                let reason = format!("the Parquet file cannot be read: {reason}");
                batch.problem(Problem::rejected(source, None, reason).hint(hint));
                Ok(false)
            }
        }
    }
}

impl Reader for ParquetReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        if !window.want(1)? {
            return Ok(false);
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

    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        read_again(self, window, offset)
    }
}

impl Table {
    fn open(mut source: Source) -> Result<Self, String> {
        let (groups, zoneless) = match source.next() {
            Some(Message::Groups(groups, zoneless)) => (groups, zoneless),
            Some(Message::Failed(reason)) => return Err(reason),
            _ => return Err(source.end()),
        };
        let rows = groups.iter().map(|group| group.rows).fold(0, u64::saturating_add);
        let (times, ended) = (Some(RowTimes::default()), rows == 0);
        Ok(Self {
            source,
            groups,
            file_bytes: 0,
            rows,
            rows_a_unit: 1,
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
