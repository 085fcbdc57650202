//! What a capture's first records say of their times, and what has to be assumed: the year, the zone.

use crate::format::Format;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::model::{OpenOptions, Problem};
use crate::probe::{Probe, lines_of};
use crate::record::TIMES;
use crate::repeated::{Repeated, RepeatedKind};
use crate::stamp::{self, Stamp, Years, Zone};
use crate::text::continues_a_trace;
use cbad::{ByteRange, Field, Value};
use std::collections::BTreeSet;

/// Year of time stamps that have none, where nothing is known of when the capture was written.
pub(crate) const YEAR_OF_LAST_RESORT: i32 = 1970;

/// How many lines carry a time stamp, and what the stamps lack.
#[derive(Debug)]
pub(crate) struct TextGuess {
    lines: usize,
    stamped: usize,
    pub(crate) years: Years,
    said: Said,
}

/// What the stamps of a probe say and do not say.
#[derive(Debug, Default)]
struct Said {
    stamps: usize,
    zoneless: usize,
    /// Each way in which a zone is not wholly written, with the place of its first stamp.
    zones: Vec<(Zone, usize)>,
    /// Place of the first stamp without a year.
    yearless: Option<usize>,
}

impl Said {
    fn take(&mut self, stamp: Stamp, at: usize) {
        self.stamps += 1;
        self.zoneless += usize::from(stamp.zone == Zone::Missing);
        if stamp.zone != Zone::Written && !self.zones.iter().any(|(zone, _)| *zone == stamp.zone) {
            self.zones.push((stamp.zone, at));
        }
        if stamp.yearless.is_some() {
            self.yearless = self.yearless.or(Some(at));
        }
    }

    /// What has to be assumed, at the first place where it has to be.
    fn note(&self, probe: &Probe<'_>, year: i32) -> Option<Problem> {
        let (reason, first) = self.reason(year)?;
        let (source, line) = place(probe.bytes, first);
        Some(Problem::repeated(source, Some(line), self.assumed(reason)))
    }

    fn assumed(&self, reason: String) -> Repeated {
        let kind = if self.yearless.is_some() { RepeatedKind::Year } else { RepeatedKind::Zone };
        Repeated::assumed(kind, reason)
    }

    /// What has to be assumed, and the place of the first stamp where it has to be.
    fn reason(&self, year: i32) -> Option<(String, usize)> {
        let mut parts = BTreeSet::new();
        let all_lack_zone = self.zoneless == self.stamps;
        if self.yearless.is_some() {
            let and_zone = if all_lack_zone { (" and no zone", " and to be UTC") } else { ("", "") };
            parts.insert((
                0,
                format!(
                    "the time stamps name no year{}; they are taken to begin in {year}{}",
                    and_zone.0, and_zone.1
                ),
            ));
        }
        for (index, (zone, _)) in self.zones.iter().enumerate() {
            let said = match zone {
                Zone::Missing if all_lack_zone && self.yearless.is_some() => None,
                Zone::Missing if !all_lack_zone => {
                    Some("some time stamps name no zone; they are taken to be UTC".to_owned())
                }
                zone => zone.assumption(),
            };
            parts.extend(said.map(|said| (index + 1, said)));
        }
        let first = self.zones.iter().map(|(_, at)| *at).chain(self.yearless).min()?;
        let reason: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
        Some((reason.join("; "), first))
    }
}

/// What the times of a table say and do not say whose rows are no text, such as those of Parquet.
#[derive(Debug, Default)]
pub(crate) struct RowTimes(Said);

impl RowTimes {
    /// Takes the times of a row that are text: its own, or those of a store's record.
    pub(crate) fn take(&mut self, fields: &[Field], is_of_store: bool, years: Years) {
        const OF_STORES: [&str; 5] = ["timestamp", "startTime", "start_time", "endTime", "end_time"];
        let names: &[&str] = if is_of_store { &OF_STORES } else { &TIMES };
        let stamp_of = |field: &Field| match &field.value {
            Value::Text(text) => stamp::whole_stamp(text.as_bytes(), years),
            _ => None,
        };
        let found =
            names.iter().find_map(|name| fields.iter().find(|field| field.path == *name).and_then(stamp_of));
        if let Some(stamp) = found {
            self.0.take(stamp, 0);
        }
    }

    /// What has to be assumed.
    pub(crate) fn note(&self, source: ByteRange, year: i32) -> Option<Problem> {
        let (reason, _) = self.0.reason(year)?;
        Some(Problem::repeated(source, None, self.0.assumed(reason)))
    }
}

/// Columns of times that their table says are of no zone.
pub(crate) fn note_of_columns(names: &[String], source: ByteRange) -> Option<Problem> {
    const MOST_NAMED: usize = 3;
    let named: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("{name:?}")).collect();
    let more = match names.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let reason = format!(
        "the times of the column {}{more} are of no zone; they are taken to be UTC",
        named.join(", ")
    );
    let assumed = Repeated::assumed(RepeatedKind::Zone, reason);
    (!names.is_empty()).then(|| Problem::repeated(source, None, assumed))
}

/// The line of the probe that this byte is in, and its number.
fn place(bytes: &[u8], at: usize) -> (ByteRange, u64) {
    let begin = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
    let line = memchr::memchr_iter(b'\n', &bytes[..begin]).count() as u64 + 1;
    (ByteRange { offset: begin as u64, length: (end - begin) as u64 }, line)
}

impl TextGuess {
    pub(crate) fn of(bytes: &[u8], text: &[u8], options: &OpenOptions) -> Self {
        let years = Years::new(options.year());
        let mut guess = Self { lines: 0, stamped: 0, years, said: Said::default() };
        let begins_event = |line: &&[u8]| !line[0].is_ascii_whitespace() && !continues_a_trace(line);
        for line in lines_of(text).filter(begins_event) {
            guess.lines += 1;
            if let Some(stamp) = stamp::find(line, guess.years) {
                guess.stamped += 1;
                guess.years.first = guess.years.first.or(stamp.yearless);
                guess.said.take(stamp, offset_of(bytes, line));
            }
        }
        guess
    }

    /// Four lines in five: some may be foreign.
    pub(crate) fn is_stamped(&self) -> bool {
        self.stamped > 0 && self.stamped * 5 >= self.lines * 4
    }

    pub(crate) fn confidence(&self) -> f64 {
        0.5 + 0.5 * self.stamped as f64 / self.lines.max(1) as f64
    }
}

/// Where a part of the probe stands in it.
fn offset_of(bytes: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - bytes.as_ptr() as usize
}

/// What a person should know about the times of a capture of this format: what its stamps lack and what is assumed.
pub(crate) fn note(format: Format, probe: &Probe<'_>, options: &OpenOptions) -> Option<Problem> {
    match format.times() {
        Times::Sure => None,
        Times::OfLines => probe.stamps.said.note(probe, options.year()),
        Times::OfFields { names, is_nested } => {
            let mut said = Said::default();
            for object in &probe.json.objects {
                let at = offset_of(probe.bytes, object.bytes);
                let mut cursor = Cursor::new(object.bytes, options.limits.depth, options.limits.values);
                let mut best = None;
                // An object that breaks off has said what it says up to there.
                let _ = times_of(&mut cursor, (names, is_nested), probe.stamps.years, &mut |rank, stamp| {
                    if is_nested {
                        said.take(stamp, at);
                    } else if best.is_none_or(|(least, _)| rank < least) {
                        best = Some((rank, stamp));
                    }
                });
                if let Some((_, stamp)) = best {
                    said.take(stamp, at);
                }
            }
            said.note(probe, options.year())
        }
    }
}

/// Where the times of a format's records stand, as far as they may lack a zone or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// They lack neither, by the format's definition.
    Sure,
    /// In the text of its lines.
    OfLines,
    /// In fields with these names, the most telling first; of the object itself or of any within.
    OfFields { names: &'static [&'static str], is_nested: bool },
}

impl Format {
    /// Where the times of its records stand that may lack a zone or a year. Those of `LangSmith` lack it and are UTC by
    /// definition, those of the W3C format too.
    const fn times(self) -> Times {
        match self {
            Self::Text | Self::Syslog | Self::SyslogOctets | Self::Logfmt | Self::Table => Times::OfLines,
            Self::JsonLines => Times::OfFields { names: &TIMES, is_nested: false },
            Self::Lynex => Times::OfFields { names: &["timestamp"], is_nested: true },
            Self::Langfuse => {
                Times::OfFields { names: &["timestamp", "startTime", "endTime"], is_nested: true }
            }
            _ => Times::Sure,
        }
    }
}

fn times_of(
    cursor: &mut Cursor<'_>,
    (names, is_nested): (&[&str], bool),
    years: Years,
    take: &mut dyn FnMut(usize, Stamp),
) -> Read<()> {
    cursor.object(|cursor, key| {
        let rank = names.iter().position(|name| name.as_bytes() == &*key);
        match (cursor.kind()?, rank) {
            (Kind::Text, Some(rank)) => {
                if let Some(stamp) = stamp::whole_stamp(&cursor.text()?, years) {
                    take(rank, stamp);
                }
                Ok(())
            }
            (Kind::Object, _) if is_nested => times_of(cursor, (names, is_nested), years, take),
            (Kind::Array, _) if is_nested => cursor.array(|cursor| match cursor.kind()? {
                Kind::Object => times_of(cursor, (names, is_nested), years, take),
                _ => cursor.skip(),
            }),
            _ => cursor.skip(),
        }
    })
}

#[cfg(test)]
#[path = "times_tests.rs"]
mod tests;
