//! Traces over the shared time: the list, the spans of one of them, the map of services, two traces compared.

mod compare;
mod map;
mod route;
mod spread;
mod waterfall;

use super::figures;
use super::tables::{self, Column, column, durations, names, numbers};
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::state::{Pane, State};
use crate::telemetry::{ListKey, Lower, Spans, Traces, Upper};
use crate::theme::text_font;
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::{Trace, TraceRow};
use cbad::Signal;
use egui::{Color32, Label, RichText, TextEdit, Ui};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const COLUMNS: [Column; 8] = [
    column("Begins", 104.0, "When the earliest span of the trace begins, in the zone shown below the views."),
    durations("Duration", "From the earliest beginning to the latest end of its spans in the time shown."),
    column("Service", 104.0, "Service of the root span.").down_to(72.0),
    column(
        "Operation",
        190.0,
        "Operation of the root span; with … before it where the root is not in the time shown.",
    )
    .down_to(152.0),
    numbers("Spans", 56.0, "Spans of the trace that begin in the time shown."),
    numbers("Errors", 58.0, "Spans whose status is an error."),
    numbers("Services", 68.0, "Number of services that it goes through.").spare(2),
    numbers("Findings", 70.0, "Spans that lie in a significant finding.").spare(1),
];

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    if !doc.streams.iter().any(|stream| stream.key.signal == Signal::Span) {
        let next = "This case has no spans. Open a capture with traces, such as OTLP from a collector, together with these logs.";
        return super::empty_and(ui, state, "No traces", next, &[Command::OpenCapture]);
    }
    if doc.axis.nanos(0.0).is_none() {
        super::empty(
            ui,
            "No times",
            "No event of this case says when it was, so that there is no range of time to show.",
        );
        return;
    }
    state.want_traces(&doc);
    super::tall(ui, 430.0, |ui| body(ui, state, &doc));
}

fn body(ui: &mut Ui, state: &mut State, doc: &Arc<Doc>) {
    toolbar(ui, state, doc);
    let Some(spans) = state.telemetry.traces.spans.clone() else {
        let failed = state.telemetry.traces.failed.clone();
        match failed {
            Some(why) => super::empty(ui, "The traces could not be read", &why),
            None => super::empty(ui, "Reading spans…", "The traces of the time shown are being gathered."),
        }
        return;
    };
    if spans.rows.is_empty() {
        let text = match spans.without_trace {
            0 if state.range == doc.extent => "No span of this case carries a trace id.".to_owned(),
            0 => "Zoom out, or look at the time of the whole case.".to_owned(),
            count => format!("{} in it carry no trace id.", words::counted(count, "span", "spans")),
        };
        // The way back to all time is in the bar above.
        let ways: &[Command] = if state.range == doc.extent { &[] } else { &[Command::ZoomOut] };
        return super::empty_and(ui, state, "No trace begins in this time", &text, ways);
    }
    if let Some(chosen) = state.telemetry.traces.chosen.trace {
        state.want_trace(doc, chosen);
    }
    let height = ui.available_height();
    let shown = state.telemetry.traces.chosen.upper;
    // The list takes a first trace, the map none: it has the whole room until one is chosen.
    let is_alone = shown == Upper::Map && state.telemetry.traces.wanted().is_none();
    let share = match shown {
        Upper::Map if is_alone => 1.0,
        Upper::Map => 0.5,
        Upper::List => 0.36,
    };
    let upper = (height * share).max(120.0);
    ui.push_id("upper", |ui| match shown {
        Upper::List => list(ui, state, doc, &spans, upper),
        Upper::Map => map::show(ui, state, doc, &spans.edges, upper),
    });
    if !is_alone {
        ui.add_space(size::TIGHT);
        ui.push_id("lower", |ui| lower(ui, state, doc));
    }
}

/// Comes to the view, on the trace of the selected event where it has one.
pub(super) fn come(state: &mut State) {
    state.front = Some(Pane::Traces);
    let Some(doc) = state.doc.clone() else { return };
    let event = state.selected_event().and_then(|(stream, position)| state.event(stream, position));
    if let Some(trace) = event.and_then(Result::ok).and_then(|row| row.event.trace_id) {
        state.choose_trace(&doc, trace);
    }
}

/// Comes to the map of services.
pub(super) fn come_to_map(state: &mut State) {
    state.telemetry.traces.chosen.upper = Upper::Map;
    come(state);
}

/// Keeps the trace that is shown for comparison with the next.
pub(super) fn keep(state: &mut State) {
    let traces = &mut state.telemetry.traces;
    traces.kept = traces.trace.clone();
    traces.chosen.lower = Lower::Comparison;
}

/// The colours of these services: the same in every picture of a case. A name always stands beside its colour.
fn service_colors<'a>(ui: &Ui, doc: &Doc, of: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Color32> {
    let category = tokens::of(ui).category;
    let services: BTreeSet<&str> = doc.streams.iter().filter_map(|row| row.key.service.as_deref()).collect();
    let services: Vec<&str> = services.into_iter().collect();
    let distinct: BTreeSet<&str> = of.collect();
    let color = |service: &str| {
        let place = services.binary_search(&service).unwrap_or(category.len() - 1);
        category[place % category.len()]
    };
    distinct.into_iter().map(|service| (service, color(service))).collect()
}

/// A trace id as it is written everywhere.
fn hex(id: &[u8]) -> String {
    id.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn toolbar(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let t = tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        let traces = &mut state.telemetry.traces;
        for (upper, text) in [(Upper::List, "List of traces"), (Upper::Map, "Service map")] {
            if ui
                .add(egui::Button::selectable(traces.chosen.upper == upper, text).frame_when_inactive(true))
                .clicked()
            {
                traces.chosen.upper = upper;
            }
        }
        let mut tables = Vec::new();
        if figures::button(ui, "traces") {
            let edges = traces.spans.iter().filter(|spans| !spans.edges.is_empty());
            tables.extend(edges.map(|spans| map::figures(&spans.edges)));
            tables.extend(traces.trace.iter().map(|trace| waterfall::figures(trace)));
        }
        let field = TextEdit::singleline(&mut traces.chosen.filter)
            .hint_text("Service, operation or id")
            .desired_width(170.0);
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Filter traces"));
        let about = "Only traces with a span whose status is an error.";
        ui.checkbox(&mut traces.chosen.errors_only, "Errors only").on_hover_text(about);
        if let Some(open) = figures::Open::new(tables) {
            state.figures = Some(open);
        }
        if doc.axis.nanos(0.0).is_some() && state.range != doc.extent {
            super::button(ui, state, Command::ResetZoom);
        }
        let traces = &state.telemetry.traces;
        let text = match &traces.spans {
            _ if traces.reading => "Reading spans…".to_owned(),
            Some(spans) => summary(spans),
            None => String::new(),
        };
        ui.add(Label::new(RichText::new(text).color(t.weak)).truncate());
    });
    let Some(spans) = &state.telemetry.traces.spans else { return };
    if spans.one_of > 1 {
        let text = format!(
            "There are more spans than fit at once: one trace of {} is shown whole, chosen by its id. Zoom in to see every trace.",
            words::count(spans.one_of)
        );
        ui.add(Label::new(RichText::new(text).color(t.warning)).wrap());
    }
    for damage in &spans.damaged {
        ui.add(Label::new(RichText::new(damage).color(t.danger)).wrap());
    }
}

fn summary(spans: &Spans) -> String {
    let mut text = format!(
        "{}, {}",
        words::counted(spans.rows.len() as u64, "trace", "traces"),
        words::counted(spans.total, "span", "spans")
    );
    if spans.without_trace > 0 {
        text.extend([", ", &words::count(spans.without_trace), " without a trace id"]);
    }
    text
}

/// Rows that fit the filter, sorted.
fn listed(traces: &mut Traces, spans: &Arc<Spans>) -> Arc<Vec<usize>> {
    let key = ListKey {
        filter: traces.chosen.filter.clone(),
        errors_only: traces.chosen.errors_only,
        sort: traces.chosen.sort,
        spans: Arc::as_ptr(spans) as usize,
    };
    if let Some((of, rows)) = &traces.listed
        && *of == key
    {
        return Arc::clone(rows);
    }
    let wanted = key.filter.to_lowercase();
    let fits = |row: &TraceRow| {
        (!key.errors_only || row.errors > 0)
            && (row.services.iter().any(|service| service.to_lowercase().contains(&wanted))
                || row.operation.to_lowercase().contains(&wanted)
                || hex(&row.trace).starts_with(&wanted))
    };
    let mut rows: Vec<usize> = (0..spans.rows.len()).filter(|index| fits(&spans.rows[*index])).collect();
    let by = |a: &TraceRow, b: &TraceRow| match key.sort.0 {
        1 => a.duration_nanos.cmp(&b.duration_nanos),
        2 => a.service.cmp(&b.service),
        3 => a.operation.cmp(&b.operation),
        4 => a.spans.cmp(&b.spans),
        5 => a.errors.cmp(&b.errors),
        6 => a.services.len().cmp(&b.services.len()),
        7 => a.in_findings.cmp(&b.in_findings),
        _ => a.start_nanos.cmp(&b.start_nanos),
    };
    // Equal ones stay in the order in which they begin.
    rows.sort_by(|&a, &b| {
        let order = by(&spans.rows[a], &spans.rows[b]);
        if key.sort.1 { order.reverse() } else { order }
    });
    let rows = Arc::new(rows);
    traces.listed = Some((key, Arc::clone(&rows)));
    rows
}

fn list(ui: &mut Ui, state: &mut State, doc: &Arc<Doc>, spans: &Arc<Spans>, height: f32) {
    let traces = &mut state.telemetry.traces;
    let rows = listed(traces, spans);
    if rows.is_empty() {
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            let next = "Other words may find it, or traces without errors.";
            if super::empty_or(ui, "No trace fits", next, "Show all traces") {
                traces.chosen.filter.clear();
                traces.chosen.errors_only = false;
            }
        });
        return;
    }
    let wanted = traces.wanted();
    let mut place = std::mem::take(&mut traces.list);
    place.selected = rows.iter().position(|row| Some(spans.rows[*row].trace) == wanted).map(|row| row as u64);
    let mut table = List { spans, rows: &rows };
    let mut sort = traces.chosen.sort;
    let chosen = tables::table_of(ui, "Traces", &COLUMNS, &mut place, &mut table, height, Some(&mut sort));
    traces.list = place;
    traces.chosen.sort = sort;
    let chosen = chosen.and_then(|row| rows.get(row as usize)).map(|row| spans.rows[*row].trace);
    // The slowest trace is as good a beginning as any.
    let first = || spans.rows.iter().max_by_key(|row| row.duration_nanos).map(|row| row.trace);
    if wanted.is_none() {
        state.telemetry.traces.list.reveal = Some(0);
    }
    match chosen {
        Some(trace) => state.choose_trace(doc, trace),
        None if wanted.is_none() => first().into_iter().for_each(|trace| state.want_trace(doc, trace)),
        None => {}
    }
}

struct List<'a> {
    spans: &'a Spans,
    rows: &'a [usize],
}

impl List<'_> {
    fn row(&self, row: u64) -> &TraceRow {
        &self.spans.rows[self.rows[row as usize]]
    }
}

fn root(row: &TraceRow) -> String {
    format!("{}{}", if row.has_root { "" } else { "… " }, case::inert(&row.operation))
}

impl Rows for List<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let row = self.row(row);
        format!(
            "Trace {} {} at {}, {}, {}, {}",
            case::inert(&row.service),
            root(row),
            words::clock(row.start_nanos),
            words::duration(row.duration_nanos),
            words::counted(row.spans, "span", "spans"),
            words::counted(row.errors, "error", "errors"),
        )
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let row = self.row(row);
        let or_none = |count: u64| if count == 0 { "–".to_owned() } else { words::count(count) };
        let texts = [
            words::clock(row.start_nanos),
            words::duration(row.duration_nanos),
            case::inert(&row.service),
            root(row),
            words::count(row.spans),
            or_none(row.errors),
            words::count(row.services.len() as u64),
            or_none(row.in_findings),
        ];
        tables::cells(ui, &COLUMNS, &texts, selected);
    }
}

fn lower(ui: &mut Ui, state: &mut State, doc: &Doc) {
    let t = tokens::of(ui);
    let Some(trace) = state.telemetry.traces.trace.clone() else {
        let (wanted, failed) =
            (state.telemetry.traces.wanted().is_some(), state.telemetry.traces.trace_failed.clone());
        match (failed, wanted) {
            (Some(why), _) => super::empty(ui, "The trace could not be read", &why),
            (None, true) => {
                super::empty(ui, "Reading the trace…", "Its spans are looked for in the whole case.");
            }
            (None, false) => super::empty(ui, "No trace is selected", "Choose one in the list of traces."),
        }
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let traces = &mut state.telemetry.traces;
        let events = format!("Log events ({})", words::count(trace.events.len() as u64));
        for (lower, text) in [
            (Lower::Waterfall, "Waterfall"),
            (Lower::Events, events.as_str()),
            (Lower::Comparison, "Comparison"),
        ] {
            if ui
                .add(egui::Button::selectable(traces.chosen.lower == lower, text).frame_when_inactive(true))
                .clicked()
            {
                traces.chosen.lower = lower;
            }
        }
        super::button(ui, state, Command::KeepTrace);
        let id = hex(&trace.trace);
        let services: BTreeSet<&str> = trace.spans.iter().map(|span| span.service.as_str()).collect();
        let text = format!(
            "{}…  {} of {}",
            &id[..8],
            words::counted(trace.spans.len() as u64, "span", "spans"),
            words::counted(services.len() as u64, "service", "services")
        );
        let label = Label::new(RichText::new(text).font(text_font(size::SMALL)).color(t.weak)).truncate();
        ui.add(label).on_hover_text(format!("Trace {id}"));
    });
    let shown = (trace.spans.len() + trace.events.len()) as u64;
    if trace.total > shown {
        let text = format!(
            "The case has {} of this trace; the first {} are here.",
            words::counted(trace.total, "event", "events"),
            words::count(shown)
        );
        ui.add(Label::new(RichText::new(text).color(t.warning)).wrap());
    }
    for damage in &trace.damaged {
        ui.add(Label::new(RichText::new(case::inert(damage.to_string())).color(t.danger)).wrap());
    }
    match state.telemetry.traces.chosen.lower {
        Lower::Waterfall => waterfall::show(ui, state, doc, &trace),
        Lower::Events => events(ui, state, &trace),
        Lower::Comparison => compare::show(ui, state, &trace),
    }
}

const EVENTS: [Column; 4] = [
    column("Time", 108.0, "In the zone shown below the views."),
    column("Severity", 68.0, "As the record gives it."),
    names("Stream", 150.0, "Service and name.").down_to(110.0),
    column("Text", 520.0, "The body of the event.").down_to(160.0),
];

/// The other events of the trace.
fn events(ui: &mut Ui, state: &mut State, trace: &Trace) {
    if trace.events.is_empty() {
        super::empty(ui, "No log event of this trace", "No log record of the case carries its id.");
        return;
    }
    let Some(doc) = state.doc.clone() else { return };
    let mut place = std::mem::take(&mut state.telemetry.traces.events_list);
    let height = ui.available_height();
    let mut table = Events { trace, doc: &doc };
    let chosen =
        tables::table_of(ui, "Log events of the trace", &EVENTS, &mut place, &mut table, height, None);
    state.telemetry.traces.events_list = place;
    if let Some(hit) = chosen.and_then(|row| trace.events.get(row as usize)) {
        state.select(Selection::Event { stream: hit.stream, position: hit.row.position });
    }
}

struct Events<'a> {
    trace: &'a Trace,
    doc: &'a Doc,
}

impl Rows for Events<'_> {
    fn len(&self) -> u64 {
        self.trace.events.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let hit = &self.trace.events[row as usize];
        format!("Event of the trace: {}", excerpt(&hit.row.event.body))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let hit = &self.trace.events[row as usize];
        let event = &hit.row.event;
        let texts = [
            event.time_nanos.map_or_else(|| "no time".to_owned(), words::clock),
            event.severity.map_or_else(String::new, |level| level.name().to_uppercase()),
            self.doc.label(hit.stream),
            excerpt(&event.body),
        ];
        tables::cells(ui, &EVENTS, &texts, selected);
    }
}

/// As much of a body as a row can show.
fn excerpt(body: &[u8]) -> String {
    const MOST: usize = 1024;
    case::inert(&body[..body.len().min(MOST)])
}
