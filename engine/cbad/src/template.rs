//! Templates: what kind of event an event is, its variable parts left out.
//!
//! A place is variable where the baseline of the whole stream puts many different tokens after the same two: such a
//! place is masked, and so is every token with a shape. Known from log parsing as frequency analysis (Vaarandi, "A data
//! clustering algorithm for mining patterns from event logs", IPOM 2003); here the place decides and not the word, so
//! that a rare word in a place that is always the same word still makes a template of its own.

use hashbrown::HashMap;

use crate::stream::Stream;
use crate::token::Shape;

/// Different numbers after the same two tokens from which a place is variable: more than the status codes that one place has.
const NUMBERS: u32 = 8;

/// Different words after the same two tokens from which a place is variable.
const WORDS: u32 = 64;

/// Most templates of a stream; the rarest share the last.
const MOST: usize = 512;

/// Most characters of a template's name.
const NAMED: usize = 120;

/// What a masked place is in the key of a template.
const MASKED: u32 = u32::MAX;

/// Gives each distinct event its template. Templates are numbered by how many events they have, the commonest first.
pub(crate) fn assign(stream: &mut Stream) {
    let masks = Masks::of(stream);
    let mut events_of = vec![0_u64; stream.distinct_len()];
    for &distinct in &stream.sequence {
        events_of[distinct as usize] += 1;
    }
    let mut ids: HashMap<Vec<u32>, usize> = HashMap::new();
    let mut sizes: Vec<u64> = Vec::new();
    let mut key = Vec::new();
    let raw: Vec<usize> = (0..stream.distinct_len() as u32)
        .map(|distinct| {
            masks.key(stream, distinct, &mut key);
            let id = ids.get(&key).copied().unwrap_or_else(|| {
                ids.insert(key.clone(), sizes.len());
                sizes.push(0);
                sizes.len() - 1
            });
            sizes[id] += events_of[distinct as usize];
            id
        })
        .collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&id| (std::cmp::Reverse(sizes[id]), id));
    let mut number = vec![0_u16; sizes.len()];
    for (rank, &id) in order.iter().enumerate() {
        number[id] = rank.min(MOST - 1) as u16;
    }
    stream.template_count = sizes.len().min(MOST);
    stream.templates = raw.into_iter().map(|id| number[id]).collect();
}

/// The name of the template that a distinct event has: its text with `<*>` in variable places.
pub(crate) fn name(stream: &Stream, distinct: u32) -> String {
    let masks = Masks::of(stream);
    let mut key = Vec::new();
    masks.key(stream, distinct, &mut key);
    let mut out = String::new();
    let mut masked_before = false;
    for &token in &key {
        if token == MASKED {
            if !masked_before {
                out.push_str(if out.is_empty() { "<*>" } else { " <*>" });
            }
            masked_before = true;
            continue;
        }
        masked_before = false;
        let info = stream.tokens[token as usize];
        let text = String::from_utf8_lossy(stream.token_bytes(token));
        match info.shape {
            Shape::Path => out.push_str(&format!(" {text}=")),
            Shape::Severity => out.push_str(&format!("{} ", text.to_uppercase())),
            _ => {
                if info.space {
                    out.push(' ');
                }
                out.push_str(&text);
            }
        }
        if out.len() > 4 * NAMED {
            break;
        }
    }
    let clean: String = out.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= NAMED {
        return clean;
    }
    clean.chars().take(NAMED - 1).chain(['…']).collect()
}

/// Which places of a stream are variable.
struct Masks {
    /// Different numbers and different words after each pair of tokens.
    after_pair: Vec<(u32, u32)>,
    /// Different numbers after each single token, for places after a variable part.
    after_one: Vec<u32>,
}

impl Masks {
    fn of(stream: &Stream) -> Self {
        let mut after_pair = vec![(0, 0); stream.pairs as usize];
        for t in &stream.transitions {
            let (numbers, words) = &mut after_pair[t.pair as usize];
            *(if is_number(stream, t.token) { numbers } else { words }) += 1;
        }
        let mut after_one = vec![0; stream.tokens.len() + 1];
        let mut seen = vec![false; stream.shorters.len()];
        for t in &stream.transitions {
            if is_number(stream, t.token) && !std::mem::replace(&mut seen[t.shorter as usize], true) {
                after_one[stream.shorters[t.shorter as usize].before as usize] += 1;
            }
        }
        Self { after_pair, after_one }
    }

    /// The tokens of a distinct event, variable ones masked; a run of masked ones is one.
    fn key(&self, stream: &Stream, distinct: u32, key: &mut Vec<u32>) {
        key.clear();
        // Whether the token two before is variable: then the pair says less than the one token before.
        let (mut before2, mut before1) = (false, false);
        for &id in stream.distinct(distinct) {
            let t = stream.transitions[id as usize];
            let shape = stream.tokens[t.token as usize].shape;
            let (numbers, words) = self.after_pair[t.pair as usize];
            let masked = match shape {
                Shape::Path | Shape::Severity => false,
                Shape::Literal if is_number(stream, t.token) => {
                    let before = stream.shorters[t.shorter as usize].before as usize;
                    numbers > NUMBERS || ((before1 || before2) && self.after_one[before] > NUMBERS)
                }
                Shape::Literal => words > WORDS && is_word(stream, t.token),
                _ => true,
            };
            if !masked {
                key.push(t.token);
            } else if key.last() != Some(&MASKED) {
                key.push(MASKED);
            }
            (before2, before1) = (before1, masked);
        }
    }
}

fn is_number(stream: &Stream, token: u32) -> bool {
    let info = stream.tokens[token as usize];
    info.shape == Shape::Literal && stream.token_bytes(token).first().is_some_and(u8::is_ascii_digit)
}

fn is_word(stream: &Stream, token: u32) -> bool {
    stream.token_bytes(token).first().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};

    fn stream(lines: impl Iterator<Item = String>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        lines.for_each(|line| builder.push(&Event::new(line, ByteRange::default())));
        builder.finish()
    }

    #[test]
    fn numbers_that_vary_are_masked_and_codes_are_not() {
        let stream = stream((0..400_usize).map(|i| {
            let status = [200, 200, 200, 404, 500][i % 5];
            format!("GET /cart/{} answered {status} in {} ms", i % 97, i % 83)
        }));
        assert_eq!(stream.template_count, 3);
        assert_eq!(name(&stream, stream.sequence[0]), "GET /cart/ <*> answered 200 in <*> ms");
        assert_eq!(stream.template(0), 0, "the commonest template comes first");
    }

    #[test]
    fn words_that_vary_are_masked() {
        let names: Vec<String> = (0..200_u32)
            .map(|i| (0..4).map(|k| char::from(b'a' + (i / 3_u32.pow(k) % 3 * 7) as u8)).collect())
            .collect();
        let stream =
            stream(names.iter().enumerate().map(|(i, n)| format!("user {n}{} logged in", "x".repeat(i % 9))));
        assert_eq!(stream.template_count, 1);
        assert_eq!(name(&stream, 0), "user <*> logged in");
    }
}
