//! Evidence text made harmless for a screen, a terminal and a log.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

/// Evidence as text that can only be read, not acted upon: control characters (terminal escapes, line ends),
/// bidirectional controls and other invisible format characters become `\u{1b}`, bytes that are not UTF-8 become
/// `\x{ff}`. Tabs and line ends are escaped too, so that one piece of evidence stays one line.
///
/// The set is Unicode's general categories Cc, Zl and Zp, and from Cf the ones that reorder or hide text
/// (Unicode Technical Report 36, "Unicode security considerations", section 3.5; CVE-2021-42574 for the bidi controls).
/// Marks that pile up on one letter beyond what any language writes are escaped as well: they would cover other lines.
///
/// A character that the screen has no picture for is escaped too, once the screen has [said](escape_undrawn) which it has.
///
/// On a thread that shows everything [through a veil](crate::show_through), what its patterns find is taken out first.
pub fn inert(evidence: impl AsRef<[u8]>) -> String {
    match crate::veil::veiled_text(evidence.as_ref()) {
        Some(veiled) => escaped(veiled.as_bytes()),
        None => escaped(evidence.as_ref()),
    }
}

/// The same for a file, which is read elsewhere: what the screen of this machine has no picture for stays as it is.
pub(crate) fn inert_for_file(evidence: &[u8]) -> String {
    match crate::veil::veiled_text(evidence) {
        Some(veiled) => escaped_for(veiled.as_bytes(), None),
        None => escaped_for(evidence, None),
    }
}

/// Lines that [`inert_lines`] parts; line ends behind them are escaped, so that nothing takes more than some screens.
const MOST_LINES: usize = 200;

/// The same for where a person reads one piece of evidence by itself, such as a stack trace: its lines (LF or CRLF) stay
/// lines, and tabs are spaces. Lines after the first are indented: none can pose as what the program writes beside it.
pub fn inert_lines(evidence: impl AsRef<[u8]>) -> String {
    // Taken out first of the whole, since a secret may go over several lines.
    match crate::veil::veiled_text(evidence.as_ref()) {
        Some(veiled) => escaped_lines(veiled.as_bytes()),
        None => escaped_lines(evidence.as_ref()),
    }
}

fn escaped_lines(evidence: &[u8]) -> String {
    let mut text = String::with_capacity(evidence.len());
    let mut lines = evidence.splitn(MOST_LINES, |byte| *byte == b'\n').peekable();
    let mut is_first = true;
    while let Some(line) = lines.next() {
        if !std::mem::take(&mut is_first) {
            text.push_str("\n  ");
        }
        let line = line.strip_suffix(b"\r").filter(|_| lines.peek().is_some()).unwrap_or(line);
        let cells: Vec<String> = line.split(|byte| *byte == b'\t').map(escaped).collect();
        text.push_str(&cells.join("    "));
    }
    text
}

/// Says of a character whether the screen has a picture for it.
type Drawn = dyn Fn(char) -> bool + Send + Sync;

static DRAWN: RwLock<Option<Arc<Drawn>>> = RwLock::new(None);

/// From now on [`inert`] escapes characters that `is_drawn` has no picture for: an empty box tells a person nothing, and
/// `\u{4e2d}` can be looked up. For a window, which knows its fonts; a terminal has its own. It is asked of what is not ASCII.
pub fn escape_undrawn(is_drawn: impl Fn(char) -> bool + Send + Sync + 'static) {
    *DRAWN.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(is_drawn));
}

fn escaped(evidence: &[u8]) -> String {
    if evidence.is_ascii() {
        return escaped_for(evidence, None);
    }
    let drawn = DRAWN.read().unwrap_or_else(PoisonError::into_inner).clone();
    escaped_for(evidence, drawn.as_deref())
}

fn escaped_for(evidence: &[u8], drawn: Option<&Drawn>) -> String {
    let is_undrawn = |character: char| !character.is_ascii() && drawn.is_some_and(|drawn| !drawn(character));
    let mut text = String::with_capacity(evidence.len());
    let mut marks = 0;
    for chunk in evidence.utf8_chunks() {
        for character in chunk.valid().chars() {
            marks = if is_mark(character) { marks + 1 } else { 0 };
            if is_hidden(character) || marks > MOST_MARKS || is_undrawn(character) {
                text.extend(character.escape_unicode());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{{{byte:02x}}}").expect("writing to a String cannot fail");
        }
    }
    text
}

/// Whether a character would act on, reorder or vanish from what a person sees.
const fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Most marks in a row that are shown as marks (Unicode Standard Annex 15, section 13, "Stream-Safe Text Format").
const MOST_MARKS: u32 = 30;

/// Whether a character stands on the letter before it: the blocks of combining marks that go with any script.
const fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::{MOST_LINES, MOST_MARKS, escaped_for, inert, inert_lines};

    #[test]
    fn what_the_screen_cannot_draw_is_told_by_its_number() {
        let drawn = |character: char| character != '中';
        let shown = escaped_for("a 中 é".as_bytes(), Some(&drawn));
        assert_eq!(shown, "a \\u{4e2d} é");
        assert_eq!(escaped_for("a 中 é".as_bytes(), None), "a 中 é", "a terminal has its own fonts");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let piled = inert(format!("z{}e\u{301}", "\u{301}".repeat(4000)));
        assert_eq!(
            piled.matches('\u{301}').count(),
            MOST_MARKS as usize + 1,
            "and the next letter has its own"
        );
        assert_eq!(piled.matches("\\u{301}").count(), 4000 - MOST_MARKS as usize, "nothing is left out");
    }

    #[test]
    fn a_piece_of_evidence_by_itself_keeps_its_lines_and_nothing_else_that_acts() {
        for (evidence, shown) in [
            ("one line", "one line"),
            ("Traceback:\r\n\tat cart.rs:7\n", "Traceback:\n      at cart.rs:7\n  "),
            ("x\nuser = admin", "x\n  user = admin"),
            ("a\rb\u{1b}[2J\n\u{202e}c\r", "a\\u{d}b\\u{1b}[2J\n  \\u{202e}c\\u{d}"),
        ] {
            assert_eq!(inert_lines(evidence), shown);
        }
        let many = inert_lines("\n".repeat(5000));
        assert_eq!(many.lines().count(), MOST_LINES);
        assert_eq!(many.matches("\\u{a}").count(), 5000 - (MOST_LINES - 1), "nothing is left out");
    }

    #[test]
    fn evidence_cannot_act_on_the_reader() {
        for (evidence, shown) in [
            (&b"plain \xc3\xa9\xe2\x82\xac"[..], "plain é€"),
            (b"\x1b[31mred\x07", "\\u{1b}[31mred\\u{7}"),
            (b"a\nb\r\tc", "a\\u{a}b\\u{d}\\u{9}c"),
            ("user\u{202e}gpj.exe\u{2066}".as_bytes(), "user\\u{202e}gpj.exe\\u{2066}"),
            ("zero\u{200b}width\u{feff}".as_bytes(), "zero\\u{200b}width\\u{feff}"),
            (b"\xff\xfeok\xc3", "\\x{ff}\\x{fe}ok\\x{c3}"),
            ("c1 \u{9b}31m".as_bytes(), "c1 \\u{9b}31m"),
        ] {
            assert_eq!(inert(evidence), shown);
        }
    }
}
