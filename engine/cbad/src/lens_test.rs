//! Tests of windows through their lenses: could a window and its baseline be one shuffled deck?

use std::ops::Range;

use rayon::prelude::*;

use crate::analyze::Scored;
use crate::blocks::{self, BlockTest};
use crate::config::Config;
use crate::count_code::Coder;
use crate::judge::At;
use crate::mix::{self, MixDeck};
use crate::order::OrderDeck;
use crate::permutation::{self, Deck, POOL_BYTES, POOL_FACTOR, POOL_MOST, Tested};
use crate::rate::{self, RateDeck};
use crate::relative_code::{MOST_BYTES, Pool, Texts};
use crate::result::Lens;
use crate::stream::Stream;
use crate::watch::Cancelled;
use crate::window::Plan;

/// Bytes of windows that one suffix array serves.
const BATCH_BYTES: usize = 2 << 20;

/// Tests windows of one stream by permutation. Where a lens also has evidence that is one thing and not many (one
/// absence, one silence, one value far out), no permutation could hold it: it falls into the window with the share of
/// the deck that the window is. Its own chance then stands beside the permutation's, and the smaller counts twice.
pub(crate) fn tests(
    s: &Scored<'_>,
    hypotheses: &[At],
    config: &Config,
    coder: &Coder,
    each: &(dyn Fn() -> Result<(), Cancelled> + Sync),
) -> Result<Vec<(At, Tested)>, Cancelled> {
    let mut out = Vec::with_capacity(hypotheses.len());
    for batch in batches(s, hypotheses) {
        let of_content = batch.iter().filter(|at| s.tracks[at.track].lens == Lens::Content);
        let texts = texts_of(s, of_content.flat_map(|at| pool_positions(s, at.window)));
        let tested: Result<Vec<(At, Tested)>, Cancelled> = batch
            .par_iter()
            .map(|&at| {
                each()?;
                Ok((at, test(s, at, &texts, config, coder)))
            })
            .collect();
        out.extend(tested?);
    }
    Ok(out)
}

/// Hypotheses in pieces whose windows fit into one suffix array, whatever the length of the events.
fn batches<'h>(s: &Scored<'_>, hypotheses: &'h [At]) -> Vec<&'h [At]> {
    let mut batches = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (i, at) in hypotheses.iter().enumerate() {
        if s.tracks[at.track].lens != Lens::Content {
            continue;
        }
        bytes += window_bytes(s.stream, &s.plan, at.window);
        if bytes > BATCH_BYTES {
            batches.push(&hypotheses[first..=i]);
            (first, bytes) = (i + 1, 0);
        }
    }
    batches.push(&hypotheses[first..]);
    batches
}

fn test(s: &Scored<'_>, at: At, texts: &Texts, config: &Config, coder: &Coder) -> Tested {
    let (lens, window) = (s.tracks[at.track].lens, at.window);
    let own = told(s, at, coder);
    let positions = pool_of_positions(s, window, own.clone());
    let mut rng = permutation::generator(config.seed, s.stream.key(), lens, window as u32);
    let tested = with_deck(s, lens, texts, &positions, coder, |deck| {
        permutation::test(deck, own.len(), config.permutations, &mut rng)
    });
    match lens {
        Lens::Content | Lens::Order => tested,
        Lens::Mix => with_single(tested, absence_bits(s, window)),
        Lens::Rate => {
            with_single(tested, rate::silence_bits(s.stream, s.singles.waits, &s.plan.range(window)))
        }
        Lens::Values => {
            let single = s.singles.values.single_bits(s.stream.readings(), &s.plan, window);
            with_single(tested, single)
        }
    }
}

/// The same test in blocks, with as many permutations and no early stop.
pub(crate) fn test_in_blocks(s: &Scored<'_>, at: At, config: &Config, coder: &Coder) -> BlockTest {
    let lens = s.tracks[at.track].lens;
    let own = told(s, at, coder);
    let block = blocks::length(s.stream, s.plan.first()..s.stream.len(), s.plan.window);
    let whole = own.len() / block * block;
    let most = pool_of_positions(s, at.window, own.clone()).len() - own.len();
    let positions = blocks::positions(own, &s.plan.baseline(at.window), block, most);
    let texts = texts_of(s, positions.iter().copied().filter(|_| lens == Lens::Content));
    let mut rng = permutation::generator(config.seed, s.stream.key(), lens, at.window as u32);
    with_deck(s, lens, &texts, &positions, coder, |deck| {
        blocks::test(deck, whole, block, config.permutations, &mut rng)
    })
}

/// The events that a lens tells of a window.
fn told(s: &Scored<'_>, at: At, coder: &Coder) -> Range<usize> {
    match s.tracks[at.track].lens {
        Lens::Mix => mix::stretch(s.stream, &s.plan, at.window, &coder.log2),
        Lens::Values => s.singles.values.stretch(&s.plan, at.window),
        _ => s.plan.range(at.window),
    }
}

fn with_deck<T>(
    s: &Scored<'_>,
    lens: Lens,
    texts: &Texts,
    positions: &[usize],
    coder: &Coder,
    run: impl FnOnce(&mut dyn Deck) -> T,
) -> T {
    let (stream, log2) = (s.stream, &coder.log2);
    match lens {
        Lens::Content => run(&mut pool_of(s, texts, positions)),
        Lens::Mix => run(&mut MixDeck::new(stream, log2, positions)),
        Lens::Rate => run(&mut RateDeck::new(stream, log2, positions)),
        Lens::Order => run(&mut OrderDeck::new(stream, log2, positions)),
        Lens::Values => run(&mut s.singles.values.deck(stream.readings(), positions, log2)),
    }
}

/// Twice the smaller of two chances: Bonferroni over two ways to be unusual.
fn with_single(tested: Tested, single_bits: f64) -> Tested {
    let least = tested.modelled.min(libm::exp2(-single_bits));
    Tested { exact: tested.exact, modelled: (2.0 * least).min(1.0) }
}

fn absence_bits(s: &Scored<'_>, window: usize) -> f64 {
    let range = s.plan.range(window);
    let over = s.singles.absences.iter().filter(|a| mix::lies_in(&range, &a.positions));
    over.map(|a| a.bits).fold(0.0, f64::max)
}

/// Positions in the pool of a window's test: its own events first, then a sample of its baseline.
///
/// The sample lies on a grid of the stream, so that windows near one another share it and its texts.
pub(crate) fn pool_positions(s: &Scored<'_>, window: usize) -> Vec<usize> {
    pool_of_positions(s, window, s.plan.range(window))
}

/// The same for a stretch that is told of the window.
fn pool_of_positions(s: &Scored<'_>, window: usize, own: Range<usize>) -> Vec<usize> {
    let factor = own.len() / s.plan.window;
    let mut positions: Vec<usize> = own.collect();
    positions.extend(baseline_sample(s.stream, &s.plan, window, factor));
    positions
}

/// The sample of a window's baseline, so many times as large as one for a window.
pub(crate) fn baseline_sample(stream: &Stream, plan: &Plan, window: usize, factor: usize) -> Vec<usize> {
    // Long events make a long suffix array: fewer of them are enough, and twice the window is the least.
    let by_bytes = POOL_BYTES * plan.window / window_bytes(stream, plan, window).max(1);
    let most = (plan.window * POOL_FACTOR).min(POOL_MOST).min(by_bytes).max(plan.window * 2) * factor;
    let span = plan.baseline(window);
    let stride = span.len().div_ceil(most).max(1);
    let sampled = span.ranges().iter();
    sampled.flat_map(|range| (range.start.next_multiple_of(stride)..range.end).step_by(stride)).collect()
}

/// Bytes of a window that take part.
fn window_bytes(stream: &Stream, plan: &Plan, window: usize) -> usize {
    let mut text = Vec::new();
    let bytes_of = |&event: &u32| {
        text.clear();
        stream.append_compact(event, &mut text);
        text.len().min(MOST_BYTES)
    };
    stream.sequence[plan.range(window)].iter().map(bytes_of).sum()
}

/// Texts of the events at these positions.
pub(crate) fn texts_of(s: &Scored<'_>, positions: impl Iterator<Item = usize>) -> Texts {
    Texts::of_stream(s.stream, positions)
}

/// The pool of these positions, in this order.
pub(crate) fn pool_of<'t>(s: &Scored<'_>, texts: &'t Texts, positions: &[usize]) -> Pool<'t> {
    let members: Vec<u32> = positions.iter().map(|&p| s.stream.sequence[p]).collect();
    Pool::new(texts, &members)
}
