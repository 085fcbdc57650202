//! Identifiers: hashes, UUIDs, tokens, names that a cloud gives.

use super::Shape;
use super::scan::{is_word, run_end};

/// 8-4-4-4-12 hexadecimal digits.
pub fn uuid_end(text: &[u8], start: usize) -> Option<usize> {
    let candidate = text.get(start..start + 36)?;
    let shaped = candidate.iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    let ends = text.get(start + 36).is_none_or(|&b| !is_word(b));
    (shaped && ends).then_some(start + 36)
}

pub(super) fn hex_shape(digits: usize) -> Shape {
    Shape::Hex(match digits {
        0..=32 | 40 | 64 => digits as u8,
        33..=39 => 33,
        41..=63 => 41,
        _ => 65,
    })
}

/// The shape of a whole run of ASCII letters and digits that has both; `None` where it is better taken apart.
pub(super) fn mixed(run: &[u8]) -> Option<Shape> {
    if let [b'0', b'x' | b'X', digits @ ..] = run
        && digits.len() >= 4
        && digits.iter().all(u8::is_ascii_hexdigit)
    {
        return Some(hex_shape(digits.len()));
    }
    if run.len() < 6 {
        return None;
    }
    let digits = run.iter().filter(|b| b.is_ascii_digit()).count();
    let is_hex = run.iter().all(u8::is_ascii_hexdigit);
    if is_hex && run.len() >= 8 {
        return Some(hex_shape(run.len()));
    }
    if digits >= 3 && run.len() >= 16 {
        return Some(Shape::Id);
    }
    let pieces = 1 + run.windows(2).filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit()).count();
    // `cafe01` and `worker12` are names with a number, and a code has more pieces or begins with a digit.
    if is_hex && (pieces > 2 || run[0].is_ascii_digit()) {
        return Some(hex_shape(run.len()));
    }
    let longest = run.split(u8::is_ascii_digit).map(<[u8]>::len).max().unwrap_or(0);
    (digits >= 2 && pieces > 2 && longest <= 3 && run.len() < 16).then_some(Shape::Code(run.len() as u8))
}

/// Three parts of base64url with dots, the first of which is an object in JSON (RFC 7519).
pub fn jwt_end(text: &[u8], start: usize) -> Option<usize> {
    if !text[start..].starts_with(b"eyJ") {
        return None;
    }
    let part = |from: usize| run_end(text, from, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let header = part(start);
    if header - start < 8 || text.get(header) != Some(&b'.') {
        return None;
    }
    let payload = part(header + 1);
    if payload - header < 8 || text.get(payload) != Some(&b'.') {
        return None;
    }
    Some(part(payload + 1))
}

/// Base64 that a plus, a slash or its padding gives away, of at least 24 characters. Capitals, small letters and digits
/// must change nearly as often as they do in random text (62 %): a path or a name in camel case changes far less.
pub(super) fn base64_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut seen, mut changes, mut last) = (0_u8, 0, 0_u8);
    let mut end = start;
    while let Some(&b) = text.get(end) {
        let class = match b {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'0'..=b'9' => 4,
            b'+' | b'/' => 8,
            _ => break,
        };
        changes += usize::from(class < 8 && class != last);
        (last, seen, end) = (if class < 8 { class } else { last }, seen | class, end + 1);
    }
    let padding = text[end..].iter().take(2).take_while(|&&b| b == b'=').count();
    let length = end - start;
    let given_away = seen == 15 || seen == 7 && padding > 0;
    let ends = text.get(end + padding).is_none_or(|&b| !is_word(b));
    (length >= 24 && given_away && ends && 100 * changes >= 40 * length).then_some(end + padding)
}

/// The end of `arn:partition:service`, where the text has the account and the resource behind it.
pub(super) fn arn_service_end(text: &[u8], start: usize, end: usize) -> Option<usize> {
    let arn = &text[start..end];
    if !arn.starts_with(b"arn:aws") {
        return None;
    }
    let mut colons = (0..arn.len()).filter(|&i| arn[i] == b':');
    let service = colons.nth(2)?;
    colons.nth(1).map(|_| start + service)
}

/// `i-0abc…`, `vol-…`: the prefix of a resource of EC2 and 8 or 17 hexadecimal digits.
pub(super) fn ec2_end(text: &[u8], start: usize, prefix_end: usize) -> Option<usize> {
    const PREFIXES: [&[u8]; 16] = [
        b"i",
        b"ami",
        b"acl",
        b"eni",
        b"eipalloc",
        b"fs",
        b"igw",
        b"lt",
        b"nat",
        b"rtb",
        b"sg",
        b"snap",
        b"subnet",
        b"vol",
        b"vpc",
        b"vpce",
    ];
    if !PREFIXES.contains(&&text[start..prefix_end]) {
        return None;
    }
    let end = run_end(text, prefix_end + 1, |b| b.is_ascii_hexdigit());
    let digits = text[prefix_end + 1..end].iter().any(u8::is_ascii_digit);
    let ends = text.get(end).is_none_or(|&b| !is_word(b) && b != b'-');
    (matches!(end - prefix_end - 1, 8 | 17) && digits && ends).then_some(end)
}

/// `-7d9f8c6b5-x2x4z` or `-x2x4z` behind the name of a workload. The alphabet has no vowels and no digits that look like
/// letters (Kubernetes, `apimachinery/pkg/util/rand`), so that no word is one.
pub(super) fn pod_suffix_end(text: &[u8], hyphen: usize) -> Option<usize> {
    let part = |from: usize| {
        let end = run_end(&text[..text.len().min(from + 11)], from, is_pod_byte);
        (end - from, end)
    };
    let (length, end) = part(hyphen + 1);
    let ends = |end: usize| text.get(end).is_none_or(|&b| !is_word(b) && b != b'-');
    let digits = text[hyphen + 1..end].iter().filter(|b| b.is_ascii_digit()).count();
    if (8..=10).contains(&length) && text.get(end) == Some(&b'-') && digits > 0 {
        let (length, end) = part(end + 1);
        return (length == 5 && ends(end)).then_some(end);
    }
    (length == 5 && (1..5).contains(&digits) && ends(end)).then_some(end)
}

fn is_pod_byte(b: u8) -> bool {
    b"bcdfghjklmnpqrstvwxz2456789".contains(&b)
}

/// First bytes of what a redaction leaves: `⟨`.
pub(super) const OPENS: &[u8; 3] = b"\xe2\x9f\xa8";
const CLOSES: &[u8; 3] = b"\xe2\x9f\xa9";
/// Longest name of a kind.
const LONGEST_KIND: usize = 32;

/// The kind in `⟨kind:0123abcd⟩` or `⟨kind⟩`, which `text` begins with.
pub(super) fn redacted_kind(text: &[u8]) -> Option<&[u8]> {
    redacted_parts(text).map(|(kind, _)| kind)
}

/// The kind, and the length of all of it.
fn redacted_parts(text: &[u8]) -> Option<(&[u8], usize)> {
    let rest = text.strip_prefix(OPENS)?;
    let end = run_end(&rest[..rest.len().min(LONGEST_KIND)], 0, |b| {
        b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'
    });
    let (kind, tail) = rest.split_at(end);
    if end > 0 && tail.starts_with(CLOSES) {
        return Some((kind, end + 6));
    }
    let tail = tail.get(..12)?;
    let shaped =
        end > 0 && tail[0] == b':' && tail[1..9].iter().all(u8::is_ascii_hexdigit) && tail.ends_with(CLOSES);
    shaped.then_some((kind, end + 15))
}

/// The shape and the end of what a redaction left. What has a shape of its own keeps it, so that a redacted capture
/// reads to the code as the capture did.
pub(super) fn redacted(text: &[u8], start: usize) -> Option<(Shape, usize)> {
    let (kind, length) = redacted_parts(&text[start..])?;
    let shape = match kind {
        b"email" => Shape::Email,
        b"ipv4" => Shape::Ipv4,
        b"ipv6" => Shape::Ipv6,
        b"uuid" => Shape::Uuid,
        b"jwt" => Shape::Jwt,
        b"credentials" => Shape::Credentials,
        _ => Shape::Redacted,
    };
    Some((shape, start + length))
}
