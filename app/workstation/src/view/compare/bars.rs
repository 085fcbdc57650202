//! Differences as bars from a middle line: to the right what there is more of after, to the left what there is less of.

use super::in_words;
use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::Compared;
use cbad::Change;
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

/// Height of a row: its name over its numbers.
const HEIGHT: f32 = 42.0;
/// Room for the bits at the right end.
pub(super) const BITS: f32 = 84.0;

/// Where the bars stand in a row so wide.
pub(super) fn along(rect: Rect) -> Rect {
    let left = rect.left() + (rect.width() * 0.58).max(rect.width() - 360.0);
    Rect::from_min_max(pos2(left, rect.top()), pos2((rect.right() - BITS).max(left + 1.0), rect.bottom()))
}

/// What the two directions mean.
pub(super) fn legend(ui: &mut Ui, left: &str, right: &str) {
    let t = tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    let run = along(rect);
    let middle = run.center();
    let font = || text_font(size::SMALL);
    let words = [
        (middle.x - 8.0, Align2::RIGHT_CENTER, format!("◀ {left}")),
        (middle.x + 8.0, Align2::LEFT_CENTER, format!("{right} ▶")),
    ];
    for (x, align, text) in words {
        ui.painter().text(pos2(x, middle.y), align, text, font(), t.weak);
    }
    ui.painter().text(pos2(rect.right() - 6.0, middle.y), Align2::RIGHT_CENTER, "Bits", font(), t.weak);
}

/// The rows.
pub(super) struct Bars<'a> {
    pub(super) doc: &'a crate::doc::Doc,
    pub(super) compared: &'a Compared,
    pub(super) rows: &'a [usize],
    /// Most bits of a difference.
    pub(super) most: f64,
}

impl Rows for Bars<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn height(&self) -> f32 {
        HEIGHT
    }

    fn label(&mut self, row: u64) -> String {
        in_words(&self.compared.differences[self.rows[row as usize]])
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let t = tokens::of(ui);
        let one = &self.compared.differences[self.rows[row as usize]];
        let difference = &one.difference;
        let rect = ui.max_rect();
        let run = along(rect);
        let (left, width) = (rect.left() + 6.0, run.left() - rect.left() - 14.0);
        let color = if selected { t.strong } else { t.text };
        let short = |text: &str| case::inert(self.doc.names.within(one.stream, text));
        let name = short(&difference.name).replace("<*>", "…");
        super::super::paint_name(ui, &name, mono_font(), color, pos2(left, rect.top() + 13.0), width);
        let (before, after) = difference.both_sides();
        let said = match difference.change {
            Change::New => format!("new, {after}"),
            Change::Gone => format!("gone, {before} before"),
            _ => format!("{}: {after}, before {before}", difference.phrase()),
        };
        let text = format!("{} {said} · {}", capital(difference.aspect.label()), short(&one.label));
        let below = pos2(left, rect.top() + 30.0);
        super::super::paint_line(ui, &text, text_font(size::SMALL), t.weak, below, width);
        self.bar(ui, run, difference.bits, difference.change);
        let at = pos2(rect.right() - 6.0, rect.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, words::bits(difference.bits), mono_font(), t.strong);
    }
}

impl Bars<'_> {
    fn bar(&self, ui: &Ui, run: Rect, bits: f64, change: Change) {
        let t = tokens::of(ui);
        let middle = run.center();
        let share = (bits / self.most.max(1e-9)).clamp(0.0, 1.0) as f32;
        // The least bar is still seen, and on which side it is.
        let reach = (share * run.width() / 2.0).max(2.0);
        let half = |reach: f32| {
            Rect::from_min_max(
                pos2(middle.x.min(middle.x + reach), middle.y - 7.0),
                pos2(middle.x.max(middle.x + reach), middle.y + 7.0),
            )
        };
        let (bar, color) =
            if change.is_more() { (half(reach), t.series_b) } else { (half(-reach), t.series_a) };
        match change {
            // What one side has not at all is filled; what both have is drawn by its edge.
            Change::New | Change::Gone => drop(ui.painter().rect_filled(bar, 0, color)),
            _ => {
                ui.painter().rect_filled(bar, 0, color.gamma_multiply(0.35));
                ui.painter().rect_stroke(bar, 0, Stroke::new(1.0, color), StrokeKind::Inside);
            }
        }
        ui.painter().vline(middle.x, run.top()..=run.bottom(), Stroke::new(1.0, t.outline));
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
