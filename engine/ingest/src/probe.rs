//! What the first decoded bytes hold, looked at once for every format that may ask.

use crate::json::cursor::{Cursor, Fault, FaultKind, Kind};
use crate::json::documents::{Framing, RECORD_SEPARATOR, behind_length, separates};
use crate::model::OpenOptions;
use crate::times::TextGuess;

/// How many decoded bytes the guess is made on.
pub(crate) const PROBE_BYTES: usize = 64 << 10;
const PROBE_LINES: usize = 200;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Values that the probe may pass over in one document.
const PROBE_VALUES: u32 = 1 << 20;

/// The first decoded bytes of a capture.
pub(crate) struct Probe<'a> {
    /// As they are.
    pub(crate) bytes: &'a [u8],
    /// Without a byte order mark.
    pub(crate) text: &'a [u8],
    /// Whether there is nothing behind them.
    pub(crate) whole: bool,
    /// Its JSON documents.
    pub(crate) json: JsonGuess<'a>,
    /// The time stamps of its lines.
    pub(crate) stamps: TextGuess,
}

impl<'a> Probe<'a> {
    pub(crate) fn new(bytes: &'a [u8], whole: bool, options: &OpenOptions) -> Self {
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        Self {
            bytes,
            text,
            whole,
            json: JsonGuess::of(text, whole, options.limits.depth),
            stamps: TextGuess::of(bytes, text, options),
        }
    }

    /// Its lines that are complete and not blank, at most 200; the last one too where the capture ends with it or
    /// there is no other.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        lines_of(self.text)
    }

    /// The share of its lines for which `is` holds.
    pub(crate) fn share_of_lines(&self, is: impl Fn(&[u8]) -> bool) -> f64 {
        let (seen, held) =
            self.lines().fold((0u32, 0u32), |(seen, held), line| (seen + 1, held + u32::from(is(line))));
        f64::from(held) / f64::from(seen.max(1))
    }
}

/// Whether there is nothing but blanks.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).iter().all(u8::is_ascii_whitespace)
}

/// Lines that are complete in the probe; the last one too where the capture ends with it or there is no other.
pub(crate) fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last = memchr::memrchr(b'\n', text).unwrap_or(text.len());
    text[..last].split(|&byte| byte == b'\n').filter(|line| !is_blank(line)).take(PROBE_LINES)
}

/// The JSON documents of a probe.
#[derive(Debug)]
pub(crate) struct JsonGuess<'a> {
    pub(crate) framing: Framing,
    /// Lines or values looked at.
    pub(crate) seen: usize,
    /// Of them, the JSON objects.
    pub(crate) objects: Vec<JsonObject<'a>>,
    /// Of them, what is JSON nested too deep to be anything else, and no object.
    pub(crate) too_deep: usize,
}

/// A JSON object of a probe.
#[derive(Debug)]
pub(crate) struct JsonObject<'a> {
    /// From its brace on; the last one may break off.
    pub(crate) bytes: &'a [u8],
    /// Its top keys as written, in order.
    pub(crate) keys: Vec<Vec<u8>>,
}

impl JsonObject<'_> {
    /// Whether it has this top key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key.as_bytes())
    }

    /// Whether this text stands anywhere in it.
    pub(crate) fn holds(&self, text: &str) -> bool {
        memchr::memmem::find(self.bytes, text.as_bytes()).is_some()
    }
}

impl<'a> JsonGuess<'a> {
    fn of(text: &'a [u8], whole: bool, depth: u32) -> Self {
        let framing = framing_of(text, whole, depth);
        let mut guess = Self { framing, seen: 0, objects: Vec::new(), too_deep: 0 };
        if framing == Framing::Values {
            let begin = text.iter().position(|&byte| !separates(byte) && byte != b'[');
            guess.look_at(&text[begin.unwrap_or(text.len())..], depth);
        } else if framing == Framing::Sequence {
            let records = text.split(|&byte| byte == RECORD_SEPARATOR).filter(|record| !is_blank(record));
            records.take(PROBE_LINES).for_each(|record| guess.look_at(record, depth));
        } else if framing == Framing::Lengths {
            documents_behind_lengths(text).for_each(|document| guess.look_at(document, depth));
        } else {
            lines_of(text).for_each(|line| guess.look_at(line, depth));
        }
        guess
    }

    fn look_at(&mut self, bytes: &'a [u8], depth: u32) {
        self.seen += 1;
        let begin = bytes.iter().position(|&byte| !separates(byte)).unwrap_or(bytes.len());
        let bytes = &bytes[begin..];
        let mut cursor = Cursor::new(bytes, depth, PROBE_VALUES);
        if cursor.kind() != Ok(Kind::Object) {
            let is_deep = cursor.skip().is_err_and(|fault| fault.what == FaultKind::TooDeep);
            self.too_deep += usize::from(is_deep);
            return;
        }
        let mut keys = Vec::new();
        let read = cursor.object(|cursor, key| {
            keys.push(key.to_vec());
            cursor.skip()
        });
        // A line that breaks off is still a JSON line, and most likely one of many; one that meets a limit is one too, and
        // is rejected as such.
        let is_json = |fault: Fault| fault.what == FaultKind::Ends || fault.raise().is_some();
        if read.map_or_else(is_json, |()| true) {
            self.objects.push(JsonObject { bytes, keys });
        }
    }

    /// The share of what was looked at that is a JSON object for which `is` holds.
    pub(crate) fn share(&self, is: impl Fn(&JsonObject<'_>) -> bool) -> f64 {
        self.objects.iter().filter(|object| is(object)).count() as f64 / self.seen.max(1) as f64
    }
}

/// The documents behind their lengths, as far as they are there.
fn documents_behind_lengths(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    let documents = std::iter::from_fn(move || {
        let (document, length) = behind_length(rest)?;
        rest = rest.get(4..)?.get(length..).unwrap_or_default();
        Some(document)
    });
    documents.filter(|document| !is_blank(document)).take(PROBE_LINES)
}

/// Whether an object stands behind four bytes that are no text: its length, or what was one before it was damaged.
fn is_behind_length(text: &[u8], depth: u32) -> bool {
    let Some((head, rest)) = text.split_first_chunk::<4>() else { return false };
    let is_control =
        |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace() && *byte != RECORD_SEPARATOR;
    let is_text = std::str::from_utf8(head).is_ok() && !head.iter().any(is_control);
    if is_text || rest.first() != Some(&b'{') {
        return false;
    }
    let read = Cursor::new(rest, depth, PROBE_VALUES).skip();
    read.is_ok() || read.is_err_and(|fault| fault.what == FaultKind::Ends)
}

/// Documents run over lines where the first line does not hold one and what follows goes on with it.
fn framing_of(text: &[u8], whole: bool, depth: u32) -> Framing {
    if is_behind_length(text, depth) {
        return Framing::Lengths;
    }
    let Some(begin) = text.iter().position(|byte| !byte.is_ascii_whitespace()) else { return Framing::Lines };
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
        RECORD_SEPARATOR => Framing::Sequence,
        // Documents behind one another without a line end anywhere.
        b'{' if first_line == text.len() && !whole && read(text).is_ok_and(|end| goes_on(&text[end..])) => {
            Framing::Values
        }
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

fn goes_on(rest: &[u8]) -> bool {
    rest.iter().find(|&&byte| !separates(byte)) == Some(&b'{')
}
