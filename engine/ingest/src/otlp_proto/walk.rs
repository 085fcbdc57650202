//! The way from a request to its records, the same for the three signals: resources, scopes, records.

use super::wire::{Fields, WireFault, WireValue};

/// A message inside the frame, from the frame's begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Whether its end is missing because the frame breaks off.
    pub(super) cut: bool,
}

impl Part {
    pub(super) fn bytes(self, frame: &[u8]) -> &[u8] {
        &frame[self.begin..self.end]
    }

    /// Its fields; the last may be cut where the part itself is.
    pub(super) fn fields(self, frame: &[u8]) -> Fields<'_> {
        if self.cut { Fields::of_cut(self.bytes(frame)) } else { Fields::of(self.bytes(frame)) }
    }

    /// The place of a field's value inside the frame.
    pub(super) fn inner(self, value: WireValue) -> Option<Self> {
        match value {
            WireValue::Bytes { begin, end, cut } => {
                Some(Self { begin: self.begin + begin, end: self.begin + end, cut })
            }
            WireValue::Varint(_) | WireValue::Fixed => None,
        }
    }
}

/// A resource or a scope with what stands below it: its own message first, then the messages below.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) own: Option<Part>,
    pub(super) below: Vec<Part>,
    /// Fields that no version has there.
    pub(super) unknown: Vec<u32>,
    /// What could not be walked, and why.
    pub(super) fault: Option<(Part, WireFault)>,
}

/// `repeated Resource… = 1` of a request.
pub(super) fn resources(frame: &[u8], request: Part) -> Level {
    level(frame, request, |number| number == 1, |_| false, true)
}

/// `resource = 1` or `scope = 1`, and what it is said of: field 2, or 1000 as the older instrumentation libraries have it.
pub(super) fn below(frame: &[u8], part: Part) -> Level {
    level(frame, part, |number| matches!(number, 2 | 1000), |number| number == 1, false)
}

/// Fields that are told apart in one message.
const MOST_UNKNOWN: usize = 64;

fn level(
    frame: &[u8],
    part: Part,
    is_below: fn(u32) -> bool,
    is_own: fn(u32) -> bool,
    is_request: bool,
) -> Level {
    let mut level = Level::default();
    for field in part.fields(frame) {
        match field {
            Ok(field) => match part.inner(field.value) {
                Some(inner) if is_below(field.number) => level.below.push(inner),
                Some(inner) if is_own(field.number) => level.own = Some(inner),
                // The URL of a schema.
                _ if field.number == 3 && !is_request => {}
                // What is below or its own and no message is damage of another kind.
                _ if is_below(field.number) || is_own(field.number) => {}
                _ if level.unknown.len() < MOST_UNKNOWN => level.unknown.push(field.number),
                _ => {}
            },
            Err(fault) => {
                level.fault = Some((Part { begin: part.begin + fault.at, ..part }, fault));
            }
        }
    }
    level
}
