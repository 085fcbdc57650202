//! What is looked for: one value, made from one line of text or piece by piece, that an event fits or does not.
//!
//! A person reads of an event its body and its fields as `path=value`; that, piece by piece, is what text is looked for
//! in. A literal does not reach from one piece into the next.

use std::ops::Range;

use cbad::{Severity, Signal, StreamKey};

use crate::grams::{Filter, ids};
use crate::moment::Moment;
use crate::pattern::Pattern;
use crate::view::EventView;

pub use crate::query_text::QueryError;

/// Events that fit every one of its terms. [`Query::parse`] reads one from text; [`Query::new`] fits every event until
/// it is told otherwise.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub(crate) terms: Vec<Term>,
    from: Option<Moment>,
    until: Option<Moment>,
}

/// One condition, or that it does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    pub(crate) is_negated: bool,
    pub(crate) what: What,
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Text in the body or in a field as `path=value`, or a whole id.
    Text(Pattern),
    /// A field of this path, with this value where one is given.
    Field {
        path: String,
        value: Option<FieldValue>,
    },
    /// A severity from the first to the last.
    Level(Severity, Severity),
    Signal(Signal),
    /// A stream by its number or its label.
    Stream(String),
    Service(String),
    /// The first digits of a trace id, as lower-case hex.
    Trace(String),
    /// The first digits of a span id or of a parent's.
    Span(String),
}

/// What a field's value is to be.
#[derive(Clone, Debug)]
pub(crate) enum FieldValue {
    /// All of it, as it is shown.
    Exactly(String),
    /// A part of it.
    Holds(Pattern),
}

impl Query {
    /// Fits every event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `level:error "connection refused" /time.?out/ -stream:gateway` and the like; `docs/CLI.md` has the syntax.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        crate::query_text::parse(text)
    }

    /// … and holds this text. With `any_case`, ASCII letters fit in either case.
    #[must_use]
    pub fn with_text(self, literal: &str, any_case: bool) -> Self {
        self.and(What::Text(Pattern::literal(literal.as_bytes(), any_case)))
    }

    /// … and a part fits a regular expression in the syntax of the crate `regex`. The error says what is wrong with it.
    pub fn with_regex(self, regex: &str, any_case: bool) -> Result<Self, QueryError> {
        let pattern = Pattern::regex(regex, any_case).map_err(|what| QueryError { at: 0, what })?;
        Ok(self.and(What::Text(pattern)))
    }

    /// … and has a field: `path=value`, `path=/regex/`, or `path=*` for any value.
    pub fn with_field(self, text: &str) -> Result<Self, QueryError> {
        let what = crate::query_text::field(text)?;
        Ok(self.and(what))
    }

    /// … and is in this stream: its number, or its label.
    #[must_use]
    pub fn with_stream(self, stream: &str) -> Self {
        self.and(What::Stream(stream.to_owned()))
    }

    /// … and is in another stream than this one.
    #[must_use]
    pub fn without_stream(mut self, stream: &str) -> Self {
        self.terms.push(Term { is_negated: true, what: What::Stream(stream.to_owned()) });
        self
    }

    /// … and is of this signal.
    #[must_use]
    pub fn with_signal(self, signal: Signal) -> Self {
        self.and(What::Signal(signal))
    }

    /// … and belongs to this trace.
    #[must_use]
    pub fn with_trace(self, trace: [u8; 16]) -> Self {
        self.and(What::Trace(crate::sql::hex(&trace)))
    }

    /// … and stands at or after a time or a position in its stream. An event without a time is at no time.
    #[must_use]
    pub fn from(mut self, from: Moment) -> Self {
        self.from = Some(from);
        self
    }

    /// … and stands before a time or a position.
    #[must_use]
    pub fn until(mut self, until: Moment) -> Self {
        self.until = Some(until);
        self
    }

    /// … and stands within times; of all times, from the least to the greatest that there is, it may have none.
    #[must_use]
    pub(crate) fn within(mut self, times: &std::ops::Range<i64>) -> Self {
        self.from = (times.start > i64::MIN).then_some(Moment::Nanos(times.start));
        self.until = (times.end < i64::MAX).then_some(Moment::Nanos(times.end));
        self
    }

    pub(crate) fn and(mut self, what: What) -> Self {
        self.terms.push(Term { is_negated: false, what });
        self
    }

    /// Where the texts looked for stand in a piece of text that is shown, in order and without overlaps: what a list of
    /// hits marks.
    pub fn marks_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut marks: Vec<Range<usize>> = Vec::new();
        for term in self.terms.iter().filter(|term| !term.is_negated) {
            match &term.what {
                What::Text(pattern) | What::Field { value: Some(FieldValue::Holds(pattern)), .. } => {
                    marks.extend(pattern.places_in(text));
                }
                _ => {}
            }
        }
        marks.sort_by_key(|mark| (mark.start, mark.end));
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(marks.len());
        for mark in marks {
            match joined.last_mut() {
                Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
                _ => joined.push(mark),
            }
        }
        joined
    }

    /// Whether events of a stream may fit at all.
    pub(crate) fn may_be_in_stream(&self, number: u32, key: &StreamKey) -> bool {
        self.terms.iter().all(|term| {
            let fits = match &term.what {
                What::Signal(signal) => key.signal == *signal,
                What::Stream(name) => {
                    name.parse().map_or_else(|_| key.label() == *name, |id: u32| id == number)
                }
                What::Service(service) => key.service.as_deref() == Some(service),
                _ => return true,
            };
            fits != term.is_negated
        })
    }

    /// Positions that may fit.
    pub(crate) fn positions(&self) -> Range<u64> {
        let position = |moment: Option<Moment>| match moment {
            Some(Moment::Position(position)) => Some(position),
            Some(Moment::Nanos(_)) | None => None,
        };
        position(self.from).unwrap_or(0)..position(self.until).unwrap_or(u64::MAX)
    }

    /// Times that may fit: at or after the first, before the second.
    pub(crate) fn times(&self) -> (Option<i64>, Option<i64>) {
        let nanos = |moment: Option<Moment>| match moment {
            Some(Moment::Nanos(nanos)) => Some(nanos),
            Some(Moment::Position(_)) | None => None,
        };
        (nanos(self.from), nanos(self.until))
    }

    /// Whether an event of a block with these times may fit.
    pub(crate) fn may_be_within(&self, start_nanos: Option<i64>, end_nanos: Option<i64>) -> bool {
        let (from, until) = self.times();
        from.is_none_or(|from| end_nanos.is_some_and(|end| end >= from))
            && until.is_none_or(|until| start_nanos.is_some_and(|start| start < until))
    }

    /// Whether an event of a block with this filter may fit.
    pub(crate) fn may_be_in_block(&self, filter: &Filter<'_>) -> bool {
        self.terms.iter().filter(|term| !term.is_negated).all(|term| match &term.what {
            What::Text(pattern) => {
                pattern.required().iter().all(|literal| filter.may_hold(literal))
                    || pattern.id().is_some_and(|id| filter.may_hold_id(id))
            }
            What::Field { path, value } => match value {
                Some(FieldValue::Exactly(value)) => filter.may_hold(format!("{path}={value}").as_bytes()),
                Some(FieldValue::Holds(pattern)) => {
                    filter.may_hold(format!("{path}=").as_bytes())
                        && pattern.required().iter().all(|literal| filter.may_hold(literal))
                }
                None => filter.may_hold(format!("{path}=").as_bytes()),
            },
            What::Trace(hex) => whole_id(hex, 16).is_none_or(|id| filter.may_hold_id(&id)),
            What::Span(hex) => whole_id(hex, 8).is_none_or(|id| filter.may_hold_id(&id)),
            What::Level(..) | What::Signal(_) | What::Stream(_) | What::Service(_) => true,
        })
    }

    /// A text that the encoding of every event that fits holds as it stands, where there is one: then the rest of a block
    /// need not be decoded.
    pub(crate) fn needle(&self) -> Option<&[u8]> {
        let positive = self.terms.iter().filter(|term| !term.is_negated);
        let needles = positive.filter_map(|term| match &term.what {
            What::Text(pattern) => pattern.needle(),
            _ => None,
        });
        needles.max_by_key(|needle| needle.len())
    }

    /// Whether an event fits, apart from its stream.
    pub(crate) fn fits(&self, position: u64, event: &EventView<'_>, scratch: &mut String) -> bool {
        let (from, until) = self.times();
        let is_within = from.is_none_or(|from| event.time_nanos.is_some_and(|time| time >= from))
            && until.is_none_or(|until| event.time_nanos.is_some_and(|time| time < until));
        is_within
            && self.positions().contains(&position)
            && self
                .terms
                .iter()
                .filter(|term| !term.what.is_of_stream())
                .all(|term| term.what.fits(event, scratch) != term.is_negated)
    }
}

impl What {
    /// Whether it is the same for all events of a stream, and so asked once: [`Query::may_be_in_stream`].
    fn is_of_stream(&self) -> bool {
        matches!(self, Self::Signal(_) | Self::Stream(_) | Self::Service(_))
    }

    fn fits(&self, event: &EventView<'_>, scratch: &mut String) -> bool {
        match self {
            Self::Text(pattern) => {
                pattern.is_in(event.body)
                    || event.fields.iter().any(|field| {
                        scratch.clear();
                        field.write(scratch);
                        pattern.is_in(scratch.as_bytes())
                    })
                    || pattern.id().is_some_and(|id| ids(event).any(|own| own == id))
            }
            Self::Field { path, value } => {
                event.fields.iter().filter(|field| field.path == path).any(|field| {
                    scratch.clear();
                    field.value.write(scratch);
                    match value {
                        None => true,
                        Some(FieldValue::Exactly(value)) => scratch == value,
                        Some(FieldValue::Holds(pattern)) => pattern.is_in(scratch.as_bytes()),
                    }
                })
            }
            Self::Level(least, most) => event.severity.is_some_and(|level| (*least..=*most).contains(&level)),
            Self::Trace(hex) => event.trace_id.is_some_and(|id| begins_with(&id, hex)),
            Self::Span(hex) => {
                [event.span_id, event.parent_span_id].into_iter().flatten().any(|id| begins_with(&id, hex))
            }
            Self::Signal(_) | Self::Stream(_) | Self::Service(_) => true,
        }
    }
}

/// The id that all of its hex digits give.
pub(crate) fn whole_id(hex: &str, bytes: usize) -> Option<Vec<u8>> {
    let is_whole = hex.len() == 2 * bytes && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_whole.then(|| {
        let pairs = (0..bytes).map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16));
        pairs.collect::<Result<_, _>>().expect("every byte was found to be a hex digit")
    })
}

fn begins_with(id: &[u8], hex: &str) -> bool {
    crate::sql::hex(id).starts_with(hex)
}
