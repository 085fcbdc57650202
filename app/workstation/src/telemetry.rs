//! Traces, metrics and calls to language models over the shared time: what was asked of the case, what came back, and what of it is shown.
//!
//! A question carries a ticket. A newer question of its kind makes the ticket void, and the walk over the case that still
//! works for it stops at its next block.

pub(crate) mod calls;
pub(crate) mod metrics;

use crate::doc::Doc;
use crate::query::{Query, Reader};
use crate::state::State;
use crate::ui::rows::ListState;
use case::{Call, Calls, DiffPart, PathDifference, compare_traces, diff_texts, prompt_text};
use case::{Case, CaseError, Edge, Readings, SpanIndex, Trace, TraceRow};
use cbad::{Stage, Watch};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Says whether an answer is still wanted.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    number: u64,
    latest: Arc<AtomicU64>,
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && Arc::ptr_eq(&self.latest, &other.latest)
    }
}

impl Watch for Ticket {
    fn progress(&self, _stage: Stage, _done: u64, _total: u64) {}

    fn cancelled(&self) -> bool {
        self.latest.load(Ordering::Relaxed) != self.number
    }
}

/// Where the tickets of one kind of question are given out.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    latest: Arc<AtomicU64>,
}

impl Desk {
    /// A ticket that makes all earlier ones void.
    pub(crate) fn ticket(&self) -> Ticket {
        let number = self.latest.fetch_add(1, Ordering::Relaxed) + 1;
        Ticket { number, latest: Arc::clone(&self.latest) }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // Nobody will look at what is still being read.
        self.latest.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// Traces and the map of services over a range of time.
    Spans { times: Range<i64>, doc: Arc<Doc> },
    /// One trace; the second of a comparison, or the one that is looked at.
    Trace { trace: [u8; 16], doc: Arc<Doc> },
    /// Readings of these streams.
    Readings { streams: Vec<u32>, times: Range<i64>, bins: u32 },
    /// Calls to language models.
    Calls { times: Range<i64> },
    /// One call, and how its prompt differs from that of another.
    Call { stream: u32, position: u64, kept: Option<Arc<Call>> },
}

/// A question with its ticket.
#[derive(Clone, Debug)]
pub(crate) struct Ask<T = Asked> {
    pub(crate) what: T,
    pub(crate) ticket: Ticket,
}

impl<T> PartialEq for Ask<T> {
    fn eq(&self, other: &Self) -> bool {
        self.ticket == other.ticket
    }
}

impl<T> Ask<T> {
    /// Whether the older question is of the same kind, so that nobody waits for it any more.
    pub(crate) fn replaces(&self, older: &Self) -> bool {
        std::mem::discriminant(&self.what) == std::mem::discriminant(&older.what)
    }
}

impl Ask {
    /// Asks the case. What is wrong is said in words; a void question is told from it by its ticket.
    pub(crate) fn answer(self, case: Result<&Case, &String>) -> Said {
        let what = match case {
            Ok(case) => self.ask(case).map_err(|error| case::inert(error.to_string())),
            Err(why) => Err(why.clone()),
        };
        Said { ticket: self.ticket, what }
    }

    fn ask(&self, case: &Case) -> Result<Found, CaseError> {
        Ok(match &self.what {
            Asked::Spans { times, doc } => {
                let index = case.spans_in(times.clone(), &self.ticket)?;
                Found::Spans(Arc::new(Spans::new(&index, doc)))
            }
            Asked::Trace { trace, doc } => {
                Found::Trace(Arc::new(case.trace(*trace, &doc.findings, &self.ticket)?))
            }
            Asked::Calls { times } => Found::Calls(Arc::new(case.calls(times.clone(), &self.ticket)?)),
            Asked::Call { stream, position, kept } => {
                let call = case.call(*stream, *position)?;
                Found::Call(
                    call.map(|call| Arc::new(calls::Read { compared: compared(&call, kept.as_ref()), call })),
                )
            }
            Asked::Readings { streams, times, bins } => {
                let read =
                    |stream: &u32| case.readings(*stream, times.clone(), *bins, &self.ticket).map(Arc::new);
                Found::Readings(streams.iter().map(read).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// What came back, and to which question.
#[derive(Debug)]
pub(crate) struct Said {
    ticket: Ticket,
    what: Result<Found, String>,
}

#[derive(Debug)]
enum Found {
    Spans(Arc<Spans>),
    Trace(Arc<Trace>),
    Readings(Vec<Arc<Readings>>),
    Calls(Arc<Calls>),
    Call(Option<Arc<calls::Read>>),
}

/// The prompt of a call against that of another.
fn compared(call: &Call, kept: Option<&Arc<Call>>) -> Option<(Arc<Call>, Vec<DiffPart>)> {
    let kept = kept?;
    let (first, second) = (prompt_text(&kept.messages), prompt_text(&call.messages));
    Some((Arc::clone(kept), diff_texts(&first, &second)))
}

/// The traces of a range, and the map of services.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    pub(crate) rows: Vec<TraceRow>,
    pub(crate) edges: Vec<Edge>,
    /// Spans in the range.
    pub(crate) total: u64,
    /// One of so many traces is held.
    pub(crate) one_of: u64,
    /// Spans that carry no trace id.
    pub(crate) without_trace: u64,
    /// What could not be read, in words.
    pub(crate) damaged: Vec<String>,
}

impl Spans {
    fn new(index: &SpanIndex, doc: &Doc) -> Self {
        Self {
            rows: index.traces(&doc.findings),
            edges: index.service_map(),
            total: index.total(),
            one_of: index.one_of(),
            without_trace: index.without_trace(),
            damaged: index.damaged().iter().map(|damage| case::inert(damage.to_string())).collect(),
        }
    }
}

/// The upper part of the view of traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Upper {
    #[default]
    List,
    Map,
}

/// The lower part of the view of traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lower {
    #[default]
    Waterfall,
    Events,
    Comparison,
}

/// What a person has chosen in the view of traces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ChosenTraces {
    pub(crate) upper: Upper,
    pub(crate) lower: Lower,
    pub(crate) filter: String,
    pub(crate) errors_only: bool,
    /// Column that the list is sorted by, and whether the largest stand first.
    pub(crate) sort: Sort,
    /// The trace that is looked at; none where the view itself took the first.
    pub(crate) trace: Option<[u8; 16]>,
}

/// Two traces, and how they differ.
type Compared = ([Arc<Trace>; 2], Arc<Vec<PathDifference>>);

/// The view of traces.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    desk: Desk,
    trace_desk: Desk,
    asked: Option<(Range<i64>, Option<i64>)>,
    is_old: bool,
    pub(crate) reading: bool,
    pub(crate) failed: Option<String>,
    pub(crate) spans: Option<Arc<Spans>>,
    pub(crate) chosen: ChosenTraces,
    /// Rows of `spans` that are listed, in order; made anew when one of the things it depends on changes.
    pub(crate) listed: Option<(ListKey, Arc<Vec<usize>>)>,
    pub(crate) list: ListState,
    wanted: Option<[u8; 16]>,
    pub(crate) trace: Option<Arc<Trace>>,
    pub(crate) trace_failed: Option<String>,
    /// The trace that others are compared with.
    pub(crate) kept: Option<Arc<Trace>>,
    /// Two traces, and how they differ.
    compared: Option<Compared>,
    pub(crate) spans_list: ListState,
    pub(crate) events_list: ListState,
    pub(crate) compare_list: ListState,
    pub(crate) edges_list: ListState,
}

/// A column that a table is sorted by, and whether the largest stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sort(pub(crate) usize, pub(crate) bool);

impl Default for Sort {
    fn default() -> Self {
        // The slowest first.
        Self(1, true)
    }
}

/// What a list of traces depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListKey {
    pub(crate) filter: String,
    pub(crate) errors_only: bool,
    pub(crate) sort: Sort,
    /// Address of the spans.
    pub(crate) spans: usize,
}

/// Everything of this kind that the window knows.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    /// Walks over the case without holding up the other readers.
    pub(crate) reader: Option<Reader>,
    pub(crate) traces: Traces,
    pub(crate) metrics: metrics::Metrics,
    pub(crate) calls: calls::CallsView,
}

impl Telemetry {
    /// Whether a question is being answered.
    pub(crate) fn busy(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::busy)
    }

    fn ask(&self, what: Asked, ticket: Ticket) {
        if let Some(reader) = &self.reader {
            reader.ask(Query::Telemetry(Ask { what, ticket }));
        }
    }

    /// The case has grown or has another run: all is read again, and what was read before stands until then.
    pub(crate) fn outdated(&mut self) {
        (self.traces.is_old, self.metrics.is_old, self.calls.is_old) = (true, true, true);
    }

    /// Forgets what was read of the case, for another run of it. Its series are those that it had.
    pub(crate) fn forget(&mut self) {
        let metrics = std::mem::take(&mut self.metrics);
        self.metrics = metrics::Metrics {
            shown: metrics.shown,
            is_chosen: metrics.is_chosen,
            filter: metrics.filter,
            drawn: metrics.drawn,
            ..Default::default()
        };
        self.calls = calls::CallsView { chosen: self.calls.chosen.clone(), ..Default::default() };
        self.traces = Traces { chosen: self.traces.chosen.clone(), ..Traces::default() };
    }

    /// Takes an answer, where it is still wanted.
    pub(crate) fn take(&mut self, said: Said) {
        if said.ticket.cancelled() {
            return;
        }
        let of_metrics = Arc::ptr_eq(&said.ticket.latest, &self.metrics.desk.latest);
        let of_calls = Arc::ptr_eq(&said.ticket.latest, &self.calls.desk.latest);
        let of_call = Arc::ptr_eq(&said.ticket.latest, &self.calls.call_desk.latest);
        let traces = &mut self.traces;
        let of_spans = Arc::ptr_eq(&said.ticket.latest, &traces.desk.latest);
        match said.what {
            Ok(Found::Spans(spans)) => {
                traces.reading = false;
                traces.failed = None;
                traces.spans = Some(spans);
            }
            Ok(Found::Trace(trace)) => {
                traces.trace_failed = None;
                traces.trace = Some(trace);
            }
            Ok(Found::Readings(read)) => {
                (self.metrics.reading, self.metrics.failed) = (false, None);
                self.metrics.read = read;
            }
            Ok(Found::Calls(calls)) => {
                (self.calls.reading, self.calls.failed) = (false, None);
                (self.calls.calls, self.calls.listed) = (Some(calls), None);
            }
            Ok(Found::Call(Some(read))) => self.calls.read = Some(read),
            Ok(Found::Call(None)) => {
                self.calls.call_failed = Some("The event is no call to a language model.".to_owned());
            }
            Err(why) if of_calls => (self.calls.reading, self.calls.failed) = (false, Some(why)),
            Err(why) if of_call => self.calls.call_failed = Some(why),
            Err(why) if of_metrics => (self.metrics.reading, self.metrics.failed) = (false, Some(why)),
            Err(why) if of_spans => {
                traces.reading = false;
                traces.failed = Some(why);
            }
            Err(why) => traces.trace_failed = Some(why),
        }
    }
}

/// The times that the views show, as the case takes them: half-open.
pub(crate) fn times(state: &State, doc: &Doc) -> Option<Range<i64>> {
    let (start, end) = doc.axis.nanos(state.range.0).zip(doc.axis.nanos(state.range.1))?;
    // Seconds as floating point are a few nanoseconds off at the ends of the case.
    let slack = i64::from(state.range == doc.extent) * 1000;
    Some(start.saturating_sub(slack)..end.saturating_add(slack + 1))
}

impl State {
    /// Has the traces of the shared time read, where that has not been asked for yet.
    pub(crate) fn want_traces(&mut self, doc: &Arc<Doc>) {
        let Some(times) = times(self, doc) else { return };
        let key = Some((times.clone(), doc.run.as_ref().map(|run| run.id)));
        let traces = &mut self.telemetry.traces;
        // What is being read is read to its end: a case that grows faster would never be shown.
        let is_old = !traces.reading && std::mem::take(&mut traces.is_old);
        let old = traces.wanted.filter(|_| is_old).map(|trace| (trace, traces.trace_desk.ticket()));
        if is_old || traces.asked != key {
            traces.asked = key;
            traces.reading = true;
            let ticket = traces.desk.ticket();
            self.telemetry.ask(Asked::Spans { times, doc: Arc::clone(doc) }, ticket);
        }
        if let Some((trace, ticket)) = old {
            self.telemetry.ask(Asked::Trace { trace, doc: Arc::clone(doc) }, ticket);
        }
    }

    /// Shows a trace that a person chose.
    pub(crate) fn choose_trace(&mut self, doc: &Arc<Doc>, trace: [u8; 16]) {
        self.telemetry.traces.chosen.trace = Some(trace);
        self.want_trace(doc, trace);
    }

    /// Shows a trace.
    pub(crate) fn want_trace(&mut self, doc: &Arc<Doc>, trace: [u8; 16]) {
        let traces = &mut self.telemetry.traces;
        if traces.wanted != Some(trace) {
            traces.wanted = Some(trace);
            (traces.trace, traces.trace_failed) = (None, None);
            (traces.spans_list, traces.events_list) = (ListState::default(), ListState::default());
            let ticket = traces.trace_desk.ticket();
            self.telemetry.ask(Asked::Trace { trace, doc: Arc::clone(doc) }, ticket);
        }
    }
}

impl Traces {
    /// The trace that is shown, read or not.
    pub(crate) fn wanted(&self) -> Option<[u8; 16]> {
        self.wanted
    }

    /// How the trace that is shown differs from the one that is kept.
    pub(crate) fn compared(&mut self) -> Option<Arc<Vec<PathDifference>>> {
        let two = [self.kept.clone()?, self.trace.clone()?];
        let known = self.compared.take().filter(|(of, _)| {
            let is_same = |(a, b)| Arc::ptr_eq(a, b);
            of.iter().zip(&two).all(is_same)
        });
        let differences =
            known.map_or_else(|| Arc::new(compare_traces(&two[0], &two[1])), |(_, differences)| differences);
        self.compared = Some((two, Arc::clone(&differences)));
        Some(differences)
    }

    /// Chooses what was chosen then.
    pub(crate) fn choose(&mut self, chosen: ChosenTraces) {
        if chosen.trace != self.chosen.trace {
            (self.wanted, self.trace, self.trace_failed) = (None, None, None);
        }
        self.chosen = chosen;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_is_asked_for_again_once_it_has_come_and_what_was_chosen_stays() {
        let mut state = crate::scene::state();
        let doc = state.doc.clone().expect("the scene has a case");
        state.telemetry.metrics.toggle(1);
        let ask = |state: &mut State| {
            state.want_traces(&doc);
            state.want_readings(&doc);
            state.want_calls(&doc);
        };
        let reading = |state: &State| {
            let Telemetry { traces, metrics, calls, .. } = &state.telemetry;
            [traces.reading, metrics.reading, calls.reading]
        };
        let tickets = |state: &State| {
            let Telemetry { traces, metrics, calls, .. } = &state.telemetry;
            [&traces.desk, &metrics.desk, &calls.desk].map(|desk| desk.latest.load(Ordering::Relaxed))
        };
        ask(&mut state);
        assert_eq!((reading(&state), tickets(&state)), ([true; 3], [1; 3]));
        state.telemetry.outdated();
        ask(&mut state);
        assert_eq!(tickets(&state), [1; 3], "it is being read");
        let telemetry = &mut state.telemetry;
        (telemetry.traces.reading, telemetry.metrics.reading, telemetry.calls.reading) =
            (false, false, false);
        for _ in 0..2 {
            ask(&mut state);
            assert_eq!((reading(&state), tickets(&state)), ([true; 3], [2; 3]), "once");
        }
        state.telemetry.forget();
        let metrics = &state.telemetry.metrics;
        assert!(metrics.is_chosen && metrics.shown == [1] && metrics.read.is_empty());
    }

    #[test]
    fn a_newer_ticket_and_a_closed_desk_make_older_ones_void() {
        let (desk, other) = (Desk::default(), Desk::default());
        let first = desk.ticket();
        assert!(!first.cancelled());
        let second = desk.ticket();
        other.ticket();
        assert!(first.cancelled() && !second.cancelled());
        assert!(first != second && second != other.ticket());
        drop(desk);
        assert!(second.cancelled());
    }
}
