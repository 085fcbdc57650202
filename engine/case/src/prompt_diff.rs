//! Two prompts side by side: what is the same, what is gone and what is new, word by word.

use crate::messages::Message;

/// Words of both prompts multiplied, up to which they are compared word by word once what they begin and end with alike is
/// set aside; beyond it, what is between is shown as replaced.
const MOST_PAIRS: usize = 4_000_000;

/// A stretch of two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffPart {
    /// In both.
    Same(String),
    /// Only in the first.
    Gone(String),
    /// Only in the second.
    New(String),
}

/// The input of a call as one text.
pub fn prompt_text(messages: &[Message]) -> String {
    let lines = messages.iter().filter(|message| !message.is_output).map(|message| {
        let parts: Vec<String> = message.parts.iter().map(crate::messages::Part::text).collect();
        format!("{}: {}\n", message.role, parts.join(" "))
    });
    lines.collect()
}

/// What it takes to get from the first text to the second.
pub fn diff_texts(first: &str, second: &str) -> Vec<DiffPart> {
    diff_pieces(&words(first), &words(second))
}

/// The same for two texts that are in pieces already.
pub fn diff_pieces(a: &[&str], b: &[&str]) -> Vec<DiffPart> {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (inner_a, inner_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut parts = Vec::new();
    push(&mut parts, DiffPart::Same(a[..head].concat()));
    if inner_a.len().saturating_mul(inner_b.len()) > MOST_PAIRS {
        push(&mut parts, DiffPart::Gone(inner_a.concat()));
        push(&mut parts, DiffPart::New(inner_b.concat()));
    } else {
        align(inner_a, inner_b, &mut parts);
    }
    push(&mut parts, DiffPart::Same(a[a.len() - tail..].concat()));
    parts
}

/// Words with the white space after them.
fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

/// The longest common subsequence, from a table of its lengths.
fn align(a: &[&str], b: &[&str], parts: &mut Vec<DiffPart>) {
    let width = b.len() + 1;
    let mut lengths = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i * width + j] = if a[i] == b[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            push(parts, DiffPart::Same(a[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
        {
            push(parts, DiffPart::Gone(a[i].to_owned()));
            i += 1;
        } else {
            push(parts, DiffPart::New(b[j].to_owned()));
            j += 1;
        }
    }
}

/// Adds a stretch to the one before it where both are of a kind.
fn push(parts: &mut Vec<DiffPart>, next: DiffPart) {
    match (parts.last_mut(), next) {
        (_, DiffPart::Same(text) | DiffPart::Gone(text) | DiffPart::New(text)) if text.is_empty() => {}
        (Some(DiffPart::Same(last)), DiffPart::Same(text))
        | (Some(DiffPart::Gone(last)), DiffPart::Gone(text))
        | (Some(DiffPart::New(last)), DiffPart::New(text)) => last.push_str(&text),
        (_, next) => parts.push(next),
    }
}

#[cfg(test)]
mod tests {
    use super::DiffPart::{Gone, New, Same};
    use super::diff_texts;

    #[test]
    fn prompts_are_compared_word_by_word() {
        let parts = diff_texts("Which socks are warm enough?", "Which hats are warm and light?");
        let text = str::to_owned;
        assert_eq!(
            parts,
            [
                Same(text("Which ")),
                Gone(text("socks ")),
                New(text("hats ")),
                Same(text("are warm ")),
                Gone(text("enough?")),
                New(text("and light?")),
            ]
        );
        assert_eq!(diff_texts("a b", "a b"), [Same(text("a b"))]);
        assert_eq!(diff_texts("", "x"), [New(text("x"))]);
        assert!(diff_texts("", "").is_empty());
    }

    #[test]
    fn both_texts_can_be_read_from_the_parts_however_long_they_are() {
        let long = |step: u32| (0..3000_u32).map(|i| (i * step % 97).to_string() + " ").collect::<String>();
        for (a, b) in
            [(long(1), long(2)), (long(3), "x ".repeat(9)), ("same ".repeat(5000), "same ".repeat(4000))]
        {
            let parts = diff_texts(&a, &b);
            let side = |first: bool| -> String {
                let of = |part: &super::DiffPart| match part {
                    Same(text) => text.clone(),
                    Gone(text) if first => text.clone(),
                    New(text) if !first => text.clone(),
                    _ => String::new(),
                };
                parts.iter().map(of).collect()
            };
            assert_eq!((side(true), side(false)), (a, b));
        }
    }
}
