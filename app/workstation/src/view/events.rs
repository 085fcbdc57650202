//! The events of one stream: a list that stays even at any number of rows.

use super::paint_line;
use super::track;
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::filter::{Filter, Listed};
use crate::pages::{Cached, PAGE, Pages};
use crate::query::Query;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Tokens, size};
use crate::ui::rows::{self, Rows};
use crate::ui::strip;
use crate::words;
use case::{EventRow, Query as Looked};
use cbad::{Event, Severity, Signal};
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, Id, Label, Rect, RichText, Sense, Ui, pos2, vec2};
use std::borrow::Cow;
use std::ops::Range;

/// Widths of the columns before the text; the time is shorter where the whole case lies within a day.
const TIME: f32 = 184.0;
const CLOCK: f32 = 108.0;
const SEVERITY: f32 = 64.0;
/// Width of a chosen field, and what is left for the text at the least.
const COLUMN: f32 = 150.0;
const LEAST_TEXT: f32 = 180.0;
/// Width of the scroll bar, which has marks beside it.
const BAR: f32 = 14.0;
/// Streams that are named where what was looked for is in others only.
const STREAMS_NAMED: usize = 3;
/// Longest text painted in a row; the rest is in the explanation.
const TEXT_BYTES: usize = 1024;
const CELL_BYTES: usize = 128;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let Some(stream) = state.stream.and_then(|id| doc.stream(id)) else {
        if doc.streams.is_empty() {
            return super::nothing::no_events(ui, state);
        }
        return super::empty(ui, "No stream is selected", "Choose a stream on the left.");
    };
    let label = doc.names.label(stream);
    let whole = case::inert(stream.key.label());
    positions(state);
    let number = state.listed(stream.events).len();
    toolbar(ui, state, (&label, &whole), number, stream.events);
    super::filter_bar::show(ui, state);
    // What the bars have just changed decides the rows of this frame.
    let listed = state.listed(stream.events);
    let columns = state.columns().to_vec();
    let columns = Columns::new(ui, &doc, stream.key.signal, &columns);
    columns.header(ui);
    if listed.len() == 0 {
        nothing(ui, state, &listed);
        return;
    }
    let marked = state.selected_events();
    let findings = track::findings(&doc, stream.id);
    let query = state.filter.query.clone().filter(|_| state.filters());
    let mut place = std::mem::take(&mut state.events.list);
    let mut list = Events {
        pages: &mut state.events.pages,
        filter: &mut state.filter,
        query: query.as_deref(),
        listed: listed.clone(),
        marked,
        findings,
        columns: &columns,
        wanted: Vec::new(),
        missing: Vec::new(),
        seen: 0..0,
    };
    let events = rows::show(ui, Id::unique("events list"), "Events list", &mut place, &mut list);
    let (wanted, missing, seen) = (list.wanted, list.missing, list.seen);
    state.events.list = place;
    super::coverage::listed(state, stream.id, &listed, seen);
    for page in wanted {
        state.ask(Query::Page { stream: stream.id, page });
    }
    if !missing.is_empty() {
        state.ask(Query::Picked { stream: stream.id, positions: missing });
    }
    let selected = events.selected.and_then(|row| listed.position(&state.filter.hits, row));
    if let Some(position) = selected {
        let place = state.events.list.clone();
        state.select(Selection::Event { stream: stream.id, position });
        state.events.list = place;
    }
    if events.opened.is_some() {
        state.command(Command::ShowBytes);
    }
}

/// Why the list is empty, and what to do.
fn nothing(ui: &mut Ui, state: &mut State, listed: &Listed) {
    let all_times = "Show events of all times";
    match listed {
        Listed::All(_) => {
            let next = "The stream has none while this time lasts.";
            if super::empty_or(ui, "No event in this range of time", next, all_times) {
                state.events.in_range = false;
            }
        }
        Listed::Hits(_) if matches!(state.filter.progress, crate::filter::Progress::Searching(_)) => {}
        Listed::Hits(_) if state.filter.hits.len() > 0 => {
            let next = "There are some at other times.";
            if super::empty_or(ui, "No event that fits in this range of time", next, all_times) {
                state.events.in_range = false;
            }
        }
        Listed::Hits(_) if fits_elsewhere(ui, state) => {}
        Listed::Hits(_) => {
            let next = "Look for less, or in another stream. A text is looked for as it stands; \"text\"i takes either case.";
            if super::empty_or(ui, "No event fits", next, "Show all events") {
                state.filter.text.clear();
                state.filter.read();
            }
        }
    }
}

/// The way to the stream that has most of what was looked for, where this one has nothing; false where none is known.
fn fits_elsewhere(ui: &mut Ui, state: &mut State) -> bool {
    let Some((doc, stream)) = state.doc.clone().zip(state.stream) else { return false };
    let others = state.filter.everywhere.elsewhere(stream);
    let Some((id, row)) = others.first().and_then(|(id, _)| Some((*id, doc.stream(*id)?))) else {
        return false;
    };
    let label = |id| doc.stream(id).map(|row| doc.names.label(row)).unwrap_or_default();
    let named = others
        .iter()
        .take(STREAMS_NAMED)
        .map(|(id, events)| format!("{} of {}", words::count(*events), label(*id)));
    let more = others.len().saturating_sub(STREAMS_NAMED);
    let more = if more > 0 { format!(", and some of {more} more") } else { String::new() };
    let next =
        format!("In other streams there are events that do: {}{more}.", named.collect::<Vec<_>>().join(", "));
    if super::empty_or(
        ui,
        "No event of this stream fits",
        &next,
        &format!("Show those of {}", doc.names.label(row)),
    ) {
        state.select(Selection::Stream(id));
    }
    true
}

/// Keeps the positions of the shared range, where only its events are shown.
fn positions(state: &mut State) {
    let Some(stream) = state.stream.filter(|_| state.events.in_range) else {
        state.events.positions = None;
        state.events.asked = None;
        return;
    };
    let ends = state.listed_times();
    if let Some((start_nanos, end_nanos)) = ends
        && state.events.asked != ends
    {
        state.events.asked = ends;
        // The case takes half-open ranges; the last event of the case stands on the end.
        state.ask(Query::Positions { stream, start_nanos, end_nanos: end_nanos.saturating_add(1) });
    }
}

fn toolbar(ui: &mut Ui, state: &mut State, (label, whole): (&str, &str), number: u64, all: u64) {
    let t = tokens::of(ui);
    // A long name gives way to what stands beside it.
    let title = |ui: &mut Ui, _: &mut State| {
        let title = RichText::new(label).font(semibold_font(size::HEADING)).color(t.strong);
        ui.add(Label::new(title).truncate()).on_hover_text(whole);
    };
    strip::split(ui, state, ui.spacing().interact_size.y, title, |ui, state| {
        let text = if number == all {
            words::counted(all, "event", "events")
        } else {
            format!("{} of {}", words::count(number), words::counted(all, "event", "events"))
        };
        ui.add(Label::new(RichText::new(text).color(t.weak)).extend());
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
        if super::figures::button(ui, "findings in the list")
            && let (Some(doc), Some(stream)) = (&state.doc, state.stream)
        {
            state.figures = super::figures::Open::new(vec![super::figures::finding::minimap(doc, stream)]);
        }
        super::button(ui, state, Command::ShowBytes);
    });
}

/// Which columns there are and how wide they are.
struct Columns<'a> {
    time: f32,
    /// None where no event of the stream has one: metrics and spans.
    severity: f32,
    fields: &'a [String],
    field: f32,
}

impl<'a> Columns<'a> {
    fn new(ui: &Ui, doc: &Doc, signal: Signal, fields: &'a [String]) -> Self {
        let time = if doc.within_a_day() { CLOCK } else { TIME };
        let severity = if matches!(signal, Signal::Log | Signal::LlmCall) { SEVERITY } else { 0.0 };
        let room = ui.available_width() - 6.0 - time - severity - LEAST_TEXT - BAR;
        let field = (room / fields.len().max(1) as f32).clamp(40.0, COLUMN);
        Self { time, severity, fields, field }
    }

    fn header(&self, ui: &mut Ui) {
        let t = tokens::of(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
        ui.painter().rect_filled(rect, 2, t.raised);
        let names = self.fields.iter().map(|path| (case::inert(path), self.field));
        // All events of the list are of the stream that stands over it.
        let first = [("Time", self.time), ("Severity", self.severity)];
        let first =
            first.into_iter().filter(|(_, width)| *width > 0.0).map(|(name, width)| (name.to_owned(), width));
        let all: Vec<(String, f32)> = first.chain(names).chain([("Text".to_owned(), 200.0)]).collect();
        let mut left = rect.left() + 6.0;
        for (name, width) in &all {
            let at = pos2(left, rect.center().y);
            paint_line(ui, name, semibold_font(size::SMALL), t.strong, at, width - 8.0);
            left += width;
        }
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        let said = format!("Columns: {}", names.join(", "));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    }
}

struct Events<'a> {
    pages: &'a mut Pages<EventRow>,
    filter: &'a mut Filter,
    /// What is looked for, where something is.
    query: Option<&'a Looked>,
    listed: Listed,
    /// Positions of the selected finding or window.
    marked: Option<Range<u64>>,
    /// Positions of all findings of the stream.
    findings: Vec<Range<u64>>,
    columns: &'a Columns<'a>,
    wanted: Vec<u64>,
    missing: Vec<u64>,
    /// Rows that are seen.
    seen: Range<u64>,
}

impl Events<'_> {
    fn event(&self, row: u64) -> (Option<u64>, Cached<'_, EventRow>) {
        let Some(position) = self.listed.position(&self.filter.hits, row) else {
            return (None, Cached::Waiting);
        };
        let event = match (&self.listed, self.filter.rows.get(&position)) {
            (Listed::All(_), _) => self.pages.row(position),
            (Listed::Hits(_), Some(Ok(row))) => Cached::Row(row),
            (Listed::Hits(_), Some(Err(why))) => Cached::Failed(why),
            (Listed::Hits(_), None) => Cached::Waiting,
        };
        (Some(position), event)
    }
}

impl Rows for Events<'_> {
    fn len(&self) -> u64 {
        self.listed.len()
    }

    fn bar_width(&self) -> Option<f32> {
        Some(BAR)
    }

    fn paint_track(&mut self, ui: &Ui, track: Rect) {
        track::paint(ui, track, &self.listed, &self.filter.hits, self.query.is_some(), &self.findings);
    }

    fn visible(&mut self, first: u64, end: u64) {
        self.seen = first..end;
        self.missing = self.listed.missing(self.filter, first, end);
        if let Listed::All(shown) = &self.listed {
            // A little more than is seen, so that slow scrolling never waits.
            let (first, end) = (shown.start + first, shown.start + end);
            self.wanted = self.pages.wanted(first.saturating_sub(PAGE / 4), (end + PAGE / 4).min(shown.end));
        }
    }

    fn label(&mut self, row: u64) -> String {
        match self.event(row) {
            (Some(position), Cached::Row(event)) => {
                format!("Event {position}: {}", text(&event.event, &[]))
            }
            (Some(position), Cached::Waiting) => format!("Event {position}, being read"),
            (None, _) => "No event".to_owned(),
            (Some(position), Cached::Failed(why)) => {
                format!("Event {position} could not be read: {why}")
            }
        }
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let middle = rect.center().y;
        let (position, event) = self.event(row);
        let is_in = |marked: &Range<u64>| position.is_some_and(|position| marked.contains(&position));
        if self.marked.as_ref().is_some_and(is_in) {
            let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
            ui.painter().rect_filled(edge, 0, t.accent);
        }
        let event = match event {
            Cached::Row(row) => &row.event,
            Cached::Waiting => {
                paint_line(ui, "…", mono_font(), t.weak, pos2(rect.left() + 6.0, middle), 40.0);
                return;
            }
            Cached::Failed(why) => {
                let at = pos2(rect.left() + 6.0, middle);
                paint_line(ui, why, text_font(size::TEXT), t.danger, at, rect.width());
                return;
            }
        };
        let color = if selected { t.strong } else { t.text };
        let columns = self.columns;
        let mut left = rect.left() + 6.0;
        let say = if columns.time < TIME { words::clock } else { words::time };
        let time = event.time_nanos.map_or_else(|| "no time".to_owned(), say);
        paint_line(ui, &time, mono_font(), t.weak, pos2(left, middle), columns.time - 8.0);
        left += columns.time;
        if let Some(severity) = event.severity.filter(|_| columns.severity > 0.0) {
            let (word, ink) = severity_mark(severity, t);
            let width = columns.severity - 10.0;
            paint_line(ui, word, semibold_font(size::SMALL), ink, pos2(left, middle), width);
        }
        left += columns.severity;
        for path in columns.fields {
            let values = event.fields.iter().filter(|field| field.path == *path);
            let values = values.map(|field| case::value_text_within(&field.value, CELL_BYTES));
            let text = values.collect::<Vec<_>>().join("; ");
            self.marked_line(ui, &text, color, pos2(left, middle), columns.field - 8.0);
            left += columns.field;
        }
        let text = text(event, columns.fields);
        self.marked_line(ui, &text, color, pos2(left, middle), rect.right() - left - 6.0);
    }
}

impl Events<'_> {
    /// A line in which what is looked for is marked.
    fn marked_line(&self, ui: &Ui, text: &str, color: Color32, at: egui::Pos2, width: f32) {
        let text = &*could_fit(ui, text, width);
        let marks = self.query.map(|query| query.marks_in(text.as_bytes())).unwrap_or_default();
        // An expression may begin or end within a letter of several bytes.
        let whole =
            |mark: &Range<usize>| text.is_char_boundary(mark.start) && text.is_char_boundary(mark.end);
        let t = tokens::of(ui);
        let plain = TextFormat::simple(mono_font(), color);
        let hit = TextFormat {
            background: t.span_selected,
            underline: egui::Stroke::new(1.0, t.strong),
            ..TextFormat::simple(mono_font(), t.strong)
        };
        let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
        let mut done = 0;
        for mark in marks.into_iter().filter(whole) {
            job.append(&text[done..mark.start], 0.0, plain.clone());
            job.append(&text[mark.clone()], 0.0, hit.clone());
            done = mark.end;
        }
        job.append(&text[done..], 0.0, plain);
        job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(pos2(at.x, at.y - galley.size().y / 2.0), galley, color);
    }
}

/// The beginning of a line that a width could hold, and a sign where there is more: what is laid out is paid for in each frame.
fn could_fit<'t>(ui: &Ui, text: &'t str, width: f32) -> Cow<'t, str> {
    // Some scripts write as many marks without a width as letters.
    const MARKS: f32 = 2.0;
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&mono_font(), 'm'));
    let most = (MARKS * width.max(0.0) / letter.max(1.0)).ceil() as usize + 1;
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
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

/// One line for an event, cut.
pub(super) fn text(event: &Event, without: &[String]) -> String {
    let measured = event.measure.is_some().then(|| super::measured::text(event));
    case::event_text(event, measured.as_deref(), without, TEXT_BYTES)
}
