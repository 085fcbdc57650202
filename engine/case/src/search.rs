//! Searching events: blocks that cannot hold a hit are skipped unread, the others are read in order, looked through on
//! several threads, and their hits given out in order.

use std::ops::ControlFlow;
use std::sync::Arc;

use cbad::{Stage, Watch};
use rayon::prelude::*;

use crate::analyze::pool;
use crate::apart::{apart, look};
use crate::block::Block;
use crate::damage::Damage;
use crate::error::CaseError;
use crate::events::BlockPlace;
use crate::grams::Filter;
use crate::query::Query;
use crate::rows::{EventRow, StreamRow};
use crate::schema::has_table;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;
use crate::view::EventView;

/// Blocks a thread in the first round, so that first hits come soon, and at most.
const FIRST_ROUND: usize = 1;
const MOST_A_ROUND: usize = 8;
/// Filters read between two looks at whether to go on.
const LOOK_EVERY: usize = 256;

/// An event that fits a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Number of its stream.
    pub stream: u32,
    /// The event.
    pub row: EventRow,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchSummary {
    /// Events that fit, those beyond the limit too; of what was looked at where the search was ended early.
    pub total: u64,
    /// Hits that were given out.
    pub given: u64,
    /// Whether everything was looked at: false where the receiver of hits ended it.
    pub is_complete: bool,
    /// Blocks of the case.
    pub blocks: u64,
    /// Blocks that were not read, because no event in them can fit.
    pub skipped_blocks: u64,
    /// Blocks that could not be read: their events were not searched.
    pub damaged: Vec<Damage>,
}

/// A block to be looked through.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) stream: Arc<StreamRow>,
    pub(crate) place: BlockPlace,
}

/// Looks through one block; told how many hits were given out before its round.
pub(crate) type LookThrough<T> = dyn Fn(&Candidate, &Stored, u64) -> Result<T, String> + Send + Sync;

/// The stored bytes of a block, or what is wrong with them.
pub(crate) struct Stored {
    pub(crate) data: Vec<u8>,
    pub(crate) sha256: Vec<u8>,
    pub(crate) raw_bytes: u64,
}

/// Hits of one block: as many as there is room for, and how many there are.
struct Found {
    rows: Vec<EventRow>,
    total: u64,
}

impl Case {
    /// Gives every event that fits to `on_hit`, by stream and position, the first `limit` of them; the total counts the
    /// others too. `on_hit` may end the search.
    pub fn search(
        &self,
        query: &Query,
        limit: u64,
        watch: &dyn Watch,
        on_hit: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<SearchSummary, CaseError> {
        let of_blocks = query.clone();
        let look = move |candidate: &Candidate, stored: &Stored, given| {
            look_through(candidate, stored, &of_blocks, limit - given)
        };
        self.in_rounds(query, watch, Arc::new(look), &mut |candidate, found, summary| {
            summary.total += found.total;
            for mut row in found.rows.into_iter().take((limit - summary.given) as usize) {
                summary.given += 1;
                self.veil_event(&mut row.event);
                if on_hit(Hit { stream: candidate.stream.id, row }).is_break() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })
    }

    /// Gives the positions of all events that fit to `on_hits`, a block at a time, by stream and position: where they are, for
    /// a list that reads only those that are seen. `on_hits` may end the search.
    pub fn search_positions(
        &self,
        query: &Query,
        watch: &dyn Watch,
        on_hits: &mut dyn FnMut(u32, &[u64]) -> ControlFlow<()>,
    ) -> Result<SearchSummary, CaseError> {
        let of_blocks = query.clone();
        let look = move |candidate: &Candidate, stored: &Stored, _given| {
            let mut positions = Vec::new();
            each_that_fits(candidate, stored, &of_blocks, &mut |_, _, position, _| {
                positions.push(position);
                Ok(())
            })?;
            Ok(positions)
        };
        self.in_rounds(query, watch, Arc::new(look), &mut |candidate, positions: Vec<u64>, summary| {
            summary.total += positions.len() as u64;
            summary.given = summary.total;
            if positions.is_empty() {
                return ControlFlow::Continue(());
            }
            on_hits(candidate.stream.id, &positions)
        })
    }

    /// Looks through the blocks that may hold a hit, a few at a time on all threads, and gives what was found out in order.
    /// A round is left where it is when the watch cancels.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "a closure becomes a trait object in an Arc by value only"
    )]
    pub(crate) fn in_rounds<T: Send + 'static>(
        &self,
        query: &Query,
        watch: &dyn Watch,
        look_through: Arc<LookThrough<T>>,
        give: &mut dyn FnMut(&Candidate, T, &mut SearchSummary) -> ControlFlow<()>,
    ) -> Result<SearchSummary, CaseError> {
        let _reading = self.reading()?;
        let streams = self.streams()?;
        let mut summary = SearchSummary::default();
        let candidates = self.candidates(query, &streams, &mut summary, watch)?;
        let pool = Arc::new(pool(None)?);
        let mut round = FIRST_ROUND * pool.current_num_threads();
        let mut rest = candidates.as_slice();
        while !rest.is_empty() {
            look(watch)?;
            let (now, later) = rest.split_at(round.min(rest.len()));
            let read = |one: &Candidate| {
                look(watch)?;
                self.stored(&one.place)
            };
            let stored: Vec<_> = now.iter().map(read).collect::<Result<_, _>>()?;
            let given = summary.given;
            let (blocks, look_through, on) = (now.to_vec(), Arc::clone(&look_through), Arc::clone(&pool));
            let found = apart(watch, move |watch| {
                let look_at = |(candidate, stored): (&Candidate, Result<Stored, String>)| {
                    look(watch)?;
                    Ok(stored.and_then(|stored| look_through(candidate, &stored, given)))
                };
                on.install(|| {
                    blocks.par_iter().zip(stored).map(look_at).collect::<Result<Vec<_>, CaseError>>()
                })
            })??;
            for (candidate, found) in now.iter().zip(found) {
                match found {
                    Err(what) => summary.damaged.push(self.damage_of_block(candidate, what)?),
                    Ok(found) => {
                        if give(candidate, found, &mut summary).is_break() {
                            return Ok(summary);
                        }
                    }
                }
            }
            rest = later;
            round = (2 * round).min(MOST_A_ROUND * pool.current_num_threads());
            watch.progress(Stage::Prepare, (candidates.len() - rest.len()) as u64, candidates.len() as u64);
        }
        summary.is_complete = true;
        Ok(summary)
    }

    /// Blocks that may hold a hit, by stream and position.
    pub(crate) fn candidates(
        &self,
        query: &Query,
        streams: &[StreamRow],
        summary: &mut SearchSummary,
        watch: &dyn Watch,
    ) -> Result<Vec<Candidate>, CaseError> {
        let blocks = "SELECT count(*) FROM block";
        summary.blocks = self.connection.query_row(blocks, [], |row| unsigned(row, 0)).at(&self.path)?;
        let has_index = has_table(&self.connection, "block_index").at(&self.path)?;
        let mut candidates = Vec::new();
        for stream in streams.iter().filter(|stream| query.may_be_in_stream(stream.id, &stream.key)) {
            self.candidates_of(query, stream, has_index, &mut candidates, watch)?;
        }
        summary.skipped_blocks = summary.blocks - candidates.len() as u64;
        Ok(candidates)
    }

    fn candidates_of(
        &self,
        query: &Query,
        stream: &StreamRow,
        has_index: bool,
        candidates: &mut Vec<Candidate>,
        watch: &dyn Watch,
    ) -> Result<(), CaseError> {
        const GRAMS: &str = "SELECT grams FROM block_index WHERE block =
            (SELECT id FROM block WHERE id = ?1 AND sha256 IS ?2)";
        let (id, _) = self.stream_by_number(stream.id)?;
        let stream = Arc::new(stream.clone());
        for (at, place) in self.blocks_with(id, &query.positions())?.into_iter().enumerate() {
            if at % LOOK_EVERY == 0 {
                look(watch)?;
            }
            if !query.may_be_within(place.start_nanos, place.end_nanos) {
                continue;
            }
            // A filter that is missing or damaged skips nothing.
            let may_hold = !has_index
                || self
                    .row_apart(GRAMS, &place, |row| {
                        Ok(row
                            .get_ref(0)?
                            .as_blob()
                            .ok()
                            .and_then(Filter::read)
                            .map(|filter| query.may_be_in_block(&filter)))
                    })
                    .ok()
                    .and_then(Result::ok)
                    .flatten()
                    .unwrap_or(true);
            if may_hold {
                candidates.push(Candidate { stream: Arc::clone(&stream), place });
            }
        }
        Ok(())
    }

    /// A block as it is stored; the inner error says what is wrong with it.
    pub(crate) fn stored(&self, place: &BlockPlace) -> Result<Result<Stored, String>, CaseError> {
        self.of_block(place, |row| {
            Ok(Stored { data: row.get(0)?, sha256: row.get(1)?, raw_bytes: unsigned(row, 2)? })
        })
    }

    /// What is lost with a block that cannot be read.
    pub(crate) fn damage_of_block(&self, candidate: &Candidate, what: String) -> Result<Damage, CaseError> {
        let Candidate { stream, place } = candidate;
        Ok(Damage {
            capture: stream.capture,
            file_name: self.capture(stream.capture)?.file_name,
            stream: Some(stream.id),
            stream_label: stream.key.label(),
            first_event: place.first_position,
            last_event: place.end_position().saturating_sub(1),
            source: self.source_of(place)?,
            what,
        })
    }
}

fn look_through(candidate: &Candidate, stored: &Stored, query: &Query, room: u64) -> Result<Found, String> {
    let mut found = Found { rows: Vec::new(), total: 0 };
    each_that_fits(candidate, stored, query, &mut |block, index, position, _| {
        found.total += 1;
        if found.total <= room {
            let row = EventRow { position, capture: candidate.stream.capture, event: block.event(index)? };
            found.rows.push(row);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Takes an event of a block: its index in the block, its position in the stream, and what it holds.
type OnFit<'a> = dyn FnMut(&Block, usize, u64, &EventView<'_>) -> Result<(), String> + 'a;

/// Tells of each event of a block that fits.
pub(crate) fn each_that_fits(
    candidate: &Candidate,
    stored: &Stored,
    query: &Query,
    on_fit: &mut OnFit<'_>,
) -> Result<(), String> {
    let place = &candidate.place;
    let block = Block::unseal(&stored.data, &stored.sha256, stored.raw_bytes, place.events)?;
    let mut scratch = String::new();
    let mut look_at = |index: usize| {
        let position = place.first_position + index as u64;
        let view = EventView::of(block.encoded(index))
            .map_err(|error| format!("event {index} of it cannot be decoded ({error})"))?;
        if query.fits(position, &view, &mut scratch) {
            on_fit(&block, index, position, &view)?;
        }
        Ok::<(), String>(())
    };
    match query.needle() {
        None => (0..block.len()).try_for_each(look_at)?,
        Some(needle) => {
            let finder = memchr::memmem::Finder::new(needle);
            let mut at = 0;
            while let Some(offset) = finder.find(&block.bytes()[at..]) {
                let index = block.index_at(at + offset);
                look_at(index)?;
                at = block.end_of(index);
            }
        }
    }
    Ok(())
}
