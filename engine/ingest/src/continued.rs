//! Which lines of text go on with the event before them although nothing indents them, and which do not although they are
//! indented.

use crate::severity;
use crate::stamp;

/// Where levels end that are aligned to the right at the begin of a line, as Rust's `tracing` and `env_logger` write them.
const RIGHT: usize = 5;

/// Whether an indented line begins an event of its own: with a stamp, or with a level where levels stand in a column. `first` is
/// the line that begins the event before.
pub(crate) fn begins_indented(line: &[u8], first: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let indent = &line[..line.len() - text.len()];
    let is_column =
        || indent.iter().all(|&byte| byte == b' ') && has_level_in_column(line, indent.len(), first);
    !indent.is_empty() && (stamp::begins(text) || is_column())
}

fn has_level_in_column(line: &[u8], from: usize, first: &[u8]) -> bool {
    let Some(length) = severity::capitals(&line[from..]) else { return false };
    let to = from + length;
    let stands = |at: usize| {
        let is_apart = at == 0 || !first[at - 1].is_ascii_alphanumeric();
        severity::capitals(&first[at..]).filter(|_| is_apart)
    };
    let begins_there = || first.len() > from && stands(from).is_some();
    let ends_there = || {
        let before = first.get(..to).unwrap_or_default();
        let letters = before.iter().rev().take_while(|byte| byte.is_ascii_uppercase()).count();
        letters > 0 && stands(to - letters) == Some(letters)
    };
    to == RIGHT || begins_there() || ends_there()
}

/// How much of a line without indent is looked at to see whether it is of a trace.
pub(crate) const SEEN_BYTES: usize = 256;
const TRACEBACK: &[u8] = b"Traceback (most recent call last):";

/// Of which program's stack trace the last lines of an event are. Some lines of traces say that they are of one, whatever stands
/// before them; others are any word, or a call, and are of a trace only where one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trace {
    #[default]
    None,
    /// Below `goroutine 1 [running]:`, up to the event's end.
    Go,
    /// The line that heads one of Python's.
    Python,
    /// Its frames, which are indented; what ends them is the exception.
    PythonFrames,
}

impl Trace {
    /// That of an event that begins with this line.
    pub(crate) fn of(first: &[u8]) -> Self {
        Self::None.after(first)
    }

    /// That of the event with one more line.
    pub(crate) fn after(self, line: &[u8]) -> Self {
        let is_indented = || line.first().is_some_and(u8::is_ascii_whitespace);
        match self {
            _ if line.trim_ascii_end().ends_with(TRACEBACK) => Self::Python,
            _ if line.starts_with(b"goroutine ") => Self::Go,
            Self::Python | Self::PythonFrames if is_indented() => Self::PythonFrames,
            Self::Go => Self::Go,
            _ => Self::None,
        }
    }

    /// Whether a line may be of a trace that begins with this byte.
    pub(crate) fn may_begin(byte: u8) -> bool {
        byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'#' | b'[' | b'"' | b'_')
    }

    /// Whether a line without indent, of which the first [`SEEN_BYTES`] are enough, goes on with the event.
    pub(crate) fn takes(self, line: &[u8]) -> bool {
        const BEGINS: [&[u8]; 14] = [
            b"Caused by:",
            b"Suppressed:",
            TRACEBACK,
            b"During handling of the above exception",
            b"The above exception was the direct cause",
            b"Exception in thread ",
            b"goroutine ",
            b"created by ",
            b"[signal SIG",
            b"at ",
            b"--- End of ",
            b"Stack trace:",
            b"[stacktrace]",
            b"[previous exception]",
        ];
        BEGINS.iter().any(|begin| line.starts_with(begin))
            || is_frame_of_php(line)
            || names_an_exception(line)
            || self == Self::Go && is_frame_of_go(line)
            || self == Self::PythonFrames && ends_name(line, name_length(line))
    }
}

/// `#0 /app/Connector.php(70): PDO->__construct()`, and what closes the quotes and braces that Laravel opens before the trace.
fn is_frame_of_php(line: &[u8]) -> bool {
    let frame = line.strip_prefix(b"#").unwrap_or_default();
    let digits = frame.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && frame.get(digits) == Some(&b' ') || line.trim_ascii_end() == b"\"}"
}

/// `net/http.(*conn).serve.func1()`: a call without blanks before what it is called with.
fn is_frame_of_go(line: &[u8]) -> bool {
    let text = line.trim_ascii_end();
    let name = text.split(|&byte| byte == b' ').next().unwrap_or_default();
    let is_call = name.contains(&b'(') && name.first().is_some_and(u8::is_ascii_alphabetic);
    is_call && (text.ends_with(b")") || line.len() >= SEEN_BYTES)
}

/// `java.lang.IllegalStateException: …`, `ValueError: …`, `a.b.ClientException$NotFound: …`: one dotted name of which a part
/// ends in Exception or Error.
fn names_an_exception(line: &[u8]) -> bool {
    let name = &line[..name_length(line)];
    let is_one = |part: &[u8]| part.ends_with(b"Exception") || part.len() > 5 && part.ends_with(b"Error");
    ends_name(line, name.len()) && name.split(|&byte| byte == b'$').any(is_one)
}

fn name_length(line: &[u8]) -> usize {
    let is_name_byte = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'.' | b'_' | b'$');
    line.iter().take_while(is_name_byte).count()
}

/// Whether the line ends behind its first bytes, or a colon stands there.
fn ends_name(line: &[u8], length: usize) -> bool {
    length > 0 && matches!(line.get(length), None | Some(b':' | b'\r' | b'\n'))
}
