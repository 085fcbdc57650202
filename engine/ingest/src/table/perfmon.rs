//! Counters of Windows' performance monitor, as it and `relog` write them: the first column is called
//! `(PDH-CSV 4.0) (W. Europe Standard Time)(-60)` and holds local times, the number is the minutes from them to UTC.
//!
//! Source: Microsoft, Performance Data Helper, log file format; `TIME_ZONE_INFORMATION`, `Bias`.

use crate::probe::Probe;

const MARKS: [&[u8]; 2] = [b"(PDH-CSV ", b"(PDH-TSV "];
const NANOS_A_MINUTE: i64 = 60_000_000_000;
/// No zone is farther from UTC.
const MOST_MINUTES: i64 = 18 * 60;

/// Whether this names the first column of such a table.
pub(super) fn is_first_column(name: &[u8]) -> bool {
    MARKS.iter().any(|mark| name.starts_with(mark))
}

/// What has to be added to the times of a column of this name; none where it is not the first of such a table, or does not
/// say.
pub(super) fn nanos_to_utc(name: &str) -> Option<i64> {
    let (_, minutes) = name.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let minutes: i64 = minutes.parse().ok()?;
    let is_said = is_first_column(name.as_bytes()) && (-MOST_MINUTES..=MOST_MINUTES).contains(&minutes);
    is_said.then(|| minutes * NANOS_A_MINUTE)
}

/// Whether the capture is such a table that says how far its times are from UTC.
pub(crate) fn is_zoned(probe: &Probe<'_>) -> bool {
    let text = probe.text.strip_prefix(b"\"").unwrap_or(probe.text);
    let first =
        text.split(|byte| matches!(byte, b'"' | b',' | b'\t' | b'\r' | b'\n')).next().unwrap_or_default();
    nanos_to_utc(&String::from_utf8_lossy(first)).is_some()
}
