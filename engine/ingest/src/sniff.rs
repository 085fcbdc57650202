//! Recognises a capture's format by its content: the first decoded bytes, never the file name.

use crate::error::IngestError;
use crate::json::cursor::{Cursor, FaultKind, Kind};
use crate::json::documents::{Framing, separates};
use crate::model::{Format, OpenOptions, Problem};
use crate::stamp::{self, Years};
use crate::text::continues_a_trace;
use crate::window::Window;
use crate::{otlp_json, otlp_proto};
use cbad::ByteRange;
use std::path::Path;

/// How many decoded bytes the guess is made on.
pub(crate) const PROBE_BYTES: usize = 64 << 10;
const PROBE_LINES: usize = 200;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Values that the probe may pass over in one document.
const PROBE_VALUES: u32 = 1 << 20;

/// What the first bytes say about the capture.
#[derive(Clone, Debug)]
pub(crate) struct Sniffed {
    pub(crate) format: Format,
    pub(crate) confidence: f64,
    /// For JSON.
    pub(crate) framing: Framing,
    /// For text: whether its lines carry time stamps.
    pub(crate) stamped: bool,
    pub(crate) years: Years,
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

fn sniff_bytes(probe: &[u8], whole: bool, options: &OpenOptions) -> Result<Sniffed, Refusal> {
    refuse_utf16(probe)?;
    let text = probe.strip_prefix(BYTE_ORDER_MARK).unwrap_or(probe);
    let json = JsonGuess::of(text, whole, options.limits.depth);
    let (format, confidence) = match options.format {
        Some(format) => (format, 1.0),
        None => guess(probe, text, whole, &json)?,
    };
    let lines = TextGuess::of(text, options.assumed_year);
    let confidence =
        if format == Format::Text && options.format.is_none() { lines.confidence() } else { confidence };
    Ok(Sniffed {
        format,
        confidence,
        framing: json.framing,
        stamped: lines.is_stamped(),
        years: lines.years,
        note: lines.note(options.assumed_year).filter(|_| format == Format::Text),
    })
}

fn guess(probe: &[u8], text: &[u8], whole: bool, json: &JsonGuess) -> Result<(Format, f64), Refusal> {
    if let Some(confidence) = otlp_proto::probe(probe, whole) {
        return Ok((Format::OtlpProto, confidence));
    }
    refuse_known(probe)?;
    let share = json.objects as f64 / json.seen.max(1) as f64;
    if json.objects > 0 && share >= 0.5 {
        let format = if json.otlp * 2 >= json.objects { Format::OtlpJson } else { Format::JsonLines };
        return Ok((format, share));
    }
    if otlp_proto::is_unframed(probe, whole) {
        let hint =
            "Write it with a length before each message, as the collector's file exporter does, or as JSON.";
        return Err(Refusal { offset: 0, what: "one OTLP protobuf message without framing", hint });
    }
    refuse_binary(text)?;
    Ok((Format::Text, 0.5))
}

/// Whether there is nothing but blanks.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).iter().all(u8::is_ascii_whitespace)
}

fn refuse_utf16(probe: &[u8]) -> Result<(), Refusal> {
    if probe.starts_with(b"\xff\xfe") || probe.starts_with(b"\xfe\xff") {
        let hint = "Convert it first, for example with `iconv -f UTF-16 -t UTF-8`.";
        return Err(Refusal { offset: 0, what: "UTF-16 text", hint });
    }
    Ok(())
}

/// Files of other kinds that begin with a mark of their own.
fn refuse_known(probe: &[u8]) -> Result<(), Refusal> {
    const UNPACK: &str = "Unpack it and open the capture files that are in it.";
    const EXPORT: &str = "Export it as JSON lines or text first.";
    const KNOWN: [(usize, &[u8], &str, &str); 13] = [
        (0, b"PK\x03\x04", "a ZIP archive", UNPACK),
        (0, b"\xfd7zXZ\x00", "an xz file", UNPACK),
        (0, b"BZh", "a bzip2 file", UNPACK),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
        (0, b"\x04\x22\x4d\x18", "an LZ4 file", UNPACK),
        (257, b"ustar", "a tar archive", UNPACK),
        (0, b"PAR1", "a Parquet file", EXPORT),
        (0, b"ARROW1", "an Arrow file", EXPORT),
        (0, b"ElfFile\x00", "a Windows event log (EVTX)", EXPORT),
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

/// Lines that are complete in the probe; the last one too where the capture ends with it or there is no other.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last = memchr::memrchr(b'\n', text).unwrap_or(text.len());
    text[..last].split(|&byte| byte == b'\n').filter(|line| !is_blank(line)).take(PROBE_LINES)
}

#[derive(Debug)]
struct JsonGuess {
    framing: Framing,
    /// Lines or values looked at.
    seen: usize,
    /// Of them, JSON objects.
    objects: usize,
    /// Of them, OTLP.
    otlp: usize,
}

impl JsonGuess {
    fn of(text: &[u8], whole: bool, depth: u32) -> Self {
        let framing = framing_of(text, whole, depth);
        let mut guess = Self { framing, seen: 0, objects: 0, otlp: 0 };
        if framing == Framing::Values {
            let begin = text.iter().position(|&byte| !separates(byte) && byte != b'[');
            guess.look_at(&text[begin.unwrap_or(text.len())..], depth);
        } else {
            lines_of(text).for_each(|line| guess.look_at(line, depth));
        }
        guess
    }

    fn look_at(&mut self, bytes: &[u8], depth: u32) {
        self.seen += 1;
        let begin = bytes.iter().position(|&byte| !separates(byte)).unwrap_or(bytes.len());
        let mut cursor = Cursor::new(&bytes[begin..], depth, PROBE_VALUES);
        if cursor.kind() != Ok(Kind::Object) {
            return;
        }
        let mut is_otlp = false;
        let read = cursor.object(|cursor, key| {
            is_otlp |= otlp_json::is_top_key(&key);
            cursor.skip()
        });
        // A line that breaks off is still a JSON line, and most likely one of many.
        if read.is_ok() || read.is_err_and(|fault| fault.what == FaultKind::Ends) {
            self.objects += 1;
            self.otlp += usize::from(is_otlp);
        }
    }
}

/// Documents run over lines where the first line does not hold one and what follows goes on with it.
fn framing_of(text: &[u8], whole: bool, depth: u32) -> Framing {
    let Some(begin) = text.iter().position(|&byte| !separates(byte)) else { return Framing::Lines };
    let text = &text[begin..];
    let first_line = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let read = |bytes| {
        let mut cursor = Cursor::new(bytes, depth, PROBE_VALUES);
        cursor.skip().map(|()| cursor.at())
    };
    let ends_in_first = |bytes| read(bytes).is_err_and(|fault| fault.what == FaultKind::Ends);
    match text[0] {
        // A log line may begin with a bracket too; an array begins with a value or ends at once.
        b'[' if !read(text).is_err_and(|fault| fault.what != FaultKind::Ends) => Framing::Values,
        b'{' if first_line < text.len() && ends_in_first(&text[..first_line]) => match read(text) {
            Ok(_) => Framing::Values,
            Err(fault) if fault.what == FaultKind::Ends && (!whole || lines_of(text).count() > 1) => {
                Framing::Values
            }
            Err(_) => Framing::Lines,
        },
        _ => Framing::Lines,
    }
}

/// How many lines carry a time stamp, and whether stamps lack the year.
#[derive(Debug)]
struct TextGuess {
    lines: usize,
    stamped: usize,
    years: Years,
}

impl TextGuess {
    fn of(text: &[u8], assumed_year: i32) -> Self {
        let mut guess = Self { lines: 0, stamped: 0, years: Years::new(assumed_year) };
        let begins_event = |line: &&[u8]| !line[0].is_ascii_whitespace() && !continues_a_trace(line);
        for line in lines_of(text).filter(begins_event) {
            guess.lines += 1;
            if let Some(stamp) = stamp::find(line, guess.years) {
                guess.stamped += 1;
                guess.years.first = guess.years.first.or(stamp.yearless);
            }
        }
        guess
    }

    /// Four lines in five: some may be foreign.
    fn is_stamped(&self) -> bool {
        self.stamped > 0 && self.stamped * 5 >= self.lines * 4
    }

    fn confidence(&self) -> f64 {
        0.5 + 0.5 * self.stamped as f64 / self.lines.max(1) as f64
    }

    fn note(&self, assumed_year: i32) -> Option<Problem> {
        self.years.first?;
        let reason = format!("the time stamps name no year; they are taken to begin in {assumed_year}");
        let note = Problem::note(ByteRange::default(), None, reason);
        Some(note.hint("Give the year if it is known; the order of events does not depend on it."))
    }
}

#[cfg(test)]
#[path = "sniff_tests.rs"]
mod tests;
