//! Metrics: series chosen from all there are, over the shared time, with their findings, as pictures and as numbers.

mod plot;
mod table;

use super::paint_line;
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::state::State;
use crate::telemetry::metrics::{Drawn, MOST_SHOWN};
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{ReadingKind, Readings, StreamRow};
use cbad::Signal;
use egui::{Id, Label, Rect, RichText, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2};

/// Series that are shown before a person has chosen any.
const FIRST: usize = 3;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let all: Vec<&StreamRow> = doc.streams.iter().filter(|row| row.key.signal == Signal::Metric).collect();
    if all.is_empty() {
        let next = "This case has no data points. Open a capture with metrics, such as OTLP from a collector, together with these events.";
        return super::empty_and(ui, state, "No metrics", next, &[Command::OpenCapture]);
    }
    if doc.axis.nanos(0.0).is_none() {
        super::empty(
            ui,
            "No times",
            "No event of this case says when it was, so that there is no axis to draw on.",
        );
        return;
    }
    choose_first(state, &doc, &all);
    state.want_readings(&doc);
    super::tall(ui, 430.0, |ui| body(ui, state, &doc, &all));
}

fn body(ui: &mut Ui, state: &mut State, doc: &Doc, all: &[&StreamRow]) {
    toolbar(ui, state, doc, all.len());
    let height = (ui.available_height() * 0.3).clamp(90.0, 260.0);
    list(ui, state, doc, all, height);
    ui.add_space(size::TIGHT);
    let metrics = &state.telemetry.metrics;
    if let Some(why) = metrics.failed.clone() {
        super::empty(ui, "The readings could not be read", &why);
    } else if metrics.shown.is_empty() {
        super::empty(ui, "No series is chosen", "Choose one or more in the list above.");
    } else if metrics.read.is_empty() {
        super::empty(ui, "Reading the series…", "Their points of the time shown are being gathered.");
    } else if state.as_table {
        table::show(ui, state, doc);
    } else {
        plot::show(ui, state, doc);
    }
}

/// Series to begin with: the selected one, then those with the highest findings.
fn choose_first(state: &mut State, doc: &Doc, all: &[&StreamRow]) {
    let metrics = &mut state.telemetry.metrics;
    if metrics.is_chosen || !metrics.shown.is_empty() {
        return;
    }
    let is_metric = |stream: &u32| all.iter().any(|row| row.id == *stream);
    let selected = state.stream.filter(is_metric);
    let found = doc.findings.iter().map(|row| row.stream.id).filter(is_metric);
    for stream in selected.into_iter().chain(found).chain(all.iter().map(|row| row.id)) {
        if metrics.shown.len() < FIRST && !metrics.shown.contains(&stream) {
            metrics.shown.push(stream);
        }
    }
    // What is drawn is seen in the list, too.
    let first = metrics.shown.first();
    metrics.list.reveal = all.iter().position(|row| Some(&row.id) == first).map(|row| row as u64);
}

fn toolbar(ui: &mut Ui, state: &mut State, doc: &Doc, all: usize) {
    let t = tokens::of(ui);
    ui.horizontal_wrapped(|ui| {
        if super::figures::button(ui, "series") {
            state.figures = super::figures::Open::new(vec![table::figures(state, doc)]);
        }
        let metrics = &mut state.telemetry.metrics;
        let field =
            TextEdit::singleline(&mut metrics.filter).hint_text("Name of a series").desired_width(170.0);
        ui.add(field).widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, "Filter series"));
        for (drawn, text, about) in [
            (Drawn::Multiples, "One by one", "Each series in a picture of its own."),
            (Drawn::Together, "On one axis", "All series in one picture, with one vertical axis."),
        ] {
            let button = egui::Button::selectable(metrics.drawn == drawn, text).frame_when_inactive(true);
            if ui.add(button).on_hover_text(about).clicked() {
                metrics.drawn = drawn;
            }
        }
        let clear = ui.add_enabled(!metrics.shown.is_empty(), egui::Button::new("Clear"));
        if clear.on_hover_text("Show no series.").clicked() {
            metrics.shown.clear();
            metrics.is_chosen = true;
        }
        let text = if metrics.reading {
            "Reading…".to_owned()
        } else {
            format!("{} of {} shown", metrics.shown.len(), words::counted(all as u64, "series", "series"))
        };
        ui.add(Label::new(RichText::new(text).color(t.weak)).truncate());
    });
    for readings in &state.telemetry.metrics.read {
        for damage in &readings.damaged {
            ui.add(Label::new(RichText::new(case::inert(damage.to_string())).color(t.danger)).wrap());
        }
    }
}

fn list(ui: &mut Ui, state: &mut State, doc: &Doc, all: &[&StreamRow], height: f32) {
    let area = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    ui.advance_cursor_after_rect(area);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area).id_salt("series"));
    let wanted = state.telemetry.metrics.filter.to_lowercase();
    let listed: Vec<&StreamRow> =
        all.iter().copied().filter(|row| row.key.label().to_lowercase().contains(&wanted)).collect();
    if listed.is_empty() {
        let next = "Other words may find it.";
        if super::empty_or(&mut child, "No series has these words", next, "Clear the filter") {
            state.telemetry.metrics.filter.clear();
        }
        return;
    }
    let mut place = std::mem::take(&mut state.telemetry.metrics.list);
    let mut rows = Series { doc, listed: &listed, shown: &state.telemetry.metrics.shown };
    let events = rows::show(&mut child, Id::unique("series list"), "Series", &mut place, &mut rows);
    // A click chooses; the arrow keys move, and Enter chooses.
    let clicked = child.input(|input| input.pointer.any_released());
    let chosen = events.selected.filter(|_| clicked).or(events.opened.filter(|_| !clicked));
    state.telemetry.metrics.list = place;
    if let Some(row) = chosen.and_then(|row| listed.get(row as usize))
        && !state.telemetry.metrics.toggle(row.id)
    {
        state.notice(
            crate::state::Level::Warning,
            format!("No more than {MOST_SHOWN} series are shown at once"),
            "Click one that is shown to make room.",
        );
    }
}

struct Series<'a> {
    doc: &'a Doc,
    listed: &'a [&'a StreamRow],
    shown: &'a [u32],
}

impl Series<'_> {
    fn findings(&self, stream: u32) -> usize {
        self.doc.findings.iter().filter(|row| row.stream.id == stream && row.finding.flagged).count()
    }
}

impl Rows for Series<'_> {
    fn len(&self) -> u64 {
        self.listed.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let row = self.listed[row as usize];
        let shown = if self.shown.contains(&row.id) { ", shown" } else { "" };
        let findings = words::counted(self.findings(row.id) as u64, "finding", "findings");
        let points = words::counted(row.events, "point", "points");
        format!("Series {}, {points}, {findings}{shown}", case::inert(row.key.label()))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let row = self.listed[row as usize];
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let middle = rect.center().y;
        if let Some(number) = self.shown.iter().position(|shown| *shown == row.id) {
            tag(ui, number, pos2(rect.left() + 14.0, middle));
        }
        let points = super::line(ui, &words::count(row.events), mono_font(), t.weak, 90.0);
        let mut end = rect.right() - 8.0 - points.size().x;
        ui.painter().galley(pos2(end, middle - points.size().y / 2.0), points, t.weak);
        let found = self.findings(row.id);
        if found > 0 {
            end -= 34.0;
            let sign = Rect::from_center_size(pos2(end + 8.0, middle), vec2(13.0, 13.0));
            Icon::Finding.paint(ui.painter(), sign, t.warning);
            let at = pos2(end + 17.0, middle);
            paint_line(ui, &found.to_string(), semibold_font(size::SMALL), t.warning, at, 14.0);
        }
        let left = rect.left() + 30.0;
        let label = self.doc.names.label(row);
        super::paint_name(ui, &label, text_font(size::TEXT), t.text, pos2(left, middle), end - left - 6.0);
    }
}

/// The number and the colour of a series: the same in the list and in the pictures.
fn tag(ui: &Ui, number: usize, middle: egui::Pos2) {
    let t = tokens::of(ui);
    let tag = Rect::from_center_size(middle, vec2(18.0, 15.0));
    ui.painter().rect_filled(tag, 4, color(ui, number));
    let galley = super::line(ui, &(number + 1).to_string(), semibold_font(size::SMALL), t.sunken, 16.0);
    ui.painter().galley(tag.center() - galley.size() / 2.0, galley, t.sunken);
}

fn color(ui: &Ui, number: usize) -> egui::Color32 {
    let category = tokens::of(ui).category;
    category[number % category.len()]
}

/// A number of a series with its unit, and every digit that it has.
fn said(readings: &Readings, value: f64) -> String {
    with_unit(readings, value, exact)
}

/// The same at a glance.
fn said_short(readings: &Readings, value: f64) -> String {
    with_unit(readings, rounded(value), number)
}

fn with_unit(readings: &Readings, value: f64, number: fn(f64) -> String) -> String {
    if readings.kind == ReadingKind::DurationNanos {
        return words::duration(value as i64);
    }
    let unit = readings.unit.as_deref().map(|unit| format!(" {}", case::inert(unit))).unwrap_or_default();
    format!("{}{unit}", number(value))
}

/// All digits of a number; as a power of ten where they would be many zeros.
fn exact(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A number as short as it stays readable.
fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e9).contains(&size) {
        format!("{value:.3e}")
    } else if size >= 1000.0 {
        let sign = if value < 0.0 { "−" } else { "" };
        format!("{sign}{}", words::count(size.round() as u64))
    } else {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// To four digits: what a person takes in at a glance. The reading at the pointer has all of them.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    let scaled = (value * scale).round() / scale;
    if scaled.is_finite() { scaled } else { value }
}

/// Selects the reading of a series as the event that it is.
fn select(state: &mut State, stream: u32, position: u64) {
    state.select(Selection::Event { stream, position });
}

/// A line of text that stands for a picture to assistive technology, with what the pointer reads.
fn read_out(ui: &mut Ui, said: &str, hint: &str) {
    let t = tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let (text, font) = if said.is_empty() { (hint, text_font(size::SMALL)) } else { (said, mono_font()) };
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, text));
    paint_line(ui, text, font, t.weak, rect.left_center(), rect.width());
}

#[cfg(test)]
mod tests {
    use super::{exact, number, rounded};

    #[test]
    fn a_glance_takes_in_four_digits() {
        for (value, shown) in
            [(0.0, 0.0), (246.8214, 246.8), (-0.000_683_34, -0.000_683_3), (1_234_567.0, 1_235_000.0)]
        {
            assert!((rounded(value) - shown).abs() <= shown.abs() * 1e-12, "{value}");
        }
        assert!(rounded(f64::INFINITY).is_infinite() && rounded(1e-320) >= 0.0);
        assert!(rounded(f64::MAX).is_finite());
    }

    #[test]
    fn a_reading_has_all_of_its_digits() {
        for (value, text) in [
            (1_234_567_891.25, "1234567891.25"),
            (1234.567, "1234.567"),
            (-3.0, "-3"),
            (0.0, "0"),
            (1e300, "1e300"),
        ] {
            assert_eq!(exact(value), text);
        }
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (-3.0, "-3"),
            (1234.6, "1,235"),
            (-1234.6, "−1,235"),
            (2e-7, "2.000e-7"),
            (3e12, "3.000e12"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
