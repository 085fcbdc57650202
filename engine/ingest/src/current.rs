//! What of a capture is being read: all of it, or one of its members.

use crate::format::Format;
use crate::model::{Batch, OpenOptions, Problem};
use crate::reader::Reader;
use crate::registry::reader_for;
use crate::sniff;
use crate::window::{LinesCut, Window};
use cbad::ByteRange;
use std::io;

/// Puts events and problems, from these on, into the member that begins at a decoded offset of the capture.
pub(crate) fn put_in_member(batch: &mut Batch, events: usize, problems: usize, begin: u64, name: &str) {
    for (_, event) in &mut batch.events[events..] {
        event.source.offset += begin;
    }
    for problem in &mut batch.problems[problems..] {
        problem.source.offset += begin;
        problem.put_in_member(name);
    }
}

/// A capture of one stretch, or one member, being read.
pub(crate) struct Current {
    pub(crate) name: String,
    pub(crate) window: Window,
    pub(crate) reader: Box<dyn Reader>,
    pub(crate) format: Format,
    pub(crate) confidence: f64,
    pub(crate) candidates: Vec<(Format, f64)>,
    pub(crate) note: Option<Problem>,
    pub(crate) tail_reported: bool,
    /// Whether a line is a record by itself.
    pub(crate) is_by_line: bool,
    /// Whether its first records have time stamps without a year.
    pub(crate) assumes_year: bool,
}

impl Current {
    /// Recognises what the window holds and begins to read it; gives the window back where it is no capture.
    pub(crate) fn new(
        name: String,
        stream: String,
        window: Window,
        options: &OpenOptions,
    ) -> Result<Self, Box<(Window, sniff::Refusal)>> {
        let sniffed = match sniff::sniff(&window, options) {
            Ok(sniffed) => sniffed,
            Err(refusal) => return Err(Box::new((window, refusal))),
        };
        let (format, confidence, note) = (sniffed.format, sniffed.confidence, sniffed.note.clone());
        let reader = reader_for(stream, &sniffed, options.limits);
        // A cell may hold line ends.
        let is_by_line = sniffed.dialect.is_none() && format.is_by_line(sniffed.framing);
        let assumes_year = sniffed.years.first.is_some();
        let candidates = sniffed.candidates;
        Ok(Self {
            name,
            window,
            reader,
            format,
            confidence,
            candidates,
            note,
            tail_reported: false,
            is_by_line,
            assumes_year,
        })
    }

    /// Reads the next unit, with its place in the capture and, where it is one of several, the member's name in problems.
    pub(crate) fn read_unit(&mut self, base: u64, is_member: bool, batch: &mut Batch) -> io::Result<bool> {
        let (events, problems) = (batch.events.len(), batch.problems.len());
        if let Some(note) = self.note.take().filter(|_| self.window.offset() == 0) {
            batch.problem(note);
        }
        let more = self.reader.read_unit(&mut self.window, batch)?;
        if !more {
            self.report_tail(is_member, batch);
        }
        if is_member {
            put_in_member(batch, events, problems, base, &self.name);
        }
        Ok(more)
    }

    /// Cuts off whole lines, with another reader for them, where lines can be read apart.
    pub(crate) fn cut(
        &mut self,
        most: LinesCut,
        room: &mut Vec<u8>,
    ) -> io::Result<Option<(Window, Box<dyn Reader>)>> {
        // What is said of the whole capture is said with its first record.
        if self.window.offset() == 0 {
            return Ok(None);
        }
        let Some(reader) = self.reader.fresh() else { return Ok(None) };
        Ok(self.window.cut_lines(most, room)?.map(|window| (window, reader)))
    }

    fn report_tail(&mut self, is_member: bool, batch: &mut Batch) {
        if let Some(fault) = self.window.decoder().fault().filter(|_| !self.tail_reported) {
            let offset = self.window.offset();
            let what = if is_member { "this member" } else { "the capture" };
            let reason = format!(
                "{} near byte {} of the file; {what} is lost from its decoded byte {offset} on",
                fault.reason, fault.stored_offset
            );
            let problem = Problem::rejected(ByteRange { offset, length: 0 }, None, reason);
            batch.problem(problem.hint(fault.hint.clone()));
            self.tail_reported = true;
        }
    }
}
