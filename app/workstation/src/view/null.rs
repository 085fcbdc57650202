//! A distribution as bars, with the observed value marked in it.

use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use cbad::Histogram;
use egui::{Align2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Height of the bars, and the width that they have at the most.
const HEIGHT: f32 = 110.0;
const WIDTH: f32 = 640.0;

/// Draws it; `name` is what a screen reader says before the numbers, which `say` puts in words.
pub(super) fn show(
    ui: &mut Ui,
    name: &str,
    null: &Histogram,
    observed: f64,
    say: &dyn Fn(f64) -> String,
) -> Response {
    let t = tokens::of(ui);
    let width = ui.available_width().min(WIDTH);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT + 20.0), Sense::hover());
    let (least, greatest) = (null.least.min(observed), null.greatest.max(observed));
    let label =
        format!("{name} from {} to {}, observed {}", say(null.least), say(null.greatest), say(observed));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let frame = Rect::from_min_size(rect.min, vec2(width, HEIGHT));
    ui.painter().rect_filled(frame, 2, t.sunken);
    // Room on both sides, so that a value at the end can be seen.
    let inner = frame.shrink2(vec2(12.0, 6.0));
    let span = (greatest - least).max(f64::MIN_POSITIVE);
    let x = |value: f64| inner.left() + ((value - least) / span) as f32 * inner.width();
    bars(ui, null, inner, &x);
    let at = x(observed);
    ui.painter().vline(at, frame.y_range(), Stroke::new(2.0, t.danger));
    let (align, gap) =
        if at > frame.center().x { (Align2::RIGHT_TOP, -6.0) } else { (Align2::LEFT_TOP, 6.0) };
    let text = format!("observed {}", say(observed));
    ui.painter().text(pos2(at + gap, frame.top() + 4.0), align, text, text_font(size::SMALL), t.strong);
    for (value_at, align) in [(least, Align2::LEFT_TOP), (greatest, Align2::RIGHT_TOP)] {
        let place = pos2(x(value_at), frame.bottom() + 3.0);
        ui.painter().text(place, align, say(value_at), mono_font(), t.weak);
    }
    response
}

fn bars(ui: &Ui, null: &Histogram, inner: Rect, x: &dyn Fn(f64) -> f32) {
    let t = tokens::of(ui);
    let most = null.counts.iter().copied().max().unwrap_or(0).max(1);
    let width = (null.greatest - null.least) / null.counts.len().max(1) as f64;
    for (number, count) in null.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = x(null.least + width * number as f64);
        let to = x(null.least + width * (number + 1) as f64).max(from + 2.0);
        // One value alone is still seen.
        let height = (inner.height() * f64::from(*count) as f32 / most as f32).max(1.5);
        let bar = Rect::from_min_max(pos2(from, inner.bottom() - height), pos2(to - 0.5, inner.bottom()));
        ui.painter().rect_filled(bar, 0, t.series_a);
    }
}
