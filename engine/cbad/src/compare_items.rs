//! Words and values of fields of a stream, counted on both sides of a comparison.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::{Amounts, Aspect, Difference};
use crate::stream::Stream;
use crate::token::Shape;
use crate::watch::{Cancelled, Watch};

/// Tokens above which a field is text and not a value: its words are counted one by one.
const VALUE_TOKENS: usize = 12;

/// Least letters and digits of a word.
const WORD_CHARACTERS: usize = 2;

/// Words of the same events that are named together.
const NAMED_TOGETHER: usize = 4;

/// Distinct events between two looks at whether to go on.
const LOOK_EVERY: usize = 4096;

/// One thing that an event has or has not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) aspect: Aspect,
    pub(crate) name: String,
    pub(crate) before: u64,
    pub(crate) after: u64,
    /// The first event after the border that has it, else the first before it.
    pub(crate) event: u64,
}

/// How often a distinct event comes on either side, and where first.
#[derive(Clone, Copy, Debug)]
struct Seen {
    before: u64,
    after: u64,
    first: u64,
}

/// Every word and every value of a field, in the order of their names.
pub(crate) fn of(stream: &Stream, watch: &dyn Watch) -> Result<Vec<Item>, Cancelled> {
    let border = stream.anchored();
    let mut seen = vec![Seen { before: 0, after: 0, first: u64::MAX }; stream.distinct_len()];
    for (position, &distinct) in stream.sequence.iter().enumerate() {
        let seen = &mut seen[distinct as usize];
        if position < border {
            seen.before += 1;
        } else {
            seen.after += 1;
        }
        if seen.first == u64::MAX || (position >= border && seen.first < border as u64) {
            seen.first = position as u64;
        }
    }
    let mut items: BTreeMap<(Aspect, String), Seen> = BTreeMap::new();
    let mut of_event = BTreeSet::new();
    for (distinct, seen) in seen.iter().enumerate() {
        if distinct % LOOK_EVERY == 0 && watch.cancelled() {
            return Err(Cancelled);
        }
        of_event.clear();
        split(stream, distinct as u32, &mut of_event);
        for item in &of_event {
            match items.get_mut(item) {
                Some(known) => {
                    let is_later = known.first >= border as u64;
                    known.before += seen.before;
                    known.after += seen.after;
                    known.first = match (is_later, seen.first >= border as u64) {
                        (true, false) => known.first,
                        (false, true) => seen.first,
                        _ => known.first.min(seen.first),
                    };
                }
                None => drop(items.insert(item.clone(), *seen)),
            }
        }
    }
    let item = |((aspect, name), seen): ((Aspect, String), Seen)| Item {
        aspect,
        name,
        before: seen.before,
        after: seen.after,
        event: seen.first,
    };
    Ok(together(items.into_iter().map(item).collect()))
}

/// The words and values of one distinct event.
fn split(stream: &Stream, distinct: u32, into: &mut BTreeSet<(Aspect, String)>) {
    let tokens: Vec<u32> =
        stream.distinct(distinct).iter().map(|t| stream.transitions[*t as usize].token).collect();
    let is_path = |token: &u32| stream.tokens[*token as usize].shape == Shape::Path;
    let mut rest = tokens.as_slice();
    let body = rest.iter().position(is_path).unwrap_or(rest.len());
    let (text, fields) = rest.split_at(body);
    words(stream, None, text, into);
    rest = fields;
    while let Some((path, after)) = rest.split_first() {
        let end = after.iter().position(is_path).unwrap_or(after.len());
        let (value, next) = after.split_at(end);
        let path = spelled(stream, *path);
        if value.len() > VALUE_TOKENS {
            words(stream, Some(&path), value, into);
        } else if !value.is_empty() && !is_measured(stream, value) {
            into.insert((Aspect::Value, format!("{path}={}", in_full(stream, value))));
        }
        rest = next;
    }
}

/// Whether a value is one number by its size alone: such numbers are compared as numbers.
fn is_measured(stream: &Stream, value: &[u32]) -> bool {
    let measured = |token: &u32| {
        matches!(
            stream.tokens[*token as usize].shape,
            Shape::Number { .. }
                | Shape::Decimal { .. }
                | Shape::Duration(_)
                | Shape::WrittenDuration(_)
                | Shape::Size(_)
                | Shape::Percent(_)
                | Shape::Magnitude(_)
        )
    };
    value.len() == 1 && value.iter().all(measured)
}

fn words(stream: &Stream, path: Option<&str>, tokens: &[u32], into: &mut BTreeSet<(Aspect, String)>) {
    for &token in tokens {
        let text = match stream.tokens[token as usize].shape {
            Shape::Severity => {
                into.insert((Aspect::Value, format!("severity={}", spelled(stream, token))));
                continue;
            }
            Shape::Literal => spelled(stream, token),
            // A shape is a token of its own: that addresses come where none came is worth a word.
            Shape::Duration(_) | Shape::Magnitude(_) => continue,
            shape => format!("<{}>", shape.describe().unwrap_or_default()),
        };
        // Numbers that tell kinds of events apart are in the names of the kinds; the others vary.
        let is_word = text.chars().filter(|c| c.is_alphanumeric()).count() >= WORD_CHARACTERS
            && text.chars().any(char::is_alphabetic);
        if is_word {
            let name = path.map_or(text.clone(), |path| format!("{path}: {text}"));
            into.insert((Aspect::Word, name));
        }
    }
}

/// The tokens of a value as they stood, shapes by what they are.
fn in_full(stream: &Stream, tokens: &[u32]) -> String {
    let mut text = String::new();
    for (number, &token) in tokens.iter().enumerate() {
        let info = stream.tokens[token as usize];
        if info.space && number > 0 {
            text.push(' ');
        }
        match info.shape.describe() {
            Some(shape) => text.extend(["<", &shape, ">"]),
            None => text.push_str(&spelled(stream, token)),
        }
    }
    text
}

fn spelled(stream: &Stream, token: u32) -> String {
    String::from_utf8_lossy(stream.token_bytes(token)).into_owned()
}

/// Words that come in the same events are one thing to say.
fn together(items: Vec<Item>) -> Vec<Item> {
    let mut groups: BTreeMap<(u64, u64, u64), Vec<String>> = BTreeMap::new();
    let mut kept = Vec::new();
    for item in items {
        if item.aspect == Aspect::Word {
            groups.entry((item.before, item.after, item.event)).or_default().push(item.name);
        } else {
            kept.push(item);
        }
    }
    for ((before, after, event), names) in groups {
        let more = names.len().saturating_sub(NAMED_TOGETHER);
        let mut name = names[..names.len() - more].join(", ");
        if more > 0 {
            name.extend([" and ", &more.to_string(), " more"]);
        }
        kept.push(Item { aspect: Aspect::Word, name, before, after, event });
    }
    kept
}

/// Takes out the words that come exactly as often as a kind of event that is told already: they are its own.
pub(crate) fn drop_words_of_kinds(differences: &mut Vec<Difference>) {
    let counts = |difference: &Difference| match difference.amounts {
        Amounts::Events { before, after, .. } => Some((before, after)),
        _ => None,
    };
    let kinds: BTreeSet<(u64, u64)> =
        differences.iter().filter(|d| d.aspect == Aspect::Kind).filter_map(counts).collect();
    differences.retain(|difference| {
        difference.aspect != Aspect::Word || counts(difference).is_none_or(|counts| !kinds.contains(&counts))
    });
}
