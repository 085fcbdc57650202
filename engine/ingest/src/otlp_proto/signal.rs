//! Which signal a frame holds. Protobuf hardly ever refuses bytes, so a frame is tried as each signal,
//! and the one whose first records make the most sense is taken.

use super::walk::{Part, below, resources};
use super::wire::{Fields, WireValue};
use cbad::Signal;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

/// Records that the decision is made on.
const TRIED: usize = 4;
/// 1990-01-01 and 2100-01-01.
const PLAUSIBLE_NANOS: std::ops::Range<u64> = 631_152_000_000_000_000..4_102_444_800_000_000_000;

/// What the first records of a frame look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// There are no records, or none that is complete.
    NoRecords,
    Unknown,
    Signal(Signal),
}

/// The signal of a request that takes up `part` of the frame.
pub(super) fn guess(frame: &[u8], part: Part) -> Guess {
    let records = first_records(frame, part);
    if records.is_empty() {
        return Guess::NoRecords;
    }
    let mut best = (0, Guess::Unknown);
    for signal in [Signal::Span, Signal::Log, Signal::Metric] {
        let score = records.iter().filter(|part| is_plausible(part.bytes(frame), signal)).count();
        if score > best.0 {
            best = (score, Guess::Signal(signal));
        }
        // Each test asks for what the other signals cannot give, so a full score is final.
        if score == records.len() {
            break;
        }
    }
    best.1
}

fn is_plausible(record: &[u8], signal: Signal) -> bool {
    match signal {
        Signal::Log => is_plausible_log(record),
        Signal::Metric => is_plausible_metric(record),
        Signal::Span | Signal::LlmCall => is_plausible_span(record),
    }
}

fn first_records(frame: &[u8], part: Part) -> Vec<Part> {
    let scopes = resources(frame, part).below.into_iter().flat_map(|resource| below(frame, resource).below);
    let records = scopes.flat_map(|scope| below(frame, scope).below);
    records.filter(|record| !record.cut && record.end > record.begin).take(TRIED).collect()
}

fn is_time(nanos: u64) -> bool {
    nanos == 0 || PLAUSIBLE_NANOS.contains(&nanos)
}

fn is_id(id: &[u8], length: usize) -> bool {
    id.is_empty() || id.len() == length
}

fn is_plausible_log(bytes: &[u8]) -> bool {
    LogRecord::decode(bytes).is_ok_and(|log| {
        let says_something = log.time_unix_nano != 0
            || log.observed_time_unix_nano != 0
            || log.body.is_some()
            || !log.attributes.is_empty();
        says_something
            && is_time(log.time_unix_nano)
            && is_time(log.observed_time_unix_nano)
            && (0..=24).contains(&log.severity_number)
            && is_id(&log.trace_id, 16)
            && is_id(&log.span_id, 8)
    })
}

fn is_plausible_span(bytes: &[u8]) -> bool {
    Span::decode(bytes).is_ok_and(|span| {
        span.trace_id.len() == 16
            && span.span_id.len() == 8
            && is_id(&span.parent_span_id, 8)
            && (0..=5).contains(&span.kind)
            && PLAUSIBLE_NANOS.contains(&span.start_time_unix_nano)
            && is_time(span.end_time_unix_nano)
    })
}

fn is_plausible_metric(bytes: &[u8]) -> bool {
    Metric::decode(bytes)
        .is_ok_and(|metric| !metric.name.is_empty() && (metric.data.is_some() || holds_other_data(bytes)))
}

/// Whether a metric has data of a kind that the generated types do not have: one of a field that is no other, and points.
fn holds_other_data(metric: &[u8]) -> bool {
    Fields::of(metric).map_while(Result::ok).any(|field| match field.value {
        WireValue::Bytes { begin, end, .. } if !matches!(field.number, 1..=3 | 12) => {
            let mut of_data = Fields::of(&metric[begin..end]).peekable();
            of_data.peek().is_some() && of_data.all(|field| field.is_ok())
        }
        _ => false,
    })
}
