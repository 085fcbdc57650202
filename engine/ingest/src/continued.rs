//! Which lines of text go on with the event before them although nothing indents them, and which do not although they are
//! indented.

use crate::severity;
use crate::stamp;

/// Where levels end that are aligned to the right at the begin of a line, as Rust's `tracing` and `env_logger` write them.
const RIGHT: usize = 5;

/// Whether an indented line begins an event of its own: with a stamp, or with a level where levels stand in a column. `first` is
/// the line that begins the event before.
pub(crate) fn begins_indented(line: &[u8], first: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let indent = &line[..line.len() - text.len()];
    let is_column =
        || indent.iter().all(|&byte| byte == b' ') && has_level_in_column(line, indent.len(), first);
    !indent.is_empty() && (stamp::begins(text) || is_column())
}

fn has_level_in_column(line: &[u8], from: usize, first: &[u8]) -> bool {
    let Some(length) = severity::capitals(&line[from..]) else { return false };
    let to = from + length;
    let stands = |at: usize| {
        let is_apart = at == 0 || !first[at - 1].is_ascii_alphanumeric();
        severity::capitals(&first[at..]).filter(|_| is_apart)
    };
    let begins_there = || first.len() > from && stands(from).is_some();
    let ends_there = || {
        let before = first.get(..to).unwrap_or_default();
        let letters = before.iter().rev().take_while(|byte| byte.is_ascii_uppercase()).count();
        letters > 0 && stands(to - letters) == Some(letters)
    };
    to == RIGHT || begins_there() || ends_there()
}
