//! Evidence of any length as text of a bounded one: what is cut is said, and where the whole of it is.

use crate::words;

/// Most bytes of one piece of evidence that are laid out: more than a screen holds.
pub(crate) const MOST_BYTES: usize = 4096;

/// Harmless text of the beginning of a piece of evidence, and how many bytes were left out.
pub(crate) fn cut(evidence: impl AsRef<[u8]>, most_bytes: usize) -> (String, usize) {
    let (begin, left_out) = begin(evidence.as_ref(), most_bytes);
    (case::inert(begin), left_out)
}

/// The same with its lines kept.
pub(crate) fn cut_lines(evidence: impl AsRef<[u8]>, most_bytes: usize) -> (String, usize) {
    let (begin, left_out) = begin(evidence.as_ref(), most_bytes);
    (case::inert_lines(begin), left_out)
}

fn begin(evidence: &[u8], most_bytes: usize) -> (&[u8], usize) {
    let most = most_bytes.min(evidence.len());
    // Not within a letter: its pieces would be shown as bytes that are no text. A letter has four bytes at most.
    let begins_letter = |at: &usize| evidence.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (most.saturating_sub(3)..=most).rev().find(begins_letter).unwrap_or(most);
    (&evidence[..end], evidence.len() - end)
}

/// The same, with what was left out said at the end.
pub(super) fn marked(evidence: impl AsRef<[u8]>) -> String {
    let (text, left_out) = cut(evidence, MOST_BYTES);
    with_mark(text, left_out)
}

/// The same with its lines kept, where it stands by itself.
pub(super) fn marked_lines(evidence: impl AsRef<[u8]>) -> String {
    let (text, left_out) = cut_lines(evidence, MOST_BYTES);
    with_mark(text, left_out)
}

/// The text with a sign of what is left out of it.
pub(super) fn with_mark(mut text: String, left_out: usize) -> String {
    if left_out > 0 {
        text.extend([" … ", &words::bytes(left_out as u64), " more; “Show exact bytes” has all of it"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_evidence_is_cut_between_letters_and_that_is_said() {
        assert_eq!(cut("short", 10), ("short".to_owned(), 0));
        assert_eq!(cut("aé", 2), ("a".to_owned(), 2));
        assert_eq!(cut("a€b", 3), ("a".to_owned(), 4));
        assert_eq!(cut(b"\x80\x80\x80\x80\x80\x80", 5).1, 1, "bytes that are no text are cut anywhere");
        assert_eq!(marked("x".repeat(MOST_BYTES)).len(), MOST_BYTES);
        let long = marked("x".repeat(1 << 20));
        assert!(long.len() < MOST_BYTES + 80 && long.contains("more; “Show exact bytes”"), "{long}");
    }
}
