//! What shifted in a window, in the channel's own numbers.

use std::ops::Range;

use crate::category::Category;
use crate::fixed::Log2;
use crate::result::{Lens, Shift, ShiftKind, Unit};
use crate::shifts;
use crate::span::Span;
use crate::values::measure::{LOOKS, Look, Measured, Statistic, even_climb, longest_run};
use crate::values::rolling::{self, Tiles};
use crate::values::season::median;
use crate::values::series::View;
use crate::values::shares::{Counts, Shares};
use crate::values::{Readings, Values};
use crate::window::Plan;

/// Windows of a finding that are looked at, its peak among them.
const WINDOWS_MOST: usize = 16;

/// Shifts that are told.
const SHIFTS_MOST: usize = 5;

/// Share of the dearest shift's bits that another one must have to be told beside it.
const TOLD_SHARE: f64 = 0.5;

/// Bits from which on a climb or a standstill takes the name of what comes with it.
const NAMING_BITS: f64 = 4.0;

/// Values of a baseline from which its middle and spread are taken.
const SAMPLE_MOST: usize = 4_000;

/// The windows whose shifts are told.
#[derive(Clone, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) windows: Range<usize>,
    /// The window that is looked at before the others.
    pub(crate) peak: usize,
}

impl Shown<'_> {
    /// Positions of the events of the finding.
    fn events(&self) -> Range<usize> {
        self.plan.range(self.windows.start).start..self.plan.range(self.windows.end - 1).end
    }
}

/// One look at one channel where it sees most.
#[derive(Clone, Copy, Debug)]
struct Seen {
    channel: usize,
    look: Look,
    window: usize,
    bits: f64,
}

/// One category where its shares are farthest off.
#[derive(Clone, Copy, Debug)]
struct SeenShares {
    category: usize,
    class: u8,
    side: f64,
    window: usize,
    bits: f64,
}

/// What is told, with its bits.
#[derive(Clone, Copy, Debug)]
enum Told {
    Numbers(Seen),
    Shares(SeenShares),
}

impl Values {
    /// What shifted in a range of windows, dearest first.
    pub(crate) fn explain(&self, readings: Readings<'_>, of: &Shown<'_>, log2: &Log2) -> Vec<Shift> {
        let (windows, peak) = (&of.windows, of.peak);
        let others = windows.len().min(WINDOWS_MOST - 1);
        let spread = (0..others).map(|i| windows.start + i * windows.len() / others);
        let looked_at: Vec<usize> = std::iter::once(peak).chain(spread.filter(|&w| w != peak)).collect();
        let tiles = Tiles::new(of.plan);
        let looked_at_shares = |(category, shares)| look_at_shares(category, shares, tiles, &looked_at);
        let shares: Vec<SeenShares> =
            self.categories.iter().enumerate().filter_map(looked_at_shares).collect();
        // By how dear each is told to be.
        let mut seen: Vec<(f64, Told)> = Vec::new();
        for (channel, measured) in self.channels.iter().map(|known| &known.measured).enumerate() {
            let mut of_channel = look_at(channel, measured, tiles, &looked_at);
            name_as_one(&mut of_channel, measured, tiles);
            let dearest = of_channel.iter().map(|seen| seen.bits).fold(0.0, f64::max);
            let of_field = of_shares(readings, channel, &shares);
            seen.extend(of_channel.into_iter().map(|seen| {
                let says_more = seen.bits >= dearest.max(NAMING_BITS);
                (seen.bits.max(if says_more { of_field } else { 0.0 }), Told::Numbers(seen))
            }));
        }
        seen.extend(shares.into_iter().map(|seen| (seen.bits, Told::Shares(seen))));
        seen.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let least = seen.first().map_or(0.0, |(dearest, _)| dearest * TOLD_SHARE);
        let told = seen.into_iter().filter(|(bits, _)| *bits >= least).take(SHIFTS_MOST);
        told.map(|(_, told)| match told {
            Told::Numbers(seen) => shift(self.view(readings, seen.channel), of.plan, seen),
            Told::Shares(seen) => {
                let (category, shares) =
                    (&readings.categories[seen.category], &self.categories[seen.category]);
                shift_of_shares(category, shares, of, seen, log2)
            }
        })
        .collect()
    }
}

/// Bits of the shares of the field that a channel is of where they say only that a number went somewhere: rare values together come more
/// often, or a common one less. The number itself says where.
fn of_shares(readings: Readings<'_>, channel: usize, shares: &[SeenShares]) -> f64 {
    let name = &readings.channels[channel].name;
    let of_field = shares.iter().find(|seen| readings.categories[seen.category].name == *name);
    let says_no_value =
        |seen: &&SeenShares| seen.side < 0.0 || readings.categories[seen.category].is_rare(seen.class);
    of_field.filter(says_no_value).map_or(0.0, |seen| seen.bits)
}

/// The value of a category, and the window, whose share is farthest off, the first of equal ones.
fn look_at_shares(
    category: usize,
    shares: &Shares,
    tiles: Tiles<'_>,
    windows: &[usize],
) -> Option<SeenShares> {
    let seen = windows.iter().flat_map(|&window| {
        let baseline = tiles.baseline(window);
        shares.looks().map(move |(value, sided)| {
            let bits = rolling::surplus(sided, tiles, &baseline, window);
            SeenShares { category, class: value.class, side: sided.side, window, bits }
        })
    });
    seen.filter(|seen| seen.bits > 0.0).reduce(|best, next| if next.bits > best.bits { next } else { best })
}

/// A value by its share of the events that have the field.
fn shift_of_shares(
    category: &Category,
    shares: &Shares,
    of: &Shown<'_>,
    seen: SeenShares,
    log2: &Log2,
) -> Shift {
    let plan = of.plan;
    let tiles = Tiles::new(plan);
    let stretches = Shares::stretches(category, tiles, tiles.of_window(seen.window), |_| true);
    let is_long = stretches.off(log2, &shares.all, seen.class).is_long;
    let here = stretches.long.filter(|_| is_long).unwrap_or(stretches.own).percent(seen.class);
    let baseline = Counts::of(category, plan.baseline(seen.window).iter()).percent(seen.class);
    let has = |position: usize| category.classes[position] == seen.class;
    Shift {
        lens: Lens::Values,
        kind: match seen.side > 0.0 {
            true => ShiftKind::MoreOften,
            false if here > 0.0 => ShiftKind::LessOften,
            false => ShiftKind::Missing,
        },
        name: category.named(seen.class),
        window: here,
        baseline,
        unit: Unit::Percent,
        bits: seen.bits,
        event: plan.range(seen.window).find(|&p| has(p)).map(|p| p as u64),
        left_out: None,
        carried: (seen.side > 0.0).then(|| shifts::carried(of.events(), has)).flatten(),
    }
}

/// The dearest look of each kind.
fn look_at(channel: usize, measured: &Measured, tiles: Tiles<'_>, windows: &[usize]) -> Vec<Seen> {
    let mut kinds: Vec<Seen> = Vec::new();
    for &window in windows {
        let baseline = tiles.baseline(window);
        for look in LOOKS {
            let bits = rolling::surplus(measured.sided(look), tiles, &baseline, window);
            let known = kinds.iter_mut().find(|seen| seen.look.kind == look.kind);
            match known {
                Some(known) if bits > known.bits => *known = Seen { channel, look, window, bits },
                None if bits > 0.0 => kinds.push(Seen { channel, look, window, bits }),
                _ => {}
            }
        }
    }
    kinds
}

fn shift(series: View<'_>, plan: &Plan, seen: Seen) -> Shift {
    let members = series.members(plan.range(seen.window));
    let span = plan.baseline(seen.window);
    let baseline: Vec<Range<usize>> = span.ranges().iter().map(|part| series.members(part.clone())).collect();
    let kind = seen.look.kind;
    let event = best_event(series, members.clone(), seen.look);
    let values = &series.channel.values[members.clone()];
    let (window, baseline) = match kind {
        ShiftKind::Wider | ShiftKind::Narrower => {
            (quartiles(&mut left(series, members)), quartiles(&mut sample(series, &baseline)))
        }
        ShiftKind::Spike => {
            let side = if seen.look.statistic == Statistic::Above { 1.0 } else { -1.0 };
            let of_baseline = baseline.into_iter().flatten();
            let extreme = of_baseline.map(|member| side * series.left(member)).fold(f64::MIN, f64::max);
            (series.channel.values[event], side * extreme + series.expected(event))
        }
        _ => {
            let expected = median(&mut members.map(|member| series.expected(member)).collect::<Vec<_>>());
            let stands = if kind == ShiftKind::Flat {
                values[longest_run(values).start]
            } else {
                median(&mut values.to_vec())
            };
            (stands, median(&mut sample(series, &baseline)) + expected)
        }
    };
    Shift {
        lens: Lens::Values,
        kind,
        name: series.channel.name.clone(),
        window: finite(window),
        baseline: finite(baseline),
        unit: series.channel.unit,
        bits: seen.bits,
        event: Some(u64::from(series.channel.positions[event])),
        left_out: None,
        carried: None,
    }
}
/// What is two looks at one thing is told as one, by the name that says more: a leak lies higher than before, a line that
/// stands still is narrow, values that vary more reach farther and stray, and a window across a step from one level to another
/// holds both.
fn name_as_one(kinds: &mut Vec<Seen>, measured: &Measured, tiles: Tiles<'_>) {
    use ShiftKind::{Flat, Higher, Lower, Narrower, Spike, Trend, Wider};
    let pairs = [
        (Trend, Higher),
        (Trend, Lower),
        (Flat, Narrower),
        (Wider, Spike),
        (Wider, Higher),
        (Wider, Lower),
        (Higher, Wider),
        (Lower, Wider),
    ];
    for (telling, plain) in pairs {
        let find = |kind: ShiftKind| kinds.iter().position(|seen| seen.look.kind == kind);
        let (Some(name), Some(other)) = (find(telling), find(plain)) else { continue };
        if kinds[name].bits < NAMING_BITS || !is_one(measured, tiles, kinds[name], kinds[other]) {
            continue;
        }
        if kinds[other].bits >= kinds[name].bits {
            kinds[name].bits = kinds[other].bits;
            if telling == Trend {
                kinds[name].window = kinds[other].window;
            }
        }
        kinds.remove(other);
    }
}

/// Whether one shift accounts for the other.
fn is_one(measured: &Measured, tiles: Tiles<'_>, telling: Seen, plain: Seen) -> bool {
    /// Share of a distance that a climb must account for: it is measured over eight windows, and a leak may be longer.
    const CLIMBED: f64 = 1.0 / 3.0;
    /// Share of a spread that a step must account for.
    const STEPPED: f64 = 0.5;
    /// Quartile distances of its own window beyond which a value is far out in it.
    const FAR: f64 = 4.0;
    /// The same, within which the middle of a window has only strayed.
    const STRAYED: f64 = 0.5;
    let at = |statistic: Statistic, window: usize| f64::from(measured.of(statistic)[tiles.of_window(window)]);
    match (telling.look.kind, plain.look.kind) {
        (ShiftKind::Trend, _) => {
            let climb = even_climb(measured, tiles, tiles.of_window(plain.window));
            let distance = at(Statistic::Median, plain.window);
            climb * distance > 0.0 && climb.abs() >= distance.abs() * CLIMBED
        }
        (ShiftKind::Wider, ShiftKind::Spike) => {
            at(plain.look.statistic, plain.window) <= at(Statistic::Quartiles, plain.window) * FAR
        }
        (ShiftKind::Wider, _) => {
            at(Statistic::Median, plain.window).abs() <= at(Statistic::Quartiles, plain.window) * STRAYED
        }
        (_, ShiftKind::Wider) => {
            at(Statistic::Median, telling.window).abs() >= at(Statistic::Quartiles, plain.window) * STEPPED
        }
        _ => true,
    }
}

/// The member that shows a shift best.
fn best_event(series: View<'_>, members: Range<usize>, look: Look) -> usize {
    let farthest = |from: &dyn Fn(i64) -> i64| {
        let far = |&member: &usize| from(series.distance(member));
        // Of equals the first.
        members.clone().rev().max_by_key(far).unwrap_or(members.start)
    };
    match look.kind {
        ShiftKind::Lower => farthest(&|d| -d),
        ShiftKind::Wider | ShiftKind::Narrower => farthest(&i64::abs),
        ShiftKind::Spike if look.statistic == Statistic::Below => farthest(&|d| -d),
        ShiftKind::Trend => members.end - 1,
        ShiftKind::Flat => members.start + longest_run(&series.channel.values[members.clone()]).start,
        _ => farthest(&|d| d),
    }
}

/// The nearest number there is: a sum of finite values need not be one, and what is no number is not read back.
fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(f64::MIN, f64::MAX) }
}

fn left(series: View<'_>, members: Range<usize>) -> Vec<f64> {
    members.map(|member| series.left(member)).collect()
}

/// Some thousands of a baseline's values less what was expected of them, spread evenly.
fn sample(series: View<'_>, baseline: &[Range<usize>]) -> Vec<f64> {
    let span = Span::new(baseline.iter().cloned());
    span.spread(SAMPLE_MOST).map(|member| series.left(member)).collect()
}

fn quartiles(values: &mut [f64]) -> f64 {
    let len = values.len();
    let high = *values.select_nth_unstable_by(len * 3 / 4, f64::total_cmp).1;
    high - *values.select_nth_unstable_by(len / 4, f64::total_cmp).1
}
