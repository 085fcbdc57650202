//! One frame: the records of a request to events, each with its bytes.

use super::convert;
use super::deprecated::{self, INT_GAUGE, INT_HISTOGRAM, INT_SUM};
use super::signal::{self, Guess};
use super::walk::{Level, Part, below, resources};
use super::wire::{WireFault, WireValue};
use crate::budget::{Budget, RECORD_BYTES};
use crate::model::{Batch, Problem};
use crate::otlp::{Context, MetricParts, NumberKind, PointParts, Resource, Scope, Temporality, TooCostly};
use crate::streams::OtlpStreams;
use cbad::{ByteRange, Event, Signal, StreamKey};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::sync::Arc;

/// Longest record; decoded, a hostile one can take thirty times its bytes.
const MOST_RECORD_BYTES: usize = 8 << 20;

/// Fields of a metric.
const SUM: u32 = 7;
const METADATA: u32 = 12;

/// Whether a field of a metric is its data, of a kind that is read.
fn is_known(field: u32) -> bool {
    matches!(field, INT_GAUGE | 5 | INT_SUM | SUM | INT_HISTOGRAM | 9..=11)
}

/// Why a record is no event.
enum Loss {
    /// It cannot be decoded.
    Record(String),
    /// Nothing more of the frame can be read.
    Frame,
}

impl From<TooCostly> for Loss {
    fn from(_: TooCostly) -> Self {
        Self::Frame
    }
}

/// Decodes a frame into the batch.
pub(super) struct FrameDecoder<'d> {
    streams: &'d mut OtlpStreams,
    batch: &'d mut Batch,
    offset: u64,
    frame: &'d [u8],
    budget: Budget,
    /// Where the last record ended that was read or rejected.
    read_to: usize,
}

/// Reading goes on, or the rest of the frame is lost.
type Walked = Result<(), FrameLost>;

struct FrameLost;

impl<'d> FrameDecoder<'d> {
    /// `offset` is where `frame`, its length included, begins in the decoded capture.
    pub(super) fn new(
        streams: &'d mut OtlpStreams,
        batch: &'d mut Batch,
        offset: u64,
        frame: &'d [u8],
    ) -> Self {
        Self { streams, batch, offset, frame, budget: Budget::for_unit(frame.len()), read_to: 0 }
    }

    /// Reads the request that takes up `part` of the frame.
    pub(super) fn request(mut self, part: Part) {
        let signal = match signal::guess(self.frame, part) {
            Guess::Signal(signal) => signal,
            // Without records any signal will do: what is left to find is damage.
            Guess::NoRecords => Signal::Log,
            Guess::Unknown => {
                let reason =
                    "the frame is no OTLP request whose records make sense as logs, spans or metrics";
                self.reject(Part { begin: 0, ..part }, reason.into());
                return;
            }
        };
        let level = resources(self.frame, part);
        self.pass_fields("ExportRequest", &level.unknown, part);
        let walked = level.below.iter().try_for_each(|&resource| self.resource(resource, signal));
        if walked.is_err() {
            let rest = Part { begin: self.read_to, ..part };
            self.reject(rest, "the frame would take far more memory than its own length".into());
            return;
        }
        self.report_fault(&level);
        if part.cut {
            let rest = Part { begin: self.read_to.min(part.end), ..part };
            self.reject(rest, "the capture breaks off inside this frame".into());
        }
    }

    fn range(&self, part: Part) -> ByteRange {
        ByteRange { offset: self.offset + part.begin as u64, length: (part.end - part.begin) as u64 }
    }

    fn reject(&mut self, part: Part, reason: String) {
        let hint = "Look at these bytes in the capture; the records around them were read.";
        self.batch.problem(Problem::rejected(self.range(part), None, reason).hint(hint));
        self.read_to = part.end;
    }

    fn report_fault(&mut self, level: &Level) {
        match level.fault {
            // What is missing at the end of a cut frame is reported once, for the frame.
            Some((part, _)) if part.cut => {}
            Some((part, WireFault { what, .. })) => {
                self.reject(part, format!("the protobuf is damaged: {what}"));
            }
            None => {}
        }
    }

    fn resource(&mut self, part: Part, signal: Signal) -> Walked {
        let level = below(self.frame, part);
        let attributes =
            level.own.filter(|own| !own.cut).map(|own| ProtoResource::decode(own.bytes(self.frame)));
        let attributes = match attributes {
            Some(Ok(resource)) => resource.attributes,
            Some(Err(error)) => {
                self.note(
                    level.own,
                    format!("the resource cannot be decoded ({error}); its records have no service"),
                );
                Vec::new()
            }
            None => Vec::new(),
        };
        let attributes = convert::attributes(attributes, &mut self.budget).map_err(|TooCostly| FrameLost)?;
        let resource = Resource::new(attributes);
        self.pass_fields("what holds a resource", &level.unknown, part);
        if let Some(own) = level.own {
            self.pass_beyond("Resource", 3, own);
        }
        level.below.iter().try_for_each(|&scope| self.scope(scope, signal, &resource))?;
        self.spend_fault(&level)
    }

    fn scope(&mut self, part: Part, signal: Signal, resource: &Resource) -> Walked {
        let level = below(self.frame, part);
        let scope =
            level.own.filter(|own| !own.cut).map(|own| InstrumentationScope::decode(own.bytes(self.frame)));
        let scope = match scope {
            Some(Ok(decoded)) => convert::scope(decoded, &mut self.budget).map_err(|TooCostly| FrameLost)?,
            Some(Err(error)) => {
                self.note(level.own, format!("the scope cannot be decoded ({error}); its records have none"));
                Scope::default()
            }
            None => Scope::default(),
        };
        let context = Context { resource, scope: &scope };
        self.pass_fields("what holds a scope", &level.unknown, part);
        if let Some(own) = level.own {
            self.pass_beyond("InstrumentationScope", 4, own);
        }
        for &record in &level.below {
            match signal {
                Signal::Metric => self.metric(record, context)?,
                Signal::Log | Signal::Span | Signal::LlmCall => {
                    self.record(record, last_of_record(signal), |decoder, bytes, source| {
                        decoder.log_or_span(bytes, signal, context, source)
                    })?;
                }
            }
        }
        self.spend_fault(&level)
    }

    fn note(&mut self, part: Option<Part>, reason: String) {
        if let Some(part) = part {
            self.batch.problem(Problem::note(self.range(part), None, reason));
        }
    }

    /// Counts fields that no version of a message has.
    fn pass_fields(&mut self, message: &str, numbers: &[u32], part: Part) {
        for number in numbers {
            self.batch.pass_field(&format!("{message}.{number}"), self.range(part), None);
        }
    }

    /// Counts the fields of a message whose number is above the last one that any version has.
    fn pass_beyond(&mut self, message: &str, last: u32, part: Part) {
        let frame = self.frame;
        for field in part.fields(frame).map_while(Result::ok).filter(|field| field.number > last) {
            self.pass_fields(message, &[field.number], part);
        }
    }

    fn note_odd(&mut self, source: ByteRange, odd: Option<&'static str>) {
        if let Some(odd) = odd {
            self.batch.problem(Problem::note(source, None, format!("{odd}: passed over")));
        }
    }

    fn spend_fault(&mut self, level: &Level) -> Walked {
        if level.fault.is_some() && !self.budget.spend(RECORD_BYTES) {
            return Err(FrameLost);
        }
        self.report_fault(level);
        Ok(())
    }

    /// Reads one record by `read`; a record that is cut is left for the frame to report.
    ///
    /// `message` is what it is, and the last number that a field of it has in any version.
    fn record(
        &mut self,
        part: Part,
        message: (&'static str, u32),
        read: impl FnOnce(&mut Self, &[u8], ByteRange) -> Result<(Arc<StreamKey>, Event), Loss>,
    ) -> Walked {
        if part.cut {
            return Ok(());
        }
        let frame = self.frame;
        let bytes = part.bytes(frame);
        let result = if bytes.len() > MOST_RECORD_BYTES {
            Err(Loss::Record(format!(
                "the record is {} bytes long, more than {MOST_RECORD_BYTES}",
                bytes.len()
            )))
        } else {
            read(self, bytes, self.range(part))
        };
        match result {
            Ok((stream, event)) => {
                self.batch.push(stream, event);
                self.pass_beyond(message.0, message.1, part);
            }
            Err(Loss::Record(reason)) if self.budget.spend(RECORD_BYTES + reason.len()) => {
                self.reject(part, reason);
            }
            Err(Loss::Record(_) | Loss::Frame) => return Err(FrameLost),
        }
        self.read_to = part.end;
        Ok(())
    }

    fn log_or_span(
        &mut self,
        bytes: &[u8],
        signal: Signal,
        context: Context<'_>,
        source: ByteRange,
    ) -> Result<(Arc<StreamKey>, Event), Loss> {
        let service = &context.resource.service;
        if signal == Signal::Log {
            let log = convert::log(decode::<LogRecord>(bytes, "log record")?, &mut self.budget)?;
            self.note_odd(source, log.odd_time());
            let event = log.into_event(context, source, &mut self.budget)?;
            return Ok((self.streams.logs(service), event));
        }
        let span = convert::span(decode::<Span>(bytes, "span")?, &mut self.budget)?;
        self.note_odd(source, span.odd_time());
        let event = span.into_event(context, source, &mut self.budget)?;
        Ok((self.streams.spans(service), event))
    }

    fn metric(&mut self, part: Part, context: Context<'_>) -> Walked {
        let frame = self.frame;
        let mut metric = MetricParts::default();
        let mut data = None;
        for field in part.fields(frame) {
            let Ok(field) = field else {
                return self.record(part, ("Metric", METADATA), |_, _, _| {
                    Err(Loss::Record("the metric cannot be decoded".into()))
                });
            };
            let Some(inner) = part.inner(field.value) else { continue };
            match field.number {
                1 => metric.name = String::from_utf8_lossy(inner.bytes(frame)).into_owned(),
                3 => metric.unit = String::from_utf8_lossy(inner.bytes(frame)).into_owned(),
                2 | METADATA => {}
                // Whatever else a metric holds is its data, of a kind that a later OTLP may have.
                kind if is_known(kind) => data = Some((kind, inner)),
                kind => data = data.or(Some((kind, inner))),
            }
        }
        let has_points = |(kind, data): &(u32, Part)| {
            is_known(*kind)
                || data.fields(frame).next().is_some_and(|field| field.is_ok_and(|at| at.number == 1))
        };
        if let Some((kind, data)) = data.filter(has_points) {
            self.points(kind, data, &mut metric, context)
        } else {
            self.note(Some(part), "a metric without data of a known kind: passed over".into());
            Ok(())
        }
    }

    /// The points of a gauge (5), sum (7), histogram (9), exponential histogram (10) or summary (11), or of the deprecated
    /// kinds.
    fn points(&mut self, kind: u32, data: Part, metric: &mut MetricParts, context: Context<'_>) -> Walked {
        let mut points = Vec::new();
        let mut monotonic = false;
        for field in data.fields(self.frame) {
            let Ok(field) = field else {
                return self.record(data, ("data of a metric", 3), |_, _, _| {
                    Err(Loss::Record("the metric's data cannot be decoded".into()))
                });
            };
            match (field.number, field.value) {
                (1, value) => points.extend(data.inner(value)),
                (2, WireValue::Varint(number)) => {
                    metric.temporality = Temporality::from_number(number as i64);
                }
                (3, WireValue::Varint(number)) => monotonic = number != 0,
                (number @ 4.., _) => self.pass_fields("data of a metric", &[number], data),
                _ => {}
            }
        }
        if matches!(kind, SUM | INT_SUM) {
            metric.kind = NumberKind::Sum { monotonic };
        }
        for point in points {
            self.record(point, ("data point", last_of_point(kind)), |decoder, bytes, source| {
                let parts = decode_point(kind, bytes, &mut decoder.budget)?;
                decoder.note_odd(source, parts.odd_time());
                Ok(parts.into_event(metric, context, decoder.streams, source, &mut decoder.budget)?)
            })?;
        }
        Ok(())
    }
}

/// What a record is, and the last number that a field of it has.
const fn last_of_record(signal: Signal) -> (&'static str, u32) {
    match signal {
        Signal::Log => ("LogRecord", 12),
        Signal::Span | Signal::LlmCall => ("Span", 16),
        Signal::Metric => ("Metric", METADATA),
    }
}

/// The last number that a field of a point of this kind of metric has.
const fn last_of_point(kind: u32) -> u32 {
    match kind {
        9 | INT_HISTOGRAM => 12,
        10 => 14,
        _ => 8,
    }
}

fn decode<M: Message + Default>(bytes: &[u8], what: &str) -> Result<M, Loss> {
    M::decode(bytes).map_err(|error| Loss::Record(format!("the {what} cannot be decoded: {error}")))
}

fn decode_point(kind: u32, bytes: &[u8], budget: &mut Budget) -> Result<PointParts, Loss> {
    const WHAT: &str = "data point";
    let damaged = |error| Loss::Record(format!("the {WHAT} cannot be decoded: {error}"));
    let mut parts = match kind {
        INT_GAUGE | INT_SUM => convert::number_point(deprecated::int_point(bytes).map_err(damaged)?, budget)?,
        INT_HISTOGRAM => {
            convert::histogram_point(deprecated::int_histogram_point(bytes).map_err(damaged)?, budget)?
        }
        5 | SUM => convert::number_point(decode::<NumberDataPoint>(bytes, WHAT)?, budget)?,
        9 => convert::histogram_point(decode::<HistogramDataPoint>(bytes, WHAT)?, budget)?,
        // Its field 1 is its attributes.
        10 => {
            return Ok(convert::exponential_point(
                decode::<ExponentialHistogramDataPoint>(bytes, WHAT)?,
                budget,
            )?);
        }
        11 => convert::summary_point(decode::<SummaryDataPoint>(bytes, WHAT)?, budget)?,
        _ => return Err(Loss::Record("a data point of a metric whose kind is not known".into())),
    };
    let labels = deprecated::labels(bytes).map_err(damaged)?;
    parts.attributes.extend(convert::attributes(labels, budget)?);
    Ok(parts)
}
