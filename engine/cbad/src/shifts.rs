//! What a lens saw shift in a finding, in the stream's own terms.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::analyze::Scored;
use crate::category;
use crate::count_code::Coder;
use crate::event::Signal;
use crate::finding::Cluster;
use crate::fixed::{Log2, bits};
use crate::instances;
use crate::kind_names;
use crate::mix;
use crate::order::{self, Step};
use crate::rate;
use crate::result::{Carried, Lens, Shift, ShiftKind, Unit};
use crate::span::Span;
use crate::values::Shown;

/// Most shifts named of one lens.
pub(crate) const NAMED: usize = 5;

/// Share of the excess time that one wait must be for the finding to be a silence and not a thinning.
const ONE_WAIT: f64 = 0.5;

/// Share of the bits of what has no name that a shift with one must have to be read before it.
const NAMED_SHARE: f64 = 0.5;

/// The same, but that what is read first has a name: where it is all rare kinds or values together, and the like of it with a
/// name says at least half as much, that goes before it. The group tells a person only that something is odd.
pub(crate) fn named_first(mut shifts: Vec<Shift>) -> Vec<Shift> {
    let Some(first) = shifts.first().filter(|shift| !has_name(shift)) else { return shifts };
    let (kind, least) = (first.kind, first.bits * NAMED_SHARE);
    let alike = |shift: &Shift| has_name(shift) && shift.kind == kind && shift.bits >= least;
    let named = (0..shifts.len()).filter(|&at| alike(&shifts[at]));
    // The dearest, and of equally dear ones the first.
    let dearest = named.rev().max_by(|&a, &b| shifts[a].bits.total_cmp(&shifts[b].bits));
    if let Some(at) = dearest {
        shifts[..=at].rotate_right(1);
    }
    shifts
}

fn has_name(shift: &Shift) -> bool {
    let of_value = shift.name.rsplit_once('=').filter(|_| shift.lens == Lens::Values);
    shift.name != kind_names::RARE && of_value.is_none_or(|(_, value)| value != category::RARE)
}

/// What a lens saw shift in a cluster, dearest first.
pub(crate) fn of(s: &Scored<'_>, cluster: &Cluster, lens: Lens, coder: &Coder) -> Vec<Shift> {
    let track = s.tracks.iter().find(|t| t.lens == lens).expect("a lens that saw something has a track");
    // The window that this lens finds dearest, which need not be the cluster's peak.
    let best = cluster.windows.clone().map(|w| track.scores[w]).max();
    let dearest: Vec<usize> = cluster.windows.clone().filter(|&w| Some(track.scores[w]) == best).collect();
    // All windows within an absence score the same: the middle one has none of the missing kind.
    let middle = if lens == Lens::Mix { dearest.len() / 2 } else { 0 };
    let peak = dearest.get(middle).copied().unwrap_or(cluster.peak);
    let mut shifts = match lens {
        Lens::Content => Vec::new(),
        Lens::Mix => of_mix(s, cluster, peak, &coder.log2),
        Lens::Rate => of_rate(s, peak, &coder.log2),
        Lens::Order => of_order(s, peak, &coder.log2),
        Lens::Values => {
            let of = Shown { plan: &s.plan, windows: cluster.windows.clone(), peak };
            s.singles.values.explain(s.stream.readings(), &of, &coder.log2)
        }
    };
    shifts.truncate(NAMED);
    in_terms_of(s, shifts)
}

/// Shifts with the positions of the stream's own events, and names as they are read beside that of the stream.
pub(crate) fn in_terms_of(s: &Scored<'_>, mut shifts: Vec<Shift>) -> Vec<Shift> {
    let key = s.stream.key();
    for shift in &mut shifts {
        if key.signal == Signal::Metric && shift.lens == Lens::Values {
            // The stream is the metric: its name says more than that of its one channel.
            shift.name = instances::series_name(&shift.name, &key.name);
        }
        shift.event = shift.event.and_then(|position| s.own(position as usize));
        shift.carried = shift.carried.and_then(|carried| in_own(s, carried));
    }
    shifts
}

/// The events of a cluster, by their position in what was analysed, that have something; without their times.
pub(crate) fn carried(events: Range<usize>, has: impl Fn(usize) -> bool) -> Option<Carried> {
    let first = events.clone().find(|&position| has(position))?;
    let last = events.clone().rev().find(|&position| has(position))?;
    let count = events.filter(|&position| has(position)).count();
    Some(Carried {
        events: count as u64,
        first_event: first as u64,
        last_event: last as u64,
        start_nanos: None,
        end_nanos: None,
    })
}

/// The same by their position in the stream, with their times.
fn in_own(s: &Scored<'_>, carried: Carried) -> Option<Carried> {
    let (first, last) = (carried.first_event as usize, carried.last_event as usize);
    let (start_nanos, end_nanos) = s.stream.time_range(first, last + 1);
    let (first_event, last_event) = (s.own(first)?, s.own(last)?);
    Some(Carried { first_event, last_event, start_nanos, end_nanos, ..carried })
}

/// Templates by how much the window's share differs from the baseline's, and the absences that the window lies in.
fn of_mix(s: &Scored<'_>, cluster: &Cluster, peak: usize, log2: &Log2) -> Vec<Shift> {
    let (own, window) = (s.plan.range(peak), mix::stretch(s.stream, &s.plan, peak, log2));
    let (baseline, events) = mix::shares_of(s.stream, &s.plan.baseline(peak));
    let (here, n) = mix::shares_of(s.stream, &Span::new([window.clone()]));
    // The largest evidence of each template: its absence, or its share.
    let mut evidence: BTreeMap<u16, f64> = BTreeMap::new();
    for absence in s.singles.absences.iter().filter(|a| mix::lies_in(&own, &a.positions)) {
        evidence.insert(absence.template, absence.bits);
    }
    for (template, (&k, &b)) in (0_u16..).zip(here.iter().zip(&baseline)) {
        let cost = bits(mix::one_against_rest(log2, k, n, b, events, baseline.len()));
        let known = evidence.entry(template).or_default();
        *known = known.max(cost);
    }
    let mut dear: Vec<(f64, u16)> = evidence.into_iter().map(|(t, b)| (b, t)).filter(|e| e.0 > 0.0).collect();
    dear.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    dear.truncate(NAMED);
    dear.into_iter()
        .map(|(bits, template)| {
            let (k, b) = (u64::from(here[usize::from(template)]), u64::from(baseline[usize::from(template)]));
            let kind = match k * events >= b * n {
                true => ShiftKind::MoreOften,
                false if k == 0 => ShiftKind::Missing,
                false => ShiftKind::LessOften,
            };
            let is_of_kind = |position: usize| s.stream.kind(position) == template;
            let is_more = kind == ShiftKind::MoreOften;
            Shift {
                lens: Lens::Mix,
                kind,
                name: kind_names::kind_name_in(s.stream, template, window.clone()),
                window: percent(k, n),
                baseline: percent(b, events),
                unit: Unit::Percent,
                bits,
                event: window.clone().find(|&p| is_of_kind(p)).map(|p| p as u64),
                left_out: None,
                carried: is_more.then(|| carried(cluster.events(&s.plan), is_of_kind)).flatten(),
            }
        })
        .collect()
}

pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

fn of_rate(s: &Scored<'_>, peak: usize, log2: &Log2) -> Vec<Shift> {
    let window = s.plan.range(peak);
    let (all_nanos, all_events) = rate::waited(s.stream, &s.plan.baseline(peak));
    let nanos = rate::taken(s.stream, &window);
    let surplus = bits(rate::surplus(log2, nanos, s.plan.window as u64, all_nanos, all_events));
    let ordinary = all_nanos as f64 * s.plan.window as f64 / all_events.max(1) as f64;
    let (longest, ended_by) = rate::longest_wait(s.stream, &window);
    let by_wait = rate::silence_bits(s.stream, s.singles.waits, &window);
    let is_slow = nanos as f64 > ordinary;
    // What was held up and then came all at once takes no longer than usual, and its wait is what is unusual.
    let is_silence = by_wait > surplus || is_slow && longest as f64 >= ONE_WAIT * (nanos as f64 - ordinary);
    let pace = |events: f64, nanos: f64| if nanos > 0.0 { events * 1e9 / nanos } else { 0.0 };
    let mut shift = Shift {
        lens: Lens::Rate,
        kind: if is_slow { ShiftKind::Thinning } else { ShiftKind::Burst },
        name: "events".to_owned(),
        window: pace(s.plan.window as f64, nanos as f64),
        baseline: pace(all_events as f64, all_nanos as f64),
        unit: Unit::PerSecond,
        bits: surplus.max(by_wait),
        event: None,
        left_out: None,
        carried: None,
    };
    if is_silence {
        shift.kind = ShiftKind::Silence;
        shift.unit = Unit::Nanos;
        shift.window = longest as f64;
        shift.baseline = longest_outside(s, &window) as f64;
        shift.event = ended_by.map(|p| p as u64);
    }
    vec![shift]
}

fn longest_outside(s: &Scored<'_>, window: &Range<usize>) -> u64 {
    let own = s.plan.first()..window.start;
    own.chain(window.end..s.stream.len()).map(|p| rate::wait(s.stream, p)).max().unwrap_or(0)
}

/// The dearest steps of the window, each once.
fn of_order(s: &Scored<'_>, peak: usize, log2: &Log2) -> Vec<Shift> {
    let steps = order::steps_of(s.stream, &s.plan.baseline(peak));
    let mut taken: BTreeMap<Step, (u32, usize)> = BTreeMap::new();
    for position in s.plan.range(peak) {
        let Some(step) = order::step_at(s.stream, position) else { continue };
        taken.entry(step).or_insert((0, position)).0 += 1;
    }
    let mut dear: Vec<(i64, Step, u32, usize)> = taken
        .into_iter()
        .map(|(step, (times, position))| (steps.surplus(log2, step), step, times, position))
        .filter(|(surplus, ..)| *surplus > 0)
        .collect();
    dear.sort_by_key(|&(surplus, step, ..)| (Reverse(surplus), step));
    dear.truncate(NAMED);
    dear.into_iter()
        .map(|(surplus, step, times, position)| {
            let before = kind_names::name(s.stream, step.0);
            let left_out = steps.usual_before(step.1).filter(|usual| *usual != step.0);
            Shift {
                lens: Lens::Order,
                kind: ShiftKind::NewStep,
                name: format!("{before} → {}", kind_names::name(s.stream, step.1)),
                window: f64::from(times),
                baseline: f64::from(steps.seen(step).0),
                unit: Unit::Times,
                bits: bits(surplus),
                event: Some(position as u64),
                left_out: left_out.map(|usual| kind_names::name(s.stream, usual)),
                carried: None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(lens: Lens, kind: ShiftKind, name: &str, bits: f64) -> Shift {
        let (name, unit) = (name.to_owned(), Unit::Percent);
        Shift {
            lens,
            kind,
            name,
            window: 14.0,
            baseline: 0.0,
            unit,
            bits,
            event: None,
            left_out: None,
            carried: None,
        }
    }

    #[test]
    fn what_has_a_name_is_read_before_what_has_none() {
        use ShiftKind::{Missing, MoreOften};
        let rare = shift(Lens::Mix, MoreOften, kind_names::RARE, 49.0);
        let value = |name: &str, bits| shift(Lens::Values, MoreOften, name, bits);
        let kind = |name: &str, bits| shift(Lens::Mix, MoreOften, name, bits);
        let names = |shifts: Vec<Shift>| -> Vec<String> {
            named_first(shifts).into_iter().map(|shift| shift.name).collect()
        };
        let order = names(vec![rare.clone(), value("source=iam", 58.0), kind("create key", 32.0)]);
        assert_eq!(order, ["source=iam", kind_names::RARE, "create key"]);
        let order = names(vec![rare.clone(), value("name=any rare value", 90.0), kind("create key", 32.0)]);
        assert_eq!(order, ["create key", kind_names::RARE, "name=any rare value"]);
        let order = names(vec![value("name=any rare value", 34.0), value("a=1", 17.0), value("b=2", 17.0)]);
        assert_eq!(order, ["a=1", "name=any rare value", "b=2"]);
        // Too little, or the other way round, or named already.
        let order = names(vec![rare.clone(), kind("a", 24.0), shift(Lens::Mix, Missing, "b", 90.0)]);
        assert_eq!(order, [kind_names::RARE, "a", "b"]);
        assert_eq!(names(vec![kind("a", 1.0), rare.clone()]), ["a", kind_names::RARE]);
        assert_eq!((names(vec![rare]).len(), names(vec![]).len()), (1, 0));
    }
}
