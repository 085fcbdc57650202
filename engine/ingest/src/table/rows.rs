//! Rows and cells: where a row ends, and what is in it. RFC 4180, read as leniently as spreadsheets do: a quote counts
//! only where a cell begins; what follows a closing quote belongs to the cell; lines end with `\n`, `\r\n` or `\r`.

use super::dialect::Dialect;
use crate::window::Window;
use std::borrow::Cow;
use std::io;

/// Where a row ends that begins the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Row {
        /// One past its last byte, without the line end.
        end: usize,
        next: usize,
        /// Lines that it takes up.
        lines: u64,
        /// Whether something follows a closing quote that does not belong there.
        odd: bool,
    },
    /// A quote is open where the capture or the limit of a row over several lines ends; whole lines up to there.
    Unclosed {
        length: usize,
    },
    /// A line without an end within the limit.
    TooLong,
    End,
}

/// Where in a row a byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Where a cell begins.
    #[default]
    Begins,
    Plain,
    Quoted,
    /// After a quote in a quoted cell, which closes it unless it is doubled.
    Closing,
}

impl State {
    fn after(self, byte: u8, dialect: &Dialect) -> Self {
        match (self, byte) {
            (Self::Quoted, byte) if byte == dialect.quote => Self::Closing,
            (Self::Quoted, _) => Self::Quoted,
            (Self::Begins | Self::Closing, byte) if dialect.quoting && byte == dialect.quote => Self::Quoted,
            (_, byte) if byte == dialect.delimiter => Self::Begins,
            _ => Self::Plain,
        }
    }
}

/// Finds the end of the row that begins the window.
pub(super) fn row_end(
    window: &mut Window,
    dialect: &Dialect,
    line_limit: u64,
    row_limit: u64,
) -> io::Result<Extent> {
    let mut state = State::default();
    let (mut at, mut line_begin, mut lines, mut odd) = (0, 0, 0, false);
    if !window.want(1)? {
        return Ok(Extent::End);
    }
    loop {
        // What ends a line is looked for only with the byte after it at hand, for `\r\n` is one end.
        let more = window.want(at + 2)?;
        let available = window.available();
        let searched = if more { available.len() - 1 } else { available.len() };
        while at < searched {
            let byte = available[at];
            if matches!(byte, b'\n' | b'\r') {
                let next = at + 1 + usize::from(byte == b'\r' && available.get(at + 1) == Some(&b'\n'));
                lines += 1;
                if state != State::Quoted {
                    return Ok(Extent::Row { end: at, next, lines, odd });
                }
                if next as u64 > row_limit {
                    return Ok(Extent::Unclosed { length: next });
                }
                line_begin = next;
                at = next;
                continue;
            }
            let before = state;
            state = before.after(byte, dialect);
            odd |= before == State::Closing && state == State::Plain;
            at += 1;
            if (at - line_begin) as u64 > line_limit {
                return Ok(if line_begin == 0 {
                    Extent::TooLong
                } else {
                    Extent::Unclosed { length: line_begin }
                });
            }
            if line_begin > 0 && at as u64 > row_limit {
                return Ok(Extent::Unclosed { length: line_begin });
            }
        }
        if !more {
            let unclosed = state == State::Quoted && at > 0;
            return Ok(if unclosed {
                Extent::Unclosed { length: at }
            } else {
                Extent::Row { end: at, next: at, lines: lines + 1, odd }
            });
        }
    }
}

/// Where the first row of some bytes ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InSample {
    Row {
        end: usize,
        next: usize,
    },
    /// It goes on behind them.
    BreaksOff,
}

/// Finds the end of the first row; bytes that end without a line end break off where a quote is open.
pub(super) fn row_in(bytes: &[u8], dialect: &Dialect) -> InSample {
    let mut state = State::default();
    for (at, &byte) in bytes.iter().enumerate() {
        if matches!(byte, b'\n' | b'\r') && state != State::Quoted {
            let (end, next) = line_end(&bytes[at..]);
            return InSample::Row { end: at + end, next: at + next };
        }
        state = state.after(byte, dialect);
    }
    InSample::BreaksOff
}

/// Length of the first line, without and with its end.
pub(super) fn line_end(bytes: &[u8]) -> (usize, usize) {
    match memchr::memchr2(b'\n', b'\r', bytes) {
        Some(end) => {
            let both = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
            (end, end + 1 + usize::from(both))
        }
        None => (bytes.len(), bytes.len()),
    }
}

/// Whether a quote is open at the end of a line that stands for itself.
pub(super) fn leaves_a_quote_open(line: &[u8], dialect: &Dialect) -> bool {
    line.iter().fold(State::default(), |state, &byte| state.after(byte, dialect)) == State::Quoted
}

/// The cells of a row, one after the other.
pub(super) struct Cells<'a> {
    rest: Option<&'a [u8]>,
    dialect: &'a Dialect,
}

impl<'a> Cells<'a> {
    pub(super) fn of(row: &'a [u8], dialect: &'a Dialect) -> Self {
        Self { rest: Some(row), dialect }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rest?;
        let mut state = State::default();
        let end = row.iter().position(|&byte| {
            let before = state;
            state = before.after(byte, self.dialect);
            before != State::Quoted && byte == self.dialect.delimiter
        });
        self.rest = end.map(|end| &row[end + 1..]);
        let cell = &row[..end.unwrap_or(row.len())];
        let is_quoted = self.dialect.quoting && cell.first() == Some(&self.dialect.quote);
        Some(if is_quoted { Cow::Owned(unquote(cell, self.dialect)) } else { Cow::Borrowed(cell) })
    }
}

/// A cell that begins with a quote, without its quotes and with doubled ones single.
fn unquote(cell: &[u8], dialect: &Dialect) -> Vec<u8> {
    let mut text = Vec::with_capacity(cell.len());
    let mut state = State::default();
    for &byte in cell {
        let before = state;
        state = before.after(byte, dialect);
        match (before, state) {
            (State::Begins, State::Quoted) | (_, State::Closing) => {}
            _ => text.push(byte),
        }
    }
    text
}
