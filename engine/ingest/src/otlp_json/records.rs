//! Log records, spans and resources out of OTLP JSON.

use super::typed::{
    Odd, any_value, attributes_of, each, enum_of, id_of, members, message, string_of, text_of, u64_of,
};
use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::otlp::{LinkParts, LogParts, Scope, SpanEventParts, SpanParts};
use crate::severity;
use cbad::Field;

const SEVERITIES: [(&str, i64); 24] = [
    ("TRACE", 1),
    ("TRACE2", 2),
    ("TRACE3", 3),
    ("TRACE4", 4),
    ("DEBUG", 5),
    ("DEBUG2", 6),
    ("DEBUG3", 7),
    ("DEBUG4", 8),
    ("INFO", 9),
    ("INFO2", 10),
    ("INFO3", 11),
    ("INFO4", 12),
    ("WARN", 13),
    ("WARN2", 14),
    ("WARN3", 15),
    ("WARN4", 16),
    ("ERROR", 17),
    ("ERROR2", 18),
    ("ERROR3", 19),
    ("ERROR4", 20),
    ("FATAL", 21),
    ("FATAL2", 22),
    ("FATAL3", 23),
    ("FATAL4", 24),
];
const SPAN_KINDS: [(&str, i64); 6] =
    [("UNSPECIFIED", 0), ("INTERNAL", 1), ("SERVER", 2), ("CLIENT", 3), ("PRODUCER", 4), ("CONSUMER", 5)];
const STATUS_CODES: [(&str, i64); 3] = [("UNSET", 0), ("OK", 1), ("ERROR", 2)];

/// The attributes of a resource.
pub(super) fn resource(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<Vec<Field>> {
    let mut attributes = Vec::new();
    members(cursor, odd, "a resource that is not an object", |cursor, odd, name| match name {
        b"attributes" => {
            attributes = attributes_of(cursor, odd, budget)?;
            Ok(())
        }
        _ => odd.pass_other(cursor, "Resource", name),
    })?;
    Ok(attributes)
}

/// A scope.
pub(super) fn scope(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<Scope> {
    let (mut scope, mut attributes, mut dropped) = (Scope::default(), Vec::new(), 0);
    members(cursor, odd, "a scope that is not an object", |cursor, odd, name| {
        match name {
            b"name" => scope.name = string_of(cursor, odd, "a scope name that is not text")?,
            b"version" => scope.version = string_of(cursor, odd, "a scope version that is not text")?,
            b"attributes" => attributes = attributes_of(cursor, odd, budget)?,
            b"droppedAttributesCount" | b"dropped_attributes_count" => {
                dropped = u64_of(cursor, odd, "a scope's droppedAttributesCount that is not a number")?;
            }
            _ => odd.pass_other(cursor, "InstrumentationScope", name)?,
        }
        Ok(())
    })?;
    scope.describe(attributes, dropped);
    Ok(scope)
}

/// The text of `{"stringValue": "…"}`, the body that nearly every log record has; moves on only where it is one.
fn plain_text(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let mut ahead = cursor.clone();
    let mut found = None;
    let read = ahead.object(|ahead, name| {
        let is_text = found.is_none() && matches!(&*name, b"stringValue") && ahead.kind()? == Kind::Text;
        // What is no plain text is left to the general way, which says what is wrong with it.
        found = Some(if is_text { Some(ahead.text()?.into_owned()) } else { ahead.skip().map(|()| None)? });
        Ok(())
    });
    let text = found.flatten().filter(|_| read.is_ok())?;
    *cursor = ahead;
    Some(text)
}

/// A log record.
pub(super) fn log(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<LogParts> {
    let mut log = LogParts::default();
    message(cursor, odd, |cursor, odd, name| {
        match name {
            b"timeUnixNano" | b"time_unix_nano" => {
                log.time_nanos = u64_of(cursor, odd, "a timeUnixNano that is not a number")?;
            }
            b"observedTimeUnixNano" | b"observed_time_unix_nano" => {
                log.observed_nanos = u64_of(cursor, odd, "an observedTimeUnixNano that is not a number")?;
            }
            b"severityNumber" | b"severity_number" => {
                let what = "a severityNumber that is not one";
                log.severity_number = enum_of(cursor, odd, what, "SEVERITY_NUMBER_", &SEVERITIES)?;
            }
            b"severityText" | b"severity_text" => {
                log.severity_text =
                    severity::of_word(&text_of(cursor, odd, "a severityText that is not text")?);
            }
            b"eventName" | b"event_name" => {
                log.event_name = string_of(cursor, odd, "an eventName that is not text")?;
            }
            b"body" => match plain_text(cursor) {
                Some(text) => log.text = text,
                None => any_value(cursor, odd, &mut "body".to_owned(), &mut log.body, budget)?,
            },
            b"attributes" => log.attributes = attributes_of(cursor, odd, budget)?,
            b"traceId" | b"trace_id" => log.trace_id = id_of(cursor, odd, "a traceId that is not 16 bytes")?,
            b"spanId" | b"span_id" => log.span_id = id_of(cursor, odd, "a spanId that is not 8 bytes")?,
            b"flags" => log.flags = u64_of(cursor, odd, "flags that are not a number")?,
            _ => odd.pass_other(cursor, "LogRecord", name)?,
        }
        Ok(())
    })?;
    odd.or(log.odd_time());
    Ok(log)
}

/// A span.
pub(super) fn span(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<SpanParts> {
    let mut span = SpanParts::default();
    message(cursor, odd, |cursor, odd, name| {
        match name {
            b"traceId" | b"trace_id" => span.trace_id = id_of(cursor, odd, "a traceId that is not 16 bytes")?,
            b"spanId" | b"span_id" => span.span_id = id_of(cursor, odd, "a spanId that is not 8 bytes")?,
            b"parentSpanId" | b"parent_span_id" => {
                span.parent_span_id = id_of(cursor, odd, "a parentSpanId that is not 8 bytes")?;
            }
            b"name" => span.name = text_of(cursor, odd, "a span name that is not text")?.into_owned(),
            b"kind" => {
                span.kind = enum_of(cursor, odd, "a span kind that is not one", "SPAN_KIND_", &SPAN_KINDS)?;
            }
            b"startTimeUnixNano" | b"start_time_unix_nano" => {
                span.start_nanos = u64_of(cursor, odd, "a startTimeUnixNano that is not a number")?;
            }
            b"endTimeUnixNano" | b"end_time_unix_nano" => {
                span.end_nanos = u64_of(cursor, odd, "an endTimeUnixNano that is not a number")?;
            }
            b"attributes" => span.attributes = attributes_of(cursor, odd, budget)?,
            b"status" => status(cursor, odd, &mut span)?,
            b"events" => span_events(cursor, odd, &mut span.events, budget)?,
            b"links" => links(cursor, odd, &mut span.links, budget)?,
            b"flags" => span.flags = u64_of(cursor, odd, "flags that are not a number")?,
            b"traceState" | b"trace_state" => {
                span.trace_state = string_of(cursor, odd, "a traceState that is not text")?;
            }
            _ => odd.pass_other(cursor, "Span", name)?,
        }
        Ok(())
    })?;
    odd.or(span.odd_time());
    Ok(span)
}

fn status(cursor: &mut Cursor<'_>, odd: &mut Odd, span: &mut SpanParts) -> Read<()> {
    members(cursor, odd, "a status that is not an object", |cursor, odd, name| {
        match name {
            b"code" => {
                span.status_code =
                    enum_of(cursor, odd, "a status code that is not one", "STATUS_CODE_", &STATUS_CODES)?;
            }
            b"message" => span.status_message = string_of(cursor, odd, "a status message that is not text")?,
            _ => odd.pass_other(cursor, "Status", name)?,
        }
        Ok(())
    })
}

fn links(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    links: &mut Vec<LinkParts>,
    budget: &mut Budget,
) -> Read<()> {
    let is_list = each(cursor, |cursor| {
        let mut link = LinkParts::default();
        members(cursor, odd, "a link that is not an object", |cursor, odd, name| {
            match name {
                b"traceId" | b"trace_id" => {
                    link.trace_id = id_of(cursor, odd, "a link's traceId that is not 16 bytes")?;
                }
                b"spanId" | b"span_id" => {
                    link.span_id = id_of(cursor, odd, "a link's spanId that is not 8 bytes")?;
                }
                b"traceState" | b"trace_state" => {
                    link.trace_state = string_of(cursor, odd, "a link's traceState that is not text")?;
                }
                b"flags" => link.flags = u64_of(cursor, odd, "a link's flags that are not a number")?,
                b"attributes" => link.attributes = attributes_of(cursor, odd, budget)?,
                _ => odd.pass_other(cursor, "Span.Link", name)?,
            }
            Ok(())
        })?;
        links.push(link);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("links that are not a list");
    }
    Ok(())
}

fn span_events(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    events: &mut Vec<SpanEventParts>,
    budget: &mut Budget,
) -> Read<()> {
    let is_list = each(cursor, |cursor| {
        let mut event = SpanEventParts::default();
        members(cursor, odd, "a span event that is not an object", |cursor, odd, name| {
            match name {
                b"name" => event.name = string_of(cursor, odd, "a span event name that is not text")?,
                b"timeUnixNano" | b"time_unix_nano" => {
                    event.time_nanos = u64_of(cursor, odd, "a span event's time that is not a number")?;
                }
                b"attributes" => event.attributes = attributes_of(cursor, odd, budget)?,
                _ => odd.pass_other(cursor, "Span.Event", name)?,
            }
            Ok(())
        })?;
        events.push(event);
        Ok(())
    })?;
    if !is_list {
        odd.get_or_insert("span events that are not a list");
    }
    Ok(())
}
