//! What lasts, as the shifts of a finding: how much of it is within the stretch, and how much in all the rest.

use std::ops::Range;

use crate::analyze::Scored;
use crate::channel::Channel;
use crate::instances;
use crate::kind_names;
use crate::lasting::{Found, Item, What};
use crate::result::{Driver, Finding, Lens, Shift, ShiftKind, Unit};
use crate::shifts::{self, NAMED};
use crate::stream::Stream;

/// What lasts, what is told first before the others.
pub(crate) fn shifts(s: &Scored<'_>, found: &Found) -> Vec<Shift> {
    let shifts = found.items.iter().take(NAMED).map(|item| shift(s.stream, found, *item)).collect();
    shifts::in_terms_of(s, shifts)
}

fn shift(stream: &Stream, found: &Found, item: Item) -> Shift {
    let events = found.events.clone();
    match item.what {
        What::Kind(kind) => {
            let is = |position: usize| Some(stream.kind(position) == kind);
            let name = kind_names::kind_name_in(stream, kind, events);
            Shift { lens: Lens::Mix, name, ..of_share(stream, found, item.bits, is) }
        }
        What::Value { category, class } => {
            let category = &stream.categories[category];
            let is = |position: usize| category.class_at(position).map(|own| own == class);
            Shift { name: category.named(class), ..of_share(stream, found, item.bits, is) }
        }
        What::Level(channel) => of_level(&stream.channels[channel], &events, item),
    }
}

/// A share of the events of which it can be said.
fn of_share(stream: &Stream, found: &Found, bits: f64, is: impl Fn(usize) -> Option<bool>) -> Shift {
    let share = |positions: &mut dyn Iterator<Item = usize>| {
        let (mut with, mut all) = (0_u64, 0_u64);
        for is in positions.filter_map(&is) {
            with += u64::from(is);
            all += 1;
        }
        shifts::percent(with, all)
    };
    let here = share(&mut found.events.clone());
    let others = share(&mut found.others(stream).iter());
    let has = |position: usize| is(position) == Some(true);
    let is_more = here > others;
    Shift {
        lens: Lens::Values,
        kind: match is_more {
            true => ShiftKind::MoreOften,
            false if here > 0.0 => ShiftKind::LessOften,
            false => ShiftKind::Missing,
        },
        name: String::new(),
        window: here,
        baseline: others,
        unit: Unit::Percent,
        bits,
        event: found.events.clone().find(|&position| has(position)).map(|position| position as u64),
        left_out: None,
        carried: is_more.then(|| shifts::carried(found.events.clone(), has)).flatten(),
    }
}

/// Numbers by their middle.
fn of_level(channel: &Channel, events: &Range<usize>, item: Item) -> Shift {
    let at = |position: usize| channel.positions.partition_point(|&p| (p as usize) < position);
    let own = at(events.start)..at(events.end);
    let values = &channel.values;
    let others = [&values[..own.start], &values[own.end..]].concat();
    let (here, usual) = (median(values[own.clone()].to_vec()), median(others));
    let is_higher = item.is_more;
    let shows = |value: f64| if is_higher { value >= here } else { value <= here };
    let shown = own.clone().find(|&member| shows(values[member]));
    Shift {
        lens: Lens::Values,
        kind: if is_higher { ShiftKind::Higher } else { ShiftKind::Lower },
        name: channel.name.clone(),
        window: here,
        baseline: usual,
        unit: channel.unit,
        bits: item.bits,
        event: shown.map(|member| u64::from(channel.positions[member])),
        left_out: None,
        carried: None,
    }
}

/// The value in the middle, one that was there; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Whether what a finding says first is told of a stretch that half of it lies in: the kind, the value or the number that its first shift
/// has, or the kind of the event that it quotes.
pub(crate) fn is_told(finding: &Finding, s: &Scored<'_>, found: &Found, lasting: &Finding) -> bool {
    let own = finding.first_event..finding.last_event + 1;
    let first = own.start.max(lasting.first_event);
    let common = own.end.min(lasting.last_event + 1).saturating_sub(first);
    if finding.lasting.is_some() || finding.stream != lasting.stream || common * 2 < own.end - own.start {
        return false;
    }
    let explanation = &finding.explanation;
    let shift = explanation.shifts.first().filter(|_| explanation.lens != Lens::Content);
    if let Some(first) = shift {
        return lasting.explanation.shifts.iter().any(|shift| says_the_same(shift, first));
    }
    let kind_of = |driver: &Driver| s.stream.kind(driver.event as usize + s.plan.first());
    let quoted = explanation.drivers.first().map(kind_of);
    quoted.is_some_and(|kind| found.items.iter().any(|item| item.what == What::Kind(kind)))
}

/// Whether a finding of windows reaches over about the same events.
pub(crate) fn are_one(finding: &Finding, lasting: &Finding) -> bool {
    let events = |of: &Finding| of.first_event as usize..of.last_event as usize + 1;
    super::overlap(&events(finding), &events(lasting)) >= super::ONE_STRETCH
}

/// Whether two shifts are of the same thing and go the same way. The mean of a histogram and its percentiles are of one thing.
fn says_the_same(one: &Shift, other: &Shift) -> bool {
    let thing = |shift: &Shift| instances::metric_of(&shift.name).to_owned();
    thing(one) == thing(other) && is_more(one) == is_more(other)
}

fn is_more(shift: &Shift) -> bool {
    match shift.kind {
        ShiftKind::LessOften | ShiftKind::Missing | ShiftKind::Lower => false,
        ShiftKind::Trend => shift.window > shift.baseline,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_histogram_and_its_percentiles_are_one_thing_and_its_count_another() {
        let shift = |name: &str, kind, window, baseline| Shift {
            lens: Lens::Values,
            kind,
            name: name.to_owned(),
            window,
            baseline,
            unit: Unit::Number,
            bits: 9.0,
            event: None,
            left_out: None,
            carried: None,
        };
        let slower = shift("p99 of request.duration", ShiftKind::Higher, 2.0, 1.0);
        let mean = shift("mean of request.duration", ShiftKind::Trend, 2.0, 1.0);
        assert!(says_the_same(&slower, &mean));
        assert!(!says_the_same(&slower, &Shift { window: 0.5, ..mean }), "it falls");
        assert!(!says_the_same(&slower, &shift("count of request.duration", ShiftKind::Higher, 2.0, 1.0)));
        assert!(!says_the_same(&slower, &shift("p99 of query.duration", ShiftKind::Higher, 2.0, 1.0)));
    }
}
