//! One finding: the sentence first, then what drove it, how sure it is, and the window beside its baseline.

pub(crate) mod beside;
mod bits;
mod decided;
mod drivers;
mod ordinary;
mod told;

use super::button;
use super::findings::{grade_mark, when};
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::state::{Pane, State};
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use case::FindingRow;
use cbad::{Explanation, Grade, Lens};
use egui::{Label, RichText, ScrollArea, Ui};
use std::sync::Arc;

/// What is made of a finding and of the windows of its stream once, and not in every frame.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Its run, and its number in that.
    of: (Option<i64>, i64),
    dearest: Option<Arc<Vec<(String, f64)>>>,
    against: Option<Arc<Vec<drivers::Against>>>,
    ordinary: Option<Arc<ordinary::Distribution>>,
}

/// What is kept of this finding; what is of another is dropped.
fn kept<'a>(state: &'a mut State, row: &FindingRow) -> &'a mut Kept {
    let of = (state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id), row.id);
    if state.tests.kept.of != of {
        state.tests.kept = Kept { of, ..Kept::default() };
    }
    &mut state.tests.kept
}

/// What is said where no finding is selected, and the way to one.
fn none(ui: &mut Ui, state: &mut State, doc: &Doc) {
    if doc.run.is_none() {
        return super::nothing::not_analysed(ui, state);
    }
    if doc.findings.is_empty() {
        let next = "The analysis has nothing to show: its streams are too short, or were left out of it.";
        let ways = [Command::ShowProblems, Command::ShowEvents];
        return super::empty_and(ui, state, "This case has no finding", next, &ways);
    }
    let next = "Choose one on the left, or begin with the first.";
    super::empty_and(ui, state, "No finding is selected", next, &[Command::NextFinding]);
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let row = match state.selection {
        Selection::Finding(id) => doc.finding(id),
        _ => None,
    };
    let Some(row) = row else {
        return none(ui, state, &doc);
    };
    super::coverage::opened(state, row);
    // Each finding is read from its sentence on, wherever one was in the last.
    let run = doc.run.as_ref().map(|run| run.id);
    ScrollArea::vertical().id_salt((run, row.id)).auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - size::GAP);
        sentence(ui, state, row);
        decided::list(ui, state, row);
        shifts(ui, state, row);
        drivers::show(ui, state, row);
        bits::show(ui, state, row);
        beside::show(ui, state, row);
        let (event, figures) = super::reasons::show(ui, &row.finding.explanation);
        if let Some(table) = figures {
            state.figures = super::figures::Open::new(vec![table]);
        }
        if let Some(position) = event {
            state.select(Selection::Event { stream: row.stream.id, position });
            state.front = Some(Pane::Events);
        }
        // No windows rank a change that lasts.
        if row.finding.lasting.is_none() {
            ordinary::show(ui, state, row);
        }
        if let Some(jury) = &row.finding.jury {
            super::jury::table(ui, jury);
        }
        super::canonical::show(ui, state, row);
    });
}

fn sentence(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let t = tokens::of(ui);
    let explanation = &row.finding.explanation;
    ui.horizontal(|ui| {
        let (icon, color) = grade_mark(row.finding.grade, t);
        icon.show(ui, size::ICON, color);
        let grade = match row.finding.grade {
            Grade::Severe => "Severe",
            Grade::Notable => "Notable",
            Grade::Unusual => "Unusual, not significant",
            Grade::Odd => "One odd event, not significant",
        };
        let lasts = if row.finding.lasting.is_some() { " · a change that lasts" } else { "" };
        ui.label(
            RichText::new(format!("Finding {} · {grade}{lasts}", row.id))
                .font(semibold_font(size::TEXT))
                .color(color),
        );
        for &lens in lenses(explanation) {
            super::shifts::label(ui, lens);
        }
        ui.add(Label::new(RichText::new(when(row)).color(t.weak)).truncate());
    });
    let of_stream = |text: &str| super::of_stream(state, row.stream.id, text);
    let text = RichText::new(of_stream(&explanation.sentence)).font(semibold_font(size::SENTENCE));
    ui.add(Label::new(text.color(t.strong)).wrap()).on_hover_text(case::inert(row.stream.key.label()));
    ui.add(Label::new(of_stream(&explanation.paragraph)).wrap());
    if state.review.showing.is_none() {
        actions(ui, state, row);
    }
}

/// What can be done with a finding; nothing of it while a story is presented.
fn actions(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    ui.add_space(size::TIGHT);
    ui.horizontal_wrapped(|ui| {
        for command in
            [Command::ShowEvents, Command::ShowBytes, Command::ZoomToSelection, Command::CopyCommandLine]
        {
            button(ui, state, command);
        }
    });
    decided::buttons(ui, state, row);
    decided::form(ui, state, row);
}

/// What the events are that stand for a finding: what the words cost is not what every lens looks at.
fn driving_events(explanation: &Explanation) -> &'static str {
    if lenses(explanation).contains(&Lens::Content) {
        "Dearest events"
    } else {
        "Events that show what shifted"
    }
}

/// Every lens that saw it; runs of before there were five name one.
fn lenses(explanation: &Explanation) -> &[Lens] {
    if explanation.lenses.is_empty() { std::slice::from_ref(&explanation.lens) } else { &explanation.lenses }
}

fn shifts(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let explanation = &row.finding.explanation;
    if explanation.shifts.is_empty() {
        return;
    }
    section(ui, "What shifted", "In the window against its baseline, with the bits that each carries.");
    if let Some(position) =
        super::shifts::show(ui, &explanation.shifts, &|text| super::of_stream(state, row.stream.id, text))
    {
        state.select(Selection::Event { stream: row.stream.id, position });
        state.front = Some(Pane::Events);
    }
}

pub(super) fn section(ui: &mut Ui, title: &str, about: &str) {
    ui.add_space(size::WIDE);
    super::heading(ui, title);
    ui.add(Label::new(RichText::new(about).font(text_font(size::SMALL)).color(tokens::of(ui).weak)).wrap());
}
