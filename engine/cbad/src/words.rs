//! A finding in plain words. Everything said here is in the typed finding as a number.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::counterfactual::Way;
use crate::event::{Signal, StreamKey};
use crate::result::{Driver, Finding, Grade, Lens, ShiftKind, TokenCost};
use crate::{kind_names, lasting, reason_words, shift_words, time_words};

/// Longest quotation of an event in a sentence, characters.
const QUOTED: usize = 90;

/// Shifts that are told beside the first.
pub(crate) const ALSO: usize = 2;

/// Most characters of a name in a sentence.
pub(crate) const NAMED: usize = 100;

/// What the words need to know beside the finding.
pub(crate) struct Told<'a> {
    pub(crate) key: &'a StreamKey,
    /// Events a window.
    pub(crate) window: usize,
    /// Lenses that the stream was looked at through.
    pub(crate) lenses: Vec<Lens>,
    /// Whether its windows are ranked among those of an anchor.
    pub(crate) is_anchored: bool,
}

/// A time as RFC 3339 in UTC, to the nanosecond where it has any.
pub fn rfc3339(nanos: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanos))
        .ok()
        .and_then(|t| t.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{nanos} ns"))
}

/// A duration as a person writes it.
pub(crate) fn duration(nanos: i64) -> String {
    let n = nanos as f64;
    let whole = (nanos.unsigned_abs() + 500_000_000) / 1_000_000_000;
    let parts = |large: u64, name: &str, small: u64, other: &str| match small {
        0 => format!("{large} {name}"),
        _ => format!("{large} {name} {small} {other}"),
    };
    match nanos.unsigned_abs() {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", n / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", n / 1e6),
        1_000_000_000..60_000_000_000 => format!("{} s", number((n / 1e7).round() / 100.0)),
        _ if whole < 3600 => parts(whole / 60, "min", whole % 60, "s"),
        _ if whole < 86_400 => parts(whole / 3600, "h", whole % 3600 / 60, "min"),
        _ => parts(whole / 86_400, "d", whole % 86_400 / 3600, "h"),
    }
}

/// A number to two or three digits, for a sentence.
pub(crate) fn rounded(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { number((value * 10.0).round() / 10.0) }
}

/// A number to so many significant digits, and never rounded before its point.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if !is_readable(value) {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let mut before = 0_usize;
    let mut rest = value.abs();
    while rest >= 1.0 {
        rest /= 10.0;
        before += 1;
    }
    let mut zeros = 0;
    while before == 0 && rest > 0.0 && rest < 0.1 && zeros < 12 {
        rest *= 10.0;
        zeros += 1;
    }
    let text = format!("{value:.*}", digits.saturating_sub(before) + zeros);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number with a comma before every third digit.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.char_indices() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What the events of a signal are called.
pub(crate) fn events(signal: Signal) -> &'static str {
    match signal {
        Signal::Log => "log lines",
        Signal::Metric => "values",
        Signal::Span => "spans",
        Signal::LlmCall => "calls",
    }
}

/// A name cut to fit, without control characters and with dots for what varies.
pub(crate) fn cut(name: &str) -> String {
    let name = name.replace("<*>", "…");
    let clean = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    if name.chars().count() <= NAMED {
        return clean.collect();
    }
    clean.take(NAMED - 1).chain(['…']).collect()
}

/// Whether a number is one, and of fewer digits than a person reads.
fn is_readable(value: f64) -> bool {
    value.abs() < 1e15
}

/// A number with at most four digits after the point.
pub(crate) fn number(value: f64) -> String {
    if !is_readable(value) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.4}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The first sentence: what, where, when.
pub(crate) fn sentence(finding: &Finding, key: &StreamKey) -> String {
    let label = key.label();
    let when = time_words::when(finding);
    let explanation = &finding.explanation;
    let by_shift = explanation.shifts.first().filter(|_| explanation.lens != Lens::Content);
    let what = match (by_shift, explanation.drivers.first()) {
        (Some(shift), _) => shift_words::what_shifted(shift, key),
        (None, Some(dearest)) => what_stands_out(dearest, key.signal),
        (None, None) => return format!("{label} is unlike its baseline {when}."),
    };
    match finding.grade {
        Grade::Odd => {
            format!("One odd {} in {label} {when}: {what}.", event_noun(key.signal))
        }
        Grade::Unusual => {
            format!("Nothing significant here; among the most unusual is {label} {when}: {what}.")
        }
        Grade::Notable | Grade::Severe => format!("{label} changed {when}: {what}."),
    }
}

fn what_stands_out(driver: &Driver, signal: Signal) -> String {
    let times = driver.bits / driver.ordinary_bits.max(1.0);
    let noun = event_noun(signal);
    let than = format!("as a usual {noun}");
    match times {
        t if t >= 1.5 => format!("the {noun} “{}” is {t:.0} times as surprising {than}", quote(driver)),
        _ => format!("the {noun} “{}” stands out most", quote(driver)),
    }
}

/// What one event of a signal is called.
pub(crate) fn event_noun(signal: Signal) -> &'static str {
    match signal {
        Signal::Log => "log line",
        Signal::Metric => "value",
        Signal::Span => "span",
        Signal::LlmCall => "call",
    }
}

/// The first dear stretch of the event, quoted, cut at both ends to fit. A trace of a stack has its longest words in its depth, and
/// says what it is of before: so what costs half as much as the dearest is dear.
fn quote(driver: &Driver) -> String {
    let tokens = without_said_level(&driver.tokens);
    let most = tokens.iter().map(|token| token.bits).fold(0.0, f64::max);
    let dearest = tokens.iter().position(|token| token.bits >= most / 2.0).unwrap_or(0);
    let mut whole: Vec<String> = tokens.iter().map(piece).collect();
    let begins_with_level = tokens.first().is_some_and(|token| token.shape.as_deref() == Some("severity"));
    if let Some(word) = whole.get_mut(1).filter(|word| begins_with_level && !word.starts_with(' ')) {
        word.insert(0, ' ');
    }
    let total: usize = whole.iter().map(|t| t.chars().count()).sum();
    let (mut first, mut last, mut length) = (dearest, dearest, 0);
    if total <= QUOTED {
        (first, last) = (0, whole.len().saturating_sub(1));
    } else {
        // The words before the dear token say what it is about, those after it how it goes on: grow by turns.
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

/// The tokens without the level in front, where the message says it itself.
fn without_said_level(tokens: &[TokenCost]) -> &[TokenCost] {
    let Some((level, message)) = tokens.split_first() else { return tokens };
    let of_message = message.iter().take_while(|token| token.field.is_none()).take(kind_names::LEVEL_IN);
    let mut words = of_message.filter(|token| token.shape.is_none());
    let is_said = level.shape.as_deref() == Some("severity")
        && words.any(|word| kind_names::is_level(word.text.as_bytes(), &level.text));
    if is_said { message } else { tokens }
}

fn piece(token: &TokenCost) -> String {
    let space = if token.space_before { " " } else { "" };
    match token.shape.as_deref() {
        Some("field") => format!(" {}=", token.text),
        Some("severity") => token.text.to_uppercase(),
        Some(shape) if shape.starts_with("duration") => format!(" [{}]", token.text),
        _ => format!("{space}{}", token.text),
    }
}

/// What drove it, what lowered it, what would undo it, whether it holds, how sure.
pub(crate) fn paragraph(finding: &Finding, told: &Told<'_>) -> String {
    let (explanation, signal) = (&finding.explanation, told.key.signal);
    let driving: Vec<&str> = explanation.lenses.iter().map(|&lens| shift_words::looked_at(lens)).collect();
    let mut out = vec![format!("What drove it: {}.", listed(&driving))];
    match &finding.lasting {
        Some(lasting) => out.push(lasting::words::compared(finding, lasting, told)),
        None => out.extend(time_words::reach(finding, told)),
    }
    let said = usize::from(explanation.lens != Lens::Content);
    let also: Vec<String> = explanation
        .shifts
        .iter()
        .skip(said)
        .take(ALSO)
        .map(|s| shift_words::what_shifted(s, told.key))
        .collect();
    if !also.is_empty() {
        out.push(format!("Also: {}.", also.join("; ")));
    }
    let by_content = explanation.drivers.first().filter(|_| explanation.lenses.contains(&Lens::Content));
    if let Some(driver) = by_content {
        out.extend(by_words(driver, signal));
    }
    let quiet = told.lenses.iter().filter(|lens| !explanation.lenses.contains(lens));
    let quiet: Vec<&str> = quiet.map(|&lens| shift_words::looked_at(lens)).collect();
    // Of a change that lasts the other lenses were not asked.
    if !quiet.is_empty() && finding.lasting.is_none() {
        out.push(format!("What lowered it: nothing significant in {}.", listed(&quiet)));
    }
    if let Some(known) = &explanation.counterfactual {
        out.push(reason_words::counterfactual(known, told.window, signal));
    }
    if let Some(known) = &explanation.stability {
        out.push(reason_words::stability(known));
    }
    out.push(reason_words::how_sure(finding, told));
    out.join(" ")
}

/// `a`, `a and b`, `a, b and c`.
fn listed<T: std::borrow::Borrow<str>>(parts: &[T]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.borrow().to_owned(),
        [most @ .., last] => format!("{} and {}", most.join(", "), last.borrow()),
    }
}

/// The dearest parts of an event, and how much of it is known.
fn by_words(driver: &Driver, signal: Signal) -> Vec<String> {
    let mut dear: Vec<_> = driver.tokens.iter().filter(|t| t.bits >= 1.0).collect();
    dear.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    // What costs a tenth of the dearest is not what drives it, and a word is named once.
    let least = dear.first().map_or(0.0, |t| t.bits / 10.0);
    let mut named: Vec<&TokenCost> = Vec::new();
    for token in dear.into_iter().filter(|t| t.bits >= least) {
        if named.len() < 3 && named.iter().all(|known| known.text != token.text) {
            named.push(token);
        }
    }
    let of = |is_new: bool| {
        let parts = named.iter().filter(|t| (t.seen == 0) == is_new).map(|t| named_token(t));
        parts.collect::<Vec<_>>()
    };
    let (new, rare) = (of(true), of(false));
    let mut out = Vec::new();
    if !new.is_empty() {
        out.push(format!("In this place never seen before: {}.", listed(&new)));
    }
    if !rare.is_empty() {
        out.push(format!("Rare in this place: {}.", listed(&rare)));
    }
    out.push(format!(
        "Surprise is measured in bits, each of which makes it half as likely: this {noun} has {:.0}, a usual one {:.0}.",
        driver.bits,
        driver.ordinary_bits,
        noun = event_noun(signal),
    ));
    let known = driver.tokens.iter().filter(|t| t.bits < 1.0).count();
    if known > 0 {
        let total = driver.tokens.len();
        out.push(format!("{known} of its {total} parts stand where they usually do."));
    }
    out
}

fn named_token(token: &TokenCost) -> String {
    let shown: String =
        token.text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let what = match token.shape.as_deref() {
        Some("field") => format!("the field “{shown}”"),
        Some("severity") => format!("the severity {}", shown.to_uppercase()),
        Some(shape) => format!("“{shown}” ({shape})"),
        None => format!("“{shown}”"),
    };
    let place = token.field.as_ref().map_or_else(String::new, |f| format!(" in field “{f}”"));
    let seen = match token.seen {
        0 => String::new(),
        1 => "seen once, ".to_owned(),
        n => format!("seen {n} times, "),
    };
    format!("{what}{place} ({seen}{:.0} bits)", token.bits)
}

/// What the finding does not show.
pub(crate) fn caveats(finding: &Finding) -> Vec<String> {
    let explanation = &finding.explanation;
    let mut caveats = vec![
        "It shows that the events differ from the baseline, not that they caused an incident.".to_owned(),
        "Usual means as in the baseline. A fault that is in the baseline too counts as usual.".to_owned(),
    ];
    if finding.grade == Grade::Odd {
        caveats.push(
            "One event alone is never significant: it comes at some time, whatever happens. It is listed because of what it says."
                .to_owned(),
        );
    }
    if explanation.shifts.iter().any(|shift| shift.kind == ShiftKind::Silence) {
        caveats.push("It does not tell whether nothing happened or nothing was recorded.".to_owned());
    }
    let is_reduced = |way: &Way| matches!(way, Way::Events | Way::Whole);
    if explanation.counterfactual.as_ref().is_some_and(|c| is_reduced(&c.way) && explanation.windows > 1) {
        let many = explanation.windows;
        caveats.push(format!(
            "Of the {many} windows of this finding only the most unusual one was tried with events left out."
        ));
    }
    if finding.lasting.is_some() {
        caveats.extend(lasting::words::caveats());
    } else if finding.p_conformal.is_none() {
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
        assert_eq!(duration(87_240_000), "87.2 ms");
        assert_eq!(duration(3_000_000_000), "3 s");
        assert_eq!(duration(1_501_470_000_000), "25 min 1 s");
        assert_eq!(duration(7_500_000_000_000), "2 h 5 min");
        assert_eq!(duration(180_000_000_000_000), "2 d 2 h");
        assert_eq!(significant(65.4055, 3), "65.4");
        assert_eq!(significant(1_234_567.8, 3), "1234568");
        assert_eq!(significant(0.001_234, 3), "0.00123");
        assert_eq!(significant(-9.999, 3), "-10");
        assert_eq!(significant(f64::MAX, 3), "1.80e308");
        assert_eq!(significant(f64::NEG_INFINITY, 3), "-inf");
        assert_eq!(significant(f64::NAN, 3), "NaN");
        assert_eq!(number(1e18), "1.000e18");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(number(12.5), "12.5");
        assert_eq!(number(100.0), "100");
    }

    #[test]
    fn a_quotation_begins_where_the_news_do() {
        let token = |&(text, bits): &(&str, f64)| TokenCost {
            text: text.to_owned(),
            space_before: true,
            field: None,
            shape: None,
            bits,
            seen: 0,
            measure: None,
        };
        let of = |tokens: &[(&str, f64)]| {
            let (tokens, bits, ordinary_bits) = (tokens.iter().map(token).collect(), 1.0, 1.0);
            quote(&Driver { event: 0, bits, ordinary_bits, tokens, left_out: None, nearest: None })
        };
        assert_eq!(of(&[("short", 1.0), ("line", 9.0)]), "short line");
        assert_eq!(of(&[]), "");
        let level = |tokens: &mut [TokenCost]| tokens[0].shape = Some("severity".to_owned());
        let leveled = |texts: &[(&str, f64)]| {
            let mut tokens: Vec<TokenCost> = texts.iter().map(token).collect();
            level(&mut tokens);
            quote(&Driver { event: 0, bits: 1.0, ordinary_bits: 1.0, tokens, left_out: None, nearest: None })
        };
        assert_eq!(leveled(&[("info", 1.0), ("rows", 2.0), ("fetched", 9.0)]), "INFO rows fetched");
        assert_eq!(leveled(&[("info", 1.0), ("INFO", 2.0), ("fetched", 9.0)]), "INFO fetched");
        let frames = [("at com.shop.Checkout.place", 3.0); 8];
        let mut trace = vec![("cannot order", 6.0), ("NullPointerException", 12.0)];
        trace.extend(frames);
        trace.push(("GeneratedMethodAccessor54", 14.0));
        let quoted = of(&trace);
        assert!(quoted.starts_with("cannot order NullPointerException at com"), "{quoted}");
        assert!(quoted.ends_with('…') && !quoted.contains("Generated"), "{quoted}");
    }
}
