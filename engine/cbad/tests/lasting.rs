//! A change that lasts is part of the baseline of its own windows: it is told of the stream as a whole, and told once.

#[allow(dead_code, reason = "each test takes what it needs")]
mod common;

use std::ops::Range;

use cbad::{Baseline, Config, Field, Finding, Lens, Shift, ShiftKind, Stretch, Variation};
use common::{Dice, findings, findings_under, int, text};

const EVENTS: u64 = 6_000;

/// Lines of a shop in ten sorts, each with the time that it took.
fn usual(dice: &mut Dice) -> (String, Vec<Field>) {
    let what = match dice.below(20) {
        0..7 => "order read",
        7..12 => "items listed",
        12..15 => "cache hit",
        15 => "cache miss",
        16 => "session opened",
        17 => "session closed",
        18 => "job enqueued",
        _ => "job finished",
    };
    let took = 20 + dice.below(20) + dice.below(20);
    (what.to_owned(), vec![int("took_ms", took), text("user", dice.word(8))])
}

/// The usual lines, of which one in twenty is another one within a stretch.
fn refused(changed: Range<u64>) -> impl FnMut(u64, &mut Dice) -> (String, Vec<Field>) {
    move |position, dice| {
        let (what, fields) = usual(dice);
        let is_refused = changed.contains(&position) && dice.below(20) == 0;
        (if is_refused { "connection to db-primary refused".to_owned() } else { what }, fields)
    }
}

fn lasting(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.lasting.is_some()).collect()
}

fn first_shift(finding: &Finding) -> &Shift {
    finding.explanation.shifts.first().expect("what lasts is told")
}

#[test]
fn a_new_kind_that_stays_is_told_once_from_where_it_begins() {
    let findings = findings("stays", EVENTS, refused(3_500..EVENTS));
    let found = lasting(&findings);
    assert_eq!(found.len(), 1, "{found:?}");
    let (finding, first) = (found[0], first_shift(found[0]));
    assert_eq!(&findings[0], finding, "it is the first");
    assert!(finding.flagged && finding.explanation.lens == Lens::Mix, "{finding:?}");
    assert!((3_500..3_560).contains(&finding.first_event), "{}", finding.first_event);
    assert_eq!(finding.last_event, EVENTS - 1);
    let told = finding.lasting.expect("it lasts");
    assert!(told.stays && told.others == finding.first_event && told.p < 1e-3, "{told:?}");
    assert!(first.name.contains("refused") && first.kind == ShiftKind::MoreOften, "{first:?}");
    assert!((4.0..6.5).contains(&first.window) && first.baseline == 0.0, "{first:?}");
    let sentence = &finding.explanation.sentence;
    assert!(sentence.contains("and stayed so to the end: “connection to db-primary refused"), "{sentence}");
    let paragraph = &finding.explanation.paragraph;
    assert!(paragraph.contains("It lasts: 2,") && paragraph.contains("64 blocks"), "{paragraph}");
    let stability = finding.explanation.stability.as_ref().expect("it is looked at");
    let tried: Vec<Variation> = stability.cells.iter().map(|cell| cell.what).collect();
    assert_eq!(tried[..2], [Variation::Blocks(48), Variation::Blocks(96)]);
    assert!(tried.len() == 5 && stability.cells.iter().all(|cell| cell.holds), "{stability:?}");
    assert!(paragraph.contains("It holds with 48 and 96 blocks and with 3 other sets"), "{paragraph}");
    let again = findings[1..].iter().filter(|finding| finding.explanation.sentence.contains("refused"));
    assert_eq!(again.count(), 0, "what it says is not said again");
}

#[test]
fn numbers_that_are_higher_for_long_are_told_with_both_levels() {
    let changed = 1_800..3_800;
    let findings = findings("took", EVENTS, |position, dice| {
        let (what, mut fields) = usual(dice);
        if changed.contains(&position) {
            fields[0] = int("took_ms", 30 + dice.below(20) + dice.below(20));
        }
        (what, fields)
    });
    let found = lasting(&findings);
    assert_eq!(found.len(), 1, "{found:?}");
    let first = first_shift(found[0]);
    assert_eq!((first.kind, &*first.name), (ShiftKind::Higher, "took_ms"));
    assert!((46.0..52.0).contains(&first.window) && (36.0..42.0).contains(&first.baseline), "{first:?}");
    let told = found[0].lasting.expect("it lasts");
    assert!(!told.stays && told.others + found[0].last_event + 1 - found[0].first_event == EVENTS);
    let off = found[0].first_event.abs_diff(changed.start) + found[0].last_event.abs_diff(changed.end);
    assert!(off < 200, "{} to {}", found[0].first_event, found[0].last_event);
}

#[test]
fn where_nothing_changes_nothing_lasts() {
    let unchanged = findings("unchanged", EVENTS, |_, dice| usual(dice));
    assert!(lasting(&unchanged).is_empty());
    // A burst is for windows to see.
    let burst = findings("burst", EVENTS, |position, dice| match position {
        3_000..3_040 => ("disk full".to_owned(), Vec::new()),
        _ => usual(dice),
    });
    assert!(lasting(&burst).is_empty() && burst[0].flagged);
}

#[test]
fn what_is_known_to_be_ordinary_does_not_last() {
    let events = 2_000;
    let changed = refused(1_200..events);
    assert_eq!(lasting(&findings("known", events, changed)).len(), 1);
    let stretch = Stretch { stream: "known".to_owned(), first_event: 1_000, last_event: events - 1 };
    let dismissed = Config { dismissed: vec![stretch], ..Config::default() };
    let marked = Config { baseline: Baseline::Events { first: 0, end: 1_000 }, ..Config::default() };
    for config in [dismissed, marked] {
        let findings = findings_under(&config, "known", events, refused(1_200..events));
        assert!(lasting(&findings).is_empty(), "{config:?}");
    }
}
