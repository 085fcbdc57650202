//! Recognises a capture's format by its content: the first decoded bytes, never the file name.

use crate::envelope;
use crate::error::IngestError;
use crate::format::Format;
use crate::json::documents::Framing;
use crate::kafka::console;
use crate::model::{OpenOptions, Problem};
use crate::otlp_proto;
use crate::prefixed::Prefix;
use crate::probe::{PROBE_BYTES, Probe};
use crate::prometheus;
use crate::registry;
use crate::stamp::Years;
use crate::table::dialect::Dialect;
use crate::window::Window;
use std::path::Path;

/// A format is taken where it is more likely than not.
const LEAST_CONFIDENCE: f64 = 0.5;

/// What the first bytes say about the capture.
#[derive(Clone, Debug)]
pub(crate) struct Sniffed {
    pub(crate) format: Format,
    pub(crate) confidence: f64,
    /// Every format that the bytes could be, the surest first.
    pub(crate) candidates: Vec<(Format, f64)>,
    /// For JSON.
    pub(crate) framing: Framing,
    /// For JSON lines: whether objects may hold lists of records.
    pub(crate) enveloped: bool,
    /// For OTLP protobuf.
    pub(crate) proto_framing: otlp_proto::Framing,
    /// For expositions: whether it is `OpenMetrics`.
    pub(crate) is_open_metrics: bool,
    /// For text: whether its lines carry time stamps.
    pub(crate) stamped: bool,
    /// For text: what stands before its lines.
    pub(crate) prefix: Option<Prefix>,
    /// For Kafka topics: the columns of what the consumer prints.
    pub(crate) console: Option<console::Columns>,
    pub(crate) years: Years,
    /// For tables.
    pub(crate) dialect: Option<Dialect>,
    /// What a person should know about the capture as a whole.
    pub(crate) note: Option<Problem>,
}

/// Why the capture is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    offset: u64,
    what: &'static str,
    hint: &'static str,
}

impl Refusal {
    pub(crate) fn what(self) -> &'static str {
        self.what
    }

    pub(crate) fn hint(self) -> &'static str {
        self.hint
    }

    pub(crate) fn into_error(self, path: &Path) -> IngestError {
        IngestError::Binary { path: path.into(), offset: self.offset, what: self.what, hint: self.hint }
    }
}

/// The format, given by the options or guessed.
pub(crate) fn sniff(window: &Window, options: &OpenOptions) -> Result<Sniffed, Refusal> {
    let available = window.available();
    let probe = &available[..available.len().min(PROBE_BYTES)];
    let whole = available.len() < PROBE_BYTES;
    sniff_bytes(probe, whole, options)
}

fn sniff_bytes(bytes: &[u8], whole: bool, options: &OpenOptions) -> Result<Sniffed, Refusal> {
    let probe = Probe::new(bytes, whole, options);
    let sure = Format::ALL.map(|format| (format, registry::confidence(format, &probe)));
    let prefix = Prefix::of(&probe);
    let (format, confidence) = match (options.format, prefix) {
        (Some(format), _) => (format, 1.0),
        // What stands behind names may look like anything.
        (None, Some((_, share))) => (Format::Text, share),
        (None, None) => guess(&probe, &sure)?,
    };
    Ok(Sniffed {
        format,
        confidence,
        candidates: candidates(&sure, format),
        framing: probe.json.framing,
        enveloped: format == Format::JsonLines
            && envelope::is_in(&probe, probe.stamps.years, options.limits.depth, options.limits.values),
        proto_framing: proto_framing(format, &probe),
        is_open_metrics: format == Format::Prometheus && prometheus::is_open(&probe),
        // What goes on behind a name looks like a line of its own.
        stamped: probe.stamps.is_stamped() || prefix.is_some() && probe.stamps.is_half_stamped(),
        prefix: prefix.filter(|_| format == Format::Text).map(|(prefix, _)| prefix),
        console: if format == Format::Kafka { console::Columns::of(&probe) } else { None },
        years: probe.stamps.years,
        note: registry::note(format, &probe, options),
        dialect: registry::dialect(format, &probe),
    })
}

/// The surest of the telling formats; where there is none, the first of the general ones that takes the bytes at all.
fn guess(probe: &Probe<'_>, sure: &[(Format, f64)]) -> Result<(Format, f64), Refusal> {
    let mut best: Option<(Format, f64)> = None;
    for &(format, confidence) in sure.iter().filter(|(format, _)| !format.is_general()) {
        if confidence >= LEAST_CONFIDENCE && best.is_none_or(|(_, most)| confidence > most) {
            best = Some((format, confidence));
        }
    }
    if let Some(best) = best {
        return Ok(best);
    }
    refuse_known(probe.bytes)?;
    let of = |wanted| sure.iter().find(|(format, _)| *format == wanted).map_or(0.0, |(_, sure)| *sure);
    let json = of(Format::JsonLines);
    if json >= LEAST_CONFIDENCE {
        return Ok((Format::JsonLines, json));
    }
    if otlp_proto::is_arrow(probe.bytes) {
        let hint = "Write it as OTLP, for example with the collector's file exporter behind its OTel-Arrow receiver.";
        return Err(Refusal { offset: 0, what: "OTel-Arrow (OTAP) data", hint });
    }
    refuse_binary(probe.text)?;
    Ok((Format::Text, of(Format::Text)))
}

/// A general format takes what a telling one describes better: beside one that was found it is half as sure.
fn candidates(sure: &[(Format, f64)], found: Format) -> Vec<(Format, f64)> {
    let sure = sure.iter().map(|&(format, confidence)| {
        let share = if format.is_general() && !found.is_general() { 0.5 } else { 1.0 };
        (format, share * confidence)
    });
    let mut candidates: Vec<_> = sure.filter(|(_, confidence)| *confidence > 0.0).collect();
    candidates.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    candidates
}

fn proto_framing(format: Format, probe: &Probe<'_>) -> otlp_proto::Framing {
    let known = (format == Format::OtlpProto).then(|| otlp_proto::recognise(probe.bytes, probe.whole));
    known.flatten().map(|(framing, _)| framing).unwrap_or_default()
}

/// Files of other kinds that begin with a mark of their own.
fn refuse_known(probe: &[u8]) -> Result<(), Refusal> {
    const UNPACK: &str = "Unpack it and open the capture files that are in it.";
    const EXPORT: &str = "Export it as JSON lines or text first.";
    const KNOWN: [(usize, &[u8], &str, &str); 6] = [
        (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
        (0, b"ARROW1", "an Arrow file", EXPORT),
        (
            0,
            b"LPKSHHRH",
            "a systemd journal",
            "Export it first, for example with `journalctl -o json --file`.",
        ),
        (0, b"SQLite format 3\x00", "a SQLite database", "If it is a case file, open it as a case."),
        (0, b"\x7fELF", "a program", "Choose a log, a trace or a metrics capture."),
        (0, b"%PDF-", "a PDF document", "Choose a log, a trace or a metrics capture."),
    ];
    let found =
        KNOWN.iter().find(|(at, mark, ..)| probe.get(*at..).is_some_and(|rest| rest.starts_with(mark)));
    match found {
        Some(&(at, _, what, hint)) => Err(Refusal { offset: at as u64, what, hint }),
        None => Ok(()),
    }
}

/// Text may hold some bytes that are none; more than one in ten is no text.
fn refuse_binary(text: &[u8]) -> Result<(), Refusal> {
    let is_odd = |byte: u8| {
        byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1b | 0x1e) || byte == 0x7f
    };
    let mut odd = 0;
    let mut first = None;
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid().bytes().filter(|&byte| is_odd(byte)).count();
        odd += valid + chunk.invalid().len();
        if valid + chunk.invalid().len() > 0 && first.is_none() {
            let bytes = chunk.valid().as_bytes();
            let within = bytes.iter().position(|&byte| is_odd(byte)).unwrap_or(bytes.len());
            first = Some(bytes.as_ptr() as usize - text.as_ptr() as usize + within);
        }
    }
    if odd * 10 > text.len() {
        let hint = "Choose a log, a trace or a metrics capture, or name its format if it is one.";
        return Err(Refusal { offset: first.unwrap_or(0) as u64, what: "binary data", hint });
    }
    Ok(())
}

#[cfg(test)]
#[path = "sniff_tests.rs"]
mod tests;
