//! The series of metrics that are shown, and what was read of them.

use super::{Asked, Desk, times};
use crate::doc::Doc;
use crate::state::State;
use crate::ui::rows::ListState;
use case::Readings;
use std::ops::Range;
use std::sync::Arc;

/// Series that are shown at once.
pub(crate) const MOST_SHOWN: usize = 8;
/// Bins of time: about one for every two points of a wide view.
const BINS: u32 = 400;

/// How several series are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Drawn {
    /// Each in a picture of its own.
    #[default]
    Multiples,
    /// All on one axis.
    Together,
}

/// A reading or a bin of one of the series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) series: usize,
    pub(crate) index: usize,
    pub(crate) time_nanos: i64,
}

/// Series, and what was read of them by time.
type ListedReadings = (Vec<Arc<Readings>>, Arc<Vec<Row>>);

/// The view of metrics.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(super) desk: Desk,
    pub(super) asked: Option<(Vec<u32>, Range<i64>)>,
    pub(super) is_old: bool,
    pub(crate) reading: bool,
    pub(crate) failed: Option<String>,
    /// Streams that are shown, in the order in which they were chosen.
    pub(crate) shown: Vec<u32>,
    /// Whether a person has chosen among them.
    pub(crate) is_chosen: bool,
    pub(crate) read: Vec<Arc<Readings>>,
    pub(crate) filter: String,
    pub(crate) drawn: Drawn,
    pub(crate) list: ListState,
    /// Series, and all that was read of them by time.
    pub(crate) listed: Option<ListedReadings>,
    pub(crate) table_list: ListState,
    pub(crate) read_out: String,
}

impl Metrics {
    /// What was read of a stream.
    pub(crate) fn of(&self, stream: u32) -> Option<&Arc<Readings>> {
        self.read.iter().find(|readings| readings.stream == stream)
    }

    /// Shows a series, or no longer; whether there was room.
    pub(crate) fn toggle(&mut self, stream: u32) -> bool {
        self.is_chosen = true;
        if let Some(at) = self.shown.iter().position(|shown| *shown == stream) {
            self.shown.remove(at);
            return true;
        }
        let is_room = self.shown.len() < MOST_SHOWN;
        if is_room {
            self.shown.push(stream);
        }
        is_room
    }
}

impl State {
    /// Has the series that are shown read over the shared time, where that has not been asked for yet.
    pub(crate) fn want_readings(&mut self, doc: &Doc) {
        let Some(times) = times(self, doc) else { return };
        let metrics = &mut self.telemetry.metrics;
        let wanted = Some((metrics.shown.clone(), times.clone()));
        let is_old = !metrics.reading && std::mem::take(&mut metrics.is_old);
        if !is_old && metrics.asked == wanted {
            return;
        }
        metrics.asked = wanted;
        metrics.reading = !metrics.shown.is_empty();
        let ticket = metrics.desk.ticket();
        if !metrics.shown.is_empty() {
            let what = Asked::Readings { streams: metrics.shown.clone(), times, bins: BINS };
            self.telemetry.ask(what, ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_chosen_and_left_in_turn_and_not_without_end() {
        let mut metrics = Metrics::default();
        assert!((0..MOST_SHOWN as u32).all(|stream| metrics.toggle(stream)));
        assert!(!metrics.toggle(99), "there is no room");
        assert!(metrics.toggle(3) && metrics.toggle(99));
        assert_eq!(metrics.shown, [0, 1, 2, 4, 5, 6, 7, 99]);
    }
}
