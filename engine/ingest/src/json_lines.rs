//! Generic JSON lines: any object a line, read as a log event.

use crate::budget::RECORD_BYTES;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::{Report, too_costly};
use crate::probe::Probe;
use crate::record::Record;
use crate::stamp::Years;
use crate::streams::LogStreams;
use cbad::Event;

/// Reads JSON lines.
pub(crate) struct JsonLines {
    streams: LogStreams,
    years: Years,
}

impl JsonLines {
    pub(crate) fn new(name: String, years: Years) -> Self {
        Self { streams: LogStreams::new(name), years }
    }
}

/// How sure it is that the capture is JSON: the share of records that are objects, or nested too deep for anything else.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let too_deep = probe.json.too_deep as f64 / probe.json.seen.max(1) as f64;
    probe.json.share(|_| true) + too_deep
}

impl JsonLines {
    /// A record that is no object has no fields: a text is its message, anything else stands as it is written.
    fn read_bare(&mut self, kind: Kind, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let begin = cursor.at();
        let mut body = if kind == Kind::Text { cursor.text()?.into_owned() } else { Vec::new() };
        if kind != Kind::Text {
            cursor.skip()?;
            body.extend_from_slice(cursor.since(begin));
        }
        if !report.budget.spend(RECORD_BYTES + body.len()) {
            return too_costly(begin);
        }
        let end = cursor.at();
        let event = Event::new(body, report.range(begin, end));
        report.push(self.streams.of(None), event, end);
        Ok(())
    }
}

impl DocumentFormat for JsonLines {
    fn fresh(&self) -> Option<Self> {
        Some(Self { streams: self.streams.emptied(), ..*self })
    }

    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let kind = cursor.kind()?;
        if kind != Kind::Object {
            return self.read_bare(kind, cursor, report);
        }
        let record = Record::read(cursor, self.years, &mut report.budget)?;
        let end = cursor.at();
        if let Some(path) = record.repeated_path() {
            let reason =
                format!("the key {path:?} stands more than once in the object; every value was kept");
            report.remark(0, end, reason, None);
        }
        let (service, event) = record.into_event(report.range(0, end));
        report.push(self.streams.of(service.as_deref()), event, end);
        Ok(())
    }
}

#[cfg(test)]
#[path = "json_lines_tests.rs"]
mod tests;
