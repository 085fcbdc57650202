//! Two runs: what both found, what only one of them found, as a picture and as a table, and which settings differ.

use super::super::figures::{Cells, Figures, Picture};
use super::super::tables::{self, Column, column, numbers};
use super::{bars, run_bars};
use crate::doc::Selection;
use crate::query::Query;
use crate::state::{Pane, State};
use crate::tokens;
use crate::ui::rows::{self, Rows};
use crate::words::{self, Zone};
use case::{FindingRow, RunsCompared};
use egui::{Id, Label, RichText, Ui};

const COLUMNS: [Column; 7] = [
    column("Where", 120.0, "Whether both runs have the finding, or only one."),
    numbers("Number before", 104.0, "Its rank in the run before."),
    numbers("q before", 96.0, "Adjusted p in the run before."),
    column("q after", 96.0, "Adjusted p in the run after; its rank stands before it."),
    column(
        "Bits before",
        92.0,
        "How surprising it is among the ordinary windows of its stream, in the run before.",
    ),
    column("Bits after", 92.0, "How surprising it is in the run after."),
    column("What", 560.0, "The finding in a sentence, as the later run has it.").down_to(180.0),
];

/// A finding of one run or of both.
pub(super) struct Row<'a> {
    pub(super) before: Option<&'a FindingRow>,
    pub(super) after: Option<&'a FindingRow>,
}

impl Row<'_> {
    pub(super) fn place(&self, (first, second): (i64, i64)) -> String {
        match (self.before, self.after) {
            (Some(_), Some(_)) => "both runs".to_owned(),
            (Some(_), None) => format!("only run {first}"),
            (None, _) => format!("only run {second}"),
        }
    }

    pub(super) fn sentence(&self) -> String {
        let row = self.after.or(self.before);
        row.map(|row| case::inert(&row.finding.explanation.sentence)).unwrap_or_default()
    }

    /// The cells of the table.
    fn texts(&self, runs: (i64, i64), made: Cells) -> [String; 7] {
        let number = |row: Option<&FindingRow>| row.map_or_else(|| "–".to_owned(), |row| row.id.to_string());
        let after = |after: &FindingRow| format!("{}: {}", after.id, q_in(Some(after), made));
        let after = self.after.map_or_else(|| "–".to_owned(), after);
        [
            self.place(runs),
            number(self.before),
            q_in(self.before, made),
            after,
            run_bars::surprise(self.before),
            run_bars::surprise(self.after),
            self.sentence(),
        ]
    }

    /// What a screen reader says of it.
    pub(super) fn in_words(&self, runs: (i64, i64)) -> String {
        format!(
            "{}, q {} and {} before, {} and {} after: {}",
            self.place(runs),
            q(self.before),
            run_bars::surprise(self.before),
            q(self.after),
            run_bars::surprise(self.after),
            self.sentence()
        )
    }
}

pub(super) fn q(row: Option<&FindingRow>) -> String {
    q_in(row, Cells::Shown)
}

fn q_in(row: Option<&FindingRow>, made: Cells) -> String {
    row.map_or_else(
        || "–".to_owned(),
        |row| row.finding.q.map_or_else(|| "no history".to_owned(), |q| made.probability(q)),
    )
}

pub(super) fn show(ui: &mut Ui, state: &mut State, compared: &RunsCompared, runs: (i64, i64)) {
    let t = tokens::of(ui);
    let settings = if compared.settings.is_empty() {
        "Both runs were made alike.".to_owned()
    } else {
        let one = |change: &case::SettingChange| {
            format!(
                "{} {} instead of {}",
                change.name,
                case::inert(&change.second),
                case::inert(&change.first)
            )
        };
        format!(
            "Run {} was made otherwise: {}.",
            runs.1,
            compared.settings.iter().map(one).collect::<Vec<_>>().join("; ")
        )
    };
    ui.add(Label::new(RichText::new(settings).color(t.strong)).wrap());
    let (gone, new, both) = (compared.only_first.len(), compared.only_second.len(), compared.both.len());
    super::counted_caption(ui, &format!("Findings only in run {}", runs.1), new);
    let about = format!(
        "{} only in run {}, {} in both. Findings belong together that share events.",
        words::counted(gone as u64, "finding", "findings"),
        runs.0,
        words::count(both as u64)
    );
    super::small(ui, &about);
    let rows = all(compared);
    if rows.is_empty() {
        return super::super::empty(ui, "Neither run has a finding", "Choose two other runs.");
    }
    let mut place = std::mem::take(&mut state.review.compare.list);
    let chosen = if state.as_table {
        let height = ui.available_height();
        let mut table = Table { rows: &rows, runs };
        tables::table_of(ui, "Findings of two runs", &COLUMNS, &mut place, &mut table, height, None)
    } else {
        bars::legend(ui, &format!("run {}", runs.0), &format!("run {}", runs.1));
        super::small(
            ui,
            "As long as each finding is surprising in that run, in bits: the first number before, the second after.",
        );
        let mut list = run_bars::Bars::new(&rows, runs);
        rows::show(
            ui,
            Id::unique("findings of two runs"),
            "Findings of two runs as bars",
            &mut place,
            &mut list,
        )
        .selected
    };
    state.review.compare.list = place;
    let chosen = chosen.and_then(|row| rows.get(row as usize));
    if let Some(row) = chosen {
        let (run, finding) = match (row.after, row.before) {
            (Some(after), _) => (runs.1, after.id),
            (None, Some(before)) => (runs.0, before.id),
            (None, None) => return,
        };
        open(state, run, finding);
    }
}

/// What only the later run has, what only the earlier one has, what both have.
fn all(compared: &RunsCompared) -> Vec<Row<'_>> {
    let later = compared.only_second.iter().map(|after| Row { before: None, after: Some(after) });
    let earlier = compared.only_first.iter().map(|before| Row { before: Some(before), after: None });
    let both = compared.both.iter().map(|pair| Row { before: Some(&pair.first), after: Some(&pair.second) });
    later.chain(earlier).chain(both).collect()
}

/// Shows a finding of a run, which may have to be read first.
fn open(state: &mut State, run: i64, finding: i64) {
    let shown = state.doc.as_ref().and_then(|doc| doc.run.as_ref()).map(|run| run.id);
    if shown == Some(run) {
        state.select(Selection::Finding(finding));
        return;
    }
    state.after_load =
        Some(crate::remembered::Point { selection: Selection::Finding(finding), ..state.point(0.0) });
    state.ask(Query::Load { run: Some(run) });
    state.front = Some(Pane::Compare);
}

struct Table<'a> {
    rows: &'a [Row<'a>],
    runs: (i64, i64),
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        self.rows[row as usize].in_words(self.runs)
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        tables::cells(ui, &COLUMNS, &self.rows[row as usize].texts(self.runs, Cells::Shown), selected);
    }
}

/// Every finding of both runs.
pub(super) fn figures(compared: &RunsCompared, runs: (i64, i64)) -> Figures {
    // No cell is a time, so that the zone does not matter.
    let both = |row: &Row<'_>| [Cells::Shown, Cells::Exported(Zone::Utc)].map(|made| row.texts(runs, made));
    let rows: Vec<[[String; 7]; 2]> = all(compared).iter().map(both).collect();
    Figures::told(Picture::Runs, &COLUMNS, rows.len() as u64, move |made, row| {
        let [shown, exported] = &rows[row as usize];
        if matches!(made, Cells::Shown) { shown.clone() } else { exported.clone() }
    })
}
