//! The way of a call on the map of services: a curve from caller to called that goes round the services between them, and a
//! place for its numbers where nothing else stands.

use egui::{Pos2, Rect, Vec2, vec2};

/// A cubic curve by its four points.
pub(super) type Curve = [Pos2; 4];

/// Pieces in which a curve is looked at.
const PIECES: u8 = 32;
/// How far a curve keeps from services that it is not of.
const KEEP: f32 = 5.0;
/// How far up or down a curve that leads on is pushed, the least first: at its middle three quarters of it.
const PUSHED: [f32; 15] =
    [0.0, -24.0, 24.0, -48.0, 48.0, -72.0, 72.0, -104.0, 104.0, -140.0, 140.0, -190.0, 190.0, -250.0, 250.0];
/// How far below, or above, its ends a curve that leads back goes.
const BACK: [f32; 8] = [34.0, -34.0, 54.0, -54.0, 84.0, -84.0, 130.0, -130.0];
/// Where along a curve its numbers may stand: first nearer to the service that is called, where the lines of one caller
/// have parted.
const SHARES: [f32; 13] = [0.66, 0.58, 0.74, 0.5, 0.8, 0.42, 0.62, 0.7, 0.34, 0.86, 0.26, 0.18, 0.92];
/// How far numbers keep from their line, and from other numbers.
const BESIDE: f32 = 3.0;
const APART: f32 = 1.0;
/// What a point of the own line under the numbers counts, where one of another counts 1.
const OWN: f32 = 0.4;
/// How often all numbers choose their places.
const SWEEPS: usize = 3;

/// The point at a share of the way along.
pub(super) fn at(curve: Curve, share: f32) -> Pos2 {
    let rest = 1.0 - share;
    let weights =
        [rest * rest * rest, 3.0 * rest * rest * share, 3.0 * rest * share * share, share * share * share];
    curve.iter().zip(weights).fold(Pos2::ZERO, |sum, (point, weight)| sum + point.to_vec2() * weight)
}

/// The way from one service to another within `area`: of the curves that cross the fewest other services the straightest.
pub(super) fn way(from: Rect, to: Rect, services: &[Rect], area: Rect) -> Curve {
    let crossed = |curve: &Curve| {
        let is_in_the_way = |point: Pos2| {
            let others = services.iter().filter(|service| **service != from && **service != to);
            !area.contains(point) || others.into_iter().any(|service| service.expand(KEEP).contains(point))
        };
        points(*curve).into_iter().filter(|point| is_in_the_way(*point)).count()
    };
    // Of equals the first is taken.
    let curves = curves(from, to);
    curves.into_iter().min_by_key(crossed).unwrap_or([from.center(), from.center(), to.center(), to.center()])
}

fn curves(from: Rect, to: Rect) -> Vec<Curve> {
    if to.left() < from.right() {
        let back = |by: &f32| {
            let (start, end) = if *by > 0.0 {
                (from.center_bottom(), to.center_bottom())
            } else {
                (from.center_top(), to.center_top())
            };
            [start, start + vec2(0.0, *by), end + vec2(0.0, *by), end]
        };
        return BACK.iter().map(back).collect();
    }
    let (start, end) = (from.right_center(), to.left_center());
    let bend = ((end.x - start.x) * 0.45).max(20.0);
    let pushed = |by: &f32| [start, start + vec2(bend, *by), end + vec2(-bend, *by), end];
    PUSHED.iter().map(pushed).collect()
}

/// The points in which a curve is looked at.
fn points(curve: Curve) -> Vec<Pos2> {
    (0..=PIECES).map(|piece| at(curve, f32::from(piece) / f32::from(PIECES))).collect()
}

/// Where the numbers of each call stand, beside its curve or on it: on no service and on no other numbers, within `area`,
/// and on as few lines as can be; `None` where there is no such place.
pub(super) fn rooms(calls: &[(Curve, Vec2)], services: &[Rect], area: Rect) -> Vec<Option<Rect>> {
    let lines: Vec<Vec<Pos2>> = calls.iter().map(|(curve, _)| points(*curve)).collect();
    let bounds: Vec<Rect> = lines.iter().map(|line| Rect::from_points(line)).collect();
    let mut rooms: Vec<Option<Rect>> = vec![None; calls.len()];
    // The first come have the free choice; when they choose again they know what the others have.
    for _ in 0..SWEEPS {
        for (own, (curve, size)) in calls.iter().enumerate() {
            let is_free = |place: &Rect| {
                let others = rooms.iter().enumerate().filter(|(other, _)| *other != own);
                area.contains_rect(*place)
                    && !services.iter().any(|service| service.expand(KEEP).intersects(*place))
                    && !others.filter_map(|(_, room)| *room).any(|room| room.expand(APART).intersects(*place))
            };
            let crossed = |place: Rect| {
                let near = (0..lines.len()).filter(|line| bounds[*line].intersects(place));
                let hits = near.map(|line| {
                    let inside = lines[line].iter().filter(|point| place.contains(**point)).count() as f32;
                    if line == own { inside * OWN } else { inside }
                });
                hits.sum::<f32>()
            };
            let priced = places(*curve, *size).filter(|(_, place)| is_free(place));
            let priced = priced.map(|(far, place)| (far + crossed(place.expand(1.0)), place));
            rooms[own] = priced.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, place)| place);
        }
    }
    rooms
}

/// Places along a curve, each on it, above it and below it, with what is against them, in crossings of another line.
fn places(curve: Curve, size: Vec2) -> impl Iterator<Item = (f32, Rect)> {
    SHARES.into_iter().enumerate().flat_map(move |(order, share)| {
        let point = at(curve, share);
        let along = (at(curve, share + 0.02) - at(curve, share - 0.02)).normalized();
        let aside = along.rot90();
        let reach = aside.x.abs() * size.x / 2.0 + aside.y.abs() * size.y / 2.0 + BESIDE;
        let price = order as f32 * 0.2;
        [(-1.0, 0.0), (1.0, 0.0), (0.0, 1.5)].map(|(side, extra)| {
            (price + extra, Rect::from_center_size(point + aside * (side * reach), size))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    fn service(x: f32, y: f32) -> Rect {
        Rect::from_center_size(pos2(x, y), vec2(100.0, 30.0))
    }

    fn meets(curve: Curve, service: Rect) -> bool {
        (0..=100_u8).any(|piece| service.contains(at(curve, f32::from(piece) / 100.0)))
    }

    #[test]
    fn a_call_goes_round_the_service_between_and_its_numbers_stand_beside_it() {
        let area = Rect::from_min_size(Pos2::ZERO, vec2(700.0, 300.0));
        let services = [service(60.0, 150.0), service(300.0, 150.0), service(560.0, 150.0)];
        let [from, between, to] = services;
        let straight = way(from, to, &[from, to], area);
        assert!(meets(straight, between), "with nothing in its way it is straight");
        let curve = way(from, to, &services, area);
        assert!(!meets(curve, between) && (curve[0], curve[3]) == (from.right_center(), to.left_center()));
        let size = vec2(60.0, 40.0);
        let rooms = rooms(&[(curve, size), (curve, size)], &services, area);
        let [Some(first), Some(second)] = rooms[..] else { panic!("there is room for both: {rooms:?}") };
        assert!(!first.intersects(second), "two numbers stand side by side");
        for numbers in [first, second] {
            assert!(
                services.iter().all(|service| !service.intersects(numbers)) && area.contains_rect(numbers)
            );
        }
    }

    #[test]
    fn a_call_that_leads_back_keeps_within_the_picture() {
        let area = Rect::from_min_size(Pos2::ZERO, vec2(400.0, 100.0));
        let services = [service(300.0, 80.0), service(60.0, 80.0)];
        let curve = way(services[0], services[1], &services, area);
        assert!((0..=20_u8).all(|piece| area.contains(at(curve, f32::from(piece) / 20.0))), "{curve:?}");
        assert!(curve[1].y < 80.0, "above, since there is no room below");
    }
}
