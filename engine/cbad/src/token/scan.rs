//! One pass over a text: what belongs together, and which recogniser may look at it.
//!
//! A chunk is a run of bytes without blanks, quotes, brackets and the like. The kinds of bytes in it, gathered while its
//! end is looked for, say which shapes it can hold at all; most chunks are one word and done by then.

use super::{Shape, StampKind, Token, address, id, number, stamp};

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
/// Not ASCII: part of a word.
const HIGH: u8 = 4;
const AT: u8 = 8;
const COLON: u8 = 16;
const SLASH: u8 = 32;
const HYPHEN: u8 = 64;
/// Dot, underscore, plus.
const JOIN: u8 = 128;
const WORD: u8 = LETTER | DIGIT | HIGH;

const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut b = 0;
    while b < 256 {
        kinds[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            0x80.. => HIGH,
            b'@' => AT,
            b':' => COLON,
            b'/' => SLASH,
            b'-' => HYPHEN,
            b'.' | b'_' | b'+' => JOIN,
            _ => 0,
        };
        b += 1;
    }
    kinds
};

#[inline]
fn kind(byte: u8) -> u8 {
    KINDS[usize::from(byte)]
}

#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    kind(byte) & WORD != 0
}

#[inline]
pub(super) fn run_end(text: &[u8], start: usize, inside: impl Fn(u8) -> bool) -> usize {
    text[start..].iter().position(|&b| !inside(b)).map_or(text.len(), |n| start + n)
}

/// Calls `emit` for each token of `text`, in order.
pub(crate) fn tokenize<'a>(text: &'a [u8], mut emit: impl FnMut(Token<'a>)) {
    let mut i = 0;
    while i < text.len() {
        let space = text[i] == b' ' && i + 1 < text.len() && text[i + 1] != b' ';
        let start = i + usize::from(space);
        let mut kinds = kind(text[start]);
        let mut end = start + 1;
        if kinds != 0 {
            while let Some(&b) = text.get(end) {
                let kind = kind(b);
                if kind == 0 {
                    break;
                }
                kinds |= kind;
                end += 1;
            }
        }
        let word = &text[start..end];
        i = match kinds {
            LETTER if !may_be_month(text, start, end) => {
                emit(Token { shape: Shape::Literal, space, text: word });
                end
            }
            DIGIT if !may_have_unit(text, end) => {
                emit(Token { shape: number::plain(word), space, text: word });
                end
            }
            0 => {
                emit(Token { shape: Shape::Literal, space, text: word });
                end
            }
            _ => chunk(text, start, end, kinds, space, &mut emit),
        };
    }
}

/// Whether a word may begin a stamp as in syslog.
#[inline]
fn may_be_month(text: &[u8], start: usize, end: usize) -> bool {
    end - start == 3 && text[start].is_ascii_uppercase() && text.get(end) == Some(&b' ')
}

/// Whether what follows a number may be its unit, or the month to its day.
#[inline]
fn may_have_unit(text: &[u8], end: usize) -> bool {
    match text.get(end) {
        Some(b'%') => true,
        Some(b' ') => text.get(end + 1).is_some_and(|&b| kind(b) & (LETTER | HIGH) != 0),
        _ => false,
    }
}

/// A chunk of more than one word.
struct Chunk<'a> {
    text: &'a [u8],
    start: usize,
    end: usize,
    kinds: u8,
    /// Where the next e-mail address in it stands.
    email: Option<(usize, usize)>,
}

/// Emits the tokens of a chunk; returns where the next begins, which may be behind it (`12 ms`, `Nov 21 07:31:32`).
fn chunk<'a>(
    text: &'a [u8],
    start: usize,
    end: usize,
    kinds: u8,
    space: bool,
    emit: &mut impl FnMut(Token<'a>),
) -> usize {
    let email = if kinds & AT != 0 { address::email(text, start, end) } else { None };
    let mut chunk = Chunk { text, start, end, kinds, email };
    let mut at = start;
    while at < end {
        let space = space && at == start;
        at = chunk.next(at, space, emit);
    }
    at
}

impl<'a> Chunk<'a> {
    fn has(&self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }

    /// Emits the token (or the tokens of one run) that begins at `at`; returns where the next begins.
    fn next(&mut self, at: usize, space: bool, emit: &mut impl FnMut(Token<'a>)) -> usize {
        let text = self.text;
        let found = if let Some((start, end)) = self.email
            && at == start
        {
            self.email = address::email(text, end, self.end.max(end));
            Some((Shape::Email, end))
        } else if kind(text[at]) & WORD == 0 {
            Some(self.punctuation(at))
        } else if kind(text[at]) & HIGH != 0 && text[at..].starts_with(id::OPENS) {
            id::redacted(text, at)
        } else {
            None
        };
        let (run_end, kinds) = match found {
            Some((shape, end)) => {
                emit(Token { shape, space, text: &text[at..end] });
                return end;
            }
            None => self.run(at),
        };
        let (shape, end) = match kinds {
            LETTER => self.letters(at, run_end),
            DIGIT => self.digits(at, run_end),
            _ => {
                let Some(found) = self.mixed(at, run_end, kinds) else {
                    split_run(text, at, run_end, space, emit);
                    return run_end;
                };
                found
            }
        };
        emit(Token { shape, space, text: &text[at..end] });
        end
    }

    /// The end of a run of letters and digits, and what is in it. What a redaction left is a word of its own.
    fn run(&self, at: usize) -> (usize, u8) {
        let (mut end, mut kinds) = (at + 1, kind(self.text[at]));
        while end < self.end {
            let byte = self.text[end];
            let kind = kind(byte);
            if kind & WORD == 0 || byte == id::OPENS[0] && id::redacted(self.text, end).is_some() {
                break;
            }
            kinds |= kind;
            end += 1;
        }
        (end, kinds)
    }

    fn punctuation(&self, at: usize) -> (Shape, usize) {
        let text = self.text;
        let next = text.get(at + 1).copied().unwrap_or(0);
        let found = match text[at] {
            sign @ (b'-' | b'+') if at == self.start && next.is_ascii_digit() => {
                let digits_end = run_end(text, at + 1, |b| b.is_ascii_digit());
                let found = number::find(text, at + 1, digits_end, sign == b'-');
                matches!(found.0, Shape::Number { .. } | Shape::Decimal { .. }).then_some(found)
            }
            b'-' if at > self.start && self.has(DIGIT) && self.has(LETTER) && is_word(text[at - 1]) => {
                id::pod_suffix_end(text, at).map(|end| (Shape::PodSuffix, end))
            }
            b':' if next == b':' && (at == 0 || !is_word(text[at - 1])) => {
                address::ipv6_end(text, at).map(|end| (Shape::Ipv6, end))
            }
            b':' if at >= self.start + 8 && text[self.start..at].starts_with(b"arn:aws") => {
                let service = id::arn_service_end(text, self.start, self.end);
                (service == Some(at)).then_some((Shape::Cloud, self.end))
            }
            _ => None,
        };
        found.unwrap_or((Shape::Literal, at + 1))
    }

    /// A run of letters, which may begin something longer.
    fn letters(&self, at: usize, run_end: usize) -> (Shape, usize) {
        let text = self.text;
        let length = run_end - at;
        let found = match text.get(run_end) {
            Some(b' ') if length == 3 => {
                stamp::syslog_end(text, run_end).map(|end| (Shape::Stamp(StampKind::Syslog), end))
            }
            Some(b':') if text[run_end..].starts_with(b"://") && length > 1 => {
                Some((Shape::Literal, run_end + 3))
            }
            Some(b':') if &text[at..run_end] == b"arn" && at == self.start => {
                id::arn_service_end(text, at, self.end).map(|end| (Shape::Literal, end))
            }
            Some(b':') => self.colon_groups(at, length),
            Some(b'-') if length == 2 => address::mac_end(text, at).map(|end| (Shape::Mac, end)),
            Some(b'-') if self.has(DIGIT) && length <= 8 => match length {
                8 => id::uuid_end(text, at).map(|end| (Shape::Uuid, end)),
                _ => id::ec2_end(text, at, run_end).map(|end| (Shape::Cloud, end)),
            },
            _ => None,
        };
        found.or_else(|| self.long(at)).unwrap_or((Shape::Literal, run_end))
    }

    /// A run of digits: part of a stamp or an address, or a number.
    fn digits(&self, at: usize, run_end: usize) -> (Shape, usize) {
        let text = self.text;
        let length = run_end - at;
        if length <= 8
            && let Some(&next) = text.get(run_end)
        {
            let is_date = matches!(next, b'-' | b'/' | b' ') && length <= 4 || next == b':' && length == 2;
            if is_date
                && (at == 0 || !matches!(text[at - 1], b'-' | b'.' | b':'))
                && let Some((kind, end)) = stamp::find(text, at, run_end)
            {
                return (Shape::Stamp(kind), end);
            }
            let address = match next {
                b':' => self.colon_groups(at, length),
                b'-' if length == 2 => address::mac_end(text, at).map(|end| (Shape::Mac, end)),
                b'-' if length == 8 => id::uuid_end(text, at).map(|end| (Shape::Uuid, end)),
                _ => None,
            };
            if let Some(found) = address.or_else(|| self.long(at)) {
                return found;
            }
        }
        number::find(text, at, run_end, false)
    }

    /// A run of letters and digits; `None` where it is better taken apart.
    fn mixed(&self, at: usize, run_end: usize, kinds: u8) -> Option<(Shape, usize)> {
        let text = self.text;
        let length = run_end - at;
        let found = match text.get(run_end) {
            Some(b':') => self.colon_groups(at, length),
            Some(b'-') if length == 2 => address::mac_end(text, at).map(|end| (Shape::Mac, end)),
            Some(b'-') if length == 8 => id::uuid_end(text, at).map(|end| (Shape::Uuid, end)),
            Some(b'.') => id::jwt_end(text, at).map(|end| (Shape::Jwt, end)),
            _ => None,
        };
        if let Some(found) = found.or_else(|| self.long(at)) {
            return Some(found);
        }
        let run = &text[at..run_end];
        if run[0].is_ascii_digit() {
            let digits_end = at + run.iter().take_while(|b| b.is_ascii_digit()).count();
            let (shape, end) = number::find(text, at, digits_end, false);
            if matches!(shape, Shape::WrittenDuration(_) | Shape::Size(_)) && end >= run_end {
                return Some((shape, end));
            }
        }
        if kinds & HIGH != 0 {
            return None;
        }
        if stamp::is_compact(run) {
            return Some((Shape::Stamp(StampKind::DateTime), run_end));
        }
        id::mixed(run).map(|shape| (shape, run_end))
    }

    /// An address of groups with colons that begins with a group of this length.
    fn colon_groups(&self, at: usize, length: usize) -> Option<(Shape, usize)> {
        if length > 4 || !self.text[at].is_ascii_hexdigit() {
            return None;
        }
        if length == 2
            && let Some(end) = address::mac_end(self.text, at)
        {
            return Some((Shape::Mac, end));
        }
        address::ipv6_end(self.text, at).map(|end| (Shape::Ipv6, end))
    }

    /// Base64, at the beginning of a chunk that can hold it, and user and password before the host of a URL.
    fn long(&self, at: usize) -> Option<(Shape, usize)> {
        let text = self.text;
        if at == self.start {
            let can_be = self.end - at >= 24 && self.has(LETTER) && self.has(DIGIT);
            return if can_be { id::base64_end(text, at).map(|end| (Shape::Base64, end)) } else { None };
        }
        if self.has(AT) && self.has(SLASH) && self.has(COLON) && text[..at].ends_with(b"://") {
            let end = run_end(text, at, |b| b != b'@' && b != b'/' && b > b' ');
            let is_pair = text.get(end) == Some(&b'@') && text[at..end].contains(&b':');
            return is_pair.then_some((Shape::Credentials, end));
        }
        None
    }
}

/// Letters and digits of a mixed run, each a token of its own.
fn split_run<'a>(
    text: &'a [u8],
    start: usize,
    end: usize,
    mut space: bool,
    emit: &mut impl FnMut(Token<'a>),
) {
    let run = &text[..end];
    let mut i = start;
    while i < end {
        let digit = run[i].is_ascii_digit();
        let part_end = run_end(run, i, |b| b.is_ascii_digit() == digit);
        let shape = if digit { number::whole(part_end - i, false) } else { Shape::Literal };
        emit(Token { shape, space, text: &run[i..part_end] });
        space = false;
        i = part_end;
    }
}
