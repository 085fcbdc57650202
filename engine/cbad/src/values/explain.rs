//! What shifted in a window, in the channel's own numbers.

use std::ops::Range;

use crate::result::{Lens, Shift, ShiftKind};
use crate::values::Values;
use crate::values::measure::{LOOKS, Look, Measured, Statistic, longest_run};
use crate::values::rolling;
use crate::values::season::median;
use crate::values::series::Series;

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

/// One look at one channel where it sees most.
#[derive(Clone, Copy, Debug)]
struct Seen {
    channel: usize,
    look: Look,
    window: usize,
    bits: f64,
}

impl Values<'_> {
    /// What shifted in a range of windows, dearest first. The peak is looked at before the others.
    pub(crate) fn explain(&self, windows: Range<usize>, peak: usize) -> Vec<Shift> {
        let others = windows.len().min(WINDOWS_MOST - 1);
        let spread = (0..others).map(|i| windows.start + i * windows.len() / others);
        let looked_at: Vec<usize> = std::iter::once(peak).chain(spread.filter(|&w| w != peak)).collect();
        let mut seen: Vec<Seen> = Vec::new();
        for (channel, (_, measured)) in self.channels.iter().enumerate() {
            let mut of_channel = self.seen(channel, measured, &looked_at);
            name_as_one(&mut of_channel, measured);
            seen.append(&mut of_channel);
        }
        seen.sort_by(|a, b| b.bits.total_cmp(&a.bits));
        let least = seen.first().map_or(0.0, |dearest| dearest.bits * TOLD_SHARE);
        let told = seen.into_iter().filter(|s| s.bits >= least).take(SHIFTS_MOST);
        told.map(|s| self.shift(s)).collect()
    }

    /// The dearest look of each kind.
    fn seen(&self, channel: usize, measured: &Measured, windows: &[usize]) -> Vec<Seen> {
        let mut kinds: Vec<Seen> = Vec::new();
        for &window in windows {
            let baseline = rolling::baseline_windows(self.plan, window);
            for look in LOOKS {
                let bits = rolling::surplus(measured, look, &baseline, window);
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

    fn shift(&self, seen: Seen) -> Shift {
        let (series, _) = &self.channels[seen.channel];
        let members = series.members(self.plan.range(seen.window));
        let span = self.plan.baseline(seen.window);
        let baseline = [span.before, span.after].map(|part| series.members(part));
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
            window,
            baseline,
            unit: series.channel.unit,
            bits: seen.bits,
            event: Some(u64::from(series.channel.positions[event])),
        }
    }
}

/// What is two looks at one thing is told as one, by the name that says more: a leak lies higher than before, a line that
/// stands still is narrow, values that vary more reach farther, and a window across a step from one level to another
/// holds both.
fn name_as_one(kinds: &mut Vec<Seen>, measured: &Measured) {
    use ShiftKind::{Flat, Higher, Lower, Narrower, Spike, Trend, Wider};
    let pairs =
        [(Trend, Higher), (Trend, Lower), (Flat, Narrower), (Wider, Spike), (Higher, Wider), (Lower, Wider)];
    for (telling, plain) in pairs {
        let find = |kind: ShiftKind| kinds.iter().position(|seen| seen.look.kind == kind);
        let (Some(name), Some(other)) = (find(telling), find(plain)) else { continue };
        if kinds[name].bits < NAMING_BITS || !is_one(measured, kinds[name], kinds[other]) {
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
fn is_one(measured: &Measured, telling: Seen, plain: Seen) -> bool {
    /// Share of a distance that a climb, or of a spread that a step must account for.
    const ACCOUNTED: f64 = 0.5;
    /// Quartile distances of its own window beyond which a value is far out in it.
    const FAR: f64 = 4.0;
    let at = |statistic: Statistic, seen: Seen| measured.of(statistic)[seen.window];
    match telling.look.kind {
        ShiftKind::Trend => {
            let (climb, distance) = (at(Statistic::Climb, plain), at(Statistic::Median, plain));
            climb * distance > 0.0 && climb.abs() >= distance.abs() * ACCOUNTED
        }
        ShiftKind::Wider => at(plain.look.statistic, plain) <= at(Statistic::Quartiles, plain) * FAR,
        ShiftKind::Higher | ShiftKind::Lower => {
            at(Statistic::Median, telling).abs() >= at(Statistic::Quartiles, plain) * ACCOUNTED
        }
        _ => true,
    }
}

/// The member that shows a shift best.
fn best_event(series: &Series<'_>, members: Range<usize>, look: Look) -> usize {
    let farthest = |from: &dyn Fn(i64) -> i64| {
        let far = |&member: &usize| from(series.distances[member]);
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

fn left(series: &Series<'_>, members: Range<usize>) -> Vec<f64> {
    members.map(|member| series.left(member)).collect()
}

/// Some thousands of a baseline's values less what was expected of them, spread evenly.
fn sample(series: &Series<'_>, baseline: &[Range<usize>; 2]) -> Vec<f64> {
    let [before, after] = baseline;
    let len = before.len() + after.len();
    let count = len.min(SAMPLE_MOST);
    let member = |i: usize| {
        let at = i * len / count;
        if at < before.len() { before.start + at } else { after.start + at - before.len() }
    };
    (0..count).map(|i| series.left(member(i))).collect()
}

fn quartiles(values: &mut [f64]) -> f64 {
    let len = values.len();
    let high = *values.select_nth_unstable_by(len * 3 / 4, f64::total_cmp).1;
    high - *values.select_nth_unstable_by(len / 4, f64::total_cmp).1
}
