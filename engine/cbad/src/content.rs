//! The content lens: what the events of a window cost under the count code when only the baseline may be used.

use rayon::prelude::*;

use crate::count_code::{Coder, Counts};
use crate::stream::Stream;
use crate::watch::{Cancelled, Watch};
use crate::window::{Plan, Span, move_span};

/// How many of the dearest events the lens averages.
pub(crate) const DEAREST: usize = 5;

/// Tokens added to the length that an event's bits are divided by, so that an event of one odd word does not outrank
/// a whole odd line.
const DAMPING: i64 = 5;

/// Windows that one task scores; each task counts its first baseline anew.
const CHUNK: usize = 4096;

/// Novelty of one event: fixed-point bits by (different transitions + 5).
pub(crate) fn novelty(cost: i64, tokens: usize) -> i64 {
    cost / (tokens as i64 + DAMPING)
}

/// Scores every window of the plan: two parts the dearest event, one part the mean of the dearest five, fixed point.
pub(crate) fn score(
    stream: &Stream,
    plan: &Plan,
    coder: &Coder,
    watch: &dyn Watch,
    scored: &(dyn Fn(u64) + Sync),
) -> Result<Vec<i64>, Cancelled> {
    let chunks: Vec<_> = (0..plan.count).step_by(CHUNK).collect();
    let scores: Result<Vec<Vec<i64>>, Cancelled> = chunks
        .into_par_iter()
        .map(|first| score_chunk(stream, plan, coder, first..(first + CHUNK).min(plan.count), watch, scored))
        .collect();
    Ok(scores?.concat())
}

fn score_chunk(
    stream: &Stream,
    plan: &Plan,
    coder: &Coder,
    indices: std::ops::Range<usize>,
    watch: &dyn Watch,
    scored: &(dyn Fn(u64) + Sync),
) -> Result<Vec<i64>, Cancelled> {
    let mut rolling = Rolling::new(stream);
    let mut novelties = Vec::with_capacity(plan.window);
    let mut costs = CostMemo::new(stream);
    let mut scores = Vec::with_capacity(indices.len());
    for index in indices {
        if watch.cancelled() {
            return Err(Cancelled);
        }
        rolling.move_to(&plan.baseline(index));
        costs.forget();
        novelties.clear();
        for &distinct in &stream.sequence[plan.range(index)] {
            novelties.push(costs.novelty(coder, &rolling.counts, distinct));
        }
        scores.push(combine(&mut novelties));
        scored(1);
    }
    Ok(scores)
}

fn combine(novelties: &mut [i64]) -> i64 {
    let few = DEAREST.min(novelties.len());
    novelties.select_nth_unstable_by(few - 1, |a, b| b.cmp(a));
    let dearest = novelties[..few].iter().copied().max().unwrap_or(0);
    let mean = novelties[..few].iter().sum::<i64>() / few as i64;
    (2 * dearest + mean) / 3
}

/// Counts of a baseline that moves with the window.
pub(crate) struct Rolling<'s> {
    stream: &'s Stream,
    pub(crate) counts: Counts,
    span: Span,
}

impl<'s> Rolling<'s> {
    pub(crate) fn new(stream: &'s Stream) -> Self {
        Self { stream, counts: Counts::new(stream), span: Span { before: 0..0, after: 0..0 } }
    }

    pub(crate) fn move_to(&mut self, span: &Span) {
        let (stream, counts) = (self.stream, &mut self.counts);
        move_span(&self.span, span, |position, add| {
            let distinct = stream.sequence[position];
            if add { counts.add(stream, distinct) } else { counts.remove(stream, distinct) }
        });
        self.span = span.clone();
    }
}

/// Costs of distinct events under one baseline, each taken once.
struct CostMemo<'s> {
    stream: &'s Stream,
    round: u32,
    rounds: Vec<u32>,
    novelties: Vec<i64>,
}

impl<'s> CostMemo<'s> {
    fn new(stream: &'s Stream) -> Self {
        let n = stream.distinct_len();
        Self { stream, round: 0, rounds: vec![0; n], novelties: vec![0; n] }
    }

    fn forget(&mut self) {
        self.round += 1;
    }

    fn novelty(&mut self, coder: &Coder, counts: &Counts, distinct: u32) -> i64 {
        let at = distinct as usize;
        if self.rounds[at] != self.round {
            self.rounds[at] = self.round;
            let cost = counts.event_cost(coder, self.stream, distinct);
            self.novelties[at] = novelty(cost, self.stream.different_len(distinct));
        }
        self.novelties[at]
    }
}
