//! The menu bar: every command has a place in it.

use super::icon_button;
use crate::command::Command;
use crate::state::State;
use crate::theme::semibold_font;
use crate::tokens::{self, size};
use egui::{Align, Button, Layout, MenuBar, RichText, Ui};

/// The menus; a gap stands between groups.
const MENUS: [(&str, &[&[Command]]); 4] = [
    (
        "File",
        &[
            &[Command::OpenCapture, Command::OpenCase, Command::OpenSample],
            &[Command::ExportPlot, Command::CopyCommandLine],
            &[Command::CancelTasks, Command::CloseCase, Command::Quit],
        ],
    ),
    (
        "View",
        &[
            &[
                Command::ShowOverview,
                Command::ShowFinding,
                Command::ShowEvents,
                Command::ShowBytes,
                Command::ShowProblems,
            ],
            &[Command::ToggleTables, Command::ToggleQuantity, Command::ToggleRamp, Command::ToggleTheme],
            &[Command::ResetLayout],
        ],
    ),
    (
        "Time",
        &[
            &[Command::ZoomIn, Command::ZoomOut, Command::PanLeft, Command::PanRight],
            &[Command::ZoomToSelection, Command::ResetZoom],
        ],
    ),
    (
        "Find",
        &[&[Command::Palette, Command::SearchFindings], &[Command::NextFinding, Command::PreviousFinding]],
    ),
];

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    MenuBar::new().ui(ui, |ui| {
        for (name, groups) in MENUS {
            ui.menu_button(name, |ui| {
                ui.set_min_width(280.0);
                for (number, group) in groups.iter().enumerate() {
                    if number > 0 {
                        ui.separator();
                    }
                    for &command in *group {
                        item(ui, state, command);
                    }
                }
            });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            icon_button(ui, state, Command::ToggleTheme);
            icon_button(ui, state, Command::Palette);
            if let Some(doc) = state.doc.clone() {
                let t = tokens::of(ui);
                ui.add_space(size::GAP);
                ui.add(
                    egui::Label::new(RichText::new(doc.name()).font(semibold_font(size::TEXT)).color(t.weak))
                        .truncate(),
                )
                .on_hover_text(case::inert(doc.path.display().to_string()));
            }
        });
    });
}

fn item(ui: &mut Ui, state: &mut State, command: Command) {
    let mut button = Button::new(command.spec().text);
    if let Some(key) = command.shortcut_text(ui.ctx()) {
        button = button.shortcut_text(key);
    }
    let response = ui.add_enabled(state.enabled(command), button).on_hover_text(command.hover_text(ui.ctx()));
    if response.clicked() {
        state.command(command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_menu() {
        let mut listed: Vec<Command> =
            MENUS.iter().flat_map(|(_, groups)| groups.iter()).flat_map(|g| g.iter().copied()).collect();
        let mut all = Command::ALL.to_vec();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all);
    }
}
