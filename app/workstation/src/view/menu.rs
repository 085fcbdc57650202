//! The menu bar: every command has a place in it.

use super::icon_button;
use crate::command::Command;
use crate::state::State;
use crate::theme::semibold_font;
use crate::tokens::{self, size};
use crate::ui::strip;
use egui::containers::menu::MenuConfig;
use egui::{Align, Button, Layout, MenuBar, RichText, Ui};

/// The menus; a gap stands between groups.
const MENUS: [(&str, &[&[Command]]); 7] = [
    (
        "File",
        &[
            &[Command::OpenCapture, Command::OpenCase, Command::OpenSample],
            &[Command::FollowFile, Command::FollowFolder, Command::StopFollowing],
            &[Command::ExportPlot, Command::ExportEvents, Command::CopyEvents, Command::CopyCommandLine],
            &[Command::ExportAudit, Command::CopyAudit],
            &[Command::EncryptCase, Command::ChangePassphrase, Command::SaveDecrypted],
            &[Command::ShowSettings],
            &[Command::CloseCase, Command::Quit],
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
                Command::ShowTraces,
                Command::ShowMap,
                Command::ShowMetrics,
                Command::ShowCalls,
                Command::ShowMatrix,
                Command::ShowCompare,
                Command::ShowProblems,
                Command::ShowCoverage,
                Command::ShowAudit,
                Command::ShowActivity,
            ],
            &[
                Command::LayoutTriage,
                Command::LayoutTimeline,
                Command::LayoutCompare,
                Command::LayoutPresent,
                Command::ToggleLists,
                Command::ToggleExplanation,
                Command::ResetLayout,
            ],
            &[
                Command::ToggleTables,
                Command::ToggleLanes,
                Command::ToggleQuantity,
                Command::ToggleCodec,
                Command::ToggleRamp,
                Command::ToggleTheme,
            ],
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
        "Go",
        &[
            &[Command::Palette, Command::SearchFindings, Command::SearchEvents],
            &[Command::Back, Command::Forward, Command::Undo, Command::Redo],
            &[Command::NextFinding, Command::PreviousFinding, Command::NextUnseen],
            &[Command::NextHit, Command::PreviousHit],
            &[Command::KeepTrace, Command::KeepCall],
            &[Command::ToggleBookmark],
        ],
    ),
    (
        "Analysis",
        &[
            &[
                Command::TogglePreview,
                Command::AdoptLevel,
                Command::MakeMatrix,
                Command::AnalyzeAgain,
                Command::ChooseAnchor,
            ],
            &[Command::CompareSelection, Command::CompareTime, Command::KeepTime],
            &[Command::Acknowledge, Command::Dismiss, Command::Confirm, Command::TestFinding],
            &[Command::NoteFinding, Command::TagFinding, Command::LinkFinding],
            &[Command::CheckCase, Command::CancelTasks],
        ],
    ),
    (
        "Story",
        &[
            &[Command::AddToStory, Command::Present, Command::TogglePresenter, Command::ShowStory],
            &[Command::MoveStepUp, Command::MoveStepDown, Command::SetStep, Command::RemoveStep],
            &[Command::UndoStory],
            &[Command::SaveView, Command::ManageViews],
        ],
    ),
    ("Help", &[&[Command::HelpOfView, Command::Shortcuts]]),
];

/// What is left of the height of the window above and below a menu: the bar, and the edges of the menu. A longer menu scrolls.
const AROUND: f32 = 56.0;

/// Every command that stands in a menu.
#[cfg(test)]
pub(super) fn listed() -> Vec<Command> {
    MENUS.iter().flat_map(|(_, groups)| groups.iter()).flat_map(|group| group.iter().copied()).collect()
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let height = ui.spacing().interact_size.y;
    let config = MenuConfig::new().style(crate::theme::menus);
    MenuBar::new().style(crate::theme::menus).config(config).ui(ui, |ui| {
        strip::split(ui, state, height, menus, |ui, state| {
            icon_button(ui, state, Command::HelpOfView);
            icon_button(ui, state, Command::Palette);
            icon_button(ui, state, Command::ToggleTheme);
        });
    });
}

fn menus(ui: &mut Ui, state: &mut State) {
    for (name, groups) in MENUS {
        ui.menu_button(name, |ui| {
            let most = ui.ctx().content_rect().height() - AROUND;
            super::list_within(most).show(ui, |ui| menu(ui, state, name, groups));
        });
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
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
}

fn menu(ui: &mut Ui, state: &mut State, name: &str, groups: &[&[Command]]) {
    ui.set_min_width(280.0);
    for (number, group) in groups.iter().enumerate() {
        if number > 0 {
            ui.separator();
        }
        for &command in *group {
            item(ui, state, command);
        }
    }
    if name == "Story" {
        super::saved::menu(ui, state);
    }
    if name == "Go" {
        super::crumbs::bookmarks(ui, state);
    }
}

fn item(ui: &mut Ui, state: &mut State, command: Command) {
    let mut button = Button::new(command.spec().text);
    if let Some(key) = command.shortcut_text(ui.ctx()) {
        button = button.shortcut_text(key);
    }
    let response = ui.add_enabled(state.enabled(command), button).on_hover_text(command.hover_text(ui.ctx()));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.clicked() {
        state.command(command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_one_menu() {
        let mut listed = listed();
        let mut all = Command::ALL.to_vec();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all);
    }
}
