//! Backbones: the kinds of events whose parts come in any order, any number or any choice, so that hardly two events are of one template.
//!
//! Fields that are there or not, arguments in the order of a hash map, a text of common words, a stack of frames: each such part multiplies
//! the templates, and none is left with enough events for a share. But what a program says stands together: where “cart” comes, “busy” is
//! next. So an event is taken for the phrases in it, words that one of the two neighbours foretells, whatever their order; and of the phrases
//! as many make kinds, the longest of the message first, as there are events to count them.

use hashbrown::{HashMap, HashSet};

use crate::place::{MASKED, Masks};
use crate::stream::Stream;
use crate::token::Shape;

/// Three of four times that one of two neighbours comes, the other one is there too, for both to be of one phrase.
const FIRM: (u64, u64) = (3, 4);

/// Events that a phrase has at least.
const LEAST_EVENTS: u64 = 5;

/// One of so many events has a word that makes kinds by itself.
const COMMON: u64 = 50;

/// Kinds that one phrase more may make at most, and the share of events that may be left in kinds of fewer events: a tenth.
const MOST_MORE: i32 = 2;
const LEFT_OVER: u64 = 10;

/// The phrases of a stream that make kinds.
#[derive(Debug)]
pub(crate) struct Backbone {
    /// Pairs of tokens that stand together.
    firm: HashSet<(u32, u32)>,
    /// Number of each phrase that makes kinds, in the order in which they are met.
    phrases: HashMap<Vec<u32>, u32>,
}

/// A phrase while it is not known whether it makes kinds.
struct Candidate {
    /// In the order in which they are met.
    number: u32,
    tokens: Vec<u32>,
    events: u64,
    /// The distinct events that it is in.
    in_distinct: Vec<u32>,
    /// Severity before the message, and that before fields and arguments.
    part: Part,
    words: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Severity,
    Body,
    Field,
}

/// The kinds that some phrases make.
struct Kinds {
    /// Of each distinct event.
    of: Vec<u32>,
    /// Events of each.
    sizes: Vec<u64>,
    /// Events of kinds too rare to be counted.
    left_over: u64,
    all: u64,
}

impl Kinds {
    /// Tells events with a phrase from those without, where that makes hardly more kinds: one phrase is said in place of another, or
    /// beside one other. What may stand beside any would double them.
    fn split(&mut self, with: &[u32], events_of: &[u64]) -> bool {
        let mut parts: HashMap<u32, u64> = HashMap::new();
        for &distinct in with {
            *parts.entry(self.of[distinct as usize]).or_default() += events_of[distinct as usize];
        }
        let (mut kinds, mut left_over) = (0, self.left_over);
        let mut count = |events: u64, comes: bool| {
            let is_kind = events >= LEAST_EVENTS;
            kinds += match (is_kind, comes) {
                (true, true) => 1,
                (true, false) => -1,
                (false, _) => 0,
            };
            if !is_kind && comes {
                left_over += events;
            } else if !is_kind {
                left_over -= events;
            }
        };
        for (&kind, &part) in &parts {
            let whole = self.sizes[kind as usize];
            count(whole, false);
            count(part, true);
            count(whole - part, true);
        }
        if kinds > MOST_MORE || left_over * LEFT_OVER > self.all {
            return false;
        }
        self.left_over = left_over;
        let mut of_part: HashMap<u32, u32> = HashMap::new();
        for &distinct in with {
            let kind = &mut self.of[distinct as usize];
            let events = events_of[distinct as usize];
            let part = *of_part.entry(*kind).or_insert_with(|| {
                self.sizes.push(0);
                self.sizes.len() as u32 - 1
            });
            self.sizes[*kind as usize] -= events;
            self.sizes[part as usize] += events;
            *kind = part;
        }
        true
    }
}

impl Backbone {
    /// The phrases of a stream; none where it has nothing that stands together.
    pub(crate) fn of(stream: &Stream, masks: &Masks, events_of: &[u64]) -> Option<Self> {
        let (firm, alone) = firm_pairs(stream, masks, events_of);
        let candidates = candidates(stream, masks, (&firm, &alone), events_of);
        let all: u64 = events_of.iter().sum();
        // What every event says makes no kinds.
        let makes_kinds = |phrase: &&Candidate| {
            let least = if phrase.words == 1 && phrase.part != Part::Severity { all / COMMON } else { 0 };
            (LEAST_EVENTS.max(least)..all).contains(&phrase.events)
        };
        let mut order: Vec<&Candidate> = candidates.iter().filter(makes_kinds).collect();
        order.sort_by_key(|phrase| (phrase.part, std::cmp::Reverse((phrase.words, phrase.events))));
        let mut kinds = Kinds { of: vec![0; events_of.len()], sizes: vec![all], left_over: 0, all };
        order.retain(|phrase| kinds.split(&phrase.in_distinct, events_of));
        order.sort_by_key(|phrase| phrase.number);
        let number = |phrase: &Candidate| (phrase.tokens.clone(), phrase.number);
        let phrases: HashMap<Vec<u32>, u32> = order.into_iter().map(number).collect();
        (!phrases.is_empty()).then_some(Self { firm, phrases })
    }

    /// The phrases of a distinct event that make kinds, each once, with [`MASKED`] between them.
    pub(crate) fn key(&self, stream: &Stream, masks: &Masks, distinct: u32, key: &mut Vec<u32>) {
        let mut found: Vec<(u32, Vec<u32>)> = Vec::new();
        phrases(stream, masks, &self.firm, distinct, |tokens, _| {
            if let Some(number) = self.phrases.get(tokens)
                && found.iter().all(|(known, _)| known != number)
            {
                found.push((*number, tokens.to_vec()));
            }
        });
        found.sort_unstable();
        for (_, tokens) in found {
            if !key.is_empty() {
                key.push(MASKED);
            }
            key.extend(tokens);
        }
        if key.is_empty() {
            key.push(MASKED);
        }
    }
}

/// The phrases of a stream, in the order in which they are met.
fn candidates(
    stream: &Stream,
    masks: &Masks,
    (firm, alone): (&HashSet<(u32, u32)>, &[u64]),
    events_of: &[u64],
) -> Vec<Candidate> {
    let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut found: Vec<Candidate> = Vec::new();
    for distinct in 0..stream.distinct_len() as u32 {
        phrases(stream, masks, firm, distinct, |tokens, part| {
            // A vocabulary is never held: most words of one stand alone, and come less often than a phrase must.
            if tokens.iter().any(|token| alone[*token as usize] < LEAST_EVENTS) {
                return;
            }
            let number = numbers.get(tokens).copied().unwrap_or_else(|| {
                let number = found.len() as u32;
                let words = tokens.iter().filter(|token| is_said(stream, **token)).count();
                let (tokens, in_distinct) = (tokens.to_vec(), Vec::new());
                numbers.insert(tokens.clone(), number);
                found.push(Candidate { number, tokens, events: 0, in_distinct, part, words });
                number
            });
            let phrase = &mut found[number as usize];
            if phrase.in_distinct.last() != Some(&distinct) {
                phrase.in_distinct.push(distinct);
                phrase.events += events_of[distinct as usize];
            }
        });
    }
    found
}

/// Gives each run of tokens that stand together and say something.
fn phrases(
    stream: &Stream,
    masks: &Masks,
    firm: &HashSet<(u32, u32)>,
    distinct: u32,
    mut each: impl FnMut(&[u32], Part),
) {
    let mut phrase: Vec<u32> = Vec::new();
    let mut part = Part::Body;
    let mut end = |phrase: &mut Vec<u32>, part| {
        if phrase.iter().any(|token| is_said(stream, *token)) {
            let is_severity = |token: &u32| stream.tokens[*token as usize].shape == Shape::Severity;
            let part = match part {
                _ if phrase.iter().all(is_severity) => Part::Severity,
                Part::Body if is_argument(stream, phrase) => Part::Field,
                part => part,
            };
            each(phrase, part);
        }
        phrase.clear();
    };
    masks.walk(stream, distinct, |token, _, masked| {
        let shape = stream.tokens[token as usize].shape;
        let goes_on = !masked && phrase.last().is_some_and(|last| firm.contains(&(*last, token)));
        if !goes_on {
            end(&mut phrase, part);
        }
        if shape == Shape::Path {
            part = Part::Field;
        }
        if !masked {
            phrase.push(token);
        }
    });
    end(&mut phrase, part);
}

/// Whether a phrase is a name and what it is: `user=ann`, `"user": "ann"`.
fn is_argument(stream: &Stream, phrase: &[u32]) -> bool {
    let text = |token: &u32| stream.token_bytes(*token);
    phrase.iter().any(|token| text(token) == b"=")
        || phrase.windows(2).any(|pair| text(&pair[0]) == b"\"" && text(&pair[1]) == b":")
}

/// Whether a token says something, as punctuation does not.
fn is_said(stream: &Stream, token: u32) -> bool {
    let is_word = stream.token_bytes(token).first().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    is_word || stream.tokens[token as usize].shape != Shape::Literal
}

/// Neighbours of which one foretells the other, and how often each token comes.
fn firm_pairs(stream: &Stream, masks: &Masks, events_of: &[u64]) -> (HashSet<(u32, u32)>, Vec<u64>) {
    let mut alone = vec![0_u64; stream.tokens.len()];
    let mut together: HashMap<(u32, u32), u64> = HashMap::new();
    for distinct in 0..stream.distinct_len() as u32 {
        let events = events_of[distinct as usize];
        let mut before = None;
        masks.walk(stream, distinct, |token, _, masked| {
            if masked {
                before = None;
                return;
            }
            alone[token as usize] += events;
            // A path ends what was said before it, and the severity what it is about.
            let is_begin = stream.tokens[token as usize].shape == Shape::Path;
            if let Some(before) = before.filter(|_| !is_begin) {
                *together.entry((before, token)).or_default() += events;
            }
            before = (stream.tokens[token as usize].shape != Shape::Severity).then_some(token);
        });
    }
    let is_firm = |&(one, other): &(u32, u32), n: u64| {
        let least = alone[one as usize].min(alone[other as usize]);
        n >= LEAST_EVENTS && n * FIRM.1 >= least * FIRM.0
    };
    let firm = together.into_iter().filter(|(pair, n)| is_firm(pair, *n)).map(|(pair, _)| pair).collect();
    (firm, alone)
}

#[cfg(test)]
mod tests {
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Field, Signal, StreamKey, Value};
    use crate::kind_names::name;
    use crate::stream::Stream;

    fn stream(events: impl Iterator<Item = (String, Vec<Field>)>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for (body, fields) in events {
            let mut event = Event::new(body, ByteRange::default());
            event.fields = fields;
            builder.push(&event);
        }
        builder.finish()
    }

    fn names(stream: &Stream) -> Vec<String> {
        let mut names: Vec<String> = (0..stream.template_count as u16).map(|at| name(stream, at)).collect();
        names.sort_unstable();
        names
    }

    /// A number for each event and place, drawn as by `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
    fn lot(event: usize, place: usize) -> usize {
        let mut lot = ((event * 32 + place + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        lot = (lot ^ lot >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        lot = (lot ^ lot >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (lot ^ lot >> 31) as usize
    }

    const SAID: [&str; 4] = ["session saved", "session loaded", "cart updated", "price read"];

    #[test]
    fn a_message_makes_kinds_whichever_fields_there_are() {
        let fields = |at: usize| {
            let there = (0..12).filter(|place| lot(at, *place) & 1 == 0);
            let value = Value::Int(lot(at, 20) as i64 % 9);
            there.map(|place| Field { path: format!("f{place}"), value: value.clone() }).collect()
        };
        let stream = stream((0..3_000).map(|at| (SAID[lot(at, 30) % 4].to_owned(), fields(at))));
        for said in SAID {
            assert!(names(&stream).iter().any(|name| name.starts_with(said)), "{:?}", names(&stream));
        }
        assert!(stream.template_count < 40, "{:?}", names(&stream));
    }

    #[test]
    fn a_text_of_common_words_makes_no_kinds() {
        let common: Vec<&str> =
            "the of and to in that he was it his is with as had for at by on".split(' ').collect();
        let text = |at: usize| {
            (0..3 + lot(at, 28) % 9).map(|place| common[lot(at, place) % 18]).collect::<Vec<_>>().join(" ")
        };
        let said = |at: usize| format!("{} ({})", text(at), SAID[lot(at, 29) % 4]);
        let stream = stream((0..3_000).map(|at| (said(at), Vec::new())));
        let of_message = |said: &str| names(&stream).iter().filter(|name| name.contains(said)).count();
        assert!(SAID.iter().all(|said| of_message(said) > 0), "{:?}", names(&stream));
        assert!(stream.template_count < 20, "{:?}", names(&stream));
    }

    #[test]
    fn what_events_say_in_few_ways_needs_no_backbone() {
        let stream = stream((0..600).map(|at| (format!("{} in {} ms", SAID[at % 4], at % 70), Vec::new())));
        assert!(stream.masks.backbone.is_none());
        assert_eq!(stream.template_count, 4);
    }
}
