//! The test of a finding by shuffling, on demand: what is asked for, and the null distribution with the observed value.

use super::figures::{self, Picture};
use super::finding::section;
use crate::command::Command;
use crate::query::Query;
use crate::state::State;
use crate::tokens::{self, size};
use crate::words;
use case::FindingRow;
use cbad::{CanonicalTest, CodecName, Statistic};
use egui::{ComboBox, DragValue, Label, RichText, Role, Ui, WidgetInfo};

const ABOUT: &str =
    "The events of the window and of its baseline piece, shuffled again and again, each shuffle coded anew.";

pub(super) fn show(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let Some(run) = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id) else { return };
    if state.tests.of != Some((run, row.id)) {
        state.tests.of = Some((run, row.id));
        state.tests.made.clear();
        state.ask(Query::Tests { run, finding: row.id });
    }
    let is_presented = state.review.showing.is_some();
    if is_presented && state.tests.made.is_empty() {
        return;
    }
    section(ui, "Test by shuffling", ABOUT);
    if !is_presented {
        choose(ui, state);
    }
    if state.tests.made.is_empty() {
        ui.label(RichText::new("No test of this finding has been made yet.").color(tokens::of(ui).weak));
    }
    let mut asked = None;
    for (number, test) in state.tests.made.iter().enumerate() {
        ui.push_id(number, |ui| {
            if result(ui, test) {
                asked = Some(test);
            }
        });
    }
    if let Some(test) = asked {
        let say = |at| value(test.statistic, at);
        let table = figures::finding::distribution(Picture::Shuffles, &test.null, test.observed, &say);
        state.figures = figures::Open::new(vec![table]);
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

/// One test; `true` where its numbers are asked for.
fn result(ui: &mut Ui, test: &CanonicalTest) -> bool {
    ui.add_space(size::TIGHT);
    ui.add(Label::new(RichText::new(said(test)).color(tokens::of(ui).strong)).wrap());
    let about = format!(
        "Smallest p that these shuffles could give: {}.\nSHA-256 of all values: {}",
        words::probability(test.p.floor),
        case::inert(&test.null_sha256)
    );
    let name = format!("Null distribution of {}", measure(test.statistic));
    super::null::show(ui, &name, &test.null, test.observed, &|at| value(test.statistic, at))
        .on_hover_text(about);
    figures::button(ui, &name)
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
            .build_ui(move |ui| assert!(!result(ui, &test), "nobody asks"));
        harness
            .get_by_label("NCD by zstd: p 0.0010 from 999 shuffles, 0 of them at least as extreme as 0.9100");
        harness.get_by_label("Null distribution of NCD from 0.4000 to 0.6000, observed 0.9100");
    }
}
