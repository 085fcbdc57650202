//! Free text within events: what users write, search for, are called. No two words of it need come together twice, so that places by the
//! pair of tokens before them have a few events each, and none is seen to be variable.
//!
//! So places behind a variable part are looked at again, by what stands before them with variable parts as one: behind “note=” and a variable
//! word there are thousands of words, whichever word it was. Where they are very many, the place is variable too, and so on to the end of
//! the text. The begin of a field behind a variable one is such a place as well.

use hashbrown::HashMap;

use crate::place::{MASKED, Masks};
use crate::stream::Stream;
use crate::token::Shape;

/// A place behind a variable part has more words than this many times the number that makes another place variable: a verb behind a name
/// is one of some dozens.
const AS_MANY: usize = 4;

/// One of so many words of such a place, or more often than that, is no part of a text: what goes on behind it. No word of a language is
/// as common.
const COMMON: u64 = 10;

/// Rounds at most; a text whose words are masked from its begin on takes two or three.
const ROUNDS: usize = 8;

/// What stands before a place, variable parts as [`MASKED`]: the token before the last one, and the last.
pub(crate) type Before = (u32, u32);

/// Adds to the masks the places behind variable parts in which words are variable too. `most` is how many words another place has at most
/// where it is not.
pub(crate) fn find(stream: &Stream, events_of: &[u64], most: u32, masks: &mut Masks) {
    for _ in 0..ROUNDS {
        let found = crowded(stream, events_of, most as usize, masks);
        if found.is_empty() {
            return;
        }
        masks.behind.extend(found);
    }
}

/// The words of one place.
#[derive(Default)]
struct Words {
    events: u64,
    /// Of the first that are met, how many events each has: a vocabulary is never held for a place.
    known: HashMap<u32, u64>,
}

/// Places behind a variable part with many more words than so many, and which of these are common there. The begin of a field is as sure a
/// place as any that is behind nothing variable.
fn crowded(stream: &Stream, events_of: &[u64], most: usize, masks: &Masks) -> Vec<(Before, Vec<u32>)> {
    let is_field =
        |(_, before1): Before| before1 != MASKED && stream.tokens[before1 as usize].shape == Shape::Path;
    // Behind two variable parts stands a third more likely than a verb.
    let most_in = |before| if is_field(before) || before == (MASKED, MASKED) { most } else { AS_MANY * most };
    let mut places: HashMap<Before, Words> = HashMap::new();
    for distinct in 0..stream.distinct_len() as u32 {
        let events = events_of[distinct as usize];
        if events == 0 {
            continue;
        }
        masks.walk(stream, distinct, |token, before, masked| {
            let Some(before) = before.filter(|before| !masked && !masks.behind.contains_key(before)) else {
                return;
            };
            let words = places.entry(before).or_default();
            words.events += events;
            if words.known.len() <= most_in(before) {
                words.known.entry(token).or_default();
            }
            if let Some(known) = words.known.get_mut(&token) {
                *known += events;
            }
        });
    }
    let crowded = places.into_iter().filter(|(before, words)| words.known.len() > most_in(*before));
    let found = crowded.map(|(before, words)| {
        let is_common = |events: u64| !is_field(before) && events * COMMON >= words.events;
        let common = words.known.into_iter().filter(|(_, events)| is_common(*events));
        (before, common.map(|(token, _)| token).collect())
    });
    found.collect()
}

/// Longest part of a list that is seen to come again: an item and what stands between two.
const LONGEST_ITEM: usize = 6;

/// Where the key of a template ends with the same again that stands before it, a variable part in it, once is enough: a list is of one kind
/// however long it is.
pub(crate) fn shorten(key: &mut Vec<u32>) {
    for length in 2..=LONGEST_ITEM.min(key.len() / 2) {
        let (before, last) = key.split_at(key.len() - length);
        if before.ends_with(last) && last.contains(&MASKED) {
            key.truncate(key.len() - length);
            return;
        }
    }
}

/// Whether this is behind a variable part: right behind it, or with something in between that is no word.
pub(crate) fn is_behind((before2, before1): Before, is_word: impl Fn(u32) -> bool) -> bool {
    before1 == MASKED || before2 == MASKED && !is_word(before1)
}

#[cfg(test)]
mod tests {
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Field, Signal, StreamKey, Value};
    use crate::stream::Stream;

    /// A word of its own for each number.
    fn word(number: usize) -> String {
        (0..6).map(|place| char::from(b'a' + ((number * 7919) >> (4 * place) & 15) as u8)).collect()
    }

    fn kinds(events: impl Iterator<Item = (String, Option<String>)>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for (body, note) in events {
            let mut event = Event::new(body, ByteRange::default());
            event.fields.extend(note.map(|text| Field { path: "note".into(), value: Value::Text(text) }));
            builder.push(&event);
        }
        builder.finish()
    }

    #[test]
    fn a_text_of_any_words_and_length_makes_no_kinds() {
        let text = |at: usize| (0..=at % 5).map(|n| word(5 * at + n)).collect::<Vec<_>>().join(" ");
        let said = |at: usize| ["cart saved", "cart read"][at % 2].to_owned();
        assert_eq!(kinds((0..2_000).map(|at| (said(at), Some(text(at))))).template_count, 2);
        let found = ["nothing", "seven", "much"];
        let inside = (0..2_000).map(|at| (format!("search for {} found {}", text(at), found[at % 3]), None));
        assert_eq!(kinds(inside).template_count, 3, "what goes on behind it");
    }

    #[test]
    fn a_list_is_of_one_kind_however_long() {
        let list =
            |at: usize, join: &str| (0..2 + at % 9).map(|n| word(9 * at + n)).collect::<Vec<_>>().join(join);
        for join in [", ", ",", "\", \"", "|", "; "] {
            let events = (0..2_000).map(|at| (format!("tags [\"{}\"] kept", list(at, join)), None));
            assert_eq!(kinds(events).template_count, 1, "{join:?}");
        }
        let bytes =
            |at: usize| (0..4 + at % 30).map(move |n| format!("{:02x}", (at * 31 + n * 97 + n * n) % 256));
        let events = (0..2_000).map(|at| (format!("sent {}", bytes(at).collect::<Vec<_>>().join(" ")), None));
        assert!(kinds(events).template_count <= 12, "by the letters that these bytes begin with");
        let steps = ["open, read, close", "open, write, close", "open, close"];
        assert_eq!(
            kinds((0..600).map(|at| (steps[at % 3].to_owned(), None))).template_count,
            3,
            "steps are no list"
        );
    }

    #[test]
    fn a_field_behind_a_variable_one_has_a_place_of_its_own() {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for at in 0..2_000 {
            let mut event = Event::new("saved", ByteRange::default());
            let values = [word(at), word(at * 31 % 100), ["new", "old"][at % 2].to_owned()];
            event.fields.extend(
                ["nonce", "user", "state"]
                    .into_iter()
                    .zip(values)
                    .map(|(path, text)| Field { path: path.into(), value: Value::Text(text) }),
            );
            builder.push(&event);
        }
        assert_eq!(builder.finish().template_count, 2, "states are kinds, users and nonces none");
    }

    #[test]
    fn verbs_behind_a_name_stay_kinds() {
        let verbs = ["signed in", "signed out", "paid by card", "was refused"];
        let events = (0..4_000).map(|at| (format!("user {} {}", word(at), verbs[at % 4]), None));
        assert_eq!(kinds(events).template_count, 4);
        let many = (0..4_000).map(|at| (format!("user {} {} now", word(at), word(at % 100)), None));
        assert_eq!(kinds(many).template_count, 100);
    }
}
