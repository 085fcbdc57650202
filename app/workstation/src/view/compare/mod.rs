//! Two sides against one another: what is new, gone or shifted, as bars to both sides or as a table.

mod bars;
mod run_bars;
mod runs;

use super::figures::{self, Figures, Picture};
use super::tables::{self, Column, column, names, numbers};
use crate::command::Command;
use crate::doc::{Doc, Selection};
use crate::review::compare::{Answer, Question, Sides, two_of};
use crate::state::State;
use crate::telemetry::Sort;
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{Compared, ComparedDifference};
use cbad::{Amounts, Difference};
use egui::{ComboBox, Id, Label, RichText, Role, TextEdit, Ui, WidgetInfo};
use std::cmp::Ordering;
use std::sync::Arc;

const COLUMNS: [Column; 7] = [
    numbers("Bits", 64.0, "How much better its own share explains the one side than the other's does."),
    column("Change", 92.0, "From before to after."),
    column("What", 92.0, "A kind of event, a field value, a word, a number, the pace, or a whole stream."),
    column("Name", 320.0, "As the capture has it; … stands for what varies.").down_to(150.0),
    column("Before", 128.0, "How often it comes before, or its middle."),
    column("After", 128.0, "How often it comes after, or its middle."),
    names("Stream", 220.0, "Where it is.").down_to(110.0),
];

/// The dearest first.
const BY_BITS: Sort = Sort(0, true);

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    super::tall(ui, 230.0, |ui| {
        toolbar(ui, state, &doc);
        let question = match state.question(&doc) {
            Ok(question) => question,
            Err(next) => {
                let ways = ways(state, &doc);
                return super::empty_and(ui, state, "Nothing to compare yet", next, &ways);
            }
        };
        // While the time is being dragged each frame has another one; the last is the one that is meant.
        if !ui.input(|input| input.pointer.any_down()) {
            state.want_comparison(question.clone());
        }
        body(ui, state, &doc, &question);
    });
}

/// What leads to two sides that can be compared.
fn ways(state: &State, doc: &Doc) -> Vec<Command> {
    let has_times = state.has_times();
    match state.review.compare.sides {
        Sides::Selection if doc.findings.is_empty() => vec![Command::ShowOverview],
        Sides::Selection => vec![Command::NextFinding],
        Sides::Time if has_times => vec![Command::ZoomIn],
        Sides::Times if has_times && state.review.compare.kept.is_some() => {
            vec![Command::PanLeft, Command::PanRight]
        }
        Sides::Time | Sides::Times => Vec::new(),
        Sides::Captures => vec![Command::OpenCapture],
        Sides::Runs => vec![Command::AnalyzeAgain],
    }
}

fn toolbar(ui: &mut Ui, state: &mut State, doc: &Doc) {
    ui.horizontal_wrapped(|ui| {
        let mut sides = state.review.compare.sides;
        let combo = ComboBox::from_id_salt("sides").width(200.0).selected_text(sides.label());
        let combo = combo.show_ui(ui, |ui| {
            for choice in Sides::ALL {
                ui.selectable_value(&mut sides, choice, choice.label());
            }
        });
        let label = format!("Compare: {}", sides.label());
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
        state.review.compare.sides = sides;
        match sides {
            Sides::Captures => {
                let all: Vec<(i64, String)> =
                    doc.captures.iter().map(|c| (c.id, case::inert(&c.file_name))).collect();
                choose_two(ui, "capture", &all, &mut state.review.compare.captures);
            }
            Sides::Runs => {
                let all: Vec<(i64, String)> =
                    doc.runs.iter().map(|run| (run.id, super::crumbs::run_in_words(run))).collect();
                choose_two(ui, "run", &all, &mut state.review.compare.runs);
            }
            Sides::Time | Sides::Times => drop(super::button(ui, state, Command::KeepTime)),
            Sides::Selection => {}
        }
        if sides != Sides::Runs {
            let field = TextEdit::singleline(&mut state.review.compare.filter).desired_width(150.0);
            let field = ui.add(field.hint_text("Filter by name"));
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Filter differences"));
            super::table_button(ui, state);
        }
        if figures::button(ui, "comparison") {
            state.figures = figures(state, doc).and_then(|table| figures::Open::new(vec![table]));
        }
    });
    ui.add_space(size::TIGHT);
}

/// Before and after, of several, and a way to swap them.
fn choose_two(ui: &mut Ui, what: &str, all: &[(i64, String)], chosen: &mut [Option<i64>; 2]) {
    let ids: Vec<i64> = all.iter().map(|(id, _)| *id).collect();
    let now = two_of(*chosen, &ids).map(|(before, after)| [before, after]);
    for (side, name) in ["Before", "After"].into_iter().enumerate() {
        let id = now.map(|now| now[side]).or(chosen[side]);
        let text = all.iter().find(|(other, _)| Some(*other) == id).map_or("Choose…", |(_, text)| text);
        ui.label(RichText::new(name).color(tokens::of(ui).weak));
        let combo = ComboBox::from_id_salt(name).width(170.0).truncate().selected_text(text);
        let combo = combo.show_ui(ui, |ui| {
            for (other, text) in all {
                if ui.selectable_label(Some(*other) == id, text).clicked() {
                    *chosen = now.map_or(*chosen, |now| now.map(Some));
                    chosen[side] = Some(*other);
                }
            }
        });
        let label = format!("{name}: {what} {text}");
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
    }
    let swap = ui.add_enabled(now.is_some(), egui::Button::new("Swap"));
    if let (true, Some([before, after])) = (swap.on_hover_text("What was before is after.").clicked(), now) {
        *chosen = [Some(after), Some(before)];
    }
}

fn body(ui: &mut Ui, state: &mut State, doc: &Doc, question: &Question) {
    let t = tokens::of(ui);
    let Some(found) = state.review.compare.found.clone() else {
        return super::empty(ui, "Comparing…", "The events of both sides are being read.");
    };
    if state.review.compare.reading {
        ui.label(RichText::new("Comparing… The answer below is the one before.").color(t.weak));
    }
    match found.as_deref() {
        Err(why) => super::empty(ui, "The two sides could not be compared", why),
        Ok(Answer::Runs(runs)) => match question {
            Question::Runs(first, second) => runs::show(ui, state, runs, (*first, *second)),
            Question::Sides(..) => super::empty(ui, "Comparing…", "The events of both sides are being read."),
        },
        Ok(Answer::Sides(compared)) => sides(ui, state, doc, compared),
    }
}

/// What was compared, in a sentence.
fn summary(compared: &Compared) -> String {
    let [before, after] = &compared.sides;
    let events = |count| words::counted(count, "event", "events");
    let differences = compared.differences.len() as u64 + compared.left_out;
    format!(
        "After: {} ({}). Before: {} ({}). {} among {} compared.",
        case::inert(&after.name),
        events(after.events),
        case::inert(&before.name),
        events(before.events),
        words::counted(differences, "difference", "differences"),
        words::counted(compared.compared, "thing", "things"),
    )
}

/// The same with the short name of the stream that is shown.
fn in_short(state: &State, text: &str) -> String {
    state.stream.map_or_else(|| text.to_owned(), |stream| super::of_stream(state, stream, text))
}

fn sides(ui: &mut Ui, state: &mut State, doc: &Doc, compared: &Compared) {
    let t = tokens::of(ui);
    ui.add(Label::new(RichText::new(in_short(state, &summary(compared))).color(t.weak)).wrap());
    for what in &compared.damaged {
        ui.add(Label::new(RichText::new(case::inert(what)).color(t.danger)).wrap());
    }
    if compared.differences.is_empty() {
        let next = "Neither kinds of events nor words, field values, numbers or the pace differ by more than chance makes them.";
        return super::empty(ui, "No difference", next);
    }
    let rows = listed(state, compared);
    if rows.is_empty() {
        let what = "No difference has these letters in its name";
        if super::empty_or(ui, what, "Others have.", "Show all differences") {
            state.review.compare.filter.clear();
        }
        return;
    }
    let mut place = std::mem::take(&mut state.review.compare.list);
    let chosen = if state.as_table {
        let mut table = Table { doc, compared, rows: &rows };
        let height = ui.available_height();
        let mut sort = state.review.compare.sort.unwrap_or(BY_BITS);
        let chosen = tables::table_of(
            ui,
            "Table of differences",
            &COLUMNS,
            &mut place,
            &mut table,
            height,
            Some(&mut sort),
        );
        state.review.compare.sort = Some(sort);
        chosen
    } else {
        bars::legend(ui, "gone or less", "new or more");
        let most = compared.differences.first().map_or(1.0, |one| one.difference.bits);
        let mut list = bars::Bars { doc, compared, rows: &rows, most };
        rows::show(ui, Id::unique("differences"), "Differences", &mut place, &mut list).selected
    };
    state.review.compare.list = place;
    let chosen = chosen.and_then(|row| compared.differences.get(*rows.get(row as usize)?));
    if let Some(one) = chosen {
        match one.event {
            Some((stream, position)) => state.select(Selection::Event { stream, position }),
            None if doc.stream(one.stream).is_some() => state.select(Selection::Stream(one.stream)),
            None => {}
        }
    }
}

/// Whether two differences stand in this order by a column of the table.
fn by_column(column: usize, a: &ComparedDifference, b: &ComparedDifference) -> Ordering {
    let (x, y) = (&a.difference, &b.difference);
    let number = |one: &Difference, side: usize| match one.amounts {
        Amounts::Events { before, after, .. } => [before as f64, after as f64][side],
        Amounts::Quantiles { before, after, .. } => [before[1], after[1]][side],
        Amounts::Pace { before, after } => [before, after][side],
    };
    match column {
        0 => x.bits.total_cmp(&y.bits),
        1 => x.phrase().cmp(y.phrase()),
        2 => x.aspect.label().cmp(y.aspect.label()),
        3 => x.name.cmp(&y.name),
        4 => number(x, 0).total_cmp(&number(y, 0)),
        5 => number(x, 1).total_cmp(&number(y, 1)),
        _ => a.label.cmp(&b.label),
    }
}

/// The differences that the filter leaves: in the picture by bits, in the table as it is sorted, equals by bits.
fn listed(state: &mut State, compared: &Compared) -> Arc<Vec<usize>> {
    let comparing = &mut state.review.compare;
    let key = (std::ptr::from_ref(compared) as usize, comparing.filter.to_lowercase());
    let sort = state.as_table.then_some(comparing.sort.unwrap_or(BY_BITS));
    if let Some((address, filter, sorted, rows)) = &comparing.listed
        && (*address, filter, *sorted) == (key.0, &key.1, sort)
    {
        return Arc::clone(rows);
    }
    let fits = |one: &ComparedDifference| {
        one.difference.name.to_lowercase().contains(&key.1) || one.label.to_lowercase().contains(&key.1)
    };
    let mut rows: Vec<usize> =
        compared.differences.iter().enumerate().filter(|(_, one)| fits(one)).map(|(row, _)| row).collect();
    if let Some(Sort(column, is_descending)) = sort {
        rows.sort_by(|&a, &b| {
            let order = by_column(column, &compared.differences[a], &compared.differences[b]);
            if is_descending { order.reverse() } else { order }
        });
    }
    let rows = Arc::new(rows);
    comparing.listed = Some((key.0, key.1, sort, Arc::clone(&rows)));
    rows
}

/// What a screen reader says of a difference, and what stands at the pointer.
fn in_words(one: &ComparedDifference) -> String {
    let text =
        format!("{} {}, in {}", one.difference.sentence(), words::bits(one.difference.bits), one.label);
    case::inert(text)
}

struct Table<'a> {
    doc: &'a Doc,
    compared: &'a Compared,
    rows: &'a [usize],
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        in_words(&self.compared.differences[self.rows[row as usize]])
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let one = &self.compared.differences[self.rows[row as usize]];
        tables::cells(ui, &COLUMNS, &texts(self.doc, one), selected);
    }
}

/// The cells of a difference.
fn texts(doc: &Doc, one: &ComparedDifference) -> [String; 7] {
    let (before, after) = one.difference.both_sides();
    let short = |text: &str| case::inert(doc.names.within(one.stream, text));
    [
        format!("{:.0}", one.difference.bits),
        one.difference.phrase().to_owned(),
        one.difference.aspect.label().to_owned(),
        short(&one.difference.name),
        before,
        after,
        short(&one.label),
    ]
}

/// What is drawn of the comparison that is shown: differences, or findings of two runs.
fn figures(state: &mut State, doc: &Doc) -> Option<Figures> {
    let question = state.question(doc).ok()?;
    match (state.review.compare.found.clone()?.as_deref().ok()?, question) {
        (Answer::Sides(compared), _) => {
            let rows = listed(state, compared);
            let rows = rows.iter().map(|&row| texts(doc, &compared.differences[row]));
            Some(Figures::new(Picture::Differences, &COLUMNS, rows))
        }
        (Answer::Runs(compared), Question::Runs(first, second)) => {
            Some(runs::figures(compared, (first, second)))
        }
        (Answer::Runs(_), Question::Sides(..)) => None,
    }
}

/// A caption over a list, with how many it has.
fn counted_caption(ui: &mut Ui, text: &str, count: usize) {
    let text = format!("{text}: {}", words::count(count as u64));
    let strong = tokens::of(ui).strong;
    let response = ui.label(RichText::new(&text).font(semibold_font(size::TEXT)).color(strong));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

/// Small weak text, wrapped.
fn small(ui: &mut Ui, text: &str) {
    let weak = tokens::of(ui).weak;
    ui.add(Label::new(RichText::new(text).font(text_font(size::SMALL)).color(weak)).wrap());
}
