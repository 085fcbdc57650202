//! What holds for every capture of an import: redaction and limits.

use super::capture::about;
use crate::import_dialog::{Asked, ImportDialog, Redact, limit};
use crate::theme::mono_font;
use crate::tokens::{self, size};
use crate::view::redact_choice;
use egui::{Button, Grid, Label, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo};
use ingest::Limits;

pub(super) fn redaction(ui: &mut Ui, dialog: &mut ImportDialog) {
    let before = dialog.redact.clone();
    ui.horizontal_wrapped(|ui| {
        if redact_choice::show(ui, "Redaction", "Nothing is taken out", &mut dialog.redact) {
            dialog.asked = Some(Asked::Rules);
        }
    });
    about(
        ui,
        match dialog.redact {
            Redact::Nothing => {
                "For every capture of this import. Events are stored as the captures have them."
            }
            _ => {
                "For every capture of this import. Hits are replaced before anything is stored, which cannot be undone in the case; the captures stay as they are."
            }
        },
    );
    if dialog.redact != before {
        dialog.look_at_all_again();
    }
}

pub(super) fn limits(ui: &mut Ui, dialog: &mut ImportDialog) {
    let usual = Limits::default().named();
    ui.horizontal(|ui| {
        let is_changed = dialog.written_limits() != Ok(Limits::default());
        let reset = ui.add_enabled(is_changed, Button::new("Restore").small());
        if reset.on_hover_text("Every limit as it was at first.").clicked() {
            dialog.restore_limits();
        }
        about(ui, "For every capture of this import. What goes beyond a limit is rejected with its place, and the rest is read. K, M, G and T are powers of 1024.");
    });
    let mut is_done = false;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let grid = Grid::new("limits").num_columns(3).spacing([size::WIDE, 4.0]);
        grid.show(ui, |ui| {
            for (number, (name, meaning)) in Limits::MEANINGS.iter().enumerate() {
                let t = tokens::of(ui);
                let own = limit(usual[number].1);
                let is_usual = dialog.written[number].trim() == own;
                let color = if is_usual { t.text } else { t.strong };
                ui.label(RichText::new(*name).font(mono_font()).color(color));
                let field = TextEdit::singleline(&mut dialog.written[number]).font(mono_font());
                let field = ui.add_sized([84.0, ui.spacing().interact_size.y], field);
                field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, format!("Limit {name}")));
                is_done |= field.lost_focus();
                let usually = if is_usual { String::new() } else { format!("; usually {own}") };
                let words = format!("{meaning}{usually}");
                ui.add(Label::new(RichText::new(words).color(t.weak)).wrap());
                ui.end_row();
            }
        });
    });
    match dialog.written_limits() {
        Err(why) => drop(ui.add(Label::new(RichText::new(why).color(tokens::of(ui).danger)).wrap())),
        Ok(limits) if limits != dialog.limits && (is_done || !ui.ctx().text_edit_focused()) => {
            dialog.limits = limits;
            dialog.look_at_all_again();
        }
        Ok(_) => {}
    }
}
