//! A line of two groups: one from the left, one that ends at the right edge.
//!
//! Keys walk through what can be used in the order in which it is laid out. A group that is laid out from the right edge would
//! be walked from the right; this one is laid out from its left end, which its measured width gives.

use egui::{Align, Layout, Rect, Ui, UiBuilder, pos2};

/// Widths that differ by less are the same, in points.
const SAME: f32 = 0.5;

/// Shows `left`, which has the room that `right` leaves, and `right` at the right edge, in a line so high at least.
///
/// Where the width of `right` has changed, it is measured in a pass that is not shown.
pub(crate) fn split<S: ?Sized>(
    ui: &mut Ui,
    state: &mut S,
    height: f32,
    left: impl FnOnce(&mut Ui, &mut S),
    right: impl FnOnce(&mut Ui, &mut S),
) {
    split_at(ui, state, (height, Align::Center), left, right);
}

/// The same with the groups at the top of the line, or wherever in it.
pub(crate) fn split_at<S: ?Sized>(
    ui: &mut Ui,
    state: &mut S,
    (height, align): (f32, Align),
    left: impl FnOnce(&mut Ui, &mut S),
    right: impl FnOnce(&mut Ui, &mut S),
) {
    let line = egui::vec2(ui.available_width(), height);
    let layout = Layout::left_to_right(align);
    ui.allocate_ui_with_layout(line, layout, |ui| {
        ui.set_min_height(height);
        let kept = ui.unique_id().with("width of the right group");
        let known: f32 = ui.data(|data| data.get_temp(kept)).unwrap_or(0.0);
        let room = ui.available_rect_before_wrap();
        let gap = ui.spacing().item_spacing.x;
        let begin = (room.right() - known).max(room.left());
        let group = |from: f32, to: f32| {
            let rect = Rect::from_min_max(pos2(from, room.top()), pos2(to.max(from), room.bottom()));
            UiBuilder::new().max_rect(rect).layout(layout)
        };
        let mut first = ui.new_child(group(room.left(), begin - gap));
        left(&mut first, state);
        let used = first.min_rect();
        // What does not fit goes over the edge rather than over its neighbour.
        let begin = if used.width() > 0.0 { begin.max(used.right() + gap) } else { begin };
        let mut second = ui.new_child(group(begin, room.right().max(begin)));
        right(&mut second, state);
        let wanted = second.min_rect();
        ui.advance_cursor_after_rect(used.union(wanted));
        if (wanted.width() - known).abs() > SAME {
            ui.data_mut(|data| data.insert_temp(kept, wanted.width()));
            ui.ctx().request_discard("the right group of a line has another width");
        }
    });
}
