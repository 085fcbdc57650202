//! Paths of fields with a key in them, as maps by identifier have it: `sessions.550e8400-….items`.
//!
//! Where a few keys come back in event after event they are names: disks, ports, processors. Where they do not, a key is a
//! value as any other that varies, and the paths are one: `sessions.*.items`. Otherwise each event would be news, and nothing else
//! in it would be heard.

use hashbrown::HashMap;

use crate::token::{self, Shape};

/// Up to so many different paths of one kind are kept apart, however seldom each comes.
const FEW: usize = 64;
/// More are never kept apart.
const MOST: usize = 1_024;
/// In between each has to come back so often, in the mean.
const COMES_BACK: u64 = 16;

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

/// The paths with a key that a stream has, by what they are without it.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<Vec<u8>, Kind>);

#[derive(Debug, Default)]
struct Kind {
    /// Tokens of the paths, in the order of first appearance.
    tokens: Vec<u32>,
}

impl Keys {
    /// Whether so many paths of this kind were met that another one is not told apart.
    pub(crate) fn are_one(&self, masked: &[u8]) -> bool {
        self.0.get(masked).is_some_and(|kind| kind.tokens.len() >= MOST)
    }

    /// A path of this kind was met for the first time.
    pub(crate) fn add(&mut self, masked: Vec<u8>, token: u32) {
        self.0.entry(masked).or_default().tokens.push(token);
    }

    /// Whether there is a kind whose paths may be one.
    pub(crate) fn are_many(&self) -> bool {
        self.0.values().any(|kind| kind.tokens.len() > FEW)
    }

    /// The kinds whose paths are one, and the tokens of these paths, in the order of the kinds' names. `times` is how often a token
    /// comes in the stream.
    pub(crate) fn one(&self, times: &[u64]) -> Vec<(&[u8], &[u32])> {
        let is_one = |tokens: &[u32]| {
            are_values(tokens.len(), tokens.iter().map(|token| times[*token as usize]).sum())
        };
        let kinds = self.0.iter().map(|(masked, kind)| (&masked[..], &kind.tokens[..]));
        let mut one: Vec<_> = kinds.filter(|(_, tokens)| is_one(tokens)).collect();
        one.sort_unstable();
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
