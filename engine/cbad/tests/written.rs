//! A measurement that stands in the text of messages and shifts there: it is found, and named.

mod common;

use std::ops::Range;

use cbad::{Field, Lens};
use common::{Dice, int, text};

const EVENTS: u64 = 8_000;

const FAULT: Range<u64> = 5_000..5_300;

/// A time of about so many milliseconds: as likely half as double.
fn about(millis: u32, dice: &mut Dice) -> u32 {
    let lots: u32 = (0..8).map(|_| dice.below(256)).sum();
    (f64::from(millis) * (f64::from(lots) / 1_024.0 - 1.0).mul_add(1.5, 0.0).exp2()) as u32 + 1
}

fn said(dice: &mut Dice, took: u32) -> (String, Vec<Field>) {
    let page = ["cart", "search", "checkout", "login"][dice.below(4) as usize];
    let body = match dice.below(3) {
        0 => format!("served /{page}/{} in {took} ms", dice.word(5)),
        1 => format!("INFO served page={page} user={} in {took} ms", dice.word(6)),
        _ => format!("session {} of {page} kept", dice.word(7)),
    };
    (body, vec![text("host", ["a", "b"][dice.below(2) as usize]), int("pid", 812)])
}

#[test]
fn a_time_in_the_text_that_doubles_is_found() {
    let findings = common::findings("served", EVENTS, |position, dice| {
        let usual = if FAULT.contains(&position) { 60 } else { 24 };
        let took = about(usual, dice);
        said(dice, took)
    });
    let finding = common::found("served", &findings, &FAULT);
    assert!(finding.explanation.lenses.contains(&Lens::Values));
    let sentence = &finding.explanation.sentence;
    assert!(sentence.contains("in …” is higher than usual"), "{sentence}");
}

#[test]
fn a_time_that_one_line_in_twelve_has_is_found() {
    let findings = common::findings("reindexed", EVENTS, |position, dice| {
        let usual = if FAULT.contains(&position) { 72 } else { 24 };
        let took = about(usual, dice);
        let line = said(dice, took);
        let page = dice.word(5);
        let body = if dice.below(12) == 0 {
            format!("reindexed {page} in {took} ms")
        } else {
            format!("kept {page}")
        };
        (body, line.1)
    });
    let finding = common::found("reindexed", &findings, &FAULT);
    let sentence = &finding.explanation.sentence;
    assert!(sentence.contains("in …” is higher than usual"), "{sentence}");
}

#[test]
fn a_day_as_any_other_is_no_finding() {
    let findings = common::findings("served", EVENTS, |_, dice| {
        let took = about(24, dice);
        said(dice, took)
    });
    assert!(findings.iter().all(|finding| !finding.flagged));
}
