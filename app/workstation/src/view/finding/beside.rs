//! The dearest events beside what the baseline has that is most like them, with what differs marked.

use crate::state::{Place, State};
use crate::theme::{mono_font, text_font};
use crate::tokens::{self, size};
use crate::view::{evidence, measured};
use crate::words;
use case::{DiffPart, EventRow, FindingRow, diff_pieces};
use cbad::{Driver, Event, Value};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Frame, Label, Layout, RichText, Role, Stroke, Ui, UiBuilder, WidgetInfo, vec2};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;

/// Bytes of one text that are compared: two of them are quick, and more than a screen shows.
const MOST_BYTES: usize = 2048;

/// Fields of both sides that are listed.
const MOST_FIELDS: usize = 60;

/// What differs between two events, made once for each pair.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pairs: BTreeMap<(Place, u64), Arc<[Vec<Part>; 2]>>,
}

impl Compared {
    /// Forgets what was compared.
    pub(crate) fn clear(&mut self) {
        self.pairs.clear();
    }
}

/// A piece of the text of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    text: String,
    /// Whether the other side has it not.
    differs: bool,
    /// Whether it belongs to a field, and not to the body.
    is_field: bool,
}

pub(super) fn show(ui: &mut Ui, state: &mut State, row: &FindingRow) {
    let explanation = &row.finding.explanation;
    if explanation.drivers.is_empty() {
        return;
    }
    super::section(
        ui,
        "Window beside baseline",
        "Each of the events above, beside the event of the baseline that explains most of it. What differs is marked and underlined.",
    );
    for driver in &explanation.drivers {
        pair(ui, state, row, driver);
    }
}

fn pair(ui: &mut Ui, state: &mut State, row: &FindingRow, driver: &Driver) {
    let stream = row.stream.id;
    let here = state.event(stream, driver.event);
    let there = driver.nearest.map(|position| (position, state.event(stream, position)));
    let mut before = |row: Option<&EventRow>| row.map_or(Poll::Pending, |row| before(state, stream, row));
    let before_here = before(read(here.as_ref()));
    let before_there = before(there.as_ref().and_then(|(_, there)| read(there.as_ref())));
    let compared = match (&here, &there, before_here, before_there) {
        (
            Some(Ok(here)),
            Some((position, Some(Ok(there)))),
            Poll::Ready(before_here),
            Poll::Ready(before_there),
        ) => {
            let key = ((stream, driver.event), *position);
            let made = || {
                let told = |row, before| Told { event: row, before };
                Arc::new(sides(
                    told(&here.event, before_here.as_ref().map(|row| &row.event)),
                    told(&there.event, before_there.as_ref().map(|row| &row.event)),
                ))
            };
            Some(Arc::clone(state.compared.pairs.entry(key).or_insert_with(made)))
        }
        _ => None,
    };
    let parts = |side: usize, event: &EventRow| match &compared {
        Some(compared) => compared[side].clone(),
        None => plain(&event.event),
    };
    let gap = size::GAP;
    let width = (ui.available_width() - gap) / 2.0;
    // Two columns of their own: the columns of egui stretch what stands in them.
    let top = ui.cursor().min;
    let mut bottom = top.y;
    for side in 0..2_usize {
        let left = top.x + side as f32 * (width + gap);
        let rect = egui::Rect::from_min_size(egui::pos2(left, top.y), vec2(width, f32::INFINITY));
        let layout = Layout::top_down(Align::Min);
        let mut column =
            ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt((driver.event, side)));
        card(&mut column, |ui| match (side, &there) {
            (0, _) => {
                head(ui, "Window", driver.event, here.as_ref(), Some(driver.bits));
                event_text(ui, "Window", here.as_ref(), |event| parts(0, event));
            }
            (_, Some((position, event))) => {
                head(ui, "Baseline", *position, event.as_ref(), None);
                event_text(ui, "Baseline", event.as_ref(), |event| parts(1, event));
            }
            (_, None) => {
                crate::view::caption(ui, "Baseline");
                let none = "No event of the baseline is like it.";
                ui.label(RichText::new(none).color(tokens::of(ui).weak));
            }
        });
        bottom = bottom.max(column.min_rect().bottom());
    }
    ui.advance_cursor_after_rect(egui::Rect::from_min_max(
        top,
        egui::pos2(top.x + 2.0 * width + gap, bottom),
    ));
    ui.add_space(size::TIGHT);
}

/// Points of other instances between one and the next of the same that are looked over.
const MOST_OTHERS: u64 = 8;

/// The point before one that counts from a beginning long ago, where there is one; pending while it is being read.
fn before(state: &mut State, stream: u32, row: &EventRow) -> Poll<Option<Arc<EventRow>>> {
    if !measured::is_running(&row.event) {
        return Poll::Ready(None);
    }
    for position in (row.position.saturating_sub(MOST_OTHERS)..row.position).rev() {
        match state.event(stream, position) {
            Some(Ok(other)) if measured::is_same_instance(&other.event, &row.event) => {
                return Poll::Ready(Some(other));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) => break,
            None => return Poll::Pending,
        }
    }
    Poll::Ready(None)
}

/// An event, once it is read.
fn read(event: Option<&Result<Arc<EventRow>, String>>) -> Option<&EventRow> {
    event.and_then(|event| event.as_ref().ok()).map(|row| &**row)
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
        crate::view::caption(ui, &format!("{name} · event {}", words::count(position)));
        if let Some(bits) = bits {
            ui.label(RichText::new(words::bits(bits)).font(mono_font()).color(t.strong));
        }
        ui.add(Label::new(RichText::new(time).font(text_font(size::SMALL)).color(t.weak)).truncate());
    });
}

fn event_text(
    ui: &mut Ui,
    name: &str,
    event: Option<&Result<Arc<EventRow>, String>>,
    parts: impl FnOnce(&EventRow) -> Vec<Part>,
) {
    let t = tokens::of(ui);
    let parts = match event {
        Some(Ok(event)) => parts(event),
        Some(Err(why)) => return drop(ui.add(Label::new(RichText::new(why).color(t.danger)).wrap())),
        None => return drop(ui.label(RichText::new("Reading…").color(t.weak))),
    };
    let mut job = LayoutJob { halign: Align::Min, justify: false, ..LayoutJob::default() };
    job.wrap.max_width = ui.available_width();
    let mut differing = Vec::new();
    for part in &parts {
        let color = match (part.differs, part.is_field) {
            (true, _) => t.strong,
            (false, true) => t.weak,
            (false, false) => t.text,
        };
        let mut format = TextFormat { font_id: mono_font(), color, ..TextFormat::default() };
        if part.differs {
            format.background = t.cost[2];
            format.underline = Stroke::new(1.0, t.cost_line[2]);
            differing.push(part.text.trim());
        }
        job.append(&part.text, 0.0, format);
    }
    let galley = ui.painter().layout_job(job);
    let response = ui.add(Label::new(Arc::clone(&galley)).selectable(true));
    let whole = galley.text().replace('\n', " ");
    let differs =
        if differing.is_empty() { String::new() } else { format!(". Differs: {}", differing.join(", ")) };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {whole}{differs}")));
}

fn card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let t = tokens::of(ui);
    let frame = Frame::new().fill(t.sunken).stroke(Stroke::new(1.0, t.border)).corner_radius(size::CORNER);
    frame.inner_margin(8).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        add(ui);
    });
}

/// Body and fields of an event on its own.
fn plain(event: &Event) -> Vec<Part> {
    let alone = Told { event, before: None };
    let [parts, _] = sides(alone, alone);
    parts
}

/// An event, and the point before it where it counts on from that.
#[derive(Clone, Copy)]
struct Told<'a> {
    event: &'a Event,
    before: Option<&'a Event>,
}

impl Told<'_> {
    /// What it measures in all, and since the point before.
    fn measured(self) -> [Option<Vec<String>>; 2] {
        let in_all = measured::parts(self.event).into_iter().map(|(_, text)| text).collect();
        let since = self.before.map(|before| measured::since(before, self.event));
        [Some(in_all), since].map(|parts: Option<Vec<String>>| parts.filter(|parts| !parts.is_empty()))
    }
}

/// Both events in parts: severities, bodies word by word, fields by their paths.
fn sides(told_here: Told<'_>, told_there: Told<'_>) -> [Vec<Part>; 2] {
    let (here, there) = (told_here.event, told_there.event);
    let mut both = [Vec::new(), Vec::new()];
    let severity = |event: &Event| event.severity.map(|severity| format!("{} ", severity.name()));
    let (a, b) = (severity(here), severity(there));
    differ(&Vec::from_iter(a), &Vec::from_iter(b), true, &mut both);
    differ(&pieces(&without_stamp(here)), &pieces(&without_stamp(there)), false, &mut both);
    let ([in_all, since], [in_all_there, since_there]) = (told_here.measured(), told_there.measured());
    let name = if since.is_some() || since_there.is_some() { "measured in all " } else { "measured " };
    line(name, [in_all, in_all_there], &mut both);
    line("since the point before ", [since, since_there], &mut both);
    let mut seen = BTreeSet::new();
    let paths = here.fields.iter().chain(&there.fields).map(|field| &*field.path);
    let paths: Vec<&str> = paths.filter(|path| seen.insert(*path)).collect();
    for path in paths.iter().take(MOST_FIELDS) {
        let of = |event: &Event| {
            event.fields.iter().find(|field| &*field.path == *path).map(|field| value(&field.value))
        };
        line(&format!("{} = ", case::inert(path)), [of(here), of(there)], &mut both);
    }
    if let Some(more) = paths.len().checked_sub(MOST_FIELDS).filter(|more| *more > 0) {
        let text = format!("\n… {}", words::counted(more as u64, "more field", "more fields"));
        for parts in &mut both {
            parts.push(Part { text: text.clone(), differs: false, is_field: true });
        }
    }
    both
}

/// Puts a named value on a line of its own on each side that has it.
fn line(name: &str, values: [Option<Vec<String>>; 2], both: &mut [Vec<Part>; 2]) {
    let is_alone = values.iter().any(Option::is_none);
    for (parts, _) in both.iter_mut().zip(&values).filter(|(_, value)| value.is_some()) {
        parts.push(Part { text: "\n".to_owned(), differs: false, is_field: true });
        parts.push(Part { text: name.to_owned(), differs: is_alone, is_field: true });
    }
    let [a, b] = values.map(Option::unwrap_or_default);
    differ(&a, &b, true, both);
}

/// Puts what both sides have and what one has alone into the parts of each.
fn differ(a: &[String], b: &[String], is_field: bool, both: &mut [Vec<Part>; 2]) {
    for part in diff_pieces(&refs(a), &refs(b)) {
        let (text, sides, differs) = match part {
            DiffPart::Same(text) => (text, 0..2, false),
            DiffPart::Gone(text) => (text, 0..1, true),
            DiffPart::New(text) => (text, 1..2, true),
        };
        for side in sides {
            both[side].push(Part { text: text.clone(), differs, is_field });
        }
    }
}

fn refs(pieces: &[String]) -> Vec<&str> {
    pieces.iter().map(String::as_str).collect()
}

/// The body without its time stamp, which the codes skip too.
fn without_stamp(event: &Event) -> Vec<u8> {
    let stamp = event.body_stamp.map_or(0..0, |(start, end)| start as usize..end as usize);
    let parts = event.body.get(..stamp.start).zip(event.body.get(stamp.end..));
    parts.map_or_else(|| event.body.clone(), |(before, after)| [before, after].concat().trim_ascii().to_vec())
}

fn value(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => pieces(text.as_bytes()),
        other => pieces(case::value_text(other).as_bytes()),
    }
}

/// Harmless text in words, addresses and identifiers as one word each, and what stands between them.
fn pieces(text: &[u8]) -> Vec<String> {
    let (text, left_out) = evidence::cut_lines(text, MOST_BYTES);
    let mut pieces: Vec<String> = Vec::new();
    let mut was_word = false;
    for letter in text.chars() {
        let is_word = letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        match pieces.last_mut() {
            Some(piece) if is_word && was_word => piece.push(letter),
            _ => pieces.push(letter.to_string()),
        }
        was_word = is_word;
    }
    if left_out > 0 {
        pieces.push(format!(" … {} more; “Show exact bytes” has all of it", words::bytes(left_out as u64)));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Field, Measure, Severity};

    #[test]
    fn what_differs_is_marked_on_both_sides_and_each_side_reads_as_it_is() {
        let event = |body: &str, severity, fields: &[(&str, &str)]| {
            let mut event = Event::new(body, ByteRange::default());
            event.severity = Some(severity);
            event.fields = fields
                .iter()
                .map(|(path, text)| Field { path: (*path).into(), value: Value::Text((*text).into()) })
                .collect();
            event
        };
        let here =
            event("GET /cart refused by 10.0.0.7", Severity::Error, &[("host", "web-a"), ("why", "full")]);
        let there =
            event("GET /cart served by 10.0.0.8", Severity::Info, &[("host", "web-a"), ("zone", "b")]);
        let alone = |event| Told { event, before: None };
        let [a, b] = sides(alone(&here), alone(&there));
        let text = |parts: &[Part]| parts.iter().map(|part| part.text.as_str()).collect::<String>();
        assert_eq!(text(&a), "error GET /cart refused by 10.0.0.7\nhost = web-a\nwhy = full");
        assert_eq!(text(&b), "info GET /cart served by 10.0.0.8\nhost = web-a\nzone = b");
        let differing = |parts: &[Part]| {
            parts.iter().filter(|part| part.differs).map(|part| part.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(differing(&a), ["error ", "refused", "10.0.0.7", "why = ", "full"]);
        assert_eq!(differing(&b), ["info ", "served", "10.0.0.8", "zone = ", "b"]);
        assert!(differing(&plain(&here)).is_empty(), "an event does not differ from itself");
    }

    #[test]
    fn points_of_a_metric_are_compared_by_what_they_measure() {
        let point = |total: f64| {
            let mut event = Event::new("requests", ByteRange::default());
            event.measure = Some(Measure::Cumulative { total, start_nanos: Some(1) });
            event
        };
        let points = [point(5.0), point(45.0), point(1.0), point(4.0)];
        let told = |at: usize| Told { event: &points[at], before: Some(&points[at - 1]) };
        let [a, b] = sides(told(1), told(3));
        let text = |parts: &[Part]| parts.iter().map(|part| part.text.as_str()).collect::<String>();
        assert_eq!(text(&a), "requests\nmeasured in all total 45\nsince the point before +40");
        assert_eq!(text(&b), "requests\nmeasured in all total 4\nsince the point before +3");
        assert!(a.iter().any(|part| part.differs && part.text.contains("+40")), "{a:?}");
    }

    #[test]
    fn long_bodies_are_cut_and_that_is_said() {
        let long = Event::new("x ".repeat(1 << 19).as_str(), ByteRange::default());
        let alone = Told { event: &long, before: None };
        let [a, _] = sides(alone, alone);
        assert!(a.iter().any(|part| part.text.contains("more; “Show exact bytes”")));
        assert!(a.iter().map(|part| part.text.len()).sum::<usize>() < 2 * MOST_BYTES);
    }
}
