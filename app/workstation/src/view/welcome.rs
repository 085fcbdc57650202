//! What a person sees first: ways to begin.

use crate::command::Command;
use crate::state::State;
use crate::theme::{semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::icon::Icon;
use egui::{
    Align2, Pos2, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use std::path::Path;

/// Width of the column.
const WIDTH: f32 = 560.0;

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let area = ui.max_rect();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let side = ((ui.available_width() - WIDTH) / 2.0).max(size::PAGE);
        ui.horizontal(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width(WIDTH.min(ui.available_width() - side));
                ui.spacing_mut().item_spacing.y = size::GAP;
                ui.add_space((area.height() * 0.09).max(size::PAGE));
                title(ui);
                ui.add_space(size::WIDE);
                if state.tasks.is_empty() && !state.loading {
                    ways(ui, state);
                } else {
                    progress(ui, state);
                }
                recent(ui, state);
            });
        });
    });
    if ui.input(|input| !input.raw.hovered_files.is_empty()) {
        drop_here(ui, area);
    }
}

fn title(ui: &mut Ui) {
    let t = tokens::of(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(48.0, 48.0), Sense::hover());
        ui.painter().rect_filled(rect, 10, t.selected);
        Icon::Finding.paint(ui.painter(), rect.shrink(11.0), t.accent);
        ui.add_space(size::TIGHT);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(RichText::new("Driftlock Workstation").font(semibold_font(size::TITLE)).color(t.strong));
            let line = "Open a telemetry capture. See what changed, when, and which bytes show it.";
            ui.label(RichText::new(line).color(t.weak));
        });
    });
}

fn ways(ui: &mut Ui, state: &mut State) {
    let t = tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 84.0), Sense::hover());
    let outline =
        [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    ui.painter().extend(egui::Shape::dashed_line(&outline, Stroke::new(1.0, t.outline), 6.0, 5.0));
    let centre = rect.center();
    ui.painter().text(
        centre - vec2(0.0, 10.0),
        Align2::CENTER_CENTER,
        "Drop a capture here",
        semibold_font(15.0),
        t.strong,
    );
    let kinds = "OTLP, JSON lines, logs of most kinds, CSV, Parquet, Prometheus; compressed or archived too";
    ui.painter().text(centre + vec2(0.0, 12.0), Align2::CENTER_CENTER, kinds, text_font(size::SMALL), t.weak);
    for command in [Command::OpenCapture, Command::OpenCase, Command::OpenSample] {
        let absent = command == Command::OpenSample && !state.sample_here;
        let about =
            if absent { "The sample data are not beside this program." } else { command.spec().tooltip };
        if way(ui, command, about) {
            state.command(command);
        }
    }
}

fn way(ui: &mut Ui, command: Command, about: &str) -> bool {
    let spec = command.spec();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 54.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spec.text));
    let t = tokens::of(ui);
    let (fill, line) = if response.hovered() { (t.hovered, t.outline) } else { (t.panel, t.border) };
    let stroke = if response.has_focus() { Stroke::new(2.0, t.accent) } else { Stroke::new(1.0, line) };
    ui.painter().rect(rect, 6, fill, stroke, StrokeKind::Inside);
    if let Some(icon) = command.icon() {
        icon.paint(
            ui.painter(),
            Rect::from_center_size(rect.left_center() + vec2(28.0, 0.0), vec2(20.0, 20.0)),
            t.accent,
        );
    }
    let left = rect.left() + 56.0;
    let width = rect.width() - 56.0 - 90.0;
    super::paint_line(ui, spec.text, semibold_font(14.0), t.strong, pos2(left, rect.center().y - 9.0), width);
    super::paint_line(
        ui,
        about,
        text_font(size::SMALL),
        t.weak,
        pos2(left, rect.center().y + 10.0),
        width + 76.0,
    );
    if let Some(key) = command.shortcut_text(ui.ctx()) {
        let at = pos2(rect.right() - 14.0, rect.center().y - 9.0);
        ui.painter().text(at, Align2::RIGHT_CENTER, key, text_font(size::SMALL), t.weak);
    }
    response.on_hover_text(command.hover_text(ui.ctx())).clicked()
}

fn progress(ui: &mut Ui, state: &mut State) {
    let t = tokens::of(ui);
    egui::Frame::new()
        .fill(t.panel)
        .stroke(Stroke::new(1.0, t.border))
        .corner_radius(6)
        .inner_margin(16)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let Some(task) = state.tasks.first() else {
                ui.label("Reading the case…");
                return;
            };
            let (stage, share) = task.watch.state();
            ui.label(RichText::new(&task.name).font(semibold_font(15.0)).color(t.strong));
            let bar = ui.add(egui::ProgressBar::new(share.unwrap_or(0.0)).desired_height(10.0));
            bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress"));
            let percent = share.map(|share| format!(" · {:.0} %", share * 100.0)).unwrap_or_default();
            let step = stage.map_or("Beginning", cbad::Stage::label);
            ui.label(RichText::new(format!("{step}{percent}")).color(t.weak));
            ui.label(
                RichText::new("Events can be read as soon as they are imported; findings follow.")
                    .color(t.weak),
            );
        });
}

fn recent(ui: &mut Ui, state: &mut State) {
    if state.prefs.recent.is_empty() {
        return;
    }
    ui.add_space(size::GAP);
    super::caption(ui, "Recent cases");
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut open = None;
    for path in &state.prefs.recent {
        if recent_row(ui, path) {
            open = Some(path.clone());
        }
    }
    state.open.extend(open);
}

fn recent_row(ui: &mut Ui, path: &Path) -> bool {
    let name = case::inert(crate::words::file_name(path));
    let folder = case::inert(path.parent().map(|folder| folder.display().to_string()).unwrap_or_default());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, format!("Open {name}")));
    let t = tokens::of(ui);
    if response.hovered() || response.has_focus() {
        let line = if response.has_focus() { t.accent } else { tokens::CLEAR };
        ui.painter().rect(rect, 4, t.raised, Stroke::new(2.0, line), StrokeKind::Inside);
    }
    Icon::Case.paint(
        ui.painter(),
        Rect::from_center_size(rect.left_center() + vec2(16.0, 0.0), vec2(15.0, 15.0)),
        t.weak,
    );
    let middle = rect.center().y;
    let text = super::line(ui, &name, text_font(size::TEXT), t.text, rect.width() * 0.6);
    let end = rect.left() + 34.0 + text.size().x;
    ui.painter().galley(pos2(rect.left() + 34.0, middle - text.size().y / 2.0), text, t.text);
    super::paint_line(
        ui,
        &folder,
        text_font(size::SMALL),
        t.weak,
        pos2(end + size::WIDE, middle),
        rect.right() - end - 24.0,
    );
    response.on_hover_text(case::inert(path.display().to_string())).clicked()
}

fn drop_here(ui: &Ui, area: Rect) {
    let t = tokens::of(ui);
    let painter =
        ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
    painter.rect(area, 0, t.veil, Stroke::new(3.0, t.accent), StrokeKind::Inside);
    let centre: Pos2 = area.center();
    painter.rect_filled(Rect::from_center_size(centre, vec2(260.0, 48.0)), 8, t.accent);
    painter.text(centre, Align2::CENTER_CENTER, "Drop to open", semibold_font(16.0), t.on_accent);
}
