//! What a capture's first records say of their times, and what has to be assumed: the year, the zone.

use crate::continued::{Trace, begins_indented};
use crate::field_names::time_rank;
use crate::format::Format;
use crate::heads::{ends_headed, is_head, is_second};
use crate::json::cursor::{Cursor, Kind, Read};
use crate::kafka::console::is_untimed;
use crate::logfmt::date_and_time;
use crate::model::{OpenOptions, Problem};
use crate::probe::{Probe, lines_of};
use crate::repeated::{Repeated, RepeatedKind};
use crate::stamp::{self, DayOrder, ShortDates, Stamp, Years, Zone};
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
    /// Place of the first stamp whose day and month could be the other way round.
    either_way: Option<usize>,
    /// Place of the first stamp whose year of two digits could be first or last, and how it is taken.
    short: Option<(usize, ShortDates)>,
    /// Stamps that show which of the two stands first.
    day_first: usize,
    month_first: usize,
    /// Place of the first number that is taken for a time.
    number: Option<usize>,
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
        match stamp.order {
            DayOrder::Clear => {}
            DayOrder::DayFirst => self.day_first += 1,
            DayOrder::MonthFirst => self.month_first += 1,
            DayOrder::Open => self.either_way = self.either_way.or(Some(at)),
            DayOrder::Short(short) => self.short = self.short.or(Some((at, short))),
        }
    }

    /// The place of the first stamp of which nothing shows what is the day.
    fn guessed_day(&self) -> Option<usize> {
        self.either_way.filter(|_| self.day_first == 0 && self.month_first == 0)
    }

    /// What has to be assumed, at the first place where it has to be.
    fn note(&self, probe: &Probe<'_>, year: i32) -> Option<Problem> {
        let (reason, first) = self.reason(year)?;
        let (source, line) = place(probe.bytes, first);
        Some(Problem::repeated(source, Some(line), self.assumed(reason)))
    }

    fn assumed(&self, reason: String) -> Repeated {
        let kind = if self.number.is_some() {
            RepeatedKind::Number
        } else if self.guessed_day().is_some() || self.short.is_some() {
            RepeatedKind::Day
        } else if self.yearless.is_some() {
            RepeatedKind::Year
        } else {
            RepeatedKind::Zone
        };
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
        if self.number.is_some() {
            let said = "the lines have no time stamp; the first number in each that could be a time since 1970 is taken for it";
            parts.insert((0, said.to_owned()));
        }
        if self.guessed_day().is_some() {
            let said = "day and month of the time stamps could be either way round; the first number is taken to be the month";
            parts.insert((0, said.to_owned()));
        }
        if let Some((_, short)) = self.short {
            let order = short.words();
            parts.insert((0, format!("the dates of the time stamps have two digits for the year, which could be first or last; they are taken to be {order}")));
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
        let first = self
            .zones
            .iter()
            .map(|(_, at)| *at)
            .chain(self.yearless)
            .chain(self.guessed_day())
            .chain(self.short.map(|(at, _)| at))
            .chain(self.number)
            .min()?;
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
        let rank_of = |path: &str| {
            if is_of_store {
                OF_STORES.iter().position(|name| *name == path)
            } else {
                time_rank(path).map(usize::from)
            }
        };
        let stamp_of = |field: &Field| match &field.value {
            Value::Text(text) => stamp::whole_stamp(text.as_bytes(), years),
            _ => None,
        };
        let ranked = fields.iter().filter_map(|field| Some((rank_of(&field.path)?, stamp_of(field)?)));
        if let Some((_, stamp)) = ranked.min_by_key(|(rank, _)| *rank) {
            self.0.take(stamp, 0);
        }
    }

    /// Takes the time that a record has of a date and a time of day.
    pub(crate) fn take_joined(&mut self, stamp: Stamp) {
        self.0.take(stamp, 0);
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
pub(crate) fn place(bytes: &[u8], at: usize) -> (ByteRange, u64) {
    let begin = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
    let line = memchr::memchr_iter(b'\n', &bytes[..begin]).count() as u64 + 1;
    (ByteRange { offset: begin as u64, length: (end - begin) as u64 }, line)
}

impl TextGuess {
    pub(crate) fn of(bytes: &[u8], text: &[u8], options: &OpenOptions) -> Self {
        let years = Years { short: options.dates.short, ..Years::new(options.year()) };
        let mut guess = Self { lines: 0, stamped: 0, years, said: Said::default() };
        let (mut first, mut last): (&[u8], &[u8]) = (b"", b"");
        let mut trace = Trace::default();
        for line in lines_of(text) {
            let before = std::mem::replace(&mut last, line);
            let goes_on = line[0].is_ascii_whitespace() && !begins_indented(line, first)
                || trace.takes(line)
                || is_head(first) && !ends_headed(line, before)
                || is_second(line, first);
            trace = if goes_on { trace.after(line) } else { Trace::of(line) };
            if goes_on {
                continue;
            }
            first = line;
            guess.lines += 1;
            if let Some(stamp) = stamp::find(line, guess.years) {
                guess.stamped += 1;
                guess.years.first = guess.years.first.or(stamp.yearless);
                guess.said.take(stamp, offset_of(bytes, line));
            }
        }
        if guess.said.guessed_day().is_some() {
            // What the capture shows elsewhere.
            guess.said.day_first += usize::from(options.dates.day_first == Some(true));
            guess.said.month_first += usize::from(options.dates.day_first == Some(false));
        }
        guess.said.short = guess.said.short.filter(|_| !options.dates.is_short_shown);
        guess.years.day_first = guess.said.day_first > guess.said.month_first;
        if guess.stamped == 0 {
            guess.look_for_numbers(bytes, text);
        }
        guess
    }

    /// Of lines without a stamp nine in ten have a number that could be their time, all of one year: one may be a heading.
    fn look_for_numbers(&mut self, bytes: &[u8], text: &[u8]) {
        const LEAST_LINES: usize = 3;
        const MOST_NANOS: i64 = 366 * 86_400 * 1_000_000_000;
        let found = |line| Some((stamp::number_in(line)?.nanos, offset_of(bytes, line)));
        let numbers: Vec<(i64, usize)> = lines_of(text).filter_map(found).collect();
        let nanos = || numbers.iter().map(|(nanos, _)| *nanos);
        let (Some(first), Some(last)) = (nanos().min(), nanos().max()) else { return };
        if numbers.len() >= LEAST_LINES && numbers.len() * 10 >= self.lines * 9 && last - first <= MOST_NANOS
        {
            self.years.from_numbers = true;
            self.stamped = numbers.len();
            self.said.number = Some(numbers[0].1);
        }
    }

    /// Four lines in five: some may be foreign.
    pub(crate) fn is_stamped(&self) -> bool {
        self.stamped > 0 && self.stamped * 5 >= self.lines * 4
    }

    /// One line in two.
    pub(crate) fn is_half_stamped(&self) -> bool {
        self.stamped > 0 && self.stamped * 2 >= self.lines
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
        Times::Sure if format == Format::Kafka && is_untimed(probe) => {
            probe.stamps.said.note(probe, options.year()).filter(|_| probe.stamps.said.number.is_none())
        }
        Times::Sure => None,
        // Other readers of lines do not take numbers for times.
        Times::OfLines if format != Format::Text && probe.stamps.said.number.is_some() => None,
        Times::OfLines => {
            let note = probe.stamps.said.note(probe, options.year());
            let dates = || (format == Format::Logfmt).then(|| note_of_dates(probe, options))?;
            note.or_else(dates)
        }
        Times::OfRecords => note_of(probe, options, &mut |cursor, at, said| {
            let mut best = None;
            let read = times_of_record(cursor, &mut String::new(), probe.stamps.years, &mut |rank, stamp| {
                if best.is_none_or(|(least, _)| rank < least) {
                    best = Some((rank, stamp));
                }
            });
            if let Some((_, stamp)) = best {
                said.take(stamp, at);
            }
            read
        }),
        Times::OfFields(names) => note_of(probe, options, &mut |cursor, at, said| {
            times_of(cursor, names, probe.stamps.years, &mut |stamp| said.take(stamp, at))
        }),
    }
}

/// What dates and times of day say that stand by themselves in the lines of the probe.
fn note_of_dates(probe: &Probe<'_>, options: &OpenOptions) -> Option<Problem> {
    let mut said = Said::default();
    for line in probe.lines() {
        if let Some(stamp) = date_and_time(line, probe.stamps.years) {
            said.take(stamp, offset_of(probe.bytes, line));
        }
    }
    said.note(probe, options.year())
}

/// What the objects of the probe say of their times.
fn note_of(
    probe: &Probe<'_>,
    options: &OpenOptions,
    take: &mut dyn FnMut(&mut Cursor<'_>, usize, &mut Said) -> Read<()>,
) -> Option<Problem> {
    let mut said = Said::default();
    for object in &probe.json.objects {
        let at = offset_of(probe.bytes, object.bytes);
        let mut cursor = Cursor::new(object.bytes, options.limits.depth, options.limits.values);
        // An object that breaks off has said what it says up to there.
        let _ = take(&mut cursor, at, &mut said);
    }
    said.note(probe, options.year())
}

/// Where the times of a format's records stand, as far as they may lack a zone or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// They lack neither, by the format's definition.
    Sure,
    /// In the text of its lines.
    OfLines,
    /// In the fields of a record that hold its time.
    OfRecords,
    /// In fields with these names, of the object itself or of any within.
    OfFields(&'static [&'static str]),
}

impl Format {
    /// Where the times of its records stand that may lack a zone or a year. Those of `LangSmith` lack it and are UTC by
    /// definition, those of the W3C format too.
    const fn times(self) -> Times {
        match self {
            Self::Text | Self::Syslog | Self::SyslogOctets | Self::Logfmt | Self::Table => Times::OfLines,
            Self::JsonLines => Times::OfRecords,
            Self::Lynex => Times::OfFields(&["timestamp"]),
            Self::Langfuse => Times::OfFields(&["timestamp", "startTime", "endTime"]),
            _ => Times::Sure,
        }
    }
}

fn times_of(cursor: &mut Cursor<'_>, names: &[&str], years: Years, take: &mut dyn FnMut(Stamp)) -> Read<()> {
    cursor.object(|cursor, key| match cursor.kind()? {
        Kind::Text if names.iter().any(|name| name.as_bytes() == &*key) => {
            stamp::whole_stamp(&cursor.text()?, years).into_iter().for_each(&mut *take);
            Ok(())
        }
        Kind::Object => times_of(cursor, names, years, take),
        Kind::Array => cursor.array(|cursor| match cursor.kind()? {
            Kind::Object => times_of(cursor, names, years, take),
            _ => cursor.skip(),
        }),
        _ => cursor.skip(),
    })
}

/// The times of a record below `path` with their ranks, and of the records in its lists.
fn times_of_record(
    cursor: &mut Cursor<'_>,
    path: &mut String,
    years: Years,
    take: &mut dyn FnMut(u8, Stamp),
) -> Read<()> {
    cursor.object(|cursor, key| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(&String::from_utf8_lossy(&key));
        match cursor.kind()? {
            Kind::Text => {
                let text = cursor.text()?;
                if let (Some(rank), Some(stamp)) = (time_rank(path), stamp::whole_stamp(&text, years)) {
                    take(rank, stamp);
                }
            }
            Kind::Object => times_of_record(cursor, path, years, take)?,
            Kind::Array => cursor.array(|cursor| match cursor.kind()? {
                Kind::Object => times_of_record(cursor, &mut String::new(), years, take),
                _ => cursor.skip(),
            })?,
            _ => cursor.skip()?,
        }
        path.truncate(length);
        Ok(())
    })
}

#[cfg(test)]
#[path = "times_tests.rs"]
mod tests;
