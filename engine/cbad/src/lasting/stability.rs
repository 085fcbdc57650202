//! Whether a change that lasts is found where the stream is cut into other blocks, and with other random orders of them.

use std::ops::Range;

use rayon::prelude::*;

use crate::analyze::Scored;
use crate::config::Config;
use crate::lasting::scan::{self, Stretch};
use crate::lasting::things::Things;
use crate::lasting::{Found, ONE_STRETCH, lasting, overlap};
use crate::stability::{LOOKED_AT, SEEDS, Stability, StabilityCell, Variation};
use crate::watch::{Cancelled, Watch};

/// Other numbers of blocks, in quarters. Half as many would tell less of how far blocks stray, and twice as many less of what grows with
/// their length.
const QUARTERS: [usize; 2] = [3, 6];

/// Looks at the first of what was found, the surest first, where a p of at most `passing` is significant in the run.
pub(super) fn look(
    found: &mut [Found],
    scored: &[Option<Scored<'_>>],
    passing: f64,
    config: &Config,
    watch: &dyn Watch,
) -> Result<(), Cancelled> {
    found.par_iter_mut().take(LOOKED_AT).try_for_each(|found| {
        if watch.cancelled() {
            return Err(Cancelled);
        }
        let s = scored[found.stream].as_ref().expect("only scored streams are looked at");
        found.stability = Some(of(s, found, passing, config));
        Ok(())
    })
}

fn of(s: &Scored<'_>, found: &Found, passing: f64, config: &Config) -> Stability {
    let cell = |what, p: f64| StabilityCell { what, holds: p <= passing, p };
    let blocks = found.told.blocks;
    let with_blocks = QUARTERS.into_iter().map(|quarters| {
        let blocks = blocks as usize * quarters / 4;
        cell(Variation::Blocks(blocks as u32), p_again(s, found, blocks, config))
    });
    let with_seeds = (1..=SEEDS).map(|more| {
        let seed = config.seed.wrapping_add(more);
        let config = Config { seed, ..config.clone() };
        cell(Variation::Seed(seed), p_again(s, found, blocks as usize, &config))
    });
    Stability { cells: with_blocks.chain(with_seeds).collect(), not_tried: None }
}

/// The p of the stretch of so many blocks that is about the same and has what is told first; 1 where there is none.
fn p_again(s: &Scored<'_>, found: &Found, blocks: usize, config: &Config) -> f64 {
    let events = s.stream.len();
    let things = Things::of(s, blocks);
    let has_it = |group: &&Vec<(usize, Stretch)>| {
        let Range { start, end } = group[0].1.blocks;
        let own = scan::positions(events, blocks, start).start..scan::positions(events, blocks, end - 1).end;
        let is_it = |(at, _): &(usize, Stretch)| things.series[*at].0 == found.items[0].what;
        overlap(&own, &found.events) >= ONE_STRETCH && group.iter().any(is_it)
    };
    let groups = lasting(&things);
    groups.iter().find(has_it).map_or(1.0, |group| {
        let (leader, stretch) = &group[0];
        things.p(stretch, &things.dealt(s.stream, *leader, stretch, config))
    })
}
