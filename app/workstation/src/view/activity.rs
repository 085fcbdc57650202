//! What runs, how far it is and how long it will take; and every notice since the window was opened.

use crate::command::Command;
use crate::follow::Following;
use crate::state::{Level, State};
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, Tokens, size};
use crate::ui::icon::Icon;
use crate::words;
use crate::work::Task;
use cbad::{Stage, Watch as _};
use egui::{Color32, Label, ProgressBar, RichText, Role, ScrollArea, Ui, WidgetInfo};
use std::time::Instant;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    super::heading(ui, "Tasks");
    if let Some(following) = &state.following {
        ui.add(Label::new(following_in_full(following)).wrap());
        super::button(ui, state, Command::StopFollowing);
    } else if state.tasks.is_empty() {
        ui.label(RichText::new("Nothing runs.").color(tokens::of(ui).weak));
    }
    let width = (ui.available_width() * 0.3).clamp(120.0, 320.0);
    for task in &mut state.tasks {
        ui.horizontal(|ui| progress(ui, task, width));
    }
    if state.tasks.len() > 1 {
        super::button(ui, state, Command::CancelTasks);
    }
    ui.add_space(size::WIDE);
    super::heading(ui, "Notices");
    if state.log.is_empty() {
        ui.label(RichText::new("None since the window was opened.").color(tokens::of(ui).weak));
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for logged in state.log.iter().rev() {
            let t = tokens::of(ui);
            let (icon, color) = mark(logged.notice.level, t);
            ui.horizontal_top(|ui| {
                icon.show(ui, size::ICON, color);
                ui.label(RichText::new(words::clock(logged.at_nanos)).font(mono_font()).color(t.weak));
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let what =
                        RichText::new(&logged.notice.what).font(semibold_font(size::TEXT)).color(t.strong);
                    ui.add(Label::new(what).wrap());
                    ui.add(Label::new(&logged.notice.detail).wrap());
                });
            });
            ui.add_space(size::TIGHT);
        }
    });
}

/// What is followed, in a few words.
pub(super) fn following_in_words(following: &Following) -> String {
    let came = words::counted(following.events, "event", "events");
    let now = if following.is_analyzing { ", analysing" } else { "" };
    format!("Following {}: {came}{now}", following.name)
}

/// Since when something is followed, what came and when it was looked at.
pub(super) fn following_in_full(following: &Following) -> String {
    let rejected = match following.rejected {
        0 => String::new(),
        lost => format!(" {} could not be read.", words::counted(lost, "record", "records")),
    };
    let came = match following.came_nanos {
        Some(at) => format!(" Something came last at {}.", words::clock(at)),
        None => " Nothing has come yet.".to_owned(),
    };
    let looked = following.line.looked_nanos();
    let looked = looked.map(|at| format!(" Looked at {}.", words::clock(at))).unwrap_or_default();
    let (now, since) = (following_in_words(following), words::clock(following.since_nanos));
    let path = case::inert(following.path.display().to_string());
    format!("{now} since {since}.{rejected}{came}{looked} {path}")
}

/// The mark and the colour of a notice.
pub(super) const fn mark(level: Level, t: &Tokens) -> (Icon, Color32) {
    match level {
        Level::Error => (Icon::Severe, t.danger),
        Level::Warning => (Icon::Notable, t.warning),
        Level::Done => (Icon::Done, t.good),
    }
}

/// A task in one line, with a bar of this width and a way to stop it.
pub(super) fn progress(ui: &mut Ui, task: &mut Task, width: f32) {
    let (stage, share) = task.watch.state();
    let percent = share.map(|share| format!(" {:.0} %", share * 100.0)).unwrap_or_default();
    let left = task.pace.left(stage, share.map(f64::from), Instant::now());
    let left = left.map(|left| format!(", about {} left", words::rough_duration(left))).unwrap_or_default();
    // A long name leaves room for what can be done.
    let most = ui.available_width() * 0.45;
    let name = super::line(ui, &task.name, text_font(size::TEXT), tokens::of(ui).text, most);
    ui.add(Label::new(name)).widget_info(|| WidgetInfo::labeled(Role::Label, true, &task.name));
    // Painted as a bar without a share: an endless animation would keep the window awake.
    let bar = ui.add(ProgressBar::new(share.unwrap_or(0.0)).desired_width(width).desired_height(8.0));
    let how_far = format!("{}{percent}{left}", stage.map_or("", Stage::label));
    let how_far = how_far.trim_start();
    let said = if how_far.is_empty() { task.name.clone() } else { format!("{}: {how_far}", task.name) };
    bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &said));
    let stopping = task.watch.cancelled();
    let text = if stopping { "Stopping…" } else { "Cancel" };
    let button = ui.add_enabled(!stopping, egui::Button::new(text).small());
    if button.on_hover_text(format!("Stop this task. {}", Command::CancelTasks.spec().tooltip)).clicked() {
        task.watch.cancel();
    }
    let how_far = RichText::new(how_far).color(tokens::of(ui).weak);
    ui.add(Label::new(how_far).truncate());
}
