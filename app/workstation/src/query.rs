//! Reading the case for the views: readers with a connection of their own answer questions in the background.
//!
//! The newest question is answered first, and a newer one of the same kind takes the place of one that still waits:
//! nobody looks at its answer any more.

use crate::doc::{Axis, Doc};
use crate::heatmap::{self, Binned, Cell, Quantity, Row};
use crate::lanes::{Density, Lane};
use crate::preview::Previewed;
use crate::remembered::{self, Kept};
use crate::series::Series;
use crate::store::{Store, Stores};
use crate::work::{Message, Post, Spawn};
use case::{Case, CaseError, EventRow, ProblemRow, SourceBytes, Veil};
use cbad::{CanonicalTest, Lens, WindowScore};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Pages that may wait; older ones have been scrolled past.
const WAITING_PAGES: usize = 8;

/// What a view asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Query {
    /// Captures, streams, a run and its findings; without a number the run that was shown last, or the latest.
    Load { run: Option<i64> },
    /// All windows of a stream.
    Stream { run: i64, stream: u32, axis: Axis },
    /// The windows of these streams, reduced to what the heatmap shows.
    Heat { run: i64, streams: Vec<u32>, axis: Axis, extent: (f64, f64) },
    /// Bins of the heatmap.
    Bin { rows: Arc<Vec<Row>>, lanes: Arc<Vec<Lane>>, range: (f64, f64), columns: usize, quantity: Quantity },
    /// A page of the events of a stream.
    Page { stream: u32, page: u64 },
    /// One event.
    Event { stream: u32, position: u64 },
    /// Events here and there in a stream.
    Picked { stream: u32, positions: Vec<u64> },
    /// The fields of a stream.
    Fields { stream: u32 },
    /// The bytes that an event was read from.
    Bytes { stream: u32, position: u64 },
    /// Positions of the events in a range of time.
    Positions { stream: u32, start_nanos: i64, end_nanos: i64 },
    /// A page of the problems.
    Problems { page: u64 },
    /// What another level would flag in these streams.
    Preview { run: i64, streams: Vec<u32>, axis: Axis, alpha: f64 },
    /// The tests by shuffling that were made of a finding.
    Tests { run: i64, finding: i64 },
    /// What the tokens of a finding's events cost.
    Bits(crate::bits::Ask),
    /// Traces, metrics and calls over the shared time.
    Telemetry(crate::telemetry::Ask),
    /// What goes over the case as a whole.
    Review(crate::review::Ask),
}

/// The windows of a stream, ready to draw.
#[derive(Clone, Debug)]
pub(crate) struct StreamData {
    /// Which stream.
    pub(crate) stream: u32,
    /// Its windows.
    pub(crate) windows: Vec<WindowScore>,
    /// Compression ratio of the window over the axis.
    pub(crate) ratio_window: Series,
    /// Compression ratio of the baseline piece.
    pub(crate) ratio_baseline: Series,
    /// NCD under zstd.
    pub(crate) ncd_zstd: Series,
    /// NCD under the count code.
    pub(crate) ncd_count: Series,
    /// Bits of each lens that applies to the stream.
    pub(crate) lenses: Vec<(Lens, Series)>,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To [`Query::Load`].
    Loaded(Result<Box<(Doc, Option<Kept>)>, String>),
    /// To [`Query::Stream`].
    Stream(u32, Result<Arc<StreamData>, String>),
    /// To [`Query::Heat`].
    Heat(Result<(Arc<Vec<Row>>, Arc<Density>), String>),
    /// To [`Query::Bin`].
    Binned(Binned),
    /// To [`Query::Page`].
    Page(u32, u64, Result<Vec<EventRow>, String>),
    /// To [`Query::Event`].
    Event(u32, u64, Result<EventRow, String>),
    /// To [`Query::Picked`]: each event, or why it cannot be read.
    Picked(u32, Vec<(u64, Result<EventRow, String>)>),
    /// To [`Query::Fields`].
    Fields(u32, Result<case::StreamFields, String>),
    /// To [`Query::Bytes`].
    Bytes(u32, u64, Result<SourceBytes, String>),
    /// To [`Query::Positions`].
    Positions(u32, Result<Range<u64>, String>),
    /// To [`Query::Problems`].
    Problems(u64, Result<Vec<ProblemRow>, String>),
    /// To [`Query::Preview`].
    Previewed(Result<Arc<Previewed>, String>),
    /// To [`Query::Tests`].
    Tests((i64, i64), Result<Vec<CanonicalTest>, String>),
    /// To [`Query::Bits`].
    Bits(crate::bits::Said),
    /// To [`Query::Telemetry`].
    Telemetry(crate::telemetry::Said),
    /// To [`Query::Review`].
    Review(crate::review::Said),
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Query>,
    at_work: bool,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A panic while the lock is held leaves the queue whole: each change is one push or one pop.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A background thread with its own read-only connection. Dropping it ends the thread after its present question.
#[derive(Debug)]
pub(crate) struct Reader {
    shared: Arc<Shared>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.waiting.clear();
        queue.closed = true;
        self.shared.changed.notify_all();
    }
}

impl Reader {
    /// Starts a reader of the case at `path`, through a veil where there is one; its answers carry `doc`.
    pub(crate) fn start(
        path: &Path,
        doc: u64,
        stores: &Stores,
        spawn: &Spawn,
        post: Post,
        veil: Option<Arc<Veil>>,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let (path, stores) = (path.to_owned(), Arc::clone(stores));
        spawn(
            "case reader",
            Box::new(move || serve(&theirs, stores(&path, veil.as_deref()).as_mut(), doc, &post)),
        );
        Self { shared }
    }

    /// Asks; gives back the pages that will not be answered because newer ones are wanted.
    pub(crate) fn ask(&self, query: Query) -> Vec<u64> {
        let mut queue = self.shared.lock();
        let dropped = push(&mut queue.waiting, query);
        self.shared.changed.notify_all();
        dropped
    }

    /// Whether a question waits or is being answered.
    pub(crate) fn busy(&self) -> bool {
        let queue = self.shared.lock();
        queue.at_work || !queue.waiting.is_empty()
    }
}

fn push(waiting: &mut Vec<Query>, query: Query) -> Vec<u64> {
    let replaces = |old: &Query| match (old, &query) {
        (Query::Page { .. } | Query::Event { .. } | Query::Problems { .. }, _) => *old == query,
        (Query::Telemetry(old), Query::Telemetry(new)) => new.replaces(old),
        (Query::Review(old), Query::Review(new)) => new.replaces(old),
        _ => std::mem::discriminant(old) == std::mem::discriminant(&query),
    };
    waiting.retain(|old| !replaces(old));
    waiting.push(query);
    let pages = waiting.iter().filter(|q| matches!(q, Query::Page { .. })).count();
    let mut dropped = Vec::new();
    for _ in WAITING_PAGES..pages {
        if let Some(oldest) = waiting.iter().position(|q| matches!(q, Query::Page { .. }))
            && let Query::Page { page, .. } = waiting.remove(oldest)
        {
            dropped.push(page);
        }
    }
    dropped
}

pub(crate) fn opened(path: &Path, veil: Option<&Veil>) -> Result<Case, CaseError> {
    let mut case = Case::open_read_only(path)?;
    if let Some(veil) = veil {
        case::show_through(Some(veil))?;
        case.read_through(veil)?;
    }
    Ok(case)
}

fn serve(shared: &Shared, store: &mut dyn Store, doc: u64, post: &Post) {
    loop {
        let mut queue = shared.lock();
        queue.at_work = false;
        let query = loop {
            if queue.closed {
                return;
            }
            match queue.waiting.pop() {
                Some(query) => break query,
                None => queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        queue.at_work = true;
        drop(queue);
        let answer = store.answer(query);
        if !post.send(Message::Answer(doc, answer)) {
            return;
        }
    }
}

pub(crate) fn said(error: &CaseError) -> String {
    case::inert(error.to_string())
}

pub(crate) fn answer(case: Result<&Case, &String>, path: &Path, query: Query) -> Answer {
    let with =
        |ask: &dyn Fn(&Case) -> Result<Answer, CaseError>, failed: &dyn Fn(String) -> Answer| match case {
            Ok(case) => ask(case).unwrap_or_else(|error| failed(said(&error))),
            Err(why) => failed(why.clone()),
        };
    match query {
        Query::Bits(ask) => Answer::Bits(ask.answer(case)),
        Query::Telemetry(ask) => Answer::Telemetry(ask.answer(case)),
        Query::Review(ask) => Answer::Review(ask.answer(case)),
        Query::Load { run } => {
            with(&|case| Ok(Answer::Loaded(Ok(Box::new(load(case, path.to_owned(), run)?)))), &|why| {
                Answer::Loaded(Err(why))
            })
        }
        Query::Preview { run, streams, axis, alpha } => with(
            &|case| {
                Ok(Answer::Previewed(Ok(Arc::new(crate::preview::of(case, run, &streams, axis, alpha)?))))
            },
            &|why| Answer::Previewed(Err(why)),
        ),
        Query::Tests { run, finding } => {
            with(&|case| Ok(Answer::Tests((run, finding), Ok(case.canonical_tests(run, finding)?))), &|why| {
                Answer::Tests((run, finding), Err(why))
            })
        }
        Query::Stream { run, stream, axis } => with(
            &|case| {
                Ok(Answer::Stream(
                    stream,
                    Ok(Arc::new(stream_data(stream, case.windows(run, stream)?, axis))),
                ))
            },
            &|why| Answer::Stream(stream, Err(why)),
        ),
        Query::Heat { run, streams, axis, extent } => with(
            &|case| {
                let rows = heat_rows(case, run, &streams, axis)?;
                let density = Arc::new(Density::of(&rows, extent));
                Ok(Answer::Heat(Ok((Arc::new(rows), density))))
            },
            &|why| Answer::Heat(Err(why)),
        ),
        Query::Bin { rows, lanes, range, columns, quantity } => {
            Answer::Binned(heatmap::bin(&rows, &lanes, range, columns, quantity))
        }
        Query::Page { stream, page } => with(
            &|case| {
                let first = page * crate::pages::PAGE;
                Ok(Answer::Page(stream, page, Ok(case.events(stream, first..first + crate::pages::PAGE)?)))
            },
            &|why| Answer::Page(stream, page, Err(why)),
        ),
        Query::Event { stream, position } => with(
            &|case| {
                let row = case.events(stream, position..position + 1)?.pop();
                Ok(Answer::Event(
                    stream,
                    position,
                    row.ok_or_else(|| format!("The stream has no event {position}.")),
                ))
            },
            &|why| Answer::Event(stream, position, Err(why)),
        ),
        Query::Picked { stream, positions } => {
            let read = |position| match case {
                Ok(case) => case.event(stream, position).map_err(|error| said(&error)),
                Err(why) => Err(why.clone()),
            };
            Answer::Picked(stream, positions.into_iter().map(|at| (at, read(at))).collect())
        }
        Query::Fields { stream } => {
            with(&|case| Ok(Answer::Fields(stream, Ok(case.stream_fields(stream)?))), &|why| {
                Answer::Fields(stream, Err(why))
            })
        }
        Query::Bytes { stream, position } => with(
            &|case| Ok(Answer::Bytes(stream, position, Ok(case.source_bytes(stream, position)?))),
            &|why| Answer::Bytes(stream, position, Err(why)),
        ),
        Query::Positions { stream, start_nanos, end_nanos } => with(
            &|case| {
                Ok(Answer::Positions(stream, Ok(case.event_positions_at(stream, start_nanos, end_nanos)?)))
            },
            &|why| Answer::Positions(stream, Err(why)),
        ),
        Query::Problems { page } => with(
            &|case| {
                let size = crate::pages::PAGE;
                Ok(Answer::Problems(page, Ok(case.problems(None, size, page * size)?)))
            },
            &|why| Answer::Problems(page, Err(why)),
        ),
    }
}

fn load(case: &Case, path: PathBuf, asked: Option<i64>) -> Result<(Doc, Option<Kept>), CaseError> {
    let mut kept = case.view_state(remembered::KEY)?.as_deref().and_then(Kept::read);
    let decided = case.decisions()?;
    let runs = case.runs()?;
    let wanted = asked.or_else(|| kept.as_ref()?.run);
    let run = runs.iter().find(|run| Some(run.id) == wanted).or(runs.last()).cloned();
    let findings = match &run {
        Some(run) => case.findings(run.id)?,
        None => Vec::new(),
    };
    let mut doc = Doc::new(path, case.captures()?, case.streams()?, run, runs, findings);
    doc.purges = case.purges()?;
    if let Some(bookmarks) = remembered::decided(&doc, &decided, kept.as_ref()) {
        kept.get_or_insert_default().bookmarks = bookmarks;
    }
    if !decided.is_empty() {
        kept.get_or_insert_default().decisions = decided;
    }
    Ok((doc, kept))
}

/// The windows of a stream as lines over the axis.
pub(crate) fn stream_data(stream: u32, windows: Vec<WindowScore>, axis: Axis) -> StreamData {
    let line_of = |value: &dyn Fn(&WindowScore) -> Option<f64>| {
        let place = |w: &WindowScore| {
            axis.of_window(w).and_then(|(from, to)| Some([f64::midpoint(from, to), value(w)?]))
        };
        Series::new(windows.iter().filter_map(place).collect())
    };
    let line = |value: fn(&WindowScore) -> f64| line_of(&|w| Some(value(w)));
    // The lenses of a stream are those of its first window.
    let lenses = windows.first().map_or(&[][..], |w| &w.lenses);
    let of_lens = |lens| line_of(&|w| Some(w.lenses.iter().find(|said| said.lens == lens)?.score_bits));
    let lenses = lenses.iter().map(|said| (said.lens, of_lens(said.lens))).collect();
    StreamData {
        stream,
        ratio_window: line(|w| w.zstd.ratio_window()),
        ratio_baseline: line(|w| w.zstd.ratio_baseline()),
        ncd_zstd: line(|w| w.zstd.ncd()),
        ncd_count: line(|w| w.count.ncd()),
        lenses,
        windows,
    }
}

fn heat_rows(case: &Case, run: i64, streams: &[u32], axis: Axis) -> Result<Vec<Row>, CaseError> {
    let cell = |window: &WindowScore| {
        let (from, to) = axis.of_window(window)?;
        let values = heatmap::values(window);
        Some(Cell { from, to, values, window: window.index, flagged: window.flagged })
    };
    let row =
        |&stream: &u32| Ok(Row::new(stream, case.windows(run, stream)?.iter().filter_map(cell).collect()));
    streams.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_question_takes_the_place_of_an_older_one_of_its_kind() {
        let mut waiting = Vec::new();
        let axis = Axis::Position;
        let page = |page| Query::Page { stream: 0, page };
        for query in [
            Query::Stream { run: 1, stream: 4, axis },
            page(1),
            Query::Event { stream: 0, position: 3 },
            Query::Stream { run: 1, stream: 5, axis },
            page(2),
            page(1),
            Query::Event { stream: 0, position: 4 },
        ] {
            assert_eq!(push(&mut waiting, query), Vec::<u64>::new());
        }
        let event = |position| Query::Event { stream: 0, position };
        assert_eq!(
            waiting,
            [event(3), Query::Stream { run: 1, stream: 5, axis }, page(2), page(1), event(4)]
        );
    }

    #[test]
    fn pages_scrolled_past_are_dropped_and_named() {
        let mut waiting = vec![Query::Load { run: None }];
        let dropped: Vec<u64> =
            (0..12).flat_map(|page| push(&mut waiting, Query::Page { stream: 0, page })).collect();
        assert_eq!(dropped, [0, 1, 2, 3]);
        assert_eq!(waiting.len(), 1 + WAITING_PAGES);
        assert_eq!(waiting[0], Query::Load { run: None });
    }
}
