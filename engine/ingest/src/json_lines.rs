//! Generic JSON lines: any object a line, read as a log event.

use crate::budget::RECORD_BYTES;
use crate::envelope::{self, Envelope};
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::{Report, too_costly};
use crate::probe::Probe;
use crate::record::Record;
use crate::stamp::Years;
use crate::streams::LogStreams;
use cbad::{Event, Field};

/// Reads JSON lines.
pub(crate) struct JsonLines {
    streams: LogStreams,
    years: Years,
    /// Whether objects may hold lists of records.
    enveloped: bool,
}

impl JsonLines {
    pub(crate) fn new(name: String, years: Years, enveloped: bool) -> Self {
        Self { streams: LogStreams::new(name), years, enveloped }
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
        let end = cursor.at();
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

    /// Reads each record of a list, with what stands around the list.
    fn read_list(&mut self, mut envelope: Envelope<'_>, report: &mut Report<'_>) -> Read<()> {
        if envelope.left_out > 0 {
            let at = envelope.list.at();
            let reason = format!(
                "the list of records that begins here has {} long or further value{} around it: passed over",
                envelope.left_out,
                if envelope.left_out == 1 { "" } else { "s" },
            );
            report.remark(at, at, reason, Some("Its records were read; look at the values in the capture."));
        }
        envelope.list.array(|cursor| match cursor.kind()? {
            Kind::Object => self.read_object(cursor, &envelope.around, report),
            kind => self.read_bare(kind, cursor, report),
        })
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
        if self.enveloped {
            let mut ahead = cursor.clone();
            if let (Some(envelope), read) = Envelope::of(&mut ahead, self.years) {
                *cursor = ahead;
                return self.read_list(envelope, report).and(read);
            }
        }
        self.read_object(cursor, &[], report)
    }
}

#[cfg(test)]
#[path = "json_lines_tests.rs"]
mod tests;
