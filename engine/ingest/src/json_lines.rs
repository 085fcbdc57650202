//! Generic JSON lines: any object a line, read as a log event.

use crate::budget::RECORD_BYTES;
use crate::envelope::{self, Envelope, List, Of};
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::{Report, too_costly};
use crate::probe::Probe;
use crate::record::Record;
use crate::series::Series;
use crate::stamp::Years;
use crate::streams::{LogStreams, OtlpStreams};
use cbad::{Event, Field, StreamKey};
use std::sync::Arc;

/// Reads JSON lines.
pub(crate) struct JsonLines {
    streams: LogStreams,
    metrics: OtlpStreams,
    years: Years,
    /// Whether objects may hold lists of records, or series.
    enveloped: bool,
}

impl JsonLines {
    pub(crate) fn new(name: String, years: Years, enveloped: bool) -> Self {
        Self { streams: LogStreams::new(name), metrics: OtlpStreams::default(), years, enveloped }
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

    fn read_object(
        &mut self,
        cursor: &mut Cursor<'_>,
        around: &[Field],
        report: &mut Report<'_>,
    ) -> Read<()> {
        let begin = cursor.at();
        let record = Record::read(cursor, self.years, &mut report.budget)?;
        self.push(record, around, begin, cursor.at(), report)
    }

    fn push(
        &mut self,
        record: Record,
        around: &[Field],
        begin: usize,
        end: usize,
        report: &mut Report<'_>,
    ) -> Read<()> {
        if let Some(path) = record.repeated_path() {
            let reason =
                format!("the key {path:?} stands more than once in the object; every value was kept");
            report.remark(begin, end, reason, None);
        }
        let (service, mut event) = record.into_event(report.range(begin, end));
        if !around.iter().all(|field| report.budget.spend(envelope::bytes_of(field))) {
            return too_costly(begin);
        }
        event.fields.extend_from_slice(around);
        report.push(self.streams.of(service.as_deref()), event, end);
        Ok(())
    }

    /// Reads a row of named values, or of values under names, as a record; what is no such row stands as it is written.
    fn read_row(
        &mut self,
        cursor: &mut Cursor<'_>,
        (of, around): (&Of, &[Field]),
        report: &mut Report<'_>,
    ) -> Read<()> {
        let begin = cursor.at();
        let mut ahead = cursor.clone();
        let row = match of {
            Of::Table(columns) => Some(columns.read_row(&mut ahead, self.years, &mut report.budget)?),
            _ => envelope::row_of(&mut ahead, self.years, &mut report.budget)?,
        };
        match row {
            Some(record) => {
                *cursor = ahead;
                self.push(record, around, begin, cursor.at(), report)
            }
            None => self.read_bare(Kind::Array, cursor, report),
        }
    }

    /// Reads the object as a series, where it is one.
    fn read_series(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Option<Read<()>> {
        let begin = cursor.at();
        let mut ahead = cursor.clone();
        let (series, read) = Series::of(&mut ahead);
        let series = series?;
        *cursor = ahead;
        if series.left_out > 0 {
            let plural = if series.left_out == 1 { "" } else { "s" };
            let reason = format!(
                "the series that begins here has {} more member{plural} than labels and points: passed over",
                series.left_out,
            );
            report.remark(begin, begin, reason, Some("Its points were read; look at it in the capture."));
        }
        Some(series.read(&mut self.streams, &mut self.metrics, self.years, report).and(read))
    }

    /// Reads each record of the lists, with what stands around them.
    fn read_lists(&mut self, envelope: &Envelope<'_>, report: &mut Report<'_>) -> Read<()> {
        if let (true, [first, ..]) = (envelope.left_out > 0, &envelope.lists[..]) {
            let at = first.begin.at();
            let reason = format!(
                "the list of records that begins here has {} long or further value{} around it: passed over",
                envelope.left_out,
                if envelope.left_out == 1 { "" } else { "s" },
            );
            report.remark(at, at, reason, Some("Its records were read; look at the values in the capture."));
        }
        for list in &envelope.lists {
            list.begin.clone().array(|cursor| match cursor.kind()? {
                Kind::Object => self.read_element(cursor, envelope, list, report),
                Kind::Array => self.read_row(cursor, (&list.of, &envelope.around), report),
                kind => self.read_bare(kind, cursor, report),
            })?;
        }
        Ok(())
    }

    /// Reads a series, or the records of a list inside this one, or a record.
    fn read_element<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        envelope: &Envelope<'a>,
        list: &List<'_>,
        report: &mut Report<'_>,
    ) -> Read<()> {
        if let Some(read) = self.read_series(cursor, report) {
            return read;
        }
        if list.of == Of::Lists {
            let mut ahead = cursor.clone();
            if let (Some(inner), read) = envelope.within(list, &mut ahead, self.years) {
                *cursor = ahead;
                return self.read_lists(&inner, report).and(read);
            }
        }
        self.read_object(cursor, &envelope.around, report)
    }
}

impl DocumentFormat for JsonLines {
    fn fresh(&self) -> Option<Self> {
        Some(Self { streams: self.streams.emptied(), metrics: OtlpStreams::default(), ..*self })
    }

    fn foreign(&mut self) -> Option<(Arc<StreamKey>, Years)> {
        Some((self.streams.of(None), self.years))
    }

    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let kind = cursor.kind()?;
        if kind != Kind::Object {
            return self.read_bare(kind, cursor, report);
        }
        if self.enveloped {
            let mut ahead = cursor.clone();
            if let (Some(envelope), read) = Envelope::of(&mut ahead, self.years) {
                *cursor = ahead;
                return self.read_lists(&envelope, report).and(read);
            }
            if let Some(read) = self.read_series(cursor, report) {
                return read;
            }
        }
        self.read_object(cursor, &[], report)
    }
}

#[cfg(test)]
#[path = "json_lines_tests.rs"]
mod tests;
