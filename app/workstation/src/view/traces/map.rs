//! The map of services: who calls whom over the shared time, as a picture and as a table.

use super::super::paint_line;
use super::super::tables::{self, Column, column, numbers};
use crate::doc::Doc;
use crate::service_map::{self, Node};
use crate::state::State;
use crate::telemetry::Upper;
use crate::theme::{mono_font, semibold_font, text_font};
use crate::tokens::{self, size};
use crate::ui::rows::Rows;
use crate::words;
use case::Edge;
use egui::{Pos2, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

const BOX: egui::Vec2 = vec2(100.0, 30.0);
/// Least distance from layer to layer and from row to row.
const LAYER: f32 = 174.0;
const ROW: f32 = 54.0;
/// Room for the numbers of a call.
const NUMBERS: egui::Vec2 = vec2(50.0, 27.0);
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
    let share = 100.0 * edge.errors as f64 / edge.calls as f64;
    format!("{} ({share:.1} %)", words::counted(edge.errors, "error", "errors"))
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
        let (mut links, mut taken) = (Vec::new(), Vec::new());
        for (number, edge) in edges.iter().enumerate() {
            if let (Some(from), Some(to)) = (at(edge.from.as_deref()), at(Some(&edge.to))) {
                links.push((edge, link(ui, edge, number, (places[from], places[to]), most, &mut taken)));
            }
        }
        // Numbers stand over all lines.
        for (edge, (middle, is_hovered)) in links {
            edge_numbers(ui, edge, middle);
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

/// A line from caller to called, as thick as there are calls; where its numbers belong, and whether it is pointed at.
fn link(
    ui: &Ui,
    edge: &Edge,
    number: usize,
    (from, to): (Rect, Rect),
    most: f64,
    taken: &mut Vec<Rect>,
) -> (Pos2, bool) {
    let t = tokens::of(ui);
    let is_back = to.left() < from.right();
    let (start, end) = if is_back {
        (from.center_bottom(), to.center_bottom())
    } else {
        (from.right_center(), to.left_center())
    };
    let bend = if is_back { vec2(0.0, 34.0) } else { vec2(((end.x - start.x) * 0.45).max(20.0), 0.0) };
    let last = if is_back { end + bend } else { end - bend };
    let points = [start, start + bend, last, end];
    // Nearer to the service that is called, where the lines of one caller have parted.
    let free = |share: &f32| {
        let area = Rect::from_center_size(bezier(points, *share), NUMBERS);
        !taken.iter().any(|other| other.intersects(area))
    };
    let middle = bezier(points, [0.6, 0.45, 0.72, 0.35].into_iter().find(free).unwrap_or(0.6));
    let area = Rect::from_center_size(middle, NUMBERS);
    taken.push(area);
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
    let width = 1.0 + 3.0 * (edge.rate / most.max(f64::MIN_POSITIVE)).sqrt() as f32;
    let stroke = Stroke::new(width, color);
    ui.painter().add(egui::epaint::CubicBezierShape::from_points_stroke(
        points,
        false,
        tokens::CLEAR,
        stroke,
    ));
    let along = (end - bezier(points, 0.94)).normalized();
    let side = along.rot90() * 4.5;
    let head = vec![end, end - along * 9.0 + side, end - along * 9.0 - side];
    ui.painter().add(egui::Shape::convex_polygon(head, color, Stroke::NONE));
    (middle, response.hovered())
}

/// Rate and errors of a call over its 95th percentile.
fn edge_numbers(ui: &Ui, edge: &Edge, middle: Pos2) {
    let t = tokens::of(ui);
    let (mark, ink) = if edge.errors > 0 { ("! ", t.danger) } else { ("", t.text) };
    let lines = [(format!("{mark}{:.1}/s", edge.rate), -6.5), (words::duration(edge.p95_nanos), 6.5)];
    ui.painter().rect_filled(Rect::from_center_size(middle, NUMBERS), 3, t.panel);
    for (text, below) in lines {
        let galley = super::super::line(ui, &text, text_font(size::SMALL), ink, NUMBERS.x + 8.0);
        let at = middle + vec2(0.0, below) - galley.size() / 2.0;
        ui.painter().galley(at, galley, ink);
    }
}

fn bezier(points: [Pos2; 4], share: f32) -> Pos2 {
    let rest = 1.0 - share;
    let weights =
        [rest * rest * rest, 3.0 * rest * rest * share, 3.0 * rest * share * share, share * share * share];
    points.iter().zip(weights).fold(Pos2::ZERO, |sum, (point, weight)| sum + point.to_vec2() * weight)
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
        let edge = &self.edges[row as usize];
        let texts = [
            caller(edge),
            case::inert(&edge.to),
            words::count(edge.calls),
            format!("{:.2}", edge.rate),
            errors(edge),
            words::duration(edge.median_nanos),
            words::duration(edge.p95_nanos),
        ];
        tables::cells(ui, &COLUMNS, &texts, selected);
    }
}
