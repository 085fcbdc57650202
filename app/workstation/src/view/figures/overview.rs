//! What the pictures of the overview draw: windows of a stream and of all streams in the time shown, and of the whole case.

use super::{Cells, Figures, Picture};
use crate::doc::Doc;
use crate::state::State;
use crate::view::tables::{Column, WINDOWS, column, names, numbers, window_texts};
use crate::words;
use std::sync::Arc;

const HEATMAP: [Column; 8] = [
    names("Lane", 230.0, "The line of the heatmap; of several streams that share it, whose and how many."),
    names("Stream", 230.0, "The stream whose window stands out most there."),
    column("From", 186.0, "Where the cell begins, in the zone shown below the views."),
    column("To", 186.0, "Where it ends."),
    column("Quantity", 126.0, "What the colours are, with its unit; NCD has none."),
    numbers("Value", 84.0, "The largest value of the windows that reach into the cell."),
    numbers("Window", 70.0, "The window that has it, as an index among the windows of the stream."),
    column("Significant", 84.0, "Whether any window in the cell is significant."),
];

const OVER_TIME: [Column; 3] = [
    column("From", 200.0, "Where the bar begins, in the zone shown below the views."),
    column("To", 200.0, "Where it ends."),
    numbers("Lanes", 80.0, "Lanes with a significant window there; times without one are left out."),
];

const BY_LANE: [Column; 3] = [
    names("Lane", 340.0, "The line of the heatmap."),
    numbers("Streams", 80.0, "Streams that share it."),
    numbers("Windows", 150.0, "Its significant windows in the time shown."),
];

const ALL_TIME: [Column; 4] = [
    column("From", 200.0, "Where the bar begins, in the zone shown below the views."),
    column("To", 200.0, "Where it ends."),
    numbers("Windows", 90.0, "Windows of all streams that reach into it; times without one are left out."),
    numbers("Significant", 100.0, "Those of them that are significant."),
];

/// The tables of everything that the overview draws now.
pub(in crate::view) fn all(state: &State) -> Vec<Figures> {
    let Some(doc) = &state.doc else { return Vec::new() };
    let made = [
        timeline(state, doc),
        heatmap(state, doc),
        over_time(state, doc),
        by_lane(state),
        all_time(state, doc),
    ];
    made.into_iter().flatten().collect()
}

/// The windows of the stream that reach into the time shown.
fn timeline(state: &State, doc: &Doc) -> Option<Figures> {
    let data = state.data.clone()?;
    let range = state.range;
    let is_shown = |window: &cbad::WindowScore| {
        doc.axis.of_window(window).is_some_and(|(from, to)| to >= range.0 && from <= range.1)
    };
    let shown: Vec<usize> = (0..data.windows.len()).filter(|&at| is_shown(&data.windows[at])).collect();
    let rows = shown.len() as u64;
    let texts = move |made: Cells, row: u64| window_texts(&data.windows[shown[row as usize]], made);
    Some(Figures::told(Picture::Timeline, &WINDOWS, rows, texts))
}

/// Every cell that has a window.
fn heatmap(state: &State, doc: &Arc<Doc>) -> Option<Figures> {
    let binned = state.heat.binned.clone()?;
    let (lanes, doc) = (Arc::clone(&state.heat.lanes), Arc::clone(doc));
    let cells = |lane| (0..binned.columns).map(move |column| (lane as u32, column as u32));
    let drawn: Vec<(u32, u32)> = (0..binned.streams.len())
        .flat_map(cells)
        .filter(|&(lane, column)| binned.at(lane as usize, column as usize).is_some())
        .collect();
    let rows = drawn.len() as u64;
    let texts = move |made: Cells, row: u64| {
        let (lane, column) = drawn[row as usize];
        let Some(bin) = binned.at(lane as usize, column as usize) else { return Default::default() };
        let (from, to) = part(binned.range, binned.columns, column as usize);
        [
            lanes.get(lane as usize).map(|lane| lane.name.clone()).unwrap_or_default(),
            doc.label(bin.stream),
            made.place(doc.axis, from),
            made.place(doc.axis, to),
            binned.shown.label(),
            made.number(bin.value.into(), 3),
            bin.window.to_string(),
            if bin.flagged { "yes" } else { "no" }.to_owned(),
        ]
    };
    Some(Figures::told(Picture::Heatmap, &HEATMAP, rows, texts))
}

/// The ends of one of so many equal parts of a range.
fn part(range: (f64, f64), parts: usize, number: usize) -> (f64, f64) {
    let width = (range.1 - range.0) / parts.max(1) as f64;
    (range.0 + width * number as f64, range.0 + width * (number + 1) as f64)
}

fn over_time(state: &State, doc: &Doc) -> Option<Figures> {
    let binned = state.heat.binned.as_ref()?;
    let drawn = binned.in_columns.iter().enumerate().filter(|(_, count)| **count > 0);
    let drawn = drawn.map(|(number, &count)| (part(binned.range, binned.in_columns.len(), number), count));
    let (axis, drawn): (_, Vec<((f64, f64), u32)>) = (doc.axis, drawn.collect());
    Some(Figures::told(Picture::OverTime, &OVER_TIME, drawn.len() as u64, move |made, row| {
        let ((from, to), count) = drawn[row as usize];
        [made.place(axis, from), made.place(axis, to), count.to_string()]
    }))
}

fn by_lane(state: &State) -> Option<Figures> {
    let binned = state.heat.binned.as_ref()?;
    let rows = state.heat.lanes.iter().zip(&binned.in_lanes).map(|(lane, &count)| {
        [lane.name.clone(), lane.rows.len().to_string(), words::count(u64::from(count))]
    });
    Some(Figures::new(Picture::ByLane, &BY_LANE, rows))
}

fn all_time(state: &State, doc: &Doc) -> Option<Figures> {
    let density = state.heat.density.as_ref()?;
    let parts = density.windows.len();
    let drawn =
        density.windows.iter().zip(&density.flagged).enumerate().filter(|(_, (windows, _))| **windows > 0);
    let drawn =
        drawn.map(|(number, (&windows, &flagged))| (part(doc.extent, parts, number), windows, flagged));
    let (axis, drawn) = (doc.axis, drawn.collect::<Vec<_>>());
    Some(Figures::told(Picture::AllTime, &ALL_TIME, drawn.len() as u64, move |made, row| {
        let ((from, to), windows, flagged) = drawn[row as usize];
        let [windows, flagged] = [windows, flagged].map(|count| words::count(u64::from(count)));
        [made.place(axis, from), made.place(axis, to), windows, flagged]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heatmap::{Quantity, WindowCodec, bin};

    fn table(state: &State, picture: Picture) -> Figures {
        all(state).into_iter().find(|table| table.picture == picture).expect("the scene draws it")
    }

    #[test]
    fn the_rows_are_the_cells_bars_and_points_that_are_drawn() {
        let state = crate::scene::state();
        let binned = state.heat.binned.as_ref().expect("the scene has a heatmap");
        let heatmap = table(&state, Picture::Heatmap);
        let mut row = 0;
        for lane in 0..binned.streams.len() {
            for column in 0..binned.columns {
                let Some(bin) = binned.at(lane, column) else { continue };
                let texts = heatmap.texts(row);
                let value: f32 = texts[5].parse().expect("a number");
                assert!((value - bin.value).abs() < 0.001, "{texts:?} {bin:?}");
                assert_eq!((texts[4].as_str(), texts[6].clone()), ("NCD (zstd)", bin.window.to_string()));
                assert_eq!(texts[7] == "yes", bin.flagged);
                row += 1;
            }
        }
        assert!(row > 60);
        assert_eq!(heatmap.rows(), row, "no row is of a cell that is not drawn");

        let sum = |picture, column: usize| -> u64 {
            let table = table(&state, picture);
            (0..table.rows()).map(|row| table.texts(row)[column].parse::<u64>().expect("a number")).sum()
        };
        let of = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).sum::<u64>();
        assert_eq!(sum(Picture::OverTime, 2), of(&binned.in_columns));
        assert_eq!(sum(Picture::ByLane, 2), of(&binned.in_lanes));
        let density = state.heat.density.as_ref().expect("the scene has a density");
        assert_eq!(sum(Picture::AllTime, 2), of(&density.windows));
        assert_eq!(sum(Picture::AllTime, 3), of(&density.flagged));
        let drawn = density.windows.iter().filter(|count| **count > 0).count() as u64;
        assert_eq!(table(&state, Picture::AllTime).rows(), drawn);
    }

    #[test]
    fn the_timeline_has_its_windows_in_the_time_shown_with_every_line() {
        let mut state = crate::scene::state();
        let data = state.data.clone().expect("the scene has windows");
        assert_eq!(table(&state, Picture::Timeline).rows(), data.windows.len() as u64);
        state.range = (state.range.0 + 30.0, state.range.0 + 40.0);
        let part = table(&state, Picture::Timeline);
        assert!(part.rows() > 5 && part.rows() < 40, "{}", part.rows());
        let texts = part.texts(0);
        let index: u32 = texts[0].parse().expect("an index");
        let window = data.windows.iter().find(|window| window.index == index).expect("it is a window");
        for value in [
            format!("{:.3}", window.zstd.ncd()),
            format!("{:.3}", window.count.ncd()),
            format!("{:.2}", window.zstd.ratio_baseline()),
            format!("{:.2}", window.count.ratio_baseline()),
        ] {
            assert!(texts.contains(&value), "{value} in {texts:?}");
        }
        let lenses = window.lenses.iter().map(|said| format!("{:.1}", said.score_bits));
        assert!(lenses.into_iter().all(|bits| texts.contains(&bits)), "{texts:?}");
    }

    #[test]
    fn what_is_exported_has_the_zone_of_its_times_and_every_digit() {
        use crate::words::Zone;
        let state = crate::scene::state();
        let data = state.data.clone().expect("the scene has windows");
        let csv = table(&state, Picture::Timeline).csv(Zone::Fixed(120), u64::MAX);
        for (line, window) in csv.lines().skip(1).zip(&data.windows) {
            let cells: Vec<&str> = line.split(',').collect();
            let begins = words::rfc3339(Zone::Fixed(120), window.start_nanos.expect("it has times"));
            assert_eq!((cells[1], cells[1].ends_with("+02:00")), (begins.as_str(), true));
            assert_eq!(cells[2].parse(), Ok(window.score_bits));
            assert_eq!(cells[4].parse().ok(), window.q);
            assert_eq!(cells[6].parse(), Ok(window.zstd.ncd()));
        }
        for picture in [Picture::Heatmap, Picture::OverTime, Picture::AllTime] {
            let csv = table(&state, picture).csv(Zone::Utc, 1);
            assert_eq!(csv.matches('Z').count(), 2, "{csv}");
        }
    }

    #[test]
    fn what_was_chosen_rules_the_table_too() {
        let mut state = crate::scene::state();
        (state.quantity, state.codec) = (Quantity::Ncd, WindowCodec::Count);
        let (rows, lanes) = (state.heat.rows.clone().expect("read"), Arc::clone(&state.heat.lanes));
        state.heat.binned = Some(bin(&rows, &lanes, state.range, 60, state.shown(), &|| true));
        assert_eq!(table(&state, Picture::Heatmap).texts(0)[4], "NCD (count code)");
    }
}
