//! The permutation test in blocks: runs of consecutive events are dealt, not single events.
//!
//! Events cluster: requests write several lines, errors come in runs. A shuffle of single events breaks that up, and calls
//! a window unusual that is only a cluster. Dealt in blocks as long as the clusters are, it is compared with its like (Künsch,
//! "The jackknife and the bootstrap for general stationary observations", Ann. Statist. 17, 1989). A window has few blocks,
//! and so few ways to be dealt: the test is said beside the other one, and decides nothing.

use std::ops::Range;

use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use crate::permutation::{Deck, below};
use crate::result::PValue;
use crate::span::Span;
use crate::stream::Stream;

/// Blocks that a window has at least.
const BLOCKS_LEAST: usize = 4;

/// Share of the agreement of neighbours, beyond that of any two events, which is taken for none.
const NONE_LEFT: f64 = 0.05;

/// Events by which the length of blocks is chosen.
const LOOKED_AT: usize = 20_000;

/// The permutation p of a window dealt in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockTest {
    /// Its p.
    pub p: PValue,
    /// Events of a block: how far events of the stream depend on one another.
    pub block: u32,
}

/// How many events apart two events of a stream are as good as independent, at most so many that a window still has four
/// blocks. Events agree where they are of one kind, and values where they lie on one side of their median.
pub(crate) fn length(stream: &Stream, own: Range<usize>, window: usize) -> usize {
    let most = (window / BLOCKS_LEAST).max(1);
    let sides = sides(stream, own.end.min(own.start + LOOKED_AT) - own.start);
    let n = sides.len();
    if n <= 2 * most {
        return most;
    }
    let mut counts = vec![0_u64; usize::from(sides.iter().copied().max().unwrap_or(0)) + 1];
    for &side in &sides {
        counts[usize::from(side)] += 1;
    }
    let any_two: f64 = counts.iter().map(|&c| (c as f64 / n as f64) * (c as f64 / n as f64)).sum();
    let agreement = |lag: usize| {
        let agree = sides.iter().zip(&sides[lag..]).filter(|(a, b)| a == b).count();
        agree as f64 / (n - lag) as f64
    };
    (1..most).find(|&lag| (agreement(lag) - any_two).abs() <= NONE_LEFT * (1.0 - any_two)).unwrap_or(most)
}

/// Of the first events of a stream the kind of each, or of its first channel the side of the median that each value is on.
fn sides(stream: &Stream, events: usize) -> Vec<u16> {
    if stream.kinds > 1 {
        let first = stream.anchored();
        return (first..first + events).map(|position| stream.kind(position)).collect();
    }
    let Some(channel) = stream.channels.first() else { return Vec::new() };
    let values = &channel.values[..channel.values.len().min(events)];
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(&median) = sorted.get(sorted.len() / 2) else { return Vec::new() };
    values.iter().map(|value| u16::from(*value > median)).collect()
}

/// Positions of a deck in blocks: the window's first, then as many blocks of its baseline as `most` events make, spread
/// evenly. What is left over at the end of the window belongs to no block.
pub(crate) fn positions(window: Range<usize>, baseline: &Span, block: usize, most: usize) -> Vec<usize> {
    let whole = window.len() / block * block;
    let mut positions: Vec<usize> = (window.start..window.start + whole).collect();
    let blocks: usize = baseline.ranges().iter().map(|range| range.len() / block).sum();
    let stride = blocks.div_ceil((most / block).max(1)).max(1);
    let starts =
        baseline.ranges().iter().flat_map(|range| (0..range.len() / block).map(|i| range.start + i * block));
    positions.extend(starts.step_by(stride).flat_map(|start| start..start + block));
    positions
}

/// Tests the first `window` members of a deck against the rest, dealt in blocks of so many, with `most` permutations.
pub(crate) fn test(
    deck: &mut dyn Deck,
    window: usize,
    block: usize,
    most: u32,
    rng: &mut ChaCha20Rng,
) -> BlockTest {
    let mut blocks: Vec<u32> = (0..(deck.len() / block) as u32).collect();
    let dealt = window / block;
    let members = |blocks: &[u32], out: &mut Vec<u32>| {
        out.clear();
        out.extend(blocks.iter().flat_map(|b| b * block as u32..(b + 1) * block as u32));
    };
    let mut own = Vec::with_capacity(window);
    members(&blocks[..dealt], &mut own);
    let observed = deck.statistic(&own);
    let mut extreme = 0;
    for _ in 0..most {
        for i in 0..dealt.min(blocks.len()) {
            let j = i + below(rng, (blocks.len() - i) as u32) as usize;
            blocks.swap(i, j);
        }
        members(&blocks[..dealt], &mut own);
        extreme += u32::from(deck.statistic(&own) >= observed);
    }
    let of = f64::from(most + 1);
    let p = PValue { value: f64::from(extreme + 1) / of, floor: 1.0 / of, n: most };
    BlockTest { p, block: block as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::StreamBuilder;
    use crate::event::{ByteRange, Event, Signal, StreamKey};
    use crate::permutation::generator;
    use crate::result::Lens;

    fn stream(kinds: impl Iterator<Item = usize>) -> Stream {
        let key = StreamKey { signal: Signal::Log, service: None, name: "blocks".to_owned() };
        let mut builder = StreamBuilder::new(key);
        for kind in kinds {
            let body = ["opened by user", "read from disk", "sent to the peer"][kind];
            builder.push(&Event::new(body.as_bytes().to_vec(), ByteRange::default()));
        }
        builder.finish()
    }

    #[test]
    fn a_block_is_as_long_as_what_depends_on_one_another() {
        let mut rng = generator(
            1,
            &StreamKey { signal: Signal::Log, service: None, name: String::new() },
            Lens::Mix,
            0,
        );
        let independent = stream((0..5_000).map(|_| below(&mut rng, 3) as usize));
        assert_eq!(length(&independent, 0..5_000, 50), 1);
        let mut kind = 0;
        let runs = (0..20_000).map(|n| {
            if n % 7 == 0 {
                kind = below(&mut rng, 3) as usize;
            }
            kind
        });
        let runs = stream(runs.collect::<Vec<_>>().into_iter());
        assert!((6..=8).contains(&length(&runs, 0..20_000, 50)), "{}", length(&runs, 0..20_000, 50));
        // A cycle depends on itself at any distance.
        assert_eq!(length(&stream((0..5_000).map(|n| n % 3)), 0..5_000, 50), 12);
    }

    /// How many members of the window are of the first kind.
    struct Ones(Vec<bool>);

    impl Deck for Ones {
        fn len(&self) -> usize {
            self.0.len()
        }

        fn statistic(&mut self, window: &[u32]) -> i64 {
            window.iter().filter(|m| self.0[**m as usize]).count() as i64
        }
    }

    #[test]
    fn a_cluster_is_no_wonder_among_clusters_and_is_one_among_single_events() {
        // One block of ten in twenty is all ones; so is one of the window's.
        let mut deck = Ones((0..2_000).map(|m| m / 10 % 20 == 0).collect());
        let key = StreamKey { signal: Signal::Log, service: None, name: String::new() };
        let in_blocks = test(&mut deck, 50, 10, 999, &mut generator(1, &key, Lens::Mix, 0));
        let one_by_one = test(&mut deck, 50, 1, 999, &mut generator(1, &key, Lens::Mix, 0));
        assert!(in_blocks.p.value > 0.1 && one_by_one.p.value < 0.01, "{in_blocks:?} {one_by_one:?}");
        assert_eq!((in_blocks.block, in_blocks.p.n), (10, 999));
    }

    #[test]
    fn blocks_are_runs_of_the_stream() {
        let span = Span::new([100..135, 200..230]);
        let positions = positions(10..33, &span, 10, 1_000);
        let starts: Vec<usize> = positions.iter().step_by(10).copied().collect();
        assert_eq!(starts, [10, 20, 100, 110, 120, 200, 210, 220]);
        assert!(positions.chunks(10).all(|block| block.windows(2).all(|pair| pair[1] == pair[0] + 1)));
    }
}
