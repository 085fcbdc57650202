//! The map of services: who calls whom over the shared time, as a picture and as a table.

use super::super::figures::{Figures, Picture};
use super::super::paint_line;
use super::super::tables::{self, Column, column, durations, numbers};
use super::route;
use super::spread::{self, Call, Plan};
use crate::doc::Doc;
use crate::service_map::Node;
use crate::state::State;
use crate::telemetry::Upper;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::Edge;
use egui::{Color32, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Width of the numbers of a call, and the height of a line of them.
const NUMBERS: f32 = 56.0;
const LINE: f32 = 13.0;
/// Calls from outside the case.
const OUTSIDE: &str = "outside";

const COLUMNS: [Column; 7] = [
    column("From", 130.0, "The calling service; “outside” where a span has no parent.").down_to(84.0),
    column("To", 130.0, "The service that is called.").down_to(84.0),
    numbers("Calls", 70.0, "Calls that begin in the time shown."),
    numbers("A second", 80.0, "Calls a second over the time shown."),
    numbers("Errors", 100.0, "Calls whose status is an error."),
    durations("Median", "Half of the calls took no longer."),
    durations("95 %", "95 of a hundred calls took no longer."),
];

fn caller(edge: &Edge) -> String {
    edge.from.as_deref().map_or_else(|| OUTSIDE.to_owned(), case::inert)
}

fn errors(edge: &Edge) -> String {
    if edge.errors == 0 {
        return "no errors".to_owned();
    }
    format!("{} ({})", words::counted(edge.errors, "error", "errors"), share_of_errors(edge))
}

/// How many of a hundred calls failed; of few that did it is never said that none did.
fn share_of_errors(edge: &Edge) -> String {
    let share = 100.0 * edge.errors as f64 / edge.calls as f64;
    if share < 0.1 { "under 0.1 %".to_owned() } else { format!("{share:.1} %") }
}

fn describe(edge: &Edge) -> String {
    format!(
        "{} to {}: {}, {}, median {}, 95 % {}",
        caller(edge),
        case::inert(&edge.to),
        rate(edge.rate),
        errors(edge),
        words::duration(edge.median_nanos),
        words::duration(edge.p95_nanos)
    )
}

pub(super) fn show(ui: &mut Ui, state: &mut State, doc: &Doc, edges: &[Edge], height: f32) {
    if edges.is_empty() {
        ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
            let next =
                "The spans of this time name no parents of other services. Zoom out to see more of them.";
            super::super::empty(ui, "No calls between services", next);
        });
        return;
    }
    let t = tokens::of(ui);
    if state.as_table {
        let mut place = std::mem::take(&mut state.telemetry.traces.edges_list);
        let mut table = Table { edges };
        let chosen =
            tables::table_of(ui, "Calls between services", &COLUMNS, &mut place, &mut table, height, None);
        state.telemetry.traces.edges_list = place;
        if let Some(edge) = chosen.and_then(|row| edges.get(row as usize)) {
            to_list(state, &edge.to);
        }
        return;
    }
    let mut read_out = String::new();
    let mut chosen = None;
    ScrollArea::both().id_salt("map").auto_shrink(false).max_height(height - 24.0).show(ui, |ui| {
        let plan = planned(ui, edges);
        let (area, _) = ui.allocate_exact_size(plan.size, Sense::hover());
        let origin = area.min.to_vec2();
        let most = edges.iter().map(|edge| edge.rate).fold(0.0, f64::max);
        let hovered = plan.calls.iter().position(|call| is_pointed_at(ui, call, origin));
        // What is pointed at stands over the rest, and numbers over all lines.
        let order = (0..plan.calls.len()).filter(|at| Some(*at) != hovered).chain(hovered);
        for at in order.clone() {
            line(ui, &edges[plan.calls[at].number], (&plan.calls[at], origin), most, hovered == Some(at));
        }
        for at in order {
            edge_numbers(ui, &edges[plan.calls[at].number], (&plan.calls[at], origin), hovered == Some(at));
        }
        if let Some(at) = hovered {
            read_out = describe(&edges[plan.calls[at].number]);
        }
        let named = plan.nodes.iter().filter_map(|node| node.name.as_deref());
        let colors = super::service_colors(ui, doc, named);
        for (node, rect) in plan.nodes.iter().zip(&plan.services) {
            if service(ui, &colors, node, rect.translate(origin)) {
                chosen.clone_from(&node.name);
            }
        }
    });
    let said = if read_out.is_empty() {
        "Point at a call to read its numbers; click a service to list its traces."
    } else {
        &read_out
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, said));
    let font = if read_out.is_empty() { text_font(size::SMALL) } else { mono_font() };
    paint_line(ui, said, font, t.weak, rect.left_center(), rect.width());
    if let Some(name) = chosen {
        to_list(state, &name);
    }
}

/// Lists the traces that go through a service.
fn to_list(state: &mut State, service: &str) {
    service.clone_into(&mut state.telemetry.traces.chosen.filter);
    state.telemetry.traces.chosen.upper = Upper::List;
}

/// What a plan was made of: which calls, and how much room there was.
type Made = (usize, usize, egui::Vec2);

/// The plan of these calls in the room that there is; made anew only where either has changed.
fn planned(ui: &Ui, edges: &[Edge]) -> Arc<Plan> {
    let (id, room) = (ui.scope_id().with("plan"), ui.available_size().floor());
    let of: Made = (edges.as_ptr() as usize, edges.len(), room);
    let kept = ui.data(|data| data.get_temp::<(Made, Arc<Plan>)>(id));
    match kept {
        Some((made, plan)) if made == of => plan,
        _ => {
            let plan = Arc::new(spread::plan(edges, room, room_of));
            ui.data_mut(|data| data.insert_temp(id, (of, Arc::clone(&plan))));
            plan
        }
    }
}

/// A service; whether it was clicked.
fn service(ui: &Ui, colors: &BTreeMap<&str, Color32>, node: &Node, rect: Rect) -> bool {
    let t = tokens::of(ui);
    let name = node.name.as_deref().map_or_else(|| OUTSIDE.to_owned(), case::inert);
    let response = ui.interact(rect, ui.scope_id().with(("service", &node.name)), Sense::click());
    let label = format!("Service {name}");
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &label));
    let line = if response.has_focus() || response.hovered() { t.accent } else { t.outline };
    ui.painter().rect(rect, 5, t.raised, Stroke::new(1.5, line), egui::StrokeKind::Inside);
    if let Some(color) = node.name.as_deref().and_then(|service| colors.get(service)) {
        let swatch = Rect::from_min_size(rect.min + vec2(5.0, 6.0), vec2(5.0, rect.height() - 12.0));
        ui.painter().rect_filled(swatch, 2, *color);
    }
    let font = if node.name.is_some() { semibold_font(size::TEXT) } else { text_font(size::TEXT) };
    paint_line(ui, &name, font, t.strong, rect.left_center() + vec2(16.0, 0.0), rect.width() - 22.0);
    let clicked = response.clicked() && node.name.is_some();
    response.on_hover_text(format!("{name}: list the traces that go through it."));
    clicked
}

/// How near to a line the pointer has to be.
const NEAR: f32 = 5.0;

/// Whether the pointer is on the numbers of a call or on its line.
fn is_pointed_at(ui: &Ui, call: &Call, origin: egui::Vec2) -> bool {
    let Some(pointer) = ui.ctx().pointer_hover_pos() else { return false };
    let is_here = ui.rect_contains_pointer(Rect::from_center_size(pointer, vec2(1.0, 1.0)));
    let pointer = pointer - origin;
    let is_near =
        || (0..=64_u8).any(|piece| route::at(call.curve, f32::from(piece) / 64.0).distance(pointer) < NEAR);
    is_here && (call.numbers.is_some_and(|numbers| numbers.contains(pointer)) || is_near())
}

fn ink(ui: &Ui, edge: &Edge, is_hovered: bool, usual: egui::Color32) -> egui::Color32 {
    let t = tokens::of(ui);
    if is_hovered {
        t.accent
    } else if edge.errors > 0 {
        t.danger
    } else {
        usual
    }
}

/// A line from caller to called, as thick as there are calls.
fn line(ui: &Ui, edge: &Edge, (call, origin): (&Call, egui::Vec2), most: f64, is_hovered: bool) {
    let color = ink(ui, edge, is_hovered, tokens::of(ui).outline);
    let width = 1.0 + 3.0 * (edge.rate / most.max(f64::MIN_POSITIVE)).sqrt() as f32;
    let points = call.curve.map(|point| point + origin);
    let stroke = Stroke::new(width, color);
    ui.painter().add(egui::epaint::CubicBezierShape::from_points_stroke(
        points,
        false,
        tokens::CLEAR,
        stroke,
    ));
    let end = points[3];
    let along = (end - route::at(points, 0.94)).normalized();
    let side = along.rot90() * 4.5;
    let head = vec![end, end - along * 9.0 + side, end - along * 9.0 - side];
    ui.painter().add(egui::Shape::convex_polygon(head, color, Stroke::NONE));
}

/// Room for the numbers of a call: one line more where some failed.
fn room_of(edge: &Edge) -> egui::Vec2 {
    vec2(NUMBERS, LINE * if edge.errors > 0 { 3.0 } else { 2.0 } + 1.0)
}

/// Rate of a call, the share that failed, and its 95th percentile. Without room for them the call is still known by name.
fn edge_numbers(ui: &Ui, edge: &Edge, (call, origin): (&Call, egui::Vec2), is_hovered: bool) {
    let t = tokens::of(ui);
    let middle = Rect::from_center_size(route::at(call.curve, 0.5), vec2(10.0, 10.0));
    let area = call.numbers.unwrap_or(middle).translate(origin);
    let response = ui.interact(area, ui.scope_id().with(("call", call.number)), Sense::hover());
    let label = format!("Calls {}", describe(edge));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &label));
    if call.numbers.is_none() {
        return;
    }
    let ink = ink(ui, edge, is_hovered, t.text);
    let failed = (edge.errors > 0).then(|| format!("! {}", share_of_errors(edge)));
    let lines = std::iter::once(rate(edge.rate)).chain(failed).chain([words::duration(edge.p95_nanos)]);
    for (row, text) in lines.enumerate() {
        let galley = super::super::line(ui, &text, text_font(size::SMALL), ink, NUMBERS + 8.0);
        let middle = pos2(area.center().x, area.top() + LINE * (row as f32 + 0.5));
        let place = Rect::from_center_size(middle, galley.size());
        // Where a line runs behind them, the numbers have a ground of their own, no larger than they are.
        ui.painter().rect_filled(place.shrink2(vec2(-2.0, 1.0)), 2, t.panel);
        ui.painter().galley(place.min, galley, ink);
    }
}

/// How often, in a unit in which it is not nought.
fn rate(a_second: f64) -> String {
    let (rate, unit) = [(a_second, "s"), (a_second * 60.0, "min")]
        .into_iter()
        .find(|(rate, _)| *rate >= 0.095)
        .unwrap_or((a_second * 3600.0, "h"));
    match rate {
        10.0.. => format!("{}/{unit}", words::count(rate.round() as u64)),
        0.05.. => format!("{rate:.1}/{unit}"),
        _ => format!("<0.1/{unit}"),
    }
}

struct Table<'a> {
    edges: &'a [Edge],
}

impl Rows for Table<'_> {
    fn len(&self) -> u64 {
        self.edges.len() as u64
    }

    fn label(&mut self, row: u64) -> String {
        format!("Calls {}", describe(&self.edges[row as usize]))
    }

    fn show(&mut self, ui: &mut Ui, row: u64, selected: bool) {
        tables::cells(ui, &COLUMNS, &texts(&self.edges[row as usize]), selected);
    }
}

/// The cells of a call.
fn texts(edge: &Edge) -> [String; 7] {
    [
        caller(edge),
        case::inert(&edge.to),
        words::count(edge.calls),
        format!("{:.2}", edge.rate),
        errors(edge),
        words::duration(edge.median_nanos),
        words::duration(edge.p95_nanos),
    ]
}

/// Every call that the map draws.
pub(super) fn figures(edges: &[Edge]) -> Figures {
    Figures::new(Picture::Services, &COLUMNS, edges.iter().map(texts))
}
