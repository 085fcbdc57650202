//! How a table is written, guessed from its first rows: what separates and quotes its cells, and whether it has a header.

use super::perfmon;
use super::rows::{Cells, InSample, line_end, row_in};
use crate::logfmt::is_number;
use crate::probe::Probe;
use crate::stamp;
use std::borrow::Cow;

/// Rows that are looked at.
const MOST_ROWS: usize = 200;
/// A table is never quite as sure as a format that announces itself.
const MOST_CONFIDENCE: f64 = 0.9;

/// A header that is longer than the sample has no rows below it that could confirm it.
const WIDE_CONFIDENCE: f64 = 0.6;
/// Names that such a header has at least.
const WIDE_COLUMNS: usize = 100;

/// How a table is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    /// Whether cells may be quoted at all.
    pub(crate) quoting: bool,
    pub(crate) header: bool,
    /// Whether the first line is no row: `sep=;`, as spreadsheets write it, or `#TYPE …`, as `PowerShell` does.
    pub(crate) announced: bool,
    /// How many cells rows have more than the header has names: one in exports of Windows' event viewer.
    pub(crate) unnamed: usize,
    /// Names of the columns of a table without a header.
    pub(crate) names: Vec<String>,
    /// The first column that holds times, in a table whose columns have no names.
    pub(crate) time_column: Option<usize>,
    confidence: f64,
}

/// The `csvlog` of `PostgreSQL`, which has no header (manual, section 20.8.4); older versions have the first 23, 24 or 26.
const POSTGRES: [&str; 26] = [
    "log_time",
    "user_name",
    "database_name",
    "process_id",
    "connection_from",
    "session_id",
    "session_line_num",
    "command_tag",
    "session_start_time",
    "virtual_transaction_id",
    "transaction_id",
    "error_severity",
    "sql_state_code",
    "message",
    "detail",
    "hint",
    "internal_query",
    "internal_query_pos",
    "context",
    "query",
    "query_pos",
    "location",
    "application_name",
    "backend_type",
    "leader_pid",
    "query_id",
];

impl Dialect {
    /// A table with a header, cells between these delimiters, and double quotes.
    pub(crate) fn with_header(delimiter: u8) -> Self {
        let names = Vec::new();
        Self {
            delimiter,
            quote: b'"',
            quoting: true,
            header: true,
            announced: false,
            unnamed: 0,
            names,
            time_column: None,
            confidence: 1.0,
        }
    }

    /// The dialect that the first rows fit best; of what fits none, a table separated by commas without a header.
    pub(crate) fn of(probe: &Probe<'_>) -> Self {
        let plain = Self {
            delimiter: b',',
            quote: b'"',
            quoting: true,
            header: false,
            announced: false,
            unnamed: 0,
            names: Vec::new(),
            time_column: None,
            confidence: 0.0,
        };
        let (text, announced) = match announced(probe.text) {
            Some((delimiter, rest)) => (rest, Some(delimiter)),
            None => (probe.text, None),
        };
        let is_announced = announced.is_some();
        let announced = announced.flatten();
        let mut best = Self { delimiter: announced.unwrap_or(b','), announced: is_announced, ..plain };
        let tried = announced.map_or_else(|| b",\t;|".to_vec(), |delimiter| vec![delimiter]);
        for delimiter in tried {
            let dialect = Self { delimiter, quote: quote_of(text, delimiter), ..best.clone() };
            let found = Sample::of(text, probe.whole, &dialect).judge(&dialect);
            if found.confidence > best.confidence {
                best = found;
            }
        }
        if best.confidence == 0.0 {
            let sample = Sample::of(text, probe.whole, &best);
            if !probe.whole && sample.is_wide_header() {
                return Self { header: true, confidence: WIDE_CONFIDENCE, ..best };
            }
            let judged = sample.judge(&best);
            (best.header, best.unnamed) = (judged.header, judged.unnamed);
        }
        if best.names.is_empty() && !best.header {
            let sample = Sample::of(text, probe.whole, &best);
            let columns = sample.rows.first().map_or(0, Vec::len);
            let rows: Vec<_> = sample.rows.iter().filter(|row| row.len() == columns).collect();
            best.time_column = (0..columns).find(|&column| Kind::of(&rows, column) == Kind::Time);
            best.names = (1..=columns).map(|number| format!("column {number}")).collect();
        }
        best
    }
}

/// The delimiter of a first line `sep=;`, or none of a line `#TYPE …`, and what follows the line.
fn announced(text: &[u8]) -> Option<(Option<u8>, &[u8])> {
    if text.starts_with(b"#TYPE ") {
        return Some((None, &text[memchr::memchr(b'\n', text)? + 1..]));
    }
    let rest = text.strip_prefix(b"sep=")?;
    let (&delimiter, rest) = rest.split_first()?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    Some((Some(delimiter), rest))
}

/// The first rows, cut by one dialect.
struct Sample<'a> {
    rows: Vec<Vec<Cow<'a, [u8]>>>,
}

impl<'a> Sample<'a> {
    fn of(text: &'a [u8], whole: bool, dialect: &'a Dialect) -> Sample<'a> {
        let mut rows = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && rows.len() < MOST_ROWS {
            let (end, next) = match row_in(rest, dialect) {
                InSample::Row { end, next } => (end, next),
                InSample::BreaksOff if !whole && !rows.is_empty() => break,
                // A quote that nothing in the sample closes takes its own line only.
                InSample::BreaksOff => line_end(rest),
            };
            let row = &rest[..end];
            if !row.iter().all(u8::is_ascii_whitespace) {
                rows.push(Cells::of(row, dialect).collect());
            }
            rest = &rest[next..];
        }
        Self { rows }
    }

    /// The dialect with all that the rows say of it.
    fn judge(&self, dialect: &Dialect) -> Dialect {
        let unsure =
            Dialect { header: false, unnamed: 0, names: Vec::new(), confidence: 0.0, ..dialect.clone() };
        let Some(columns) = self.usual_columns() else { return unsure };
        let unnamed = self.rows[0].len() + 1 == columns && columns >= 4;
        let fits = self.rows.iter().filter(|row| row.len() == columns).count() + usize::from(unnamed);
        let share = fits as f64 / self.rows.len() as f64;
        let body: Vec<_> = self.rows.iter().skip(1).filter(|row| row.len() == columns).collect();
        let kinds: Vec<Kind> = (0..columns).map(|column| Kind::of(&body, column)).collect();
        let typed = kinds.iter().filter(|kind| **kind != Kind::Text).count();
        if columns >= 23 && self.is_postgres() {
            let names = POSTGRES[..columns.min(26)].iter().map(|name| (*name).to_owned()).collect();
            return Dialect { names, confidence: MOST_CONFIDENCE * share, ..unsure };
        }
        let is_typed = !unnamed || typed > 0;
        let header = (self.rows[0].len() == columns || unnamed)
            && is_typed
            && self.has_header(&kinds, unsure.delimiter);
        let tidy = !self.is_prose(unsure.delimiter);
        let rows = self.rows.len();
        let enough = if header {
            rows >= 2 && (typed >= 1 || columns >= 4 && rows >= 3)
        } else {
            // Without names the cells have to say by themselves that this is a table.
            unsure.delimiter != b'|' && columns >= 4 && rows >= 5 && fits == rows && typed * 2 >= columns
        };
        let sure = enough && tidy && share >= 0.9 && !body.is_empty();
        let confidence = if sure { MOST_CONFIDENCE * share } else { 0.0 };
        Dialect { header, unnamed: usize::from(header && unnamed), confidence, ..unsure }
    }

    /// The number of columns that most rows have; at least two.
    fn usual_columns(&self) -> Option<usize> {
        let mut counts: Vec<usize> = self.rows.iter().map(Vec::len).collect();
        counts.sort_unstable();
        let groups = counts.chunk_by(|a, b| a == b);
        groups.max_by_key(|group| group.len()).map(|group| group[0]).filter(|columns| *columns >= 2)
    }

    /// Names and no values: short, none a number or a time; and where a column below is of one kind, not of it. Names that
    /// are blank or stand twice are no names, and most have to be; then a column below has to tell that this is no text.
    fn has_header(&self, kinds: &[Kind], delimiter: u8) -> bool {
        let names: Vec<_> = self.rows[0].iter().map(|cell| cell.trim_ascii()).collect();
        if perfmon::is_first_column(names[0]) {
            return true;
        }
        let mut distinct = names.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.retain(|name| !name.is_empty());
        let is_name = |name: &[u8]| {
            let fits = |&byte: &u8| {
                byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_- .:/()%#@[]$".contains(&byte)
            };
            !name.is_empty() && name.len() <= 64 && name.iter().all(fits) && Kind::of_cell(name) == Kind::Text
        };
        let named = names.iter().all(|name| name.is_empty() || is_name(name));
        // Spreadsheets leave the first corner empty.
        let expected = names.len() - usize::from(names[0].is_empty());
        let is_typed = kinds.iter().any(|kind| *kind != Kind::Text);
        let enough = distinct.len() == expected || is_typed && distinct.len() * 2 > names.len();
        let led_by_blank = delimiter == b',' && self.rows[0].iter().any(|cell| cell.first() == Some(&b' '));
        let told = is_typed || self.rows[0].len() >= 4;
        named && enough && !led_by_blank && told
    }

    /// Whether all of the sample is one row of names.
    fn is_wide_header(&self) -> bool {
        self.rows.len() == 1 && self.rows[0].len() >= WIDE_COLUMNS && self.has_header(&[], b',')
    }

    /// Commas with a blank after them separate the parts of a sentence.
    fn is_prose(&self, delimiter: u8) -> bool {
        let cells = || self.rows.iter().flat_map(|row| row.iter().skip(1));
        let blank = cells().filter(|cell| cell.first() == Some(&b' ')).count();
        matches!(delimiter, b',' | b';') && blank * 2 > cells().count()
    }

    fn is_postgres(&self) -> bool {
        let is_level = |cell: &[u8]| {
            matches!(cell, b"LOG" | b"ERROR" | b"FATAL" | b"PANIC" | b"WARNING" | b"NOTICE" | b"INFO")
                || cell.starts_with(b"DEBUG")
        };
        matches!(self.rows[0].len(), 23 | 24 | 26)
            && self
                .rows
                .iter()
                .all(|row| row.len() > 12 && Kind::of_cell(&row[0]) == Kind::Time && is_level(&row[11]))
    }
}

/// Single quotes where cells have them and none has double ones.
fn quote_of(text: &[u8], delimiter: u8) -> u8 {
    let quoted_by = |quote: u8| {
        memchr::memmem::find(text, &[delimiter, quote]).is_some()
            && memchr::memmem::find(text, &[quote, delimiter]).is_some()
    };
    if !quoted_by(b'"') && quoted_by(b'\'') && text.first() != Some(&b'"') { b'\'' } else { b'"' }
}

/// What a column's cells are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Time,
    Text,
}

impl Kind {
    fn of(rows: &[&Vec<Cow<'_, [u8]>>], column: usize) -> Self {
        let mut cells = rows
            .iter()
            .map(|row| &row[column])
            .filter(|cell| !cell.is_empty())
            .map(|cell| Self::of_cell(cell));
        let Some(first) = cells.next() else { return Self::Text };
        if cells.all(|kind| kind == first) { first } else { Self::Text }
    }

    fn of_cell(cell: &[u8]) -> Self {
        let cell = cell.trim_ascii();
        if std::str::from_utf8(cell).is_ok_and(is_number) {
            Self::Number
        } else if stamp::begins(cell) {
            Self::Time
        } else {
            Self::Text
        }
    }
}

/// How sure it is that the bytes are a table.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    Dialect::of(probe).confidence
}
