//! The test of one window through one lens: could the window and its baseline be one shuffled deck?

use crate::analyze::Scored;
use crate::config::Config;
use crate::count_code::Coder;
use crate::mix::{self, MixDeck};
use crate::order::OrderDeck;
use crate::permutation::{self, Deck, POOL_BYTES, POOL_FACTOR, POOL_MOST, Tested};
use crate::rate::{self, RateDeck};
use crate::relative_code::Pool;
use crate::result::Lens;
use crate::values;

/// Tests a window by permutation. Where a lens also has evidence that is one thing and not many (one absence, one
/// silence, one value far out), no permutation could hold it: it falls into the window with the share of the deck that
/// the window is. Its own chance then stands beside the permutation's, and the smaller counts twice.
pub(crate) fn test(s: &Scored<'_>, track: usize, window: usize, config: &Config, coder: &Coder) -> Tested {
    let lens = s.tracks[track].lens;
    let positions = pool_positions(s, window);
    let mut rng = permutation::generator(config.seed, s.stream.key(), lens, window as u32);
    let mut run = |deck: &mut dyn Deck| permutation::test(deck, s.plan.window, config.permutations, &mut rng);
    let log2 = &coder.log2;
    match lens {
        Lens::Content => run(&mut pool_of(s, &positions)),
        Lens::Mix => with_single(run(&mut MixDeck::new(s.stream, log2, &positions)), absence_bits(s, window)),
        Lens::Rate => {
            with_single(run(&mut RateDeck::new(s.stream, log2, &positions)), silence_bits(s, window))
        }
        Lens::Order => run(&mut OrderDeck::new(s.stream, log2, &positions)),
        Lens::Values => {
            let mut deck =
                values::deck(&s.stream.channels, &s.stream.times_nanos, &s.plan, window, &positions);
            let single = values::single_bits(&s.stream.channels, &s.stream.times_nanos, &s.plan, window);
            with_single(run(&mut deck), single)
        }
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

/// Evidence of the longest wait of a window against the tail of all waits of the stream.
fn silence_bits(s: &Scored<'_>, window: usize) -> f64 {
    let (longest, _) = rate::longest_wait(s.stream, &s.plan.range(window));
    s.singles.waits.map_or(0.0, |tail| tail.surprise_bits(longest, s.plan.events))
}

/// Positions in the pool of a window's test: its own events first, then a sample spread over its baseline.
pub(crate) fn pool_positions(s: &Scored<'_>, window: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = s.plan.range(window).collect();
    let mut text = Vec::new();
    for &p in &positions {
        s.stream.append_canonical(s.stream.sequence[p], &mut text);
    }
    // Long events make a long suffix array: fewer of them are enough, and twice the window is the least.
    let by_bytes = POOL_BYTES * s.plan.window / text.len().max(1);
    let most = (s.plan.window * POOL_FACTOR).min(POOL_MOST).min(by_bytes).max(s.plan.window * 2);
    positions.extend(s.plan.baseline(window).spread(most));
    positions
}

/// The pool of these positions, in this order.
pub(crate) fn pool_of(s: &Scored<'_>, positions: &[usize]) -> Pool {
    let members: Vec<u32> = positions.iter().map(|&p| s.stream.sequence[p]).collect();
    Pool::new(&members, |event, out| s.stream.append_canonical(event, out))
}
