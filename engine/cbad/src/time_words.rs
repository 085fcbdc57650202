//! When a finding is, in words: what is told of it may be a minute, and the windows that show it a day.

use crate::result::{Carried, Finding, Lens, Shift};
use crate::shift_words;
use crate::words::{ALSO, Told, events, grouped, rfc3339};

/// When what the first sentence says is.
pub(crate) fn when(finding: &Finding) -> String {
    if finding.lasting.is_some_and(|lasting| lasting.stays) {
        let begin = finding.start_nanos.map(|start| format!("at {}", to_the_second(start)));
        let begin = begin.unwrap_or_else(|| format!("with event {}", finding.first_event));
        return format!("{begin} and stayed so to the end");
    }
    let within = said_first(finding).and_then(|shift| within(finding, shift));
    let times = within.map_or((finding.start_nanos, finding.end_nanos), |it| (it.start_nanos, it.end_nanos));
    match times {
        (Some(start), Some(end)) => span(start, end),
        _ => format!("in events {} to {}", finding.first_event, finding.last_event),
    }
}

/// That the finding reaches farther than what is told of it, where it does.
pub(crate) fn reach(finding: &Finding, told: &Told<'_>) -> Option<String> {
    let first = said_first(finding);
    let mut told_of = finding.explanation.shifts.iter().take(usize::from(first.is_some()) + ALSO);
    // Beside the first, what usually comes too says nothing by where it stands.
    let is_telling = |shift: &Shift| first == Some(shift) || shift.baseline == 0.0;
    let (shift, carried) =
        told_of.find_map(|shift| Some((shift, within(finding, shift).filter(|_| is_telling(shift))?)))?;
    let in_events = format!("in {} of its {}", grouped(carried.events), events(told.key.signal));
    let what = if first == Some(shift) {
        format!("That is {in_events}")
    } else {
        let name = shift_words::quoted(&shift.name);
        format!("{name} is {in_events}, {}", span(carried.start_nanos?, carried.end_nanos?))
    };
    Some(format!(
        "{what}; the finding is made of whole windows, of {} each, and lies {}.",
        grouped(told.window as u64),
        span(finding.start_nanos?, finding.end_nanos?),
    ))
}

/// The shift that the first sentence is of, where it is of one.
fn said_first(finding: &Finding) -> Option<&Shift> {
    finding.explanation.shifts.first().filter(|_| finding.explanation.lens != Lens::Content)
}

/// Where in a finding a shift comes, when that takes less than half of its time.
fn within(finding: &Finding, shift: &Shift) -> Option<Carried> {
    let carried = shift.carried.filter(|_| finding.lasting.is_none())?;
    let nanos = |start: i64, end: i64| i128::from(end) - i128::from(start);
    let of_events = nanos(carried.start_nanos?, carried.end_nanos?);
    (of_events * 2 < nanos(finding.start_nanos?, finding.end_nanos?)).then_some(carried)
}

/// Between two times, to the second; a day that both share is said once.
fn span(start_nanos: i64, end_nanos: i64) -> String {
    let (start, end) = (to_the_second(start_nanos), to_the_second(end_nanos));
    if start == end {
        return format!("at {start}");
    }
    match (start.split_once(' '), end.split_once(' ')) {
        (Some((day, from)), Some((other, to))) if day == other => {
            format!("on {day} from {} to {to}", from.trim_end_matches(" UTC"))
        }
        _ => format!("from {start} to {end}"),
    }
}

/// `YYYY-MM-DD hh:mm:ss UTC`.
fn to_the_second(nanos: i64) -> String {
    let whole = nanos.div_euclid(1_000_000_000) * 1_000_000_000;
    rfc3339(whole).replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_both_ends_share_is_said_once() {
        let second = 1_000_000_000;
        let at = 1_500_000_000 * second;
        assert_eq!(span(at + 123_000_000, at + 124_000_000), "at 2017-07-14 02:40:00 UTC");
        assert_eq!(span(at, at + 61 * second), "on 2017-07-14 from 02:40:00 to 02:41:01 UTC");
        let next = "from 2017-07-14 02:40:00 UTC to 2017-07-15 02:40:00 UTC";
        assert_eq!(span(at, at + 86_400 * second), next);
    }
}
