//! A text or a regular expression, and what is known of every text that it fits.

use std::ops::Range;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::query::whole_id;

/// Something to look for in text.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    finder: Finder,
    /// Texts that are part of every match, in any case of their ASCII letters.
    required: Vec<Vec<u8>>,
    /// The id of a trace or span that the pattern spells whole.
    id: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Finder {
    Literal(Arc<memchr::memmem::Finder<'static>>),
    Regex(Regex),
}

impl Pattern {
    /// These bytes; with `any_case`, ASCII letters in either case.
    pub(crate) fn literal(literal: &[u8], any_case: bool) -> Self {
        let finder = if any_case && literal.iter().any(u8::is_ascii_alphabetic) {
            Finder::Regex(any_case_of(literal))
        } else {
            Finder::Literal(Arc::new(memchr::memmem::Finder::new(literal).into_owned()))
        };
        let hex = std::str::from_utf8(literal).unwrap_or_default();
        let id = whole_id(hex, 16).or_else(|| whole_id(hex, 8));
        Self { finder, required: vec![literal.to_vec()], id }
    }

    /// An expression in the syntax of the crate `regex`; the error says what is wrong, and where it shows that.
    pub(crate) fn regex(regex: &str, any_case: bool) -> Result<Self, String> {
        let built = RegexBuilder::new(regex).case_insensitive(any_case).build();
        let built = built.map_err(|error| format!("the regular expression cannot be used: {error}"))?;
        let parsed =
            regex_syntax::ParserBuilder::new().case_insensitive(any_case).utf8(false).build().parse(regex);
        let mut required = Vec::new();
        if let Ok(hir) = parsed {
            collect_required(&hir, &mut Vec::new(), &mut required);
        }
        Ok(Self { finder: Finder::Regex(built), required, id: None })
    }

    pub(crate) fn required(&self) -> &[Vec<u8>] {
        &self.required
    }

    pub(crate) fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        match &self.finder {
            Finder::Literal(finder) => finder.find(text).is_some(),
            Finder::Regex(regex) => regex.is_match(text),
        }
    }

    /// Every match that is not empty.
    pub(crate) fn places_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        match &self.finder {
            Finder::Literal(finder) => {
                let length = finder.needle().len();
                finder.find_iter(text).filter(|_| length > 0).map(|start| start..start + length).collect()
            }
            Finder::Regex(regex) => {
                regex.find_iter(text).map(|found| found.range()).filter(|r| !r.is_empty()).collect()
            }
        }
    }

    /// The literal, where it can only stand in a text that is encoded as it is shown: not across a path and its value,
    /// not in a number, a truth value or bytes, and not in an id.
    pub(crate) fn needle(&self) -> Option<&[u8]> {
        let Finder::Literal(finder) = &self.finder else { return None };
        let needle = finder.needle();
        let is_in_a_number = needle.iter().all(|byte| byte.is_ascii_hexdigit() || b".+-x".contains(byte));
        let is_in_a_word = ["null", "true", "false", "NaN", "-inf"]
            .iter()
            .any(|word| word.as_bytes().windows(needle.len().max(1)).any(|part| part == needle));
        let is_plain = !needle.is_empty() && !needle.contains(&b'=') && self.id.is_none();
        (is_plain && !is_in_a_number && !is_in_a_word).then_some(needle)
    }
}

/// A literal whose ASCII letters fit in either case and whose other bytes fit as they are.
fn any_case_of(literal: &[u8]) -> Regex {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(4 * literal.len());
    for byte in literal {
        write!(escaped, "\\x{byte:02x}").expect("writing to a String cannot fail");
    }
    let built =
        RegexBuilder::new(&escaped).case_insensitive(true).unicode(false).size_limit(usize::MAX).build();
    built.expect("escaped bytes are an expression of any length")
}

/// Adds the texts that every match holds; `open` is the one being put together from what follows one upon the other.
fn collect_required(hir: &Hir, open: &mut Vec<u8>, required: &mut Vec<Vec<u8>>) {
    gather(hir, open, required);
    close(open, required);
}

fn close(open: &mut Vec<u8>, required: &mut Vec<Vec<u8>>) {
    if !open.is_empty() {
        required.push(std::mem::take(open));
    }
}

fn gather(hir: &Hir, open: &mut Vec<u8>, required: &mut Vec<Vec<u8>>) {
    match hir.kind() {
        HirKind::Literal(literal) => open.extend_from_slice(&literal.0),
        HirKind::Class(class) => match one_letter(class) {
            Some(letter) => open.push(letter),
            None => close(open, required),
        },
        HirKind::Capture(capture) => gather(&capture.sub, open, required),
        HirKind::Concat(parts) => parts.iter().for_each(|part| gather(part, open, required)),
        HirKind::Repetition(repetition) if repetition.min >= 1 => {
            close(open, required);
            collect_required(&repetition.sub, open, required);
        }
        // Neither takes a byte, so that what stands before and after stands side by side.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Repetition(_) | HirKind::Alternation(_) => close(open, required),
    }
}

/// The letter of a class that is one ASCII letter in both cases.
fn one_letter(class: &Class) -> Option<u8> {
    let (first, second) = match class {
        Class::Unicode(class) => match class.ranges() {
            [a, b] if a.start() == a.end() && b.start() == b.end() => {
                (u8::try_from(a.start()).ok()?, u8::try_from(b.start()).ok()?)
            }
            _ => return None,
        },
        Class::Bytes(class) => match class.ranges() {
            [a, b] if a.start() == a.end() && b.start() == b.end() => (a.start(), b.start()),
            _ => return None,
        },
    };
    (first.is_ascii_uppercase() && second == first.to_ascii_lowercase()).then_some(second)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn required(regex: &str, any_case: bool) -> Vec<String> {
        let pattern = Pattern::regex(regex, any_case).expect("an expression");
        pattern.required().iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    #[test]
    fn what_every_match_holds_is_found() {
        for (regex, any_case, expected) in [
            ("connection (refused)", false, vec!["connection refused"]),
            ("conn.*refused", false, vec!["conn", "refused"]),
            ("a|b", false, vec![]),
            ("(abc){2,}x?yz", false, vec!["abc", "yz"]),
            (r"\btime\b out", false, vec!["time out"]),
            ("(?i)error", false, vec!["error"]),
            ("ERROR", true, vec!["error"]),
            // K and s have a third form in Unicode, which the filter does not lower-case.
            ("task", true, vec!["ta"]),
            ("", false, vec![]),
        ] {
            assert_eq!(required(regex, any_case), expected, "{regex}");
        }
        assert!(Pattern::regex("a(", false).is_err_and(|what| what.contains("unclosed group")));
    }

    #[test]
    fn a_needle_is_only_what_cannot_stand_anywhere_else() {
        let needle = |text: &str| Pattern::literal(text.as_bytes(), false).needle().is_some();
        for plain in ["refused", "GET /cart", "é", "order-48213", "true story"] {
            assert!(needle(plain), "{plain}");
        }
        for elsewhere in ["", "503", "-1.5e", "0xff", "deadbeef", "path=value", "rue", "ul", "inf", "NaN"] {
            assert!(!needle(elsewhere), "{elsewhere}");
        }
        assert!(Pattern::literal(b"Refused", true).needle().is_none());
    }

    #[test]
    fn letters_fit_in_either_case_where_that_is_asked_for() {
        let pattern = Pattern::literal("Straße 5".as_bytes(), true);
        assert!(pattern.is_in("STRAße 5".as_bytes()) && !pattern.is_in("STRASSE 5".as_bytes()));
        assert!(pattern.places_in("- straße 5".as_bytes()).into_iter().eq(std::iter::once(2..11)));
        assert!(Pattern::literal(b"\xff", true).is_in(b"a \xff"));
        assert!(Pattern::literal(b"5B8EFFF798038103", false).id().is_some());
    }
}
