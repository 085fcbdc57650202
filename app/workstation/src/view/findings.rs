//! Left, below: the findings, to be sorted, filtered and searched.

use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::state::{FindingOrder, Pane, State};
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Tokens, size};
use crate::ui::icon::Icon;
use crate::ui::rows::{self, Rows};
use crate::words;
use case::FindingRow;
use cbad::Grade;
use egui::{Color32, ComboBox, Frame, Id, Margin, Rect, RichText, TextEdit, Ui, pos2, vec2};

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    Frame::new().inner_margin(Margin { left: 10, right: 8, top: 8, bottom: 4 }).show(ui, |ui| {
        super::heading(ui, "Findings");
        verdict(ui, &doc);
        tools(ui, state);
        let shown = listed(state, &doc);
        if shown.is_empty() {
            nothing(ui, state, &doc);
            return;
        }
        let selected = |id: i64| state.selection == Selection::Finding(id);
        let row = shown.iter().position(|finding| selected(finding.id)).map(|row| row as u64);
        let mut place = std::mem::take(&mut state.findings.list);
        if place.selected != row {
            place.selected = row;
            place.reveal = row;
        }
        let seen = shown.iter().map(|row| state.is_acknowledged(row)).collect();
        let mut list = Findings { doc: &doc, shown: &shown, short: doc.within_a_day(), seen };
        let events = rows::show(ui, Id::unique("findings list"), "Findings list", &mut place, &mut list);
        state.findings.list = place;
        if let Some(finding) = events.selected.and_then(|row| shown.get(row as usize)) {
            state.select(Selection::Finding(finding.id));
        }
        if let Some(finding) = events.opened.and_then(|row| shown.get(row as usize)) {
            state.select(Selection::Finding(finding.id));
            state.front = Some(Pane::Finding);
        }
    });
}

fn verdict(ui: &mut Ui, doc: &Doc) {
    let significant = doc.findings.iter().filter(|row| row.finding.flagged).count() as u64;
    let text = match (&doc.run, significant, doc.findings.len()) {
        (None, ..) => "It is not analysed yet.".to_owned(),
        _ if doc.streams.is_empty() => "There is no event to compare.".to_owned(),
        (Some(_), _, 0) if doc.scored.is_empty() => {
            "No stream was scored: each is too short or was left out; the problems say why.".to_owned()
        }
        (Some(_), _, 0) => "Nothing significant.".to_owned(),
        (Some(_), 0, 1) => "Nothing significant; this one is the most unusual.".to_owned(),
        (Some(_), 0, n) => format!("Nothing significant; these {n} are the most unusual."),
        (Some(_), s, n) if s == n as u64 => {
            format!("{}.", words::counted(s, "significant finding", "significant findings"))
        }
        (Some(_), s, n) => {
            let others = words::counted(n as u64 - s, "is merely unusual", "are merely the most unusual");
            format!("{} significant; {others}.", words::count(s))
        }
    };
    ui.add(egui::Label::new(RichText::new(text).color(tokens::of(ui).weak)).wrap());
}

fn tools(ui: &mut Ui, state: &mut State) {
    let list = &mut state.findings;
    let field =
        TextEdit::singleline(&mut list.search).hint_text("Search").desired_width(ui.available_width() - 8.0);
    let field = ui.add(field).on_hover_text(Command::SearchFindings.hover_text(ui.ctx()));
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search findings"));
    if std::mem::take(&mut list.focus_search) {
        field.request_focus();
    }
    ui.horizontal(|ui| {
        let words = |order| match order {
            FindingOrder::Rank => "By rank",
            FindingOrder::Time => "By time",
            FindingOrder::Stream => "By stream",
            FindingOrder::Score => "By score",
        };
        let combo = ComboBox::from_id_salt("finding order")
            .width(96.0)
            .selected_text(words(list.order))
            .show_ui(ui, |ui| {
                for order in
                    [FindingOrder::Rank, FindingOrder::Time, FindingOrder::Stream, FindingOrder::Score]
                {
                    ui.selectable_value(&mut list.order, order, words(order));
                }
            });
        combo.response.widget_info(|| {
            egui::WidgetInfo::labeled(
                egui::Role::ComboBox,
                true,
                format!("Order of findings: {}", words(list.order)),
            )
        });
        ui.checkbox(&mut list.significant_only, "Significant only")
            .on_hover_text("Leave out what is merely the most unusual.");
    });
}

fn nothing(ui: &mut Ui, state: &mut State, doc: &Doc) {
    if doc.findings.is_empty() {
        let next = match (doc.run.is_some(), state.tasks.is_empty()) {
            _ if doc.streams.is_empty() => "There is nothing to analyse.",
            (true, _) => "Events can be read in the view Events.",
            (false, false) => "They come when the analysis is done.",
            (false, true) => "This case has not been analysed.",
        };
        super::empty(ui, "No findings", next);
    } else if state.findings.search.is_empty() {
        let next = "None of the windows is significant; the most unusual ones are left out.";
        if super::empty_or(ui, "Nothing significant", next, "Show the most unusual") {
            state.findings.significant_only = false;
        }
    } else {
        let next = "Search for a service, a word of the sentence, or a token.";
        if super::empty_or(ui, "No finding has these words", next, "Clear the search") {
            state.findings.search.clear();
        }
    }
}

/// The findings that are listed, in the order that was chosen.
pub(super) fn listed<'a>(state: &State, doc: &'a Doc) -> Vec<&'a FindingRow> {
    let list = &state.findings;
    let words: Vec<String> = list.search.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let fits = |row: &&FindingRow| {
        let text = format!("{} {}", row.stream.key.label(), row.finding.explanation.sentence).to_lowercase();
        (!list.significant_only || row.finding.flagged) && words.iter().all(|word| text.contains(word))
    };
    let mut rows: Vec<&FindingRow> = doc.findings.iter().filter(fits).collect();
    match list.order {
        FindingOrder::Rank => rows.sort_by_key(|row| row.id),
        FindingOrder::Time => {
            rows.sort_by_key(|row| (row.finding.start_nanos, row.finding.first_event, row.id));
        }
        FindingOrder::Stream => rows.sort_by(|a, b| (&a.stream.key, a.id).cmp(&(&b.stream.key, b.id))),
        FindingOrder::Score => {
            rows.sort_by(|a, b| b.finding.score_bits.total_cmp(&a.finding.score_bits).then(a.id.cmp(&b.id)));
        }
    }
    rows
}

/// Selects the finding `by` places further in the list.
pub(super) fn step(state: &mut State, by: isize) {
    let Some(doc) = state.doc.clone() else { return };
    let shown: Vec<i64> = listed(state, &doc).iter().map(|row| row.id).collect();
    let Some(last) = shown.len().checked_sub(1) else { return };
    let now = shown.iter().position(|&id| super::is_selected(state, id));
    let next = now.map_or(0, |now| now.saturating_add_signed(by).min(last));
    state.select(Selection::Finding(shown[next]));
}

/// The mark and the colour of a grade.
pub(super) const fn grade_mark(grade: Grade, t: &Tokens) -> (Icon, Color32) {
    match grade {
        Grade::Severe => (Icon::Severe, t.danger),
        Grade::Notable => (Icon::Notable, t.warning),
        Grade::Unusual | Grade::Odd => (Icon::Unusual, t.weak),
    }
}

struct Findings<'a> {
    doc: &'a Doc,
    shown: &'a [&'a FindingRow],
    /// Without the day.
    short: bool,
    /// Which of them were acknowledged.
    seen: Vec<bool>,
}

/// When, or which events where no event says when.
pub(super) fn when(row: &FindingRow) -> String {
    let finding = &row.finding;
    match (finding.start_nanos, finding.end_nanos) {
        (Some(start), Some(end)) => words::span(start, end),
        _ => format!("events {} to {}", words::count(finding.first_event), words::count(finding.last_event)),
    }
}

impl Rows for Findings<'_> {
    fn len(&self) -> u64 {
        self.shown.len() as u64
    }

    fn height(&self) -> f32 {
        46.0
    }

    fn label(&mut self, row: u64) -> String {
        let seen = if self.seen[row as usize] { ", acknowledged" } else { "" };
        let row = self.shown[row as usize];
        let stream = case::inert(row.stream.key.label());
        let (grade, lens) = (row.finding.grade.name(), row.finding.explanation.lens.name());
        format!("Finding {}, {grade} by {lens}, {stream}, {}{seen}", row.id, when(row))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let seen = self.seen[row as usize];
        let row = self.shown[row as usize];
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let (icon, color) = grade_mark(row.finding.grade, t);
        let upper = rect.top() + 15.0;
        icon.paint(
            ui.painter(),
            Rect::from_center_size(pos2(rect.left() + 14.0, upper), vec2(15.0, 15.0)),
            color,
        );
        if seen {
            let place = Rect::from_center_size(pos2(rect.left() + 14.0, rect.top() + 33.0), vec2(12.0, 12.0));
            Icon::Done.paint(ui.painter(), place, t.good);
        }
        let (start, right, lower) = (rect.left() + 30.0, rect.right() - 8.0, rect.top() + 33.0);
        let name = format!("{}  {}", row.id, self.doc.names.label(&row.stream));
        super::paint_name(ui, &name, semibold_font(size::TEXT), t.strong, pos2(start, upper), right - start);
        let score = super::line(ui, &words::bits(row.finding.score_bits), mono_font(), t.text, 100.0);
        let end = right - score.size().x;
        ui.painter().galley(pos2(end, lower - score.size().y / 2.0), score, t.text);
        let lens = row.finding.explanation.lens.name();
        let (span, begin) = match (row.finding.start_nanos, row.finding.end_nanos) {
            (Some(start), Some(end)) if self.short => {
                (words::clock_span(start, end), words::clock_span(start, start))
            }
            (Some(start), Some(_)) => (when(row), words::span(start, start)),
            _ => (when(row), words::count(row.finding.first_event)),
        };
        // Where there is no room for all of it, the end of the time goes before the name of the lens does.
        let (at, width) = (pos2(start, lower), end - size::GAP - start);
        let fits = |text: &String| {
            super::line(ui, text, text_font(size::SMALL), t.weak, f32::INFINITY).size().x <= width
        };
        let about = [format!("{span} · {lens}"), format!("{begin} · {lens}")].into_iter().find(fits);
        let about = about.unwrap_or_else(|| lens.to_owned());
        super::paint_line(ui, &about, text_font(size::SMALL), t.weak, at, width);
    }
}
