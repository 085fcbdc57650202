//! OTLP as protobuf: requests one after the other, each after its length, or one request alone.
//!
//! Sources: OpenTelemetry Collector contrib, `exporter/fileexporter` with `format: proto`; the draft of the
//! specification's file exporter, whose requests are varint-delimited.
//! The way down to the records is walked on the wire format, so that each record has its exact bytes;
//! the records themselves are decoded by the generated types. A length is believed only as far as bytes are there.

mod convert;
mod deprecated;
mod frame;
mod framing;
mod signal;
mod walk;
mod wire;

use crate::model::{Batch, Limits, Problem};
use crate::reader::Reader;
use crate::streams::OtlpStreams;
use crate::window::Window;
use cbad::ByteRange;
use frame::FrameDecoder;
use framing::Head;
use std::io;
use walk::Part;

pub(crate) use framing::{Framing, is_arrow, recognise};

/// Reads OTLP protobuf.
pub(crate) struct OtlpProtoReader {
    streams: OtlpStreams,
    framing: Framing,
    limits: Limits,
}

impl OtlpProtoReader {
    pub(crate) fn new(framing: Framing, limits: Limits) -> Self {
        Self { streams: OtlpStreams::default(), framing, limits }
    }
}

impl Reader for OtlpProtoReader {
    fn read_unit(&mut self, window: &mut Window, batch: &mut Batch) -> io::Result<bool> {
        window.want(self.framing.head_bytes())?;
        if window.available().is_empty() {
            return Ok(false);
        }
        match self.framing.head(window.available()) {
            Head::Request { begin, length } => self.request(window, batch, begin, length)?,
            Head::Other { length } => {
                let offset = window.offset();
                window.pass_to(offset.saturating_add(length))?;
                let source = ByteRange { offset, length: window.offset() - offset };
                batch.problem(Problem::note(
                    source,
                    None,
                    "a field that OTLP requests do not have: passed over",
                ));
            }
            Head::Cut => {
                let left = window.available().len();
                let source = ByteRange { offset: window.offset(), length: left as u64 };
                let reason = "the capture breaks off inside a frame's length";
                batch.problem(Problem::rejected(source, None, reason));
                window.pass(left, 0);
            }
            Head::Damaged(what) => reject_rest(window, batch, what)?,
        }
        Ok(true)
    }
}

impl OtlpProtoReader {
    fn request(
        &mut self,
        window: &mut Window,
        batch: &mut Batch,
        begin: usize,
        length: u64,
    ) -> io::Result<()> {
        if length > self.limits.record_bytes {
            return reject_long_frame(window, batch, begin, length, self.limits.record_bytes);
        }
        let whole = begin.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
        let is_whole = window.want(whole)?;
        let available = window.available();
        let end = whole.min(available.len());
        let part = Part { begin: self.framing.request_begin(begin), end, cut: !is_whole };
        FrameDecoder::new(&mut self.streams, batch, window.offset(), &available[..end]).request(part);
        window.pass(end, 0);
        Ok(())
    }
}

/// Passes over a frame that says it is longer than may be held, as far as there are bytes.
fn reject_long_frame(
    window: &mut Window,
    batch: &mut Batch,
    begin: usize,
    length: u64,
    limit: u64,
) -> io::Result<()> {
    let offset = window.offset();
    window.pass_to(offset.saturating_add(begin as u64).saturating_add(length))?;
    let passed = window.offset() - offset;
    let reason =
        format!("a frame says it is {length} bytes long, more than the {limit} that one record may take");
    batch.problem(
        Problem::rejected(ByteRange { offset, length: passed }, None, reason)
            .hint("The length may be damaged; what follows this place cannot be told apart without it."),
    );
    Ok(())
}

/// Where the framing itself is damaged, nothing says where the next frame begins.
fn reject_rest(window: &mut Window, batch: &mut Batch, what: &str) -> io::Result<()> {
    let offset = window.offset();
    window.pass_to(u64::MAX)?;
    let source = ByteRange { offset, length: window.offset() - offset };
    let reason = format!("the framing is damaged: {what}; the rest cannot be told apart");
    batch.problem(Problem::rejected(source, None, reason).hint("The frames before this place were read."));
    Ok(())
}

#[cfg(test)]
#[path = "../otlp_proto_tests.rs"]
mod tests;
