//! What would have to be otherwise for a finding not to be flagged, and whether it holds when something is chosen otherwise.

use super::figures::{self, Figures};
use super::finding::section;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::words;
use cbad::{Counterfactual, Explanation, Stability, StabilityCell, Variation, Way};
use egui::{Label, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// Events that are named one by one.
const NAMED: usize = 8;

/// Both, where the run looked at them; gives back an event that was clicked, and the numbers that were asked for.
pub(super) fn show(ui: &mut Ui, explanation: &Explanation) -> (Option<u64>, Option<Figures>) {
    let mut figures = None;
    let mut chosen = None;
    if let Some(known) = &explanation.counterfactual {
        section(
            ui,
            "What would have to be otherwise",
            "The least that would keep its most unusual window from being flagged.",
        );
        chosen = counterfactual(ui, known);
    }
    if let Some(known) = &explanation.stability {
        section(ui, "Does it hold", "The same finding with other windows and other seeds of the shuffles.");
        stability(ui, known);
        if figures::button(ui, "stability") {
            figures = Some(figures::finding::stability(known, &name));
        }
    }
    (chosen, figures)
}

fn counterfactual(ui: &mut Ui, known: &Counterfactual) -> Option<u64> {
    let mut chosen = None;
    let most = known.threshold_bits.max(known.score_without_bits);
    let (with, without) = match known.way {
        Way::Whole => ("Lowest score reached", "Least score flagged"),
        _ => ("Score if it were so", "Least score flagged"),
    };
    super::cost::bar(ui, with, known.score_without_bits, most, Some(known.threshold_bits), false)
        .on_hover_text("The line marks the least score that is flagged in this place.");
    super::cost::bar(ui, without, known.threshold_bits, most, None, false);
    let said = way(&known.way, known.events.len());
    ui.add(Label::new(said).wrap());
    ui.horizontal_wrapped(|ui| {
        for &event in known.events.iter().take(NAMED) {
            let button = ui.button(format!("Event {}", words::count(event)));
            if button.on_hover_text("Select this event.").clicked() {
                chosen = Some(event);
            }
        }
        if let Some(more) = known.events.len().checked_sub(NAMED).filter(|more| *more > 0) {
            ui.label(
                RichText::new(format!("and {} more", words::count(more as u64))).color(tokens::of(ui).weak),
            );
        }
    });
    chosen
}

fn way(way: &Way, events: usize) -> String {
    let duration = |nanos: u64| words::duration(i64::try_from(nanos).unwrap_or(i64::MAX));
    match way {
        Way::Events => format!(
            "Without {} it would not have been flagged:",
            words::counted(events as u64, "event", "events")
        ),
        Way::Pause { nanos } => format!("A pause of no more than {}.", duration(*nanos)),
        Way::Faster { nanos } => format!("All events of the window within {}.", duration(*nanos)),
        Way::Slower { nanos } => format!("All events of the window over at least {}.", duration(*nanos)),
        Way::Present { names } => {
            let names: Vec<String> = names.iter().map(case::inert).collect();
            format!("As often as in the baseline: {}.", names.join("; "))
        }
        Way::Whole => "Nothing that leaves half of the window in place: it is unusual throughout.".to_owned(),
    }
}

fn stability(ui: &mut Ui, known: &Stability) {
    ui.horizontal_wrapped(|ui| {
        for cell in &known.cells {
            tile(ui, cell);
        }
    });
    if let Some(why) = &known.not_tried {
        ui.add(Label::new(RichText::new(case::inert(why)).color(tokens::of(ui).weak)).wrap());
    }
}

fn name(what: Variation) -> String {
    match what {
        Variation::WindowSize(events) => format!("Windows of {events}"),
        Variation::Blocks(blocks) => format!("{blocks} blocks"),
        Variation::Seed(seed) => format!("Seed {seed}"),
    }
}

/// One variation: a mark and words as well as a colour.
fn tile(ui: &mut Ui, cell: &StabilityCell) {
    let t = tokens::of(ui);
    let (icon, color, verdict) =
        if cell.holds { (Icon::Done, t.good, "holds") } else { (Icon::Close, t.warning, "does not hold") };
    let (rect, response) = ui.allocate_exact_size(vec2(184.0, 44.0), Sense::hover());
    let p = words::probability(cell.p);
    let said = format!("{}: {verdict}, p {p}", name(cell.what));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.painter().rect(rect, size::CORNER, t.sunken, Stroke::new(1.0, color), StrokeKind::Inside);
    icon.paint(
        ui.painter(),
        Rect::from_center_size(rect.left_center() + vec2(15.0, 0.0), vec2(14.0, 14.0)),
        color,
    );
    let left = rect.left() + 30.0;
    let width = rect.right() - left - 6.0;
    super::paint_line(
        ui,
        &name(cell.what),
        semibold_font(size::SMALL),
        t.strong,
        pos2(left, rect.top() + 14.0),
        width,
    );
    let galley = super::line(ui, verdict, text_font(size::SMALL), t.text, width);
    let right = left + galley.size().x + 6.0;
    ui.painter().galley(pos2(left, rect.top() + 23.0), galley, t.text);
    if cell.holds {
        let font = egui::FontId { size: size::SMALL, ..mono_font() };
        super::paint_line(
            ui,
            &format!("p {p}"),
            font,
            t.weak,
            pos2(right, rect.top() + 30.0),
            rect.right() - right - 4.0,
        );
    }
    response.on_hover_text(said);
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    #[test]
    fn ways_are_said_and_lead_to_their_events() {
        let scene = crate::scene::state();
        let mut explanation = scene.selected_finding().expect("one is selected").finding.explanation;
        explanation.counterfactual = Some(Counterfactual {
            way: Way::Events,
            events: vec![740, 741],
            threshold_bits: 30.0,
            score_without_bits: 12.0,
        });
        let cell = |what, holds| StabilityCell { what, holds, p: 0.004 };
        explanation.stability = Some(Stability {
            cells: vec![cell(Variation::WindowSize(50), true), cell(Variation::Seed(43), false)],
            not_tried: None,
        });
        let mut harness = Harness::builder()
            .with_size([800.0, 500.0])
            .with_context_setup(crate::theme::install)
            .build_ui_state(
                |ui, chosen| {
                    if let Some(event) = show(ui, &explanation).0 {
                        *chosen = Some(event);
                    }
                },
                None,
            );
        harness.get_by_label("Without 2 events it would not have been flagged:");
        harness.get_by_label("Windows of 50: holds, p 0.0040");
        harness.get_by_label("Seed 43: does not hold, p 0.0040");
        harness.get_by_label("Event 741").click();
        harness.run();
        assert_eq!(*harness.state(), Some(741));
    }

    #[test]
    fn every_way_is_a_sentence() {
        let named = Way::Present { names: vec!["paid\u{1b}".to_owned()] };
        for kind in [
            Way::Pause { nanos: 2_000_000_000 },
            Way::Faster { nanos: 1 },
            Way::Slower { nanos: u64::MAX },
            named,
            Way::Whole,
        ] {
            let said = way(&kind, 0);
            assert!(said.ends_with('.') && !said.contains('\u{1b}'), "{said}");
        }
    }
}
