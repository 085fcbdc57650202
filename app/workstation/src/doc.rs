//! The open case as the views need it: rows from the case file, and one axis for all of them.

use crate::names::Names;
use case::{CaptureRow, FindingRow, RunRow, StreamRow};
use cbad::{Finding, WindowScore};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is selected; the same in every view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Selection {
    /// Nothing.
    #[default]
    Nothing,
    /// A stream.
    Stream(u32),
    /// A finding, by its rank.
    Finding(i64),
    /// A window of a stream.
    Window {
        /// The stream.
        stream: u32,
        /// Index among its windows.
        index: u32,
    },
    /// An event of a stream.
    Event {
        /// The stream.
        stream: u32,
        /// Position in the stream.
        position: u64,
    },
}

/// What runs from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Axis {
    /// Seconds since an origin: the capture says when.
    Time {
        /// Nanoseconds UTC at 0. Seconds from here keep nanoseconds apart in an `f64`, seconds since 1970 would not.
        origin_nanos: i64,
    },
    /// Position in the stream: no event of the capture says when.
    Position,
}

impl Axis {
    /// Where a time stands.
    pub(crate) fn of_nanos(self, nanos: i64) -> Option<f64> {
        match self {
            Self::Time { origin_nanos } => Some((i128::from(nanos) - i128::from(origin_nanos)) as f64 / 1e9),
            Self::Position => None,
        }
    }

    /// The time at a place.
    pub(crate) fn nanos(self, x: f64) -> Option<i64> {
        match self {
            // Saturating float-to-integer conversion keeps far places at the ends of time.
            Self::Time { origin_nanos } => Some(origin_nanos.saturating_add((x * 1e9) as i64)),
            Self::Position => None,
        }
    }

    /// The times at the ends of a range.
    pub(crate) fn times(self, range: (f64, f64)) -> Option<(i64, i64)> {
        self.nanos(range.0).zip(self.nanos(range.1))
    }

    /// From where to where a stretch of time reaches.
    pub(crate) fn range(self, times: (i64, i64)) -> Option<(f64, f64)> {
        self.of_nanos(times.0).zip(self.of_nanos(times.1))
    }

    /// From where to where a window reaches; `None` where the axis is time and it has none.
    pub(crate) fn of_window(self, window: &WindowScore) -> Option<(f64, f64)> {
        self.of(window.start_nanos, window.end_nanos, window.first_event, window.last_event)
    }

    /// From where to where a finding reaches.
    pub(crate) fn of_finding(self, finding: &Finding) -> Option<(f64, f64)> {
        self.of(finding.start_nanos, finding.end_nanos, finding.first_event, finding.last_event)
    }

    fn of(self, start: Option<i64>, end: Option<i64>, first: u64, last: u64) -> Option<(f64, f64)> {
        match self {
            Self::Time { .. } => {
                let from = self.of_nanos(start?)?;
                Some((from, self.of_nanos(end?)?.max(from)))
            }
            Self::Position => Some((first as f64, last as f64 + 1.0)),
        }
    }

    /// The words at a place of the axis.
    pub(crate) fn say(self, x: f64) -> String {
        match self.nanos(x) {
            Some(nanos) => crate::words::time(nanos),
            None => format!("event {}", crate::words::count(x.max(0.0) as u64)),
        }
    }
}

/// An open case.
#[derive(Clone, Debug)]
pub(crate) struct Doc {
    /// The case file.
    pub(crate) path: PathBuf,
    /// Its captures.
    pub(crate) captures: Vec<CaptureRow>,
    /// Its streams, by id.
    pub(crate) streams: Vec<StreamRow>,
    /// The analysis that is shown.
    pub(crate) run: Option<RunRow>,
    /// Every complete analysis, oldest first.
    pub(crate) runs: Vec<RunRow>,
    /// Its findings, by rank.
    pub(crate) findings: Vec<FindingRow>,
    /// The shared axis.
    pub(crate) axis: Axis,
    /// Its ends.
    pub(crate) extent: (f64, f64),
    /// How the codecs that made the run differ from those of this program, in words; mostly empty.
    pub(crate) differences: Vec<String>,
    /// Captures whose events were taken out for good.
    pub(crate) purges: Vec<case::PurgeRow>,
    /// The case whose streams are the baseline of the run, where there is one and this case knows where it lies.
    pub(crate) anchor: Option<PathBuf>,
    /// Ids of the streams that have windows: those with the most unusual findings first, then by id.
    pub(crate) scored: Vec<u32>,
    /// Whether the file opens with a passphrase only.
    pub(crate) is_encrypted: bool,
    /// Names of its streams where there is little room.
    pub(crate) names: Names,
}

impl Doc {
    /// A case of these rows.
    pub(crate) fn new(
        path: PathBuf,
        captures: Vec<CaptureRow>,
        streams: Vec<StreamRow>,
        run: Option<RunRow>,
        runs: Vec<RunRow>,
        findings: Vec<FindingRow>,
    ) -> Self {
        let (axis, extent) = axis_of(&streams);
        let differences = run.as_ref().map_or_else(Vec::new, |run| cbad::differences(&run.codecs));
        let (purges, scored) = (Vec::new(), Vec::new());
        let is_encrypted = case::Case::is_encrypted(&path);
        let names = Names::of(&streams);
        let mut doc = Self {
            path,
            captures,
            streams,
            run,
            runs,
            findings,
            axis,
            extent,
            differences,
            purges,
            anchor: None,
            scored,
            is_encrypted,
            names,
        };
        doc.scored = doc.by_interest();
        doc
    }

    /// The stream with this id.
    pub(crate) fn stream(&self, id: u32) -> Option<&StreamRow> {
        // Dense from 0 over the case.
        self.streams.get(id as usize).filter(|stream| stream.id == id)
    }

    /// The name of a stream where there is little room.
    pub(crate) fn label(&self, stream: u32) -> String {
        self.stream(stream).map(|row| self.names.label(row)).unwrap_or_default()
    }

    /// The finding with this rank.
    pub(crate) fn finding(&self, id: i64) -> Option<&FindingRow> {
        self.findings.iter().find(|finding| finding.id == id)
    }

    /// Whether the run with this number was taken out of the case.
    pub(crate) fn is_gone(&self, run: Option<i64>) -> bool {
        run.is_some_and(|id| self.runs.iter().all(|known| known.id != id))
    }

    /// Windows that the run scored in a stream, and why there are none.
    pub(crate) fn summary(&self, stream: u32) -> Option<&case::StreamSummary> {
        // One a stream, by stream id from 0.
        self.run.as_ref()?.streams.get(stream as usize).filter(|summary| summary.stream == stream)
    }

    fn by_interest(&self) -> Vec<u32> {
        let mut ranks = std::collections::BTreeMap::new();
        for (rank, row) in self.findings.iter().enumerate() {
            ranks.entry(row.stream.id).or_insert(rank);
        }
        let rank = |stream: u32| ranks.get(&stream).copied().unwrap_or(self.findings.len());
        let scored = |stream: &&StreamRow| self.summary(stream.id).is_some_and(|summary| summary.windows > 0);
        let mut ids: Vec<u32> = self.streams.iter().filter(scored).map(|stream| stream.id).collect();
        ids.sort_by_key(|&id| (rank(id), id));
        ids
    }

    /// Whether all of the case lies within one day, so that the day goes without saying.
    pub(crate) fn within_a_day(&self) -> bool {
        match (self.axis.nanos(self.extent.0), self.axis.nanos(self.extent.1)) {
            (Some(start), Some(end)) => {
                let day = |nanos: i64| {
                    (nanos.div_euclid(1_000_000_000) + i64::from(crate::words::offset_seconds(nanos)))
                        .div_euclid(86_400)
                };
                day(start) == day(end)
            }
            _ => false,
        }
    }

    /// The file name of the case.
    pub(crate) fn name(&self) -> String {
        case::inert(crate::words::file_name(&self.path))
    }
}

fn axis_of(streams: &[StreamRow]) -> (Axis, (f64, f64)) {
    let start = streams.iter().filter_map(|s| s.start_nanos).min();
    let end = streams.iter().filter_map(|s| s.end_nanos).max();
    if let (Some(start), Some(end)) = (start, end) {
        let axis = Axis::Time { origin_nanos: start };
        let length = axis.of_nanos(end).unwrap_or(0.0);
        return (axis, (0.0, if length > 0.0 { length } else { 1.0 }));
    }
    let longest = streams.iter().map(|s| s.events).max().unwrap_or(0);
    (Axis::Position, (0.0, longest.max(1) as f64))
}

/// The range of `extent` after it is zoomed by `factor` (above 1: closer) around `at` and moved by `by`, kept inside.
pub(crate) fn moved(range: (f64, f64), extent: (f64, f64), factor: f64, at: f64, by: f64) -> (f64, f64) {
    let whole = extent.1 - extent.0;
    // A millionth of the whole is where 64-bit seconds over years still tell columns apart.
    let width = ((range.1 - range.0) / factor).clamp(whole * 1e-6, whole);
    let share = ((at - range.0) / (range.1 - range.0)).clamp(0.0, 1.0);
    let from = (at - share * width + by).clamp(extent.0, extent.1 - width);
    (from, from + width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoom_and_pan_stay_inside_the_case() {
        let all = (0.0, 100.0);
        for (range, factor, at, by, expected) in [
            (all, 2.0, 50.0, 0.0, (25.0, 75.0)),
            (all, 2.0, 0.0, 0.0, (0.0, 50.0)),
            (all, 0.5, 50.0, 0.0, all),
            ((20.0, 40.0), 1.0, 30.0, 15.0, (35.0, 55.0)),
            ((20.0, 40.0), 1.0, 30.0, 500.0, (80.0, 100.0)),
            ((20.0, 40.0), 1.0, 30.0, -500.0, (0.0, 20.0)),
        ] {
            assert_eq!(moved(range, all, factor, at, by), expected, "{range:?} {factor} {at} {by}");
        }
        let deep = (0..200).fold(all, |range, _| moved(range, all, 1.5, 33.0, 0.0));
        assert!(deep.1 > deep.0 && deep.0 <= 33.0 && deep.1 >= 33.0, "{deep:?}");
    }

    #[test]
    fn times_come_back_from_the_axis() {
        let origin_nanos = 1_763_700_000_123_456_789;
        let axis = Axis::Time { origin_nanos };
        for offset in [0, 1, 999_999_999, 86_400_000_000_000] {
            let x = axis.of_nanos(origin_nanos + offset).expect("a time axis");
            let back = axis.nanos(x).expect("a time axis");
            assert!((back - origin_nanos - offset).abs() <= 16, "{offset}");
        }
        assert_eq!(Axis::Position.nanos(4.0), None);
        assert_eq!(Axis::Position.say(1234.9), "event 1,234");
    }
}
