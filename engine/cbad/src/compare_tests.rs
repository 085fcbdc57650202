use super::*;
use crate::builder::StreamBuilder;
use crate::event::{ByteRange, Event, Field, Severity, StreamKey, Value};
use crate::watch::Unwatched;

const SECOND: u64 = 1_000_000_000;

fn event(number: usize, line: &str, millis: i64) -> Event {
    let mut event = Event::new(line, ByteRange::default());
    event.time_nanos = Some((number as u64 * SECOND) as i64);
    event.severity = Some(Severity::Info);
    let region = if line.contains("refused") { "west" } else { "east" };
    for (path, value) in [("region", Value::Text(region.to_owned())), ("wait_ms", Value::Int(millis))] {
        event.fields.push(Field { path: path.to_owned(), value });
    }
    event
}

/// Lines on either side, one a second, with a number each.
fn compared(before: &[(&str, i64)], after: &[(&str, i64)], seconds_after: u64) -> Comparison {
    let key = StreamKey { signal: Signal::Log, service: None, name: "shop.log".to_owned() };
    let mut builder = StreamBuilder::new(key);
    for (number, (line, millis)) in before.iter().enumerate() {
        builder.push(&event(number, line, *millis));
    }
    builder.leave_gap();
    builder.end_anchor();
    for (number, (line, millis)) in after.iter().enumerate() {
        builder.push(&event(10_000 + number, line, *millis));
    }
    let nanos = [Some(before.len() as u64 * SECOND), Some(seconds_after * SECOND)];
    compare(&builder.finish(), nanos, &Unwatched).expect("nobody cancels")
}

/// Orders and payments by turns; `offset` makes every wait so much longer.
fn ordinary(count: usize, offset: i64) -> Vec<(&'static str, i64)> {
    let line = |i: usize| if i.is_multiple_of(3) { "order placed" } else { "payment done" };
    (0..count).map(|i| (line(i), (i * 37 % 100) as i64 + offset)).collect()
}

fn told(comparison: &Comparison) -> Vec<(Aspect, Change, &str)> {
    comparison.differences.iter().map(|d| (d.aspect, d.change, d.name.as_str())).collect()
}

#[test]
fn what_is_the_same_on_both_sides_is_no_difference() {
    let comparison = compared(&ordinary(400, 0), &ordinary(200, 0), 200);
    assert_eq!(told(&comparison), []);
    assert_eq!(comparison.events, [400, 200]);
    assert!(comparison.compared > 6, "kinds, words, values, a number and the pace: {}", comparison.compared);
}

#[test]
fn what_is_new_and_what_is_gone_is_told_with_its_counts() {
    let before = ordinary(400, 0);
    let mut after: Vec<_> =
        before[..200].iter().copied().filter(|(line, _)| !line.contains("order")).collect();
    after.extend([("connection refused by db", 50); 60]);
    let seconds = after.len() as u64;
    let comparison = compared(&before, &after, seconds);
    let told = told(&comparison);
    let is_told = |aspect, change, part: &str| {
        told.iter().any(|(a, c, name)| (*a, *c) == (aspect, change) && name.contains(part))
    };
    assert!(is_told(Aspect::Kind, Change::New, "connection refused by db"), "{told:?}");
    assert!(is_told(Aspect::Kind, Change::Gone, "order placed"), "{told:?}");
    assert!(is_told(Aspect::Value, Change::New, "region=west"), "{told:?}");
    assert!(!is_told(Aspect::Word, Change::New, "refused"), "they are the words of the new kind: {told:?}");
    assert!(!is_told(Aspect::Pace, Change::Higher, "events"), "one a second on both sides: {told:?}");
    let new = comparison.differences.iter().find(|d| d.change == Change::New).expect("it is told");
    assert_eq!(
        new.amounts,
        Amounts::Events { before: 0, after: 60, of_before: 400, of_after: after.len() as u64 }
    );
    assert_eq!(new.event, Some(400 + after.len() as u64 - 60), "the first event that shows it");
    // The smaller direction: 400 events without the kind, of which after a good 3 of 10 are.
    assert!((190.0..240.0).contains(&new.bits), "{}", new.bits);
}

#[test]
fn numbers_and_pace_are_compared_as_numbers() {
    let slow = compared(&ordinary(400, 0), &ordinary(200, 60), 100);
    let told = told(&slow);
    assert!(told.contains(&(Aspect::Number, Change::Higher, "wait_ms")), "{told:?}");
    assert!(told.contains(&(Aspect::Pace, Change::Higher, "events")), "{told:?}");
    let waits = slow.differences.iter().find(|d| d.aspect == Aspect::Number).expect("it is told");
    assert_eq!(waits.both_sides(), ("49".to_owned(), "109".to_owned()));
    assert_eq!(waits.sentence(), "“wait_ms” is higher: its middle is 109, before 49.");
    let pace = slow.differences.iter().find(|d| d.aspect == Aspect::Pace).expect("it is told");
    assert_eq!(pace.sentence(), "Events come faster: 2 a second, before 1 a second.");
    let at_once = Difference { amounts: Amounts::Pace { before: 3.1, after: 0.0 }, ..pace.clone() };
    assert_eq!(at_once.sentence(), "Events come faster: all at one instant, before 3.1 a second.");
    let amounts = Amounts::Quantiles { before: [0.0, 0.0, 2.0], after: [0.0, 0.0, 9.0], unit: Unit::Nanos };
    let reach = Difference { amounts, ..waits.clone() };
    assert_eq!(reach.sentence(), "“wait_ms” is higher: 0 ns to 9 ns, before 0 ns to 2 ns.");
}

#[test]
fn an_empty_side_has_nothing_to_compare() {
    let comparison = compared(&[], &ordinary(50, 0), 50);
    assert_eq!((comparison.events, comparison.compared), ([0, 50], 0));
}

#[test]
fn a_few_events_that_one_side_has_by_chance_are_no_difference() {
    let mut before = ordinary(200, 0);
    before[..4].fill(("a rare word", 50));
    assert_eq!(
        told(&compared(&before, &ordinary(200, 0), 200)),
        [],
        "four of two hundred on one of two sides"
    );
    // The other way round it is the same evidence.
    let mut after = ordinary(200, 0);
    after[..40].fill(("a rare word", 50));
    let there = compared(&ordinary(400, 0), &after, 200);
    let back = compared(&after, &ordinary(400, 0), 400);
    let bits = |comparison: &Comparison, change| {
        comparison.differences.iter().find(|d| d.change == change && d.aspect == Aspect::Kind).map(|d| d.bits)
    };
    assert_eq!(bits(&there, Change::New), bits(&back, Change::Gone));
    assert!(bits(&there, Change::New).is_some());
}

#[test]
fn shares_of_whole_streams_are_weighed_like_kinds() {
    let bits = shares_bits(&[(100, 100), (100, 100), (0, 50)]);
    assert!(bits[2] > 60.0 && bits[0] < bits[2] / 5.0, "{bits:?}");
}

#[test]
fn words_tell_new_from_less() {
    let difference = |aspect, change, before, after| Difference {
        aspect,
        change,
        name: "region=west".to_owned(),
        amounts: Amounts::Events { before, after, of_before: 1200, of_after: 1000 },
        bits: 9.0,
        event: None,
    };
    for (difference, sentence) in [
        (difference(Aspect::Value, Change::New, 0, 60), "The field value “region=west” is new: 60 times."),
        (
            difference(Aspect::Word, Change::Gone, 1200, 0),
            "The word “region=west” is gone: 1,200 times before.",
        ),
        (
            difference(Aspect::Kind, Change::Less, 12, 1),
            "The kind of event “region=west” comes less often: 0.1 %, before 1 %.",
        ),
    ] {
        assert_eq!(difference.sentence(), sentence);
    }
}
