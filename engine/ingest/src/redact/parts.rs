//! Parts of values, texts, names and paths.

use cbad::Value;

/// A value as text, for its token.
pub(super) fn written(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(value) => value.to_string().into_bytes(),
        Value::Int(value) => value.to_string().into_bytes(),
        Value::Float(value) => value.to_string().into_bytes(),
        Value::Text(text) => text.clone().into_bytes(),
        Value::Bytes(bytes) => bytes.clone(),
    }
}

/// The nearest place in one direction that is not inside a UTF-8 character, which has at most three bytes inside.
pub(super) fn at_character(text: &[u8], at: usize, step: isize) -> usize {
    let is_inside = |at: usize| text.get(at).is_some_and(|&b| b & 0xc0 == 0x80);
    let places = (0..4).map(|steps| at.saturating_add_signed(steps * step));
    places.into_iter().find(|&place| !is_inside(place)).unwrap_or(at)
}

/// `a=1`, `b="x,y"`: the attributes of a stream's name. Text with a comma is quoted there.
pub(super) fn split_attributes(text: &str) -> Vec<&str> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for at in outside_quotes(text, b',') {
        parts.push(&text[from..at]);
        from = at + 1;
    }
    parts.push(&text[from..]);
    parts
}

/// The path and the value of an attribute, as they are written.
pub(super) fn split_attribute(attribute: &str) -> (&str, &str) {
    let at = outside_quotes(attribute, b'=').next();
    at.map_or((attribute, ""), |at| (&attribute[..at], &attribute[at + 1..]))
}

/// Where a byte stands that is in no quotes.
fn outside_quotes(text: &str, sought: u8) -> impl Iterator<Item = usize> + '_ {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.bytes().enumerate().filter_map(move |(at, b)| {
        match b {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => return (b == sought && !is_quoted).then_some(at),
        }
        None
    })
}

/// Whether a pattern with `*` fits all of a path.
pub(super) fn fits(glob: &[u8], path: &[u8]) -> bool {
    let (mut g, mut p) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while p < path.len() {
        if glob.get(g) == Some(&b'*') {
            star = Some((g + 1, p));
            g += 1;
        } else if glob.get(g) == Some(&path[p]) {
            (g, p) = (g + 1, p + 1);
        } else if let Some((after, from)) = star {
            (g, p) = (after, from + 1);
            star = Some((after, from + 1));
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|b| *b == b'*')
}
