//! syslog lines: RFC 3164 as sent (with its priority) and as files keep it (without), with the deviations that rsyslog
//! and Cisco devices write, and RFC 5424.

pub(crate) mod octets;
mod old;
mod structured;

use crate::lines::{At, LineFormat, keep_as_text};
use crate::model::Batch;
use crate::probe::Probe;
use crate::severity;
use crate::stamp::Years;
use crate::streams::LogStreams;
use cbad::{Event, Field, Value};
use old::Kept;

/// Reads one syslog message after the other.
pub(crate) struct Syslog {
    streams: LogStreams,
    years: Years,
    /// Most values of one message.
    most: u32,
}

impl Syslog {
    pub(crate) fn new(name: String, years: Years, most: u32) -> Self {
        Self { streams: LogStreams::new(name), years, most }
    }
}

impl LineFormat for Syslog {
    fn fresh(&self) -> Self {
        Self { streams: self.streams.emptied(), ..*self }
    }

    fn read(&mut self, line: &[u8], at: At, batch: &mut Batch) {
        match Message::read(line, self.years, self.most) {
            Ok(message) => {
                let stream = self.streams.of(message.app.as_deref());
                batch.push(stream, message.into_event(at));
            }
            Err(why) => {
                keep_as_text(
                    line,
                    at,
                    self.streams.of(None),
                    self.years,
                    format!("the line is no syslog message: {why}"),
                    batch,
                );
            }
        }
    }
}

/// A syslog message taken apart.
#[derive(Debug, Default)]
struct Message<'a> {
    priority: Option<u8>,
    nanos: Option<i64>,
    app: Option<String>,
    fields: Vec<Field>,
    text: &'a [u8],
}

impl<'a> Message<'a> {
    fn read(line: &'a [u8], years: Years, most: u32) -> Result<Self, &'static str> {
        let (priority, rest) = match severity::syslog_priority(line) {
            Some((priority, rest)) => (Some(priority), rest),
            None => (None, line),
        };
        let mut message = match rest.strip_prefix(b"1 ").filter(|_| priority.is_some()) {
            Some(rest) => structured::read(rest, most)?,
            None => {
                old::read(rest, priority.is_some(), years).ok_or("it has no time stamp where one belongs")?
            }
        };
        message.priority = priority;
        Ok(message)
    }

    fn field(&mut self, path: impl Into<String>, value: Value) {
        self.fields.push(Field { path: path.into(), value });
    }

    /// Takes a word of the header; `-` says that there is none.
    fn header(&mut self, path: &str, word: &[u8]) {
        if !matches!(word, b"" | b"-") {
            self.field(path, Value::Text(String::from_utf8_lossy(word).into_owned()));
        }
    }

    fn into_event(mut self, at: At) -> Event {
        let mut event = Event::new(self.text, at.source);
        event.time_nanos = self.nanos;
        event.severity = match self.priority {
            Some(priority) => {
                let facility = Value::Text(facility(priority).into());
                self.fields.insert(0, Field { path: "facility".into(), value: facility });
                Some(severity::of_priority(priority))
            }
            None => severity::find(self.text, None),
        };
        event.fields = self.fields;
        event
    }
}

/// The word up to the next blank, and what follows the blank.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == b' ') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[]),
    }
}

/// The names of RFC 5424, table 1, as `syslog.conf` writes them.
fn facility(priority: u8) -> &'static str {
    const NAMES: [&str; 24] = [
        "kern",
        "user",
        "mail",
        "daemon",
        "auth",
        "syslog",
        "lpr",
        "news",
        "uucp",
        "cron",
        "authpriv",
        "ftp",
        "ntp",
        "security",
        "console",
        "solaris-cron",
        "local0",
        "local1",
        "local2",
        "local3",
        "local4",
        "local5",
        "local6",
        "local7",
    ];
    NAMES[usize::from(priority / 8)]
}

/// How sure it is that the lines are syslog messages. Of lines that programs may write themselves, one in four has to name
/// its process.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let years = probe.stamps.years;
    let sent = |line: &[u8]| severity::syslog_priority(line).is_some();
    let is_message = |line: &[u8]| {
        if sent(line) {
            structured::begins(line) || Message::read(line, years, u32::MAX).is_ok()
        } else {
            old::kept(line, years) != Kept::No
        }
    };
    let is_telling =
        |line: &[u8]| sent(line) || matches!(old::kept(line, years), Kept::Surely | Kept::Likely);
    let share = probe.share_of_lines(is_message);
    if share >= 0.8 && probe.share_of_lines(is_telling) >= 0.25 { share } else { 0.0 }
}

#[cfg(test)]
mod tests;
