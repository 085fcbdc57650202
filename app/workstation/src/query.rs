//! Reading the case for the views: what is asked, and how a case answers it.

use crate::doc::{Axis, Doc};
use crate::heatmap::{self, Binned, Cell, Row, Shown, WindowCodec};
use crate::lanes::{Density, Lane};
use crate::preview::Previewed;
pub(crate) use crate::reader::Reader;
use crate::remembered::{self, Kept};
use crate::series::Series;
use crate::state::Place;
use crate::telemetry::Ticket;
use case::{Case, CaseError, Damage, EventRow, ProblemList, ProblemRow, SourceBytes, Veil};
use cbad::{ByteRange, CanonicalTest, Lens, Watch as _, WindowScore};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    Bin { rows: Arc<Vec<Row>>, lanes: Arc<Vec<Lane>>, range: (f64, f64), columns: usize, shown: Shown },
    /// A page of the events of a stream.
    Page { stream: u32, page: u64 },
    /// One event.
    Event { stream: u32, position: u64 },
    /// Events here and there in a stream.
    Picked { stream: u32, positions: Vec<u64> },
    /// The fields of a stream.
    Fields { stream: u32 },
    /// The bytes that something was read from.
    Bytes { of: BytesOf },
    /// Positions of the events in a range of time.
    Positions { stream: u32, start_nanos: i64, end_nanos: i64 },
    /// A page of the problems.
    Problems { list: ProblemList, page: u64 },
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

/// Whose bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BytesOf {
    /// Those of an event.
    Event(Place),
    /// Those of a place of a capture that no event is of.
    Range { capture: i64, range: ByteRange },
}

/// The windows of a stream, ready to draw.
#[derive(Clone, Debug)]
pub(crate) struct StreamData {
    /// Which stream.
    pub(crate) stream: u32,
    /// Its windows.
    pub(crate) windows: Vec<WindowScore>,
    /// What each codec makes of them, in the order of [`WindowCodec::ALL`].
    codecs: [CodecLines; 2],
    /// The score.
    pub(crate) score: Series,
    /// Bits of each lens that applies to the stream.
    pub(crate) lenses: Vec<(Lens, Series)>,
}

impl StreamData {
    /// What one codec makes of the windows.
    pub(crate) fn by(&self, codec: WindowCodec) -> &CodecLines {
        &self.codecs[codec as usize]
    }
}

/// What one codec makes of the windows of a stream, over the axis.
#[derive(Clone, Debug)]
pub(crate) struct CodecLines {
    /// Compression ratio of the window.
    pub(crate) ratio_window: Series,
    /// Compression ratio of the baseline piece.
    pub(crate) ratio_baseline: Series,
    /// Normalised compression distance of both.
    pub(crate) ncd: Series,
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
    Page(u32, u64, Result<Vec<EventRow>, String>, Vec<Damage>),
    /// To [`Query::Event`].
    Event(u32, u64, Result<EventRow, String>),
    /// To [`Query::Picked`]: each event, or why it cannot be read.
    Picked(u32, Vec<(u64, Result<EventRow, String>)>),
    /// To [`Query::Fields`].
    Fields(u32, Result<case::StreamFields, String>),
    /// To [`Query::Bytes`].
    Bytes(BytesOf, Result<SourceBytes, String>),
    /// To [`Query::Positions`].
    Positions(u32, Result<Range<u64>, String>),
    /// To [`Query::Problems`].
    Problems(ProblemList, u64, Result<Vec<ProblemRow>, String>),
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

pub(crate) fn opened(path: &Path, veil: Option<&Veil>) -> Result<Case, CaseError> {
    let mut case = Case::open_read_only(path)?;
    if let Some(veil) = veil {
        case::show_through(Some(veil))?;
        case.read_through(veil)?;
    }
    Ok(case)
}

pub(crate) fn said(error: &CaseError) -> String {
    case::inert(error.to_string())
}

/// The answer of a case; of no worth where the ticket is void, and then it comes soon.
pub(crate) fn answer(case: Result<&Case, &String>, path: &Path, query: Query, ticket: &Ticket) -> Answer {
    let with =
        |ask: &dyn Fn(&Case) -> Result<Answer, CaseError>, failed: &dyn Fn(String) -> Answer| match case {
            Ok(case) => case.watched(ticket, || ask(case)).unwrap_or_else(|error| failed(said(&error))),
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
                let previewed = crate::preview::of(case, run, &streams, axis, alpha, ticket)?;
                Ok(Answer::Previewed(Ok(Arc::new(previewed))))
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
                let rows = heat_rows(case, run, &streams, axis, ticket)?;
                let density = Arc::new(Density::of(&rows, extent));
                Ok(Answer::Heat(Ok((Arc::new(rows), density))))
            },
            &|why| Answer::Heat(Err(why)),
        ),
        Query::Bin { rows, lanes, range, columns, shown } => {
            let goes_on = || !ticket.cancelled();
            Answer::Binned(heatmap::bin(&rows, &lanes, range, columns, shown, &goes_on))
        }
        Query::Page { stream, page } => with(&|case| Ok(events_page(case, stream, page)), &|why| {
            Answer::Page(stream, page, Err(why), Vec::new())
        }),
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
            let wanted = positions.into_iter().take_while(|_| !ticket.cancelled());
            Answer::Picked(stream, wanted.map(|at| (at, read(at))).collect())
        }
        Query::Fields { stream } => {
            with(&|case| Ok(Answer::Fields(stream, Ok(case.stream_fields(stream)?))), &|why| {
                Answer::Fields(stream, Err(why))
            })
        }
        Query::Bytes { of } => with(
            &|case| {
                let bytes = match of {
                    BytesOf::Event((stream, position)) => {
                        case.source_bytes_watched(stream, position, ticket)?
                    }
                    BytesOf::Range { capture, range } => case.capture_bytes(capture, range, ticket)?,
                };
                Ok(Answer::Bytes(of, Ok(bytes)))
            },
            &|why| Answer::Bytes(of, Err(why)),
        ),
        Query::Positions { stream, start_nanos, end_nanos } => with(
            &|case| {
                Ok(Answer::Positions(stream, Ok(case.event_positions_at(stream, start_nanos, end_nanos)?)))
            },
            &|why| Answer::Positions(stream, Err(why)),
        ),
        Query::Problems { list, page } => with(
            &|case| {
                let size = crate::pages::PAGE;
                Ok(Answer::Problems(list, page, Ok(case.problems_listed(&list, size, page * size)?)))
            },
            &|why| Answer::Problems(list, page, Err(why)),
        ),
    }
}

/// A page of events; where blocks of it are damaged, which.
fn events_page(case: &Case, stream: u32, page: u64) -> Answer {
    let range = page * crate::pages::PAGE..(page + 1) * crate::pages::PAGE;
    match case.events(stream, range.clone()) {
        Ok(events) => Answer::Page(stream, page, Ok(events), Vec::new()),
        Err(error) => {
            let damaged = case.events_readable(stream, range).map(|read| read.damaged).unwrap_or_default();
            Answer::Page(stream, page, Err(said(&error)), damaged)
        }
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
    doc.anchor = match &doc.run {
        Some(run) => case.anchor_path(&run.config.baseline)?,
        None => None,
    };
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
    let of_codec = |codec: WindowCodec| CodecLines {
        ratio_window: line_of(&|w| Some(codec.sizes(w).ratio_window())),
        ratio_baseline: line_of(&|w| Some(codec.sizes(w).ratio_baseline())),
        ncd: line_of(&|w| Some(codec.sizes(w).ncd())),
    };
    // The lenses of a stream are those of its first window.
    let lenses = windows.first().map_or(&[][..], |w| &w.lenses);
    let of_lens = |lens| line_of(&|w| Some(w.lenses.iter().find(|said| said.lens == lens)?.score_bits));
    let lenses = lenses.iter().map(|said| (said.lens, of_lens(said.lens))).collect();
    StreamData {
        stream,
        codecs: WindowCodec::ALL.map(of_codec),
        score: line_of(&|w| Some(w.score_bits)),
        lenses,
        windows,
    }
}

fn heat_rows(
    case: &Case,
    run: i64,
    streams: &[u32],
    axis: Axis,
    ticket: &Ticket,
) -> Result<Vec<Row>, CaseError> {
    let cell = |window: &WindowScore| {
        let (from, to) = axis.of_window(window)?;
        let values = heatmap::values(window);
        Some(Cell { from, to, values, window: window.index, flagged: window.flagged })
    };
    let row = |&stream: &u32| {
        if ticket.cancelled() {
            return Err(CaseError::Cancelled);
        }
        Ok(Row::new(stream, case.windows(run, stream)?.iter().filter_map(cell).collect()))
    };
    streams.iter().map(row).collect()
}
