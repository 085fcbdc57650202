//! The lens as a whole, on series whose odd stretch is known.

use proptest::prelude::*;

use super::*;
use crate::builder::StreamBuilder;
use crate::config::Config;
use crate::event::{ByteRange, Event, Signal, StreamKey};
use crate::fixed::bits;
use crate::permutation::{Deck, generator, test};
use crate::result::{Lens, Shift, ShiftKind, Unit};
use crate::stream::NO_TIME;
use crate::values::rolling::groups;
use crate::values::season::DAY_NANOS;

const MINUTE_NANOS: i64 = 60 * 1_000_000_000;

/// Knuth's linear congruential generator, made nearly normal by adding up: mean 0, variance 1.
struct Noise(u64);

impl Noise {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

fn plan(events: usize) -> Plan {
    let key = StreamKey { signal: Signal::Metric, service: None, name: "m".to_owned() };
    let mut builder = StreamBuilder::new(key);
    (0..events).for_each(|_| builder.push(&Event::new("x", ByteRange::default())));
    Plan::new(&builder.finish(), &Config::default()).expect("long enough")
}

fn score(channels: &[Channel], times_nanos: &[i64], plan: &Plan) -> Vec<i64> {
    Values::new(numbers(channels, times_nanos), plan, &Log2::default()).scores().to_vec()
}

fn numbers<'a>(channels: &'a [Channel], times_nanos: &'a [i64]) -> Readings<'a> {
    Readings { channels, categories: &[], times_nanos }
}

fn explain(
    values: &Values,
    readings: Readings<'_>,
    plan: &Plan,
    windows: Range<usize>,
    peak: usize,
) -> Vec<Shift> {
    values.explain(readings, &Shown { plan, windows, peak }, &Log2::default())
}

fn channel(values: Vec<f64>) -> Channel {
    let positions = (0..values.len() as u32).collect();
    Channel { name: "process.memory".to_owned(), unit: Unit::Number, positions, values }
}

fn noisy(count: usize, seed: u64, mut of: impl FnMut(usize, f64) -> f64) -> Vec<f64> {
    let mut noise = Noise(seed);
    (0..count).map(|i| of(i, noise.next())).collect()
}

fn every(step_nanos: i64, count: usize) -> Vec<i64> {
    (0..count as i64).map(|i| 1_700_000_000_000_000_000 + i * step_nanos).collect()
}

/// The dearest window, its bits, and what is said of it and the unusual windows around it.
fn dearest(values: Vec<f64>, step_nanos: i64) -> (std::ops::Range<usize>, f64, Vec<Shift>) {
    let plan = plan(values.len());
    let times = every(step_nanos, values.len());
    let channels = [channel(values)];
    let values = Values::new(numbers(&channels, &times), &plan, &Log2::default());
    let scores = values.scores();
    let peak = (0..plan.count).rev().max_by_key(|&w| scores[w]).expect("windows");
    let unusual = |w: &usize| bits(scores[*w]) > 7.5;
    let first = (0..peak).rev().take_while(unusual).last().unwrap_or(peak);
    let end = (peak..plan.count).take_while(unusual).last().unwrap_or(peak) + 1;
    (
        plan.range(peak),
        bits(scores[peak]),
        explain(&values, numbers(&channels, &times), &plan, first..end, peak),
    )
}

/// The dearest window lies in the stretch, stands out, and its first shift is of the kind.
fn found(values: &[f64], stretch: std::ops::Range<usize>, kind: ShiftKind) -> Shift {
    let (window, bits, shifts) = dearest(values.to_vec(), MINUTE_NANOS);
    let shared = window.end.min(stretch.end).saturating_sub(window.start.max(stretch.start));
    assert!(shared >= 20, "{kind:?}: {window:?} is outside {stretch:?}, {shifts:?}");
    assert!(bits > 10.0, "{kind:?}: {bits} bits");
    let first = shifts.into_iter().next().expect("a shift");
    assert_eq!((first.kind, first.lens), (kind, Lens::Values), "{first:?}");
    let event = first.event.expect("an event") as usize;
    let near = window.start.saturating_sub(200)..window.end + 200;
    assert!(near.contains(&event), "{event} is far from {window:?}");
    first
}

const SEEDS: std::ops::Range<u64> = 1..11;

#[test]
fn a_level_shift_is_found_and_named() {
    for seed in SEEDS {
        let up = noisy(3000, seed, |i, x| 100.0 + x + if (1800..2000).contains(&i) { 4.0 } else { 0.0 });
        let shift = found(&up, 1800..2000, ShiftKind::Higher);
        assert!((shift.window - 104.0).abs() < 1.0 && (shift.baseline - 100.0).abs() < 0.5, "{shift:?}");
        let down = noisy(3000, seed, |i, x| 100.0 + x - if (1800..2000).contains(&i) { 4.0 } else { 0.0 });
        found(&down, 1800..2000, ShiftKind::Lower);
    }
}

#[test]
fn a_spike_is_found_and_named_at_its_event() {
    for seed in SEEDS {
        let values = noisy(3000, seed, |i, x| 20.0 + x + if i == 1234 { 15.0 } else { 0.0 });
        let shift = found(&values, 1184..1285, ShiftKind::Spike);
        assert_eq!(shift.event, Some(1234));
        assert!(shift.window > 30.0 && shift.baseline < 25.0, "{shift:?}");
        let values = noisy(3000, seed, |i, x| 20.0 + x - if i == 1234 { 15.0 } else { 0.0 });
        let shift = found(&values, 1184..1285, ShiftKind::Spike);
        assert!(shift.event == Some(1234) && shift.window < 10.0 && shift.baseline > 15.0, "{shift:?}");
    }
}

#[test]
fn a_flat_line_is_found_and_named() {
    for seed in SEEDS {
        let values = noisy(3000, seed, |i, x| if (900..1050).contains(&i) { 20.25 } else { 20.0 + x });
        let shift = found(&values, 900..1050, ShiftKind::Flat);
        assert!((shift.window - 20.25).abs() < 1e-12, "{shift:?}");
        // A gauge in whole numbers often repeats itself, but not for that long.
        let whole =
            noisy(3000, seed, |i, x| if (900..1050).contains(&i) { 20.0 } else { (20.0 + x).round() });
        found(&whole, 900..1050, ShiftKind::Flat);
    }
}

#[test]
fn a_change_of_variance_is_found_and_named() {
    for seed in SEEDS {
        let wider = noisy(3000, seed, |i, x| x * if (2200..2350).contains(&i) { 4.0 } else { 1.0 });
        let shift = found(&wider, 2200..2350, ShiftKind::Wider);
        assert!(shift.window > 2.0 * shift.baseline, "{shift:?}");
        let narrower = noisy(3000, seed, |i, x| x * if (2200..2350).contains(&i) { 0.1 } else { 1.0 });
        let shift = found(&narrower, 2200..2350, ShiftKind::Narrower);
        assert!(shift.window < 0.5 * shift.baseline, "{shift:?}");
    }
}

#[test]
fn a_slow_leak_is_found_and_named() {
    for seed in SEEDS {
        let values = noisy(4000, seed, |i, x| 500.0 + x + 0.01 * i.saturating_sub(3200) as f64);
        let shift = found(&values, 3400..4000, ShiftKind::Trend);
        assert!(shift.window > shift.baseline + 2.0, "{shift:?}");
    }
}

fn busy_by_day(i: usize) -> f64 {
    // 288 points of five minutes a day: quiet nights, a hump in the middle of the day.
    let hour = (i % 288) as f64 / 12.0 - 12.0;
    (100.0 - hour * hour).max(0.0)
}

#[test]
fn a_broken_day_is_found_and_ordinary_peaks_are_not() {
    for seed in SEEDS {
        // On the eighth day the hump does not come; its level is one of every night.
        let values =
            noisy(288 * 12, seed, |i, x| 50.0 + 2.0 * x + if i / 288 == 7 { 0.0 } else { busy_by_day(i) });
        let (window, bits, shifts) = dearest(values.clone(), DAY_NANOS / 288);
        assert!(window.start / 288 == 7 && bits > 10.0, "{window:?} {bits}");
        assert!(shifts[0].kind == ShiftKind::Lower, "{shifts:?}");
        assert!(shifts[0].baseline > shifts[0].window + 30.0, "{shifts:?}");
        let plan = plan(values.len());
        let scores = score(&[channel(values)], &every(DAY_NANOS / 288, 288 * 12), &plan);
        for (w, &score) in scores.iter().enumerate() {
            let days = (plan.range(w).start / 288, (plan.range(w).end - 1) / 288);
            assert!(days.0 == 7 || days.1 == 7 || crate::fixed::bits(score) < 12.0, "{w}: {score}");
        }
    }
}

#[test]
fn a_steady_trend_is_no_news_at_its_ends() {
    for seed in SEEDS {
        let values = noisy(4000, seed, |i, x| 10.0 + 0.01 * i as f64 + x);
        let plan = plan(values.len());
        let scores = score(&[channel(values)], &every(MINUTE_NANOS, 4000), &plan);
        let ends = (0..20).chain(plan.count - 20..plan.count).map(|w| bits(scores[w]));
        assert!(ends.fold(0.0, f64::max) < 12.0, "{scores:?}");
    }
}

/// 7.5 bits are a chance of 1 in 181 for one look at a window; fifteen looks at it, weighed, make it no more than 1 in 50.
#[test]
fn noise_is_not_unusual() {
    let mut above = 0;
    let mut all = 0;
    for seed in 1..20 {
        let values = noisy(3000, seed, |_, x| x);
        let plan = plan(values.len());
        let scores = score(&[channel(values)], &vec![NO_TIME; 3000], &plan);
        above += scores.iter().filter(|&&s| bits(s) > 7.5).count();
        all += scores.len();
    }
    assert!(above * 50 <= all, "{above} of {all}");
}

#[test]
fn a_channel_that_few_events_carry_is_measured_where_it_is() {
    let mut sparse = channel(noisy(300, 9, |i, x| x + if (200..212).contains(&i) { 9.0 } else { 0.0 }));
    sparse.positions = (0..300).map(|i| i * 10 + i % 7).collect();
    let plan = plan(3000);
    let channels = [channel(vec![1.0; 3000]), sparse];
    let times = vec![NO_TIME; 3000];
    let values = Values::new(numbers(&channels, &times), &plan, &Log2::default());
    let scores = values.scores();
    let peak = (0..plan.count).max_by_key(|&w| scores[w]).expect("windows");
    let range = plan.range(peak);
    assert!(range.start >= 1950 && range.end <= 2170, "{range:?}");
    assert!(
        explain(&values, numbers(&channels, &times), &plan, peak..peak + 1, peak)[0].kind
            == ShiftKind::Higher
    );
    assert!(score(&[], &[], &plan).iter().all(|s| *s == 0));
}

#[test]
fn windows_are_judged_by_the_values_of_an_anchor() {
    let key = StreamKey { signal: Signal::Metric, service: None, name: "m".to_owned() };
    let mut builder = StreamBuilder::new(key);
    (0..1600).for_each(|_| builder.push(&Event::new("x", ByteRange::default())));
    let mut stream = builder.finish();
    stream.anchored = 1000;
    let baseline = crate::Baseline::Anchor { file_name: "good.log".to_owned(), sha256: "0".repeat(64) };
    let plan = Plan::new(&stream, &Config { baseline, ..Config::default() }).expect("long enough");
    let like_it = score(&[channel(noisy(1600, 4, |_, x| x))], &vec![NO_TIME; 1600], &plan);
    assert!(like_it.iter().all(|s| bits(*s) < 12.0), "{like_it:?}");
    let all_higher = noisy(1600, 4, |i, x| x + if i >= 1000 { 5.0 } else { 0.0 });
    let higher = score(&[channel(all_higher)], &vec![NO_TIME; 1600], &plan);
    assert!(higher.iter().all(|s| bits(*s) > 10.0), "{higher:?}");
}

#[test]
fn a_moving_baseline_judges_as_one_made_anew() {
    let configs = [
        Config::default(),
        Config { baseline: crate::Baseline::Trailing { events: 600 }, ..Config::default() },
        Config { baseline: crate::Baseline::Events { first: 200, end: 900 }, ..Config::default() },
    ];
    let key = StreamKey { signal: Signal::Metric, service: None, name: "m".to_owned() };
    let mut builder = StreamBuilder::new(key);
    (0..1500).for_each(|_| builder.push(&Event::new("x", ByteRange::default())));
    let stream = builder.finish();
    let values = channel(noisy(1500, 3, |i, x| (x * 2.0).round() + if i > 1300 { 3.0 } else { 0.0 }));
    for config in configs {
        let plan = Plan::new(&stream, &config).expect("long enough");
        let (groups, tiles) = (groups(&plan), Tiles::new(&plan));
        let known =
            Values::new(numbers(std::slice::from_ref(&values), &[NO_TIME; 1500]), &plan, &Log2::default());
        let measured = &known.channels[0].measured;
        for look in LOOKS {
            let mut told = vec![0.0; plan.count];
            rolling::surpluses(measured.sided(look), tiles, &groups, |w, bits| told[w] = bits);
            for (w, &told) in told.iter().enumerate() {
                let anew = rolling::surplus(measured.sided(look), tiles, &tiles.baseline(w), w);
                assert!((told - anew).abs() < 1e-9, "{look:?} {w}: {told} {anew}");
            }
        }
    }
}

#[test]
fn a_deck_tells_a_shifted_window_from_a_dealt_one() {
    let values = noisy(400, 5, |i, x| x + if i < 20 { 1.5 } else { 0.0 });
    let plan = plan(400);
    let channels = [channel(values)];
    let times = vec![NO_TIME; 400];
    let log2 = Log2::default();
    let values = Values::new(numbers(&channels, &times), &plan, &log2);
    let key = StreamKey { signal: Signal::Metric, service: None, name: "m".to_owned() };
    let run = |positions: std::ops::Range<usize>| {
        let mut deck = values.deck(numbers(&channels, &times), &positions.clone().collect::<Vec<_>>(), &log2);
        assert_eq!(Deck::len(&deck), positions.len());
        test(&mut deck, 20, 999, &mut generator(1, &key, Lens::Values, 0)).exact.value
    };
    assert!(run(0..400) <= 0.005);
    assert!(run(100..400) > 0.02);
}

#[test]
fn a_single_value_far_out_has_its_own_evidence() {
    let channels = [channel(noisy(2000, 8, |i, x| x + if i == 500 { 15.0 } else { 0.0 }))];
    let (plan, times) = (plan(2000), vec![NO_TIME; 2000]);
    let values = Values::new(numbers(&channels, &times), &plan, &Log2::default());
    let at = |window: usize| values.single_bits(numbers(&channels, &times), &plan, window);
    for window in 0..plan.count {
        let holds = plan.range(window).contains(&500);
        assert!(if holds { at(window) > 15.0 } else { at(window) < 8.0 }, "{window}: {}", at(window));
    }
}

#[test]
fn a_growing_series_tells_a_change_once_and_gets_used_to_it() {
    let values = noisy(4000, 11, |i, x| x + if i >= 2000 { 8.0 } else { 0.0 });
    let points: Vec<(i64, f64)> = every(MINUTE_NANOS, 4000).into_iter().zip(values).collect();
    let judged = stream_values(&points);
    let alarms: Vec<usize> = (0..4000).filter(|&i| judged[i].flagged).collect();
    assert!(alarms.contains(&2000), "{alarms:?}");
    assert!(alarms.iter().filter(|i| (2001..3000).contains(*i)).count() <= 1, "{alarms:?}");
    assert!(alarms.iter().filter(|i| **i > 1000).count() <= 3, "{alarms:?}");
}

#[test]
fn a_growing_series_skips_what_is_not_finite() {
    let mut points: Vec<(i64, f64)> = (0..500).map(|i| (i * MINUTE_NANOS, (i % 7) as f64)).collect();
    let plain = stream_values(&points);
    points.insert(300, (300 * MINUTE_NANOS, f64::NAN));
    let mut with = stream_values(&points);
    assert_eq!(with.remove(300), StreamPoint::default());
    assert_eq!(with, plain);
}

#[test]
fn enormous_values_and_times_do_no_harm() {
    let mut values = noisy(600, 2, |_, x| x);
    (values[300], values[301]) = (f64::MAX, f64::MIN);
    let mut times = every(MINUTE_NANOS, 600);
    (times[0], times[599]) = (i64::MIN + 1, i64::MAX);
    let scores = score(&[channel(values.clone())], &times, &plan(600));
    let peak = (0..scores.len()).max_by_key(|&w| scores[w]).expect("windows");
    assert!(plan(600).range(peak).contains(&300));
    let points: Vec<(i64, f64)> = times.into_iter().zip(values).collect();
    let judged = stream_values(&points);
    assert!(judged[300].flagged && judged.iter().all(|point| point.bits.is_finite()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn scores_do_not_depend_on_the_units(seed in 0_u64..1000, power in -8_i32..8, offset in -1000_i32..1000) {
        let values = noisy(600, seed, |i, x| (x * 64.0).round() + if i > 500 { 200.0 } else { 0.0 });
        let scale = libm::ldexp(1.0, power);
        let other: Vec<f64> = values.iter().map(|x| x * scale + f64::from(offset)).collect();
        let plan = plan(600);
        let times = every(MINUTE_NANOS, 600);
        prop_assert_eq!(score(&[channel(values)], &times, &plan), score(&[channel(other)], &times, &plan));
    }

    #[test]
    fn a_decks_statistic_is_that_of_its_labels(seed in 0_u64..1000, count in 30_usize..200) {
        let plan = plan(200);
        let mut some = channel(noisy(200, seed, |_, x| x));
        some.positions.retain(|p| p % 3 != 0);
        some.values.truncate(some.positions.len());
        let channels = [channel(noisy(200, seed + 1, |_, x| x.round())), some];
        let times = vec![NO_TIME; 200];
        let log2 = Log2::default();
        let values = Values::new(numbers(&channels, &times), &plan, &log2);
        let positions: Vec<usize> = (0..count).collect();
        let mut deck = values.deck(numbers(&channels, &times), &positions, &log2);
        let window: Vec<u32> = (0..10).collect();
        let observed = deck.statistic(&window);
        // Another order of the same labels, and a deck in which the window stands elsewhere.
        let reversed: Vec<u32> = window.iter().rev().copied().collect();
        prop_assert_eq!(deck.statistic(&reversed), observed);
        let turned: Vec<usize> = positions.iter().rev().copied().collect();
        let last: Vec<u32> = (count as u32 - 10..count as u32).rev().collect();
        let again = values.deck(numbers(&channels, &times), &turned, &log2).statistic(&last);
        // The means are summed in another order there.
        prop_assert!((again - observed).abs() <= 2, "{} {}", again, observed);
    }

    #[test]
    fn the_future_changes_nothing(seed in 0_u64..1000, cut in 41_usize..400) {
        let values = noisy(400, seed, |_, x| x);
        let points: Vec<(i64, f64)> = every(MINUTE_NANOS, 400).into_iter().zip(values).collect();
        let whole = stream_values(&points);
        prop_assert_eq!(&stream_values(&points[..cut])[..], &whole[..cut]);
    }
}
