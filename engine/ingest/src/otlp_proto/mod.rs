//! OTLP as protobuf: requests one after the other, each after its length as four bytes, big-endian.
//!
//! Source: OpenTelemetry Collector contrib, `exporter/fileexporter` with `format: proto`.
//! The way down to the records is walked on the wire format, so that each record has its exact bytes;
//! the records themselves are decoded by the generated types. A length is believed only as far as bytes are there.

mod convert;
mod frame;
mod signal;
mod walk;
mod wire;

use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::streams::OtlpStreams;
use crate::window::Window;
use cbad::ByteRange;
use frame::FrameDecoder;
use signal::Guess;
use std::io;
use walk::Part;

const LENGTH_BYTES: usize = 4;
/// Tag of field 1, length-delimited: how every request with anything in it begins.
const FIRST_TAG: u8 = 0x0a;
const PROBE_FRAMES: usize = 16;

/// Reads OTLP protobuf.
pub(crate) struct OtlpProtoReader {
    streams: OtlpStreams,
    limits: Limits,
}

impl OtlpProtoReader {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { streams: OtlpStreams::default(), limits }
    }
}

impl Reader for OtlpProtoReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        if !window.want(LENGTH_BYTES)? {
            let left = window.available().len();
            if left > 0 {
                let source = ByteRange { offset: window.offset(), length: left as u64 };
                batch.problem(Problem::rejected(
                    source,
                    None,
                    "the capture breaks off inside a frame's length",
                ));
                window.pass(left, 0);
            }
            return Ok(left > 0);
        }
        let length = frame_length(window.available());
        if length > self.limits.record_bytes {
            reject_long_frame(window, batch, length, self.limits.record_bytes)?;
            return Ok(true);
        }
        let whole = LENGTH_BYTES + usize::try_from(length).expect("a frame length is 32 bits");
        let is_whole = window.want(whole)?;
        let available = window.available();
        let end = whole.min(available.len());
        let part = Part { begin: LENGTH_BYTES, end, cut: !is_whole };
        FrameDecoder::new(&mut self.streams, batch, window.offset(), &available[..end]).request(part);
        window.pass(end, 0);
        Ok(true)
    }
}

fn frame_length(bytes: &[u8]) -> u64 {
    bytes[..LENGTH_BYTES].iter().fold(0, |length, &byte| length << 8 | u64::from(byte))
}

/// Passes over a frame that says it is longer than may be held, as far as there are bytes.
fn reject_long_frame(window: &mut Window, batch: &mut Batch, length: u64, limit: u64) -> io::Result<()> {
    let offset = window.offset();
    window.pass_to(offset + LENGTH_BYTES as u64 + length)?;
    let passed = window.offset() - offset;
    let reason =
        format!("a frame says it is {length} bytes long, more than the {limit} that one record may take");
    batch.problem(
        Problem::rejected(ByteRange { offset, length: passed }, None, reason)
            .hint("The length may be damaged; what follows this place cannot be told apart without it."),
    );
    Ok(())
}

/// How sure it is that the capture is framed OTLP protobuf; `None` where it is not.
pub(crate) fn probe(probe: &[u8], whole: bool) -> Option<f64> {
    const DAMAGED: f64 = 0.8;
    let mut at = 0;
    let mut confidence: Option<f64> = None;
    for _ in 0..PROBE_FRAMES {
        let rest = &probe[at..];
        if rest.len() < LENGTH_BYTES {
            break;
        }
        let length = usize::try_from(frame_length(rest)).ok()?;
        let body = &rest[LENGTH_BYTES..];
        let cut = length > body.len();
        let guess = match body.first() {
            Some(&tag) if length > 0 && tag != FIRST_TAG => Guess::Unknown,
            _ => signal::guess(body, Part { begin: 0, end: length.min(body.len()), cut }),
        };
        confidence = match (guess, confidence) {
            (Guess::Signal(_), None) if cut && whole => Some(DAMAGED),
            (Guess::Signal(_), None) => Some(1.0),
            (Guess::Unknown, None) => return None,
            (Guess::Unknown, Some(sure)) => Some(sure.min(DAMAGED)),
            // One record may be longer than the probe; the levels around it are then all there is to go by.
            (Guess::NoRecords, None) if cut && !whole && is_walkable(body) => Some(0.6),
            (Guess::Signal(_) | Guess::NoRecords, known) => known,
        };
        if cut {
            break;
        }
        at += LENGTH_BYTES + length;
    }
    confidence
}

/// Whether what is there of a cut request can be walked down to a scope.
fn is_walkable(body: &[u8]) -> bool {
    let request = walk::resources(body, Part { begin: 0, end: body.len(), cut: true });
    let mut scopes = request.below.iter().flat_map(|&resource| walk::below(body, resource).below);
    request.fault.is_none() && scopes.any(|scope| walk::below(body, scope).fault.is_none())
}

/// Whether the capture is one request without any framing.
pub(crate) fn is_unframed(probe: &[u8], whole: bool) -> bool {
    let part = Part { begin: 0, end: probe.len(), cut: !whole };
    probe.first() == Some(&FIRST_TAG) && matches!(signal::guess(probe, part), Guess::Signal(_))
}

#[cfg(test)]
#[path = "../otlp_proto_tests.rs"]
mod tests;
