//! Addresses: of hosts, network cards, people.

use super::scan::{is_word, run_end};

/// Four decimal numbers of at most 255 with dots.
pub fn ipv4_end(text: &[u8], start: usize) -> Option<usize> {
    let mut i = start;
    for part in 0..4 {
        let end = run_end(text, i, |b| b.is_ascii_digit());
        let value = match text[i..end] {
            [_] | [_, _] => 0,
            [a, b, c] => u32::from(a - b'0') * 100 + u32::from(b - b'0') * 10 + u32::from(c - b'0'),
            _ => return None,
        };
        if value > 255 {
            return None;
        }
        i = end;
        if part < 3 {
            if text.get(i) != Some(&b'.') {
                return None;
            }
            i += 1;
        }
    }
    let ends = match text.get(i) {
        Some(b'.') => text.get(i + 1).is_none_or(|&b| !is_word(b)),
        other => other.is_none_or(|&b| !is_word(b)),
    };
    ends.then_some(i)
}

/// Eight groups of up to four hexadecimal digits with colons, or fewer with one `::` and a digit somewhere (RFC 4291).
/// Without the digit `dead::beef` would be one, which is a path in several languages.
pub fn ipv6_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut groups, mut gap, mut digits) = (start, 0, false, 0);
    loop {
        if text[at..].starts_with(b"::") && !gap {
            (gap, at) = (true, at + 2);
        }
        let end = run_end(&text[..text.len().min(at + 5)], at, |b| b.is_ascii_hexdigit());
        if end == at || end - at > 4 {
            break;
        }
        if text.get(end) == Some(&b'.') && groups > 0 {
            let end = ipv4_end(text, at)?;
            return (gap || groups == 6).then_some(end);
        }
        digits += text[at..end].iter().filter(|b| b.is_ascii_digit()).count();
        (groups, at) = (groups + 1, end);
        match text.get(at) {
            Some(b':') if groups < 8 && text.get(at + 1).is_some_and(u8::is_ascii_hexdigit) => at += 1,
            Some(b':') if groups < 8 && text.get(at + 1) == Some(&b':') && !gap => {}
            _ => break,
        }
    }
    let shaped = groups == 8 && !gap || gap && groups < 8 && digits > 0 && at - start >= 3;
    let ends = text.get(at).is_none_or(|&b| !(is_word(b) || b == b':' && text.get(at + 1) == Some(&b':')));
    (shaped && ends).then_some(at)
}

/// Six pairs of hexadecimal digits with one separator, colon or hyphen.
pub(super) fn mac_end(text: &[u8], start: usize) -> Option<usize> {
    let candidate = text.get(start..start + 17)?;
    let separator = candidate[2];
    let shaped = matches!(separator, b':' | b'-')
        && candidate.iter().enumerate().all(
            |(i, b)| {
                if i % 3 == 2 { *b == separator } else { b.is_ascii_hexdigit() }
            },
        );
    let ends = text.get(start + 17).is_none_or(|&b| !is_word(b) && b != separator);
    (shaped && ends).then_some(start + 17)
}

/// The first e-mail address in `from..end`, which holds no blank: a local part, and a domain that ends in a label of
/// letters.
pub fn email(text: &[u8], from: usize, end: usize) -> Option<(usize, usize)> {
    let mut from = from;
    while let Some(at) = text[from..end].iter().position(|&b| b == b'@').map(|n| from + n) {
        let is_local = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-');
        let local = text[from..at].iter().rev().take_while(|b| is_local(b)).count();
        if local > 0
            && let Some(domain) = domain_length(&text[at + 1..end])
        {
            return Some((at - local, at + 1 + domain));
        }
        from = at + 1;
    }
    None
}

/// The longest beginning of a text that is a domain with a dot and ends in at least two letters (`b.io` in `b.io--x`).
fn domain_length(text: &[u8]) -> Option<usize> {
    let is_domain = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let domain = &text[..text.iter().take_while(is_domain).count()];
    let ends = |dot: usize| {
        let letters = domain[dot + 1..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let end = dot + 1 + letters;
        (letters >= 2 && domain.get(end).is_none_or(|b| matches!(b, b'.' | b'-'))).then_some(end)
    };
    (1..domain.len()).rev().filter(|&i| domain[i] == b'.').find_map(ends)
}
