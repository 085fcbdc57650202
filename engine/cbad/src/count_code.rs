//! The count code: an adaptive code over typed tokens whose length depends on counts only.
//!
//! Order 2, then order 1, then order 0, then the spelling. At each context a token seen before costs
//! log2((1 + N) / n); a new one pays the escape log2(1 + N) and is coded by the shorter context, which counts each
//! distinct successor once. This is the Chinese restaurant process with concentration 1 and one table a token, so the
//! total is Σ over contexts of log2 N! - Σ log2 (n - 1)!, and does not depend on the order of events.
//! `docs/METHOD.md` has the derivation.

use crate::fixed::{Log2, ONE_BIT};
use crate::stream::Stream;
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

    #[inline]
    fn add_transition(&mut self, stream: &Stream, id: u32) {
        let t = stream.transitions[id as usize];
        self.pair[t.pair as usize] += 1;
        self.transition[id as usize] += 1;
        if self.transition[id as usize] == 1 {
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
        for &id in stream.distinct(distinct) {
            self.add_transition(stream, id);
        }
    }

    /// Takes one event away that was added before.
    pub(crate) fn remove(&mut self, stream: &Stream, distinct: u32) {
        for &id in stream.distinct(distinct) {
            let t = stream.transitions[id as usize];
            self.pair[t.pair as usize] -= 1;
            self.transition[id as usize] -= 1;
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
        let mut total = 0;
        for &id in stream.distinct(distinct) {
            total += self.token_cost(coder, stream, id);
            self.add_transition(stream, id);
        }
        total
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

    /// Fixed-point bits of a whole event given the events in the set, without learning from itself.
    pub(crate) fn event_cost(&self, coder: &Coder, stream: &Stream, distinct: u32) -> i64 {
        stream.distinct(distinct).iter().map(|&id| self.token_cost(coder, stream, id)).sum()
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
