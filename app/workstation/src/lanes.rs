//! Swim lanes: the streams of the heatmap in the height there is. Where they do not all fit, the less unusual ones of each
//! service share a lane; none is dropped. And what stands in the margins of the picture: counts by time and by lane.

use crate::doc::Doc;
use crate::heatmap::Row;
use std::collections::{BTreeMap, BTreeSet};

/// One line of the heatmap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    /// What it is called.
    pub(crate) name: String,
    /// The rows that it shows together, by their places; at least one.
    pub(crate) rows: Vec<usize>,
}

/// Lanes of these rows: one a row where `room` lines or fewer are needed or `is_apart` is asked for. Else the most unusual
/// streams keep lanes of their own for as long as there is room, and the others of each service share one.
pub(crate) fn lanes(rows: &[Row], doc: &Doc, room: usize, is_apart: bool) -> Vec<Lane> {
    let service_of = |place: usize| doc.stream(rows[place].stream).and_then(|row| row.key.service.as_deref());
    let alone = |place: usize| Lane { name: doc.label(rows[place].stream), rows: vec![place] };
    if is_apart || rows.len() <= room {
        return (0..rows.len()).map(alone).collect();
    }
    let services: BTreeSet<Option<&str>> = (0..rows.len()).map(service_of).collect();
    let own = room.saturating_sub(services.len());
    let mut lanes: Vec<Lane> = (0..own).map(alone).collect();
    let mut of_service: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for place in own..rows.len() {
        let lane = *of_service.entry(service_of(place)).or_insert(lanes.len());
        match lanes.get_mut(lane) {
            Some(shared) => shared.rows.push(place),
            None => lanes.push(alone(place)),
        }
    }
    for lane in lanes.iter_mut().filter(|lane| lane.rows.len() > 1) {
        let service = service_of(lane.rows[0]);
        let has_own = (0..own).any(|place| service_of(place) == service);
        let more = if has_own { "more" } else { "streams" };
        let count = crate::words::count(lane.rows.len() as u64);
        lane.name = format!("{} · {count} {more}", case::inert(service.unwrap_or("no service")));
    }
    lanes
}

/// How many parts the whole time of a case is divided into.
const PARTS: usize = 256;

/// Windows and significant windows over the whole time of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Density {
    /// Windows that reach into each part.
    pub(crate) windows: Vec<u32>,
    /// Those of them that are significant.
    pub(crate) flagged: Vec<u32>,
}

impl Density {
    /// Of these rows between the ends of the axis.
    pub(crate) fn of(rows: &[Row], extent: (f64, f64)) -> Self {
        let mut density = Self { windows: vec![0; PARTS], flagged: vec![0; PARTS] };
        let width = extent.1 - extent.0;
        for cell in rows.iter().flat_map(|row| &row.cells).filter(|_| width > 0.0) {
            // Saturating: what lies before the begin is in the first part.
            let part = |at: f64| (((at - extent.0) / width * PARTS as f64) as usize).min(PARTS - 1);
            for part in part(cell.from)..=part(cell.to) {
                density.windows[part] += 1;
                density.flagged[part] += u32::from(cell.flagged);
            }
        }
        density
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heatmap::{Cell, QUANTITIES};

    fn row(stream: u32, cells: &[(f64, bool)]) -> Row {
        let cell = |&(from, flagged): &(f64, bool)| Cell {
            from,
            to: from + 1.0,
            values: [0.5; QUANTITIES],
            window: 0,
            flagged,
        };
        Row::new(stream, cells.iter().map(cell).collect())
    }

    #[test]
    fn streams_of_one_service_share_a_lane_where_there_is_no_room_and_none_is_dropped() {
        let doc = crate::scene::state().doc.expect("the scene has a case");
        // checkout logs, checkout spans, gateway logs.
        let rows = [row(0, &[]), row(2, &[]), row(1, &[])];
        let names = |room, is_apart| -> Vec<(String, Vec<usize>)> {
            lanes(&rows, &doc, room, is_apart).into_iter().map(|lane| (lane.name, lane.rows)).collect()
        };
        assert_eq!(names(3, false).len(), 3);
        assert_eq!(names(1, true).len(), 3, "apart where that is asked for");
        let merged = names(2, false);
        assert_eq!(merged[0], ("checkout · 2 streams".to_owned(), vec![0, 2]));
        assert_eq!(merged[1].1, [1]);
        let many: Vec<Row> = [0, 1, 2, 1, 1].map(|stream| row(stream, &[])).into();
        let filled = lanes(&many, &doc, 4, false);
        let said: Vec<(&str, usize)> =
            filled.iter().map(|lane| (lane.name.as_str(), lane.rows.len())).collect();
        assert_eq!(
            said[..2],
            [("checkout · logs", 1), ("checkout · spans", 1)],
            "as many apart as there is room for"
        );
        assert_eq!(said[2..], [("gateway · logs", 1), ("checkout · 2 more", 2)]);
        let mut all: Vec<usize> = names(0, false).into_iter().flat_map(|(_, rows)| rows).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2], "even without any room");
    }

    #[test]
    fn windows_are_counted_wherever_they_reach_and_none_is_lost() {
        let rows = [row(0, &[(0.0, false), (99.8, true)]), row(1, &[(-5.0, false), (500.0, true)])];
        let density = Density::of(&rows, (0.0, 100.0));
        assert_eq!((density.windows[0], density.windows[2], density.windows[3]), (2, 1, 0));
        assert_eq!((density.flagged[PARTS - 1], density.flagged[0]), (2, 0));
        assert_eq!(Density::of(&rows, (5.0, 5.0)).windows.iter().sum::<u32>(), 0);
    }
}
