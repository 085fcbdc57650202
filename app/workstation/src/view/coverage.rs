//! What of the case has been looked at and what not: a band over its time, and a row a stream.

use super::button;
use super::figures::{self, Figures, Picture};
use super::tables::{self, Column, column, names, numbers};
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::filter::Listed;
use crate::pages::Cached;
use crate::state::State;
use crate::telemetry::Sort;
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::{Coverage, StreamCoverage};
use egui::{Label, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use std::ops::Range;

const COLUMNS: [Column; 5] = [
    names("Stream", 206.0, "Service and name.").down_to(130.0),
    numbers("Events", 80.0, "Its events."),
    numbers("Listed", 120.0, "Events that were drawn in the list of events."),
    numbers("Findings", 76.0, "Its findings in the run that is shown."),
    numbers("Not opened", 96.0, "Findings whose view was not in front yet."),
];

const BAND_COLUMNS: [Column; 4] = [
    column("What", 150.0, "A stretch of time that was looked at, or a finding that was opened or not.")
        .down_to(110.0),
    column("From", 200.0, "In the zone shown below the views."),
    column("To", 200.0, "Its end."),
    numbers("Finding", 90.0, "Its number; none of a stretch of time."),
];

/// Height of the band over the time of the case.
const BAND: f32 = 34.0;

/// Notes the events that are listed now, where they are here.
pub(super) fn listed(state: &mut State, stream: u32, listed: &Listed, rows: Range<u64>) {
    let of = |row: u64| listed.position(&state.filter.hits, row);
    let Some((first, last)) = of(rows.start).zip(rows.end.checked_sub(1).and_then(of)) else { return };
    if !matches!(listed, Listed::All(_)) {
        let hits: Vec<u64> = rows.filter_map(of).collect();
        let seen = hits.into_iter().filter(|hit| matches!(state.filter.rows.get(hit), Some(Ok(_))));
        let seen: Vec<(u64, Option<i64>)> = seen.map(|hit| (hit, time_of_hit(state, hit))).collect();
        for (hit, time) in seen {
            let times = time.map(|time| (time, time));
            state.review.coverage.see(|looked| looked.see_events(stream, (hit, hit + 1), times));
        }
        return;
    }
    let time = |position| match state.events.pages.row(position) {
        Cached::Row(row) => Some(row.event.time_nanos),
        Cached::Waiting | Cached::Failed(_) => None,
    };
    let Some((start, end)) = time(first).zip(time(last)) else { return };
    let times = start.zip(end).map(|(start, end)| (start.min(end), start.max(end)));
    state.review.coverage.see(|looked| looked.see_events(stream, (first, last + 1), times));
}

fn time_of_hit(state: &State, position: u64) -> Option<i64> {
    state.filter.rows.get(&position)?.as_ref().ok()?.event.time_nanos
}

/// Notes that a finding is looked at.
pub(super) fn opened(state: &mut State, row: &case::FindingRow) {
    let run = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id);
    if let Some(run) = run {
        state.review.coverage.see(|looked| looked.see_finding(run, row));
    }
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let run = doc.run.as_ref().map(|run| run.id);
    let looked = &state.review.coverage.looked;
    let coverage = Coverage::of(looked, &doc.captures, &doc.streams, run, &doc.findings);
    super::tall(ui, 320.0, |ui| {
        summary(ui, state, &doc, &coverage);
        band(ui, state, &doc, &coverage);
        streams(ui, state, &coverage);
    });
}

fn summary(ui: &mut Ui, state: &mut State, doc: &Doc, coverage: &Coverage) {
    let t = tokens::of(ui);
    let opened = coverage.findings - coverage.findings_unseen.len() as u64;
    let seen = coverage.streams.iter().filter(|row| row.events_seen + row.findings_seen > 0).count() as u64;
    let of = |seen: u64, of: u64| format!("{} of {}", words::count(seen), words::count(of));
    let significant = match coverage.significant_unseen {
        0 if doc.findings.iter().any(|row| row.finding.flagged) => "every significant one".to_owned(),
        0 => "none is significant".to_owned(),
        left => format!("{} significant not opened", words::count(left)),
    };
    ui.horizontal_wrapped(|ui| {
        for (name, value) in [
            ("Findings opened", format!("{}, {significant}", of(opened, coverage.findings))),
            ("Streams looked at", of(seen, coverage.streams.len() as u64)),
            ("Problems read", of(coverage.problems_seen, coverage.problems)),
            ("Time looked at", format!("{:.1} %", share(coverage.nanos_seen, coverage.nanos))),
        ] {
            let response = ui.label(RichText::new(name).font(text_font(size::SMALL)).color(t.weak));
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
            let value = RichText::new(&value).font(semibold_font(size::TEXT)).color(t.strong);
            ui.add(Label::new(value).extend());
            ui.add_space(size::GAP);
        }
        button(ui, state, Command::NextUnseen);
    });
    for row in &coverage.captures {
        let streams = words::counted(row.streams, "stream", "streams");
        let text = format!(
            "{}: {} of {streams} looked at",
            case::inert(&row.file_name),
            words::count(row.streams_seen)
        );
        ui.add(Label::new(RichText::new(text).font(text_font(size::SMALL)).color(t.weak)).truncate());
    }
}

fn share(part: u64, of: u64) -> f64 {
    part as f64 * 100.0 / of.max(1) as f64
}

/// The time of the case: filled where something was looked at, with a mark for each finding.
fn band(ui: &mut Ui, state: &mut State, doc: &Doc, coverage: &Coverage) {
    if doc.axis.nanos(0.0).is_none() {
        ui.label(RichText::new("No event of this case says when it was.").color(tokens::of(ui).weak));
        return;
    }
    let t = tokens::of(ui);
    ui.add_space(size::TIGHT);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAND), Sense::hover());
    let label = format!("Time looked at: {:.1} % of the case", share(coverage.nanos_seen, coverage.nanos));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let (from, to) = doc.extent;
    let place = |x: f64| rect.left() + ((x - from) / (to - from).max(1e-9)) as f32 * rect.width();
    ui.painter().rect_filled(rect, 2, t.sunken);
    for (start, end) in &state.review.coverage.looked.times {
        let Some((start, end)) = doc.axis.of_nanos(*start).zip(doc.axis.of_nanos(*end)) else { continue };
        // An instant is seen too.
        let (left, right) = (place(start.max(from)), place(end.min(to)));
        let bar = Rect::from_min_max(pos2(left, rect.top()), pos2(right.max(left + 1.5), rect.bottom()));
        ui.painter().rect_filled(bar.intersect(rect), 0, t.series_a.gamma_multiply(0.55));
    }
    for row in &doc.findings {
        let Some((start, end)) = doc.axis.of_finding(&row.finding) else { continue };
        let centre = pos2(place(f64::midpoint(start, end)), rect.center().y);
        if coverage.findings_unseen.contains(&row.id) {
            ui.painter().circle_stroke(centre, 3.5, Stroke::new(1.5, t.danger));
        } else {
            ui.painter().circle_filled(centre, 3.5, t.strong);
        }
    }
    ui.painter().rect_stroke(rect, 2, Stroke::new(1.0, t.border), StrokeKind::Inside);
    response
        .on_hover_text("Filled: looked at. Full marks: findings opened. Hollow marks: findings not opened.");
    ui.horizontal(|ui| {
        if figures::button(ui, "time looked at") {
            state.figures = figures::Open::new(vec![band_figures(state, doc, coverage)]);
        }
        let ends = [doc.axis.say(from), doc.axis.say(to)];
        ui.label(RichText::new(&ends[0]).font(text_font(size::SMALL)).color(t.weak));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(&ends[1]).font(text_font(size::SMALL)).color(t.weak));
        });
    });
}

/// What the band draws: stretches of time, and a mark a finding.
fn band_figures(state: &State, doc: &Doc, coverage: &Coverage) -> Figures {
    let times = state.review.coverage.looked.times.iter();
    let times = times.map(|times| ("looked at", doc.axis.range(*times), String::new()));
    let marks = doc.findings.iter().filter_map(|row| {
        let ends = doc.axis.of_finding(&row.finding)?;
        let is_unseen = coverage.findings_unseen.contains(&row.id);
        let what = if is_unseen { "finding not opened" } else { "finding opened" };
        Some((what, Some(ends), row.id.to_string()))
    });
    let (axis, rows): (_, Vec<_>) = (doc.axis, times.chain(marks).collect());
    Figures::told(Picture::Coverage, &BAND_COLUMNS, rows.len() as u64, move |made, row| {
        let (what, ends, finding) = &rows[row as usize];
        let [from, to] = ends.map_or_else(Default::default, |(a, b)| [a, b].map(|at| made.place(axis, at)));
        [(*what).to_owned(), from, to, finding.clone()]
    })
}

fn streams(ui: &mut Ui, state: &mut State, coverage: &Coverage) {
    let mut rows: Vec<&StreamCoverage> = coverage.streams.iter().collect();
    let mut sort = state.review.coverage.sort;
    let not_opened = |row: &StreamCoverage| row.findings - row.findings_seen;
    let Sort(by, largest_first) = sort;
    match by {
        0 => rows.sort_by(|a, b| a.label.cmp(&b.label)),
        1 => rows.sort_by_key(|row| row.events),
        2 => rows.sort_by(|a, b| share(a.events_seen, a.events).total_cmp(&share(b.events_seen, b.events))),
        3 => rows.sort_by_key(|row| row.findings),
        _ => rows.sort_by_key(|row| not_opened(row)),
    }
    if largest_first {
        rows.reverse();
    }
    let mut place = std::mem::take(&mut state.review.coverage.list);
    let height = ui.available_height();
    let doc = state.doc.clone();
    let mut table = Table { doc: doc.as_deref(), rows: &rows };
    let name = "Coverage of streams";
    let chosen = tables::table_of(ui, name, &COLUMNS, &mut place, &mut table, height, Some(&mut sort));
    state.review.coverage.list = place;
    state.review.coverage.sort = sort;
    if let Some(row) = chosen.and_then(|row| rows.get(row as usize)) {
        state.select(Selection::Stream(row.stream));
    }
}

struct Table<'a> {
    doc: Option<&'a crate::doc::Doc>,
    rows: &'a [&'a StreamCoverage],
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let row = self.rows[row as usize];
        let text = format!(
            "Stream {}: {} of {} listed, {} of {} opened",
            row.label,
            words::count(row.events_seen),
            words::counted(row.events, "event", "events"),
            row.findings_seen,
            words::counted(row.findings, "finding", "findings"),
        );
        case::inert(text)
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let row = self.rows[row as usize];
        let texts = [
            self.doc.map_or_else(|| case::inert(&row.label), |doc| doc.label(row.stream)),
            words::count(row.events),
            format!("{} ({:.1} %)", words::count(row.events_seen), share(row.events_seen, row.events)),
            words::count(row.findings),
            words::count(row.findings - row.findings_seen),
        ];
        tables::cells(ui, &COLUMNS, &texts, selected);
    }
}
