//! One finding: the sentence first, then what drove it, how sure it is, and the window beside its baseline.

use super::findings::{grade_mark, when};
use super::{button, cost};
use crate::command::Command;
use crate::doc::Selection;
use crate::state::{Pane, State};
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::words;
use case::{EventRow, FindingRow};
use cbad::{Driver, Explanation, Grade, Lens};
use egui::{Frame, Label, RichText, ScrollArea, Stroke, Ui};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tokens and events in the bars.
const BARS: usize = 6;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let row = match state.selection {
        Selection::Finding(id) => doc.finding(id),
        _ => None,
    };
    let Some(row) = row else {
        let next = if doc.findings.is_empty() {
            "This case has none."
        } else {
            "Choose one on the left, or press F8."
        };
        super::empty(ui, "No finding is selected", next);
        return;
    };
    super::coverage::opened(state, row);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - size::GAP);
        sentence(ui, state, row);
        shifts(ui, state, row);
        drivers(ui, state, row);
        beside(ui, state, row);
        if let Some(position) = super::reasons::show(ui, &row.finding.explanation) {
            state.select(Selection::Event { stream: row.stream.id, position });
            state.front = Some(Pane::Events);
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
        ui.label(
            RichText::new(format!("Finding {} · {grade}", row.id))
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
        decisions(ui, state, row);
    }
}

/// What can be done with a finding; nothing of it while a story is presented.
fn decisions(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    ui.add_space(size::TIGHT);
    ui.horizontal_wrapped(|ui| {
        for command in
            [Command::ShowEvents, Command::ShowBytes, Command::ZoomToSelection, Command::CopyCommandLine]
        {
            button(ui, state, command);
        }
    });
    ui.horizontal_wrapped(|ui| {
        let seen = state.is_acknowledged(row);
        let text = if seen { "Acknowledged" } else { Command::Acknowledge.spec().text };
        let button_of_it = ui.add(egui::Button::selectable(seen, text).frame_when_inactive(true));
        if button_of_it.on_hover_text(Command::Acknowledge.hover_text(ui.ctx())).clicked() {
            state.command(Command::Acknowledge);
        }
        button(ui, state, Command::Dismiss);
        button(ui, state, Command::Confirm);
    });
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

fn drivers(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let explanation = &row.finding.explanation;
    if explanation.drivers.is_empty() {
        return;
    }
    section(ui, "What drove it", "Bits that tokens and events cost when only the baseline is known.");
    let dear = dearest(state, row);
    let most = dear.first().map_or(1.0, |(_, bits)| *bits);
    for (label, bits) in dear.iter() {
        cost::bar(ui, label, *bits, most, None, true)
            .on_hover_text("All bits of this token in the dearest events.");
    }
    ui.add_space(size::TIGHT);
    super::caption(ui, "Dearest events (the line marks what an ordinary event costs)");
    let most = explanation.drivers.iter().map(|driver| driver.bits).fold(0.0, f64::max);
    for driver in explanation.drivers.iter().take(BARS) {
        let label = format!("Event {}", words::count(driver.event));
        let response = cost::bar(ui, &label, driver.bits, most, Some(driver.ordinary_bits), false);
        let about = format!(
            "An ordinary event of this stream costs {}. Click to select the event.",
            words::bits(driver.ordinary_bits)
        );
        if response.on_hover_text(about).clicked() {
            state.select(Selection::Event { stream: row.stream.id, position: driver.event });
            state.front = Some(Pane::Events);
        }
    }
}

/// The dearest tokens of a finding, looked for once.
fn dearest(state: &mut State, row: &FindingRow) -> Arc<Vec<(String, f64)>> {
    let run = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id);
    if let Some((of, dear)) = &state.tests.dearest
        && *of == (run, row.id)
    {
        return Arc::clone(dear);
    }
    let mut dear = dearest_tokens(&row.finding.explanation);
    dear.truncate(BARS);
    let dear = Arc::new(dear);
    state.tests.dearest = Some(((run, row.id), Arc::clone(&dear)));
    dear
}

/// Tokens of all drivers summed by place and text, dearest first.
fn dearest_tokens(explanation: &Explanation) -> Vec<(String, f64)> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for token in explanation.drivers.iter().flat_map(|driver| &driver.tokens) {
        let text = cost::text(token);
        let label = match &token.field {
            Some(field) => format!("{} = {text}", case::inert(field)),
            None => text,
        };
        *sums.entry(label).or_default() += token.bits;
    }
    let mut sums: Vec<(String, f64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}

fn beside(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let explanation = &row.finding.explanation;
    if explanation.drivers.is_empty() {
        return;
    }
    section(
        ui,
        "Window beside baseline",
        "Each of the dearest events, beside the event of the baseline that explains most of it.",
    );
    cost::legend(ui);
    for driver in &explanation.drivers {
        pair(ui, state, row, driver);
    }
}

fn pair(ui: &mut Ui, state: &mut State, row: &FindingRow, driver: &Driver) {
    let stream = row.stream.id;
    let here = state.event(stream, driver.event);
    let there = driver.nearest.map(|position| (position, state.event(stream, position)));
    ui.columns(2, |columns| {
        card(&mut columns[0], |ui| {
            head(ui, "Window", driver.event, here.as_ref(), Some(driver.bits));
            cost::tokens(ui, &driver.tokens, ui.available_width());
        });
        card(&mut columns[1], |ui| {
            let Some((position, event)) = &there else {
                super::caption(ui, "Baseline");
                ui.label(RichText::new("No event of the baseline is like it.").color(tokens::of(ui).weak));
                return;
            };
            head(ui, "Baseline", *position, event.as_ref(), None);
            match event {
                Some(Ok(event)) => plain(ui, event),
                Some(Err(why)) => {
                    ui.add(Label::new(RichText::new(why).color(tokens::of(ui).danger)).wrap());
                }
                None => {
                    ui.label(RichText::new("Reading…").color(tokens::of(ui).weak));
                }
            }
        });
    });
}

fn head(
    ui: &mut Ui,
    name: &str,
    position: u64,
    event: Option<&Result<Arc<EventRow>, String>>,
    bits: Option<f64>,
) {
    let t = tokens::of(ui);
    let time = match event {
        Some(Ok(event)) => event.event.time_nanos.map(words::time).unwrap_or_default(),
        _ => String::new(),
    };
    ui.horizontal(|ui| {
        super::caption(ui, &format!("{name} · event {}", words::count(position)));
        if let Some(bits) = bits {
            ui.label(RichText::new(words::bits(bits)).font(mono_font()).color(t.strong));
        }
        ui.add(Label::new(RichText::new(time).font(text_font(size::SMALL)).color(t.weak)).truncate());
    });
}

/// The event without colours: body, and the fields that a reader compares.
fn plain(ui: &mut Ui, event: &EventRow) {
    let t = tokens::of(ui);
    let mut text = super::evidence::marked(&event.event.body);
    if let Some((start, end)) = event.event.body_stamp
        && let (Some(before), Some(after)) =
            (event.event.body.get(..start as usize), event.event.body.get(end as usize..))
    {
        // The codes skip the time stamp, and so does the other side.
        super::evidence::marked([before, after].concat()).trim().clone_into(&mut text);
    }
    ui.add(Label::new(RichText::new(text).font(mono_font()).color(t.text)).wrap());
    for field in &event.event.fields {
        let line = format!("{} = {}", case::inert(&field.path), super::explain::value(&field.value));
        ui.add(Label::new(RichText::new(line).font(mono_font()).color(t.weak)).wrap());
    }
}

fn card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let t = tokens::of(ui);
    Frame::new()
        .fill(t.sunken)
        .stroke(Stroke::new(1.0, t.border))
        .corner_radius(size::CORNER)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 3.0;
            add(ui);
        });
}

pub(super) fn section(ui: &mut Ui, title: &str, about: &str) {
    ui.add_space(size::WIDE);
    super::heading(ui, title);
    ui.add(Label::new(RichText::new(about).font(text_font(size::SMALL)).color(tokens::of(ui).weak)).wrap());
}
