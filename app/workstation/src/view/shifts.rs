//! What shifted in a finding: each thing with its number in the window, in the baseline, and the bits that it carries.

use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use cbad::{Lens, Shift};
use egui::{Align2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// Height of a row: its name over its numbers.
const HEIGHT: f32 = 40.0;

/// Room for the bits at the right end, as in the bars of tokens.
const BITS: f32 = 92.0;

/// What a lens looks at, in one sentence.
pub(super) const fn about(lens: Lens) -> &'static str {
    match lens {
        Lens::Content => "Words and events that the baseline has never or rarely.",
        Lens::Mix => "The shares of the kinds of event: a known kind too often, too seldom, or not at all.",
        Lens::Rate => "The pace: events come faster or slower than in the baseline, or nothing comes.",
        Lens::Values => {
            "Metric values, durations and other numbers off their distribution; the shares of a status, a level or a region."
        }
        Lens::Order => "Kinds of event that follow one another as they do not in the baseline.",
    }
}

/// The name of a lens where a sentence or a label begins.
pub(super) const fn title(lens: Lens) -> &'static str {
    match lens {
        Lens::Content => "Content",
        Lens::Mix => "Mix",
        Lens::Rate => "Rate",
        Lens::Values => "Values",
        Lens::Order => "Order",
    }
}

/// A small label with the name of a lens.
pub(super) fn label(ui: &mut Ui, lens: Lens) {
    let t = tokens::of(ui);
    let galley = super::line(ui, title(lens), semibold_font(size::SMALL), t.strong, 100.0);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(12.0, 4.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Lens: {}", lens.name())));
    ui.painter().rect(rect, size::CORNER, t.raised, Stroke::new(1.0, t.outline), StrokeKind::Inside);
    ui.painter().galley(rect.min + vec2(6.0, 2.0), galley, t.strong);
    response.on_hover_text(about(lens));
}

/// The shifts, dearest of each lens first, with names as `short` makes them; gives back the event of the one that was
/// clicked.
pub(super) fn show(ui: &mut Ui, shifts: &[Shift], short: &dyn Fn(&str) -> String) -> Option<u64> {
    let most = shifts.iter().map(|shift| shift.bits).fold(0.0, f64::max);
    let mut chosen = None;
    for shift in shifts {
        let response = row(ui, shift, &short(&shift.what()), most);
        let next = if shift.event.is_some() { "\nClick to select the event that shows it best." } else { "" };
        let hover = format!("{}\n{}{next}", case::inert(shift.what()), about(shift.lens));
        if response.on_hover_text(hover).clicked() {
            chosen = shift.event.or(chosen);
        }
    }
    chosen
}

/// Window against baseline: `more often: 64 % against 3.3 %`.
fn numbers(shift: &Shift) -> String {
    let (here, there) = (shift.in_window(), shift.in_baseline());
    format!("{}: {here} against {there}", shift.kind.phrase())
}

fn row(ui: &mut Ui, shift: &Shift, shown: &str, most: f64) -> Response {
    let t = tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    let name = case::inert(shift.what());
    let said = numbers(shift);
    let bits = words::bits(shift.bits);
    let accessible = format!("{}, {said}, {bits}: {name}", title(shift.lens));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &accessible));
    let (left, right) = (rect.left() + 6.0, rect.right() - 6.0);
    super::paint_name(ui, shown, mono_font(), t.text, pos2(left, rect.top() + 12.0), right - left - BITS);
    let below = rect.top() + 29.0;
    let share = (rect.width() * 0.62).min(440.0);
    let text = format!("{} · {said}", title(shift.lens));
    super::paint_line(ui, &text, text_font(size::SMALL), t.weak, pos2(left, below), share - 12.0);
    let run = Rect::from_min_max(
        pos2(rect.left() + share, below - 5.0),
        pos2((right - BITS).max(rect.left() + share), below + 5.0),
    );
    ui.painter().rect_filled(run, 2, t.sunken);
    let part = (shift.bits / most.max(1e-9)).clamp(0.0, 1.0) as f32;
    let filled = Rect::from_min_size(run.min, vec2(run.width() * part, run.height()));
    ui.painter().rect_filled(filled, 2, t.series_b);
    ui.painter().text(pos2(right, below), Align2::RIGHT_CENTER, bits, mono_font(), t.strong);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 3, Stroke::new(2.0, t.accent), StrokeKind::Inside);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ShiftKind, Unit};
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    #[test]
    fn a_shift_is_read_out_whole_and_leads_to_its_event() {
        let shift = Shift {
            lens: Lens::Mix,
            kind: ShiftKind::MoreOften,
            name: "retry <*> of\u{1b} payment".to_owned(),
            window: 64.0,
            baseline: 3.25,
            unit: Unit::Percent,
            bits: 81.25,
            event: Some(712),
            left_out: None,
            carried: None,
        };
        let mut harness = Harness::builder().with_context_setup(crate::theme::install).build_ui_state(
            |ui, chosen| {
                if let Some(event) = show(ui, std::slice::from_ref(&shift), &|text| case::inert(text)) {
                    *chosen = Some(event);
                }
            },
            None,
        );
        let label = "Mix, more often: 64 % against 3.3 %, 81.2 bits: retry <*> of\\u{1b} payment";
        harness.get_by_label(label).click();
        harness.run();
        assert_eq!(*harness.state(), Some(712));
    }
}
