//! Numbers with check digits, and telephone numbers.

/// Whether a byte belongs to a word, so that a number right beside it is part of something else.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn ends(text: &[u8], end: usize) -> bool {
    text.get(end).is_none_or(|&b| !is_word(b) && b != b'@')
}

/// The end of a payment card number (ISO/IEC 7812): 13 to 19 digits, together or with single blanks or hyphens, of a
/// known prefix and length, with the right check digit.
pub(super) fn card_end(text: &[u8], start: usize) -> Option<usize> {
    let mut digits = [0_u8; 19];
    let (mut count, mut at) = (0, start);
    loop {
        match text.get(at) {
            Some(b @ b'0'..=b'9') if count < 19 => {
                digits[count] = b - b'0';
                count += 1;
                at += 1;
            }
            Some(b'0'..=b'9') => return None,
            Some(b' ' | b'-') if count > 0 && text.get(at + 1).is_some_and(u8::is_ascii_digit) => at += 1,
            _ => break,
        }
        // A number may follow with a blank between; what has the length and the check digit by then is taken.
        let is_pause = !text.get(at).is_some_and(u8::is_ascii_digit);
        if is_pause && ends(text, at) && is_card(&digits[..count]) {
            return Some(at);
        }
    }
    None
}

fn is_card(digits: &[u8]) -> bool {
    let [a, b, ..] = *digits else { return false };
    let known = match (a * 10 + b, digits.len()) {
        (34 | 37, 15) | (30 | 36 | 38, 14) | (22..=27 | 51..=55, 16) => true,
        (40..=49, length) => matches!(length, 13 | 16 | 19),
        (50 | 56..=69, length) => (16..=19).contains(&length),
        _ => false,
    };
    known && luhn(digits)
}

/// The check of ISO/IEC 7812-1, annex B.
fn luhn(digits: &[u8]) -> bool {
    let doubled = |d: u8| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| u32::from(if i % 2 == 1 { doubled(d) } else { d }))
        .sum();
    sum.is_multiple_of(10)
}

/// The end of an account number (ISO 13616): country, check digits, 11 to 30 letters and digits, together or in groups
/// of four. The longest that has the right check digits is taken.
pub(super) fn iban_end(text: &[u8], start: usize) -> Option<usize> {
    let head = text.get(start..start + 4)?;
    let shaped = head[..2].iter().all(u8::is_ascii_uppercase) && head[2..].iter().all(u8::is_ascii_digit);
    if !shaped {
        return None;
    }
    let mut letters = [0_u8; 34];
    let (mut count, mut at, mut best) = (0, start, None);
    loop {
        match text.get(at) {
            Some(&b) if b.is_ascii_uppercase() || b.is_ascii_digit() => {
                if count == 34 {
                    return best;
                }
                letters[count] = b;
                count += 1;
                at += 1;
            }
            Some(b' ') if count % 4 == 0 && text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) => {
                at += 1;
            }
            _ => return best,
        }
        if count >= 15 && ends(text, at) && remainder(&letters[..count]) == 1 {
            best = Some(at);
        }
    }
}

/// ISO/IEC 7064, MOD 97-10, with the first four characters put last and letters as 10 to 35.
fn remainder(letters: &[u8]) -> u32 {
    letters[4..].iter().chain(&letters[..4]).fold(0, |rest, &b| {
        if b.is_ascii_digit() {
            (rest * 10 + u32::from(b - b'0')) % 97
        } else {
            (rest * 100 + u32::from(b - b'A') + 10) % 97
        }
    })
}

/// The end of `+49 30 1234567`: a plus, a country that begins with no 0, 9 to 15 digits in all, single separators.
pub(super) fn international_phone_end(text: &[u8], plus: usize) -> Option<usize> {
    if !matches!(text.get(plus + 1), Some(b'1'..=b'9')) {
        return None;
    }
    let (mut at, mut digits, mut end) = (plus + 1, 0, plus);
    while let Some(&b) = text.get(at) {
        match b {
            b'0'..=b'9' => {
                digits += 1;
                end = at + 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if at - end < 2 => {}
            _ => break,
        }
        if digits > 15 {
            return None;
        }
        at += 1;
    }
    (digits >= 9 && ends(text, end)).then_some(end)
}

/// The end of `555-123-4567`, `555.123.4567`, `(555) 123-4567`.
pub(super) fn american_phone_end(text: &[u8], start: usize) -> Option<usize> {
    let digits = |from: usize, count: usize| -> Option<usize> {
        let end = from + count;
        text.get(from..end)?.iter().all(u8::is_ascii_digit).then_some(end)
    };
    let open = usize::from(text[start] == b'(');
    let area = digits(start + open, 3)?;
    if !matches!(text[start + open], b'2'..=b'9') {
        return None;
    }
    let (exchange, separator) = if open == 1 {
        if text.get(area) != Some(&b')') {
            return None;
        }
        (area + 1 + usize::from(text.get(area + 1) == Some(&b' ')), b'-')
    } else {
        (area + 1, *text.get(area).filter(|b| matches!(b, b'-' | b'.'))?)
    };
    let line = digits(exchange, 3)?;
    if text.get(line) != Some(&separator) {
        return None;
    }
    let end = digits(line + 1, 4)?;
    (ends(text, end) && text.get(end) != Some(&separator)).then_some(end)
}
