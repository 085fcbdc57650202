//! What could not be read, each with its place and what to do: what the readers met, what is damaged in the case, and which
//! streams were not scored.

use super::paint_line;
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::pages::Cached;
use crate::problems::{Item, Kind, Order, Problems};
use crate::query::{BytesOf, Query};
use crate::state::{Pane, State};
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{ProblemRow, ProblemSeverity};
use egui::{ComboBox, Id, Label, Rect, RichText, Role, Ui, WidgetInfo, pos2, vec2};

/// Height of a problem's row.
pub(super) const ROW: f32 = 44.0;
/// Room for the sign before its words.
const LEFT: f32 = 34.0;
/// Room for the words of the selected one below the list.
const DETAIL: f32 = 76.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    heading(ui, state, &doc);
    toolbar(ui, state, &doc);
    let wanted = state.problems.wanted();
    let order = state.problems.order(&doc);
    if order.len() == 0 {
        let (what, next) = if state.problems.kind.is_some() || state.problems.capture.is_some() {
            ("No such problem", "Choose all kinds and all captures to see every problem.".to_owned())
        } else {
            let records: u64 = doc.captures.iter().map(|capture| capture.records).sum();
            ("No problems", format!("All {} were read.", words::counted(records, "record", "records")))
        };
        if state.problems.kind.is_none() && state.problems.capture.is_none() {
            return super::empty(ui, what, &next);
        }
        if super::empty_or(ui, what, &next, "Show all problems") {
            (state.problems.kind, state.problems.capture) = (None, None);
        }
        return;
    }
    let mut place = std::mem::take(&mut state.problems.list);
    let mut list =
        List { problems: &mut state.problems, order: &order, doc: &doc, wanted: Vec::new(), seen: (0, 0) };
    let height = ui.available_height() - if place.selected.is_some() { DETAIL } else { 0.0 };
    let chosen = ui
        .allocate_ui(vec2(ui.available_width(), height.max(ROW)), |ui| {
            ui.set_min_height(height.max(ROW));
            rows::show(ui, Id::unique("problems list"), "Problems list", &mut place, &mut list)
        })
        .inner;
    let (pages, seen) = (list.wanted, list.seen);
    let items: Vec<Item> = (seen.0..seen.1).filter_map(|row| order.item(row)).collect();
    see(state, &doc, &items);
    let selected = place.selected.and_then(|row| order.item(row));
    state.problems.list = place;
    for page in pages {
        state.ask(Query::Problems { list: wanted, page });
    }
    if let Some(item) = selected {
        detail(ui, state, &doc, item, chosen.opened.is_some());
    }
}

fn heading(ui: &mut Ui, state: &State, doc: &Doc) {
    let t = tokens::of(ui);
    let rejected: u64 = doc.captures.iter().map(|capture| capture.rejected).sum();
    let notes: u64 = doc.captures.iter().map(|capture| capture.notes).sum();
    let records: u64 = doc.captures.iter().map(|capture| capture.records).sum();
    let unscored = Problems { kind: Some(Kind::NotScored), ..Problems::default() }.order(doc).len();
    ui.label(RichText::new("Problems").font(semibold_font(size::HEADING)).color(t.strong));
    let damaged = match state.problems.damaged.len() {
        0 => String::new(),
        some => {
            format!("; {} of the case found", words::counted(some as u64, "damaged block", "damaged blocks"))
        }
    };
    let checked = if state.problems.is_whole { " The case was checked and is whole." } else { "" };
    let text = format!(
        "{} of {} could not be read; {}; {} not scored{damaged}. Everything else is in the case.{checked}",
        words::count(rejected),
        words::counted(records, "record", "records"),
        words::counted(notes, "note", "notes"),
        words::counted(unscored, "stream", "streams"),
    );
    ui.add(Label::new(RichText::new(text).color(t.weak)).wrap());
    ui.add_space(size::TIGHT);
}

fn toolbar(ui: &mut Ui, state: &mut State, doc: &Doc) {
    ui.horizontal_wrapped(|ui| {
        let problems = &mut state.problems;
        for kind in std::iter::once(None).chain(Kind::ALL.map(Some)) {
            let text = kind.map_or("All kinds", Kind::label);
            let is_on = problems.kind == kind;
            let button = ui.add(egui::Button::selectable(is_on, text));
            button.widget_info(|| {
                WidgetInfo::selected(Role::RadioButton, true, is_on, format!("Kind: {text}"))
            });
            if button.clicked() {
                problems.kind = kind;
            }
        }
        if doc.captures.len() > 1 {
            let name = |id: Option<i64>| {
                let row = doc.captures.iter().find(|row| Some(row.id) == id);
                row.map_or_else(|| "All captures".to_owned(), |row| case::inert(&row.file_name))
            };
            let text = name(problems.capture);
            let combo = ComboBox::from_id_salt("capture of problems").width(170.0).truncate();
            let combo = combo.selected_text(&text).show_ui(ui, |ui| {
                for id in std::iter::once(None).chain(doc.captures.iter().map(|row| Some(row.id))) {
                    ui.selectable_value(&mut problems.capture, id, name(id));
                }
            });
            combo
                .response
                .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Capture: {text}")));
        }
        ui.checkbox(&mut problems.by_kind, "Worst kind first")
            .on_hover_text("Off: by capture, in the order of their places in it.");
        super::button(ui, state, Command::CheckCase);
    });
    ui.add_space(size::TIGHT);
}

/// What was in view was looked at.
fn see(state: &mut State, doc: &Doc, items: &[Item]) {
    for item in items {
        let Item::Listed(row) = item else { continue };
        let Cached::Row(problem) = state.problems.listed(*row) else { continue };
        let before = doc.captures.iter().take_while(|capture| capture.id != problem.capture);
        let at = before.map(|capture| capture.rejected + capture.notes).sum::<u64>() + problem.sequence;
        state.review.coverage.see(|looked| looked.see_problems((at, at + 1)));
    }
}

/// The words of the selected one in full, and the way to its bytes.
fn detail(ui: &mut Ui, state: &mut State, doc: &Doc, item: Item, opened: bool) {
    let Some((_, what, place)) = in_words(&state.problems, doc, item) else { return };
    ui.separator();
    let mut go = opened;
    let target = target(&state.problems, doc, item);
    ui.horizontal(|ui| {
        let about = "The exact bytes of the capture that it is about.";
        let button =
            ui.add_enabled(target.is_some(), egui::Button::new("Show its bytes")).on_hover_text(about);
        go |= button.clicked();
        ui.vertical(|ui| {
            ui.add(Label::new(RichText::new(what).color(tokens::of(ui).text)).truncate());
            ui.add(Label::new(RichText::new(place).color(tokens::of(ui).weak)).truncate());
        });
    });
    let Some(target) = target.filter(|_| go) else { return };
    match target {
        BytesOf::Event((stream, position)) => state.select(Selection::Event { stream, position }),
        BytesOf::Range { .. } => state.bytes_at = Some((target, state.selection)),
    }
    state.front = Some(Pane::Bytes);
}

/// Whose bytes show what a row is about.
fn target(problems: &Problems, doc: &Doc, item: Item) -> Option<BytesOf> {
    match item {
        Item::Listed(row) => match problems.listed(row) {
            Cached::Row(row) => Some(BytesOf::Range { capture: row.capture, range: row.source }),
            Cached::Waiting | Cached::Failed(_) => None,
        },
        Item::Damaged(at) => {
            let one = problems.damaged.get(at)?;
            Some(BytesOf::Range { capture: one.capture, range: one.source? })
        }
        Item::NotScored(at) => {
            let stream = doc.run.as_ref()?.streams.get(at)?.stream;
            Some(BytesOf::Event((stream, 0))).filter(|_| doc.stream(stream).is_some_and(|row| row.events > 0))
        }
        Item::Fault(_) => None,
    }
}

/// How bad, what, and where with what to do next; `None` where it is not here yet.
fn in_words(problems: &Problems, doc: &Doc, item: Item) -> Option<(ProblemSeverity, String, String)> {
    match item {
        Item::Listed(row) => match problems.listed(row) {
            Cached::Row(problem) => {
                let (what, place) = of_import(doc, problem);
                Some((problem.severity, what, place))
            }
            Cached::Waiting | Cached::Failed(_) => None,
        },
        Item::Damaged(at) => {
            let one = problems.damaged.get(at)?;
            let place = match one.source {
                Some(source) => {
                    format!("{}, within bytes {}", case::inert(&one.file_name), words::byte_range(source))
                }
                None => case::inert(&one.file_name),
            };
            let place = format!("{place} · Import the capture into a new case to have these events again.");
            Some((ProblemSeverity::Rejected, case::inert(one.to_string()), place))
        }
        Item::Fault(at) => {
            let what = case::inert(problems.faults.get(at)?);
            Some((
                ProblemSeverity::Rejected,
                what,
                "The case file · Go back to a copy of it that is sound.".to_owned(),
            ))
        }
        Item::NotScored(at) => {
            let summary = doc.run.as_ref()?.streams.get(at)?;
            let stream = doc.stream(summary.stream)?;
            let capture = doc.captures.iter().find(|row| row.id == stream.capture);
            let file = capture.map(|row| case::inert(&row.file_name)).unwrap_or_default();
            let label = case::inert(stream.key.label());
            let why = summary.note.as_deref().map_or_else(|| "no lens applies to it".to_owned(), case::inert);
            let events = words::counted(stream.events, "event", "events");
            let place = format!("{file}, {events} · They are in the case and can be searched.");
            Some((ProblemSeverity::Note, format!("Stream “{label}” was not scored: {why}"), place))
        }
    }
}

/// What an import met: what, where, what next.
fn of_import(doc: &Doc, problem: &ProblemRow) -> (String, String) {
    let capture = doc.captures.iter().find(|capture| capture.id == problem.capture);
    let file = capture.map(|capture| case::inert(&capture.file_name)).unwrap_or_default();
    let line = problem.line.map(|line| format!(", line {}", words::count(line))).unwrap_or_default();
    let hint = problem.hint.as_deref().map(|hint| format!(" · {}", case::inert(hint))).unwrap_or_default();
    let place = format!(
        "{file}{line}, byte {}, {}",
        words::count(problem.source.offset),
        words::bytes(problem.source.length)
    );
    (case::inert(&problem.reason), format!("{place}{hint}"))
}

struct List<'a> {
    problems: &'a mut Problems,
    order: &'a Order,
    doc: &'a Doc,
    wanted: Vec<u64>,
    /// Rows that are seen, from the first to before the last.
    seen: (u64, u64),
}

impl Rows for List<'_> {
    fn len(&self) -> u64 {
        self.order.len()
    }

    fn height(&self) -> f32 {
        ROW
    }

    fn visible(&mut self, first: u64, end: u64) {
        self.seen = (first, end);
        let listed = (first..end).filter_map(|row| match self.order.item(row) {
            Some(Item::Listed(row)) => Some(row),
            _ => None,
        });
        // In either order those that the case lists stand in its own order.
        let (mut least, mut most) = (u64::MAX, 0);
        listed.for_each(|row| (least, most) = (least.min(row), most.max(row + 1)));
        if least < most {
            self.wanted = self.problems.pages.wanted(least, most);
        }
    }

    fn label(&mut self, row: u64) -> String {
        let words = self.order.item(row).and_then(|item| in_words(self.problems, self.doc, item));
        words.map_or_else(|| "Being read".to_owned(), |(_, what, place)| format!("{what}, {place}"))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let Some(item) = self.order.item(row) else { return };
        if let Some((severity, what, place)) = in_words(self.problems, self.doc, item) {
            return paint(ui, severity, &what, &place);
        }
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let (upper, width) = (pos2(rect.left() + LEFT, rect.top() + 14.0), rect.width() - LEFT - 10.0);
        match item {
            Item::Listed(row) => match self.problems.listed(row) {
                Cached::Failed(why) => paint_line(ui, why, text_font(size::TEXT), t.danger, upper, width),
                _ => paint_line(ui, "…", mono_font(), t.weak, upper, width),
            },
            _ => paint_line(ui, "…", mono_font(), t.weak, upper, width),
        };
    }
}

/// A problem in its row: what is wrong, and below it where and what to do.
pub(super) fn paint(ui: &Ui, severity: ProblemSeverity, what: &str, place: &str) {
    let t = tokens::of(ui);
    let rect = ui.max_rect();
    let width = rect.width() - LEFT - 10.0;
    let (icon, color) = match severity {
        ProblemSeverity::Rejected => (Icon::Notable, t.warning),
        ProblemSeverity::Note => (Icon::Unusual, t.weak),
    };
    let side = vec2(size::ICON, size::ICON);
    icon.paint(ui.painter(), Rect::from_center_size(rect.left_center() + vec2(17.0, 0.0), side), color);
    let (upper, lower) =
        (pos2(rect.left() + LEFT, rect.top() + 14.0), pos2(rect.left() + LEFT, rect.top() + 31.0));
    paint_line(ui, what, text_font(size::TEXT), t.text, upper, width);
    paint_line(ui, place, mono_font(), t.weak, lower, width);
}
