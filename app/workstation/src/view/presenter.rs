//! The window of whoever presents a story: its notes and the step that comes next, on a display that the audience does not
//! see.
//!
//! It is drawn in the same frame as the window of the audience, on the same thread, so that one veil covers both.

use super::present;
use crate::review::story::Showing;
use crate::state::State;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use egui::{CentralPanel, Context, Frame, Label, Margin, Panel, RichText, ScrollArea, Ui};
use egui::{ViewportBuilder, ViewportId};
use std::time::Duration;

const SIZE: [f32; 2] = [720.0, 520.0];
const LEAST: [f32; 2] = [420.0, 300.0];
/// What a person reads from while speaking is larger than what they work with.
const NOTES: f32 = 19.0;
const KEYS: &str = "Right and left arrow: next and previous step. B: blank screen. P: pointer. Escape: end.";

/// Shows the window while a story is presented with it.
pub(crate) fn show(ctx: &Context, state: &mut State) {
    if !state.review.showing.as_ref().is_some_and(|showing| showing.presenter && !showing.end) {
        return;
    }
    let builder = ViewportBuilder::default()
        .with_title("Presenter – Driftlock Workstation")
        .with_app_id("driftlock")
        .with_inner_size(SIZE)
        .with_min_inner_size(LEAST);
    ctx.show_viewport_immediate(ViewportId::from_hash_of("presenter"), builder, |ui, _| {
        present::keys(ui, state);
        let is_closed = ui.input(|input| input.viewport().close_requested());
        if let Some(showing) = &mut state.review.showing {
            showing.presenter &= !is_closed;
            window(ui, showing);
        }
    });
    // The time that has gone by is told in seconds.
    ctx.request_repaint_after(Duration::from_secs(1));
}

fn window(ui: &mut Ui, showing: &Showing) {
    let t = tokens::of(ui);
    let panel = Frame::new().fill(t.panel).inner_margin(Margin::symmetric(16, 10));
    Panel::top("presenter step").frame(panel).show(ui, |ui| heading(ui, showing));
    Panel::bottom("presenter next").frame(panel).show(ui, |ui| next(ui, showing));
    CentralPanel::default().frame(panel).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| notes(ui, showing, NOTES));
    });
}

fn heading(ui: &mut Ui, showing: &Showing) {
    let t = tokens::of(ui);
    let seconds = (ui.input(|input| input.time) - showing.begun_at_seconds).max(0.0) as u64;
    ui.horizontal(|ui| {
        let place = format!("Step {} of {}", showing.at + 1, showing.steps.len());
        ui.label(RichText::new(place).font(text_font(size::TEXT)).color(t.weak));
        let said = match (showing.blank, showing.veil.is_some()) {
            (true, _) => "the audience sees a blank screen",
            (false, true) => "redacted",
            (false, false) => "shown as it is",
        };
        ui.label(RichText::new(format!("· {said}")).font(text_font(size::TEXT)).color(t.weak));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let clock = RichText::new(elapsed(seconds)).font(mono_font()).color(t.strong);
            ui.label(clock).on_hover_text("Time since the presentation began.");
        });
    });
    let title = showing.steps.get(showing.at).map(|step| case::inert(&step.title)).unwrap_or_default();
    ui.add(Label::new(RichText::new(title).font(semibold_font(NOTES)).color(t.strong)).wrap());
}

/// The notes of the present step, in letters of so many points.
pub(super) fn notes(ui: &mut Ui, showing: &Showing, points: f32) {
    let t = tokens::of(ui);
    let Some(step) = showing.steps.get(showing.at) else { return };
    if step.note.trim().is_empty() {
        ui.label(RichText::new("This step has no notes. They are written in the view Story.").color(t.weak));
    }
    for line in step.note.lines() {
        ui.add(Label::new(RichText::new(case::inert(line)).font(text_font(points)).color(t.text)).wrap());
    }
}

fn next(ui: &mut Ui, showing: &Showing) {
    let t = tokens::of(ui);
    ui.add(
        Label::new(RichText::new(what_is_next(showing)).font(text_font(size::SENTENCE)).color(t.text))
            .truncate(),
    );
    ui.add(Label::new(RichText::new(KEYS).font(text_font(size::SMALL)).color(t.weak)).wrap());
}

/// The title of the step after the present one.
pub(super) fn what_is_next(showing: &Showing) -> String {
    showing.steps.get(showing.at + 1).map_or_else(
        || "This is the last step.".to_owned(),
        |next| format!("Next: {}", case::inert(&next.title)),
    )
}

/// Hours only where there are any.
fn elapsed(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_time_gone_by_is_told_as_on_a_clock() {
        for (seconds, told) in [(0, "0:00"), (61, "1:01"), (3599, "59:59"), (3661, "1:01:01")] {
            assert_eq!(super::elapsed(seconds), told);
        }
    }
}
