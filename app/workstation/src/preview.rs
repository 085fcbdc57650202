//! What another level would flag, from the windows that a run has stored.

use crate::doc::Axis;
use crate::telemetry::Ticket;
use case::{Case, CaseError};
use cbad::Watch as _;

/// A stretch of one stream that would be flagged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stretch {
    /// The stream.
    pub(crate) stream: u32,
    /// From where to where, on the shared axis.
    pub(crate) span: (f64, f64),
    /// Whether its windows were tested; else it would be flagged at most.
    pub(crate) is_certain: bool,
}

/// What one level would flag.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Previewed {
    /// The false discovery rate.
    pub(crate) alpha: f64,
    /// Windows that would be flagged.
    pub(crate) flagged: u64,
    /// Windows more that would be flagged at most: the run did not test them.
    pub(crate) at_most: u64,
    /// Both kinds, overlapping windows joined, by stream.
    pub(crate) stretches: Vec<Stretch>,
}

/// What `alpha` would flag in these streams of a run.
pub(crate) fn of(
    case: &Case,
    run: i64,
    streams: &[u32],
    axis: Axis,
    alpha: f64,
    ticket: &Ticket,
) -> Result<Previewed, CaseError> {
    let mut all = Previewed { alpha, ..Previewed::default() };
    for &stream in streams {
        if ticket.cancelled() {
            return Err(CaseError::Cancelled);
        }
        let windows = case.windows(run, stream)?;
        let of_stream = cbad::preview(&windows, alpha);
        all.flagged += of_stream.flagged.len() as u64;
        all.at_most += of_stream.at_most.len() as u64;
        for (places, is_certain) in [(of_stream.flagged, true), (of_stream.at_most, false)] {
            let spans = places.into_iter().filter_map(|place| axis.of_window(&windows[place]));
            all.stretches.extend(joined(spans).into_iter().map(|span| Stretch { stream, span, is_certain }));
        }
    }
    Ok(all)
}

/// Spans in ascending order, those that touch made one.
fn joined(spans: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_are_one() {
        let spans = [(0.0, 2.0), (1.0, 1.5), (2.0, 3.0), (5.0, 6.0)];
        assert_eq!(joined(spans.into_iter()), [(0.0, 3.0), (5.0, 6.0)]);
        assert!(joined(std::iter::empty()).is_empty());
    }
}
