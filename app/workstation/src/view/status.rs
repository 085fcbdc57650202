//! The bar at the bottom: what runs and how far it is, or what is open.

use crate::command::Command;
use crate::state::State;
use crate::tokens;
use crate::ui::strip;
use crate::words;
use egui::{RichText, Ui};

/// Height of the bar, in points.
pub(super) const HEIGHT: f32 = 24.0;

/// From which width on, in points, a running task leaves room for the range.
const ROOM_FOR_BOTH: f32 = 900.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let first = |ui: &mut Ui, state: &mut State| {
        following(ui, state);
        if state.tasks.is_empty() { at_rest(ui, state) } else { running(ui, state) }
    };
    let has_room = ui.available_width() > ROOM_FOR_BOTH;
    strip::split(ui, state, HEIGHT, first, |ui, state| {
        if has_room || state.tasks.is_empty() {
            shown_range(ui, state);
        }
    });
}

fn running(ui: &mut Ui, state: &mut State) {
    let more = state.tasks.len().saturating_sub(1);
    if let Some(task) = state.tasks.first_mut() {
        super::activity::progress(ui, task, (ui.available_width() * 0.2).min(160.0));
    }
    if more > 0
        && ui
            .button(format!("{more} more"))
            .on_hover_text(Command::ShowActivity.hover_text(ui.ctx()))
            .clicked()
    {
        state.command(Command::ShowActivity);
    }
}

/// What is followed, in a few words, and the rest of it under the pointer.
fn following(ui: &mut Ui, state: &mut State) {
    let Some(following) = &state.following else { return };
    let t = tokens::of(ui);
    crate::ui::icon::Icon::Forward.show(ui, 14.0, t.good);
    let words = super::activity::following_in_words(following);
    let label = ui.label(RichText::new(words).color(t.text));
    label.on_hover_text(super::activity::following_in_full(following));
    let is_stopping = following.is_stopping;
    let text = if is_stopping { "Stopping…" } else { "Stop following" };
    let button = ui.add_enabled(!is_stopping, egui::Button::new(text).small());
    if button.on_hover_text(Command::StopFollowing.hover_text(ui.ctx())).clicked() {
        state.command(Command::StopFollowing);
    }
    ui.add_space(tokens::size::GAP);
}

fn at_rest(ui: &mut Ui, state: &State) {
    let weak = tokens::of(ui).weak;
    let Some(doc) = &state.doc else {
        ui.label(RichText::new(if state.loading { "Reading the case…" } else { "Ready" }).color(weak));
        return;
    };
    let events = doc.captures.iter().map(|capture| capture.events).sum();
    if doc.is_encrypted {
        ui.label(RichText::new("Encrypted").color(weak)).on_hover_text(
            "The case opens with its passphrase only. What is exported from it is in the clear.",
        );
    }
    let mut parts = vec![
        words::counted(events, "event", "events"),
        words::counted(doc.streams.len() as u64, "stream", "streams"),
    ];
    match &doc.run {
        Some(run) => {
            let windows = words::counted(run.windows, "window", "windows");
            let (share, what) = match run.config.false_alarms {
                Some(rate) => (rate, "false alarms"),
                None => (run.config.alpha, "false discoveries"),
            };
            let (flagged, percent) = (words::count(run.flagged), super::trial::percent(share));
            parts.push(format!("{windows} scored, {flagged} of them significant at {percent} % {what}"));
            parts.push(run.engine.clone());
        }
        None => parts.push("not analysed yet".to_owned()),
    }
    super::jury::differences(ui, &doc.differences);
    ui.add(egui::Label::new(RichText::new(parts.join("  ·  ")).color(weak)).truncate());
}

fn shown_range(ui: &mut Ui, state: &State) {
    let Some(doc) = state.doc.as_ref().filter(|doc| !doc.streams.is_empty()) else { return };
    let text = match (doc.axis.nanos(state.range.0), doc.axis.nanos(state.range.1)) {
        (Some(start), Some(end)) => format!("{} {}", words::span(start, end), words::zone(start)),
        _ => {
            format!("events {} to {}", words::count(state.range.0 as u64), words::count(state.range.1 as u64))
        }
    };
    ui.label(RichText::new(text).color(tokens::of(ui).weak)).on_hover_text("The range that all views show.");
}
