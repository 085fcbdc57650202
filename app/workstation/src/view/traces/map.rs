//! The map of services: who calls whom over the shared time, as a picture and as a table.

use super::super::figures::{Figures, Picture};
use super::super::paint_line;
use super::super::tables::{self, Column, column, numbers};
use super::route;
use crate::doc::Doc;
use crate::service_map::{self, Node};
use crate::state::State;
use crate::telemetry::Upper;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::Edge;
use egui::{Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

const BOX: egui::Vec2 = vec2(100.0, 30.0);
/// Least distance from layer to layer and from row to row.
const LAYER: f32 = 174.0;
const ROW: f32 = 54.0;
/// Width of the numbers of a call, and the height of a line of them.
const NUMBERS: f32 = 56.0;
const LINE: f32 = 13.0;
/// Calls from outside the case.
const OUTSIDE: &str = "outside";

const COLUMNS: [Column; 7] = [
    column("From", 130.0, "The calling service; “outside” where a span has no parent."),
    column("To", 130.0, "The service that is called."),
    numbers("Calls", 70.0, "Calls that begin in the time shown."),
    numbers("A second", 80.0, "Calls a second over the time shown."),
    numbers("Errors", 100.0, "Calls whose status is an error."),
    numbers("Median", 84.0, "Half of the calls took no longer."),
    numbers("95 %", 84.0, "95 of a hundred calls took no longer."),
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
        "{} to {}: {:.2} a second, {}, median {}, 95 % {}",
        caller(edge),
        case::inert(&edge.to),
        edge.rate,
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
    let nodes = service_map::place(edges);
    let mut read_out = String::new();
    let mut chosen = None;
    ScrollArea::both().id_salt("map").auto_shrink(false).max_height(height - 24.0).show(ui, |ui| {
        let layers = nodes.iter().map(|node| node.layer).max().map_or(0, |last| last + 1);
        let tallest = nodes.iter().map(|node| node.row).max().map_or(0, |last| last + 1);
        let wanted = vec2(BOX.x + 16.0 + LAYER * (layers.max(1) - 1) as f32, ROW * tallest as f32 + 8.0);
        let (area, _) = ui.allocate_exact_size(wanted.max(ui.available_size()), Sense::hover());
        let places: Vec<Rect> = nodes.iter().map(|node| place(node, &nodes, area)).collect();
        let at = |name: Option<&str>| nodes.iter().position(|node| node.name.as_deref() == name);
        let most = edges.iter().map(|edge| edge.rate).fold(0.0, f64::max);
        let taken = places.iter().map(|place| place.expand(2.0)).collect();
        let (mut links, mut ground) = (Vec::new(), Ground { services: &places, area, taken, most });
        for (number, edge) in edges.iter().enumerate() {
            if let (Some(from), Some(to)) = (at(edge.from.as_deref()), at(Some(&edge.to))) {
                links.push((edge, link(ui, edge, number, (places[from], places[to]), &mut ground)));
            }
        }
        // Numbers stand over all lines.
        for (edge, (area, is_hovered)) in links {
            edge_numbers(ui, edge, area);
            if is_hovered {
                read_out = describe(edge);
            }
        }
        for (node, rect) in nodes.iter().zip(&places) {
            if service(ui, doc, node, *rect) {
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
    service.clone_into(&mut state.telemetry.traces.filter);
    state.telemetry.traces.upper = Upper::List;
}

fn place(node: &Node, nodes: &[Node], area: Rect) -> Rect {
    let in_layer = nodes.iter().filter(|other| other.layer == node.layer).count() as f32;
    let layers = nodes.iter().map(|node| node.layer).max().unwrap_or(0).max(1) as f32;
    let step = LAYER.max((area.width() - BOX.x - 16.0) / layers).min(LAYER * 1.6);
    let middle = area.center().y
        + (node.row as f32 - (in_layer - 1.0) / 2.0) * (area.height() / in_layer).clamp(ROW, ROW * 2.0);
    Rect::from_center_size(pos2(area.left() + 8.0 + BOX.x / 2.0 + node.layer as f32 * step, middle), BOX)
}

/// A service; whether it was clicked.
fn service(ui: &Ui, doc: &Doc, node: &Node, rect: Rect) -> bool {
    let t = tokens::of(ui);
    let name = node.name.as_deref().map_or_else(|| OUTSIDE.to_owned(), case::inert);
    let response = ui.interact(rect, ui.scope_id().with(("service", &node.name)), Sense::click());
    let label = format!("Service {name}");
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &label));
    let line = if response.has_focus() || response.hovered() { t.accent } else { t.outline };
    ui.painter().rect(rect, 5, t.raised, Stroke::new(1.5, line), egui::StrokeKind::Inside);
    if let Some(service) = &node.name {
        let swatch = Rect::from_min_size(rect.min + vec2(5.0, 6.0), vec2(5.0, rect.height() - 12.0));
        ui.painter().rect_filled(swatch, 2, super::service_color(ui, doc, service));
    }
    let font = if node.name.is_some() { semibold_font(size::TEXT) } else { text_font(size::TEXT) };
    paint_line(ui, &name, font, t.strong, rect.left_center() + vec2(16.0, 0.0), rect.width() - 22.0);
    let clicked = response.clicked() && node.name.is_some();
    response.on_hover_text(format!("{name}: list the traces that go through it."));
    clicked
}

/// What a line is drawn on: where services stand, what is taken already, and the greatest rate.
struct Ground<'a> {
    services: &'a [Rect],
    area: Rect,
    taken: Vec<Rect>,
    most: f64,
}

/// A line from caller to called, as thick as there are calls; where its numbers belong, and whether it is pointed at.
fn link(
    ui: &Ui,
    edge: &Edge,
    number: usize,
    (from, to): (Rect, Rect),
    ground: &mut Ground<'_>,
) -> (Rect, bool) {
    let t = tokens::of(ui);
    let points = route::way(from, to, ground.services, ground.area);
    let area = route::room(points, room_of(edge), &ground.taken);
    ground.taken.push(area);
    let response = ui.interact(area, ui.scope_id().with(("call", number)), Sense::hover());
    let label = format!("Calls {}", describe(edge));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &label));
    let color = if response.hovered() {
        t.accent
    } else if edge.errors > 0 {
        t.danger
    } else {
        t.outline
    };
    let width = 1.0 + 3.0 * (edge.rate / ground.most.max(f64::MIN_POSITIVE)).sqrt() as f32;
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
    (area, response.hovered())
}

/// Room for the numbers of a call: one line more where some failed.
fn room_of(edge: &Edge) -> egui::Vec2 {
    vec2(NUMBERS, LINE * if edge.errors > 0 { 3.0 } else { 2.0 } + 1.0)
}

/// Rate of a call, the share that failed, and its 95th percentile.
fn edge_numbers(ui: &Ui, edge: &Edge, area: Rect) {
    let t = tokens::of(ui);
    let failed = (edge.errors > 0).then(|| (format!("! {}", share_of_errors(edge)), t.danger));
    let ink = if edge.errors > 0 { t.danger } else { t.text };
    let lines = std::iter::once((format!("{:.1}/s", edge.rate), ink))
        .chain(failed)
        .chain([(words::duration(edge.p95_nanos), ink)]);
    ui.painter().rect_filled(area, 3, t.panel);
    for (row, (text, ink)) in lines.enumerate() {
        let galley = super::super::line(ui, &text, text_font(size::SMALL), ink, NUMBERS + 8.0);
        let middle = pos2(area.center().x, area.top() + LINE * (row as f32 + 0.5));
        ui.painter().galley(middle - galley.size() / 2.0, galley, ink);
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
