//! What container runtimes write of a container's output: long lines in parts, which are joined again, each stream's
//! (`stdout`, `stderr`) by itself; and the program's own JSON, read one level deep,
//! also where it is escaped once more as a JSON string.
//!
//! A unit is a run of lines after which no part waits for its next one, so nothing is kept between units.

pub(crate) mod cri;
pub(crate) mod docker;

use cri::Cri;
use docker::Docker;

use crate::format::Format;
use crate::lines::{At, keep_as_text, next_line};
use crate::model::{Batch, Limits, Problem};
use crate::own_json::own_json;
use crate::reader::Reader;
use crate::stamp::Years;
use crate::streams::LogStreams;
use crate::text::event_of;
use crate::window::{LineAt, Window};
use cbad::{ByteRange, Field, Value};
use std::io;

/// Reads one line of a runtime's format.
pub(crate) trait PartFormat: Send {
    /// Takes a line apart, which may end with a carriage return; the reason where it is none of the format.
    fn part(&self, line: &[u8], limits: &Limits) -> Result<Part, String>;
}

/// A line, or a part of one, that a container wrote.
#[derive(Debug)]
pub(crate) struct Part {
    stream: String,
    nanos: Option<i64>,
    text: Vec<u8>,
    /// Whether the container's line ends with it.
    ends: bool,
    /// What the runtime says besides.
    fields: Vec<Field>,
}

/// Reads a runtime's log.
pub(crate) struct PartReader<F> {
    format: F,
    streams: LogStreams,
    container: Option<String>,
    years: Years,
    limits: Limits,
}

impl<F> PartReader<F> {
    pub(crate) fn new(format: F, name: String, years: Years, limits: Limits) -> Self {
        Self { format, container: container_of(&name), streams: LogStreams::new(name), years, limits }
    }

    /// By where they begin.
    fn push_all(&mut self, group: Group, batch: &mut Batch) {
        let mut lines: Vec<Joined> = group.whole.into_iter().chain(group.open).collect();
        lines.sort_by_key(|joined| joined.at.source.offset);
        let mut foreign = group.foreign.into_iter().peekable();
        for joined in lines {
            while let Some(before) = foreign.next_if(|(at, ..)| at.source.offset < joined.at.source.offset) {
                self.keep(before, batch);
            }
            self.push(joined, batch);
        }
        for after in foreign {
            self.keep(after, batch);
        }
    }

    fn keep(&mut self, (at, text, why): (At, Vec<u8>, String), batch: &mut Batch) {
        let stream = self.streams.of(self.container.as_deref());
        keep_as_text(&text, at, stream, self.years, why, batch);
    }

    /// The event of a container's line; its service is what the program calls itself, else the container.
    fn push(&mut self, mut line: Joined, batch: &mut Batch) {
        if line.part.ends {
            // A terminal ends lines with two bytes, of which the runtime takes the second alone as the end.
            line.part.text.pop_if(|byte| *byte == b'\r');
        } else {
            batch.problem(self.unended(&line));
        }
        let source = line.at.source;
        let (service, mut event) = own_json(&line.part.text, source, self.years, &self.limits)
            .unwrap_or_else(|| {
                (None, event_of(&line.part.text, first_line(&line.part.text), self.years, source))
            });
        event.time_nanos = line.part.nanos.or(event.time_nanos);
        let stream = Field { path: "stream".into(), value: Value::Text(line.part.stream) };
        event.fields.splice(0..0, std::iter::once(stream).chain(line.part.fields));
        let service = service.or_else(|| self.container.clone());
        batch.push(self.streams.of(service.as_deref()), event);
    }

    /// The note on a line whose last part is not there.
    fn unended(&self, line: &Joined) -> Problem {
        let (why, hint) = if line.at_the_end {
            (
                "the capture ends before its last part, so the rest of the line is not in it".to_owned(),
                "What is there was kept as one event; the rest may be in the next file of the container.",
            )
        } else {
            let most = self.limits.event_bytes;
            (
                format!("its last part does not follow within {most} bytes"),
                "What is there was kept as one event.",
            )
        };
        let why = format!("the line on {} is in parts, and {why}", line.part.stream);
        Problem::note(line.at.source, Some(line.at.line), why).hint(hint)
    }
}

/// A line in the making.
struct Joined {
    at: At,
    part: Part,
    /// Whether the capture ends behind it.
    at_the_end: bool,
}

impl<F: PartFormat> Reader for PartReader<F> {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        let Some((length, next)) = next_line(window, self.limits.record_bytes, batch)? else {
            return Ok(false);
        };
        if length == 0 {
            window.pass(next, u64::from(next > 0));
            return Ok(true);
        }
        let mut group = Group::default();
        let (mut begin, mut line) = (0, 0);
        let (mut end, mut next) = (length, next);
        loop {
            let place = At {
                source: ByteRange { offset: window.offset() + begin as u64, length: (end - begin) as u64 },
                line: window.line_number() + line,
            };
            let text = &window.available()[begin..end];
            let with_return = &window.available()[begin..next.min(end + 1)];
            let with_return = if with_return.ends_with(b"\r") { with_return } else { text };
            if !text.iter().all(u8::is_ascii_whitespace) {
                match self.format.part(with_return, &self.limits) {
                    Ok(part) => group.take(part, place),
                    Err(why) => group.foreign.push((place, text.to_vec(), why)),
                }
            }
            line += 1;
            if group.open.is_empty() {
                break;
            }
            let room = self.limits.event_bytes.saturating_sub(next as u64);
            let ahead = match window.line_at(next, room)? {
                LineAt::Line(ahead) => ahead,
                LineAt::TooLong => break,
                LineAt::End => {
                    group.open.iter_mut().for_each(|open| open.at_the_end = true);
                    break;
                }
            };
            if ahead.end as u64 > self.limits.event_bytes {
                break;
            }
            (begin, end, next) = (next, ahead.end, ahead.next);
        }
        self.push_all(group, batch);
        window.pass(next, line);
        Ok(true)
    }
}

/// Lines of a unit: those that are whole, at most one a stream that waits for its next part, and those of another kind.
#[derive(Default)]
struct Group {
    whole: Vec<Joined>,
    open: Vec<Joined>,
    /// Lines of another kind, with the reason.
    foreign: Vec<(At, Vec<u8>, String)>,
}

impl Group {
    fn take(&mut self, part: Part, at: At) {
        let joined = match self.open.iter().position(|open| open.part.stream == part.stream) {
            Some(index) => {
                let mut joined = self.open.swap_remove(index);
                joined.part.text.extend_from_slice(&part.text);
                joined.part.ends = part.ends;
                joined.at.source.length = at.source.end() - joined.at.source.offset;
                joined
            }
            None => Joined { at, part, at_the_end: false },
        };
        if joined.part.ends {
            self.whole.push(joined);
        } else {
            self.open.push(joined);
        }
    }
}

/// Length of the lines after which no part of a line waits for its next one; of another format than these, of all.
///
/// For a log that is still written: what is behind belongs together with lines that are to come.
pub fn whole_records(format: Format, lines: &[u8], limits: &Limits) -> usize {
    let part: &dyn Fn(&[u8]) -> Result<Part, String> = match format {
        Format::Cri => &|line| Cri.part(line, limits),
        Format::Docker => &|line| Docker.part(line, limits),
        _ => return lines.len(),
    };
    let (mut open, mut at, mut whole) = (Vec::new(), 0, 0);
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        at += line.len();
        if let Ok(part) = part(line.trim_ascii_end()) {
            open.retain(|stream| *stream != part.stream);
            open.extend((!part.ends).then_some(part.stream));
        }
        if open.is_empty() {
            whole = at;
        }
    }
    whole
}

fn first_line(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).unwrap_or(text.len())
}

/// The container that the kubelet's link names: `pod_namespace_container-<id of 64 digits>.log`.
fn container_of(file_name: &str) -> Option<String> {
    let stem = file_name.split(".log").next().unwrap_or(file_name);
    let (named, id) = stem.rsplit_once('-')?;
    let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let container = named.splitn(3, '_').nth(2).filter(|name| is_id && !name.is_empty())?;
    Some(container.to_owned())
}

#[cfg(test)]
mod tests;
