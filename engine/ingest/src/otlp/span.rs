//! Spans.

use super::references::{self, Below, LinkParts};
use super::{Context, FAR_TIME, TooCostly, is_far, text_field, time};
use crate::budget::Budget;
use cbad::{ByteRange, Event, Field, Measure};

const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/// A span as decoded.
#[derive(Debug, Default)]
pub(crate) struct SpanParts {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: i64,
    pub(crate) start_nanos: u64,
    pub(crate) end_nanos: u64,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<[u8; 8]>,
    pub(crate) parent_span_id: Option<[u8; 8]>,
    /// 0 unset, 1 ok, 2 error.
    pub(crate) status_code: i64,
    pub(crate) status_message: String,
    pub(crate) trace_state: String,
    pub(crate) flags: u64,
    pub(crate) links: Vec<LinkParts>,
    pub(crate) attributes: Vec<Field>,
    pub(crate) events: Vec<SpanEventParts>,
}

/// An event of a span as decoded.
#[derive(Debug, Default)]
pub(crate) struct SpanEventParts {
    pub(crate) time_nanos: u64,
    pub(crate) name: String,
    pub(crate) attributes: Vec<Field>,
}

impl SpanParts {
    /// What of its times is lost in the event, where something is.
    pub(crate) fn odd_time(&self) -> Option<&'static str> {
        if is_far(self.start_nanos) || is_far(self.end_nanos) {
            return Some(FAR_TIME);
        }
        let is_before = self.end_nanos != 0 && self.end_nanos < self.start_nanos;
        is_before.then_some("an end before the start, and so the duration")
    }

    pub(crate) fn into_event(
        self,
        context: Context<'_>,
        source: ByteRange,
        budget: &mut Budget,
    ) -> Result<Event, TooCostly> {
        let mut event = Event::new(self.name, source);
        event.time_nanos = time(self.start_nanos);
        event.trace_id = self.trace_id;
        event.span_id = self.span_id;
        event.parent_span_id = self.parent_span_id;
        // A span without an end, or with an end before its start, has no duration that means anything.
        let duration = time(self.end_nanos).zip(event.time_nanos).map(|(end, start)| end - start);
        event.measure = duration.filter(|&nanos| nanos >= 0).map(Measure::DurationNanos);

        let mut own = Vec::with_capacity(self.attributes.len() + 3);
        if let Some(kind) =
            usize::try_from(self.kind).ok().and_then(|kind| KINDS.get(kind)).filter(|_| self.kind != 0)
        {
            own.push(text_field("kind", *kind));
        }
        match self.status_code {
            1 => own.push(text_field("status.code", "ok")),
            2 => own.push(text_field("status.code", "error")),
            _ => {}
        }
        if !self.status_message.is_empty() {
            own.push(text_field("status.message", self.status_message));
        }
        own.extend(self.attributes);
        references::own(self.trace_state, self.flags, &mut own);
        references::links(self.links, &mut own, budget)?;
        for (index, span_event) in self.events.into_iter().enumerate() {
            let mut below = Below { path: format!("events[{index}]."), fields: &mut own };
            below.name(span_event.name);
            below.number("time_unix_nano", span_event.time_nanos);
            below.attributes("", span_event.attributes);
        }
        context.surround(&mut event, own, budget)?;
        Ok(event)
    }
}
