//! A share that rises or falls in a field of few values, where no two events say the same: it is found, and named.

mod common;

use std::ops::Range;

use cbad::{Field, Finding, Lens, Way};
use common::{Dice, int, text};

const EVENTS: u64 = 8_000;

const FAULT: Range<u64> = 5_000..5_400;

/// A page of very many, of which some are asked for often.
fn page(dice: &mut Dice) -> String {
    let often = dice.below(3) > 0;
    let seed = if often { dice.below(40) } else { 40 + dice.below(4_000) };
    let word = |of: u32| -> String {
        (0..4 + of % 3)
            .map(|at| {
                char::from(
                    b'a' + (seed * 7 + of * 5 + at * (seed % 11 + 3)).wrapping_mul(2_654_435) as u8 % 26,
                )
            })
            .collect()
    };
    format!("/{}/{}/{}", word(1), word(2), word(seed % 17))
}

fn one_in(dice: &mut Dice, usually: u32) -> bool {
    dice.below(usually) == 0
}

fn request(dice: &mut Dice, status: u32, region: &str) -> (String, Vec<Field>) {
    let usual = [200, 200, 200, 200, 200, 304, 304, 404][dice.below(8) as usize];
    let status = if status == 200 { usual } else { status };
    let method = if one_in(dice, 10) { "POST" } else { "GET" };
    let body = format!("{method} {}", page(dice));
    let fields = vec![
        text("method", method),
        int("status", status),
        int("bytes", dice.below(90_000)),
        text("region", region),
        text("agent", dice.word(9)),
    ];
    (body, fields)
}

/// A value that comes too often is found, and named, and without some of its events the window would be as any other.
fn is_found_and_undone(name: &str, make: impl Fn(bool, &mut Dice) -> (String, Vec<Field>)) {
    let finding = is_found_by_its_share(name, make);
    let undone = finding.explanation.counterfactual.expect("it is flagged");
    assert_eq!(undone.way, Way::Events, "{name}: {undone:?}");
    assert!(undone.events.iter().all(|event| FAULT.contains(event)), "{name}: {undone:?}");
}

fn is_found_by_its_share(name: &str, make: impl Fn(bool, &mut Dice) -> (String, Vec<Field>)) -> Finding {
    let findings = common::findings(name, EVENTS, |position, dice| make(FAULT.contains(&position), dice));
    let finding = common::found(name, &findings, &FAULT);
    let named: Vec<&str> = finding.explanation.shifts.iter().map(|shift| &*shift.name).collect();
    assert!(named.contains(&name), "{name}: {named:?}");
    assert!(finding.explanation.lenses.contains(&Lens::Values), "{name}");
    finding.clone()
}

fn a_region(dice: &mut Dice) -> &'static str {
    ["eu-1", "eu-2", "us-1", "us-2", "ap-1"][dice.below(5) as usize]
}

#[test]
fn a_status_that_comes_ten_times_as_often_is_found() {
    is_found_and_undone("status=500", |is_fault, dice| {
        let status = if one_in(dice, if is_fault { 10 } else { 100 }) { 500 } else { 200 };
        let region = a_region(dice);
        request(dice, status, region)
    });
}

#[test]
fn a_status_that_never_came_is_found() {
    is_found_and_undone("status=503", |is_fault, dice| {
        let status = if is_fault && one_in(dice, 20) { 503 } else { 200 };
        let region = a_region(dice);
        request(dice, status, region)
    });
}

#[test]
fn a_region_that_falls_silent_is_found() {
    is_found_by_its_share("region=eu-1", |is_fault, dice| {
        let region =
            if is_fault { ["eu-2", "us-1", "us-2", "ap-1"][dice.below(4) as usize] } else { a_region(dice) };
        request(dice, 200, region)
    });
}

#[test]
fn a_number_of_an_event_that_comes_more_often_is_found() {
    is_found_and_undone("EventID=4625", |is_fault, dice| {
        let id = if one_in(dice, if is_fault { 6 } else { 50 }) {
            4625
        } else {
            [4624, 4634, 4672][dice.below(3) as usize]
        };
        let fields = vec![int("EventID", id), text("TargetUserName", dice.word(8)), int("LogonType", 3)];
        (format!("Security {} {}", dice.word(5), dice.word(6)), fields)
    });
}

/// Of a queue of a few jobs most depths are common values: where it is long they are missing, and the number says how long it is.
#[test]
fn a_number_of_few_values_is_told_as_a_number() {
    let findings = common::findings("jobs", EVENTS, |position, dice| {
        let jobs = (0..4).map(|_| dice.below(7)).sum::<u32>();
        let depth = if FAULT.contains(&position) { jobs + 30 + dice.below(60) } else { jobs };
        ("job finished".to_owned(), vec![int("depth", depth), text("queue", a_region(dice))])
    });
    let finding = common::found("depth", &findings, &FAULT);
    let sentence = &finding.explanation.sentence;
    assert!(sentence.contains("“depth” is higher than usual"), "{sentence}");
    let shifts: Vec<&str> = finding.explanation.shifts.iter().map(|shift| &*shift.name).collect();
    assert_eq!(shifts, ["depth", "depth=12"]);
}

#[test]
fn a_day_as_any_other_is_no_finding() {
    let findings = common::findings("requests", EVENTS, |_, dice| {
        let region = a_region(dice);
        let status = if one_in(dice, 100) { 500 } else { 200 };
        request(dice, status, region)
    });
    let flagged: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.flagged)
        .map(|finding| &*finding.explanation.sentence)
        .collect();
    assert!(flagged.is_empty(), "{flagged:?}");
}
