//! The whole time of the case under the pictures, and the brush that says which part of it they show.

use super::overview::{from_screen, to_screen};
use crate::doc::Doc;
use crate::state::State;
use crate::tokens::{self, size};
use egui::{
    CursorIcon, Id, Key, Modifiers, Rangef, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

/// Height of the strip.
pub(super) const HEIGHT: f32 = 30.0;
/// So near to an edge of the brush the edge is meant.
const EDGE: f32 = 5.0;
/// The least part of the whole that a brush makes.
const LEAST: f64 = 1e-4;

/// What a drag moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Held {
    /// One end; the other stays here.
    End(f64),
    /// All of it.
    All,
}

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let gutter = size::gutter(ui.available_width());
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let x = Rangef::new(outer.left() + gutter, outer.right() - size::EDGE);
    let frame = Rect::from_x_y_ranges(x, Rangef::new(outer.top() + 2.0, outer.bottom() - 2.0));
    let t = tokens::of(ui);
    let caption = pos2(outer.left(), frame.center().y);
    super::paint_line(ui, "All time", crate::theme::text_font(size::SMALL), t.weak, caption, gutter - 8.0);
    ui.painter().rect_filled(frame, 2, t.sunken);
    density(ui, state, frame);
    let screen = |at| to_screen(at, doc.extent, x);
    let brush =
        Rect::from_x_y_ranges(Rangef::new(screen(state.range.0), screen(state.range.1)), frame.y_range());
    for outside in [Rangef::new(frame.left(), brush.left()), Rangef::new(brush.right(), frame.right())] {
        ui.painter().rect_filled(
            Rect::from_x_y_ranges(outside, frame.y_range()),
            0,
            t.panel.gamma_multiply(0.6),
        );
    }
    ui.painter().rect_stroke(brush, 2, Stroke::new(1.5, t.accent), StrokeKind::Inside);
    interact(ui, state, doc, frame, brush);
}

/// Windows as low bars, significant ones as strong ones from below.
fn density(ui: &Ui, state: &State, frame: Rect) {
    let Some(density) = &state.heat.density else { return };
    let t = tokens::of(ui);
    let most = density.windows.iter().copied().max().unwrap_or(0).max(1) as f32;
    let step = frame.width() / density.windows.len().max(1) as f32;
    for (part, (&windows, &flagged)) in density.windows.iter().zip(&density.flagged).enumerate() {
        let bar = |count: u32, color| {
            let height = frame.height() * count as f32 / most;
            let left = frame.left() + part as f32 * step;
            let min = pos2(left, frame.bottom() - height);
            ui.painter().rect_filled(Rect::from_min_max(min, pos2(left + step, frame.bottom())), 0, color);
        };
        if windows > 0 {
            bar(windows, t.outline);
        }
        if flagged > 0 {
            bar(flagged, t.danger);
        }
    }
}

fn interact(ui: &Ui, state: &mut State, doc: &Doc, frame: Rect, brush: Rect) {
    let id = Id::unique("brush");
    let response = ui.interact(frame, id, Sense::click_and_drag());
    let label = format!("Time shown: {} to {}", doc.axis.say(state.range.0), doc.axis.say(state.range.1));
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &label));
    if response.has_focus() {
        ui.painter().rect_stroke(frame, 2, Stroke::new(2.0, tokens::of(ui).accent), StrokeKind::Outside);
        keys(ui, state, &response);
    }
    if response.double_clicked() {
        state.range = doc.extent;
        return;
    }
    let near = |at: f32, edge: f32| (at - edge).abs() <= EDGE;
    if let Some(at) = response.hover_pos() {
        let on_edge = near(at.x, brush.left()) || near(at.x, brush.right());
        ui.ctx().set_cursor_icon(if on_edge { CursorIcon::ResizeHorizontal } else { CursorIcon::Crosshair });
        state.read_out = format!(
            "{}  drag to choose the time shown, Escape takes it back",
            doc.axis.say(from_screen(at.x, doc.extent, frame.x_range()))
        );
    }
    if response.drag_started()
        && let Some(from) = ui.input(|input| input.pointer.press_origin())
    {
        let whole = state.range == doc.extent;
        let held = if near(from.x, brush.left()) && !whole {
            Held::End(state.range.1)
        } else if near(from.x, brush.right()) && !whole {
            Held::End(state.range.0)
        } else if brush.contains(from) && !whole {
            Held::All
        } else {
            Held::End(from_screen(from.x, doc.extent, frame.x_range()))
        };
        state.brush = Some((held, state.range));
    }
    if let Some((_, before)) = state.brush
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
    {
        // The button is still down; what is left of the drag moves nothing.
        (state.range, state.brush) = (before, None);
    }
    if let (Some((held, _)), true, Some(at)) =
        (state.brush, response.dragged(), response.interact_pointer_pos())
    {
        match held {
            Held::End(other) => {
                let here = from_screen(at.x, doc.extent, frame.x_range());
                state.range = between(other, here, doc.extent);
            }
            Held::All => {
                let per_point = (doc.extent.1 - doc.extent.0) / f64::from(frame.width().max(1.0));
                let by = f64::from(response.drag_delta().x) * per_point;
                state.move_range(1.0, state.range.0, by);
            }
        }
    }
    if response.drag_stopped() {
        state.brush = None;
    }
}

fn keys(ui: &Ui, state: &mut State, response: &egui::Response) {
    let filter = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let step = (state.range.1 - state.range.0) / 10.0;
    for (key, by) in [(Key::ArrowLeft, -step), (Key::ArrowRight, step)] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            state.move_range(1.0, state.range.0, by);
        }
    }
}

/// The range between two places, inside the case and never empty.
fn between(one: f64, other: f64, extent: (f64, f64)) -> (f64, f64) {
    let least = (extent.1 - extent.0) * LEAST;
    let (from, to) = (one.min(other).clamp(extent.0, extent.1), one.max(other).clamp(extent.0, extent.1));
    if to - from >= least {
        return (from, to);
    }
    let from = from.min(extent.1 - least);
    (from, from + least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brush_stays_inside_and_is_never_empty() {
        let extent = (0.0, 100.0);
        for (one, other, expected) in [
            (20.0, 60.0, (20.0, 60.0)),
            (60.0, 20.0, (20.0, 60.0)),
            (-50.0, 500.0, extent),
            (40.0, 40.0, (40.0, 40.01)),
            (100.0, 100.0, (99.99, 100.0)),
        ] {
            let (from, to) = between(one, other, extent);
            assert!(
                (from - expected.0).abs() < 1e-9 && (to - expected.1).abs() < 1e-9,
                "{one} {other}: {from} {to}"
            );
        }
    }
}
