//! What the baseline has in the place of a token, in words.

use crate::view::evidence;
use crate::words;
use case::EventRow;
use cbad::{CopiedRun, Expected, Part, TokenBits, token_places};
use std::fmt::Write as _;
use std::sync::Arc;

/// Bytes of a text that a person is told of at the pointer.
pub(super) const TOLD_BYTES: usize = 120;

/// What the code saw, how often the baseline has it here, and what it has in its place.
pub(super) fn told(cost: &TokenBits, expected: Option<&Expected>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(shape) = &cost.shape {
        let measure = cost.measure.as_ref().map(|measure| format!("{measure}, ")).unwrap_or_default();
        lines.push(format!("read as: {measure}{}", case::inert(shape)));
    }
    lines.push(match cost.seen {
        0 => "never seen at this place in the baseline".to_owned(),
        times => format!("seen {} at this place in the baseline", words::counted(times, "time", "times")),
    });
    let Some(expected) = expected else { return lines };
    if expected.context == 0 {
        lines.push("The baseline never has what stands before it.".to_owned());
        return lines;
    }
    let most: Vec<String> = expected
        .most
        .iter()
        .map(|(text, times)| {
            let share = 100.0 * *times as f64 / expected.times.max(1) as f64;
            let text = evidence::cut(text, TOLD_BYTES).0;
            format!("“{text}” {} ({share:.0} %)", words::counted(*times, "time", "times"))
        })
        .collect();
    let place = if expected.context == 2 { "In this place" } else { "After the token before it" };
    lines.push(format!("{place} the baseline has: {}", most.join(", ")));
    lines
}

/// Where the baseline has a run: the event, and the bytes of its part.
pub(super) fn where_it_stands(run: &CopiedRun, there: Option<&(u64, Arc<EventRow>)>) -> String {
    let Some(from) = run.from else { return "It stands in the anchor.".to_owned() };
    let many = words::counted(run.tokens.len() as u64, "token stands", "tokens in a row stand");
    let mut said = format!("{many} in event {} of the baseline", words::count(from));
    if let Some((_, row)) = there {
        let places = token_places(&row.event);
        let last = run.from_tokens.end.saturating_sub(1);
        let ends = places.get(run.from_tokens.start as usize).zip(places.get(last as usize));
        if let Some((first, last)) = ends {
            let of = |part: Part| match part {
                Part::Body => "its body".to_owned(),
                Part::Severity => "its severity".to_owned(),
                Part::Measure => "what it measured".to_owned(),
                Part::Path(field) | Part::Field(field) => {
                    let path = row.event.fields.get(field as usize).map(|field| case::inert(&field.path));
                    format!("its field {}", path.unwrap_or_default())
                }
            };
            if first.part == last.part {
                let _ =
                    write!(said, ", bytes {} to {} of {}", first.bytes.start, last.bytes.end, of(first.part));
            } else {
                let _ = write!(
                    said,
                    ", from byte {} of {} to byte {} of {}",
                    first.bytes.start,
                    of(first.part),
                    last.bytes.end,
                    of(last.part)
                );
            }
        }
    }
    said + ". Click to go there."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_baseline_has_is_said_with_its_counts() {
        let cost = TokenBits { bits: 14.0, expected: Some(0), ..TokenBits::default() };
        let most = vec![("served".to_owned(), 30), ("cached\u{1b}".to_owned(), 10)];
        let expected = Expected { context: 2, times: 40, most };
        assert_eq!(
            told(&cost, Some(&expected)),
            [
                "never seen at this place in the baseline",
                "In this place the baseline has: “served” 30 times (75 %), “cached\\u{1b}” 10 times (25 %)",
            ]
        );
        let nothing = Expected { context: 0, times: 0, most: Vec::new() };
        assert!(told(&cost, Some(&nothing))[1].contains("never has what stands before"));
        let run = CopiedRun { tokens: 0..3, from: Some(512), from_tokens: 0..3 };
        assert_eq!(
            where_it_stands(&run, None),
            "3 tokens in a row stand in event 512 of the baseline. Click to go there."
        );
    }
}
