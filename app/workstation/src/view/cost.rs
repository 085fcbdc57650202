//! Bits as a person sees them: steps of colour and line, their legend, and bars.

use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use cbad::TokenCost;
use egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Bits from which a token counts as somewhat dear, dear, very dear.
const STEPS: [f64; 3] = [4.0, 8.0, 12.0];

/// Most bytes of a token that are laid out.
const TOKEN_BYTES: usize = 256;

/// The words of a token that cannot act; of a very long one the beginning.
pub(super) fn text(token: &TokenCost) -> String {
    let (text, left_out) = super::evidence::cut(&token.text, TOKEN_BYTES);
    if left_out == 0 { text } else { format!("{text}… ({} more)", words::bytes(left_out as u64)) }
}

/// How dear a token is: 0 (ordinary) to 3.
pub(super) fn step(bits: f64) -> usize {
    STEPS.iter().filter(|limit| bits >= **limit).count()
}

/// What colours and lines mean.
pub(super) fn legend(ui: &mut Ui) {
    let t = tokens::of(ui);
    ui.horizontal(|ui| {
        super::caption(ui, "Bits a token");
        let texts = ["under 4", "4 to 8", "8 to 12", "12 and more"];
        for (step, text) in texts.into_iter().enumerate() {
            let galley = super::line(ui, text, text_font(size::SMALL), t.text, 100.0);
            let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(10.0, 6.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
            ui.painter().rect_filled(rect, 2, t.cost[step]);
            if step > 0 {
                let line = Rect::from_min_max(
                    pos2(rect.left() + 5.0, rect.bottom() - step as f32),
                    rect.max - vec2(5.0, 0.0),
                );
                ui.painter().rect_filled(line, 0, t.cost_line[step]);
            }
            ui.painter().galley(rect.min + vec2(5.0, 2.0), galley, t.text);
        }
    });
}

/// A bar with its words and its number; `mark` is where the ordinary is.
pub(super) fn bar(
    ui: &mut Ui,
    label: &str,
    bits: f64,
    most: f64,
    mark: Option<f64>,
    mono: bool,
) -> egui::Response {
    let t = tokens::of(ui);
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, 22.0), Sense::click());
    let text = format!("{label}: {}", words::bits(bits));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    let label_width = (width * 0.42).min(280.0);
    let font = if mono { mono_font() } else { text_font(size::TEXT) };
    super::paint_line(ui, label, font, t.text, pos2(rect.left() + 6.0, rect.center().y), label_width - 12.0);
    let run = Rect::from_min_max(
        pos2(rect.left() + label_width, rect.top() + 5.0),
        pos2(rect.right() - 92.0, rect.bottom() - 5.0),
    );
    let share = |value: f64| (value / most.max(1e-9)).clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(run, 2, t.sunken);
    let filled = Rect::from_min_size(run.min, vec2(run.width() * share(bits), run.height()));
    ui.painter().rect_filled(filled, 2, t.series_b);
    if let Some(mark) = mark {
        let x = run.left() + run.width() * share(mark);
        ui.painter().vline(x, rect.shrink(2.0).y_range(), Stroke::new(2.0, t.strong));
    }
    ui.painter().text(
        pos2(rect.right() - 6.0, rect.center().y),
        Align2::RIGHT_CENTER,
        words::bits(bits),
        mono_font(),
        t.strong,
    );
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 3, Stroke::new(2.0, t.accent), egui::StrokeKind::Inside);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_where_the_legend_says() {
        for (bits, expected) in [(0.0, 0), (3.99, 0), (4.0, 1), (8.0, 2), (11.9, 2), (12.0, 3), (99.0, 3)] {
            assert_eq!(step(bits), expected, "{bits}");
        }
    }
}
