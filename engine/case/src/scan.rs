//! Events that fit a query, looked at where they lie: what a picture of a range is made of, without an event being copied.

use cbad::{Stage, Watch};
use rayon::prelude::*;

use crate::analyze::pool;
use crate::block::Block;
use crate::error::CaseError;
use crate::query::Query;
use crate::rows::StreamRow;
use crate::search::{Candidate, FIRST_ROUND, MOST_A_ROUND, SearchSummary, Stored};
use crate::store::Case;
use crate::view::EventView;

/// Makes of an event, of a stream and at a position, what is wanted of it.
pub(crate) type Look<'a, T> = dyn Fn(&StreamRow, u64, &EventView<'_>) -> Option<T> + Sync + 'a;

impl Case {
    /// Hands what `look` makes of each event that fits to `take`, by stream and position. Blocks are looked through on
    /// several threads, a few at a time, so that memory does not grow with the case. Cancelled between rounds.
    pub(crate) fn scan<T: Send>(
        &self,
        query: &Query,
        watch: &dyn Watch,
        look: &Look<'_, T>,
        take: &mut dyn FnMut(T),
    ) -> Result<SearchSummary, CaseError> {
        let streams = self.streams()?;
        let mut summary = SearchSummary::default();
        let candidates = self.candidates(query, &streams, &mut summary)?;
        let pool = pool(None)?;
        let mut round = FIRST_ROUND * pool.current_num_threads();
        let mut rest = candidates.as_slice();
        while !rest.is_empty() {
            if watch.cancelled() {
                return Err(CaseError::Cancelled);
            }
            let (now, later) = rest.split_at(round.min(rest.len()));
            let stored: Vec<_> = now.iter().map(|one| self.stored(&one.place)).collect::<Result<_, _>>()?;
            let of_block = |(candidate, stored): (&Candidate<'_>, Result<Stored, String>)| {
                look_at(candidate, &stored?, query, look)
            };
            let found: Vec<_> = pool.install(|| now.par_iter().zip(stored).map(of_block).collect());
            for (candidate, found) in now.iter().zip(found) {
                match found {
                    Ok(found) => {
                        summary.total += found.len() as u64;
                        found.into_iter().for_each(&mut *take);
                    }
                    Err(what) => summary.damaged.push(self.damage_of_block(candidate, what)?),
                }
            }
            rest = later;
            round = (2 * round).min(MOST_A_ROUND * pool.current_num_threads());
            watch.progress(Stage::Prepare, (candidates.len() - rest.len()) as u64, candidates.len() as u64);
        }
        summary.given = summary.total;
        summary.is_complete = true;
        Ok(summary)
    }
}

fn look_at<T>(
    candidate: &Candidate<'_>,
    stored: &Stored,
    query: &Query,
    look: &Look<'_, T>,
) -> Result<Vec<T>, String> {
    let place = &candidate.place;
    let block = Block::unseal(&stored.data, &stored.sha256, stored.raw_bytes, place.events)?;
    let mut scratch = String::new();
    let mut found = Vec::new();
    for index in 0..block.len() {
        let position = place.first_position + index as u64;
        let view = EventView::of(block.encoded(index))
            .map_err(|error| format!("event {index} of it cannot be decoded ({error})"))?;
        if query.fits(position, &view, &mut scratch) {
            found.extend(look(candidate.stream, position, &view));
        }
    }
    Ok(found)
}
