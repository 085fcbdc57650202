//! Every command by name: type a part of it, choose with the arrow keys, Enter.

use crate::command::Command;
use crate::state::State;
use crate::tokens::{self, size};
use egui::{Align2, Id, Key, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

/// The open palette.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    typed: String,
    chosen: usize,
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(mut palette) = state.palette.take() else { return };
    let found: Vec<Command> = matching(&palette.typed)
        .into_iter()
        .filter(|command| *command != Command::Palette && state.enabled(*command))
        .collect();
    palette.chosen = palette.chosen.min(found.len().saturating_sub(1));
    let (down, up, enter) = ui.input_mut(|input| {
        let mut key = |key| input.consume_key(Modifiers::NONE, key);
        (key(Key::ArrowDown), key(Key::ArrowUp), key(Key::Enter))
    });
    if down && palette.chosen + 1 < found.len() {
        palette.chosen += 1;
    }
    if up {
        palette.chosen = palette.chosen.saturating_sub(1);
    }
    let mut run = found.get(palette.chosen).copied().filter(|_| enter);
    let modal = Modal::new(Id::unique("palette")).backdrop_color(tokens::of(ui).veil);
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 90.0));
    let shown = modal.area(area).show(ui.ctx(), |ui| {
        ui.set_width(520.0);
        let field = TextEdit::singleline(&mut palette.typed)
            .hint_text("Type the name of a command")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Command"));
        field.request_focus();
        ui.add_space(size::TIGHT);
        ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
            for (number, &command) in found.iter().enumerate() {
                if row(ui, command, number == palette.chosen, down || up) {
                    run = Some(command);
                }
            }
            if found.is_empty() {
                ui.label(RichText::new("No command has this in its name.").color(tokens::of(ui).weak));
            }
        });
    });
    if let Some(command) = run {
        state.command(command);
    } else if !shown.should_close() {
        state.palette = Some(palette);
    }
}

fn row(ui: &mut Ui, command: Command, chosen: bool, moved: bool) -> bool {
    let spec = command.spec();
    let key = command.shortcut_text(ui.ctx()).unwrap_or_default();
    let button = egui::Button::selectable(chosen, spec.text)
        .shortcut_text(key)
        .min_size(vec2(ui.available_width(), 26.0));
    let response = ui.add(button).on_hover_text(command.hover_text(ui.ctx()));
    if chosen && moved {
        response.scroll_to_me(None);
    }
    response.clicked()
}

/// Commands whose words hold every word typed, in their own order.
fn matching(typed: &str) -> Vec<Command> {
    let typed = typed.to_lowercase();
    let fits = |command: &Command| {
        let text = command.spec().text.to_lowercase();
        typed.split_whitespace().all(|word| text.contains(word))
    };
    Command::ALL.into_iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_any_words_in_any_order() {
        assert_eq!(matching("").len(), Command::ALL.len());
        assert_eq!(matching("CASE open"), [Command::OpenCase]);
        assert_eq!(matching("zoom in"), [Command::ZoomIn]);
        assert_eq!(matching("no such words"), Vec::<Command>::new());
    }
}
