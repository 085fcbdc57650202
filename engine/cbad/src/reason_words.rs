//! How sure a finding is, what would undo it and whether it holds, in plain words.

use crate::counterfactual::{Counterfactual, Way};
use crate::event::Signal;
use crate::lasting;
use crate::result::{Finding, PValue};
use crate::stability::{Stability, Variation};
use crate::words::Told;
use crate::{shift_words, words};

/// Most positions that are named one by one.
const NAMED: usize = 5;

/// Ranks, corrections and shuffles, each with what it means.
pub(crate) fn how_sure(finding: &Finding, told: &Told<'_>) -> String {
    if let Some(lasting) = &finding.lasting {
        return lasting::words::how_sure(finding, lasting);
    }
    let mut parts = Vec::new();
    let window = told.window;
    let (other, place) = if told.is_anchored { ("", "the anchor") } else { ("other ", "this stream") };
    match (finding.p_tail, finding.p_conformal) {
        (Some(tail), Some(rank)) => {
            let of = rank.n;
            let above = ((rank.value * f64::from(of + 1)).round() as u32).saturating_sub(1);
            let many = match above {
                0 => "none is as unusual".to_owned(),
                1 => "1 is as unusual".to_owned(),
                n => format!("{n} are as unusual"),
            };
            let (least, p) = (if tail.value <= tail.floor { "at most " } else { "" }, p_of(tail));
            parts.push(format!(
                "How sure: of {of} {other}windows of {window} events in {place} {many}; by chance {least}one in \
                 {} would be (p = {p}).",
                one_in(tail.value)
            ));
        }
        _ => parts.push("How sure: there is not enough history to say how rare this is.".to_owned()),
    }
    if let Some(q) = finding.q {
        let q_value = scientific(q);
        parts.push(match q {
            _ if finding.flagged => {
                format!("Of findings this sure, {} are expected to be false alarms (q = {q_value}).", percent(q))
            }
            q if q < 0.5 => format!(
                "Of findings this sure, {} are expected to be false alarms (q = {q_value}), which is more than was asked for.",
                percent(q)
            ),
            _ => format!("With so many windows looked at, it may well be chance (q = {q_value})."),
        });
    }
    if let Some(p) = finding.p_permutation {
        let (extreme, p_value) = (extreme(p), scientific(p.value));
        let many = if extreme == 0 { "None".to_owned() } else { extreme.to_string() };
        parts.push(format!(
            "{many} of {} random shuffles of the window into its baseline {} as unusual (p = {p_value}).",
            p.n,
            if extreme > 1 { "are" } else { "is" }
        ));
    }
    if let Some(test) = finding.p_block.filter(|test| test.block > 1) {
        parts.push(format!(
            "Events of this stream come in clusters; shuffled in runs of {}, p = {}.",
            test.block,
            scientific(test.p.value)
        ));
    }
    parts.join(" ")
}

/// How many permutations were as extreme: the tenth ends a test early, otherwise p = (b + 1) / (m + 1).
pub(crate) fn extreme(p: PValue) -> u32 {
    let of_stopped = (p.value * f64::from(p.n)).round();
    if (of_stopped / f64::from(p.n) - p.value).abs() < 1e-12 {
        return of_stopped as u32;
    }
    ((p.value * f64::from(p.n + 1)).round() as u32).saturating_sub(1)
}

fn p_of(p: PValue) -> String {
    if p.value <= p.floor { format!("{} or less", scientific(p.floor)) } else { scientific(p.value) }
}

/// 1 / p to two digits, with separators.
pub(crate) fn one_in(p: f64) -> String {
    let mut whole = (1.0 / p).round() as u64;
    let mut unit = 1;
    while whole / unit >= 100 {
        unit *= 10;
    }
    whole = (whole + unit / 2) / unit * unit;
    words::grouped(whole)
}

pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 0.1 { "less than 0.1 %".to_owned() } else { format!("about {} %", words::rounded(percent)) }
}

pub(crate) fn scientific(p: f64) -> String {
    if p >= 0.001 { format!("{p:.3}") } else { format!("{p:.1e}") }
}

/// What would have to be otherwise.
pub(crate) fn counterfactual(known: &Counterfactual, window: usize, signal: Signal) -> String {
    let events = words::events(signal);
    let not = "would not have been flagged";
    match &known.way {
        Way::Events => {
            let these = match known.events.len() {
                1 => format!("this one {}", words::event_noun(signal)),
                n => format!("these {n} {events}"),
            };
            format!("Without {these} ({}) the most unusual window {not}.", positions(&known.events))
        }
        Way::Pause { nanos } => {
            format!("With a pause of no more than {} it {not}.", words::duration(*nanos as i64))
        }
        Way::Faster { nanos } => format!(
            "Had the {window} {events} of the most unusual window come within {}, it {not}.",
            words::duration(*nanos as i64)
        ),
        Way::Slower { nanos } => format!(
            "Had the {window} {events} of the most unusual window taken at least {}, it {not}.",
            words::duration(*nanos as i64)
        ),
        Way::Present { names } => {
            let shown: Vec<String> = names.iter().take(3).map(|name| shift_words::quoted(name)).collect();
            let more = match names.len().saturating_sub(3) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            format!("Had {}{more} come as often as usual, the most unusual window {not}.", shown.join(", "))
        }
        Way::Whole => format!(
            "The most unusual window is unusual throughout: leaving out up to half of its {events} does not change that."
        ),
    }
}

fn positions(events: &[u64]) -> String {
    let texts: Vec<String> = events.iter().map(u64::to_string).collect();
    match texts.as_slice() {
        [] => String::new(),
        [one] => format!("position {one}"),
        [most @ .., last] if texts.len() <= NAMED => format!("positions {} and {last}", most.join(", ")),
        [first, .., last] => format!("between positions {first} and {last}"),
    }
}

/// Whether it holds.
pub(crate) fn stability(known: &Stability) -> String {
    let mut parts = Vec::new();
    let seeds: Vec<bool> = known
        .cells
        .iter()
        .filter(|cell| matches!(cell.what, Variation::Seed(_)))
        .map(|cell| cell.holds)
        .collect();
    let held_seeds = seeds.iter().filter(|holds| **holds).count();
    let mut holds = Vec::new();
    holds.extend(otherwise_cut(known, true).map(|cut| format!("with {cut}")));
    if held_seeds > 0 && held_seeds == seeds.len() {
        holds.push(format!("with {held_seeds} other sets of random shuffles"));
    }
    if !holds.is_empty() {
        parts.push(format!("It holds {}.", holds.join(" and ")));
    }
    parts.extend(otherwise_cut(known, false).map(|cut| format!("It does not hold with {cut}.")));
    if held_seeds < seeds.len() {
        parts.push(format!("It holds with {held_seeds} of {} other sets of random shuffles.", seeds.len()));
    }
    if let Some(why) = &known.not_tried {
        parts.push(format!("Other window lengths were not all tried: {why}."));
    }
    parts.join(" ")
}

/// The other windows or blocks with which it holds, or does not.
fn otherwise_cut(known: &Stability, holds: bool) -> Option<String> {
    let (mut windows, mut blocks) = (Vec::new(), Vec::new());
    for cell in known.cells.iter().filter(|cell| cell.holds == holds) {
        match cell.what {
            Variation::WindowSize(n) => windows.push(n.to_string()),
            Variation::Blocks(n) => blocks.push(n.to_string()),
            Variation::Seed(_) => {}
        }
    }
    match (windows.is_empty(), blocks.is_empty()) {
        (false, _) => Some(format!("windows of {} events", windows.join(" and "))),
        (true, false) => Some(format!("{} blocks", blocks.join(" and "))),
        (true, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stability::StabilityCell;

    #[test]
    fn numbers_of_a_test_are_said_as_counts() {
        let p = |value, n| PValue { value, floor: 0.001, n };
        assert_eq!(extreme(p(0.001, 999)), 0);
        assert_eq!(extreme(p(0.004, 999)), 3);
        assert_eq!(extreme(p(10.0 / 37.0, 37)), 10);
        assert_eq!(one_in(2.8e-5), "36,000");
        assert_eq!(one_in(0.2), "5");
    }

    #[test]
    fn what_does_not_hold_is_said_beside_what_does() {
        let cell = |what, holds| StabilityCell { what, holds, p: 0.01 };
        let mut known = Stability {
            cells: vec![
                cell(Variation::WindowSize(25), true),
                cell(Variation::WindowSize(100), true),
                cell(Variation::Seed(43), true),
            ],
            not_tried: None,
        };
        assert_eq!(
            stability(&known),
            "It holds with windows of 25 and 100 events and with 1 other sets of random shuffles."
        );
        known.cells[1].holds = false;
        known.cells[2].holds = false;
        assert_eq!(
            stability(&known),
            "It holds with windows of 25 events. It does not hold with windows of 100 events. It holds with 0 of 1 \
             other sets of random shuffles."
        );
        known.cells = vec![cell(Variation::Blocks(48), true), cell(Variation::Blocks(96), false)];
        assert_eq!(stability(&known), "It holds with 48 blocks. It does not hold with 96 blocks.");
    }

    #[test]
    fn positions_are_named_where_they_are_few() {
        assert_eq!(positions(&[7]), "position 7");
        assert_eq!(positions(&[7, 9, 12]), "positions 7, 9 and 12");
        assert_eq!(positions(&[1, 2, 3, 4, 5, 9]), "between positions 1 and 9");
    }
}
