//! The W3C extended log format (<https://www.w3.org/TR/WD-logfile>) of IIS and Amazon's CDN: `#Fields:` says what the
//! columns are, and may say so anew anywhere. Times are UTC by definition. Exchange writes commas between columns. And the logs of
//! Zeek, whose `#fields` say it in much the same way.

use super::typed;
use crate::json::value::text_value;
use crate::lines::{At, at, keep_as_text, next_line};
use crate::model::{Batch, Limits, Problem};
use crate::probe::Probe;
use crate::reader::Reader;
use crate::record::time_of;
use crate::repeated::{Repeated, RepeatedKind};
use crate::severity;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use crate::times::place;
use crate::window::Window;
use cbad::{Event, Field, Value};
use std::borrow::Cow;
use std::io;

const FIELDS: &[u8] = b"#Fields:";
const DATE: &[u8] = b"#Date:";
/// How the logs of Windows' firewall say that their times are of the machine's zone.
const LOCAL: &[u8] = b"#Time Format: Local";
/// The same of Zeek, whose directives and columns stand between tabs.
const ZEEK_FIELDS: &[u8] = b"#fields\t";
/// Zeek's column of the time, and what stands where there is no value or an empty one.
const ZEEK_TIME: &str = "ts";
const ZEEK_EMPTY: &[u8] = b"(empty)";
/// The column in which Exchange has both.
const WHOLE_TIME: &str = "date-time";
/// Longest name of a column that is kept.
const NAME_BYTES: usize = 128;

/// Reads the W3C extended format.
pub(crate) struct W3cReader {
    streams: LogStreams,
    limits: Limits,
    columns: Columns,
}

impl W3cReader {
    pub(crate) fn new(name: String, limits: Limits) -> Self {
        Self { streams: LogStreams::new(name), limits, columns: Columns::default() }
    }
}

impl Reader for W3cReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let Some((length, next)) = next_line(window, self.limits.record_bytes, batch)? else {
            return Ok(false);
        };
        let line = &window.available()[..length];
        if line.first() == Some(&b'#') {
            self.columns.direct(line, self.limits.values);
        } else if length > 0 {
            let at = at(window, length);
            match self.columns.event(line, at) {
                Ok((site, event)) => batch.push(self.streams.of(site.as_deref()), event),
                Err(why) => keep_as_text(line, at, self.streams.of(None), Years::new(1970), why, batch),
            }
        }
        window.pass(next, u64::from(next > 0));
        Ok(true)
    }

    /// What the columns are depends on the directives before, so they are read again.
    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        let mut passed = Batch::default();
        while window.offset() < offset {
            let Some((length, next)) = next_line(window, self.limits.record_bytes, &mut passed)? else {
                return Ok(false);
            };
            let line = &window.available()[..length];
            if line.first() == Some(&b'#') {
                self.columns.direct(line, self.limits.values);
            }
            window.pass(next, u64::from(next > 0));
            passed.clear();
        }
        Ok(true)
    }
}

/// What the directives have said so far.
#[derive(Debug, Default)]
struct Columns {
    names: Vec<String>,
    /// What stands between the columns where it is no blank and no tab.
    commas: bool,
    /// Whether they are Zeek's, which quotes nothing.
    is_zeek: bool,
    /// Date of `#Date:`, for files whose columns give the time of day only.
    date: Option<String>,
}

impl Columns {
    fn direct(&mut self, line: &[u8], most: u32) {
        let short = |name: &[u8]| String::from_utf8_lossy(&name[..name.len().min(NAME_BYTES)]).into_owned();
        if let Some(names) = line.strip_prefix(FIELDS) {
            self.commas = names.contains(&b',');
            let separates = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
            let names = names.split(separates).filter(|name| !name.is_empty()).take(most as usize);
            self.names = names.map(short).collect();
            self.is_zeek = false;
        } else if let Some(names) = line.strip_prefix(ZEEK_FIELDS) {
            let names = names.split(|&byte| byte == b'\t').take(most as usize);
            self.names = names.map(short).collect();
            self.is_zeek = true;
        } else if let Some(date) = line.strip_prefix(DATE) {
            let date = date.trim_ascii().split(|&byte| byte == b' ').next().unwrap_or_default();
            self.date = Some(String::from_utf8_lossy(date).into_owned());
        }
    }

    fn event(&self, line: &[u8], at: At) -> Result<(Option<String>, Event), String> {
        if self.names.is_empty() {
            return Err("no #Fields: line says what the columns are".into());
        }
        let between = if self.commas && !self.is_zeek {
            b','
        } else if self.is_zeek || line.contains(&b'\t') {
            b'\t'
        } else {
            b' '
        };
        let mut columns = Values { rest: Some(line), between, quotes: !self.is_zeek };
        let values: Vec<Cow<'_, [u8]>> = columns.by_ref().take(self.names.len()).collect();
        // A line may have far more columns than are worth holding.
        let count = values.len() + columns.count();
        if count != self.names.len() {
            return Err(format!(
                "the line has {count} columns, and {} names {}",
                if self.is_zeek { "#fields" } else { "#Fields:" },
                self.names.len()
            ));
        }
        let mut row = Row { columns: self, values };
        // A connection says nothing but its columns.
        let body = if self.is_zeek { Vec::new() } else { row.request().unwrap_or_else(|| line.to_vec()) };
        let mut event = Event::new(body, at.source);
        event.time_nanos = row.nanos();
        let status = row.get(if self.is_zeek { "status_code" } else { "sc-status" });
        let status = status.and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        event.severity = status.and_then(severity::of_http_status);
        let site = row.take("s-sitename").map(|site| String::from_utf8_lossy(&site).into_owned());
        if event.time_nanos.is_some() {
            for name in if self.is_zeek { &[ZEEK_TIME][..] } else { &["date", "time", WHOLE_TIME] } {
                drop(row.take(name));
            }
        }
        event.fields = row.rest();
        Ok((site, event))
    }
}

/// One line's values beside their names; `-` is none.
struct Row<'a, 'b> {
    columns: &'b Columns,
    values: Vec<Cow<'a, [u8]>>,
}

impl<'a> Row<'a, '_> {
    fn place(&self, name: &str) -> Option<usize> {
        let place = self.columns.names.iter().position(|known| known == name)?;
        (&*self.values[place] != b"-" && !self.values[place].is_empty()).then_some(place)
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        self.place(name).map(|place| &*self.values[place])
    }

    fn take(&mut self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.place(name).map(|place| std::mem::take(&mut self.values[place]))
    }

    /// `GET /path?query`.
    fn request(&mut self) -> Option<Vec<u8>> {
        self.place("cs-uri-stem")?;
        let mut request = self.take("cs-method").map_or_else(Vec::new, Cow::into_owned);
        if !request.is_empty() {
            request.push(b' ');
        }
        request.extend_from_slice(&self.take("cs-uri-stem").unwrap_or_default());
        if let Some(query) = self.take("cs-uri-query") {
            request.push(b'?');
            request.extend_from_slice(&query);
        }
        Some(request)
    }

    fn nanos(&self) -> Option<i64> {
        if self.columns.is_zeek {
            return time_of(self.get(ZEEK_TIME)?, Years::new(1970));
        }
        if let Some(whole) = self.get(WHOLE_TIME) {
            return stamp::whole(whole, Years::new(1970));
        }
        let time = std::str::from_utf8(self.get("time")?).ok()?;
        let date = match self.get("date") {
            Some(date) => std::str::from_utf8(date).ok()?,
            None => self.columns.date.as_deref()?,
        };
        stamp::whole(format!("{date} {time}").as_bytes(), Years::new(1970))
    }

    fn rest(self) -> Vec<Field> {
        let named = self.columns.names.iter().zip(self.values);
        named
            .filter(|(_, value)| !value.is_empty() && &**value != b"-" && &**value != ZEEK_EMPTY)
            .map(|(name, value)| Field { path: name.clone(), value: measured(name, value) })
            .collect()
    }
}

/// Of numbers that name something (ports, sub-statuses are few and stay numbers) only versions look like measurements.
fn measured(name: &str, value: Cow<'_, [u8]>) -> Value {
    if name.ends_with("version") { text_value(value) } else { typed(value) }
}

/// The columns of a line: between commas where `#Fields:` has them, between tabs where the line has some, else between
/// blanks; `"…"` is one, and `""` in it a quote.
struct Values<'a> {
    rest: Option<&'a [u8]>,
    between: u8,
    quotes: bool,
}

impl<'a> Iterator for Values<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let separates = |byte: &u8| *byte == self.between;
        if self.quotes
            && let Some((value, after)) = rest.strip_prefix(b"\"").and_then(quoted)
            && after.first().is_none_or(separates)
        {
            self.rest = (!after.is_empty()).then(|| &after[1..]);
            return Some(value);
        }
        let end = rest.iter().position(separates);
        self.rest = end.map(|end| &rest[end + 1..]);
        Some(Cow::Borrowed(&rest[..end.unwrap_or(rest.len())]))
    }
}

fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut value = Vec::new();
    let mut begin = 0;
    loop {
        let end = begin + memchr::memchr(b'"', &text[begin..])?;
        let after = &text[end + 1..];
        if after.first() != Some(&b'"') {
            if value.is_empty() {
                return Some((Cow::Borrowed(&text[..end]), after));
            }
            value.extend_from_slice(&text[begin..end]);
            return Some((Cow::Owned(value), after));
        }
        value.extend_from_slice(&text[begin..=end]);
        begin = end + 2;
    }
}

/// How sure it is that the bytes are of the format: their first lines are directives, and one names the columns.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let mut head = probe.lines().take_while(|line| line.starts_with(b"#"));
    f64::from(u8::from(head.any(|line| line.starts_with(FIELDS) || line.starts_with(ZEEK_FIELDS))))
}

/// What a person should know of a capture whose times are of the zone of the machine that wrote them.
pub(crate) fn note(probe: &Probe<'_>) -> Option<Problem> {
    let line = probe.lines().find(|line| line.starts_with(LOCAL))?;
    let (source, number) = place(probe.bytes, line.as_ptr() as usize - probe.bytes.as_ptr() as usize);
    let reason =
        "the times are those of the machine's own zone, which is not named; they are taken to be UTC";
    let assumed = Repeated::assumed(RepeatedKind::Zone, reason.to_owned());
    Some(Problem::repeated(source, Some(number), assumed))
}
