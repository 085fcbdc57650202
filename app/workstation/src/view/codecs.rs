//! What windows are coded by: the five codecs of the jury, and the plan of the one that has a plan.

use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use cbad::{CodecInfo, PlanInfo};
use egui::{Grid, Label, RichText, Ui};

/// Every codec with its version and what decides its sizes, and below it what the plan does to each column.
pub(super) fn show(ui: &mut Ui) {
    ui.add_space(size::WIDE);
    super::heading(ui, "Codecs and plans");
    let t = tokens::of(ui);
    let about = "What the jury codes windows by. A run keeps name, version, level and plan of each, and numbers of different ones are never compared.";
    ui.add(Label::new(RichText::new(about).font(text_font(size::SMALL)).color(t.weak)).wrap());
    Grid::new("codecs").num_columns(2).spacing([size::WIDE, size::TIGHT]).show(ui, |ui| {
        for codec in cbad::codecs() {
            ui.label(RichText::new(&codec.name).font(mono_font()).color(t.text));
            ui.add(Label::new(RichText::new(in_words(&codec)).color(t.text)).wrap());
            ui.end_row();
        }
    });
    let plans = cbad::plans();
    for plan in &plans {
        of_plan(ui, plan);
    }
    let one = match plans.as_slice() {
        [] => "This program was built without OpenZL, so that it has no plan.",
        _ => {
            "This is the only plan that this program has: sizes can be compared between windows, streams and runs only under one and the same plan, so that there is no other to choose."
        }
    };
    ui.add(Label::new(RichText::new(one).font(text_font(size::SMALL)).color(t.weak)).wrap());
}

/// Version, level and settings, or why it is not there.
fn in_words(codec: &CodecInfo) -> String {
    if let Some(why) = &codec.absent {
        return format!("absent: {why}");
    }
    let level = codec.level.map(|level| format!(", level {level}")).unwrap_or_default();
    let settings = codec.settings.as_ref().map(|settings| format!(", {settings}")).unwrap_or_default();
    format!("{}{level}{settings}", codec.version)
}

fn of_plan(ui: &mut Ui, plan: &PlanInfo) {
    let t = tokens::of(ui);
    ui.add_space(size::TIGHT);
    let title = format!("Plan of {}: typed columns of each piece", plan.codec.name());
    ui.label(RichText::new(title).color(t.strong));
    let hash = Label::new(RichText::new(format!("SHA-256 {}", plan.sha256)).font(mono_font()).color(t.text));
    ui.add(hash.wrap())
        .on_hover_text("Over the plan's own description, the version of the library and of its frames.");
    Grid::new(("plan", &plan.sha256)).num_columns(3).spacing([size::WIDE, size::TIGHT]).show(ui, |ui| {
        for column in &plan.columns {
            ui.label(RichText::new(&column.name).color(t.text));
            ui.label(RichText::new(column.column_type).font(mono_font()).color(t.weak));
            ui.add(Label::new(RichText::new(column.recipe).color(t.text)).wrap());
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_says_what_decides_its_sizes_and_the_plan_is_the_one_that_runs_keep() {
        let codecs = cbad::codecs();
        let openzl = codecs.iter().find(|codec| codec.name == "openzl").expect("it is one of five");
        let said = in_words(openzl);
        match cbad::plans().as_slice() {
            [] => assert!(said.starts_with("absent: "), "{said}"),
            [plan] => {
                assert!(said.contains(&plan.sha256), "{said}");
                assert!(plan.columns.len() == 2 && plan.columns.iter().all(|c| !c.recipe.is_empty()));
            }
            more => panic!("one plan for all, not {}", more.len()),
        }
        let absent = CodecInfo { absent: Some("not built in".to_owned()), ..openzl.clone() };
        assert_eq!(in_words(&absent), "absent: not built in");
    }
}
