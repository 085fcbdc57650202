//! A place in JSON text that moves on value by value, in one pass and without building a tree.
//!
//! Written for captures: every value's byte range is at hand, numbers keep their exact digits, strings may
//! hold bytes that are not UTF-8, `NaN` and infinities may stand bare (as Python writes them), and what one
//! text may cost is bounded. In all else it takes and refuses what RFC 8259 does; `tests` hold it against
//! `serde_json`.

use memchr::memchr3;
use std::borrow::Cow;

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) what: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The text ends inside a value.
    Ends,
    /// Something else should stand here.
    Expected(&'static str),
    TooDeep,
    TooManyValues,
    /// What was read so far takes all the memory that the line may take.
    TooCostly,
}

impl FaultKind {
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Ends => "the JSON breaks off".into(),
            Self::Expected(what) => format!("the JSON is damaged: expected {what}"),
            Self::TooDeep => "the JSON is nested deeper than the limit depth".into(),
            Self::TooManyValues => "the line holds more values than the limit values".into(),
            Self::TooCostly => "the line would take far more memory than its own length".into(),
        }
    }
}

impl Fault {
    /// How to raise the limit that was met, where it was one.
    pub(crate) fn raise(self) -> Option<&'static str> {
        match self.what {
            FaultKind::TooDeep => Some("If it is one genuine record, raise the limit: `--limit depth=…`."),
            FaultKind::TooManyValues => {
                Some("If it is one genuine record, raise the limit: `--limit values=…`.")
            }
            FaultKind::Ends | FaultKind::Expected(_) | FaultKind::TooCostly => None,
        }
    }
}

/// What kind of value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Array,
    Text,
    Number,
    Bool,
    Null,
}

/// The bytes of a string, borrowed where it holds no escapes.
pub(crate) type Text<'a> = Cow<'a, [u8]>;

pub(crate) type Read<T> = Result<T, Fault>;

#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    depth_left: u32,
    values_left: u32,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], most_depth: u32, most_values: u32) -> Self {
        Self { bytes, at: 0, depth_left: most_depth, values_left: most_values }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// How many more values may be read.
    pub(crate) fn values_left(&self) -> u32 {
        self.values_left
    }

    /// The text from an earlier place to here.
    pub(crate) fn since(&self, begin: usize) -> &'a [u8] {
        &self.bytes[begin..self.at]
    }

    fn fault<T>(&self, what: FaultKind) -> Read<T> {
        let what = if self.at >= self.bytes.len() && matches!(what, FaultKind::Expected(_)) {
            FaultKind::Ends
        } else {
            what
        };
        Err(Fault { at: self.at, what })
    }

    /// Ends what is being read: what follows is not looked at.
    pub(crate) fn stop(&self) -> Read<()> {
        Err(Fault { at: self.at, what: FaultKind::Ends })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// The kind of the next value, from its first byte; moves on to that byte.
    pub(crate) fn kind(&mut self) -> Read<Kind> {
        self.skip_blanks();
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            _ => self.fault(FaultKind::Expected("a value")),
        }
    }

    /// Where the next value begins; moves on to it.
    pub(crate) fn at_value(&mut self) -> Read<usize> {
        self.kind().map(|_| self.at)
    }

    fn enter(&mut self) -> Read<()> {
        self.at += 1;
        if self.depth_left == 0 {
            return self.fault(FaultKind::TooDeep);
        }
        self.depth_left -= 1;
        Ok(())
    }

    fn count_value(&mut self) -> Read<()> {
        if self.values_left == 0 {
            return self.fault(FaultKind::TooManyValues);
        }
        self.values_left -= 1;
        Ok(())
    }

    /// Reads an object; `member` is told each key and must read its value.
    pub(crate) fn object(&mut self, mut member: impl FnMut(&mut Self, Text<'a>) -> Read<()>) -> Read<()> {
        if self.kind()? != Kind::Object {
            return self.fault(FaultKind::Expected("an object"));
        }
        self.enter()?;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth_left += 1;
            return Ok(());
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return self.fault(FaultKind::Expected("a key in double quotes"));
            }
            let key = self.text()?;
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return self.fault(FaultKind::Expected("':' after a key"));
            }
            self.at += 1;
            self.count_value()?;
            member(self, key)?;
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.fault(FaultKind::Expected("',' or '}'")),
            }
        }
        self.at += 1;
        self.depth_left += 1;
        Ok(())
    }

    /// Reads an array; `element` must read each element.
    pub(crate) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        if self.kind()? != Kind::Array {
            return self.fault(FaultKind::Expected("an array"));
        }
        self.enter()?;
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth_left += 1;
            return Ok(());
        }
        loop {
            self.count_value()?;
            element(self)?;
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return self.fault(FaultKind::Expected("',' or ']'")),
            }
        }
        self.at += 1;
        self.depth_left += 1;
        Ok(())
    }

    /// Reads any value and forgets it.
    pub(crate) fn skip(&mut self) -> Read<()> {
        match self.kind()? {
            Kind::Object => self.object(|cursor, _| cursor.skip()),
            Kind::Array => self.array(Self::skip),
            Kind::Text => self.skip_text(),
            Kind::Number => self.number().map(drop),
            Kind::Bool => self.bool().map(drop),
            Kind::Null => self.null(),
        }
    }

    pub(crate) fn null(&mut self) -> Read<()> {
        self.literal(b"null", "null")
    }

    pub(crate) fn bool(&mut self) -> Read<bool> {
        self.skip_blanks();
        if self.peek() == Some(b't') {
            self.literal(b"true", "true").map(|()| true)
        } else {
            self.literal(b"false", "false").map(|()| false)
        }
    }

    fn literal(&mut self, literal: &[u8], expected: &'static str) -> Read<()> {
        self.skip_blanks();
        let rest = &self.bytes[self.at..];
        if rest.starts_with(literal) {
            self.at += literal.len();
            return Ok(());
        }
        if literal.starts_with(rest) {
            self.at = self.bytes.len();
        }
        self.fault(FaultKind::Expected(expected))
    }

    /// The digits of a number as written, or `NaN`, `Infinity`, `-Infinity`.
    pub(crate) fn number(&mut self) -> Read<&'a str> {
        self.skip_blanks();
        let begin = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'I') => self.literal(b"Infinity", "Infinity")?,
            Some(b'N') if self.at == begin => self.literal(b"NaN", "NaN")?,
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.fault(FaultKind::Expected("a number")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(std::str::from_utf8(&self.bytes[begin..self.at]).expect("numbers are ASCII"))
    }

    fn digits(&mut self) -> Read<()> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == begin { self.fault(FaultKind::Expected("a digit")) } else { Ok(()) }
    }

    /// Moves past a string that begins here, checking its escapes; true where it holds any.
    fn pass_text(&mut self) -> Read<bool> {
        self.skip_blanks();
        if self.peek() != Some(b'"') {
            return self.fault(FaultKind::Expected("a string"));
        }
        self.at += 1;
        let mut has_escapes = false;
        loop {
            let Some(found) = self.next_mark() else {
                self.at = self.bytes.len();
                return self.fault(FaultKind::Ends);
            };
            self.at += found;
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    return Ok(has_escapes);
                }
                b'\\' => {
                    has_escapes = true;
                    self.pass_escape()?;
                }
                _ => return self.fault(FaultKind::Expected("'\"' before the line ends")),
            }
        }
    }

    /// How far the next quote, backslash or line end is. Most strings are short: there eight bytes at a time are faster than a call.
    fn next_mark(&self) -> Option<usize> {
        const SHORT_WORDS: usize = 4;
        let rest = &self.bytes[self.at..];
        let (words, _) = rest.as_chunks::<8>();
        let near = &words[..words.len().min(SHORT_WORDS)];
        for (index, word) in near.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let marks = is(b'"', word) | is(b'\\', word) | is(b'\n', word);
            if marks != 0 {
                return Some(8 * index + marks.trailing_zeros() as usize / 8);
            }
        }
        let passed = 8 * near.len();
        memchr3(b'"', b'\\', b'\n', &rest[passed..]).map(|found| passed + found)
    }

    fn pass_escape(&mut self) -> Read<()> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return self.fault(FaultKind::Expected("four hexadecimal digits"));
                    }
                    self.at += 1;
                }
            }
            _ => return self.fault(FaultKind::Expected("an escape such as \\n")),
        }
        Ok(())
    }

    fn skip_text(&mut self) -> Read<()> {
        self.pass_text().map(drop)
    }

    /// A string's bytes, escapes undone.
    pub(crate) fn text(&mut self) -> Read<Text<'a>> {
        self.skip_blanks();
        let begin = self.at + 1;
        let has_escapes = self.pass_text()?;
        let raw = &self.bytes[begin..self.at - 1];
        Ok(if has_escapes { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) })
    }
}

/// The top bit of each byte of a word that is this byte, up to the first; of those behind it some may be set too (Warren, Hacker's
/// Delight, section 6-1).
fn is(byte: u8, word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let off = word ^ (ONES * u64::from(byte));
    off.wrapping_sub(ONES) & !off & (ONES << 7)
}

/// Undoes the escapes of a string that was checked. A surrogate without its other half becomes U+FFFD.
fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &raw[at..]) {
        text.extend_from_slice(&raw[at..at + found]);
        at += found + 2;
        match raw[at - 1] {
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' => {
                let (char, used) = unescape_unicode(&raw[at..]);
                at += used;
                text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            itself => text.push(itself),
        }
    }
    text.extend_from_slice(&raw[at..]);
    text
}

/// The character of `XXXX` or of the pair `XXXX\uYYYY`, and how many bytes it takes.
fn unescape_unicode(rest: &[u8]) -> (char, usize) {
    let high = hex4(rest);
    if let Some(char) = char::from_u32(high) {
        return (char, 4);
    }
    if high < 0xdc00 && rest[4..].starts_with(b"\\u") {
        let low = hex4(&rest[6..]);
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
        }
    }
    (char::REPLACEMENT_CHARACTER, 4)
}

fn hex4(digits: &[u8]) -> u32 {
    digits.iter().take(4).fold(0, |value, &digit| value * 16 + char::from(digit).to_digit(16).unwrap_or(0))
}

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
