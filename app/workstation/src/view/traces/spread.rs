//! Where everything of the map of services stands: services in layers, calls round them, and numbers where nothing else is.

use super::route::{self, Curve};
use crate::service_map::{self, Node};
use case::Edge;
use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Size of a service.
pub(super) const BOX: Vec2 = vec2(100.0, 30.0);
/// Least distance from layer to layer and from row to row.
const LAYER: f32 = 174.0;
const ROW: f32 = 54.0;
/// Left and right of the picture together.
const MARGIN: f32 = 16.0;
/// How much larger than need be the picture may become, so that all numbers have room.
const STRETCHED: [f32; 5] = [1.0, 1.2, 1.45, 1.8, 2.2];

/// A call on the map, in points from the upper left corner of the picture.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Its place among the calls.
    pub(super) number: usize,
    /// Its way.
    pub(super) curve: Curve,
    /// Where its numbers stand; `None` where there is no room that is theirs alone.
    pub(super) numbers: Option<Rect>,
}

/// The map, in points from its upper left corner.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// How large it is.
    pub(super) size: Vec2,
    /// Every service.
    pub(super) nodes: Vec<Node>,
    /// Where each of them stands.
    pub(super) services: Vec<Rect>,
    /// Every call.
    pub(super) calls: Vec<Call>,
}

/// The map in at least `room`: the smallest on which the numbers of every call have a place of their own.
pub(super) fn plan(edges: &[Edge], room: Vec2, numbers: impl Fn(&Edge) -> Vec2) -> Plan {
    let nodes = service_map::place(edges);
    let mut last = None;
    for stretched in STRETCHED {
        let made = at_size(&nodes, edges, (room, stretched), &numbers);
        if made.calls.iter().all(|call| call.numbers.is_some()) {
            return made;
        }
        last = Some(made);
    }
    last.unwrap_or(Plan { size: room, nodes, services: Vec::new(), calls: Vec::new() })
}

fn at_size(
    nodes: &[Node],
    edges: &[Edge],
    (room, stretched): (Vec2, f32),
    numbers: &impl Fn(&Edge) -> Vec2,
) -> Plan {
    let layers = nodes.iter().map(|node| node.layer).max().map_or(1, |last| last + 1) as f32;
    let tallest = nodes.iter().map(|node| node.row).max().map_or(1, |last| last + 1) as f32;
    let (layer, row) = (LAYER * stretched, ROW * stretched);
    let size = vec2(BOX.x + MARGIN + layer * (layers - 1.0), row * (tallest - 1.0) + BOX.y + 8.0).max(room);
    let step = layer.max((size.x - BOX.x - MARGIN) / (layers - 1.0).max(1.0)).min(layer * 1.6);
    let place = |node: &Node| {
        let in_layer = nodes.iter().filter(|other| other.layer == node.layer).count() as f32;
        let apart = (size.y / in_layer).clamp(row, row * 2.0);
        let middle = size.y / 2.0 + (node.row as f32 - (in_layer - 1.0) / 2.0) * apart;
        Rect::from_center_size(pos2(f32::midpoint(MARGIN, BOX.x) + node.layer as f32 * step, middle), BOX)
    };
    let services: Vec<Rect> = nodes.iter().map(place).collect();
    let area = Rect::from_min_size(Pos2::ZERO, size);
    let at = |name: Option<&str>| nodes.iter().position(|node| node.name.as_deref() == name);
    let ways: Vec<(usize, Curve, Vec2)> = edges
        .iter()
        .enumerate()
        .filter_map(|(number, edge)| {
            let (from, to) = (at(edge.from.as_deref())?, at(Some(&edge.to))?);
            Some((number, route::way(services[from], services[to], &services, area), numbers(edge)))
        })
        .collect();
    let asked: Vec<(Curve, Vec2)> = ways.iter().map(|(_, curve, size)| (*curve, *size)).collect();
    let rooms = route::rooms(&asked, &services, area);
    let calls = ways.iter().zip(rooms).map(|(&(number, curve, _), numbers)| Call { number, curve, numbers });
    let calls = calls.collect();
    Plan { size, nodes: nodes.to_vec(), services, calls }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str) -> Edge {
        Edge {
            from: Some(from.to_owned()),
            to: to.to_owned(),
            calls: 1,
            errors: 0,
            rate: 1.0,
            median_nanos: 1,
            p95_nanos: 1,
        }
    }

    fn no_two_meet(plan: &Plan, what: &str) {
        let stand: Vec<Rect> =
            plan.services.iter().copied().chain(plan.calls.iter().filter_map(|call| call.numbers)).collect();
        for (at, one) in stand.iter().enumerate() {
            let area = Rect::from_min_size(Pos2::ZERO, plan.size);
            assert!(area.expand(1.0).contains_rect(*one), "{what}: {one:?} is outside");
            assert!(
                stand[..at].iter().all(|other| !other.shrink(0.5).intersects(one.shrink(0.5))),
                "{what}: {one:?} stands on another"
            );
        }
    }

    #[test]
    fn numbers_of_a_service_that_calls_many_never_stand_in_one_another() {
        let size = |_: &Edge| vec2(56.0, 40.0);
        for (callees, room) in [(5, vec2(640.0, 270.0)), (12, vec2(300.0, 140.0)), (24, vec2(1200.0, 400.0))]
        {
            let names: Vec<String> = (0..callees).map(|number| format!("service {number:02}")).collect();
            let mut edges: Vec<Edge> = names.iter().map(|name| edge("gateway", name)).collect();
            edges.extend(names.windows(2).map(|pair| edge(&pair[0], &pair[1])).step_by(2));
            edges.push(edge("outside", "gateway"));
            edges.push(edge("outside", &names[callees / 2]));
            let plan = plan(&edges, room, size);
            assert_eq!(plan.calls.len(), edges.len());
            no_two_meet(&plan, &format!("{callees} callees"));
            assert!(plan.calls.iter().all(|call| call.numbers.is_some()), "{callees}: all have room");
        }
    }

    #[test]
    fn a_call_without_room_has_no_numbers_rather_than_two_in_one_place() {
        let names: Vec<String> = (0..9).map(|number| format!("service {number}")).collect();
        let every = names.iter().flat_map(|from| names.iter().map(move |to| edge(from, to)));
        let edges: Vec<Edge> = every.filter(|edge| edge.from.as_deref() != Some(edge.to.as_str())).collect();
        let plan = plan(&edges, vec2(400.0, 200.0), |_| vec2(90.0, 60.0));
        assert_eq!(plan.calls.len(), edges.len());
        no_two_meet(&plan, "everybody calls everybody");
    }
}
