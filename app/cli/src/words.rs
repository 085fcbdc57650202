//! Numbers and times as a person reads them.

use std::io::Write;

use case::{RunRow, inert};
use cbad::{Finding, rfc3339};

/// A time, or a dash where there is none.
pub(crate) fn time(nanos: Option<i64>) -> String {
    nanos.map_or_else(|| "-".to_owned(), rfc3339)
}

/// A length of time with the unit that it is read in: `850 ns`, `12.3 ms`, `4.05 s`.
pub(crate) fn duration(nanos: i64) -> String {
    match nanos {
        ..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} us", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}

/// A p or q with three significant digits, or a dash.
pub(crate) fn probability(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value >= 0.001 => format!("{value:.3}"),
        Some(value) => format!("{value:.1e}"),
    }
}

/// `1 event`, `2 events`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Bytes with a binary unit where that is shorter.
pub(crate) fn bytes(bytes: u64) -> String {
    let sizes = [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match sizes.into_iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", bytes as f64 / size as f64),
        None => counted(bytes, "byte", "bytes"),
    }
}

/// The part of a stream that a finding covers.
pub(crate) fn extent(finding: &Finding) -> String {
    format!("{} to {}", finding.first_event, finding.last_event)
}

/// A share in hundredths, without the digits that binary fractions leave.
pub(crate) fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

/// How far each stream is from its anchor, a line each after `before`, where a run has one.
pub(crate) fn write_drifts(out: &mut impl Write, run: &RunRow, before: &str) -> std::io::Result<()> {
    let drifts = run.streams.iter().filter_map(|stream| Some((stream.stream, stream.drift?)));
    let mut before = before;
    for (stream, drift) in drifts {
        writeln!(
            out,
            "{before}  stream {stream}: drift {:.2} from the anchor ({:.1} bits an event, {:.1} in the anchor itself), NCD {:.3}",
            drift.ratio(),
            drift.event_bits,
            drift.anchor_event_bits,
            drift.ncd()
        )?;
        before = "";
    }
    Ok(())
}

/// What a run found, in one line.
pub(crate) fn verdict(run: &RunRow, significant: u64) -> String {
    let windows = counted(run.windows, "window", "windows");
    let level = match run.config.false_alarms {
        Some(rate) => format!("a false-alarm rate of {} % a window", percent(rate)),
        None => format!("a false discovery rate of {} %", percent(run.config.alpha)),
    };
    if run.windows == 0 {
        return "No stream was analysed.".to_owned();
    }
    match significant {
        0 => format!("Nothing significant in {windows} at {level}; below are the most unusual ones."),
        found => format!(
            "{} in {windows} at {level}.",
            counted(found, "significant finding", "significant findings")
        ),
    }
}

/// A word that a POSIX shell takes as it is.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,=+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", inert(text).replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, counted, probability, shell_word};

    #[test]
    fn numbers_read_well() {
        assert_eq!(probability(Some(0.0234)), "0.023");
        assert_eq!(probability(Some(0.000_012)), "1.2e-5");
        assert_eq!(probability(None), "-");
        assert_eq!(counted(1, "event", "events"), "1 event");
        assert_eq!((bytes(999), bytes(1 << 20)), ("999 bytes".to_owned(), "1.0 MiB".to_owned()));
    }

    #[test]
    fn a_shell_word_cannot_break_out() {
        for (text, word) in
            [("a/b.log", "a/b.log"), ("a b", "'a b'"), ("a'; rm -rf", r"'a'\''; rm -rf'"), ("", "''")]
        {
            assert_eq!(shell_word(text), word);
        }
    }
}
