//! One pass over a text for everything that the built-in patterns know.

use cbad::recognise;

use super::Pattern;
use super::numbers::{american_phone_end, card_end, iban_end, international_phone_end, is_word};

/// A stretch of a text that is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Number of the rule.
    pub(super) rule: u16,
}

/// The patterns asked for, with the number of the rule of each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked([Option<u16>; Pattern::ALL.len()]);

impl Asked {
    pub(super) fn ask(&mut self, pattern: Pattern, rule: u16) {
        self.0[pattern as usize] = Some(rule);
    }

    fn rule(&self, pattern: Pattern) -> Option<u16> {
        self.0[pattern as usize]
    }
}

/// Longest domain looked at behind an @ (RFC 1035: 255), so that a text of many costs no more than one of few.
const LONGEST_DOMAIN: usize = 260;

/// Bytes at which something may begin or be recognised; all others are passed over.
const MAY: [bool; 256] = {
    let mut may = [false; 256];
    let mut b = 0;
    while b < 256 {
        may[b] = matches!(
            b as u8,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'f' | b's' | b'@' | b':' | b'-' | b'+' | b'('
        );
        b += 1;
    }
    may
};

/// Puts the hits in `text` into `hits`, in order and apart from one another.
pub(super) fn find(text: &[u8], asked: &Asked, hits: &mut Vec<Hit>) {
    let mut free = 0;
    let mut at = 0;
    while at < text.len() {
        if !MAY[usize::from(text[at])] {
            at += 1;
            continue;
        }
        let found = Place { text, at, free }.look(asked);
        match found {
            Some((pattern, start, end)) if end > at => {
                // `look` gives only what was asked for.
                if let Some(rule) = asked.rule(pattern) {
                    hits.push(Hit { start, end, rule });
                }
                (free, at) = (end, end);
            }
            _ => at += 1,
        }
    }
}

struct Place<'a> {
    text: &'a [u8],
    at: usize,
    /// End of the last hit: nothing before it can be part of another.
    free: usize,
}

impl Place<'_> {
    fn look(&self, asked: &Asked) -> Option<(Pattern, usize, usize)> {
        let Self { text, at, free } = *self;
        let has = |pattern: Pattern| asked.rule(pattern).is_some();
        let here = |pattern: Pattern, end: Option<usize>| {
            if has(pattern) { end.map(|end| (pattern, at, end)) } else { None }
        };
        let first = text[at];
        match first {
            b'@' if has(Pattern::Email) => {
                let local = text[free..at].iter().rev().take_while(|&&b| is_local(b)).count();
                let end = text.len().min(at + LONGEST_DOMAIN);
                let limit = text[at..end].iter().position(u8::is_ascii_whitespace).map_or(end, |n| at + n);
                let (start, end) = recognise::email(text, at - local, limit)?;
                // The address found may be a later one; it is met again at its own sign.
                return (start < at && end > at).then_some((Pattern::Email, start, end));
            }
            b':' if text[at..].starts_with(b"://") => {
                return self.credentials(asked);
            }
            _ => {}
        }
        if at > free && is_word(text[at - 1]) {
            return None;
        }
        let before = if at == 0 { b' ' } else { text[at - 1] };
        match first {
            b'0'..=b'9' => here(Pattern::Uuid, recognise::uuid_end(text, at))
                .or_else(|| {
                    let apart = !(before == b'.' && at >= 2 && text[at - 2].is_ascii_digit());
                    here(Pattern::Ipv4, recognise::ipv4_end(text, at).filter(|_| apart))
                })
                .or_else(|| here(Pattern::Ipv6, recognise::ipv6_end(text, at)))
                .or_else(|| {
                    let apart = !matches!(before, b'-' | b'.');
                    here(Pattern::Card, card_end(text, at).filter(|_| apart))
                        .or_else(|| here(Pattern::Phone, american_phone_end(text, at).filter(|_| apart)))
                }),
            b'(' => here(Pattern::Phone, american_phone_end(text, at)),
            b'+' => here(Pattern::Phone, international_phone_end(text, at)),
            b'-' => here(Pattern::PrivateKey, private_key_end(text, at)),
            b':' => here(Pattern::Ipv6, recognise::ipv6_end(text, at).filter(|_| before != b':')),
            _ => self.word(asked),
        }
    }

    /// What may begin with a letter at the beginning of a word.
    fn word(&self, asked: &Asked) -> Option<(Pattern, usize, usize)> {
        let Self { text, at, .. } = *self;
        let rest = &text[at..];
        let here = |pattern: Pattern, end: Option<usize>| {
            if asked.rule(pattern).is_some() { end.map(|end| (pattern, at, end)) } else { None }
        };
        let behind = |pattern: Pattern, found: Option<(usize, usize)>| {
            if asked.rule(pattern).is_some() { found.map(|(start, end)| (pattern, start, end)) } else { None }
        };
        match rest[0] {
            b'e' if rest.starts_with(b"eyJ") => here(Pattern::Jwt, recognise::jwt_end(text, at)),
            b'B' | b'b' if rest.len() > 6 && starts_with_scheme(rest) => behind(
                Pattern::Bearer,
                secret_behind(text, at + rest.iter().take_while(|b| **b != b' ').count() + 1),
            ),
            b's' | b'S' | b'A' | b'a' if names_aws_secret(rest) => {
                behind(Pattern::AwsKey, aws_secret(text, at))
            }
            b'A' if matches!(rest.get(..4), Some(b"AKIA" | b"ASIA")) => {
                let end =
                    at + rest.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
                here(Pattern::AwsKey, (end - at == 20).then_some(end))
            }
            _ => None,
        }
        .or_else(|| here(Pattern::Iban, iban_end(text, at)))
        .or_else(|| {
            let is_hex = rest[0].is_ascii_hexdigit();
            let uuid = here(Pattern::Uuid, if is_hex { recognise::uuid_end(text, at) } else { None });
            uuid.or_else(|| here(Pattern::Ipv6, if is_hex { recognise::ipv6_end(text, at) } else { None }))
        })
    }

    /// `user:password` between `://`, which begins here, and `@`.
    fn credentials(&self, asked: &Asked) -> Option<(Pattern, usize, usize)> {
        asked.rule(Pattern::Credentials)?;
        let start = self.at + 3;
        let rest = &self.text[start..];
        let host = rest
            .iter()
            .position(|b| matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>') || *b <= b' ');
        let authority = &rest[..host.unwrap_or(rest.len())];
        // A password may hold an unescaped @; the host begins behind the last one.
        let at = authority.iter().rposition(|b| *b == b'@')?;
        (at > 0).then_some((Pattern::Credentials, start, start + at))
    }
}

fn is_local(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-')
}

fn starts_with_scheme(rest: &[u8]) -> bool {
    rest[..6].eq_ignore_ascii_case(b"bearer") && rest[6] == b' '
        || rest[..5].eq_ignore_ascii_case(b"basic") && rest[5] == b' '
}

/// At least 8 characters of a token (RFC 6750, `b64token`) from `start` on, one of them no letter: a sentence may go on
/// with a word.
fn secret_behind(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let is_token = |b: &&u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(b);
    let length = text.get(start..)?.iter().take_while(is_token).count();
    let secret = &text[start..start + length];
    let is_secret = length >= 8 && secret[..length - 1].iter().any(|b| !b.is_ascii_alphabetic());
    is_secret.then_some((start, start + length))
}

const AWS_SECRETS: [&[u8]; 3] = [b"secret_access_key", b"secretaccesskey", b"aws_secret_access_key"];

fn names_aws_secret(rest: &[u8]) -> bool {
    AWS_SECRETS.iter().any(|name| rest.len() > name.len() && rest[..name.len()].eq_ignore_ascii_case(name))
}

/// The 40 characters behind the name of a secret, an equals sign or a colon, and quotes.
fn aws_secret(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let name = text[at..].iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'_').count();
    let gap = text[at + name..].iter().take(6).take_while(|b| b"=: \"'\\".contains(b)).count();
    let start = at + name + gap;
    let length = text[start..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"/+=".contains(b)).count();
    (gap > 0 && length == 40).then_some((start, start + length))
}

/// From `-----BEGIN … PRIVATE KEY-----` to the line that ends it, or to the end of the text where that is missing.
fn private_key_end(text: &[u8], at: usize) -> Option<usize> {
    const LONGEST_LABEL: usize = 64;
    let rest = text[at..].strip_prefix(b"-----BEGIN ")?;
    let label = &rest[..rest.len().min(LONGEST_LABEL)];
    memchr::memmem::find(label, b"PRIVATE KEY")?;
    let Some(end) = memchr::memmem::find(rest, b"-----END ") else { return Some(text.len()) };
    let tail = &rest[end + 9..];
    let close = memchr::memmem::find(&tail[..tail.len().min(LONGEST_LABEL)], b"-----");
    Some(close.map_or(text.len(), |close| text.len() - tail.len() + close + 5))
}
