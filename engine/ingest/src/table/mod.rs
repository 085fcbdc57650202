//! Tables: CSV, TSV and their kin. Every row is an event with a field a column; numbers become numbers.
//!
//! A quote that is opened and never closed costs its own line: a row over several lines is held against
//! [`Limits::event_bytes`] and against the number of columns, and what does not pass is read again line by line.

pub(crate) mod calls;
pub(crate) mod dialect;
pub(crate) mod perfmon;
mod rows;

use crate::access::typed;
use crate::budget::Budget;
use crate::field_names::{role_of, time_rank};
use crate::lines::At;
use crate::llm::{self, Origin};
use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::record::{Record, time_of};
use crate::stamp::Years;
use crate::streams::{LogStreams, OtlpStreams};
use crate::text::{reject_long_line, skip_byte_order_mark};
use crate::window::Window;
use cbad::{ByteRange, Field};
use dialect::Dialect;
use rows::{Cells, Extent, row_end};
use std::collections::BTreeSet;
use std::io;

/// Longest name of a column that is kept.
const NAME_BYTES: usize = 128;

/// Reads tables.
pub(crate) struct TableReader {
    streams: LogStreams,
    dialect: Dialect,
    years: Years,
    limits: Limits,
    /// What the header calls the columns; read at the capture's begin.
    columns: Vec<Column>,
    begun: bool,
    /// Whose calls the rows are, where they are any.
    calls: Option<(Origin, OtlpStreams)>,
}

/// A column's name and what it is to an event.
#[derive(Debug)]
struct Column {
    /// As the table has it.
    name: String,
    path: String,
    time_rank: Option<u8>,
    /// What its times are behind UTC.
    nanos_to_utc: i64,
}

impl Column {
    /// Names that other formats write in small letters have the same meaning here.
    fn new(name: &str, number: usize) -> Self {
        let name = name.trim();
        let mut end = name.len().min(NAME_BYTES);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let lower = name[..end].to_ascii_lowercase();
        let path = match lower.as_str() {
            "" => format!("column {number}"),
            "content" => "message".into(),
            known if role_of(known).is_some() => known.into(),
            _ => name[..end].into(),
        };
        let time_rank = if perfmon::is_first_column(name.as_bytes()) { Some(0) } else { time_rank(&lower) };
        let nanos_to_utc = perfmon::nanos_to_utc(name).unwrap_or_default();
        Self { name: name[..end].into(), path, time_rank, nanos_to_utc }
    }
}

/// Gives each column whose name another has already one of its own, and says so, and of those without a name too. The
/// first may lack one: spreadsheets leave that corner empty.
fn tell_apart(columns: &mut [Column]) -> Option<String> {
    const MOST_NAMED: usize = 5;
    let mut seen = BTreeSet::new();
    let mut given = Vec::new();
    for (index, column) in columns.iter_mut().enumerate() {
        let is_blank = column.path == format!("column {}", index + 1);
        let mut path = column.path.clone();
        let mut count = 1;
        while !seen.insert(path.clone()) {
            count += 1;
            path = format!("{}.{count}", column.path);
        }
        if count > 1 || is_blank && index > 0 {
            given.push(format!("{path:?}"));
        }
        column.path = path;
    }
    let more = given.len().saturating_sub(MOST_NAMED);
    given.truncate(MOST_NAMED);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!given.is_empty()).then(|| {
        format!(
            "the header leaves a name blank or has it more than once: those columns are called {}{and_more}",
            given.join(", ")
        )
    })
}

impl TableReader {
    pub(crate) fn new(name: String, dialect: Dialect, years: Years, limits: Limits) -> Self {
        let mut columns: Vec<Column> =
            dialect.names.iter().enumerate().map(|(index, name)| Column::new(name, index + 1)).collect();
        if let Some(column) = dialect.time_column.and_then(|index| columns.get_mut(index)) {
            column.time_rank = Some(0);
        }
        let streams = LogStreams::new(name);
        Self { streams, dialect, years, limits, columns, begun: false, calls: None }
    }

    /// Reads the rows as calls to language models that this origin has written.
    pub(crate) fn of_calls(self, origin: Origin) -> Self {
        Self { calls: Some((origin, OtlpStreams::default())), ..self }
    }

    /// Passes over what stands before the first row, and learns the columns from it.
    fn begin(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<()> {
        self.begun = true;
        skip_byte_order_mark(window)?;
        if self.dialect.announced {
            window.skip_line()?;
        }
        if !self.dialect.header {
            return Ok(());
        }
        match row_end(window, &self.dialect, self.limits.record_bytes, self.limits.event_bytes)? {
            Extent::Row { end, next, .. } => {
                let cells =
                    Cells::of(&window.available()[..end], &self.dialect).take(self.limits.values as usize);
                self.columns = cells
                    .enumerate()
                    .map(|(index, cell)| Column::new(&String::from_utf8_lossy(&cell), index + 1))
                    .collect();
                if self.dialect.unnamed > 0 {
                    let is_viewer = self.columns.iter().any(|column| column.name == "Event ID");
                    let name = if is_viewer { "message" } else { "" };
                    self.columns.push(Column::new(name, self.columns.len() + 1));
                }
                let source = ByteRange { offset: window.offset(), length: end as u64 };
                if let Some(reason) = tell_apart(&mut self.columns) {
                    let note = Problem::note(source, Some(window.line_number()), reason);
                    batch.problem(note.hint(
                        "The values were kept under these names; correct the header where others are meant.",
                    ));
                }
                window.pass_counting(next);
            }
            Extent::TooLong => reject_long_line(window, batch, self.limits.record_bytes)?,
            Extent::Unclosed { .. } | Extent::End => {}
        }
        Ok(())
    }

    fn read_row(&mut self, row: &[u8], at: At, batch: &mut Batch) {
        let mut record = Record::default();
        let mut budget = Budget::for_unit(row.len());
        let mut count = 0;
        for cell in Cells::of(row, &self.dialect) {
            count += 1;
            let column = self.columns.get(count - 1);
            if cell.is_empty() {
                continue;
            }
            let path = column.map_or_else(|| format!("column {count}"), |column| column.path.clone());
            if count as u64 > u64::from(self.limits.values) || !budget.spend(path.len()) {
                let reason = "the row holds more columns than the limit";
                batch.problem(
                    Problem::rejected(at.source, Some(at.line), reason)
                        .hint("Raise the limit of values if it is one genuine row."),
                );
                return;
            }
            if let (Some((origin, _)), Some(column)) = (&self.calls, column) {
                let value = llm::cell_value(*origin, &column.name, cell);
                record.fields.push(Field { path: column.name.clone(), value });
                continue;
            }
            if let Some(&Column { time_rank: Some(rank), nanos_to_utc, .. }) = column
                && let Some(nanos) = time_of(&cell, self.years)
            {
                record.take_time(rank, record.fields.len(), nanos.saturating_add(nanos_to_utc));
            }
            record.fields.push(Field { path, value: typed(cell) });
        }
        if count != self.columns.len() {
            let why = format!("the row has {count} columns, and the table {}", self.columns.len());
            let note = Problem::note(at.source, Some(at.line), why);
            batch.problem(note.hint("The row was kept; columns without a name are called by their number."));
        }
        if let Some((origin, streams)) = &mut self.calls {
            let (stream, event) = llm::event_of(*origin, record.fields, at.source, self.years, streams);
            return batch.push(stream, event);
        }
        record.join_date_and_time(self.years);
        let (service, event) = record.into_event(at.source);
        batch.push(self.streams.of(service.as_deref()), event);
    }

    /// Reads `length` bytes line by line, where a quote was opened in them that is not closed as it should be.
    fn read_lines(&mut self, window: &mut Window, length: usize, batch: &mut Batch) {
        let mut line = window.line_number();
        let mut begin = 0;
        while begin < length {
            let bytes = &window.available()[begin..length];
            let end = rows::line_end(bytes);
            let text = &bytes[..end.0];
            let source = ByteRange { offset: window.offset() + begin as u64, length: text.len() as u64 };
            let at = At { source, line };
            if rows::leaves_a_quote_open(text, &self.dialect) {
                let reason = "a quote is opened in the row and not closed as the table's other rows do";
                batch.problem(
                    Problem::rejected(source, Some(line), reason)
                        .hint("Look at this line in the capture; the rows after it were read."),
                );
            } else if !text.iter().all(u8::is_ascii_whitespace) {
                self.read_row(text, at, batch);
            }
            line += memchr::memchr_iter(b'\n', &window.available()[begin..begin + end.1]).count() as u64;
            begin += end.1;
        }
        window.pass_counting(length);
    }
}

impl Reader for TableReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        if !self.begun {
            self.begin(window, batch)?;
            return Ok(true);
        }
        match row_end(window, &self.dialect, self.limits.record_bytes, self.limits.event_bytes)? {
            Extent::End => return Ok(false),
            Extent::TooLong => reject_long_line(window, batch, self.limits.record_bytes)?,
            Extent::Unclosed { length } => self.read_lines(window, length, batch),
            Extent::Row { end, next, lines, odd } => {
                let row = &window.available()[..end];
                let blank = row.iter().all(u8::is_ascii_whitespace) && !row.contains(&self.dialect.delimiter);
                let fits = || !odd && Cells::of(row, &self.dialect).count() == self.columns.len();
                if lines > 1 && !fits() {
                    self.read_lines(window, next, batch);
                    return Ok(true);
                }
                if !blank {
                    let source = ByteRange { offset: window.offset(), length: end as u64 };
                    let at = At { source, line: window.line_number() };
                    self.read_row(row, at, batch);
                }
                window.pass_counting(next);
            }
        }
        Ok(true)
    }

    /// The header says what the columns are, wherever reading goes on.
    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        if offset > 0 {
            self.begin(window, &mut Batch::default())?;
        }
        window.pass_to(offset)
    }
}

#[cfg(test)]
mod tests;
