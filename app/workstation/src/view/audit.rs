//! Who did what to the case: the audit chain, computed again, with what is broken in it.

use super::button;
use super::tables::{self, Column, column, numbers};
use crate::command::Command;
use crate::state::State;
use crate::theme::mono_font;
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::{CheckedAudit, CheckedRow};
use egui::{Label, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo};

const COLUMNS: [Column; 6] = [
    numbers("Row", 44.0, "Its number in the chain."),
    column("Chain", 64.0, "Whether the row is what was recorded and follows the one before it."),
    column("When", 186.0, "By the clock of the machine that did it, in the zone shown below the views."),
    column("Who", 96.0, "As they called themselves, or as the system calls them.").down_to(72.0),
    column("What", 130.0, "What was done; of a decision its kind.").down_to(96.0),
    column("About", 320.0, "To what.").down_to(140.0),
];

/// Height of the particulars of a row.
const DETAIL: f32 = 150.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    state.want_audit();
    super::tall(ui, 360.0, |ui| {
        let found = state.review.audit.found.clone();
        match found {
            None => {
                super::empty(ui, "Computing the chain again", "Every row is hashed with the one before it.");
            }
            Some(Err(why)) => super::empty(ui, "The audit chain could not be read", &why),
            Some(Ok(checked)) if checked.rows.is_empty() && checked.missing.is_empty() => {
                let next = "A case of an earlier version kept no record. Every change from now on is in it.";
                super::empty(ui, "Nothing is recorded", next);
            }
            Some(Ok(checked)) => body(ui, state, &checked),
        }
    });
}

fn body(ui: &mut Ui, state: &mut State, checked: &CheckedAudit) {
    verdict(ui, checked);
    toolbar(ui, state);
    let rows = state.review.audit.listed(checked);
    if rows.is_empty() {
        if super::empty_or(ui, "No row fits", "The fields above leave out all of them.", "Show all rows") {
            (state.review.audit.filter, state.review.audit.broken_only) =
                (case::AuditFilter::default(), false);
        }
        return;
    }
    let mut place = std::mem::take(&mut state.review.audit.list);
    let height = (ui.available_height() - DETAIL).max(120.0);
    let mut table = Table { rows: &rows };
    tables::table_of(ui, "Audit rows", &COLUMNS, &mut place, &mut table, height, None);
    let selected = place.selected.and_then(|row| rows.get(row as usize).copied());
    state.review.audit.list = place;
    match selected {
        Some(row) => detail(ui, row),
        None => drop(super::caption(ui, "Select a row to see its particulars and hashes.")),
    }
}

fn verdict(ui: &mut Ui, checked: &CheckedAudit) {
    let t = tokens::of(ui);
    let broken = checked.rows.iter().filter(|row| row.fault.is_some()).count() as u64;
    let rows = words::counted(checked.rows.len() as u64, "row", "rows");
    let (text, color) = if checked.is_sound() {
        (format!("The chain holds: {rows}, each what was recorded."), t.good)
    } else {
        (format!("The chain is broken: {} of {rows} not what was recorded.", words::count(broken)), t.danger)
    };
    ui.add(Label::new(RichText::new(text).color(color)).wrap());
    for what in &checked.missing {
        ui.add(Label::new(RichText::new(what).color(t.danger)).wrap());
    }
    if let Some(head) = &checked.head {
        let text = format!("It ends in {}", head.sha256);
        ui.add(Label::new(RichText::new(text).font(mono_font()).color(t.weak)).truncate());
    }
}

fn toolbar(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        let filter = &mut state.review.audit.filter;
        for (text, hint, name, width) in [
            (&mut filter.who, "Who", "Filter by who", 90.0),
            (&mut filter.action, "What: run, decide, note…", "Filter by what was done", 160.0),
            (&mut filter.text, "Text", "Filter by text", 130.0),
        ] {
            let field = ui.add(TextEdit::singleline(text).desired_width(width).hint_text(hint));
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
        }
        ui.checkbox(&mut state.review.audit.broken_only, "Broken only");
        button(ui, state, Command::CopyAudit);
        button(ui, state, Command::ExportAudit);
    });
    ui.add_space(size::TIGHT);
}

fn detail(ui: &mut Ui, checked: &CheckedRow) {
    let t = tokens::of(ui);
    ScrollArea::vertical().id_salt("particulars").auto_shrink(false).show(ui, |ui| {
        if let Some(fault) = checked.fault {
            let text = format!("Row {} {fault}", checked.row.sequence);
            ui.add(Label::new(RichText::new(text).color(t.danger)).wrap());
        }
        ui.add(Label::new(RichText::new(case::inert(&checked.row.detail)).font(mono_font())).wrap());
        for (name, hash) in [("SHA-256", &checked.row.sha256), ("After", &checked.row.previous_sha256)] {
            let text = format!("{name} {hash}");
            ui.add(Label::new(RichText::new(text).font(mono_font()).color(t.weak)).wrap());
        }
    });
}

struct Table<'a> {
    rows: &'a [&'a CheckedRow],
}

fn holds(row: &CheckedRow) -> &'static str {
    if row.fault.is_none() { "holds" } else { "broken" }
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        let checked = self.rows[row as usize];
        let row = &checked.row;
        let text = format!(
            "Row {}, {} by {}, {}, {}",
            row.sequence,
            row.done(),
            row.actor,
            row.subject,
            holds(checked)
        );
        case::inert(text)
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        let checked = self.rows[row as usize];
        let row = &checked.row;
        let texts = [
            row.sequence.to_string(),
            holds(checked).to_owned(),
            words::time(row.at_nanos),
            case::inert(&row.actor),
            case::inert(row.done()),
            case::inert(&row.subject),
        ];
        tables::cells(ui, &COLUMNS, &texts, selected);
    }
}
