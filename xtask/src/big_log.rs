//! Text logs of any size: real lines of the sample incident, repeated with other numbers and ids.

use crate::shell;
use anyhow::Context;
use serde_json::Value;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a log of about `bytes` bytes; the same seed and size give the same file.
pub(crate) fn write(out: &Path, bytes: u64, seed: u64) -> anyhow::Result<()> {
    write_while(out, seed, |written, _| written < bytes)
}

/// Writes a log of so many lines; of two logs of one seed the longer begins with the shorter.
pub(crate) fn write_lines(out: &Path, lines: u64, seed: u64) -> anyhow::Result<()> {
    write_while(out, seed, |_, count| count < lines)
}

/// Writes for as long as `goes_on`, which is told the bytes and lines written.
fn write_while(out: &Path, seed: u64, goes_on: impl Fn(u64, u64) -> bool) -> anyhow::Result<()> {
    let lines = real_lines()?;
    let file = std::fs::File::create(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    let mut draw = Draw(seed);
    let mut millis: u64 = 0;
    let (mut written, mut count) = (0, 0_u64);
    let mut line = String::new();
    while goes_on(written, count) {
        line.clear();
        millis += draw.below(40);
        let which = draw.below(lines.len() as u64) as usize;
        push_time(&mut line, millis);
        vary(&lines[which], &mut draw, &mut line);
        line.push('\n');
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        count += 1;
    }
    file.flush()?;
    eprintln!("{}: {count} lines, {written} bytes, from {} real lines", out.display(), lines.len());
    Ok(())
}

/// Severity, service and body of the log records in the small cut of the recording.
fn real_lines() -> anyhow::Result<Vec<String>> {
    let path = shell::root().join("sample-data/mini.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = Vec::new();
    for document in text.lines() {
        let document: Value = serde_json::from_str(document)?;
        for resource in each(&document["resourceLogs"]) {
            let attributes = each(&resource["resource"]["attributes"]);
            let service = attributes.iter().find(|attribute| attribute["key"] == "service.name");
            let service = service.and_then(|found| found["value"]["stringValue"].as_str()).unwrap_or("-");
            let records = each(&resource["scopeLogs"]).iter().flat_map(|scope| each(&scope["logRecords"]));
            for record in records {
                let level = record["severityText"].as_str().unwrap_or("INFO");
                let body = record["body"]["stringValue"].as_str().unwrap_or_default();
                lines.extend(body.lines().next().map(|first| format!(" {level} {service} {first}")));
            }
        }
    }
    anyhow::ensure!(!lines.is_empty(), "{} holds no log record", path.display());
    Ok(lines)
}

fn each(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// Milliseconds since a fixed midnight, in hours without end: the day goes on for as long as the log.
fn push_time(line: &mut String, millis: u64) {
    let (seconds, part) = (millis / 1000, millis % 1000);
    let (day, hour, minute, second) =
        (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    // January has as many days as any log here needs; a longer one goes on in years.
    let (year, day) = (2026 + day / 31, 1 + day % 31);
    let time = format!("{year}-01-{day:02}T{hour:02}:{minute:02}:{second:02}.{part:03}Z");
    line.push_str(&time);
}

/// The line with ids and measured numbers redrawn: digits by digits, letters of hexadecimal ids by such letters. Short whole
/// numbers stay, as they are mostly status codes and quantities, of which a real log has few.
fn vary(real: &str, draw: &mut Draw, line: &mut String) {
    for word in real.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let is_hex = word.chars().all(|c| c.is_ascii_hexdigit() || !c.is_alphanumeric());
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_short = digits <= 3 && !word.bytes().any(|b| b.is_ascii_alphabetic());
        if digits == 0 || is_short {
            line.push_str(word);
            continue;
        }
        let mut first = true;
        for c in word.chars() {
            line.push(match c {
                // A number keeps its length: no zero in front that was not there.
                '1'..='9' if first => char::from(b'1' + draw.below(9) as u8),
                '0'..='9' => char::from(b'0' + draw.below(10) as u8),
                'a'..='f' if is_hex => char::from(b'a' + draw.below(6) as u8),
                'A'..='F' if is_hex => char::from(b'A' + draw.below(6) as u8),
                other => other,
            });
            first = false;
        }
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014): small, and the same everywhere.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, by the high half of a product.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_vary_in_their_numbers_only() {
        let real = " INFO stock reserved 20 of FRN-08869 for order ord-f5dfdcaf94";
        let (mut one, mut two) = (String::new(), String::new());
        vary(real, &mut Draw(1), &mut one);
        vary(real, &mut Draw(2), &mut two);
        assert_ne!(one, two);
        for line in [&one, &two] {
            assert_eq!(line.len(), real.len());
            assert!(
                line.starts_with(" INFO stock reserved 20 of FRN-") && line.contains(" for order ord-"),
                "{line}"
            );
        }
    }

    #[test]
    fn times_never_go_back() {
        let stamp = |millis| {
            let mut line = String::new();
            push_time(&mut line, millis);
            line
        };
        assert_eq!(stamp(0), "2026-01-01T00:00:00.000Z");
        assert_eq!(stamp(86_400_000 * 31 + 3_723_004), "2027-01-01T01:02:03.004Z");
        let stamps: Vec<String> = (0..200).map(|step| stamp(step * 40_000_001)).collect();
        assert!(stamps.is_sorted());
    }

    #[test]
    fn the_same_seed_gives_the_same_log() -> anyhow::Result<()> {
        let folder = std::env::temp_dir().join(format!("driftlock-big-log-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let make = |name: &str, seed| -> anyhow::Result<Vec<u8>> {
            let path = folder.join(name);
            write(&path, 100_000, seed)?;
            Ok(std::fs::read(&path)?)
        };
        let (one, same, other) = (make("one", 1)?, make("same", 1)?, make("other", 2)?);
        std::fs::remove_dir_all(&folder)?;
        assert!(one.len() >= 100_000 && one.len() < 110_000);
        let lines = folder.join("lines");
        std::fs::create_dir_all(&folder)?;
        write_lines(&lines, 50, 1)?;
        let few = std::fs::read(&lines)?;
        std::fs::remove_dir_all(&folder)?;
        assert!(few.split_inclusive(|byte| *byte == b'\n').count() == 50 && one.starts_with(&few));
        assert!(one == same && one != other);
        Ok(())
    }
}
