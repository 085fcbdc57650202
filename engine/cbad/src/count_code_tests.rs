//! The count code as a real code: a coder and a decoder written from the formulas alone, with counts of their own.

use super::*;
use crate::builder::StreamBuilder;
use crate::event::{ByteRange, Event, Signal, StreamKey};
use crate::fixed::bits;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A range coder (Martin, "Range encoding", 1979) in 32 bits; a carry runs back through the bytes already written.
struct Encoder {
    low: u32,
    range: u32,
    out: Vec<u8>,
}

const TOP: u32 = 1 << 24;

impl Encoder {
    fn put(&mut self, before: u32, count: u32, total: u32) {
        self.range /= total;
        let (low, carries) = self.low.overflowing_add(before * self.range);
        if carries {
            for byte in self.out.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        self.low = low;
        self.range *= count;
        while self.range < TOP {
            self.out.push((self.low >> 24) as u8);
            self.low <<= 8;
            self.range <<= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.extend(self.low.to_be_bytes());
        self.out
    }
}

struct Decoder<'a> {
    range: u32,
    code: u32,
    rest: std::slice::Iter<'a, u8>,
}

impl<'a> Decoder<'a> {
    fn new(coded: &'a [u8]) -> Self {
        let mut decoder = Self { range: u32::MAX, code: 0, rest: coded.iter() };
        for _ in 0..4 {
            decoder.next_byte();
        }
        decoder
    }

    fn next_byte(&mut self) {
        self.code = (self.code << 8) | u32::from(*self.rest.next().unwrap_or(&0));
    }

    /// Where in `0..total` the coded number lies; `take` must follow.
    fn look(&mut self, total: u32) -> u32 {
        self.range /= total;
        (self.code / self.range).min(total - 1)
    }

    fn take(&mut self, before: u32, count: u32) {
        self.code -= before * self.range;
        self.range *= count;
        while self.range < TOP {
            self.next_byte();
            self.range <<= 8;
        }
    }
}

/// One context: how often each token came after it.
type Context = BTreeMap<u32, u32>;

/// The counts of docs/METHOD.md, kept by token and not by number.
#[derive(Default)]
struct Model {
    two: BTreeMap<(u32, u32), Context>,
    one: BTreeMap<u32, Context>,
    none: Context,
}

impl Model {
    /// The three contexts, longest first. 0 stands for the beginning of an event.
    fn contexts(&self, before: (u32, u32)) -> [Context; 3] {
        let of = |context: Option<&Context>| context.cloned().unwrap_or_default();
        [of(self.two.get(&before)), of(self.one.get(&before.1)), self.none.clone()]
    }

    fn add(&mut self, before: (u32, u32), token: u32) {
        let n = self.two.entry(before).or_default().entry(token).or_default();
        *n += 1;
        if *n == 1 {
            let n = self.one.entry(before.1).or_default().entry(token).or_default();
            *n += 1;
            if *n == 1 {
                *self.none.entry(token).or_default() += 1;
            }
        }
    }
}

/// Total of a context with its escape, which comes last.
fn total(context: &Context) -> u32 {
    1 + context.values().sum::<u32>()
}

/// A prefix code whose words are as long as the spellings say, in the order of length: it exists where Kraft's
/// inequality holds over the stream's own tokens.
fn spellings(stream: &Stream) -> Vec<(u32, u32, u128)> {
    let mut words: Vec<(u32, u32)> = (0..stream.tokens.len() as u32)
        .map(|token| ((spelling(stream, token) / ONE_BIT) as u32, token))
        .collect();
    words.sort_unstable();
    let mut next = 0_u128;
    let mut last = 0;
    words
        .into_iter()
        .map(|(length, token)| {
            next <<= length - last;
            last = length;
            let word = next;
            assert!(word < 1 << length, "Kraft's inequality does not hold over the tokens of the stream");
            next += 1;
            (token, length, word)
        })
        .collect()
}

fn tokens_of(stream: &Stream, event: u32) -> Vec<u32> {
    stream.distinct(event).iter().map(|&id| stream.transitions[id as usize].token).collect()
}

fn encode(stream: &Stream) -> Vec<u8> {
    let (mut model, words) = (Model::default(), spellings(stream));
    let mut encoder = Encoder { low: 0, range: u32::MAX, out: Vec::new() };
    for &event in &stream.sequence {
        let mut before = (0, 0);
        for token in tokens_of(stream, event) {
            let mut is_spelled = true;
            for context in model.contexts(before) {
                let total = total(&context);
                if let Some(&count) = context.get(&token) {
                    encoder.put(context.range(..token).map(|(_, n)| n).sum(), count, total);
                    is_spelled = false;
                    break;
                }
                encoder.put(total - 1, 1, total);
            }
            if is_spelled {
                let (_, length, word) = words.iter().find(|(t, ..)| *t == token).expect("all are in it");
                (0..*length).rev().for_each(|bit| encoder.put((word >> bit & 1) as u32, 1, 2));
            }
            model.add(before, token);
            before = (before.1, token + 1);
        }
    }
    encoder.finish()
}

/// Knows the tokens of the stream and the number of tokens of each event: the code carries neither.
fn decode(coded: &[u8], stream: &Stream, lengths: &[usize]) -> Vec<Vec<u32>> {
    let (mut model, words) = (Model::default(), spellings(stream));
    let mut decoder = Decoder::new(coded);
    let mut event = |length: &usize| {
        let mut tokens = Vec::new();
        let mut before = (0, 0);
        for _ in 0..*length {
            let known = model.contexts(before).into_iter().find_map(|context| {
                let at = decoder.look(total(&context));
                let mut passed = 0;
                for (&token, &count) in &context {
                    if at < passed + count {
                        decoder.take(passed, count);
                        return Some(token);
                    }
                    passed += count;
                }
                decoder.take(passed, 1);
                None
            });
            let token = known.unwrap_or_else(|| {
                let (mut length, mut word) = (0, 0);
                loop {
                    let bit = decoder.look(2);
                    decoder.take(bit, 1);
                    (length, word) = (length + 1, word << 1 | u128::from(bit));
                    let found = words.iter().find(|(_, l, w)| (*l, *w) == (length, word));
                    if let Some((token, ..)) = found {
                        break *token;
                    }
                    assert!(length < 128, "no word of the code");
                }
            });
            model.add(before, token);
            before = (before.1, token + 1);
            tokens.push(token);
        }
        tokens
    };
    lengths.iter().map(&mut event).collect()
}

fn stream_of(lines: &[String]) -> Stream {
    let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
    let mut builder = StreamBuilder::new(key);
    for line in lines {
        builder.push(&Event::new(line.as_str(), ByteRange::default()));
    }
    builder.finish()
}

fn check(lines: &[String]) -> Result<(), TestCaseError> {
    let stream = stream_of(lines);
    let coder = Coder::default();
    let mut counts = Counts::new(&stream);
    let claimed: i64 = stream.sequence.iter().map(|&event| counts.add_coded(&coder, &stream, event)).sum();
    let expected: Vec<Vec<u32>> = stream.sequence.iter().map(|&event| tokens_of(&stream, event)).collect();
    let lengths: Vec<usize> = expected.iter().map(Vec::len).collect();
    let coded = encode(&stream);
    prop_assert_eq!(decode(&coded, &stream, &lengths), expected);
    // The coder ends with four bytes, and loses a little wherever a total does not divide its range. A log2 is cut off
    // below 2^-20 bit, which makes the length that is claimed shorter by next to nothing.
    let (real, claimed) = (coded.len() as f64 * 8.0, bits(claimed));
    prop_assert!(
        (claimed - 1.0..claimed * 1.01 + 40.0).contains(&real),
        "{} bits, {} claimed",
        real,
        claimed
    );
    Ok(())
}

#[test]
fn real_lines_decode_from_as_many_bits_as_the_length_says() -> Result<(), TestCaseError> {
    let lines: Vec<String> =
        include_str!("../tests/data/shop.log").lines().take(120).map(str::to_owned).collect();
    check(&lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_lines_decode_from_as_many_bits_as_the_length_says(
        lines in prop::collection::vec("([a-c]{1,3}[ /:]?|[0-9]{1,6} ?|é){0,6}", 0..25),
    ) {
        check(&lines)?;
    }

    /// Kraft's inequality over every token of the stream at every context: all that can come next, each by the shortest
    /// way that the code has for it, takes no more than the whole.
    #[test]
    fn what_can_come_next_takes_no_more_than_the_whole(
        lines in prop::collection::vec("([a-c]{1,2}[ /]?){0,5}", 1..25),
    ) {
        let stream = stream_of(&lines);
        let coder = Coder::default();
        let mut counts = Counts::new(&stream);
        for &event in &stream.sequence[..stream.len() / 2] {
            counts.add(&stream, event);
        }
        let pairs: BTreeSet<u32> = stream.transitions.iter().map(|t| t.pair).collect();
        for pair in pairs {
            let sum: f64 = (0..stream.transitions.len() as u32)
                .filter(|&id| stream.transitions[id as usize].pair == pair)
                .map(|id| (-bits(counts.token_cost(&coder, &stream, id))).exp2())
                .sum();
            prop_assert!(sum <= 1.0 + 1e-4, "{}", sum);
        }
    }
}
