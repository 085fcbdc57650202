//! The test of a finding by shuffling, on demand: what is asked for, and the null distribution with the observed value.

use super::finding::section;
use crate::command::Command;
use crate::query::Query;
use crate::state::State;
use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use case::FindingRow;
use cbad::{CanonicalTest, CodecName, Statistic};
use egui::{
    Align2, ComboBox, DragValue, Label, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// Height of the bars.
const HEIGHT: f32 = 110.0;

const ABOUT: &str =
    "The events of the window and of its baseline piece, shuffled again and again, each shuffle coded anew.";

pub(super) fn show(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let Some(run) = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id) else { return };
    if state.tests.of != Some((run, row.id)) {
        state.tests.of = Some((run, row.id));
        state.tests.made.clear();
        state.ask(Query::Tests { run, finding: row.id });
    }
    section(ui, "Test by shuffling", ABOUT);
    choose(ui, state);
    if state.tests.made.is_empty() {
        ui.label(RichText::new("No test of this finding has been made yet.").color(tokens::of(ui).weak));
    }
    for test in &state.tests.made {
        result(ui, test);
    }
}

fn choose(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        let choice = &mut state.tests.choice;
        let codecs = ComboBox::from_id_salt("test codec").width(84.0).selected_text(choice.codec.name());
        let shown = codecs.show_ui(ui, |ui| {
            for info in cbad::codecs() {
                let Some(codec) = CodecName::from_name(&info.name) else { continue };
                ui.add_enabled_ui(info.absent.is_none(), |ui| {
                    let row = ui.selectable_value(&mut choice.codec, codec, codec.name());
                    row.on_disabled_hover_text(info.absent.as_deref().unwrap_or_default());
                });
            }
        });
        let label = format!("Codec of the test: {}", choice.codec.name());
        shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
        let statistics =
            ComboBox::from_id_salt("test statistic").width(92.0).selected_text(measure(choice.statistic));
        let shown = statistics.show_ui(ui, |ui| {
            for statistic in Statistic::ALL {
                ui.selectable_value(&mut choice.statistic, statistic, measure(statistic));
            }
        });
        let label = format!("Statistic of the test: {}", measure(choice.statistic));
        shown.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
        let shuffles =
            DragValue::new(&mut choice.permutations).range(1..=10_000_000).speed(100).suffix(" shuffles");
        let shuffles = ui.add(shuffles);
        shuffles.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "Shuffles of the test"));
        shuffles.on_hover_text("How many. The smallest p that can come out is one by one more than these.");
        super::button(ui, state, Command::TestFinding);
    });
}

/// What a person calls the statistic.
const fn measure(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Ncd => "NCD",
        Statistic::Delta => "delta bits",
    }
}

fn value(statistic: Statistic, value: f64) -> String {
    match statistic {
        Statistic::Ncd => format!("{value:.4}"),
        Statistic::Delta => format!("{value:.0}"),
    }
}

fn said(test: &CanonicalTest) -> String {
    format!(
        "{} by {}: p {} from {} shuffles, {} of them at least as extreme as {}",
        measure(test.statistic),
        case::inert(&test.codec.name),
        words::probability(test.p.value),
        words::count(u64::from(test.p.n)),
        words::count(u64::from(test.extreme)),
        value(test.statistic, test.observed)
    )
}

fn result(ui: &mut Ui, test: &CanonicalTest) {
    let t = tokens::of(ui);
    ui.add_space(size::TIGHT);
    ui.add(Label::new(RichText::new(said(test)).color(t.strong)).wrap());
    let width = ui.available_width().min(640.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT + 20.0), Sense::hover());
    let (least, greatest) = (test.null.least.min(test.observed), test.null.greatest.max(test.observed));
    let label = format!(
        "Null distribution of {} from {} to {}, observed {}",
        measure(test.statistic),
        value(test.statistic, test.null.least),
        value(test.statistic, test.null.greatest),
        value(test.statistic, test.observed)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let frame = Rect::from_min_size(rect.min, vec2(width, HEIGHT));
    ui.painter().rect_filled(frame, 2, t.sunken);
    // Room on both sides, so that a value at the end can be seen.
    let inner = frame.shrink2(vec2(12.0, 6.0));
    let span = (greatest - least).max(f64::MIN_POSITIVE);
    let x = |value: f64| inner.left() + ((value - least) / span) as f32 * inner.width();
    bars(ui, test, inner, &x);
    let at = x(test.observed);
    ui.painter().vline(at, frame.y_range(), Stroke::new(2.0, t.danger));
    let (align, gap) =
        if at > frame.center().x { (Align2::RIGHT_TOP, -6.0) } else { (Align2::LEFT_TOP, 6.0) };
    let text = format!("observed {}", value(test.statistic, test.observed));
    ui.painter().text(pos2(at + gap, frame.top() + 4.0), align, text, text_font(size::SMALL), t.strong);
    for (value_at, align) in [(least, Align2::LEFT_TOP), (greatest, Align2::RIGHT_TOP)] {
        let place = pos2(x(value_at), frame.bottom() + 3.0);
        ui.painter().text(place, align, value(test.statistic, value_at), mono_font(), t.weak);
    }
    let about = format!(
        "Smallest p that these shuffles could give: {}.\nSHA-256 of all values: {}",
        words::probability(test.p.floor),
        case::inert(&test.null_sha256)
    );
    response.on_hover_text(about);
}

fn bars(ui: &Ui, test: &CanonicalTest, inner: Rect, x: &dyn Fn(f64) -> f32) {
    let t = tokens::of(ui);
    let null = &test.null;
    let most = null.counts.iter().copied().max().unwrap_or(0).max(1);
    let width = (null.greatest - null.least) / null.counts.len().max(1) as f64;
    for (number, count) in null.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = x(null.least + width * number as f64);
        let to = x(null.least + width * (number + 1) as f64).max(from + 2.0);
        // One shuffle alone is still seen.
        let height = (inner.height() * f64::from(*count) as f32 / most as f32).max(1.5);
        let bar = Rect::from_min_max(pos2(from, inner.bottom() - height), pos2(to - 0.5, inner.bottom()));
        ui.painter().rect_filled(bar, 0, t.series_a);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{Histogram, PValue, Sizes};
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    #[test]
    fn a_result_is_said_in_words_beside_its_picture() {
        let test = CanonicalTest {
            window: 3,
            codec: cbad::codecs().swap_remove(0),
            statistic: Statistic::Ncd,
            seed: 42,
            sizes: Sizes::default(),
            observed: 0.91,
            extreme: 0,
            p: PValue { value: 0.001, floor: 0.001, n: 999 },
            null: Histogram { least: 0.4, greatest: 0.6, counts: (0..40).collect() },
            null_sha256: "ab".repeat(32),
        };
        let harness = Harness::builder()
            .with_context_setup(crate::theme::install)
            .build_ui(move |ui| result(ui, &test));
        harness
            .get_by_label("NCD by zstd: p 0.0010 from 999 shuffles, 0 of them at least as extreme as 0.9100");
        harness.get_by_label("Null distribution of NCD from 0.4000 to 0.6000, observed 0.9100");
    }
}
