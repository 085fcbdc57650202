//! What stands in the margins of the heatmap: how many lanes are significant at each time, above it, and how many significant
//! windows each lane has in the time shown, beside its name.

use super::paint_line;
use crate::state::State;
use crate::theme::text_font;
use crate::tokens::{self, size};
use crate::words;
use egui::{Rangef, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Height of the counts above the picture.
pub(super) const HEIGHT: f32 = 24.0;
/// Width of the counts beside the names.
pub(super) const WIDTH: f32 = 48.0;

/// Lanes that are significant at each time.
pub(super) fn above(ui: &mut Ui, state: &mut State, gutter: f32) {
    let t = tokens::of(ui);
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let x = Rangef::new(outer.left() + gutter, outer.right() - size::EDGE);
    let frame = Rect::from_x_y_ranges(x, Rangef::new(outer.top() + 2.0, outer.bottom() - 1.0));
    let Some(binned) = &state.heat.binned else { return };
    let most = binned.in_columns.iter().copied().max().unwrap_or(0);
    let said = words::counted(u64::from(most), "lane", "lanes");
    let response = ui.interact(frame, egui::Id::unique("heatmap counts"), Sense::hover());
    let label = format!("Significant over time, at most {said} at once");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let caption = format!("Significant, ≤ {most}");
    let at = pos2(outer.left(), frame.center().y);
    paint_line(ui, &caption, text_font(size::SMALL), t.weak, at, gutter - 8.0);
    ui.painter().hline(x, frame.bottom(), egui::Stroke::new(1.0, t.border));
    // While newer counts are on their way, these stand where they belong on the axis.
    let screen = |share: f64| {
        let place = binned.range.0 + share * (binned.range.1 - binned.range.0);
        super::overview::to_screen(place, state.range, x).clamp(x.min, x.max)
    };
    let columns = binned.in_columns.len().max(1) as f64;
    for (column, &count) in binned.in_columns.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = frame.height() * count as f32 / most.max(1) as f32;
        let (left, right) = (screen(column as f64 / columns), screen((column + 1) as f64 / columns));
        let bar = Rect::from_min_max(pos2(left, frame.bottom() - height), pos2(right, frame.bottom()));
        ui.painter().rect_filled(bar, 0, t.danger);
    }
    let pointed = response.hover_pos().map(|at| {
        let place = super::overview::from_screen(at.x, state.range, x);
        let share = (place - binned.range.0) / (binned.range.1 - binned.range.0);
        let count = binned.in_columns.get((share.max(0.0) * columns) as usize).copied().unwrap_or(0);
        (place, count)
    });
    if let (Some((place, count)), Some(doc)) = (pointed, &state.doc) {
        let lanes = words::counted(u64::from(count), "lane is", "lanes are");
        state.read_out = format!("{}  {lanes} significant", doc.axis.say(place));
    }
}

/// The count of one lane, with a bar under it, at the right end of its name.
pub(super) fn beside(ui: &Ui, state: &State, lane: usize, name: Rect) {
    let Some(binned) = &state.heat.binned else { return };
    let count = binned.in_lanes.get(lane).copied().unwrap_or(0);
    if count == 0 {
        return;
    }
    let t = tokens::of(ui);
    let most = binned.in_lanes.iter().copied().max().unwrap_or(0).max(1) as f32;
    let room = Rect::from_min_max(pos2(name.right() - WIDTH + 4.0, name.top()), name.max);
    let bar = vec2(room.width() * count as f32 / most, 3.0);
    let at = pos2(room.right() - bar.x, room.bottom() - 4.0);
    ui.painter().rect_filled(Rect::from_min_size(at, bar), 0, t.danger);
    let number =
        super::line(ui, &words::count(u64::from(count)), text_font(size::SMALL), t.weak, room.width());
    let left = room.right() - number.size().x;
    ui.painter().galley(pos2(left, room.top() + 1.0), number, t.weak);
}
