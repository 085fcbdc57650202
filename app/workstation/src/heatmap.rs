//! Windows of many streams into a picture: pure functions from scores to bins and from bins to colours.

use crate::lanes::Lane;
use crate::state::State;
use crate::tokens::Ramp;
use cbad::{Lens, Sizes, WindowScore};
use egui::{Color32, ColorImage};
use serde::{Deserialize, Serialize};

/// What a cell shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Quantity {
    /// Normalised compression distance under the chosen codec, window against an equally long baseline piece.
    #[default]
    Ncd,
    /// The stream's first lens (content; values for metrics): bits above the ordinary.
    Score,
    /// Bits of one lens; streams that it does not apply to have none.
    Lens(Lens),
}

/// The codec by which windows are sized, of those that size every window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WindowCodec {
    /// zstd, which everybody has.
    #[default]
    Zstd,
    /// The engine's own code over tokens.
    Count,
}

impl WindowCodec {
    /// Both, in the order of the choice.
    pub(crate) const ALL: [Self; 2] = [Self::Zstd, Self::Count];

    /// What a person chooses it by.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Count => "count code",
        }
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Zstd => Self::Count,
            Self::Count => Self::Zstd,
        }
    }

    /// The sizes of a window by it.
    pub(crate) const fn sizes(self, window: &WindowScore) -> &Sizes {
        match self {
            Self::Zstd => &window.zstd,
            Self::Count => &window.count,
        }
    }
}

/// What the pictures of the overview show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) quantity: Quantity,
    pub(crate) codec: WindowCodec,
}

impl Shown {
    /// The name beside the legend: with the codec, where the quantity is by one.
    pub(crate) fn label(self) -> String {
        match self.quantity {
            Quantity::Ncd => format!("NCD ({})", self.codec.label()),
            quantity => quantity.label().to_owned(),
        }
    }

    fn place(self) -> usize {
        match (self.quantity, self.codec) {
            (Quantity::Ncd, WindowCodec::Count) => QUANTITIES - 1,
            (quantity, _) => quantity.place(),
        }
    }
}

impl State {
    /// What the pictures of the overview show.
    pub(crate) fn shown(&self) -> Shown {
        Shown { quantity: self.quantity, codec: self.codec }
    }
}

/// How many values a window has: one a quantity, and the distance by the second codec.
pub(crate) const QUANTITIES: usize = 3 + Lens::ALL.len();

impl Quantity {
    /// Every quantity, in the order of the choice.
    pub(crate) fn all() -> impl Iterator<Item = Self> + Clone {
        [Self::Ncd, Self::Score].into_iter().chain(Lens::ALL.map(Self::Lens))
    }

    /// The name beside the legend.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Ncd => "NCD",
            Self::Score => "Score (bits)",
            Self::Lens(Lens::Content) => "Content (bits)",
            Self::Lens(Lens::Mix) => "Mix (bits)",
            Self::Lens(Lens::Rate) => "Rate (bits)",
            Self::Lens(Lens::Values) => "Values (bits)",
            Self::Lens(Lens::Order) => "Order (bits)",
        }
    }

    /// The one after it, in a ring.
    pub(crate) fn next(self) -> Self {
        Self::all().cycle().skip_while(|quantity| *quantity != self).nth(1).unwrap_or_default()
    }

    fn place(self) -> usize {
        Self::all().position(|quantity| quantity == self).unwrap_or(0)
    }
}

/// What of a window the heatmap can show; not a number where a lens does not apply.
pub(crate) fn values(window: &WindowScore) -> [f32; QUANTITIES] {
    let mut values = [f32::NAN; QUANTITIES];
    for (value, quantity) in values.iter_mut().zip(Quantity::all()) {
        *value = match quantity {
            Quantity::Ncd => window.zstd.ncd() as f32,
            Quantity::Score => window.score_bits as f32,
            Quantity::Lens(lens) => {
                let said = window.lenses.iter().find(|said| said.lens == lens);
                said.map_or(f32::NAN, |said| said.score_bits as f32)
            }
        };
    }
    values[QUANTITIES - 1] = window.count.ncd() as f32;
    values
}

/// One window as the heatmap needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// Where it begins on the shared axis.
    pub(crate) from: f64,
    /// Where it ends; never before `from`.
    pub(crate) to: f64,
    /// As [`values`] gives them.
    pub(crate) values: [f32; QUANTITIES],
    /// Index of the window in its stream.
    pub(crate) window: u32,
    /// Whether it is significant.
    pub(crate) flagged: bool,
}

/// The windows of one stream, in ascending `from`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Stream id.
    pub(crate) stream: u32,
    /// Its windows.
    pub(crate) cells: Vec<Cell>,
    /// The longest window, so that the first one that reaches into a range can be found by bisection.
    longest: f64,
}

impl Row {
    /// A row of these windows.
    pub(crate) fn new(stream: u32, mut cells: Vec<Cell>) -> Self {
        cells.sort_by(|a, b| a.from.total_cmp(&b.from));
        let longest = cells.iter().map(|c| c.to - c.from).fold(0.0, f64::max);
        Self { stream, cells, longest }
    }

    /// The most of what is `shown` over all windows.
    pub(crate) fn most(&self, shown: Shown) -> Option<f32> {
        self.cells.iter().map(|c| c.values[shown.place()]).reduce(f32::max).filter(|most| !most.is_nan())
    }
}

/// A bin of the picture: the window that stands out most among those that reach into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bin {
    /// Its value.
    pub(crate) value: f32,
    /// Its stream.
    pub(crate) stream: u32,
    /// Its index in the stream.
    pub(crate) window: u32,
    /// Whether any window in the bin is significant.
    pub(crate) flagged: bool,
}

/// Rows by columns of bins over a range of the shared axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Binned {
    /// The most unusual stream of each lane, from top to bottom.
    pub(crate) streams: Vec<u32>,
    /// Lanes with a significant window in each column.
    pub(crate) in_columns: Vec<u32>,
    /// Significant windows of each lane that reach into the range.
    pub(crate) in_lanes: Vec<u32>,
    /// Number of columns.
    pub(crate) columns: usize,
    /// First and last point of the axis.
    pub(crate) range: (f64, f64),
    /// What the values are.
    pub(crate) shown: Shown,
    /// Row after row.
    bins: Vec<Option<Bin>>,
    /// Least and most value of all windows of all rows, in range or not: the ends of the legend.
    pub(crate) scale: (f32, f32),
}

/// Puts the windows of `rows` into `columns` bins between the ends of `range`, a line a lane.
pub(crate) fn bin(
    rows: &[Row],
    lanes: &[Lane],
    range: (f64, f64),
    columns: usize,
    shown: Shown,
    goes_on: &dyn Fn() -> bool,
) -> Binned {
    let values = || {
        rows.iter()
            .flat_map(|row| &row.cells)
            .map(|cell| cell.values[shown.place()])
            .filter(|value| !value.is_nan())
    };
    let scale = (values().reduce(f32::min).unwrap_or(0.0), values().reduce(f32::max).unwrap_or(1.0));
    let mut bins = vec![None; lanes.len() * columns];
    let mut in_lanes = vec![0; lanes.len()];
    let mut in_columns = vec![0; columns];
    let per_column = (range.1 - range.0) / columns.max(1) as f64;
    if per_column > 0.0 {
        for ((lane, line), flagged) in lanes.iter().zip(bins.chunks_mut(columns.max(1))).zip(&mut in_lanes) {
            for &row in lane.rows.iter().take_while(|_| goes_on()) {
                *flagged += bin_row(&rows[row], range, per_column, shown, line);
            }
            for (count, bin) in in_columns.iter_mut().zip(line.iter()) {
                *count += u32::from(bin.is_some_and(|bin: Bin| bin.flagged));
            }
        }
    }
    let streams = lanes.iter().map(|lane| rows[lane.rows[0]].stream).collect();
    Binned { streams, in_columns, in_lanes, columns, range, shown, bins, scale }
}

/// Gives back how many significant windows reach into the range.
fn bin_row(row: &Row, range: (f64, f64), per_column: f64, shown: Shown, line: &mut [Option<Bin>]) -> u32 {
    let mut flagged = 0;
    let first = row.cells.partition_point(|cell| cell.from < range.0 - row.longest);
    for cell in row.cells[first..].iter().take_while(|cell| cell.from <= range.1) {
        let value = cell.values[shown.place()];
        if cell.to < range.0 || value.is_nan() {
            continue;
        }
        flagged += u32::from(cell.flagged);
        let column = |x: f64| (((x - range.0) / per_column).max(0.0) as usize).min(line.len() - 1);
        let (left, right) = (column(cell.from), column(cell.to));
        for bin in &mut line[left..=right] {
            let new = Bin { value, stream: row.stream, window: cell.window, flagged: cell.flagged };
            *bin = Some(match *bin {
                Some(old) if old.value >= new.value => Bin { flagged: old.flagged || new.flagged, ..old },
                Some(old) => Bin { flagged: old.flagged || new.flagged, ..new },
                None => new,
            });
        }
    }
    flagged
}

impl Binned {
    /// The bin in `row` and `column`.
    pub(crate) fn at(&self, row: usize, column: usize) -> Option<Bin> {
        if column >= self.columns {
            return None;
        }
        *self.bins.get(row * self.columns + column)?
    }

    /// Where a value stands between the ends of the legend.
    pub(crate) fn share(&self, value: f32) -> f32 {
        let (least, most) = self.scale;
        if most > least { (value - least) / (most - least) } else { 0.0 }
    }

    /// Rows `first..end` as pixels, one a bin.
    pub(crate) fn image(&self, first: usize, end: usize, ramp: Ramp, empty: Color32) -> ColorImage {
        let (first, end) = (first.min(self.streams.len()), end.min(self.streams.len()));
        let bins = &self.bins[first * self.columns..end.max(first) * self.columns];
        let pixels = bins.iter().map(|bin| bin.map_or(empty, |bin| ramp.at(self.share(bin.value)))).collect();
        ColorImage::new([self.columns, end.saturating_sub(first)], pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lane a row.
    fn bin(rows: &[Row], range: (f64, f64), columns: usize, quantity: Quantity) -> Binned {
        let lane = |row| Lane { name: String::new(), rows: vec![row] };
        let lanes: Vec<Lane> = (0..rows.len()).map(lane).collect();
        super::bin(rows, &lanes, range, columns, of(quantity), &|| true)
    }

    fn of(quantity: Quantity) -> Shown {
        Shown { quantity, ..Shown::default() }
    }

    #[test]
    fn a_lane_of_several_streams_shows_the_most_unusual_and_counts_all() {
        let rows = [
            Row::new(7, vec![cell(1.0, 2.0, 0.9, 1)]),
            Row::new(3, vec![cell(1.0, 3.0, 0.95, 4), cell(6.0, 7.0, 0.1, 5)]),
        ];
        let lanes = [Lane { name: "both".to_owned(), rows: vec![0, 1] }];
        let binned = super::bin(&rows, &lanes, (0.0, 10.0), 10, Shown::default(), &|| true);
        assert_eq!((binned.streams.as_slice(), binned.in_lanes.as_slice()), (&[7][..], &[2][..]));
        assert_eq!(binned.at(0, 1).map(|bin| (bin.stream, bin.window)), Some((3, 4)));
        assert_eq!(binned.at(0, 6).map(|bin| (bin.stream, bin.window)), Some((3, 5)), "none is dropped");
        assert_eq!(binned.in_columns, [0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    }

    fn cell(from: f64, to: f64, value: f32, window: u32) -> Cell {
        let mut values = [f32::NAN; QUANTITIES];
        (values[0], values[1]) = (value, value * 10.0);
        Cell { from, to, values, window, flagged: value > 0.8 }
    }

    #[test]
    fn a_bin_shows_the_window_that_stands_out_most() {
        let rows = [
            Row::new(7, vec![cell(4.0, 6.0, 0.9, 1), cell(0.0, 4.5, 0.2, 0)]),
            Row::new(3, vec![cell(9.0, 9.0, 0.5, 0)]),
            Row::new(9, Vec::new()),
        ];
        let binned = bin(&rows, (0.0, 10.0), 10, Quantity::Ncd);
        assert_eq!(binned.streams, [7, 3, 9]);
        assert_eq!(binned.scale, (0.2, 0.9));
        let windows = |row| (0..10).map(|c| binned.at(row, c).map(|b| b.window)).collect::<Vec<_>>();
        let (a, b) = (Some(0), Some(1));
        assert_eq!(windows(0), [a, a, a, a, b, b, b, None, None, None]);
        assert_eq!(windows(1)[9], Some(0), "a window of one instant fills its bin");
        assert!(windows(2).iter().all(Option::is_none));
        assert!(binned.at(0, 4).is_some_and(|b| b.flagged) && !binned.at(0, 3).is_some_and(|b| b.flagged));
        assert_eq!(binned.at(0, 10), None);
        assert_eq!(bin(&rows, (0.0, 10.0), 10, Quantity::Score).scale, (2.0, 9.0));
    }

    #[test]
    fn windows_that_a_lens_does_not_apply_to_have_no_bin() {
        let mut seen = cell(0.0, 1.0, 0.5, 0);
        seen.values[Quantity::Lens(Lens::Rate).place()] = 7.0;
        let rows = [Row::new(0, vec![seen, cell(2.0, 3.0, 0.5, 1)])];
        let binned = bin(&rows, (0.0, 4.0), 4, Quantity::Lens(Lens::Rate));
        assert_eq!(
            (binned.at(0, 0).map(|bin| bin.value), binned.at(0, 2), binned.scale),
            (Some(7.0), None, (7.0, 7.0))
        );
        assert_eq!(rows[0].most(of(Quantity::Lens(Lens::Mix))), None);
    }

    #[test]
    fn the_quantities_come_round() {
        let mut quantity = Quantity::default();
        for _ in Quantity::all() {
            quantity = quantity.next();
        }
        assert_eq!(quantity, Quantity::Ncd);
    }

    #[test]
    fn the_codec_rules_what_is_by_a_codec_and_nothing_else() {
        let mut by_both = cell(0.0, 1.0, 0.5, 0);
        by_both.values[QUANTITIES - 1] = 0.75;
        let row = Row::new(0, vec![by_both]);
        let count = |quantity| Shown { quantity, codec: WindowCodec::Count };
        assert_eq!((row.most(of(Quantity::Ncd)), row.most(count(Quantity::Ncd))), (Some(0.5), Some(0.75)));
        assert_eq!(row.most(of(Quantity::Score)), row.most(count(Quantity::Score)));
        assert_eq!(count(Quantity::Ncd).label(), "NCD (count code)");
        assert_eq!(count(Quantity::Score).label(), "Score (bits)");
    }

    #[test]
    fn zooming_keeps_windows_that_reach_in_from_outside() {
        let rows =
            [Row::new(0, (0..100).map(|i| cell(f64::from(i), f64::from(i) + 20.0, 0.1, i as u32)).collect())];
        let binned = bin(&rows, (50.0, 51.0), 2, Quantity::Ncd);
        assert_eq!(binned.at(0, 0).map(|b| b.window), Some(30), "the first of equals, which began 20 before");
        assert_eq!(bin(&rows, (500.0, 600.0), 4, Quantity::Ncd).at(0, 0), None);
        assert_eq!(bin(&rows, (5.0, 5.0), 4, Quantity::Ncd).at(0, 0), None, "an empty range has no bins");
        assert_eq!(
            bin(&[], (0.0, 1.0), 4, Quantity::Ncd).image(0, 9, Ramp::Cividis, crate::tokens::CLEAR).size,
            [4, 0]
        );
    }

    #[test]
    fn pixels_follow_the_ramp() {
        let rows = [Row::new(0, vec![cell(0.0, 0.4, 0.0, 0), cell(1.0, 1.4, 1.0, 1)])];
        let image =
            bin(&rows, (0.0, 3.0), 3, Quantity::Ncd).image(0, 1, Ramp::GreenYellowRed, crate::tokens::CLEAR);
        let ramp = Ramp::GreenYellowRed;
        assert_eq!(image.pixels, [ramp.at(0.0), ramp.at(1.0), crate::tokens::CLEAR]);
    }
}
