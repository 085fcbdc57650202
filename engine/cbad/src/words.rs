//! A finding in plain words. Everything said here is in the typed finding as a number.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::event::{Signal, StreamKey};
use crate::result::{Driver, Finding, Lens, PValue};
use crate::shift_words;

/// Longest quotation of an event in a sentence, characters.
const QUOTED: usize = 90;

/// A time as RFC 3339 in UTC, to the nanosecond where it has any.
pub fn rfc3339(nanos: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanos))
        .ok()
        .and_then(|t| t.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{nanos} ns"))
}

/// A time to the second, for a sentence.
fn to_the_second(nanos: i64) -> String {
    let whole = nanos.div_euclid(1_000_000_000) * 1_000_000_000;
    rfc3339(whole).replace('T', " ").replace('Z', " UTC")
}

/// A duration as a person writes it.
pub(crate) fn duration(nanos: i64) -> String {
    let n = nanos as f64;
    match nanos.unsigned_abs() {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", n / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", n / 1e6),
        _ => format!("{:.2} s", n / 1e9),
    }
}

/// A number to two or three digits, for a sentence.
pub(crate) fn rounded(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { number((value * 10.0).round() / 10.0) }
}

/// A number with at most four digits after the point.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The first sentence: what, where, when.
pub(crate) fn sentence(finding: &Finding, key: &StreamKey) -> String {
    let label = key.label();
    let when = match (finding.start_nanos, finding.end_nanos) {
        (Some(start), Some(end)) if to_the_second(start) == to_the_second(end) => {
            format!("at {}", to_the_second(start))
        }
        (Some(start), Some(end)) => span_of_time(&to_the_second(start), &to_the_second(end)),
        _ => format!("in events {} to {}", finding.first_event, finding.last_event),
    };
    let explanation = &finding.explanation;
    let by_shift = explanation.shifts.first().filter(|_| explanation.lens != Lens::Content);
    let what = match (by_shift, explanation.drivers.first()) {
        (Some(shift), _) => shift_words::what_shifted(shift, key.signal),
        (None, Some(dearest)) => what_stands_out(dearest, key.signal),
        (None, None) => return format!("{label} is unlike its baseline {when}."),
    };
    if finding.flagged {
        format!("{label} changed {when}: {what}.")
    } else {
        format!("Nothing significant here, but {label} is among the most unusual {when}: {what}.")
    }
}

/// Two times of `YYYY-MM-DD hh:mm:ss UTC`; a day that both share is said once.
fn span_of_time(start: &str, end: &str) -> String {
    match (start.split_once(' '), end.split_once(' ')) {
        (Some((day, from)), Some((other, to))) if day == other => {
            format!("on {day} from {} to {to}", from.trim_end_matches(" UTC"))
        }
        _ => format!("from {start} to {end}"),
    }
}

fn what_stands_out(driver: &Driver, signal: Signal) -> String {
    let times = driver.bits / driver.ordinary_bits.max(1.0);
    let factor = if times >= 1.5 { format!(", {times:.0} times an ordinary one") } else { String::new() };
    let noun = match signal {
        Signal::Log => "the log line",
        Signal::Metric => "the value",
        Signal::Span => "the span",
        Signal::LlmCall => "the call",
    };
    format!("{noun} “{}” costs {:.0} bits{factor}", quote(driver), driver.bits)
}

/// The dearest stretch of the event, quoted, cut at both ends to fit.
fn quote(driver: &Driver) -> String {
    let dearest = (0..driver.tokens.len())
        .max_by(|&a, &b| driver.tokens[a].bits.total_cmp(&driver.tokens[b].bits).then(b.cmp(&a)))
        .unwrap_or(0);
    let whole: Vec<String> = driver.tokens.iter().map(piece).collect();
    let total: usize = whole.iter().map(|t| t.chars().count()).sum();
    let (mut first, mut last, mut length) = (dearest, dearest, 0);
    if total <= QUOTED {
        (first, last) = (0, whole.len().saturating_sub(1));
    } else {
        // The words before the dearest token say what it is about, those after it how it goes on: grow by turns.
        for turn in 0.. {
            let grown = if turn % 2 == 0 {
                first.checked_sub(1)
            } else {
                Some(last + 1).filter(|i| *i < whole.len())
            };
            if let Some(i) = grown {
                length += whole[i].chars().count();
                if length > QUOTED {
                    break;
                }
                (first, last) = (first.min(i), last.max(i));
            } else if turn > 2 * whole.len() {
                break;
            }
        }
    }
    let text: String = whole.get(first..=last).unwrap_or_default().concat();
    let text = text.trim().chars().take(2 * QUOTED).map(|c| if c.is_control() { ' ' } else { c });
    let before = if first > 0 { "…" } else { "" };
    let after = if last + 1 < whole.len() { "…" } else { "" };
    format!("{before}{}{after}", text.collect::<String>())
}

fn piece(token: &crate::result::TokenCost) -> String {
    let space = if token.space_before { " " } else { "" };
    match token.shape.as_deref() {
        Some("field") => format!(" {}=", token.text),
        Some("severity") => format!("{} ", token.text.to_uppercase()),
        Some(shape) if shape.starts_with("duration") => format!(" [{}]", token.text),
        _ => format!("{space}{}", token.text),
    }
}

/// What drove it, what lowered it, how sure.
pub(crate) fn paragraph(finding: &Finding) -> String {
    let explanation = &finding.explanation;
    let mut out = Vec::new();
    if !explanation.shifts.is_empty() {
        let shown: Vec<String> = explanation.shifts.iter().take(3).map(shift_words::shift).collect();
        out.push(format!("What shifted: {}.", shown.join("; ")));
    }
    if let Some(driver) = explanation.drivers.first().filter(|_| explanation.lenses.contains(&Lens::Content))
    {
        let mut dear: Vec<_> = driver.tokens.iter().filter(|t| t.bits >= 1.0).collect();
        dear.sort_by(|a, b| b.bits.total_cmp(&a.bits));
        let named: Vec<String> = dear.iter().take(3).map(|t| named_token(t)).collect();
        if !named.is_empty() {
            out.push(format!("What drove it: {}.", named.join("; ")));
        }
        let known = driver.tokens.iter().filter(|t| t.bits < 1.0).count();
        if known > 0 {
            let total = driver.tokens.len();
            out.push(format!(
                "What lowered it: {known} of its {total} parts stand where the baseline has them too."
            ));
        }
        out.push(format!("An ordinary event of this stream costs {:.0} bits.", driver.ordinary_bits));
    }
    out.push(how_sure(finding));
    out.join(" ")
}

fn named_token(token: &crate::result::TokenCost) -> String {
    let shown: String =
        token.text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let what = match token.shape.as_deref() {
        Some("field") => format!("the field “{shown}”"),
        Some("severity") => format!("the severity {shown}"),
        Some(shape) => format!("“{shown}” ({shape})"),
        None => format!("“{shown}”"),
    };
    let place = token.field.as_ref().map_or_else(String::new, |f| format!(" in field “{f}”"));
    let seen = match token.seen {
        0 => "never seen in this place in the baseline".to_owned(),
        1 => "seen once in this place in the baseline".to_owned(),
        n => format!("seen {n} times in this place in the baseline"),
    };
    format!("{what}{place}, {seen} ({:.0} bits)", token.bits)
}

fn how_sure(finding: &Finding) -> String {
    let mut parts = Vec::new();
    match (finding.p_tail, finding.p_conformal) {
        (Some(tail), Some(rank)) => {
            let of = rank.n;
            let above = ((rank.value * f64::from(of + 1)).round() as u32).saturating_sub(1);
            parts.push(match above {
                0 => format!(
                    "none of {of} ordinary windows of this stream is as unusual (p = {})",
                    shown(tail)
                ),
                n => format!(
                    "{n} of {of} ordinary windows of this stream are as unusual (p = {})",
                    shown(tail)
                ),
            });
        }
        _ => parts.push("there is not enough history to say how rare this is".to_owned()),
    }
    if let Some(q) = finding.q {
        parts.push(format!("after correction for all windows and lenses of the run q = {}", scientific(q)));
    }
    if let Some(p) = finding.p_permutation {
        parts.push(format!("{} shuffles of window and baseline give p = {}", p.n, shown(p)));
    }
    format!("How sure: {}.", parts.join("; "))
}

fn shown(p: PValue) -> String {
    if p.value <= p.floor { format!("{} or less", scientific(p.floor)) } else { scientific(p.value) }
}

fn scientific(p: f64) -> String {
    if p >= 0.001 { format!("{p:.3}") } else { format!("{p:.1e}") }
}

/// What the finding does not show.
pub(crate) fn caveats(finding: &Finding) -> Vec<String> {
    let mut caveats = vec![
        "It shows that the events differ from the baseline, not that they caused an incident.".to_owned(),
    ];
    if finding.p_conformal.is_none() {
        caveats.push("The stream is too short to rank this window against ordinary ones.".to_owned());
    }
    if finding.start_nanos.is_none() {
        caveats
            .push("The capture gives no time for these events; positions are in written order.".to_owned());
    }
    caveats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_read_well() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_500_000_000_123_000_000), "2017-07-14T02:40:00.123Z");
        assert_eq!(to_the_second(1_500_000_000_123_000_000), "2017-07-14 02:40:00 UTC");
        assert_eq!(duration(87_240_000), "87.2 ms");
        assert_eq!(number(12.5), "12.5");
        assert_eq!(number(100.0), "100");
    }
}
