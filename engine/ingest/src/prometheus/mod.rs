//! What a Prometheus target answers: text format 0.0.4 and `OpenMetrics` 1.0, one scrape or several in one file.
//!
//! A unit is a family with its metadata and samples, so that reading may begin at any family. A sample most often
//! carries no time; then the event has none, and a note says so.

mod family;
mod line;
pub(crate) mod server;

use crate::budget::Budget;
use crate::model::{Batch, Limits, Problem};
use crate::probe::Probe;
use crate::reader::{Reader, read_again};
use crate::streams::OtlpStreams;
use crate::text::{reject_long_line, skip_byte_order_mark};
use crate::window::{LineAt, Window};
use cbad::ByteRange;
use family::{Family, Kind, Loss, Point, Role};
use line::{Line, Sample};
use std::io;

/// A family that is longer is read in pieces, so that memory does not depend on it.
const BLOCK_BYTES: usize = 1 << 20;

/// What an `OpenMetrics` exposition ends with.
const END: &[u8] = b"# EOF";

/// Reads Prometheus text and `OpenMetrics`.
pub(crate) struct PrometheusReader {
    streams: OtlpStreams,
    limits: Limits,
    /// The family whose next piece follows.
    carried: Option<Family>,
    /// Whether this is `OpenMetrics`, whose times are seconds and which ends with `# EOF`.
    is_open: bool,
    /// Whether `# EOF` was read.
    has_end: bool,
}

impl PrometheusReader {
    pub(crate) fn new(is_open: bool, limits: Limits) -> Self {
        Self { streams: OtlpStreams::default(), limits, carried: None, is_open, has_end: false }
    }
}

impl Reader for PrometheusReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        skip_byte_order_mark(window)?;
        let mut block = Block { family: self.carried.take(), in_seconds: self.is_open, ..Block::default() };
        let mut is_last = false;
        loop {
            let from = block.length;
            match window.line_at(from, self.limits.record_bytes)? {
                LineAt::TooLong if from == 0 => {
                    reject_long_line(window, batch, self.limits.record_bytes)?;
                    self.carried = block.family;
                    return Ok(true);
                }
                LineAt::TooLong => break,
                LineAt::End => {
                    is_last = true;
                    break;
                }
                LineAt::Line(line) => {
                    let text = &window.available()[from..line.end];
                    self.has_end |= text.trim_ascii_end() == END;
                    match block.take(text) {
                        Taken::No => break,
                        Taken::Full => {
                            self.carried.clone_from(&block.family);
                            break;
                        }
                        Taken::Last => {
                            block.length = line.next;
                            break;
                        }
                        Taken::Yes => block.length = line.next,
                    }
                }
            }
        }
        if block.length == 0 {
            return Ok(false);
        }
        let length = block.length;
        block.report(window, batch, &mut self.streams);
        if is_last && self.is_open && !self.has_end {
            let end = ByteRange { offset: window.offset() + length as u64, length: 0 };
            let note =
                Problem::note(end, None, "the exposition does not end with # EOF: it may be cut short");
            batch.problem(note.hint(
                "What is there was read. Scrape the target again, or compare with its size elsewhere.",
            ));
        }
        window.pass_counting(length);
        Ok(true)
    }

    /// A family may be cut into units, so its metadata are looked for from the begin.
    fn resume(&mut self, window: &mut Window, offset: u64) -> io::Result<bool> {
        read_again(self, window, offset)
    }
}

/// What became of a line.
enum Taken {
    Yes,
    /// It is in the block, and the block ends with it.
    Last,
    /// It belongs to what follows.
    No,
    /// It belongs to the same family, but the block holds enough.
    Full,
}

/// A family's lines, read one by one. Places count from the block's begin.
#[derive(Default)]
struct Block {
    in_seconds: bool,
    length: usize,
    lines: u64,
    family: Option<Family>,
    points: Vec<Point>,
    /// Lines that are no samples: where, and why.
    damaged: Vec<(ByteRange, u64, String)>,
}

impl Block {
    fn take(&mut self, text: &[u8]) -> Taken {
        let line = Line::of(text, self.in_seconds);
        let is_first = self.length == 0;
        if is_first && !self.goes_on_with(&line) {
            self.family = None;
        }
        let place = ByteRange { offset: self.length as u64, length: text.len() as u64 };
        let is_full = self.length >= BLOCK_BYTES;
        match line {
            Line::Type { family, kind } => match self.metadata(family) {
                Some(known) => known.kind = Kind::of(kind),
                None => return Taken::No,
            },
            Line::Unit { family, unit } => match self.metadata(family) {
                Some(known) => known.unit = String::from_utf8_lossy(unit).into_owned(),
                None => return Taken::No,
            },
            Line::Help { family } => {
                if self.metadata(family).is_none() {
                    return Taken::No;
                }
            }
            Line::Sample(sample) => {
                let known = self.family.as_ref().map(|family| family.role(&sample.name));
                let role = match known {
                    Some(Some(role)) => role,
                    Some(None) => return Taken::No,
                    None => Role::Value,
                };
                if !self.take_sample(role, sample, place, is_full) {
                    return Taken::Full;
                }
            }
            Line::Other if !is_first => return Taken::No,
            Line::Other => {}
            Line::Damaged { .. } if is_full => return Taken::Full,
            Line::Damaged { at, expected } => {
                let reason = format!("the line is damaged: expected {expected} at its byte {at}");
                self.damaged.push((place, self.lines, reason));
            }
        }
        self.lines += 1;
        if self.family.is_some() { Taken::Yes } else { Taken::Last }
    }

    /// Whether a block that goes on with a family can begin with this line.
    fn goes_on_with(&self, line: &Line<'_>) -> bool {
        match line {
            Line::Sample(sample) => {
                self.family.as_ref().is_some_and(|family| family.role(&sample.name).is_some())
            }
            Line::Damaged { .. } => true,
            _ => false,
        }
    }

    /// False where the sample begins another point and the block is full.
    fn take_sample(&mut self, role: Role, mut sample: Sample, place: ByteRange, is_full: bool) -> bool {
        let alone = Family::default();
        let family = self.family.as_ref().unwrap_or(&alone);
        if let Some(point) = self.points.last_mut() {
            match point.join(family, role, sample, place) {
                Ok(()) => return true,
                Err(back) => sample = back,
            }
        }
        if is_full {
            return false;
        }
        match Point::of(family, role, sample, place, self.lines) {
            Ok(point) => self.points.push(point),
            Err(reason) => self.damaged.push((place, self.lines, reason.to_owned())),
        }
        true
    }

    /// The family that this metadata are of: a new one where there is none yet, none where another begins.
    fn metadata(&mut self, name: String) -> Option<&mut Family> {
        if self.length == 0 {
            self.family = Some(Family { name, ..Family::default() });
            return self.family.as_mut();
        }
        // After samples, even the same name begins the next scrape.
        let is_new = !self.points.is_empty() || !self.damaged.is_empty();
        self.family.as_mut().filter(|family| !is_new && family.name == name)
    }

    fn report(self, window: &Window, batch: &mut Batch, streams: &mut OtlpStreams) {
        let mut budget = Budget::for_unit(self.length);
        let family = self.family.unwrap_or_default();
        let begin = |place: ByteRange| ByteRange { offset: window.offset() + place.offset, ..place };
        for (place, line, reason) in self.damaged {
            batch.problem(
                Problem::rejected(begin(place), Some(window.line_number() + line), reason)
                    .hint("Look at this line in the capture; the lines around it were read."),
            );
        }
        let mut points = self.points.into_iter();
        while let Some(mut point) = points.next() {
            point.source = begin(point.source);
            let (source, line) = (point.source, window.line_number() + point.line);
            match point.into_event(&family, streams, &mut budget) {
                Ok((stream, event)) => batch.push(stream, event),
                Err(Loss::Record(reason)) => batch.problem(
                    Problem::rejected(source, Some(line), reason)
                        .hint("Look at these lines in the capture; the points around them were read."),
                ),
                Err(Loss::Block) => {
                    let end = points.last().map_or(source.end(), |last| begin(last.source).end());
                    let rest = ByteRange { length: end - source.offset, ..source };
                    let reason = "the family would take far more memory than its own length";
                    batch.problem(Problem::rejected(rest, Some(line), reason));
                    return;
                }
            }
        }
    }
}

/// Whether an exposition is `OpenMetrics`: by its end, its units, its own types, its exemplars, or a counter whose samples
/// have the suffix that its family has not.
pub(crate) fn is_open(probe: &Probe<'_>) -> bool {
    let mut counter = None;
    probe.lines().any(|line| match Line::of(line, true) {
        _ if line.trim_ascii_end() == END => true,
        Line::Unit { .. } => true,
        Line::Type { family, kind } => {
            let is_own = matches!(kind, b"unknown" | b"info" | b"stateset" | b"gaugehistogram");
            counter = (kind == b"counter").then_some(family);
            is_own
        }
        Line::Sample(sample) => {
            let suffix = counter.as_ref().and_then(|family| sample.name.strip_prefix(family.as_str()));
            sample.exemplar.is_some() || suffix == Some("_total")
        }
        _ => false,
    })
}

/// How sure it is that the capture is an exposition: the share of lines that are, where there are metadata or labels.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    const LABELS_ONLY: f64 = 0.9;
    let is_metadata = |line: &[u8]| matches!(Line::of(line, false), Line::Type { .. } | Line::Help { .. });
    let is_labelled =
        |line: &[u8]| matches!(Line::of(line, false), Line::Sample(sample) if !sample.labels.is_empty());
    let share = probe.share_of_lines(|line| match Line::of(line, false) {
        Line::Damaged { .. } => false,
        Line::Other => line.starts_with(b"# EOF"),
        _ => true,
    });
    if share < LABELS_ONLY {
        0.0
    } else if probe.share_of_lines(is_metadata) > 0.0 {
        share
    } else if probe.share_of_lines(is_labelled) > 0.5 {
        LABELS_ONLY * share
    } else {
        0.0
    }
}

/// What a person should know of a capture whose samples carry no time.
pub(crate) fn note(probe: &Probe<'_>) -> Option<Problem> {
    let is_timeless =
        |line: &[u8]| matches!(Line::of(line, false), Line::Sample(sample) if sample.time_nanos.is_none());
    (probe.share_of_lines(is_timeless) > 0.0).then(|| {
        Problem::note(ByteRange::default(), None, "samples carry no time: their events have none")
            .hint("A scrape says what was measured and not when. Their order is that of the capture.")
    })
}

#[cfg(test)]
mod tests;
