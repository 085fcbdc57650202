//! Calls to language models over the shared time: the list, totals by model, tools, one conversation, two prompts compared.

mod conversation;
mod tools;

use super::tables::{self, Column, column, durations, numbers};
use crate::command::Command;
use crate::doc::Selection;
use crate::state::State;
use crate::telemetry::calls::{CallsView, Upper};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::{CallRow, Calls, ModelTotals};
use egui::{Label, RichText, TextEdit, Ui, WidgetInfo};
use std::sync::Arc;

const COLUMNS: [Column; 9] = [
    column("Time", 104.0, "When the call began, in the zone shown below the views."),
    column(
        "Model",
        130.0,
        "The model that answered, or else the one that was asked for; of a tool's own work the tool.",
    )
    .down_to(88.0),
    column("Operation", 100.0, "chat, embeddings, execute_tool and the like.").down_to(76.0).spare(2),
    numbers("Tokens in", 76.0, "Of the prompt, as the capture gives them."),
    numbers("Tokens out", 80.0, "Of the answer."),
    numbers("Cost", 78.0, "As the capture gives it, in its currency."),
    durations("Latency", "Duration of the span; absent in logs."),
    column("Finish", 80.0, "Why the model stopped; “error” where the call failed.").down_to(72.0).spare(1),
    column("Tools", 160.0, "Tools that the model asked for, or the one at work.").down_to(90.0).spare(3),
];

const MODELS: [Column; 8] = [
    column("Model", 170.0, "The model that answered, or else the one that was asked for.").down_to(100.0),
    numbers("Calls", 70.0, "Calls that begin in the time shown."),
    numbers("Errors", 64.0, "Calls that failed."),
    numbers("Tokens in", 84.0, "Sum over the calls that say."),
    numbers("Tokens out", 84.0, "Sum over the calls that say."),
    numbers("Cost", 84.0, "Sum over the calls that say."),
    durations("Median", "Half of the calls took no longer; to within one percent."),
    durations("95 %", "95 of a hundred calls took no longer; to within one percent."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    state.want_calls(&doc);
    let Some(calls) = state.telemetry.calls.calls.clone() else {
        match state.telemetry.calls.failed.clone() {
            Some(why) => super::empty(ui, "The calls could not be read", &why),
            None => super::empty(
                ui,
                "Looking for calls…",
                "Spans and logs of the time shown are being looked through.",
            ),
        }
        return;
    };
    if calls.total == 0 && !state.telemetry.calls.reading {
        let is_all = state.range == doc.extent || !state.has_times();
        let next = if is_all {
            "No span and no log of this case has fields such as gen_ai.request.model. Open a capture of an application whose calls are recorded by the OpenTelemetry conventions, OpenLLMetry, OpenInference or the SDK of Langfuse."
        } else {
            "Zoom out, or look at the time of the whole case."
        };
        let way = if is_all { Command::OpenCapture } else { Command::ResetZoom };
        return super::empty_and(ui, state, "No calls to a language model", next, &[way]);
    }
    super::tall(ui, 430.0, |ui| body(ui, state, &calls));
}

fn body(ui: &mut Ui, state: &mut State, calls: &Arc<Calls>) {
    toolbar(ui, state, calls);
    let height = (ui.available_height() * 0.4).max(120.0);
    if let Some((stream, position)) = state.telemetry.calls.chosen.call {
        state.want_call(stream, position);
    }
    ui.push_id("upper", |ui| match state.telemetry.calls.chosen.upper {
        Upper::List => list(ui, state, calls, height),
        Upper::Models => models(ui, state, calls, height),
        Upper::Tools => tools::show(ui, state, calls, height),
    });
    ui.add_space(size::TIGHT);
    ui.push_id("lower", |ui| conversation::show(ui, state));
}

/// Keeps the call that is shown, to compare the prompt of the next with it.
pub(super) fn keep(state: &mut State) {
    let view = &mut state.telemetry.calls;
    view.kept = view.read.as_ref().map(|read| Arc::new(read.call.clone()));
    view.chosen.as_difference = true;
}

fn toolbar(ui: &mut Ui, state: &mut State, calls: &Calls) {
    let t = tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        let view = &mut state.telemetry.calls;
        for (upper, text) in
            [(Upper::List, "List of calls"), (Upper::Models, "By model"), (Upper::Tools, "Tools")]
        {
            if ui
                .add(egui::Button::selectable(view.chosen.upper == upper, text).frame_when_inactive(true))
                .clicked()
            {
                view.chosen.upper = upper;
            }
        }
        let tables = super::figures::button(ui, "tools").then(|| vec![tools::figures(&calls.tools)]);
        if let Some(open) = tables.and_then(super::figures::Open::new) {
            state.figures = Some(open);
        }
        let view = &mut state.telemetry.calls;
        let field = TextEdit::singleline(&mut view.chosen.filter)
            .hint_text("Model, operation, tool")
            .desired_width(150.0);
        ui.add(field).widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, "Filter calls"));
        let text = if view.reading {
            "Looking for calls…".to_owned()
        } else {
            let tokens: u64 = calls.models.iter().map(|model| model.input_tokens + model.output_tokens).sum();
            let calls = words::counted(calls.total, "call", "calls");
            format!("{calls}, {}", words::counted(tokens, "token", "tokens"))
        };
        ui.add(Label::new(RichText::new(text).color(t.weak)).truncate());
    });
    if calls.total > calls.rows.len() as u64 {
        let text = format!(
            "The earliest {} of {} are listed; the totals count all. Zoom in to list the others.",
            words::count(calls.rows.len() as u64),
            words::count(calls.total)
        );
        ui.add(Label::new(RichText::new(text).color(t.warning)).wrap());
    }
    for damage in &calls.damaged {
        ui.add(Label::new(RichText::new(case::inert(damage.to_string())).color(t.danger)).wrap());
    }
}

/// The rows that fit what is looked for, sorted; made once for what they depend on.
fn listed(view: &mut CallsView, calls: &Calls) -> Arc<Vec<usize>> {
    let (filter, sort) = (view.chosen.filter.to_lowercase(), view.chosen.sort);
    if let Some((_, _, rows)) = view.listed.as_ref().filter(|known| (&known.0, known.1) == (&filter, sort)) {
        return Arc::clone(rows);
    }
    let fits = |row: &CallRow| {
        [&row.model, &row.operation]
            .into_iter()
            .chain(&row.tools)
            .any(|text| text.to_lowercase().contains(&filter))
    };
    let mut rows: Vec<usize> = (0..calls.rows.len()).filter(|row| fits(&calls.rows[*row])).collect();
    let by = |a: &CallRow, b: &CallRow| match sort.0 {
        1 => (&a.model, &a.tools).cmp(&(&b.model, &b.tools)),
        2 => a.operation.cmp(&b.operation),
        3 => a.input_tokens.cmp(&b.input_tokens),
        4 => a.output_tokens.cmp(&b.output_tokens),
        5 => a.cost.unwrap_or(-1.0).total_cmp(&b.cost.unwrap_or(-1.0)),
        6 => a.latency_nanos.cmp(&b.latency_nanos),
        7 => finish(a).cmp(&finish(b)),
        8 => a.tools.cmp(&b.tools),
        _ => (a.time_nanos.is_none(), a.time_nanos).cmp(&(b.time_nanos.is_none(), b.time_nanos)),
    };
    rows.sort_by(|&a, &b| {
        let order = by(&calls.rows[a], &calls.rows[b]);
        if sort.1 { order.reverse() } else { order }
    });
    let rows = Arc::new(rows);
    view.listed = Some((filter, sort, Arc::clone(&rows)));
    rows
}

fn list(ui: &mut Ui, state: &mut State, calls: &Calls, height: f32) {
    let view = &mut state.telemetry.calls;
    let rows: Vec<&CallRow> = listed(view, calls).iter().map(|&row| &calls.rows[row]).collect();
    if rows.is_empty() {
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            if super::empty_or(ui, "No call fits", "Other words may find it.", "Show all calls") {
                view.chosen.filter.clear();
            }
        });
        return;
    }
    let mut place = std::mem::take(&mut view.list);
    let chosen = view.wanted();
    place.selected =
        rows.iter().position(|row| Some((row.stream, row.position)) == chosen).map(|row| row as u64);
    let mut table = List { rows: &rows };
    let mut sort = view.chosen.sort;
    let selected = tables::table_of(ui, "Calls", &COLUMNS, &mut place, &mut table, height, Some(&mut sort));
    view.list = place;
    view.chosen.sort = sort;
    if let Some(row) = selected.and_then(|row| rows.get(row as usize)) {
        let (stream, position) = (row.stream, row.position);
        state.telemetry.calls.chosen.call = Some((stream, position));
        state.want_call(stream, position);
        state.select(Selection::Event { stream, position });
    } else if chosen.is_none() {
        state.want_call(rows[0].stream, rows[0].position);
    }
}

/// The model, or the tool that was at work without one.
fn model(row: &CallRow) -> String {
    if row.model.is_empty() && !row.tools.is_empty() {
        return format!("tool {}", case::inert(row.tools.join(", ")));
    }
    case::inert(&row.model)
}

fn finish(row: &CallRow) -> String {
    if row.is_error { "error".to_owned() } else { row.finish.as_deref().map(case::inert).unwrap_or_default() }
}

fn cost(cost: Option<f64>) -> String {
    cost.map_or_else(|| "–".to_owned(), |cost| format!("{cost:.6}"))
}

struct List<'a> {
    rows: &'a [&'a CallRow],
}

impl Rows for List<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let row = self.rows[row as usize];
        let tokens = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), words::count);
        format!(
            "Call to {}, {} tokens in, {} out, {}",
            case::inert(&row.model),
            tokens(row.input_tokens),
            tokens(row.output_tokens),
            finish(row)
        )
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let row = self.rows[row as usize];
        let tokens = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), words::count);
        let texts = [
            row.time_nanos.map_or_else(|| "no time".to_owned(), words::clock),
            model(row),
            case::inert(&row.operation),
            tokens(row.input_tokens),
            tokens(row.output_tokens),
            cost(row.cost),
            row.latency_nanos.map_or_else(|| "–".to_owned(), words::duration),
            finish(row),
            case::inert(row.tools.join(", ")),
        ];
        tables::cells(ui, &COLUMNS, &texts, selected);
    }
}

fn models(ui: &mut Ui, state: &mut State, calls: &Calls, height: f32) {
    let mut place = std::mem::take(&mut state.telemetry.calls.models_list);
    let mut table = Models { models: &calls.models };
    let chosen = tables::table_of(ui, "Totals by model", &MODELS, &mut place, &mut table, height, None);
    state.telemetry.calls.models_list = place;
    if let Some(model) = chosen.and_then(|row| calls.models.get(row as usize)) {
        state.telemetry.calls.chosen.filter.clone_from(&model.model);
        state.telemetry.calls.chosen.upper = Upper::List;
    }
}

struct Models<'a> {
    models: &'a [ModelTotals],
}

impl Rows for Models<'_> {
    fn len(&self) -> u64 {
        self.models.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let model = &self.models[row as usize];
        format!("Model {}, {}", case::inert(&model.model), words::counted(model.calls, "call", "calls"))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let model = &self.models[row as usize];
        let latency = |nanos: Option<i64>| nanos.map_or_else(|| "–".to_owned(), words::duration);
        let texts = [
            case::inert(&model.model),
            words::count(model.calls),
            words::count(model.errors),
            words::count(model.input_tokens),
            words::count(model.output_tokens),
            cost(model.cost),
            latency(model.median_nanos),
            latency(model.p95_nanos),
        ];
        tables::cells(ui, &MODELS, &texts, selected);
    }
}

/// A button for keeping the call that is shown.
fn keep_button(ui: &mut Ui, state: &mut State) {
    super::button(ui, state, Command::KeepCall);
}
