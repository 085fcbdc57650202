//! Typed tokens: words as they are, and variable parts by their shape.
//!
//! A variable part is recognised, not deleted: an identifier of a shape that was never seen is news, while one more
//! identifier of a known shape is not. A single space before a token is a flag on it and not a token of its own, so
//! that the two tokens of context are two words. Text to tokens is lossless but for the digits of shapes.
//!
//! Recognising costs one look at each byte and bounded looks ahead from a few places; nothing is allocated. Where a
//! shape is in doubt the text stays literal: a word taken for an identifier would hide news, an identifier taken for a
//! word only adds some.

mod address;
mod bins;
mod id;
mod number;
mod scan;
mod stamp;

use std::borrow::Cow;

/// Where identifiers end, for whoever has to find the same ones. Each takes a text and where one may begin; what stands
/// before is the caller's to judge.
pub mod recognise {
    pub use super::address::{email, ipv4_end, ipv6_end};
    pub use super::id::{jwt_end, uuid_end};
}

pub(crate) use bins::{duration_shape, magnitude_shape};
pub(crate) use number::written;
pub(crate) use scan::tokenize;
pub(crate) use stamp::StampKind;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    /// Letters, a run of at most three digits, a version, the scheme of a URL, or one other byte: coded as it stands.
    Literal,
    /// The path of a field; the value follows.
    Path,
    /// Severity of the record.
    Severity,
    /// A whole number of this many digits (4 to 9), or a range of lengths from 10 on.
    Number { digits: u8, negative: bool },
    /// A number with a point: digits before it, the exponent added.
    Decimal { decade: i8, negative: bool },
    /// Hexadecimal digits, this many; up to 32 by length, then 33, 41 and 65 for the gaps between known hashes.
    Hex(u8),
    /// A mixture of letters and digits of at least 16 characters.
    Id,
    /// A mixture of letters and digits of this many characters, 6 to 15, in at least three pieces.
    Code(u8),
    /// 8-4-4-4-12 hexadecimal digits.
    Uuid,
    /// Four decimal numbers with dots.
    Ipv4,
    /// Groups of hexadecimal digits with colons.
    Ipv6,
    /// Six pairs of hexadecimal digits.
    Mac,
    /// An e-mail address.
    Email,
    /// User and password before the host of a URL.
    Credentials,
    /// Three parts of base64url with dots, the first an object.
    Jwt,
    /// Base64 of at least 24 characters.
    Base64,
    /// An identifier of a cloud: what stands behind the service in an ARN, or a resource such as `i-0abc…`.
    Cloud,
    /// What a Kubernetes controller appends to the name of a pod.
    PodSuffix,
    /// A time stamp inside the text.
    Stamp(StampKind),
    /// A measured duration in nanoseconds, by its power of two.
    Duration(u8),
    /// A duration as the text has it, by the power of two of its nanoseconds.
    WrittenDuration(u8),
    /// A number of bytes with its unit, by its power of two.
    Size(u8),
    /// A percentage, by tens; 10 from 100 on.
    Percent(u8),
    /// The magnitude of a measured value: sign and half octaves.
    Magnitude(i16),
    /// What a redaction left in the place of something that has no shape of its own here; its kind is the text.
    Redacted,
}

/// One token of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) shape: Shape,
    /// Whether exactly one space stands before it.
    pub(crate) space: bool,
    /// The bytes as they stand.
    pub(crate) text: &'a [u8],
}

impl Shape {
    /// The part of a token's text that tells it from another token of the same shape. A shape is one token whatever its
    /// digits; a magnitude may have a label, which keeps two measures apart.
    pub(crate) fn identity(self, text: &[u8]) -> &[u8] {
        match self {
            Self::Literal | Self::Path | Self::Severity | Self::Magnitude(_) => text,
            Self::Redacted => id::redacted_kind(text).unwrap_or(text),
            _ => b"",
        }
    }

    /// How a person calls the shape; `None` for tokens that are coded as they stand.
    pub(crate) fn describe(self) -> Option<String> {
        Some(match self {
            Self::Literal | Self::Path | Self::Severity => return None,
            Self::Number { digits, negative } => {
                let sign = if negative { "negative " } else { "" };
                let digits = match digits {
                    10 => "10-12".to_owned(),
                    13 => "13-15".to_owned(),
                    16 => "16-20".to_owned(),
                    21 => "over 20".to_owned(),
                    n => n.to_string(),
                };
                format!("{sign}number of {digits} digits")
            }
            Self::Decimal { decade, negative } => {
                let sign = if negative { "negative " } else { "" };
                match decade {
                    ..=0 => format!("{sign}decimal number below 1"),
                    1 => format!("{sign}decimal number 1-10"),
                    n => format!("{sign}decimal number 1e{}-1e{n}", n - 1),
                }
            }
            Self::Hex(32) => "hexadecimal of 32 digits (128 bits, as MD5)".to_owned(),
            Self::Hex(40) => "hexadecimal of 40 digits (160 bits, as SHA-1)".to_owned(),
            Self::Hex(64) => "hexadecimal of 64 digits (256 bits, as SHA-256)".to_owned(),
            Self::Hex(33) => "hexadecimal of 33-39 digits".to_owned(),
            Self::Hex(41) => "hexadecimal of 41-63 digits".to_owned(),
            Self::Hex(65) => "hexadecimal of over 64 digits".to_owned(),
            Self::Hex(n) => format!("hexadecimal of {n} digits"),
            Self::Id => "identifier".to_owned(),
            Self::Code(n) => format!("code of {n} letters and digits"),
            Self::Uuid => "UUID".to_owned(),
            Self::Ipv4 => "IPv4 address".to_owned(),
            Self::Ipv6 => "IPv6 address".to_owned(),
            Self::Mac => "MAC address".to_owned(),
            Self::Email => "e-mail address".to_owned(),
            Self::Credentials => "credentials in a URL".to_owned(),
            Self::Jwt => "JSON web token".to_owned(),
            Self::Base64 => "base64".to_owned(),
            Self::Cloud => "cloud resource".to_owned(),
            Self::PodSuffix => "pod suffix".to_owned(),
            Self::Stamp(kind) => kind.describe().to_owned(),
            Self::Duration(k) => format!("duration {}", bins::nanos_range(k)),
            Self::WrittenDuration(k) => format!("written duration {}", bins::nanos_range(k)),
            Self::Size(k) => format!("size {}", bins::bytes_range(k)),
            Self::Percent(10) => "percentage of 100 or more".to_owned(),
            Self::Percent(k) => format!("percentage {}-{}", 10 * k, 10 * k + 10),
            Self::Magnitude(k) => format!("value {}", bins::magnitude_range(k)),
            Self::Redacted => "redacted value".to_owned(),
        })
    }

    /// Canonical text of the token for the byte codes: the bytes, or a mark for the shape. `text` is its identity.
    pub(crate) fn canonical(self, text: &[u8]) -> Cow<'_, [u8]> {
        let sign = |negative: bool| if negative { "-" } else { "" };
        match self {
            Self::Literal => Cow::Borrowed(text),
            Self::Path => Cow::Owned([b"\x1f", text, b"="].concat()),
            Self::Severity => Cow::Owned([b"<", text, b">"].concat()),
            Self::Redacted => Cow::Owned([b"#r", text].concat()),
            Self::Id => Cow::Borrowed(b"#id"),
            Self::Uuid => Cow::Borrowed(b"#uuid"),
            Self::Ipv4 => Cow::Borrowed(b"#ip"),
            Self::Ipv6 => Cow::Borrowed(b"#ip6"),
            Self::Mac => Cow::Borrowed(b"#mac"),
            Self::Email => Cow::Borrowed(b"#email"),
            Self::Credentials => Cow::Borrowed(b"#user"),
            Self::Jwt => Cow::Borrowed(b"#jwt"),
            Self::Base64 => Cow::Borrowed(b"#b64"),
            Self::Cloud => Cow::Borrowed(b"#cloud"),
            Self::PodSuffix => Cow::Borrowed(b"#pod"),
            Self::Stamp(kind) => Cow::Borrowed(kind.mark().as_bytes()),
            Self::Number { digits, negative } => {
                Cow::Owned(format!("{}#{digits}", sign(negative)).into_bytes())
            }
            Self::Decimal { decade, negative } => {
                Cow::Owned(format!("{}#.{decade}", sign(negative)).into_bytes())
            }
            Self::Hex(n) => Cow::Owned(format!("#x{n}").into_bytes()),
            Self::Code(n) => Cow::Owned(format!("#c{n}").into_bytes()),
            Self::Duration(k) => Cow::Owned(format!("#d{k}").into_bytes()),
            Self::WrittenDuration(k) => Cow::Owned(format!("#t{k}").into_bytes()),
            Self::Size(k) => Cow::Owned(format!("#s{k}").into_bytes()),
            Self::Percent(k) => Cow::Owned(format!("#p{k}").into_bytes()),
            Self::Magnitude(k) => Cow::Owned(format!("#m{k}").into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
