//! The events that the list shows, written to a file or copied, as a task.

use crate::filter::Listed;
use crate::hits::Hits;
use crate::words::{self, Zone};
use crate::work::{Failure, Finished, TaskWatch};
use case::{Case, CaseError, EventFormat, EventWriter};
use cbad::{Stage, Watch as _};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Events read at once; progress and cancelling come between.
const AT_ONCE: u64 = 512;

/// Most events that are copied: more is for a file.
pub(crate) const MOST_COPIED: u64 = 10_000;

/// What is written.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// The case.
    pub(crate) case: PathBuf,
    /// The stream, and its label.
    pub(crate) stream: u32,
    /// Its label.
    pub(crate) label: String,
    /// How many events the stream has.
    pub(crate) events: u64,
    /// The first and the last moment, where only the time shown is listed.
    pub(crate) times: Option<(i64, i64)>,
    /// The events that fit, where only these are listed.
    pub(crate) hits: Option<Hits>,
    /// Fields with columns of their own.
    pub(crate) columns: Vec<String>,
    /// The zone that times are shown in.
    pub(crate) zone: Zone,
}

impl Export {
    /// The rows of the list.
    fn listed(&self, case: &Case) -> Result<Listed, CaseError> {
        let shown = match self.times {
            // The case takes half-open ranges; the last event of the case stands on the end.
            Some((start, end)) => case.event_positions_at(self.stream, start, end.saturating_add(1))?,
            None => 0..self.events,
        };
        Ok(match &self.hits {
            Some(hits) => Listed::Hits(hits.rank(shown.start)..hits.rank(shown.end)),
            None => Listed::All(shown),
        })
    }
}

/// What was written.
struct Told {
    events: u64,
    /// Damaged in the case.
    lost: u64,
    /// Of so many rows of the list.
    of: u64,
}

enum Stop {
    Case(CaseError),
    Io(io::Error),
}

impl From<CaseError> for Stop {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The format that a file's name asks for.
pub(crate) fn format_of(path: &Path) -> EventFormat {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("jsonl" | "json" | "ndjson") => EventFormat::JsonColumns,
        _ => EventFormat::Csv,
    }
}

/// Writes the events to a file, which is there when all of them are.
pub(crate) fn to_file(what: &Export, path: &Path, watch: &TaskWatch) -> Result<Finished, Failure> {
    let mut part: OsString = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = std::fs::File::create(&part).map_err(Stop::from).and_then(|file| {
        let mut out = BufWriter::new(file);
        let told = write(what, format_of(path), &mut out, u64::MAX, watch)?;
        out.flush()?;
        std::fs::rename(&part, path)?;
        Ok(told)
    });
    if written.is_err() {
        // What is there of it is of no use; where it cannot be removed it does no harm.
        let _ = std::fs::remove_file(&part);
    }
    match written {
        Ok(Told { events, lost, .. }) => Ok(Finished::Exported { path: path.to_owned(), events, lost }),
        Err(Stop::Case(CaseError::Cancelled)) => Ok(Finished::Stopped("No file was written.".to_owned())),
        Err(Stop::Case(error)) => Err(Failure::new("Could not export the events", error)),
        Err(Stop::Io(error)) => Err(Failure::new(
            "Could not write the events",
            format!("{}: {error}. Choose another place.", path.display()),
        )),
    }
}

/// The first of the events as CSV.
pub(crate) fn to_text(what: &Export, watch: &TaskWatch) -> Result<Finished, Failure> {
    let mut out = Vec::new();
    match write(what, EventFormat::Csv, &mut out, MOST_COPIED, watch) {
        Ok(Told { events, lost, of }) => {
            Ok(Finished::Copied { text: String::from_utf8_lossy(&out).into_owned(), events, lost, of })
        }
        Err(Stop::Case(CaseError::Cancelled)) => Ok(Finished::Stopped("Nothing was copied.".to_owned())),
        Err(Stop::Case(error)) => Err(Failure::new("Could not copy the events", error)),
        Err(Stop::Io(error)) => Err(Failure::new("Could not copy the events", error)),
    }
}

/// Writes so many rows at most.
fn write(
    what: &Export,
    format: EventFormat,
    out: &mut dyn Write,
    most: u64,
    watch: &TaskWatch,
) -> Result<Told, Stop> {
    let case = Case::open_read_only(&what.case)?;
    let listed = what.listed(&case)?;
    let rows = listed.len().min(most);
    let zone = what.zone;
    let writer = EventWriter::new(format, what.columns.clone());
    let writer = writer.with_times(move |nanos| words::rfc3339(zone, nanos));
    writer.begin(out)?;
    let (mut events, mut wanted) = (0, 0);
    for first in (0..rows).step_by(AT_ONCE as usize) {
        if watch.cancelled() {
            return Err(CaseError::Cancelled.into());
        }
        for range in runs(&listed, what.hits.as_ref(), first..rows.min(first + AT_ONCE)) {
            wanted += range.end - range.start;
            for row in case.events_readable(what.stream, range)?.events {
                writer.event(out, what.stream, &what.label, &row)?;
                events += 1;
            }
        }
        watch.progress(Stage::Prepare, rows.min(first + AT_ONCE), rows);
    }
    Ok(Told { events, lost: wanted - events, of: listed.len() })
}

/// Positions of these rows, neighbours together.
fn runs(listed: &Listed, hits: Option<&Hits>, rows: Range<u64>) -> Vec<Range<u64>> {
    let (none, mut runs) = (Hits::default(), Vec::<Range<u64>>::new());
    for position in rows.filter_map(|row| listed.position(hits.unwrap_or(&none), row)) {
        match runs.last_mut() {
            Some(last) if last.end == position => last.end += 1,
            _ => runs.push(position..position + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_read_together_and_the_name_decides_the_format() {
        let mut hits = Hits::default();
        hits.extend(&[2, 3, 4, 9, 10, 40]);
        assert_eq!(runs(&Listed::Hits(1..6), Some(&hits), 0..5), [3..5, 9..11, 40..41]);
        let all = runs(&Listed::All(7..1000), None, 0..512);
        assert_eq!(all, std::iter::once(7..519).collect::<Vec<_>>());
        for (name, format) in [
            ("a.csv", EventFormat::Csv),
            ("a", EventFormat::Csv),
            ("a.JSONL", EventFormat::JsonColumns),
            ("a.b.ndjson", EventFormat::JsonColumns),
        ] {
            assert_eq!(format_of(Path::new(name)), format, "{name}");
        }
    }
}
