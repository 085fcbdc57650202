//! The overview: the timeline of one stream over the heatmap of all, on one axis.

use super::{brush, button, figures, heatmap, icon_button, margins, tables, timeline};
use crate::command::Command;
use crate::doc::Doc;
use crate::state::State;
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, size};
use crate::ui::strip;
use egui::{Rangef, Rect, Response, RichText, Ui, vec2};

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(doc) = state.doc.clone() else { return };
    if doc.streams.is_empty() {
        return super::nothing::no_events(ui, state);
    }
    if doc.run.is_none() {
        return super::nothing::not_analysed(ui, state);
    }
    if doc.scored.is_empty() {
        return super::nothing::not_scored(ui, state);
    }
    super::tall(ui, LEAST, |ui| body(ui, state, &doc));
}

/// Height below which the view scrolls.
const LEAST: f32 = 380.0;

fn body(ui: &mut Ui, state: &mut State, doc: &Doc) {
    toolbar(ui, state);
    super::trial::show(ui, state, doc);
    if state.as_table {
        tables::show(ui, state, doc);
        return;
    }
    let area = ui.available_rect_before_wrap();
    state.overview_rect = Some(area.intersect(ui.clip_rect()));
    state.read_out.clear();
    // The heatmap takes what its rows need, up to half; the timeline has the rest.
    let rows = state.heat.rows.as_ref().map_or(doc.scored.len(), |rows| rows.len());
    let free = area.height() - 126.0 - brush::HEIGHT - margins::HEIGHT;
    let map = (rows as f32 * size::HEAT_ROW).min(free * 0.52);
    let strip = ((free - map) / 2.0).clamp(54.0, 280.0);
    ui.spacing_mut().item_spacing.y = size::TIGHT;
    timeline::show(ui, state, doc, strip);
    let legend = if area.width() < LEGEND { 88.0 } else { 58.0 };
    let below = area.bottom() - ui.cursor().top() - legend - brush::HEIGHT;
    heatmap::show(ui, state, doc, below.max(40.0 + margins::HEIGHT));
    brush::show(ui, state, doc);
    heatmap::legend(ui, state);
    let t = tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), egui::Sense::hover());
    let said = if state.read_out.is_empty() {
        "Point at a picture to read its numbers; click to select."
    } else {
        &state.read_out
    };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, said));
    let small = crate::theme::text_font(size::SMALL);
    // The numbers stand at its end: narrower letters rather than none.
    let fits = |text: &str| {
        ui.painter().layout_no_wrap(text.to_owned(), mono_font(), t.weak).size().x <= rect.width()
    };
    let font = if state.read_out.is_empty() || !fits(said) { small } else { mono_font() };
    super::paint_line(ui, said, font, t.weak, rect.left_center(), rect.width());
}

fn toolbar(ui: &mut Ui, state: &mut State) {
    let t = tokens::of(ui);
    let stream = state.doc.as_ref().zip(state.stream).and_then(|(doc, id)| doc.stream(id));
    let whole = stream.map(|stream| case::inert(stream.key.label())).unwrap_or_default();
    let name = stream.zip(state.doc.as_ref());
    let name = name.map_or_else(|| "No stream selected".to_owned(), |(row, doc)| doc.names.label(row));
    // Where there is no room for the name beside them, the buttons have a line of their own, in the same order.
    if ui.available_width() < TOOLBAR {
        let title = RichText::new(&name).font(semibold_font(size::HEADING)).color(t.strong);
        ui.add(egui::Label::new(title).truncate()).on_hover_text(whole.as_str());
        ui.horizontal_wrapped(|ui| tools(ui, state));
        return;
    }
    let title = |ui: &mut Ui, _: &mut State| {
        let title = RichText::new(&name).font(semibold_font(size::HEADING)).color(t.strong);
        ui.add(egui::Label::new(title).truncate()).on_hover_text(whole.as_str());
    };
    strip::split(ui, state, ui.spacing().interact_size.y, title, tools);
}

/// Width, in points, below which the legend has two lines.
const LEGEND: f32 = 640.0;

/// Width, in points, that the buttons and a part of the name need.
const TOOLBAR: f32 = 760.0;

fn tools(ui: &mut Ui, state: &mut State) {
    if !state.as_table {
        timeline::choice(ui, state);
    }
    let on = state.trial.is_some();
    let level = ui.add(egui::Button::selectable(on, "Level…").frame_when_inactive(true));
    if level.on_hover_text(Command::TogglePreview.hover_text(ui.ctx())).clicked() {
        state.command(Command::TogglePreview);
    }
    button(ui, state, Command::ResetZoom);
    if figures::button(ui, "overview") {
        state.figures = figures::Open::new(figures::overview::all(state));
    }
    super::table_button(ui, state);
    icon_button(ui, state, Command::ExportPlot);
}

/// Where a place of the shared axis is on the screen.
pub(super) fn to_screen(x: f64, range: (f64, f64), screen: Rangef) -> f32 {
    let share = (x - range.0) / (range.1 - range.0);
    screen.min + (share.clamp(-4.0, 5.0) * f64::from(screen.span())) as f32
}

/// Which place of the shared axis is at a point of the screen.
pub(super) fn from_screen(x: f32, range: (f64, f64), screen: Rangef) -> f64 {
    range.0 + f64::from((x - screen.min) / screen.span().max(1.0)) * (range.1 - range.0)
}

/// Zoom with the wheel, pan by dragging, all with a double click: the same on each picture of the shared axis.
/// `wheel_zooms` is false where the plain wheel scrolls rows, and Ctrl is needed to zoom.
pub(super) fn navigate(ui: &Ui, response: &Response, screen: Rangef, state: &mut State, wheel_zooms: bool) {
    let per_point = (state.range.1 - state.range.0) / f64::from(screen.span().max(1.0));
    if response.dragged() {
        let by = -f64::from(response.drag_delta().x) * per_point;
        state.move_range(1.0, state.range.0, by);
    }
    if response.double_clicked() {
        state.command(Command::ResetZoom);
    }
    let Some(pointer) = response.hover_pos() else { return };
    let (pinch, wheel) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
    let turned = if wheel_zooms { (wheel.y / 240.0).exp() } else { 1.0 };
    let factor = f64::from(pinch * turned);
    let by = -f64::from(wheel.x) * per_point;
    if (factor - 1.0).abs() > f64::EPSILON || by != 0.0 {
        let at = from_screen(pointer.x, state.range, screen);
        state.move_range(factor, at, by);
    }
}

/// The hair line at the pointer, the same in every picture.
pub(super) fn hair_line(ui: &Ui, rect: Rect, state: &State) {
    let Some(area) = state.overview_rect else { return };
    let pointer = ui.input(|input| input.pointer.hover_pos());
    if let Some(pointer) =
        pointer.filter(|p| area.contains(*p) && state.axis_x.is_some_and(|x| x.contains(p.x)))
    {
        ui.painter().vline(pointer.x, rect.y_range(), egui::Stroke::new(1.0, tokens::of(ui).weak));
    }
}
