//! Running an analysis over a case and keeping its result, whole or not at all.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use cbad::{Baseline, Config, Event, EventLookup, Measure, RunResult, Stage, Stream, StreamBuilder, Watch};
use crossbeam_channel::{Sender, bounded};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::anchor::Anchor;
use crate::apart::{apart, look};
use crate::audit::{Action, append as record};
use crate::error::CaseError;
use crate::rows::{RunRow, StreamRow};
use crate::sql::{AtPath, hex, now_nanos};
use crate::store::Case;
use crate::window_blocks::store_windows;

/// Blocks decompressed ahead of the one whose events are being turned into tokens.
const AHEAD: usize = 2;

/// What decides a result. Hashed, it finds the run that has it already.
#[derive(Clone, Copy, Serialize)]
struct RunKey<'a> {
    engine: &'a str,
    codecs: &'a [cbad::CodecInfo],
    config: &'a Config,
    captures: &'a [String],
}

impl Case {
    /// Analyses every stream of every complete capture. The same captures, configuration and engine give the stored
    /// run at once. `threads` changes how long it takes and nothing else.
    pub fn analyze(
        &mut self,
        config: &Config,
        threads: Option<usize>,
        watch: &dyn Watch,
    ) -> Result<RunRow, CaseError> {
        let captures = self.captures_completed()?;
        if captures.is_empty() {
            return Err(CaseError::NothingToAnalyze { path: self.path.clone() });
        }
        let codecs = cbad::codecs();
        let key = RunKey { engine: cbad::ENGINE_VERSION, codecs: &codecs, config, captures: &captures };
        let digest = json_sha256(&RunKey { config: &without_names(config), ..key });
        if let Some(id) = self.run_with_key(digest)? {
            return self.run(id);
        }
        let rows = self.streams()?;
        let anchor = self.open_anchor(&config.baseline)?;
        let prepared = self.prepare(&rows, anchor.as_ref(), config)?;
        drop(anchor);
        let offsets = self.clock_offsets(config)?;
        let lookup = Lookup { case: Mutex::new(Self::open_read_only(&self.path)?), offsets };
        let of_run = config.clone();
        let (result, results) = apart(watch, move |watch| {
            let streams = prepared.build(watch)?;
            let result = in_pool(threads, || cbad::analyze(&streams, &of_run, &lookup, watch))??;
            let results = hex(&json_sha256(&result));
            Ok::<_, CaseError>((result, results))
        })??;
        self.move_forward()?;
        let path = self.path.clone();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).at(&path)?;
        let id = store(&transaction, &key, digest, &results, &result).at(&path)?;
        store_windows(&transaction, id, &result, watch).at(&path)?.map_err(CaseError::from)?;
        let detail = serde_json::json!({
            "run": id,
            "key": hex(&digest),
            "results": results,
            "engine": key.engine,
            "config": json(config),
            "codecs": json(&codecs),
            "captures": captures,
            "findings": result.findings.len(),
        });
        record(&transaction, &self.actor, Action::Run, &format!("run {id}"), &detail).at(&path)?;
        look(watch)?;
        transaction.commit().at(&path)?;
        self.run(id)
    }

    /// SHA-256 of the complete captures that were not purged, in the order in which they were completed, which is the order of their streams.
    fn captures_completed(&self) -> Result<Vec<String>, CaseError> {
        const QUERY: &str = "SELECT sha256 FROM capture WHERE completion IS NOT NULL ORDER BY completion";
        let mut statement = self.connection.prepare(QUERY).at(&self.path)?;
        let rows = statement.query_map([], |row| Ok(hex(row.get_ref(0)?.as_blob()?))).at(&self.path)?;
        let mut captures: Vec<String> = rows.collect::<rusqlite::Result<_>>().at(&self.path)?;
        let purges = self.purges()?;
        captures.retain(|sha256| !purges.iter().any(|row| row.purge.sha256 == *sha256));
        Ok(captures)
    }

    fn run_with_key(&self, digest: [u8; 32]) -> Result<Option<i64>, CaseError> {
        let query = "SELECT id FROM run WHERE key_sha256 = ?1";
        self.connection.query_row(query, [digest.as_slice()], |row| row.get(0)).optional().at(&self.path)
    }

    /// A stream as a run saw it, whose last window ends with it: what is made again of the run must not see what came since.
    pub(crate) fn as_of_run(&self, run: i64, stream: &StreamRow) -> Result<StreamRow, CaseError> {
        const LAST: &str = "SELECT max(last_event) FROM window WHERE run = ?1 AND stream = ?2";
        let last = self.connection.query_row(LAST, [run, i64::from(stream.id)], |row| row.get(0));
        let last: Option<i64> = last.at(&self.path)?;
        let seen =
            last.and_then(|last| u64::try_from(last).ok()).map_or(u64::MAX, |last| last.saturating_add(1));
        Ok(StreamRow { events: stream.events.min(seen), ..stream.clone() })
    }

    /// What it takes to turn stored events into what the engine compares, each stream after its anchor's.
    pub(crate) fn prepare(
        &self,
        rows: &[StreamRow],
        anchor: Option<&Anchor>,
        config: &Config,
    ) -> Result<Prepared, CaseError> {
        Ok(Prepared {
            sources: self.sources(rows, anchor, config)?,
            reader: Self::open_read_only(&self.path)?,
            anchor_reader: anchor.map(|anchor| Self::open_read_only(&anchor.case.path)).transpose()?,
        })
    }

    /// What each stream is made from.
    fn sources(
        &self,
        rows: &[StreamRow],
        anchor: Option<&Anchor>,
        config: &Config,
    ) -> Result<Vec<Source>, CaseError> {
        let offsets = self.clock_offsets(config)?;
        // Of each capture the last time; a capture may have very many streams.
        let mut ends: BTreeMap<i64, i64> = BTreeMap::new();
        for (stream, offset) in self.streams()?.iter().zip(&offsets) {
            if let Some(end) = stream.end_nanos.map(|end| end.saturating_add(*offset)) {
                ends.entry(stream.capture).and_modify(|last| *last = end.max(*last)).or_insert(end);
            }
        }
        let source = |own: &StreamRow| {
            let is_left_out = !config.signals.contains(&own.key.signal) || own.key.is_further();
            let partner = anchor
                .filter(|_| !is_left_out)
                .map(|anchor| anchor.partner(self, own))
                .transpose()?
                .flatten();
            Ok(Source {
                own: own.clone(),
                anchor: partner.cloned(),
                offset_nanos: offsets[own.id as usize],
                covered_until_nanos: ends.get(&own.capture).copied(),
                is_left_out,
            })
        };
        rows.iter().map(source).collect()
    }
}

/// Streams that are to be made from stored events, with connections of their own.
pub(crate) struct Prepared {
    sources: Vec<Source>,
    reader: Case,
    anchor_reader: Option<Case>,
}

impl Prepared {
    /// The streams. Blocks are read and decoded on a thread of their own.
    pub(crate) fn build(self, watch: &dyn Watch) -> Result<Vec<Stream>, CaseError> {
        let Self { sources, reader, anchor_reader } = self;
        let total: u64 = sources
            .iter()
            .filter(|s| !s.is_left_out)
            .flat_map(|s| s.anchor.iter().chain([&s.own]))
            .map(|r| r.events)
            .sum();
        let mut done = 0;
        thread::scope(|scope| {
            // Created inside, so that an early return closes it and the thread ends.
            let (parts_in, parts) = bounded(AHEAD);
            let sources = &sources;
            scope.spawn(move || read_streams(&reader, anchor_reader.as_ref(), sources, &parts_in));
            let mut streams = Vec::with_capacity(sources.len());
            for source in sources {
                let mut builder = StreamBuilder::new(source.own.key.clone());
                if source.is_left_out {
                    streams.push(builder.finish());
                    continue;
                }
                let mut take = |builder: &mut StreamBuilder, offset_nanos: i64| {
                    while let Some(mut events) =
                        parts.recv().expect("each stream ends with a mark or an error")?
                    {
                        for event in &mut events {
                            correct(event, offset_nanos);
                            builder.push(event);
                        }
                        done += events.len() as u64;
                        watch.progress(Stage::Prepare, done, total);
                        if watch.cancelled() {
                            return Err(CaseError::Cancelled);
                        }
                    }
                    Ok(())
                };
                if source.anchor.is_some() {
                    take(&mut builder, 0)?;
                    builder.end_anchor();
                }
                take(&mut builder, source.offset_nanos)?;
                if let Some(until) = source.covered_until_nanos {
                    builder.covers_until(until);
                }
                streams.push(builder.finish());
            }
            Ok(streams)
        })
    }
}

/// What one stream is made from.
struct Source {
    own: StreamRow,
    /// Its partner in the anchor, where there is one.
    anchor: Option<StreamRow>,
    /// What is added to its times.
    offset_nanos: i64,
    /// The last time in its capture.
    covered_until_nanos: Option<i64>,
    /// Nobody looks at it, so that its events are not read.
    is_left_out: bool,
}

/// The same configuration without what is there for people alone.
fn without_names(config: &Config) -> Config {
    let mut config = config.clone();
    if let Baseline::Anchor { file_name, .. } = &mut config.baseline {
        file_name.clear();
    }
    config
}

/// The events of one block, or the end of a stream.
type Part = Result<Option<Vec<Event>>, CaseError>;

/// Sends the events of the streams in order, each after its anchor's, block by block, and a mark after each; ends at the
/// first error, or where nobody listens any more.
fn read_streams(case: &Case, anchor: Option<&Case>, sources: &[Source], parts: &Sender<Part>) {
    let rows = sources.iter().filter(|source| !source.is_left_out).flat_map(|source| {
        let partner = anchor.zip(source.anchor.as_ref());
        partner.into_iter().chain([(case, &source.own)])
    });
    for (case, row) in rows {
        let is_heard = match read_stream(case, row, |events| parts.send(Ok(Some(events))).is_ok()) {
            Ok(true) => parts.send(Ok(None)).is_ok(),
            Ok(false) => false,
            Err(error) => return drop(parts.send(Err(error))),
        };
        if !is_heard {
            return;
        }
    }
}

/// Gives every event of a stream that its row tells of to `take`, block by block, and none that came since; false where that wants
/// no more.
fn read_stream(case: &Case, row: &StreamRow, take: impl Fn(Vec<Event>) -> bool) -> Result<bool, CaseError> {
    let _reading = case.reading()?;
    let (id, now) = case.stream_by_number(row.id)?;
    let mut next = 0;
    for place in case.blocks_with(id, &(0..u64::MAX))? {
        if place.first_position != next {
            return Err(case.damaged(
                &place,
                row,
                format!("the events from {next} on are missing before it"),
            ));
        }
        next = place.end_position();
        if place.first_position >= row.events {
            continue;
        }
        let wanted = (next.min(row.events) - place.first_position) as usize;
        let events = case.read_block(&place)?;
        let events = events.and_then(|block| (0..wanted).map(|index| block.event(index)).collect());
        if !take(events.map_err(|what| case.damaged(&place, row, what))?) {
            return Ok(false);
        }
    }
    if next == now.events && next >= row.events {
        return Ok(true);
    }
    let (label, expected) = (row.key.label(), now.events.max(row.events));
    let what = format!("stream “{label}” should hold {expected} events and its blocks hold {next}");
    Err(CaseError::row(&case.path, "block", what))
}

/// The event as it would be with the right clock.
fn correct(event: &mut Event, offset_nanos: i64) {
    if offset_nanos == 0 {
        return;
    }
    event.time_nanos = event.time_nanos.map(|time| time.saturating_add(offset_nanos));
    if let Some(Measure::Cumulative { start_nanos: Some(start), .. }) = &mut event.measure {
        *start = start.saturating_add(offset_nanos);
    }
}

/// Events for explanations, from a connection of its own; the engine asks for few.
struct Lookup {
    case: Mutex<Case>,
    /// By stream.
    offsets: Vec<i64>,
}

impl EventLookup for Lookup {
    fn event(&self, stream: u32, position: u64) -> Option<Event> {
        let case = self.case.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut event = case.event(stream, position).ok()?.event;
        correct(&mut event, self.offsets[stream as usize]);
        Some(event)
    }
}

/// Runs on a pool of its own, so that the number of threads is this run's and not the process's.
pub(crate) fn in_pool<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, CaseError> {
    Ok(pool(threads)?.install(work))
}

pub(crate) fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, CaseError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    pool.map_err(|error| CaseError::Threads { threads: threads.unwrap_or(0), what: error.to_string() })
}

pub(crate) fn json_sha256(value: &impl Serialize) -> [u8; 32] {
    struct Hashing(Sha256);
    impl std::io::Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut hashing = std::io::BufWriter::new(Hashing(Sha256::new()));
    serde_json::to_writer(&mut hashing, value)
        .expect("the engine's types have string keys and a hash takes every byte");
    let hashing = hashing.into_inner().unwrap_or_else(|_| unreachable!("a hash takes every byte"));
    hashing.0.finalize().into()
}

pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the engine's types have string keys")
}

fn store(
    transaction: &Transaction<'_>,
    key: &RunKey<'_>,
    digest: [u8; 32],
    results_sha256: &str,
    result: &RunResult,
) -> rusqlite::Result<i64> {
    const RUN: &str =
        "INSERT INTO run (key_sha256, engine, codecs, config, captures, results_sha256, windows, flagged,
        findings, finished_at_nanos, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    const NEXT: &str = "SELECT 1 + max(coalesce((SELECT max(id) FROM run), 0),
        coalesce((SELECT max(json_extract(detail, '$.run')) FROM audit WHERE action = 'run'), 0))";
    const STREAM: &str = "INSERT INTO run_stream (run, stream, windows, note) VALUES (?1, ?2, ?3, ?4)";
    let windows = result.streams.iter().flat_map(|stream| &stream.windows);
    let (total, flagged) =
        (windows.clone().count() as i64, windows.filter(|window| window.flagged).count() as i64);
    // A run that was removed keeps its number to itself: people and decisions refer to it.
    let run: i64 = transaction.query_row(NEXT, [], |row| row.get(0))?;
    transaction.execute(
        RUN,
        params![
            digest.as_slice(),
            key.engine,
            json(&key.codecs),
            json(key.config),
            json(&key.captures),
            results_sha256,
            total,
            flagged,
            result.findings.len() as i64,
            now_nanos(),
            run,
        ],
    )?;
    let mut insert = transaction.prepare(STREAM)?;
    for (number, stream) in (0_i64..).zip(&result.streams) {
        insert.execute(params![run, number, stream.windows.len() as i64, stream.note])?;
    }
    store_drifts(transaction, run, result)?;
    store_findings(transaction, run, result)?;
    Ok(run)
}

fn store_drifts(transaction: &Transaction<'_>, run: i64, result: &RunResult) -> rusqlite::Result<()> {
    const DRIFT: &str = "INSERT INTO run_drift (run, stream, payload) VALUES (?1, ?2, ?3)";
    for (number, stream) in (0_i64..).zip(&result.streams) {
        if let Some(drift) = &stream.drift {
            // Choosing the anchor moved the case to the schema that has the table.
            transaction.execute(DRIFT, params![run, number, json(drift)])?;
        }
    }
    Ok(())
}

fn store_findings(transaction: &Transaction<'_>, run: i64, result: &RunResult) -> rusqlite::Result<()> {
    const FINDING: &str = "INSERT INTO finding (run, id, stream, first_event, last_event, start_nanos, end_nanos, grade,
        flagged, q, score_bits, sentence, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let mut insert = transaction.prepare(FINDING)?;
    for (id, finding) in (1_i64..).zip(&result.findings) {
        insert.execute(params![
            run,
            id,
            finding.stream,
            finding.first_event as i64,
            finding.last_event as i64,
            finding.start_nanos,
            finding.end_nanos,
            finding.grade.name(),
            finding.flagged,
            finding.q,
            finding.score_bits,
            finding.explanation.sentence,
            json(finding),
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use cbad::{Config, Unwatched};

    use crate::{Case, Growing};

    #[test]
    fn events_that_come_while_streams_are_made_are_left_to_the_next_run()
    -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.log");
        let mut case = Case::create(&folder.path().join("c.driftlock"))?;
        let mut text = String::new();
        let mut piece = |case: &mut Case, growing: &mut Option<Growing>| {
            text.push_str("2026-03-01T00:00:01Z INFO one\n");
            std::fs::write(&path, &text)?;
            let growing = match growing {
                Some(growing) => growing,
                none => none.insert(Growing::open(&path)?),
            };
            case.take_grown(growing, false, &ingest::OpenOptions::default(), &Unwatched)?;
            case.join_pieces(growing)?;
            Ok::<_, Box<dyn std::error::Error>>(())
        };
        let mut growing = None;
        piece(&mut case, &mut growing)?;
        let prepared = case.prepare(&case.streams()?, None, &Config::default())?;
        piece(&mut case, &mut growing)?;
        assert_eq!(case.streams()?[0].events, 2);
        assert_eq!(prepared.build(&Unwatched)?[0].len(), 1);
        Ok(())
    }
}
