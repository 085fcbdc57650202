//! Paths of fields with a key in them, as maps by identifier have it: `sessions.550e8400-….items`.
//!
//! Where a few keys come back in event after event they are names: disks, ports, processors. Where they do not, a key is a
//! value as any other that varies, and the paths are one: `sessions.*.items`. Otherwise each event would be news, and nothing else
//! in it would be heard.
//!
//! A key that is a word (`customers.ada.items`) looks like any name, and a name that is new may be the very news. So of words only
//! those are keys that stand where there are very many, of which hardly any comes back.

use hashbrown::HashMap;

use crate::token::{self, Shape};

/// Up to so many different paths of one kind are kept apart, however seldom each comes.
const FEW: usize = 64;
/// More are never kept apart.
const MOST: usize = 1_024;
/// In between each has to come back so often, in the mean.
const COMES_BACK: u64 = 16;

/// The same for words: more than so many at one place of a path …
const FEW_WORDS: usize = 128;
const MOST_WORDS: usize = 4_096;
/// … of which so many in ten come once.
const ONCE_IN_TEN: usize = 9;
/// Most segments of a path that may each be a key.
const MOST_SEGMENTS: usize = 8;
/// Most places that are watched for words.
const MOST_PLACES: usize = 1 << 16;

/// The path with `*` for each part that is a number or has a shape; none where there is no such. A word is no key here: that
/// would need to know which words are names.
pub(crate) fn masked(path: &[u8]) -> Option<Vec<u8>> {
    if !path.iter().any(|byte| byte.is_ascii_digit() || *byte == b'@') {
        return None;
    }
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut is_any = false;
    token::tokenize(path, |token| {
        if token.space {
            out.push(b' ');
        }
        // An address before a dot is read as a version.
        let of_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
        let is_number = token.text.iter().all(of_number) && token.text.iter().any(u8::is_ascii_digit);
        if token.shape == Shape::Literal && !is_number {
            out.extend_from_slice(token.text);
        } else {
            is_any = true;
            if out.last() != Some(&b'*') {
                out.push(b'*');
            }
        }
    });
    is_any.then_some(out)
}

/// Whether so many keys which come so often in all are values and not names.
pub(crate) fn are_values(different: usize, times: u64) -> bool {
    different >= MOST || different > FEW && times < COMES_BACK * different as u64
}

/// The path with `*` for one of its segments, each in turn.
fn without_each_segment(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let dots = (0..path.len()).filter(|&at| path[at] == b'.');
    let ends = dots.chain([path.len()]);
    let mut begin = 0;
    ends.take(MOST_SEGMENTS).map(move |end| {
        let without = [&path[..begin], b"*", &path[end..]].concat();
        begin = end + 1;
        without
    })
}

/// The paths that a stream has, by what they are without a key.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Tokens of the paths with the same rest, in the order of first appearance; the keys are told by their looks.
    by_looks: HashMap<Vec<u8>, Vec<u32>>,
    /// The same where any segment may be a key.
    by_place: HashMap<Vec<u8>, Vec<u32>>,
}

impl Keys {
    /// A path is met for the first time: what it is instead, where its key is one of too many to be told apart.
    pub(crate) fn meet(&mut self, path: &[u8], token: u32) -> Option<Vec<u8>> {
        let are_all = |kinds: &HashMap<Vec<u8>, Vec<u32>>, rest: &[u8], most| {
            kinds.get(rest).is_some_and(|tokens| tokens.len() >= most)
        };
        if let Some(rest) = masked(path) {
            if are_all(&self.by_looks, &rest, MOST) {
                return Some(rest);
            }
            self.by_looks.entry(rest).or_default().push(token);
            return None;
        }
        let known = without_each_segment(path).find(|rest| are_all(&self.by_place, rest, MOST_WORDS));
        if known.is_none() && self.by_place.len() < MOST_PLACES {
            without_each_segment(path).for_each(|rest| self.by_place.entry(rest).or_default().push(token));
        }
        known
    }

    /// Whether there are paths that may be one.
    pub(crate) fn are_many(&self) -> bool {
        self.by_looks.values().any(|tokens| tokens.len() > FEW)
            || self.by_place.values().any(|tokens| tokens.len() > FEW_WORDS)
    }

    /// What paths are one without their keys, and the tokens of these paths: those with the most first. `times` is how often a
    /// token comes in the stream.
    pub(crate) fn one(&self, times: &[u64]) -> Vec<(&[u8], Vec<u32>)> {
        let times_of = |token: &u32| times[*token as usize];
        let by_looks = self
            .by_looks
            .iter()
            .filter(|(_, tokens)| are_values(tokens.len(), tokens.iter().map(times_of).sum()));
        let by_place = self.by_place.iter().filter(|(_, tokens)| {
            let once = tokens.iter().filter(|token| times_of(token) <= 1).count();
            tokens.len() >= MOST_WORDS || tokens.len() > FEW_WORDS && once * 10 >= tokens.len() * ONCE_IN_TEN
        });
        // Among words that are keys stand names that come in every event.
        let rare = |tokens: &[u32]| -> Vec<u32> {
            tokens.iter().copied().filter(|token| times_of(token) < COMES_BACK).collect()
        };
        let by_looks = by_looks.map(|(rest, tokens)| (&rest[..], tokens.clone()));
        let mut one: Vec<_> =
            by_looks.chain(by_place.map(|(rest, tokens)| (&rest[..], rare(tokens)))).collect();
        one.sort_unstable_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.cmp(b)));
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Field, Signal, StreamKey, Value};
    use crate::stream::Stream;

    #[test]
    fn numbers_and_shapes_are_keys_and_words_are_not() {
        for (path, without) in [
            ("sessions.550e8400-e29b-41d4-a716-446655440000.items", Some("sessions.*.items")),
            ("user_12345.n", Some("user_*.n")),
            ("items[17].price", Some("items[*].price")),
            ("hosts.192.0.2.7.up", Some("hosts.*.up")),
            ("of[bob@example.com]", Some("of[*]")),
            ("two words 12", Some("two words *")),
            ("http.request.method", None),
            ("sha256", Some("sha*")),
        ] {
            let masked = masked(path.as_bytes()).map(|text| String::from_utf8_lossy(&text).into_owned());
            assert_eq!(masked.as_deref(), without, "{path}");
        }
    }

    /// A stream of so many events; `keys` are those of each.
    fn stream(events: u64, keys: impl Fn(u64) -> Vec<u64>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for at in 0..events {
            let mut event = Event::new("saved", ByteRange::default());
            for key in keys(at) {
                let (path, ms) = (format!("sessions.{key:08}.ms"), (at * 37 % 101) as f64 + 0.5);
                event.fields.push(Field { path, value: Value::Float(ms) });
            }
            event.fields.push(Field { path: "total".into(), value: Value::Int((at * 31 % 97) as i64) });
            builder.push(&event);
        }
        builder.finish()
    }

    fn paths(stream: &Stream) -> Vec<String> {
        let of = |&transition: &u32| stream.transitions[transition as usize].token;
        let tokens = (0..stream.distinct_len() as u32).flat_map(|id| stream.distinct(id).iter().map(of));
        let paths = tokens.filter(|token| stream.tokens[*token as usize].shape == Shape::Path);
        let mut paths: Vec<String> =
            paths.map(|token| String::from_utf8_lossy(stream.token_bytes(token)).into_owned()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    fn channels(stream: &Stream) -> Vec<&str> {
        stream.channels.iter().map(|channel| &*channel.name).collect()
    }

    #[test]
    fn keys_that_never_come_back_are_one_path_and_one_channel() {
        for events in [100, 5_000] {
            let stream = stream(events, |at| vec![2 * at, 2 * at + 1]);
            assert_eq!(paths(&stream), ["sessions.*.ms", "total"], "{events}");
            assert_eq!(channels(&stream), ["sessions.*.ms", "total"], "{events}");
            let values = &stream.channels[0];
            assert_eq!(values.positions.len() as u64, events, "one value an event");
            let distinct = stream.distinct_len();
            assert!(distinct <= 2_000, "events alike but for the key are the same: {distinct}");
        }
    }

    fn of_words(events: u64, keys: impl Fn(u64) -> Vec<u64>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for at in 0..events {
            let mut event = Event::new("saved", ByteRange::default());
            for key in keys(at) {
                let letters = (0..6).map(|place| char::from(b'a' + (key >> (4 * place) & 15) as u8));
                let path = format!("customers.{}.items", letters.collect::<String>());
                event.fields.push(Field { path, value: Value::Int(3) });
            }
            event.fields.push(Field { path: "customers.total".into(), value: Value::Int(7) });
            builder.push(&event);
        }
        builder.finish()
    }

    #[test]
    fn words_that_never_come_back_are_keys_and_others_are_names() {
        for events in [100, 5_000] {
            let stream = of_words(events, |at| vec![2 * at, 2 * at + 1]);
            assert_eq!(paths(&stream), ["customers.*.items", "customers.total"], "{events}");
            assert_eq!(stream.distinct_len(), 1, "{events}");
        }
        assert_eq!(paths(&of_words(60, |at| vec![2 * at, 2 * at + 1])).len(), 121, "too few to tell");
        assert_eq!(paths(&of_words(1_000, |at| vec![at % 300])).len(), 301, "they come back");
        let mixed = of_words(1_000, |at| vec![1_000 + at, at % 5]);
        assert_eq!(paths(&mixed).len(), 7, "those that come back keep their names: {:?}", paths(&mixed));
    }

    #[test]
    fn keys_that_come_back_are_names() {
        let few = stream(300, |at| vec![at % 60]);
        assert_eq!(paths(&few).len(), 61);
        assert!(!channels(&few).contains(&"sessions.*.ms"));
        let many_that_come_back = stream(100, |_| (0..100).collect());
        assert_eq!(paths(&many_that_come_back).len(), 101);
        assert_eq!(channels(&many_that_come_back)[..2], ["sessions.00000000.ms", "sessions.00000001.ms"]);
        let too_many = stream(40, |_| (0..2_000).collect());
        assert_eq!(paths(&too_many), ["sessions.*.ms", "total"]);
    }
}
