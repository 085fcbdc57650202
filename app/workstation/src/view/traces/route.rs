//! The way of a call on the map of services: a curve from caller to called that goes round the services between them, and a
//! place for its numbers where nothing else stands.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

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
const SHARES: [f32; 11] = [0.6, 0.5, 0.7, 0.42, 0.78, 0.35, 0.65, 0.55, 0.28, 0.84, 0.2];

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
        let points = (0..=PIECES).map(|piece| at(*curve, f32::from(piece) / f32::from(PIECES)));
        let is_in_the_way = |point: Pos2| {
            let others = services.iter().filter(|service| **service != from && **service != to);
            !area.contains(point) || others.into_iter().any(|service| service.expand(KEEP).contains(point))
        };
        points.filter(|point| is_in_the_way(*point)).count()
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

/// Where on the curve something of this size stands on nothing that is taken; what is next best where there is no room.
pub(super) fn room(curve: Curve, size: Vec2, taken: &[Rect]) -> Rect {
    let place = |share: &f32| Rect::from_center_size(at(curve, *share), size);
    let covered = |place: &Rect| {
        let overlaps = taken.iter().map(|other| other.intersect(*place)).filter(Rect::is_positive);
        overlaps.map(|both| both.area()).sum::<f32>()
    };
    let places = SHARES.iter().map(place);
    let best = places.map(|place| (covered(&place), place)).min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(Rect::from_center_size(pos2(0.0, 0.0), size), |(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let first = room(curve, size, &services);
        let taken = [services.as_slice(), &[first]].concat();
        let second = room(curve, size, &taken);
        assert!(services.iter().all(|service| !service.intersects(first)));
        assert!(taken.iter().all(|other| !other.intersects(second)), "two numbers stand side by side");
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
