//! What the readers could not read, each with its place and what to do.

use super::paint_line;
use crate::pages::{Cached, Pages};
use crate::query::Query;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use crate::ui::rows::{self, Rows};
use crate::words;
use case::{ProblemRow, ProblemSeverity};
use egui::{Id, Label, Rect, RichText, Ui, pos2, vec2};

/// Height of a problem's row.
pub(super) const ROW: f32 = 44.0;
/// Room for the sign before its words.
const LEFT: f32 = 34.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    let rejected: u64 = doc.captures.iter().map(|capture| capture.rejected).sum();
    let notes: u64 = doc.captures.iter().map(|capture| capture.notes).sum();
    let records: u64 = doc.captures.iter().map(|capture| capture.records).sum();
    if rejected + notes == 0 {
        let next = format!("All {} were read.", words::counted(records, "record", "records"));
        super::empty(ui, "No problems", &next);
        return;
    }
    let t = tokens::of(ui);
    ui.label(RichText::new("Problems").font(semibold_font(size::HEADING)).color(t.strong));
    let text = format!(
        "{} of {} could not be read; {}. Everything else is in the case.",
        words::count(rejected),
        words::counted(records, "record", "records"),
        words::counted(notes, "note", "notes"),
    );
    ui.add(Label::new(RichText::new(text).color(t.weak)).wrap());
    ui.add_space(size::TIGHT);
    let mut list = Problems {
        pages: &mut state.problems,
        len: rejected + notes,
        doc: &doc,
        wanted: Vec::new(),
        seen: (0, 0),
    };
    let mut place = std::mem::take(&mut state.problems_list);
    rows::show(ui, Id::unique("problems list"), "Problems list", &mut place, &mut list);
    let (wanted, seen) = (list.wanted, list.seen);
    state.review.coverage.see(|looked| looked.see_problems(seen));
    state.problems_list = place;
    for page in wanted {
        state.ask(Query::Problems { page });
    }
}

struct Problems<'a> {
    pages: &'a mut Pages<ProblemRow>,
    len: u64,
    doc: &'a crate::doc::Doc,
    wanted: Vec<u64>,
    /// Rows that are seen, from the first to before the last.
    seen: (u64, u64),
}

impl Problems<'_> {
    /// What, where, what next.
    fn words(&self, problem: &ProblemRow) -> (String, String) {
        let capture = self.doc.captures.iter().find(|capture| capture.id == problem.capture);
        let file = capture.map(|capture| case::inert(&capture.file_name)).unwrap_or_default();
        let line = problem.line.map(|line| format!(", line {}", words::count(line))).unwrap_or_default();
        let hint =
            problem.hint.as_deref().map(|hint| format!(" · {}", case::inert(hint))).unwrap_or_default();
        let place = format!(
            "{file}{line}, byte {}, {}",
            words::count(problem.source.offset),
            words::bytes(problem.source.length)
        );
        (case::inert(&problem.reason), format!("{place}{hint}"))
    }
}

impl Rows for Problems<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn height(&self) -> f32 {
        ROW
    }

    fn visible(&mut self, first: u64, end: u64) {
        self.seen = (first, end);
        self.wanted = self.pages.wanted(first, end);
    }

    fn label(&mut self, row: u64) -> String {
        match self.pages.row(row) {
            Cached::Row(problem) => {
                let (what, place) = self.words(problem);
                format!("{what}, {place}")
            }
            Cached::Waiting => "Being read".to_owned(),
            Cached::Failed(why) => why.to_owned(),
        }
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let t = tokens::of(ui);
        let rect = ui.max_rect();
        let (upper, width) = (pos2(rect.left() + LEFT, rect.top() + 14.0), rect.width() - LEFT - 10.0);
        match self.pages.row(row) {
            Cached::Row(problem) => {
                let (what, place) = self.words(problem);
                paint(ui, problem.severity, &what, &place);
            }
            Cached::Waiting => paint_line(ui, "…", mono_font(), t.weak, upper, width),
            Cached::Failed(why) => paint_line(ui, why, text_font(size::TEXT), t.danger, upper, width),
        }
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
