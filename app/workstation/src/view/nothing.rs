//! What a view says when there is nothing to show, and the way on from there.

use crate::command::Command;
use crate::state::State;
use crate::theme::semibold_font;
use crate::tokens::{self, size};
use egui::{Label, RichText, Ui, vec2};

/// Width of the words: longer lines are hard to read.
const WIDTH: f32 = 520.0;

/// Says what is not there, and what comes or can be done.
pub(super) fn empty(ui: &mut Ui, what: &str, next: &str) {
    said(ui, what, next, |_| ());
}

/// The same with buttons for the commands that lead on.
pub(super) fn empty_and(ui: &mut Ui, state: &mut State, what: &str, next: &str, commands: &[Command]) {
    said(ui, what, next, |ui| {
        for command in commands {
            super::button(ui, state, *command);
        }
    });
}

/// The same with a button of the view's own; whether it was pressed.
pub(super) fn empty_or(ui: &mut Ui, what: &str, next: &str, action: &str) -> bool {
    said(ui, what, next, |ui| ui.button(action).clicked())
}

/// What stands where a case has not been analysed: that it is being done, or the way to it.
pub(super) fn not_analysed(ui: &mut Ui, state: &mut State) {
    if state.tasks.is_empty() {
        let next = "No analysis of this case was finished. Events can be read already; the pictures come when the windows are scored.";
        empty_and(ui, state, "Not analysed yet", next, &[Command::AnalyzeAgain, Command::ShowEvents]);
    } else {
        let next = "The pictures come when the windows are scored. Events can be read already.";
        empty_and(ui, state, "Being analysed", next, &[Command::ShowEvents, Command::ShowActivity]);
    }
}

/// What stands where no stream has windows: each has too few events for one and its baseline, or the run left it out.
pub(super) fn not_scored(ui: &mut Ui, state: &mut State) {
    let next = "Each is too short for a window to be compared with the rest of it, or was left out of the run; the problems say why. All events can be read.";
    let ways = [Command::ShowEvents, Command::ShowProblems];
    empty_and(ui, state, "No stream was scored", next, &ways);
}

/// What stands where a case has no event at all.
pub(super) fn no_events(ui: &mut Ui, state: &mut State) {
    if state.doc.as_ref().is_some_and(|doc| doc.captures.is_empty()) {
        let next = "Open one, and choose whether it goes into this case or into a new one.";
        return empty_and(ui, state, "No capture is in this case", next, &[Command::OpenCapture]);
    }
    let next = "Nothing in the capture could be read as an event. The problems say what was met, and where.";
    let ways = [Command::ShowProblems, Command::OpenCapture];
    empty_and(ui, state, "No event is in this case", next, &ways);
}

fn said<T>(ui: &mut Ui, what: &str, next: &str, ways: impl FnOnce(&mut Ui) -> T) -> T {
    let t = tokens::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() / 2.0 - 56.0).max(size::WIDE));
        ui.label(RichText::new(what).font(semibold_font(size::TEXT)).color(t.strong));
        let width = (ui.available_width() - 2.0 * size::PAGE).clamp(0.0, WIDTH);
        ui.allocate_ui(vec2(width, 0.0), |ui| {
            ui.vertical_centered(|ui| ui.add(Label::new(RichText::new(next).color(t.weak)).wrap()));
        });
        ui.add_space(size::TIGHT);
        ways(ui)
    })
    .inner
}
