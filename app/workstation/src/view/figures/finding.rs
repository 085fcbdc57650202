//! What the pictures of a finding draw: distributions, other choices, and where findings lie in the list of events.

use super::{Figures, Picture};
use crate::doc::Doc;
use crate::view::tables::{Column, column, numbers};
use crate::words;
use cbad::{Histogram, Stability};

const DISTRIBUTION: [Column; 4] = [
    column("What", 120.0, "A bar of the distribution, or the value that was observed."),
    numbers("From", 130.0, "Where the bar begins."),
    numbers("To", 130.0, "Where it ends."),
    numbers("Count", 100.0, "How many values lie in it; bars without one are left out."),
];

const STABILITY: [Column; 3] = [
    column("Variation", 200.0, "What was chosen otherwise."),
    column("Holds", 90.0, "Whether the finding is there then too."),
    numbers("p", 110.0, "Of the same events, with this choice."),
];

const MINIMAP: [Column; 5] = [
    numbers("Finding", 80.0, "Its number."),
    numbers("First event", 110.0, "Position in the stream."),
    numbers("Last event", 110.0, "Position in the stream."),
    column("Significant", 90.0, "Whether it is a change at the run's false discovery rate."),
    column("What", 420.0, "The finding in a sentence."),
];

/// The bars of a distribution and the observed value.
pub(in crate::view) fn distribution(
    picture: Picture,
    null: &Histogram,
    observed: f64,
    say: &dyn Fn(f64) -> String,
) -> Figures {
    let width = (null.greatest - null.least) / null.counts.len().max(1) as f64;
    let bars = null.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(number, &count)| {
        let [from, to] = [number, number + 1].map(|edge| say(null.least + width * edge as f64));
        ["bar".to_owned(), from, to, words::count(u64::from(count))]
    });
    let mark = ["observed".to_owned(), say(observed), say(observed), String::new()];
    Figures::new(picture, &DISTRIBUTION, bars.chain([mark]))
}

/// The same finding with other choices, `name` by name.
pub(in crate::view) fn stability(known: &Stability, name: &dyn Fn(cbad::Variation) -> String) -> Figures {
    let tried: Vec<(String, bool, f64)> =
        known.cells.iter().map(|cell| (name(cell.what), cell.holds, cell.p)).collect();
    Figures::told(Picture::Stability, &STABILITY, tried.len() as u64, move |made, row| {
        let (name, holds, p) = &tried[row as usize];
        [name.clone(), if *holds { "yes" } else { "no" }.to_owned(), made.probability(*p)]
    })
}

/// The findings that are marked beside the list of a stream's events.
pub(in crate::view) fn minimap(doc: &Doc, stream: u32) -> Figures {
    let own = doc.findings.iter().filter(|row| row.stream.id == stream);
    let rows = own.map(|row| {
        let finding = &row.finding;
        [
            row.id.to_string(),
            words::count(finding.first_event),
            words::count(finding.last_event),
            if finding.flagged { "yes" } else { "no" }.to_owned(),
            case::inert(&finding.explanation.sentence),
        ]
    });
    Figures::new(Picture::Minimap, &MINIMAP, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{StabilityCell, Variation};

    #[test]
    fn a_distribution_has_a_row_for_each_bar_and_one_for_what_was_observed() {
        let null = Histogram { least: 0.0, greatest: 4.0, counts: vec![3, 0, 7, 1] };
        let table = distribution(Picture::Shuffles, &null, 4.5, &|value| format!("{value:.1}"));
        let rows: Vec<Vec<String>> = (0..table.rows()).map(|row| table.texts(row)).collect();
        assert_eq!(
            rows,
            [
                ["bar", "0.0", "1.0", "3"],
                ["bar", "2.0", "3.0", "7"],
                ["bar", "3.0", "4.0", "1"],
                ["observed", "4.5", "4.5", ""]
            ]
        );
    }

    #[test]
    fn tiles_and_marks_are_rows() {
        let cells = vec![
            StabilityCell { what: Variation::Seed(43), holds: false, p: 0.5 },
            StabilityCell { what: Variation::WindowSize(50), holds: true, p: 0.004 },
        ];
        let table = stability(&Stability { cells, not_tried: None }, &|what| format!("{what:?}"));
        assert_eq!(table.texts(0), ["Seed(43)", "no", "0.50"]);
        assert_eq!((table.rows(), table.texts(1)[2].as_str()), (2, "0.0040"));
        assert!(table.csv(words::Zone::Utc, 2).ends_with(",0.004\n"), "a number to compute with");

        let state = crate::scene::state();
        let doc = state.doc.expect("the scene has a case");
        let of = crate::view::track::findings(&doc, 0);
        let table = minimap(&doc, 0);
        assert_eq!(table.rows(), of.len() as u64);
        assert_eq!(table.texts(0)[1], words::count(of[0].start));
        assert_eq!(table.texts(0)[2], words::count(of[0].end - 1));
    }
}
