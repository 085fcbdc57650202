//! The events of one stream: a list that stays even at any number of rows.

use super::paint_line;
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::pages::{Cached, PAGE, Pages};
use crate::query::Query;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Tokens, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use case::EventRow;
use cbad::{Event, Measure, Severity};
use egui::{Align, Color32, Id, Label, Layout, RichText, Sense, Ui, pos2, vec2};
use std::ops::Range;

/// Widths of the columns before the text; the time is shorter where the whole case lies within a day.
const TIME: f32 = 184.0;
const CLOCK: f32 = 108.0;
const SEVERITY: f32 = 54.0;
const STREAM: f32 = 130.0;
/// Longest text painted in a row; the rest is in the explanation.
const TEXT_BYTES: usize = 1024;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let Some(stream) = state.stream.and_then(|id| doc.stream(id)) else {
        super::empty(ui, "No stream is selected", "Choose a stream on the left.");
        return;
    };
    let label = case::inert(stream.key.label());
    positions(state, &doc);
    let shown = match &state.events.positions {
        Some(positions) if state.events.in_range => positions.clone(),
        _ => 0..stream.events,
    };
    toolbar(ui, state, &label, &shown, stream.events);
    let time = if doc.within_a_day() { CLOCK } else { TIME };
    header(ui, time);
    if shown.is_empty() {
        super::empty(ui, "No event in this range of time", "Zoom out, or show events of all times.");
        return;
    }
    let marked = state.selected_events();
    let mut place = std::mem::take(&mut state.events.list);
    let mut list = Events {
        pages: &mut state.events.pages,
        label: &label,
        shown: shown.clone(),
        marked,
        time,
        wanted: Vec::new(),
    };
    let events = rows::show(ui, Id::unique("events list"), "Events list", &mut place, &mut list);
    let wanted = list.wanted;
    state.events.list = place;
    for page in wanted {
        state.ask(Query::Page { stream: stream.id, page });
    }
    if let Some(row) = events.selected {
        let place = state.events.list.clone();
        state.select(Selection::Event { stream: stream.id, position: shown.start + row });
        state.events.list = place;
    }
    if events.opened.is_some() {
        state.command(Command::ShowBytes);
    }
}

/// Keeps the positions of the shared range, where only its events are shown.
fn positions(state: &mut State, doc: &Doc) {
    let Some(stream) = state.stream.filter(|_| state.events.in_range) else {
        state.events.positions = None;
        state.events.asked = None;
        return;
    };
    let ends = doc.axis.nanos(state.range.0).zip(doc.axis.nanos(state.range.1));
    if let Some((start_nanos, end_nanos)) = ends
        && state.events.asked != ends
    {
        state.events.asked = ends;
        // The case takes half-open ranges; the last event of the case stands on the end.
        state.ask(Query::Positions { stream, start_nanos, end_nanos: end_nanos.saturating_add(1) });
    }
}

fn toolbar(ui: &mut Ui, state: &mut State, label: &str, shown: &Range<u64>, all: u64) {
    let t = tokens::of(ui);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            super::button(ui, state, Command::ShowBytes);
            let time = state.doc.as_ref().is_some_and(|doc| doc.axis.nanos(0.0).is_some());
            let mut only = state.events.in_range;
            let about = "Leave out events before and after the time that the overview shows.";
            if ui
                .add_enabled(time, egui::Checkbox::new(&mut only, "Only the time shown"))
                .on_hover_text(about)
                .changed()
            {
                state.events.in_range = only;
                state.events.list = rows::ListState::default();
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.label(RichText::new(label).font(semibold_font(size::HEADING)).color(t.strong));
                let number = shown.end - shown.start;
                let text = if number == all {
                    words::counted(all, "event", "events")
                } else {
                    format!("{} of {}", words::count(number), words::counted(all, "event", "events"))
                };
                ui.add(Label::new(RichText::new(text).color(t.weak)).truncate());
            });
        });
    });
}

fn header(ui: &mut Ui, time: f32) {
    let t = tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
    ui.painter().rect_filled(rect, 2, t.raised);
    let mut left = rect.left() + 6.0;
    for (name, width) in [("Time", time), ("Severity", SEVERITY + 10.0), ("Stream", STREAM), ("Text", 200.0)]
    {
        paint_line(ui, name, semibold_font(size::SMALL), t.strong, pos2(left, rect.center().y), width);
        left += width;
    }
}

struct Events<'a> {
    pages: &'a mut Pages<EventRow>,
    label: &'a str,
    /// Positions of the stream that are listed; row 0 is the first of them.
    shown: Range<u64>,
    /// Positions of the selected finding or window.
    marked: Option<Range<u64>>,
    /// Width of the time.
    time: f32,
    wanted: Vec<u64>,
}

impl Rows for Events<'_> {
    fn len(&self) -> u64 {
        self.shown.end - self.shown.start
    }

    fn visible(&mut self, first: u64, end: u64) {
        // A little more than is seen, so that slow scrolling never waits.
        let (first, end) = (self.shown.start + first, self.shown.start + end);
        self.wanted = self.pages.wanted(first.saturating_sub(PAGE / 4), (end + PAGE / 4).min(self.shown.end));
    }

    fn label(&mut self, row: u64) -> String {
        let position = self.shown.start + row;
        match self.pages.row(position) {
            Cached::Row(event) => format!("Event {position}: {}", text(&event.event)),
            Cached::Waiting => format!("Event {position}, being read"),
            Cached::Failed(why) => format!("Event {position} could not be read: {why}"),
        }
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let t = tokens::of(ui);
        let position = self.shown.start + row;
        let rect = ui.max_rect();
        let middle = rect.center().y;
        if self.marked.as_ref().is_some_and(|marked| marked.contains(&position)) {
            let edge = egui::Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
            ui.painter().rect_filled(edge, 0, t.accent);
        }
        let event = match self.pages.row(position) {
            Cached::Row(row) => &row.event,
            Cached::Waiting => {
                paint_line(ui, "…", mono_font(), t.weak, pos2(rect.left() + 6.0, middle), 40.0);
                return;
            }
            Cached::Failed(why) => {
                paint_line(
                    ui,
                    why,
                    text_font(size::TEXT),
                    t.danger,
                    pos2(rect.left() + 6.0, middle),
                    rect.width(),
                );
                return;
            }
        };
        let color = if selected { t.strong } else { t.text };
        let mut left = rect.left() + 6.0;
        let say = if self.time < TIME { words::clock } else { words::time };
        let time = event.time_nanos.map_or_else(|| "no time".to_owned(), say);
        paint_line(ui, &time, mono_font(), t.weak, pos2(left, middle), self.time - 8.0);
        left += self.time;
        if let Some(severity) = event.severity {
            let (word, ink) = severity_mark(severity, t);
            paint_line(ui, word, semibold_font(size::SMALL), ink, pos2(left, middle), SEVERITY);
        }
        left += SEVERITY + 10.0;
        paint_line(ui, self.label, text_font(size::SMALL), t.weak, pos2(left, middle), STREAM - 8.0);
        left += STREAM;
        paint_line(ui, &text(event), mono_font(), color, pos2(left, middle), rect.right() - left - 6.0);
    }
}

/// The word and the colour of a severity.
pub(super) const fn severity_mark(severity: Severity, t: &Tokens) -> (&'static str, Color32) {
    match severity {
        Severity::Trace => ("TRACE", t.weak),
        Severity::Debug => ("DEBUG", t.weak),
        Severity::Info => ("INFO", t.text),
        Severity::Warn => ("WARN", t.warning),
        Severity::Error => ("ERROR", t.danger),
        Severity::Fatal => ("FATAL", t.danger),
    }
}

/// One line for an event: the number it measures, its body, its fields.
fn text(event: &Event) -> String {
    // The time stamp has a column of its own.
    let stamp_end = event.body_stamp.filter(|(start, _)| *start == 0).map_or(0, |(_, end)| end as usize);
    let body = event.body.get(stamp_end..).unwrap_or(&event.body);
    let cut = &body[..body.len().min(TEXT_BYTES)];
    let mut text = case::inert(cut).trim_start().to_owned();
    if let Some(measure) = &event.measure {
        text = format!("{text}  {}", measured(measure));
    }
    for field in &event.fields {
        if text.len() > TEXT_BYTES {
            break;
        }
        let (path, value) = (case::inert(&field.path), super::explain::value(&field.value));
        text.extend(["  ", &path, "=", &value]);
    }
    text
}

/// The number that an event measures.
pub(super) fn measured(measure: &Measure) -> String {
    match measure {
        Measure::DurationNanos(nanos) => words::duration(*nanos),
        Measure::Gauge(value) => format!("{value}"),
        Measure::Cumulative { total, .. } => format!("total {total}"),
        Measure::Delta(change) => format!("{change:+}"),
        Measure::Histogram { count, sum, .. } => match sum {
            Some(sum) if *count > 0 => {
                format!("{} observations, mean {:.3}", words::count(*count), sum / *count as f64)
            }
            _ => format!("{} observations", words::count(*count)),
        },
    }
}
