//! OTLP as JSON: one request a line as the collector's file exporter writes it, or whole documents.
//!
//! A line may mix signals. Each log record, span and data point is a record with the exact bytes of its own object.
//! Where a line is damaged, what was read before the damage is kept and the rest of the line is one rejected record.

mod metrics;
mod odd;
mod records;
pub(crate) mod typed;

use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::reader::DocumentFormat;
use crate::json::report::{Report, too_costly};
use crate::otlp::{Context, Resource, TooCostly};
use crate::probe::{JsonObject, Probe};
use crate::streams::OtlpStreams;
use cbad::Signal;

/// Reads OTLP JSON.
#[derive(Default)]
pub(crate) struct OtlpJson {
    streams: OtlpStreams,
}

impl DocumentFormat for OtlpJson {
    fn fresh(&self) -> Option<Self> {
        Some(Self::default())
    }

    fn read(&mut self, cursor: &mut Cursor<'_>, report: &mut Report<'_>) -> Read<()> {
        let mut decoder = Decoder { streams: &mut self.streams, report, found: false };
        match cursor.kind()? {
            Kind::Object => decoder.request(cursor)?,
            _ => cursor.skip()?,
        }
        let (end, found) = (cursor.at(), decoder.found);
        if !found {
            let reason = "the line holds JSON without resourceLogs, resourceSpans or resourceMetrics";
            report.reject(0, end, reason, "Open the capture as json-lines if it is no OTLP.");
            // A line of another kind has no fields of this one.
            report.odd.take_unknown();
        }
        report.note(0, end);
        Ok(())
    }
}

/// How sure it is that the capture is OTLP JSON: the share of objects, where at least half of them are OTLP.
pub(crate) fn confidence(probe: &Probe<'_>) -> f64 {
    let wraps = |object: &JsonObject<'_>| WRAPPED.iter().any(|key| object.holds(key));
    let is_otlp = |object: &JsonObject<'_>| {
        object.keys.iter().any(|key| match top(key) {
            Some(Top::Wrapper) => wraps(object),
            known => known.is_some(),
        })
    };
    let objects = probe.json.share(|_| true);
    if probe.json.share(is_otlp) * 2.0 >= objects { objects } else { 0.0 }
}

/// What a wrapper is looked through for, as a key.
const WRAPPED: [&str; 7] = [
    "\"resourceLogs\"",
    "\"resource_logs\"",
    "\"resourceSpans\"",
    "\"resource_spans\"",
    "\"batches\"",
    "\"resourceMetrics\"",
    "\"resource_metrics\"",
];

enum Top {
    Signal(Signal),
    Profiles,
    /// Tempo and Jaeger put the request inside another object.
    Wrapper,
}

fn top(key: &[u8]) -> Option<Top> {
    Some(match key {
        b"resourceLogs" | b"resource_logs" => Top::Signal(Signal::Log),
        b"resourceSpans" | b"resource_spans" | b"batches" => Top::Signal(Signal::Span),
        b"resourceMetrics" | b"resource_metrics" => Top::Signal(Signal::Metric),
        b"resourceProfiles" | b"resource_profiles" => Top::Profiles,
        b"trace" | b"result" => Top::Wrapper,
        _ => return None,
    })
}

fn is_scopes(key: &[u8], signal: Signal) -> bool {
    match signal {
        Signal::Log => matches!(
            key,
            b"scopeLogs"
                | b"scope_logs"
                | b"instrumentationLibraryLogs"
                | b"instrumentation_library_logs"
                | b"deprecatedScopeLogs"
        ),
        Signal::Metric => matches!(
            key,
            b"scopeMetrics"
                | b"scope_metrics"
                | b"instrumentationLibraryMetrics"
                | b"instrumentation_library_metrics"
                | b"deprecatedScopeMetrics"
        ),
        Signal::Span | Signal::LlmCall => matches!(
            key,
            b"scopeSpans"
                | b"scope_spans"
                | b"instrumentationLibrarySpans"
                | b"instrumentation_library_spans"
                | b"deprecatedScopeSpans"
        ),
    }
}

fn is_scope(key: &[u8], _: Signal) -> bool {
    matches!(key, b"scope" | b"instrumentationLibrary" | b"instrumentation_library" | b"deprecatedScope")
}

fn is_records(key: &[u8], signal: Signal) -> bool {
    match signal {
        Signal::Log => matches!(key, b"logRecords" | b"log_records" | b"logs"),
        Signal::Metric => key == b"metrics",
        Signal::Span | Signal::LlmCall => key == b"spans",
    }
}

/// Which keys of an object must be known before which others.
struct Order {
    /// What the object is, for what nothing is known of.
    message: &'static str,
    first: fn(&[u8], Signal) -> bool,
    then: fn(&[u8], Signal) -> bool,
}

const RESOURCE_THEN_SCOPES: Order =
    Order { message: "what holds a resource", first: |key, _| key == b"resource", then: is_scopes };
const SCOPE_THEN_RECORDS: Order = Order { message: "what holds a scope", first: is_scope, then: is_records };

/// Decodes one document.
struct Decoder<'d, 'b> {
    streams: &'d mut OtlpStreams,
    report: &'d mut Report<'b>,
    /// Whether any OTLP key was seen.
    found: bool,
}

impl Decoder<'_, '_> {
    fn request(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        cursor.object(|cursor, key| match top(&key) {
            Some(Top::Signal(signal)) => {
                self.found = true;
                self.list(cursor, |decoder, cursor| decoder.resource(cursor, signal))
            }
            Some(Top::Profiles) => {
                self.found = true;
                cursor.kind()?;
                let begin = cursor.at();
                cursor.skip()?;
                self.report.reject_one(begin, cursor.at(), "profiles are not read")
            }
            Some(Top::Wrapper) if cursor.kind()? == Kind::Object => self.request(cursor),
            Some(Top::Wrapper) => cursor.skip(),
            None => self.report.odd.pass_other(cursor, "ExportRequest", &key),
        })
    }

    /// Reads a list whose elements hold records; what is no list is rejected as one record.
    fn list<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        mut element: impl FnMut(&mut Self, &mut Cursor<'a>) -> Read<()>,
    ) -> Read<()> {
        cursor.kind()?;
        let begin = cursor.at();
        if typed::each(cursor, |cursor| element(self, cursor))? {
            return Ok(());
        }
        self.report.reject_one(begin, cursor.at(), "a list of records should stand here")
    }

    /// Reads an object in which `first` must be known before `then`, in whatever order they are written.
    fn ordered<'a, T: Default>(
        &mut self,
        cursor: &mut Cursor<'a>,
        signal: Signal,
        order: &Order,
        mut first: impl FnMut(&mut Self, &mut Cursor<'a>) -> Read<T>,
        mut then: impl FnMut(&mut Self, &mut Cursor<'a>, &T) -> Read<()>,
    ) -> Read<()> {
        if cursor.kind()? != Kind::Object {
            let begin = cursor.at();
            cursor.skip()?;
            return self.report.reject_one(begin, cursor.at(), "an object with records should stand here");
        }
        let mut known = None;
        let mut waiting = Vec::new();
        let read = cursor.object(|cursor, key| {
            if (order.first)(&key, signal) {
                known = Some(first(self, cursor)?);
                Ok(())
            } else if !(order.then)(&key, signal) {
                self.report.odd.pass_other(cursor, order.message, &key)
            } else if let Some(known) = &known {
                then(self, cursor, known)
            } else {
                waiting.push(cursor.clone());
                cursor.skip()
            }
        });
        let known = known.unwrap_or_default();
        for mut earlier in waiting {
            then(self, &mut earlier, &known)?;
        }
        read
    }

    fn resource(&mut self, cursor: &mut Cursor<'_>, signal: Signal) -> Read<()> {
        self.ordered(
            cursor,
            signal,
            &RESOURCE_THEN_SCOPES,
            |decoder, cursor| {
                records::resource(cursor, &mut decoder.report.odd, &mut decoder.report.budget)
                    .map(Resource::new)
            },
            |decoder, cursor, resource| {
                decoder.list(cursor, |decoder, cursor| decoder.scope(cursor, signal, resource))
            },
        )
    }

    fn scope(&mut self, cursor: &mut Cursor<'_>, signal: Signal, resource: &Resource) -> Read<()> {
        self.ordered(
            cursor,
            signal,
            &SCOPE_THEN_RECORDS,
            |decoder, cursor| records::scope(cursor, &mut decoder.report.odd, &mut decoder.report.budget),
            |decoder, cursor, scope| {
                let context = Context { resource, scope };
                decoder.list(cursor, |decoder, cursor| decoder.record(cursor, signal, context))
            },
        )
    }

    fn record(&mut self, cursor: &mut Cursor<'_>, signal: Signal, context: Context<'_>) -> Read<()> {
        let kind = cursor.kind()?;
        let begin = cursor.at();
        if kind != Kind::Object {
            cursor.skip()?;
            return self.report.reject_one(begin, cursor.at(), "a record that is not an object");
        }
        let service = &context.resource.service;
        let (stream, event) = match signal {
            Signal::Metric => return self.metric(cursor, context),
            Signal::Log => {
                let log = records::log(cursor, &mut self.report.odd, &mut self.report.budget)?;
                let source = self.report.range(begin, cursor.at());
                (self.streams.logs(service), log.into_event(context, source, &mut self.report.budget))
            }
            Signal::Span | Signal::LlmCall => {
                let span = records::span(cursor, &mut self.report.odd, &mut self.report.budget)?;
                let source = self.report.range(begin, cursor.at());
                (self.streams.spans(service), span.into_event(context, source, &mut self.report.budget))
            }
        };
        self.report.note(begin, cursor.at());
        match event {
            Ok(event) => self.report.push(stream, event, cursor.at()),
            Err(TooCostly) => return too_costly(begin),
        }
        Ok(())
    }

    fn metric(&mut self, cursor: &mut Cursor<'_>, context: Context<'_>) -> Read<()> {
        cursor.kind()?;
        let begin = cursor.at();
        let mut points = Vec::new();
        let metric = metrics::metric(cursor, &mut self.report.odd, &mut points, &mut self.report.budget)?;
        self.report.note(begin, cursor.at());
        for placed in points {
            let point = match placed.point {
                Ok(point) => point,
                Err(reason) => {
                    self.report.reject_one(placed.begin, placed.end, reason)?;
                    continue;
                }
            };
            self.report.odd = placed.odd;
            self.report.note(placed.begin, placed.end);
            let source = self.report.range(placed.begin, placed.end);
            match point.into_event(&metric, context, self.streams, source, &mut self.report.budget) {
                Ok((stream, event)) => self.report.push(stream, event, placed.end),
                Err(TooCostly) => return too_costly(placed.begin),
            }
        }
        self.report.read_to = cursor.at();
        Ok(())
    }
}

#[cfg(test)]
#[path = "../otlp_json_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "../otlp_json_framed_tests.rs"]
mod framed_tests;
