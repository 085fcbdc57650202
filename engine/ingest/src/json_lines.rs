//! Generic JSON lines: any object a line, read as a log event.

use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::Report;
use crate::record::Record;
use crate::stamp::Years;
use crate::streams::LogStreams;

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

impl DocumentFormat for JsonLines {
    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        if cursor.kind()? != Kind::Object {
            cursor.skip()?;
            return report.reject_one(0, cursor.at(), "the line holds JSON that is not an object");
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
