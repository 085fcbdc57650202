//! Saved views: naming one, showing one again, removing one.

use crate::state::State;
use crate::theme::text_font;
use crate::tokens::{self, size};
use crate::ui::strip;
use crate::words;
use egui::{Key, Label, Modifiers, RichText, Role, TextEdit, Ui, WidgetInfo};

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    if state.review.naming.is_some() {
        naming(ui, state);
    }
    if state.review.managing {
        managing(ui, state);
    }
}

fn naming(ui: &mut Ui, state: &mut State) {
    let Some(mut name) = state.review.naming.take() else { return };
    let (enter, escape) = ui.input_mut(|input| {
        let enter = input.consume_key(Modifiers::NONE, Key::Enter);
        (enter, input.consume_key(Modifiers::NONE, Key::Escape))
    });
    let (mut save, mut close) = (enter, escape);
    let replaces = state.review.views.iter().any(|view| view.name == name.trim());
    let is_empty = name.trim().is_empty();
    let modal = super::modal(ui, "naming");
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width((ui.ctx().content_rect().width() - 80.0).min(460.0));
        super::heading(ui, "Save this view");
        let field = ui.add(TextEdit::singleline(&mut name).desired_width(f32::INFINITY));
        field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the view"));
        field.request_focus();
        let about = if replaces {
            "A view of this name is there; it is replaced."
        } else {
            "Views, selection, time and lens are kept in the case."
        };
        ui.label(RichText::new(about).font(text_font(size::SMALL)).color(tokens::of(ui).weak));
        ui.add_space(size::TIGHT);
        ui.horizontal(|ui| {
            save |= ui.add_enabled(!is_empty, egui::Button::new("Save view")).clicked();
            close |= ui.button("Do not save").clicked();
        });
    });
    if save && !is_empty {
        state.review.naming = Some(name);
        state.review.save = true;
    } else if !(close || shown.should_close()) {
        state.review.naming = Some(name);
    }
}

fn managing(ui: &mut Ui, state: &mut State) {
    let mut close = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let modal = super::modal(ui, "saved views");
    let screen = ui.ctx().content_rect();
    let views = state.review.views.clone();
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width((screen.width() - 80.0).min(620.0));
        ui.horizontal(|ui| {
            super::heading(ui, "Saved views");
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                close |= ui.button("Close").clicked();
            });
        });
        if views.is_empty() {
            ui.label("No view of this case is saved. “Save this view as…” saves what is shown.");
        }
        super::list_within((screen.height() - 180.0).max(120.0)).show(ui, |ui| {
            for view in &views {
                let name = case::inert(&view.name);
                let show = |ui: &mut Ui, state: &mut State| {
                    let row = ui.add(Label::new(name.as_str()).truncate().sense(egui::Sense::click()));
                    row.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Show {name}")));
                    if row.clicked() {
                        state.review.open = Some((view.state.clone(), view.subject.clone()));
                        close = true;
                    }
                };
                strip::split(ui, state, ui.spacing().interact_size.y, show, |ui, state| {
                    let by = format!("{}, {}", case::inert(&view.actor), words::time(view.at_nanos));
                    let weak = tokens::of(ui).weak;
                    ui.label(RichText::new(by).font(text_font(size::SMALL)).color(weak));
                    let label = format!("Remove {name}");
                    if crate::ui::icon::button(ui, crate::ui::icon::Icon::Close, &label).clicked() {
                        state.review.remove_view(view.decision);
                    }
                });
            }
        });
    });
    if close || shown.should_close() {
        state.review.managing = false;
    }
}

/// The saved views, below the commands of a menu.
pub(super) fn menu(ui: &mut Ui, state: &mut State) {
    if state.review.views.is_empty() {
        return;
    }
    ui.separator();
    super::caption(ui, "Saved views");
    let mut chosen = None;
    for view in &state.review.views {
        let name = case::inert(&view.name);
        let galley = super::line(ui, &name, text_font(size::TEXT), tokens::of(ui).text, 340.0);
        if ui.button(galley).on_hover_text(name.as_str()).clicked() {
            chosen = Some((view.state.clone(), view.subject.clone()));
        }
    }
    if chosen.is_some() {
        state.review.open = chosen;
    }
}
