//! Findings of two runs as bars from a middle line: to the left how surprising one is in the run before, to the right in the
//! run after. A side that does not have it has no bar and says so.

use super::bars::{BITS, along};
use super::runs::{Row, q};
use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::FindingRow;
use egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2};

/// Height of a row: its sentence over its numbers.
const HEIGHT: f32 = 42.0;

/// The findings of two runs, in the order of the table.
pub(super) struct Bars<'a> {
    pub(super) rows: &'a [Row<'a>],
    pub(super) runs: (i64, i64),
    /// Most bits of a finding in either.
    pub(super) most: f64,
}

impl<'a> Bars<'a> {
    pub(super) fn new(rows: &'a [Row<'a>], runs: (i64, i64)) -> Self {
        let all = rows.iter().flat_map(|row| [row.before, row.after]).flatten();
        let most = all.map(|row| row.finding.surprise_bits).fold(0.0, f64::max);
        Self { rows, runs, most }
    }

    /// A bar from the middle to one side; what both runs have is drawn by its edge.
    fn bar(&self, ui: &Ui, track: Rect, of: &FindingRow, is_after: bool, is_in_both: bool) {
        let t = tokens::of(ui);
        let middle = track.center();
        let share = (of.finding.surprise_bits / self.most.max(1e-9)).clamp(0.0, 1.0) as f32;
        // The least bar is still seen, and on which side it is.
        let reach = (share * track.width() / 2.0).max(2.0);
        let (left, right, color) = if is_after {
            (middle.x, middle.x + reach, t.series_b)
        } else {
            (middle.x - reach, middle.x, t.series_a)
        };
        let bar = Rect::from_min_max(pos2(left, middle.y - 7.0), pos2(right, middle.y + 7.0));
        if is_in_both {
            ui.painter().rect_filled(bar, 0, color.gamma_multiply(0.35));
            ui.painter().rect_stroke(bar, 0, Stroke::new(1.0, color), StrokeKind::Inside);
        } else {
            ui.painter().rect_filled(bar, 0, color);
        }
    }
}

/// How surprising a finding is in a run.
pub(super) fn surprise(row: Option<&FindingRow>) -> String {
    row.map_or_else(|| "–".to_owned(), |row| words::bits(row.finding.surprise_bits))
}

impl Rows for Bars<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn height(&self) -> f32 {
        HEIGHT
    }

    fn label(&mut self, row: u64) -> String {
        self.rows[row as usize].in_words(self.runs)
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let t = tokens::of(ui);
        let row = &self.rows[row as usize];
        let rect = ui.max_rect();
        let track = along(rect);
        let (left, width) = (rect.left() + 6.0, track.left() - rect.left() - 14.0);
        let color = if selected { t.strong } else { t.text };
        let above = pos2(left, rect.top() + 13.0);
        super::super::paint_line(ui, &row.sentence(), text_font(size::TEXT), color, above, width);
        let text = format!("{} · q {} before, {} after", row.place(self.runs), q(row.before), q(row.after));
        let below = pos2(left, rect.top() + 30.0);
        super::super::paint_line(ui, &text, text_font(size::SMALL), t.weak, below, width);
        let is_in_both = row.before.is_some() && row.after.is_some();
        for (of, is_after) in [(row.before, false), (row.after, true)] {
            if let Some(of) = of {
                self.bar(ui, track, of, is_after, is_in_both);
            }
        }
        ui.painter().vline(track.center().x, track.top()..=track.bottom(), Stroke::new(1.0, t.outline));
        for (of, y) in [(row.before, rect.top() + 13.0), (row.after, rect.top() + 30.0)] {
            let galley = super::super::line(ui, &surprise(of), mono_font(), t.strong, BITS - 8.0);
            let at = pos2(rect.right() - 6.0, y);
            let at = Align2::RIGHT_CENTER.anchor_size(at, galley.size()).min;
            ui.painter().galley(at, galley, t.strong);
        }
    }
}
