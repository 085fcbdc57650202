//! What of a case a person has looked at, and what not: kept beside the other state of its views, since it is no evidence.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::CaseError;
use crate::rows::{CaptureRow, FindingRow, StreamRow};
use crate::store::Case;

/// Under which name the case keeps it.
const KEY: &str = "coverage";

/// What has been looked at. Ranges are half-open, sorted and apart from one another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Looked {
    /// Events that were listed, by stream and position.
    pub events: BTreeMap<u32, Vec<(u64, u64)>>,
    /// Times of what was shown in lists of events and in findings, nanoseconds UTC.
    pub times: Vec<(i64, i64)>,
    /// Findings that were opened, by run.
    pub findings: BTreeMap<i64, BTreeSet<i64>>,
    /// Rows of the list of problems.
    pub problems: Vec<(u64, u64)>,
}

/// Adds a range to others; whether it was not in them.
fn add<T: Ord + Copy>(ranges: &mut Vec<(T, T)>, (start, end): (T, T)) -> bool {
    let first = ranges.partition_point(|range| range.1 < start);
    let last = ranges.partition_point(|range| range.0 <= end);
    if start >= end || ranges[first..last].iter().any(|range| range.0 <= start && end <= range.1) {
        return false;
    }
    let joined =
        ranges[first..last].iter().fold((start, end), |sum, range| (sum.0.min(range.0), sum.1.max(range.1)));
    ranges.splice(first..last, [joined]);
    true
}

/// How much of `within` the ranges cover.
fn covered(ranges: &[(i64, i64)], (start, end): (i64, i64)) -> u64 {
    let part = |range: &(i64, i64)| range.1.min(end).saturating_sub(range.0.max(start)).max(0) as u64;
    ranges.iter().map(part).sum()
}

impl Looked {
    /// Events of a stream were listed, from one position to before another, between these times; whether any was new.
    pub fn see_events(&mut self, stream: u32, events: (u64, u64), times: Option<(i64, i64)>) -> bool {
        let is_new = add(self.events.entry(stream).or_default(), events);
        let is_new_time =
            times.is_some_and(|(start, last)| add(&mut self.times, (start, last.saturating_add(1))));
        is_new || is_new_time
    }

    /// A finding was opened; whether for the first time.
    pub fn see_finding(&mut self, run: i64, row: &FindingRow) -> bool {
        let is_new = self.findings.entry(run).or_default().insert(row.id);
        if let (true, Some(start), Some(end)) = (is_new, row.finding.start_nanos, row.finding.end_nanos) {
            add(&mut self.times, (start, end.saturating_add(1)));
        }
        is_new
    }

    /// Rows of the list of problems were shown; whether any was new.
    pub fn see_problems(&mut self, rows: (u64, u64)) -> bool {
        add(&mut self.problems, rows)
    }

    /// Whether a finding of a run was opened.
    pub fn has_finding(&self, run: i64, finding: i64) -> bool {
        self.findings.get(&run).is_some_and(|seen| seen.contains(&finding))
    }

    /// Everything that was looked at in either.
    pub fn join(&mut self, other: &Self) {
        for (stream, ranges) in &other.events {
            let own = self.events.entry(*stream).or_default();
            for range in ranges {
                add(own, *range);
            }
        }
        for range in &other.times {
            add(&mut self.times, *range);
        }
        for range in &other.problems {
            add(&mut self.problems, *range);
        }
        for (run, seen) in &other.findings {
            self.findings.entry(*run).or_default().extend(seen);
        }
    }
}

/// How much of one stream was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCoverage {
    /// The stream.
    pub stream: u32,
    /// Its capture.
    pub capture: i64,
    /// Its label. Text from the capture.
    pub label: String,
    /// Its events.
    pub events: u64,
    /// Those that were listed.
    pub events_seen: u64,
    /// Its findings in the run.
    pub findings: u64,
    /// Those that were opened.
    pub findings_seen: u64,
}

/// How much of one capture was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureCoverage {
    /// The capture.
    pub capture: i64,
    /// Its file name.
    pub file_name: String,
    /// Its streams.
    pub streams: u64,
    /// Those of which anything was listed or opened.
    pub streams_seen: u64,
}

/// What has been looked at and what not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every stream, in the order of the case.
    pub streams: Vec<StreamCoverage>,
    /// Every capture.
    pub captures: Vec<CaptureCoverage>,
    /// Findings of the run that were not opened, by rank.
    pub findings_unseen: Vec<i64>,
    /// Findings of the run.
    pub findings: u64,
    /// Significant findings that were not opened.
    pub significant_unseen: u64,
    /// Problems, and those that were read.
    pub problems: u64,
    /// Those that were read.
    pub problems_seen: u64,
    /// Time of the case from its first event to its last, nanoseconds.
    pub nanos: u64,
    /// Time that was shown in lists of events and in findings.
    pub nanos_seen: u64,
}

impl Coverage {
    /// What `looked` is of a case with these captures, streams and findings of a run.
    pub fn of(
        looked: &Looked,
        captures: &[CaptureRow],
        streams: &[StreamRow],
        run: Option<i64>,
        findings: &[FindingRow],
    ) -> Self {
        let is_seen = |row: &&FindingRow| run.is_some_and(|run| looked.has_finding(run, row.id));
        let stream = |row: &StreamRow| {
            let seen = looked.events.get(&row.id).map_or(&[][..], Vec::as_slice);
            let own = findings.iter().filter(|finding| finding.stream.id == row.id);
            StreamCoverage {
                stream: row.id,
                capture: row.capture,
                label: row.key.label(),
                events: row.events,
                events_seen: seen.iter().map(|range| range.1.min(row.events).saturating_sub(range.0)).sum(),
                findings: own.clone().count() as u64,
                findings_seen: own.filter(is_seen).count() as u64,
            }
        };
        let streams: Vec<StreamCoverage> = streams.iter().map(stream).collect();
        let capture = |row: &CaptureRow| {
            let own = streams.iter().filter(|stream| stream.capture == row.id);
            let seen = own.clone().filter(|stream| stream.events_seen + stream.findings_seen > 0);
            CaptureCoverage {
                capture: row.id,
                file_name: row.file_name.clone(),
                streams: own.count() as u64,
                streams_seen: seen.count() as u64,
            }
        };
        let unseen = || findings.iter().filter(|row| !is_seen(row));
        let problems = captures.iter().map(|row| row.rejected + row.notes).sum();
        let start = captures.iter().filter_map(|row| row.start_nanos).min();
        let end = captures.iter().filter_map(|row| row.end_nanos).max().map(|end| end.saturating_add(1));
        let all = start.zip(end);
        Self {
            captures: captures.iter().map(capture).collect(),
            findings_unseen: unseen().map(|row| row.id).collect(),
            findings: findings.len() as u64,
            significant_unseen: unseen().filter(|row| row.finding.flagged).count() as u64,
            problems,
            problems_seen: looked
                .problems
                .iter()
                .map(|range| range.1.min(problems).saturating_sub(range.0))
                .sum(),
            nanos: all.map_or(0, |(start, end)| end.saturating_sub(start).max(0) as u64),
            nanos_seen: all.map_or(0, |all| covered(&looked.times, all)),
            streams,
        }
    }
}

impl Case {
    /// What has been looked at; nothing where a later version kept it otherwise.
    pub fn looked(&self) -> Result<Looked, CaseError> {
        let kept = self.view_state(KEY)?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Keeps what has been looked at, beside what was kept before.
    pub fn keep_looked(&mut self, looked: &Looked) -> Result<(), CaseError> {
        let mut all = self.looked()?;
        all.join(looked);
        self.keep_view_state(KEY, &crate::analyze::json(&all))
    }

    /// What has been looked at of the case and of its latest run, and what not.
    pub fn coverage(&self) -> Result<Coverage, CaseError> {
        let run = self.latest_run()?.map(|run| run.id);
        let findings = run.map(|run| self.findings(run)).transpose()?.unwrap_or_default();
        Ok(Coverage::of(&self.looked()?, &self.captures()?, &self.streams()?, run, &findings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_are_one_and_what_is_known_is_not_new() {
        let mut looked = Looked::default();
        for (events, is_new) in [
            ((10, 20), true),
            ((12, 18), false),
            ((20, 25), true),
            ((40, 50), true),
            ((5, 41), true),
            ((7, 7), false),
        ] {
            assert_eq!(looked.see_events(3, events, None), is_new, "{events:?}");
        }
        assert_eq!(looked.events[&3], [(5, 50)]);
        assert!(looked.see_events(3, (6, 7), Some((100, 109))), "the time is new");
        assert_eq!(covered(&looked.times, (105, 1000)), 5);
        let mut other = Looked::default();
        other.see_problems((0, 9));
        other.see_events(3, (60, 61), None);
        looked.join(&other);
        assert_eq!((&looked.events[&3][..], &looked.problems[..]), (&[(5, 50), (60, 61)][..], &[(0, 9)][..]));
    }
}
