//! What is below a capture: its fields, its problems, its members, what redaction would take.

use super::capture::about;
use super::choices;
use crate::import_dialog::{ImportDialog, Row, Tab};
use crate::ui::rows::{self, Rows};
use crate::view::problems;
use crate::view::tables::{Column, cells, column, numbers, table_of};
use crate::words;
use case::ProblemSeverity;
use egui::{Id, Ui};
use ingest::{FieldSummary, Inspection, MOST_DISTINCT, Member, ProblemKind, Suggestion};

const FIELDS: [Column; 7] = [
    column("Field", 230.0, "Where it stands in an event; [] is every place of a list.").down_to(120.0),
    column("Types", 84.0, "The types that its values have."),
    numbers("In", 58.0, "The share of the events that have it."),
    column("Null", 44.0, "Whether it is absent or null in some events."),
    numbers("Values", 76.0, "How many different values it has, where those can be told apart."),
    column(
        "Good as",
        76.0,
        "Column: few values in many events, to group and filter by. Index: every value is another, to find one event by.",
    ),
    column("Examples", 420.0, "The first different values, as the capture has them, before any redaction.")
        .down_to(140.0),
];

const MEMBERS: [Column; 4] = [
    column("Member", 360.0, "A file of the folder or an entry of the archive; a label, never a place.")
        .down_to(140.0),
    column("Format", 220.0, "What it is read as.").down_to(110.0),
    numbers("Decoded", 90.0, "Its bytes once decoded."),
    column("Wrapping", 100.0, "What lies around it within."),
];

const REDACTED: [Column; 4] = [
    column("Rule", 150.0, "What finds it: a pattern, or a field by its path."),
    numbers("Hits", 64.0, "How often, in what was looked at."),
    column("Value", 300.0, "Found in the capture, in the clear.").down_to(120.0),
    column(
        "Becomes",
        300.0,
        "What is stored in its place. The tokens of the case will be others: its salt is secret.",
    )
    .down_to(120.0),
];

pub(super) fn show(ui: &mut Ui, dialog: &mut ImportDialog) {
    match dialog.tab {
        Tab::Redaction => choices::redaction(ui, dialog),
        Tab::Limits => return choices::limits(ui, dialog),
        Tab::Fields | Tab::Problems | Tab::Members => {}
    }
    let ImportDialog { rows, selected, tab, list, redact, .. } = dialog;
    let seen = match rows.get(*selected) {
        Some(Row { seen: Some(Ok(seen)), .. }) => seen,
        Some(Row { seen: Some(Err(_)), .. }) => return about(ui, "Nothing of it could be read."),
        _ => return,
    };
    let height = ui.available_height();
    match tab {
        Tab::Fields if seen.fields.is_empty() => about(ui, "Its events have no fields besides their text."),
        Tab::Fields => {
            table_of(ui, "Fields of the capture", &FIELDS, list, &mut Fields(seen), height, None);
        }
        Tab::Problems if seen.problems.is_empty() => {
            let whole = if seen.is_whole { "None." } else { "None in what was looked at." };
            about(ui, whole);
        }
        Tab::Problems => {
            rows::show(ui, Id::unique("problems so far"), "Problems so far", list, &mut Problems(seen));
        }
        Tab::Members => {
            table_of(ui, "Members of the capture", &MEMBERS, list, &mut Members(&seen.members), height, None);
        }
        Tab::Redaction if redact.rules().is_none() => {}
        Tab::Redaction => {
            let mut table = Redacted::new(seen);
            if table.0.is_empty() {
                return about(ui, "The rules find nothing in what was looked at.");
            }
            table_of(ui, "What redaction takes out", &REDACTED, list, &mut table, height, None);
        }
        Tab::Limits => {}
    }
}

struct Fields<'a>(&'a Inspection);

impl Fields<'_> {
    fn texts(&self, field: &FieldSummary) -> [String; 7] {
        let share = field.events as f64 / self.0.events.max(1) as f64 * 100.0;
        let types: Vec<&str> = field.types.iter().copied().collect();
        [
            case::inert(&field.path),
            types.join(", "),
            if share > 0.0 && share < 1.0 { "< 1 %".to_owned() } else { format!("{share:.0} %") },
            if field.is_nullable(self.0.events) { "yes" } else { "no" }.to_owned(),
            field.distinct.map_or_else(|| format!("over {MOST_DISTINCT}"), words::count),
            field.suggestion.map_or("", Suggestion::name).to_owned(),
            case::inert(field.examples.join(" · ")),
        ]
    }
}

impl Rows for Fields<'_> {
    fn len(&self) -> u64 {
        self.0.fields.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let [path, types, share, null, _, good, examples] = self.texts(&self.0.fields[row as usize]);
        let null = if null == "yes" { ", may be absent" } else { "" };
        let good = if good.is_empty() { String::new() } else { format!(", good as {good}") };
        format!("Field {path}: {types}, in {share}{null}{good}, {examples}")
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let texts = self.texts(&self.0.fields[row as usize]);
        cells(ui, &FIELDS, &texts, selected);
    }
}

struct Problems<'a>(&'a Inspection);

impl Problems<'_> {
    /// Whether a record was lost; what, and where and what to do.
    fn words(&self, row: u64) -> (ProblemSeverity, String, String) {
        let problem = &self.0.problems[row as usize];
        let severity = match problem.kind {
            ProblemKind::Rejected => ProblemSeverity::Rejected,
            ProblemKind::Note => ProblemSeverity::Note,
        };
        let line = problem.line.map(|line| format!("line {}, ", words::count(line))).unwrap_or_default();
        let hint =
            problem.hint.as_deref().map(|hint| format!(" · {}", case::inert(hint))).unwrap_or_default();
        let place = format!(
            "{line}byte {}, {}{hint}",
            words::count(problem.source.offset),
            words::bytes(problem.source.length)
        );
        (severity, case::inert(&problem.reason), place)
    }
}

impl Rows for Problems<'_> {
    fn len(&self) -> u64 {
        self.0.problems.len() as u64
    }

    fn height(&self) -> f32 {
        problems::ROW
    }

    fn label(&mut self, row: u64) -> String {
        let (_, what, place) = self.words(row);
        format!("{what}, {place}")
    }

    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        let (severity, what, place) = self.words(row);
        problems::paint(ui, severity, &what, &place);
    }
}

struct Members<'a>(&'a [Member]);

impl Rows for Members<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        format!("Member {}", case::inert(&self.0[row as usize].name))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let member = &self.0[row as usize];
        let texts = [
            case::inert(&member.name),
            member.format.map_or("not read", ingest::Format::title).to_owned(),
            words::bytes(member.length),
            if member.wrapping.is_none() { String::new() } else { member.wrapping.name() },
        ];
        cells(ui, &MEMBERS, &texts, selected);
    }
}

/// A line an example; the first of a rule says what it is and how often.
struct Redacted(Vec<[String; 4]>);

impl Redacted {
    fn new(seen: &Inspection) -> Self {
        let mut lines = Vec::new();
        for rule in &seen.redaction {
            let mut heads = [case::inert(&rule.rule), words::count(rule.hits)];
            let none = (String::new(), String::new());
            for (value, becomes) in rule.examples.iter().chain(rule.examples.is_empty().then_some(&none)) {
                let [name, hits] = std::mem::take(&mut heads);
                lines.push([name, hits, case::inert(value), case::inert(becomes)]);
            }
        }
        Self(lines)
    }
}

impl Rows for Redacted {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let [rule, hits, value, becomes] = &self.0[row as usize];
        let rule = if rule.is_empty() { String::new() } else { format!("{rule}, {hits}: ") };
        let becomes = if becomes.is_empty() { "nothing" } else { becomes };
        format!("{rule}{value} becomes {becomes}")
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        cells(ui, &REDACTED, &self.0[row as usize], selected);
    }
}
