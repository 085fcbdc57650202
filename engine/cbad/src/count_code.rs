//! The count code: an adaptive code over typed tokens whose length depends on counts only.
//!
//! Order 2, then order 1, then order 0, then the spelling. At each context a token seen before costs
//! log2((1 + N) / n); a new one pays the escape log2(1 + N) and is coded by the shorter context, which counts each
//! distinct successor once. This is the Chinese restaurant process with concentration 1 and one table a token, so the
//! total is Σ over contexts of log2 N! - Σ log2 (n - 1)!, and does not depend on the order of events.
//! `docs/METHOD.md` has the derivation.

use crate::fixed::{Log2, ONE_BIT};
use crate::stream::{Stream, Transition};
use crate::token::Shape;

/// Counts of a set of events of one stream. Events come and go in any order.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    transition: Vec<u32>,
    pair: Vec<u32>,
    shorter: Vec<u32>,
    before: Vec<u32>,
    token: Vec<u32>,
    kinds: u32,
}

impl Counts {
    /// Nothing counted yet.
    pub(crate) fn new(stream: &Stream) -> Self {
        Self {
            transition: vec![0; stream.transitions.len()],
            pair: vec![0; stream.pairs as usize],
            shorter: vec![0; stream.shorters.len()],
            before: vec![0; stream.tokens.len() + 1],
            token: vec![0; stream.tokens.len()],
            kinds: 0,
        }
    }

    /// How often a transition is in the set.
    pub(crate) fn seen(&self, transition: u32) -> u32 {
        self.transition[transition as usize]
    }

    /// How often the two tokens before a transition are in the set, whatever follows them.
    pub(crate) fn seen_before(&self, pair: u32) -> u32 {
        self.pair[pair as usize]
    }

    #[inline]
    fn add_transition(&mut self, stream: &Stream, id: u32, copies: u32) {
        let t = stream.transitions[id as usize];
        self.pair[t.pair as usize] += copies;
        let seen = &mut self.transition[id as usize];
        let is_new = *seen == 0;
        *seen += copies;
        if is_new {
            let s = stream.shorters[t.shorter as usize];
            self.before[s.before as usize] += 1;
            self.shorter[t.shorter as usize] += 1;
            if self.shorter[t.shorter as usize] == 1 {
                self.token[t.token as usize] += 1;
                self.kinds += 1;
            }
        }
    }

    /// Adds one event.
    pub(crate) fn add(&mut self, stream: &Stream, distinct: u32) {
        self.add_copies(stream, distinct, 1);
    }

    /// Adds an event so many times; at least once.
    pub(crate) fn add_copies(&mut self, stream: &Stream, distinct: u32, copies: u32) {
        for &id in stream.distinct(distinct) {
            self.add_transition(stream, id, copies);
        }
    }

    /// Takes one event away that was added before.
    pub(crate) fn remove(&mut self, stream: &Stream, distinct: u32) {
        self.remove_copies(stream, distinct, 1);
    }

    /// Takes an event away so many times, each of which was added before.
    pub(crate) fn remove_copies(&mut self, stream: &Stream, distinct: u32, copies: u32) {
        for &id in stream.distinct(distinct) {
            let t = stream.transitions[id as usize];
            self.pair[t.pair as usize] -= copies;
            self.transition[id as usize] -= copies;
            if self.transition[id as usize] == 0 {
                let s = stream.shorters[t.shorter as usize];
                self.before[s.before as usize] -= 1;
                self.shorter[t.shorter as usize] -= 1;
                if self.shorter[t.shorter as usize] == 0 {
                    self.token[t.token as usize] -= 1;
                    self.kinds -= 1;
                }
            }
        }
    }

    /// Adds one event and returns what it cost just before: summed over a sequence, the adaptive code's length.
    pub(crate) fn add_coded(&mut self, coder: &Coder, stream: &Stream, distinct: u32) -> i64 {
        let log2 = &coder.log2;
        let mut total = 0;
        for &id in stream.distinct(distinct) {
            let t = stream.transitions[id as usize];
            let (pair, n2) = (&mut self.pair[t.pair as usize], &mut self.transition[id as usize]);
            total += log2.of(1 + u64::from(*pair));
            *pair += 1;
            *n2 += 1;
            total += match *n2 {
                1 => self.add_shorter_coded(coder, stream, t),
                n2 => -log2.of(u64::from(n2) - 1),
            };
        }
        total
    }

    /// The same for a transition that was not in the set, after the escape from its pair.
    fn add_shorter_coded(&mut self, coder: &Coder, stream: &Stream, t: Transition) -> i64 {
        let log2 = &coder.log2;
        let before = &mut self.before[stream.shorters[t.shorter as usize].before as usize];
        let escape = log2.of(1 + u64::from(*before));
        *before += 1;
        let n1 = &mut self.shorter[t.shorter as usize];
        *n1 += 1;
        if *n1 > 1 {
            return escape - log2.of(u64::from(*n1) - 1);
        }
        let escape = escape + log2.of(1 + u64::from(self.kinds));
        self.kinds += 1;
        let n0 = &mut self.token[t.token as usize];
        *n0 += 1;
        escape + if *n0 > 1 { -log2.of(u64::from(*n0) - 1) } else { spelling(stream, t.token) }
    }

    /// Fixed-point bits of one token in its context, given the events in the set.
    #[inline]
    pub(crate) fn token_cost(&self, coder: &Coder, stream: &Stream, id: u32) -> i64 {
        let log2 = &coder.log2;
        let t = stream.transitions[id as usize];
        let escape2 = log2.of(1 + u64::from(self.pair[t.pair as usize]));
        let n2 = self.transition[id as usize];
        if n2 > 0 {
            return escape2 - log2.of(u64::from(n2));
        }
        let s = stream.shorters[t.shorter as usize];
        let escape1 = escape2 + log2.of(1 + u64::from(self.before[s.before as usize]));
        let n1 = self.shorter[t.shorter as usize];
        if n1 > 0 {
            return escape1 - log2.of(u64::from(n1));
        }
        let escape0 = escape1 + log2.of(1 + u64::from(self.kinds));
        let n0 = self.token[t.token as usize];
        if n0 > 0 {
            return escape0 - log2.of(u64::from(n0));
        }
        escape0 + spelling(stream, t.token)
    }

    /// Fixed-point bits of each token of an event given the events in the set.
    ///
    /// The event learns one thing from itself: a transition that it has already paid for counts as seen once, so that
    /// a hundred underscores in a stack trace are news once.
    pub(crate) fn token_costs<'a>(
        &'a self,
        coder: &'a Coder,
        stream: &'a Stream,
        distinct: u32,
    ) -> impl Iterator<Item = i64> + 'a {
        stream.distinct(distinct).iter().zip(stream.again(distinct)).map(move |(&id, &again)| {
            if again && self.transition[id as usize] == 0 {
                let pair = stream.transitions[id as usize].pair;
                coder.log2.of(2 + u64::from(self.pair[pair as usize]))
            } else {
                self.token_cost(coder, stream, id)
            }
        })
    }

    /// Fixed-point bits of a whole event given the events in the set.
    pub(crate) fn event_cost(&self, coder: &Coder, stream: &Stream, distinct: u32) -> i64 {
        self.token_costs(coder, stream, distinct).sum()
    }
}

/// Tables that every count code shares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coder {
    pub(crate) log2: Log2,
}

/// Bits to spell a token never seen: 8 for its kind and length, 5 a byte for literals; shapes have no spelling but
/// their kind.
pub(crate) fn spelling(stream: &Stream, token: u32) -> i64 {
    let info = stream.tokens[token as usize];
    let bytes = match info.shape {
        Shape::Literal | Shape::Path | Shape::Severity => stream.token_bytes(token).len() as i64,
        _ => 0,
    };
    (8 + 5 * bytes) * ONE_BIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use crate::fixed::bits;
    use proptest::prelude::*;

    const LINES: [&str; 7] = [
        "GET /cart 200",
        "GET /cart 404",
        "POST /orders 201 id 12345",
        "POST /orders 500 id 9",
        "connection to 10.0.0.7 refused",
        "connection to 10.0.0.8 refused",
        "",
    ];

    fn stream(lines: &[usize]) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "t".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for &line in lines {
            builder.push(&Event::new(LINES[line], ByteRange::default()));
        }
        builder.finish()
    }

    /// The closed form of the module's head: Σ over contexts of log2 N! - Σ log2 (n - 1)!, and the spellings.
    fn closed_form(counts: &Counts, coder: &Coder, stream: &Stream) -> i64 {
        let factorial = |n: u32| (2..=u64::from(n)).map(|k| coder.log2.of(k)).sum::<i64>();
        let contexts = |of: &[u32]| of.iter().map(|&n| factorial(n)).sum::<i64>();
        let successors = |of: &[u32]| of.iter().map(|&n| factorial(n.saturating_sub(1))).sum::<i64>();
        let spelled: i64 = (0..stream.tokens.len())
            .filter(|&t| counts.token[t] > 0)
            .map(|t| spelling(stream, t as u32))
            .sum();
        contexts(&counts.pair) + contexts(&counts.before) + factorial(counts.kinds) + spelled
            - successors(&counts.transition)
            - successors(&counts.shorter)
            - successors(&counts.token)
    }

    proptest! {
        #[test]
        fn the_sequential_code_is_the_closed_form_in_any_order(
            lines in prop::collection::vec(0..LINES.len(), 0..30),
            swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..30),
        ) {
            let stream = stream(&lines);
            let coder = Coder::default();
            let mut order = stream.sequence.clone();
            for (a, b) in swaps {
                if !order.is_empty() {
                    let (a, b) = (a.index(order.len()), b.index(order.len()));
                    order.swap(a, b);
                }
            }
            let mut counts = Counts::new(&stream);
            let total: i64 = order.iter().map(|&e| counts.add_coded(&coder, &stream, e)).sum();
            prop_assert_eq!(total, closed_form(&counts, &coder, &stream));
        }

        #[test]
        fn what_is_removed_was_never_there(
            kept in prop::collection::vec(0..LINES.len(), 1..20),
            passing in prop::collection::vec(0..LINES.len(), 1..20),
        ) {
            let both: Vec<usize> = kept.iter().chain(&passing).copied().collect();
            let stream = stream(&both);
            let coder = Coder::default();
            let mut expected = Counts::new(&stream);
            let mut counts = Counts::new(&stream);
            for &event in &stream.sequence {
                counts.add(&stream, event);
            }
            for (i, &event) in stream.sequence.iter().enumerate() {
                if i < kept.len() { expected.add(&stream, event) } else { counts.remove(&stream, event) }
            }
            for event in 0..stream.distinct_len() as u32 {
                let cost = counts.event_cost(&coder, &stream, event);
                prop_assert_eq!(cost, expected.event_cost(&coder, &stream, event));
            }
        }

        /// Kraft's inequality at one context: the probabilities of all seen successors and of the escape sum to one.
        #[test]
        fn the_successors_of_a_context_leave_room_for_the_escape(
            lines in prop::collection::vec(0..LINES.len(), 1..40),
        ) {
            let stream = stream(&lines);
            let coder = Coder::default();
            let mut counts = Counts::new(&stream);
            for &event in &stream.sequence {
                counts.add(&stream, event);
            }
            let mut sums = vec![0.0_f64; stream.pairs as usize];
            for (id, t) in stream.transitions.iter().enumerate() {
                sums[t.pair as usize] += (-bits(counts.token_cost(&coder, &stream, id as u32))).exp2();
            }
            for (pair, sum) in sums.iter().enumerate() {
                let escape = 1.0 / (1.0 + f64::from(counts.pair[pair]));
                prop_assert!((sum + escape - 1.0).abs() < 1e-4, "{sum} {escape}");
            }
        }
    }
}

#[cfg(test)]
#[path = "count_code_tests.rs"]
mod decoder_tests;
