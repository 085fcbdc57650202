//! The spans of one trace over its own time: a row a span, children below their parents.

use super::super::figures::{Figures, Picture};
use super::super::paint_line;
use super::super::tables::{self, Column, column, durations};
use crate::doc::{Doc, Selection};
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{Trace, TraceSpan};
use egui::{Color32, Id, Label, Rangef, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use std::collections::BTreeMap;

/// Points by which a child stands to the right of its parent, up to so many steps.
const INDENT: f32 = 9.0;
const DEEPEST: u32 = 14;
/// Room for a number beside a bar.
const NUMBER: f32 = 86.0;

const COLUMNS: [Column; 8] = [
    column("Service", 130.0, "The service of the span.").down_to(80.0),
    column("Operation", 230.0, "Its name; two spaces a step from the root.").down_to(120.0),
    durations("Begins after", "From the beginning of the trace."),
    durations("Duration", "From its beginning to its end."),
    durations("Alone", "Time in which none of its children was at work."),
    durations("Critical", "Time in which the trace waited for this span and none of its children."),
    column("Error", 52.0, "Whether its status is an error."),
    column("Finding", 62.0, "The significant finding that it lies in."),
];

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc, trace: &Trace) {
    if trace.spans.is_empty() {
        super::super::empty(ui, "No span of this trace", "The case has log events with its id, and no span.");
        return;
    }
    let detail = 46.0;
    let height = (ui.available_height() - detail).max(80.0);
    let begin = trace.spans.iter().map(|span| span.start_nanos).min().unwrap_or(0);
    let end = trace.spans.iter().map(TraceSpan::end_nanos).max().unwrap_or(begin).max(begin + 1);
    let mut place = std::mem::take(&mut state.telemetry.traces.spans_list);
    let selected = |span: &TraceSpan| {
        state.selection == Selection::Event { stream: span.stream, position: span.row.position }
    };
    place.selected = trace.spans.iter().position(selected).map(|row| row as u64);
    let chosen = if state.as_table {
        let mut table = Table { trace, begin };
        tables::table_of(ui, "Table of spans", &COLUMNS, &mut place, &mut table, height, None)
    } else {
        let colors = super::service_colors(ui, doc, trace.spans.iter().map(|span| span.service.as_str()));
        let names = (ui.available_width() * 0.42).clamp(120.0, 380.0);
        axis(ui, names, end - begin);
        let mut bars = Bars { trace, begin, end, names, colors };
        let area = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height - size::ROW));
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area).id_salt("spans"));
        ui.advance_cursor_after_rect(area);
        rows::show(&mut child, Id::unique("waterfall"), "Waterfall of spans", &mut place, &mut bars).selected
    };
    let row = chosen.or(place.selected);
    state.telemetry.traces.spans_list = place;
    if let Some(span) = chosen.and_then(|row| trace.spans.get(row as usize)) {
        state.select(Selection::Event { stream: span.stream, position: span.row.position });
    }
    footer(ui, state, row.and_then(|row| trace.spans.get(row as usize)));
}

/// Times from the beginning of the trace, over the bars.
fn axis(ui: &mut Ui, names: f32, length: i64) {
    let t = tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    ui.painter().rect_filled(rect, 2, t.raised);
    let at = pos2(rect.left() + 6.0, rect.center().y);
    paint_line(ui, "Span", semibold_font(size::SMALL), t.strong, at, names);
    let bars = bars_range(rect.x_range(), names);
    let marks = if bars.span() > 260.0 { 4 } else { 2 };
    for mark in 0..marks {
        let text = if mark == 0 { "0".to_owned() } else { words::duration(length / marks * mark) };
        let x = bars.min + bars.span() * mark as f32 / marks as f32;
        ui.painter().vline(x, rect.y_range(), Stroke::new(1.0, t.outline));
        paint_line(ui, &text, text_font(size::SMALL), t.text, pos2(x + 3.0, rect.center().y), 80.0);
    }
}

/// From where to where the bars of a row reach.
fn bars_range(row: Rangef, names: f32) -> Rangef {
    Rangef::new(row.min + names, (row.max - NUMBER).max(row.min + names + 20.0))
}

/// What is known of the selected span, and where it leads.
fn footer(ui: &mut Ui, state: &mut State, span: Option<&TraceSpan>) {
    let t = tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        let Some(span) = span else {
            let text = "Select a span to read its fields and events in the explanation on the right.";
            ui.add(Label::new(RichText::new(text).font(text_font(size::SMALL)).color(t.weak)).wrap());
            return;
        };
        if let Some(finding) = span.finding
            && ui
                .button(format!("In finding {finding}"))
                .on_hover_text("Select the finding that this span lies in.")
                .clicked()
        {
            state.select(Selection::Finding(finding));
        }
        let text = RichText::new(describe(span)).font(text_font(size::SMALL)).color(t.text);
        ui.add(Label::new(text).wrap());
    });
}

/// A span in one line.
fn describe(span: &TraceSpan) -> String {
    let waited: i64 = span.critical.iter().map(|(from, to)| to - from).sum();
    let mut text = format!(
        "{} {}, {}, alone {}",
        case::inert(&span.service),
        case::inert(&span.operation),
        words::duration(span.duration_nanos),
        words::duration(span.self_nanos)
    );
    if waited > 0 {
        text.extend([", on the critical path for ", &words::duration(waited)]);
    }
    if span.is_error {
        text.push_str(", error");
    }
    if span.is_orphan {
        text.push_str(", its parent is not in the case");
    }
    if let Some(finding) = span.finding {
        text.extend([", in finding ", &finding.to_string()]);
    }
    text
}

struct Bars<'a> {
    trace: &'a Trace,
    begin: i64,
    end: i64,
    names: f32,
    colors: BTreeMap<&'a str, Color32>,
}

impl Bars<'_> {
    fn x(&self, nanos: i64, bars: Rangef) -> f32 {
        let share = (nanos - self.begin) as f64 / (self.end - self.begin) as f64;
        bars.min + (share.clamp(0.0, 1.0) * f64::from(bars.span())) as f32
    }

    /// The signs and the name of a span.
    fn name(&self, ui: &Ui, span: &TraceSpan, rect: Rect, selected: bool) {
        let t = tokens::of(ui);
        let mut left = rect.left() + 6.0 + INDENT * span.depth.min(DEEPEST) as f32;
        let color = self.colors.get(span.service.as_str()).copied().unwrap_or(t.weak);
        let swatch = Rect::from_center_size(pos2(left + 4.0, rect.center().y), vec2(8.0, 8.0));
        ui.painter().rect_filled(swatch, 2, color);
        left += 14.0;
        let signs =
            [(span.is_error, Icon::Notable, t.danger), (span.finding.is_some(), Icon::Finding, t.warning)];
        for (_, icon, color) in signs.into_iter().filter(|(shown, ..)| *shown) {
            icon.paint(
                ui.painter(),
                Rect::from_center_size(pos2(left + 6.0, rect.center().y), vec2(12.0, 12.0)),
                color,
            );
            left += 15.0;
        }
        let ink = if selected { t.strong } else { t.text };
        let text = format!("{}  {}", case::inert(&span.service), case::inert(&span.operation));
        let room = rect.left() + self.names - left - 6.0;
        paint_line(ui, &text, text_font(size::TEXT), ink, pos2(left, rect.center().y), room);
    }
}

impl Rows for Bars<'_> {
    fn len(&self) -> u64 {
        self.trace.spans.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        format!("Span {}", describe(&self.trace.spans[row as usize]))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let t = tokens::of(ui);
        let span = &self.trace.spans[row as usize];
        let rect = ui.max_rect();
        self.name(ui, span, rect, selected);
        let bars = bars_range(rect.x_range(), self.names);
        let color = self.colors.get(span.service.as_str()).copied().unwrap_or(t.weak);
        let (from, to) = (self.x(span.start_nanos, bars), self.x(span.end_nanos(), bars));
        let bar =
            Rect::from_min_max(pos2(from, rect.top() + 5.0), pos2(to.max(from + 2.0), rect.bottom() - 7.0));
        ui.painter().rect_filled(bar, 2, color);
        for &(start, end) in &span.critical {
            let (from, to) = (self.x(start, bars), self.x(end, bars));
            let line = Rect::from_min_max(
                pos2(from, rect.bottom() - 5.5),
                pos2(to.max(from + 1.0), rect.bottom() - 2.5),
            );
            ui.painter().rect_filled(line, 0, t.strong);
        }
        let at = pos2(bar.right() + 5.0, rect.center().y);
        paint_line(ui, &words::duration(span.duration_nanos), mono_font(), t.weak, at, NUMBER);
    }
}

struct Table<'a> {
    trace: &'a Trace,
    begin: i64,
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.trace.spans.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        format!("Span {}", describe(&self.trace.spans[row as usize]))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let texts = texts(&self.trace.spans[row as usize], self.begin);
        tables::cells(ui, &COLUMNS, &texts, selected);
    }
}

/// The cells of a span.
fn texts(span: &TraceSpan, begin: i64) -> [String; 8] {
    let waited: i64 = span.critical.iter().map(|(from, to)| to - from).sum();
    [
        case::inert(&span.service),
        format!("{}{}", "  ".repeat(span.depth.min(DEEPEST) as usize), case::inert(&span.operation)),
        words::duration(span.start_nanos - begin),
        words::duration(span.duration_nanos),
        words::duration(span.self_nanos),
        if waited > 0 { words::duration(waited) } else { "–".to_owned() },
        if span.is_error { "yes" } else { "–" }.to_owned(),
        span.finding.map_or_else(|| "–".to_owned(), |id| id.to_string()),
    ]
}

/// Every span that the waterfall draws.
pub(super) fn figures(trace: &Trace) -> Figures {
    let begin = trace.spans.iter().map(|span| span.start_nanos).min().unwrap_or(0);
    Figures::new(Picture::Waterfall, &COLUMNS, trace.spans.iter().map(|span| texts(span, begin)))
}
