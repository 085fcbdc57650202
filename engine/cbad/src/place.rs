//! Places of an event that are variable: what stands in them does not make it another kind of event.
//!
//! Numbers are variable where there are more of them than one place has codes, or where they stand close together and are
//! evenly spread: one to five items are a quantity, while of the codes of a place (a status, an exit code) there are few
//! and far between, or nearly all are one and the same. A number that stands for a while, moves on and does not come back is
//! a reading too: a height, a day, a generation. Words are variable where there are very many, or where several are evenly spread and what follows does not depend on which it is: a colour, a region, a user. Where
//! one kind of line branches off from another, what follows differs.

use hashbrown::HashMap;

use crate::backbone::Backbone;
use crate::free_text::{self, Before};

use crate::stream::{Stream, Transition};
use crate::token::Shape;

/// What it takes at most to say which of a few numbers stands in a place, bits, for them to be codes and not quantities.
const CODE_BITS: f64 = 1.0;

/// How many times as wide as they are many numbers lie at most for them to stand close together.
const CLOSE: u64 = 2;

/// Numbers that a place has at least, events that one stands for at least, and stretches in which it stands at most, both
/// in the mean, for them to be the states of one reading. Codes come back, and side by side.
const STATES: u32 = 4;
const STANDS: f64 = 10.0;
const RETURNS: f64 = 1.5;

/// What it takes at least to say which of a few words stands in a place, bits, for them to be variable: four that come
/// equally often, or more that do not.
const WORD_BITS: f64 = 2.0;

/// Share of those bits that what follows may tell of the word.
const TOLD: f64 = 0.25;

/// What a masked place is in the key of a template.
pub(crate) const MASKED: u32 = u32::MAX;

/// In place of a token before: the begin of the event.
const NOTHING: u32 = u32::MAX - 1;

/// In place of a token that follows: any number, and the end of the event.
const ANY_NUMBER: u32 = u32::MAX;
const THE_END: u32 = u32::MAX - 1;

/// Which places of a stream are variable.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    /// For words and for numbers after a pair of tokens.
    words: Vec<bool>,
    numbers: Vec<bool>,
    /// For numbers after a single token, for places after a variable part.
    numbers_after_one: Vec<bool>,
    /// For words behind a variable part; with those of each such place that are not variable.
    pub(crate) behind: HashMap<Before, Vec<u32>>,
    /// What makes kinds where most templates are rare.
    pub(crate) backbone: Option<Backbone>,
}

/// How the events of a place are spread over what may stand there.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    different: u32,
    events: f64,
    /// The sum of n log2 n over the events n of each.
    weighted: f64,
    /// Of numbers, the least and the largest.
    range: Option<(u64, u64)>,
}

impl Spread {
    fn add_number(&mut self, number: u64, events: u64) {
        let (least, most) = self.range.unwrap_or((number, number));
        self.range = Some((least.min(number), most.max(number)));
        self.add(events);
    }

    fn add(&mut self, events: u64) {
        let n = events as f64;
        self.different += 1;
        self.events += n;
        self.weighted += n * libm::log2(n);
    }

    /// Bits that it takes to say which it is.
    fn bits(self) -> f64 {
        if self.events > 0.0 { libm::log2(self.events) - self.weighted / self.events } else { 0.0 }
    }

    fn are_quantities(self, most: u32) -> bool {
        let is_close =
            self.range.is_some_and(|(least, most)| most - least < CLOSE * u64::from(self.different));
        self.different > most || is_close && self.bits() > CODE_BITS
    }
}

impl Masks {
    /// Finds the variable places. A place with more different numbers, or words, than given is variable in any case.
    pub(crate) fn of(stream: &Stream, events_of: &[u64], numbers: u32, words: u32) -> Self {
        Self::with(stream, events_of, numbers, words, |of_words| {
            variable_words(stream, events_of, of_words, words)
        })
    }

    /// The same, but no place is variable for few words in it, however they are spread.
    pub(crate) fn of_many(stream: &Stream, events_of: &[u64], numbers: u32, words: u32) -> Self {
        Self::with(stream, events_of, numbers, words, |of_words| many_words(of_words, words))
    }

    fn with(
        stream: &Stream,
        events_of: &[u64],
        numbers: u32,
        words: u32,
        variable: impl FnOnce(&[Spread]) -> Vec<bool>,
    ) -> Self {
        let mut events = vec![0_u64; stream.transitions.len()];
        for (distinct, n) in events_of.iter().enumerate() {
            stream.distinct(distinct as u32).iter().for_each(|&id| events[id as usize] += n);
        }
        let mut of_words = vec![Spread::default(); stream.pairs as usize];
        let mut of_numbers = of_words.clone();
        let mut long_numbers = vec![0_u64; stream.pairs as usize];
        let mut shorter = vec![(0, 0_u64); stream.shorters.len()];
        for (t, &events) in stream.transitions.iter().zip(&events).filter(|(_, events)| **events > 0) {
            if is_number(stream, t.token) {
                of_numbers[t.pair as usize].add_number(number(stream, t.token), events);
                shorter[t.shorter as usize] =
                    (number(stream, t.token), shorter[t.shorter as usize].1 + events);
            } else {
                let is_long = is_long_number(stream.tokens[t.token as usize].shape);
                long_numbers[t.pair as usize] += if is_long { events } else { 0 };
                of_words[t.pair as usize].add(events);
            }
        }
        let mut after_one = vec![Spread::default(); stream.tokens.len() + 1];
        for (s, &(number, events)) in
            stream.shorters.iter().zip(&shorter).filter(|(_, (_, events))| *events > 0)
        {
            after_one[s.before as usize].add_number(number, events);
        }
        let are_quantities =
            |places: &[Spread]| places.iter().map(|place| place.are_quantities(numbers)).collect();
        // Where most numbers have more digits than a code, the short ones are none either.
        let or_mostly_long = |(are_quantities, (place, &long)): (bool, (&Spread, &u64))| {
            are_quantities || place.events > 0.0 && long as f64 > place.events
        };
        let of_pairs: Vec<bool> = are_quantities(&of_numbers);
        let of_pairs = of_pairs.into_iter().zip(of_numbers.iter().zip(&long_numbers)).map(or_mostly_long);
        let mut masks = Self {
            words: variable(&of_words),
            numbers: of_pairs.collect(),
            numbers_after_one: are_quantities(&after_one),
            behind: HashMap::new(),
            backbone: None,
        };
        mask_states(stream, |t| t.pair, &of_numbers, &mut masks.numbers);
        let before = |t: Transition| stream.shorters[t.shorter as usize].before;
        mask_states(stream, before, &after_one, &mut masks.numbers_after_one);
        free_text::find(stream, events_of, words, &mut masks);
        masks
    }

    /// The tokens of a distinct event, variable ones masked; a run of masked ones is one, and so is a list of them. Of a stream
    /// with a backbone, its phrases in the event.
    pub(crate) fn key(&self, stream: &Stream, distinct: u32, key: &mut Vec<u32>) {
        key.clear();
        if let Some(backbone) = &self.backbone {
            return backbone.key(stream, self, distinct, key);
        }
        self.walk(stream, distinct, |token, _, masked| {
            if !masked {
                key.push(token);
            } else if key.last() != Some(&MASKED) {
                key.push(MASKED);
            } else {
                return;
            }
            free_text::shorten(key);
        });
    }

    /// Goes over the tokens of a distinct event, each with whether it is variable; of a word behind a variable part what stands
    /// before it.
    pub(crate) fn walk(
        &self,
        stream: &Stream,
        distinct: u32,
        mut each: impl FnMut(u32, Option<Before>, bool),
    ) {
        // What stands before, variable parts as one. Behind those the pair says less than the one token before.
        let mut before: Before = (NOTHING, NOTHING);
        for &id in stream.distinct(distinct) {
            let t = stream.transitions[id as usize];
            let mut behind = None;
            let masked = match stream.tokens[t.token as usize].shape {
                Shape::Literal if is_number(stream, t.token) => {
                    let one = stream.shorters[t.shorter as usize].before as usize;
                    let is_behind = before.0 == MASKED || before.1 == MASKED;
                    self.numbers[t.pair as usize] || is_behind && self.numbers_after_one[one]
                }
                Shape::Literal if is_word(stream, t.token) => {
                    let is_literal = |token: u32| stream.tokens[token as usize].shape == Shape::Literal;
                    let is_read = |token| token != NOTHING && is_literal(token) && is_word(stream, token);
                    behind = free_text::is_behind(before, is_read).then_some(before);
                    let common = behind.and_then(|before| self.behind.get(&before));
                    self.words[t.pair as usize] || common.is_some_and(|common| !common.contains(&t.token))
                }
                Shape::Literal | Shape::Path | Shape::Severity => false,
                _ => true,
            };
            each(t.token, behind, masked);
            before = (before.1, if masked { MASKED } else { t.token });
        }
    }
}

/// Masks places whose numbers stand for a while, move on and do not come back.
fn mask_states(stream: &Stream, place: impl Fn(Transition) -> u32, spreads: &[Spread], masked: &mut [bool]) {
    let may_be = |place: u32| !masked[place as usize] && spreads[place as usize].different >= STATES;
    // Of each distinct event the numbers in such places: few events have any, and there are many events.
    let mut ends = Vec::with_capacity(stream.distinct_len());
    let mut numbers: Vec<(u32, u32)> = Vec::new();
    for distinct in 0..stream.distinct_len() as u32 {
        let of_event = stream.distinct(distinct).iter().map(|&id| stream.transitions[id as usize]);
        let asked = of_event.filter(|&t| is_number(stream, t.token) && may_be(place(t)));
        numbers.extend(asked.map(|t| (place(t), t.token)));
        ends.push(numbers.len());
    }
    if numbers.is_empty() {
        return;
    }
    // For each place the number that stood there last, plus one, and how often it changed.
    let mut stood = vec![(0_u32, 0_u32); spreads.len()];
    for &distinct in &stream.sequence {
        let begin = (distinct as usize).checked_sub(1).map_or(0, |before| ends[before]);
        for &(place, token) in &numbers[begin..ends[distinct as usize]] {
            let (last, stretches) = &mut stood[place as usize];
            *stretches += u32::from(*last != token + 1);
            *last = token + 1;
        }
    }
    for ((masked, spread), &(_, stretches)) in masked.iter_mut().zip(spreads).zip(&stood) {
        let stretches = f64::from(stretches);
        *masked |= stretches > 0.0
            && stretches < RETURNS * f64::from(spread.different)
            && spread.events >= STANDS * stretches;
    }
}

/// The pairs of tokens after which there are very many words.
fn many_words(of_words: &[Spread], most: u32) -> Vec<bool> {
    of_words.iter().map(|place| place.different > most).collect()
}

/// The pairs of tokens after which words are variable.
fn variable_words(stream: &Stream, events_of: &[u64], of_words: &[Spread], most: u32) -> Vec<bool> {
    let mut variable = many_words(of_words, most);
    let asked: Vec<bool> =
        of_words.iter().map(|place| place.different <= most && place.bits() > WORD_BITS).collect();
    // By place: what follows, alone and together with the word that it follows.
    let mut follows: HashMap<(u32, u32), u64> = HashMap::new();
    let mut together: HashMap<(u32, u32, u32), u64> = HashMap::new();
    for (distinct, &n) in events_of.iter().enumerate().filter(|(_, n)| **n > 0) {
        let transitions = stream.distinct(distinct as u32);
        for (at, &id) in transitions.iter().enumerate() {
            let t = stream.transitions[id as usize];
            if !asked[t.pair as usize] || is_number(stream, t.token) {
                continue;
            }
            let next = match transitions.get(at + 1).map(|&id| stream.transitions[id as usize].token) {
                Some(token) if is_number(stream, token) => ANY_NUMBER,
                Some(token) => token,
                None => THE_END,
            };
            *follows.entry((t.pair, next)).or_default() += n;
            *together.entry((t.pair, t.token, next)).or_default() += n;
        }
    }
    let mut of_next = vec![Spread::default(); of_words.len()];
    let mut of_both = of_next.clone();
    // Sums of floating point numbers go in one order.
    let mut follows: Vec<_> = follows.into_iter().collect();
    follows.sort_unstable();
    for ((place, _), n) in follows {
        of_next[place as usize].add(n);
    }
    let mut together: Vec<_> = together.into_iter().collect();
    together.sort_unstable();
    for ((place, ..), n) in together {
        of_both[place as usize].add(n);
    }
    for (place, variable) in variable.iter_mut().enumerate().filter(|(place, _)| asked[*place]) {
        let bits = of_words[place].bits();
        let told = bits + of_next[place].bits() - of_both[place].bits();
        *variable = told <= TOLD * bits;
    }
    variable
}

fn is_number(stream: &Stream, token: u32) -> bool {
    let info = stream.tokens[token as usize];
    info.shape == Shape::Literal && stream.token_bytes(token).first().is_some_and(u8::is_ascii_digit)
}

/// Whether a token is a number of more digits than are taken as they stand.
fn is_long_number(shape: Shape) -> bool {
    matches!(shape, Shape::Number { .. } | Shape::Decimal { .. } | Shape::Magnitude(_))
}

/// A number by its first digits.
fn number(stream: &Stream, token: u32) -> u64 {
    let digits = stream.token_bytes(token).iter().take_while(|byte| byte.is_ascii_digit()).take(18);
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

fn is_word(stream: &Stream, token: u32) -> bool {
    stream.token_bytes(token).first().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
}

#[cfg(test)]
mod tests {
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};

    fn kinds(lines: impl Iterator<Item = String>) -> usize {
        let key = StreamKey { signal: Signal::Log, service: None, name: "place".to_owned() };
        let mut builder = StreamBuilder::new(key);
        lines.for_each(|line| builder.push(&Event::new(line.into_bytes(), ByteRange::default())));
        builder.finish().template_count
    }

    #[test]
    fn a_few_items_are_a_quantity_and_a_few_codes_are_codes() {
        assert_eq!(kinds((0..500).map(|n| format!("cart saved with {} items", 1 + n * 7 % 5))), 1);
        assert_eq!(kinds((0..500).map(|n| format!("answered {} in time", [200, 304, 404][n % 3]))), 3);
        // Nearly always the same: an exit code, close together as they are.
        assert_eq!(kinds((0..500).map(|n| format!("job ended with {}", n / 480 * (n % 3)))), 3);
    }

    #[test]
    fn where_most_numbers_are_long_the_short_ones_are_no_codes() {
        assert_eq!(kinds((0..500).map(|n| format!("read up to offset {} again", 700 + 97 * n))), 1);
    }

    #[test]
    fn a_number_that_moves_on_and_does_not_come_back_is_a_reading() {
        let heights = [240, 30, 90, 120, 800];
        assert_eq!(kinds((0..500).map(|n| format!("standing at {} now", heights[n / 100]))), 1);
        // Codes that come back, and a code that is new from some day on.
        assert_eq!(kinds((0..500).map(|n| format!("standing at {} now", heights[n / 10 % 5]))), 5);
        assert_eq!(kinds((0..500).map(|n| format!("answered {} in time", [200, 503][n / 250]))), 2);
    }

    #[test]
    fn a_word_after_which_all_goes_on_alike_is_variable() {
        let colours = ["red", "green", "blue", "black", "white", "grey"];
        assert_eq!(kinds((0..600).map(|n| format!("item in {} added to cart", colours[n % 6]))), 1);
        let verbs = ["opened by user", "read from disk", "sent to peer", "kept for now", "lost on the way"];
        assert_eq!(kinds((0..600).map(|n| format!("file was {}", verbs[n % 5]))), 5);
        // Two states are kinds, however even.
        assert_eq!(kinds((0..600).map(|n| format!("link is {} again", ["up", "down"][n % 2]))), 2);
    }
}
