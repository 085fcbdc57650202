//! Everything in a case looked at again: hashes, counts, references, and the pages of the file.

use std::sync::Arc;

use cbad::{StreamKey, Watch};
use rayon::prelude::*;
use rusqlite::Connection;

use crate::analyze::pool;
use crate::apart::{apart, interruptible, look};
use crate::block::{Block, BlockIndex, widen};
use crate::damage::{Damage, damage_of};
use crate::error::CaseError;
use crate::events::BlockPlace;
use crate::grams::Filter;
use crate::schema::has_table;
use crate::search::Stored;
use crate::sql::{AtPath, unsigned};
use crate::store::Case;
use crate::tables::stream_key;
use crate::view::EventView;

/// Blocks hashed at once, a thread.
const ROUND: usize = 8;
/// Problems of one kind that are listed.
const MOST_LISTED: u64 = 100;

/// What a look at everything in a case found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Blocks of events.
    pub blocks: u64,
    /// Events that can be read.
    pub events: u64,
    /// Blocks of windows.
    pub window_blocks: u64,
    /// Rows of the audit chain.
    pub audit_rows: u64,
    /// Blocks of events that cannot be read.
    pub damaged: Vec<Damage>,
    /// What else does not fit, a sentence each.
    pub problems: Vec<String>,
}

impl Verification {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.problems.is_empty()
    }
}

/// A stream as its row has it, complete or not.
struct Stream {
    id: i64,
    number: Option<u32>,
    capture: i64,
    file_name: String,
    key: StreamKey,
    events: u64,
}

/// A count that must be 0, and what it means where it is not.
const COUNTS: [(&str, &str); 7] = [
    (
        "SELECT count(*) FROM capture WHERE records <> events + rejected",
        "captures whose records are not their events and rejected records",
    ),
    (
        "SELECT count(*) FROM capture WHERE events <>
        (SELECT coalesce(sum(stream.events), 0) FROM stream WHERE stream.capture = capture.id)",
        "captures whose streams do not hold all of their events",
    ),
    (
        "SELECT count(*) FROM stream WHERE start_nanos IS NOT
        (SELECT min(start_nanos) FROM block WHERE block.stream = stream.id) OR end_nanos IS NOT
        (SELECT max(end_nanos) FROM block WHERE block.stream = stream.id)",
        "streams that begin or end at another time than their blocks",
    ),
    (
        "SELECT count(*) FROM capture WHERE rejected + notes <>
        (SELECT count(*) FROM problem WHERE problem.capture = capture.id)",
        "captures whose problems are not all listed",
    ),
    (
        "SELECT count(*) FROM run WHERE windows <> (SELECT count(*) FROM window WHERE window.run = run.id)",
        "runs whose windows are not all there",
    ),
    (
        "SELECT count(*) FROM run WHERE flagged <>
        (SELECT count(*) FROM window WHERE window.run = run.id AND window.flagged)",
        "runs whose flagged windows are not all there",
    ),
    (
        "SELECT count(*) FROM run WHERE findings <> (SELECT count(*) FROM finding WHERE finding.run = run.id)",
        "runs whose findings are not all there",
    ),
];

impl Case {
    /// Hashes every block again, decodes every event, and checks the pages of the file, references between rows and
    /// counts. Changes nothing. The captures themselves are not read.
    pub fn verify(&self, watch: &dyn Watch) -> Result<Verification, CaseError> {
        // Where pages of an encrypted case cannot be deciphered, the connection that met one is of no use any more.
        let apart = self.key.is_some().then(|| self.another_connection()).transpose()?;
        let pages = apart.as_ref().unwrap_or(&self.connection);
        interruptible(pages, watch, || self.interruptible(watch, || self.verify_all(pages, watch)))
    }

    fn verify_all(&self, connection: &Connection, watch: &dyn Watch) -> Result<Verification, CaseError> {
        let mut found = Verification::default();
        // What is checked must not change meanwhile: counts and blocks would not fit together.
        let _reading = self.reading()?;
        self.verify_pages(connection, &mut found)?;
        look(watch)?;
        for (query, what) in COUNTS {
            match connection.query_row(query, [], |row| unsigned(row, 0)) {
                Ok(0) => {}
                Ok(count) => found.problems.push(format!("There are {count} {what}.")),
                Err(error) => found.problems.push(damage_of(error).at(&self.path)?),
            }
        }
        let streams = self.every_stream()?;
        let total = streams.iter().map(|stream| stream.events).sum();
        let pool = Arc::new(pool(None)?);
        for stream in &streams {
            self.verify_stream(stream, &pool, &mut found, watch, total)?;
        }
        self.verify_runs(&mut found, watch)?;
        look(watch)?;
        self.verify_chained(&mut found)?;
        self.verify_audit(&mut found)?;
        Ok(found)
    }

    /// What `SQLite` itself finds: pages, indexes, types, and rows that refer to missing ones.
    fn verify_pages(&self, connection: &Connection, found: &mut Verification) -> Result<(), CaseError> {
        let list = |query: &str, said: &dyn Fn(&rusqlite::Row<'_>) -> rusqlite::Result<String>| {
            let mut statement = connection.prepare(query)?;
            let rows = statement.query_map([], |row| said(row))?;
            rows.take(MOST_LISTED as usize).collect::<rusqlite::Result<Vec<String>>>()
        };
        if self.key.is_some() {
            let sealed = list("PRAGMA cipher_integrity_check", &|row| row.get(0)).at(&self.path)?;
            if !sealed.is_empty() {
                let said = |line| format!("The pages of the file cannot all be deciphered: {line}.");
                found.problems.extend(sealed.into_iter().map(said));
                // What SQLite itself says of zeros in the place of a page helps nobody.
                return Ok(());
            }
        }
        let pages = list(&format!("PRAGMA integrity_check({MOST_LISTED})"), &|row| row.get(0));
        let pages = pages.or_else(|error| damage_of(error).map(|what| vec![what])).at(&self.path)?;
        let pages = pages.into_iter().filter(|line| line != "ok");
        found
            .problems
            .extend(pages.map(|line| format!("The pages of the file do not fit together: {line}.")));
        let dangling = list("PRAGMA foreign_key_check", &|row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(format!("An entry of {table} refers to a missing entry of {parent}."))
        });
        found
            .problems
            .extend(dangling.or_else(|error| damage_of(error).map(|what| vec![what])).at(&self.path)?);
        Ok(())
    }

    fn every_stream(&self) -> Result<Vec<Stream>, CaseError> {
        const QUERY: &str =
            "SELECT stream.id, number, capture, file_name, stream.events, signal, service, name
            FROM stream JOIN capture ON capture.id = stream.capture ORDER BY stream.id";
        let mut statement = self.connection.prepare(QUERY).at(&self.path)?;
        let rows = statement.query_map([], |row| {
            Ok(Stream {
                id: row.get(0)?,
                number: row.get(1)?,
                capture: row.get(2)?,
                file_name: row.get(3)?,
                events: unsigned(row, 4)?,
                key: stream_key(row, 5)?,
            })
        });
        rows.at(&self.path)?.collect::<rusqlite::Result<_>>().at(&self.path)
    }

    fn verify_stream(
        &self,
        stream: &Stream,
        pool: &Arc<rayon::ThreadPool>,
        found: &mut Verification,
        watch: &dyn Watch,
        total: u64,
    ) -> Result<(), CaseError> {
        let places = self.blocks_with(stream.id, &(0..u64::MAX))?;
        // Until a capture is complete its blocks may be taken apart again, and have no filter yet.
        let has_index =
            stream.number.is_some() && has_table(&self.connection, "block_index").at(&self.path)?;
        let mut next = 0;
        for round in places.chunks(ROUND * pool.current_num_threads()) {
            look(watch)?;
            let mut blocks = Vec::with_capacity(round.len());
            for place in round {
                look(watch)?;
                let index = if has_index { self.index(place)? } else { None };
                blocks.push((place.clone(), self.stored(place)?, index));
            }
            let on = Arc::clone(pool);
            let checked = apart(watch, move |watch| {
                let check = |(place, stored, index): (BlockPlace, _, Option<BlockIndex>)| {
                    look(watch)?;
                    Ok(check(&place, stored, index.as_ref()))
                };
                on.install(|| blocks.into_par_iter().map(check).collect::<Result<Vec<_>, CaseError>>())
            })??;
            for (place, checked) in round.iter().zip(checked) {
                if place.first_position != next {
                    let (label, first) = (stream.key.label(), place.first_position);
                    found
                        .problems
                        .push(format!("Stream “{label}” has no events {next} to {first}, end excluded."));
                }
                next = place.end_position();
                found.blocks += 1;
                match checked {
                    Ok(Checked { index_fits, times_fit }) => {
                        found.events += place.events;
                        if !times_fit {
                            let (label, first) = (stream.key.label(), place.first_position);
                            found.problems.push(format!(
                                "The times of the block at event {first} of stream “{label}” are not those of its events: a search by time may miss them."
                            ));
                        }
                        if !index_fits {
                            let (label, first) = (stream.key.label(), place.first_position);
                            found.problems.push(format!(
                                "The search filter of the block at event {first} of stream “{label}” does not fit its events: a search may miss them."
                            ));
                        }
                    }
                    Err(what) => found.damaged.push(self.damage(stream, place, what)?),
                }
            }
            watch.progress(cbad::Stage::Prepare, found.events, total);
        }
        if next != stream.events {
            let (label, events) = (stream.key.label(), stream.events);
            found
                .problems
                .push(format!("Stream “{label}” should hold {events} events, and its blocks end at {next}."));
        }
        Ok(())
    }

    fn damage(&self, stream: &Stream, place: &BlockPlace, what: String) -> Result<Damage, CaseError> {
        Ok(Damage {
            capture: stream.capture,
            file_name: stream.file_name.clone(),
            stream: stream.number,
            stream_label: stream.key.label(),
            first_event: place.first_position,
            last_event: place.end_position().saturating_sub(1),
            source: self.source_of(place)?,
            what,
        })
    }

    /// What is known of a block without reading it, as stored; `None` for blocks of earlier schemas.
    fn index(&self, place: &BlockPlace) -> Result<Option<BlockIndex>, CaseError> {
        const QUERY: &str = "SELECT source_start, source_end, grams FROM block_index WHERE block =
            (SELECT id FROM block WHERE id = ?1 AND sha256 IS ?2)";
        let read = self.row_apart(QUERY, place, |row| {
            Ok(BlockIndex {
                source_start: unsigned(row, 0)?,
                source_end: unsigned(row, 1)?,
                grams: row.get(2)?,
            })
        });
        match read {
            // One that cannot be read fits no block.
            Ok(read) => Ok(Some(read.unwrap_or_default())),
            Err(CaseError::Database { source: rusqlite::Error::QueryReturnedNoRows, .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

struct Checked {
    index_fits: bool,
    times_fit: bool,
}

fn check(
    place: &BlockPlace,
    stored: Result<Stored, String>,
    index: Option<&BlockIndex>,
) -> Result<Checked, String> {
    let stored = stored?;
    let block = Block::unseal(&stored.data, &stored.sha256, stored.raw_bytes, place.events)?;
    let (mut start, mut end) = (None, None);
    for number in 0..block.len() {
        let view = EventView::of(block.encoded(number))
            .map_err(|error| format!("event {number} of it cannot be decoded ({error})"))?;
        widen(&mut start, &mut end, view.time_nanos);
    }
    let times_fit = (start, end) == (place.start_nanos, place.end_nanos);
    // The filter is made from the block alone, so that making it again tells; one of no bytes was not made.
    let index_fits = index
        .is_none_or(|index| *index == BlockIndex::of(block.bytes()) && Filter::read(&index.grams).is_some());
    Ok(Checked { index_fits, times_fit })
}
