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

/// Height of a row of bars, and of a name that stands over its bar.
const ROW: f32 = 22.0;
const NAME_ROW: f32 = 18.0;

/// Room for the bits at the right end.
const BITS: f32 = 92.0;

/// A bar with its words and its number; `mark` is where the ordinary is. A name that has no room beside its bar stands over
/// it in the whole width; of a longer one both ends are shown, and all of it at the pointer and to assistive technology.
pub(super) fn bar(
    ui: &mut Ui,
    label: &str,
    bits: f64,
    most: f64,
    mark: Option<f64>,
    mono: bool,
) -> egui::Response {
    let (rect, response) = named(ui, label, &words::bits(bits), mono);
    let t = tokens::of(ui);
    let run = Rect::from_min_max(
        pos2(rect.left() + name_width(rect.width()), rect.top() + 5.0),
        pos2(rect.right() - BITS, rect.bottom() - 5.0),
    );
    let share = |value: f64| (value / most.max(1e-9)).clamp(0.0, 1.0) as f32;
    ui.painter().rect_filled(run, 2, t.sunken);
    let filled = Rect::from_min_size(run.min, vec2(run.width() * share(bits), run.height()));
    ui.painter().rect_filled(filled, 2, t.series_b);
    if let Some(mark) = mark {
        let x = run.left() + run.width() * share(mark);
        ui.painter().vline(x, rect.shrink(2.0).y_range(), Stroke::new(2.0, t.strong));
    }
    response
}

/// A quantity that says nothing: its words and its number, and no bar, which would look like much.
pub(super) fn quiet(ui: &mut Ui, label: &str, bits: f64, usual_bits: f64) -> egui::Response {
    let said = format!("{}, usually {}", words::bits(bits), words::bits(usual_bits));
    named(ui, label, &said, false).1
}

fn name_width(width: f32) -> f32 {
    (width * 0.42).min(280.0)
}

/// A row with a name and a number; gives back the part of it that is level with the number.
fn named(ui: &mut Ui, label: &str, number: &str, mono: bool) -> (Rect, egui::Response) {
    let t = tokens::of(ui);
    let width = ui.available_width();
    let font = if mono { mono_font() } else { text_font(size::TEXT) };
    let beside = name_width(width) - 12.0;
    let is_long = super::line(ui, label, font.clone(), t.text, f32::INFINITY).size().x > beside;
    let over = if is_long { NAME_ROW } else { 0.0 };
    let (whole, response) = ui.allocate_exact_size(vec2(width, ROW + over), Sense::click());
    let text = format!("{label}: {number}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
    let rect = Rect::from_min_max(whole.min + vec2(0.0, over), whole.max);
    let (at, room) = if is_long {
        (pos2(rect.left() + 6.0, whole.top() + over / 2.0 + 2.0), width - 12.0)
    } else {
        (pos2(rect.left() + 6.0, rect.center().y), beside)
    };
    super::paint_name(ui, label, font, t.text, at, room);
    let right = pos2(rect.right() - 6.0, rect.center().y);
    ui.painter().text(right, Align2::RIGHT_CENTER, number, mono_font(), t.strong);
    if response.has_focus() {
        ui.painter().rect_stroke(whole, 3, Stroke::new(2.0, t.accent), egui::StrokeKind::Inside);
    }
    (rect, response)
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

    /// What one row paints: its height, its texts, and how many rectangles.
    fn painted(width: f32, row: impl Fn(&mut Ui)) -> (f32, Vec<String>, usize) {
        use egui_kittest::Harness;
        let harness = Harness::builder()
            .with_size(vec2(width, 120.0))
            .with_context_setup(crate::theme::install)
            .build_ui_state(
                |ui, height| {
                    let before = ui.cursor().top();
                    row(ui);
                    *height = ui.min_rect().bottom() - before;
                },
                0.0,
            );
        let mut texts = Vec::new();
        let mut rectangles = 0;
        for clipped in &harness.output().shapes {
            match &clipped.shape {
                egui::Shape::Text(text) => texts.push(text.galley.text().to_owned()),
                egui::Shape::Rect(_) => rectangles += 1,
                _ => {}
            }
        }
        (*harness.state(), texts, rectangles)
    }

    #[test]
    fn a_name_with_no_room_beside_its_bar_stands_over_it_whole() {
        let long = "http.response.header.x-correlation = 3f2a in a long field";
        let (short_height, _, _) = painted(460.0, |ui| drop(bar(ui, "refused", 9.0, 9.0, None, true)));
        let (height, texts, _) = painted(460.0, |ui| drop(bar(ui, long, 9.0, 9.0, None, true)));
        assert!(height > short_height && texts.iter().any(|text| text == long), "{texts:?}");
        let longer = format!("{} tail", long.repeat(4));
        let (_, texts, _) = painted(460.0, |ui| drop(bar(ui, &longer, 9.0, 9.0, None, true)));
        let cut = texts.iter().find(|text| text.contains('…')).expect("it is cut in the middle");
        assert!(cut.starts_with("http") && cut.ends_with("tail"), "{cut}");
    }

    #[test]
    fn what_says_nothing_has_no_bar() {
        let (_, _, empty) = painted(460.0, |_| {});
        let (_, _, with) = painted(460.0, |ui| drop(bar(ui, "Rate", 9.0, 9.0, None, false)));
        let (_, texts, without) = painted(460.0, |ui| drop(quiet(ui, "Rate: nothing significant", 9.0, 2.0)));
        assert!(with > without && without == empty, "{with} {without} {empty}");
        assert!(texts.iter().any(|text| text == "9.0 bits, usually 2.0 bits"), "{texts:?}");
    }
}
