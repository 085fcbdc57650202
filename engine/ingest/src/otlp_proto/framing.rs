//! How requests follow one another in a file, and the guess at it.

use super::signal::{self, Guess};
use super::walk::{self, Part};
use super::wire::{Fields, WireValue};

/// Tag of field 1, length-delimited: how every request with anything in it begins.
const FIRST_TAG: u8 = 0x0a;
const LENGTH_BYTES: usize = 4;
/// More than a field key and a length take, or than a length takes.
const MOST_HEAD_BYTES: usize = 20;
const PROBE_FRAMES: usize = 16;
/// What an Arrow IPC stream begins with.
const ARROW_CONTINUATION: &[u8] = b"\xff\xff\xff\xff";

/// What stands around each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Its length as four bytes, big-endian: the collector's file exporter.
    #[default]
    Lengths,
    /// Its length as a varint: protobuf's own `writeDelimitedTo`, which the SDK file exporters follow.
    Delimited,
    /// Nothing: the capture is one request. Its resources are read one by one, each as a request of its own,
    /// which is what they would be on the wire.
    Single,
}

impl Framing {
    const ALL: [Self; 3] = [Self::Lengths, Self::Delimited, Self::Single];

    /// The most bytes that [`head`](Self::head) looks at.
    pub(super) const fn head_bytes(self) -> usize {
        match self {
            Self::Lengths => LENGTH_BYTES,
            Self::Delimited | Self::Single => MOST_HEAD_BYTES,
        }
    }

    /// What `bytes` begin with.
    pub(super) fn head(self, bytes: &[u8]) -> Head {
        match self {
            Self::Lengths => match bytes.first_chunk() {
                Some(length) => {
                    Head::Request { begin: LENGTH_BYTES, length: u32::from_be_bytes(*length).into() }
                }
                None => Head::Cut,
            },
            Self::Delimited => match varint(bytes, 0) {
                Varint::Number { value, end } => Head::Request { begin: end, length: value },
                Varint::Cut => Head::Cut,
                Varint::Endless => Head::Damaged("a length of more than ten bytes"),
            },
            Self::Single => field_head(bytes),
        }
    }

    /// Where the request begins that a frame holds: without framing, the frame's own key and length are part of it.
    pub(super) fn request_begin(self, head: usize) -> usize {
        if self == Self::Single { 0 } else { head }
    }
}

/// The begin of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// `begin` bytes lead to `length` bytes that hold a request, or a resource of one.
    Request {
        begin: usize,
        length: u64,
    },
    /// A field of the request that holds no resource, of so many bytes.
    Other {
        length: u64,
    },
    /// The bytes break off inside.
    Cut,
    Damaged(&'static str),
}

enum Varint {
    Number { value: u64, end: usize },
    Cut,
    Endless,
}

fn varint(bytes: &[u8], begin: usize) -> Varint {
    let mut value = 0_u64;
    for (index, &byte) in bytes[begin.min(bytes.len())..].iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Varint::Number { value, end: begin + index + 1 };
        }
    }
    if bytes.len() < begin + 10 { Varint::Cut } else { Varint::Endless }
}

fn field_head(bytes: &[u8]) -> Head {
    let (key, at) = match varint(bytes, 0) {
        Varint::Number { value, end } => (value, end),
        Varint::Cut => return Head::Cut,
        Varint::Endless => return Head::Damaged("a field key of more than ten bytes"),
    };
    let after = |length: u64| Head::Other { length: (at as u64).saturating_add(length) };
    if !(1..1 << 29).contains(&(key >> 3)) {
        return Head::Damaged("a field number out of range");
    }
    match (key & 7, varint(bytes, at)) {
        (1, _) => after(8),
        (5, _) => after(4),
        (0, Varint::Number { end, .. }) => after((end - at) as u64),
        (2, Varint::Number { value, end }) if key >> 3 == 1 => Head::Request { begin: end, length: value },
        (2, Varint::Number { value, end }) => after(value.saturating_add((end - at) as u64)),
        (0 | 2, Varint::Cut) => Head::Cut,
        (0 | 2, Varint::Endless) => Head::Damaged("a number of more than ten bytes"),
        _ => Head::Damaged("an unknown wire type"),
    }
}

/// How sure it is that the capture is OTLP protobuf, and how its requests follow one another.
pub(crate) fn recognise(probe: &[u8], whole: bool) -> Option<(Framing, f64)> {
    let mut best: Option<(Framing, f64)> = None;
    for framing in Framing::ALL {
        if let Some(sure) = confidence(framing, probe, whole)
            && best.is_none_or(|(_, most)| sure > most)
        {
            best = Some((framing, sure));
        }
    }
    best
}

/// Protobuf hardly ever refuses bytes: a request counts only where its first records make sense.
fn confidence(framing: Framing, probe: &[u8], whole: bool) -> Option<f64> {
    const DAMAGED: f64 = 0.8;
    /// A first frame that is longer than the capture may as well be another framing misread.
    const CUT: f64 = 0.7;
    let mut at = 0;
    let mut confidence: Option<f64> = None;
    for _ in 0..PROBE_FRAMES {
        let frame = &probe[at..];
        let (begin, length) = match framing.head(frame) {
            Head::Request { begin, length } => (begin, usize::try_from(length).ok()?),
            Head::Other { length } if at > 0 => {
                at = at.saturating_add(usize::try_from(length).ok()?).min(probe.len());
                continue;
            }
            Head::Cut => break,
            Head::Other { .. } | Head::Damaged(_) => return confidence.map(|sure| sure.min(DAMAGED)),
        };
        let end = begin.saturating_add(length);
        let cut = end > frame.len();
        let frame = &frame[..end.min(frame.len())];
        let request = Part { begin: framing.request_begin(begin), end: frame.len(), cut };
        let guess = match request.bytes(frame).first() {
            Some(&tag) if tag != FIRST_TAG => Guess::Unknown,
            _ => signal::guess(frame, request),
        };
        confidence = match (guess, confidence) {
            (Guess::Signal(_), None) if cut && whole => Some(CUT),
            (Guess::Signal(_), None) => Some(1.0),
            (Guess::Unknown, None) => return None,
            (Guess::Unknown, Some(sure)) => Some(sure.min(DAMAGED)),
            // One record may be longer than the probe; the levels around it are then all there is to go by.
            (Guess::NoRecords, None) if cut && !whole && is_walkable(frame, request) => Some(0.6),
            (Guess::Signal(_) | Guess::NoRecords, known) => known,
        };
        if cut {
            break;
        }
        at += end;
    }
    confidence
}

/// Whether what is there of a cut request can be walked down to a scope.
fn is_walkable(frame: &[u8], request: Part) -> bool {
    let request = walk::resources(frame, request);
    let mut scopes = request.below.iter().flat_map(|&resource| walk::below(frame, resource).below);
    request.fault.is_none() && scopes.any(|scope| walk::below(frame, scope).fault.is_none())
}

/// Whether the bytes are OTel-Arrow: `BatchArrowRecords`, whose payloads are Arrow IPC streams, with or without a length.
///
/// Source: `opentelemetry/proto/experimental/arrow/v1/arrow_service.proto`.
pub(crate) fn is_arrow(probe: &[u8]) -> bool {
    let delimited = match varint(probe, 0) {
        Varint::Number { end, .. } => end,
        Varint::Cut | Varint::Endless => 0,
    };
    [0, LENGTH_BYTES, delimited].into_iter().any(|begin| probe.get(begin..).is_some_and(holds_payload))
}

fn holds_payload(message: &[u8]) -> bool {
    let bytes_of = |message: &[u8], number: u32| {
        let mut fields = Fields::of_cut(message).map_while(Result::ok).take(3);
        fields.find_map(|field| match field.value {
            WireValue::Bytes { begin, end, .. } if field.number == number => Some(begin..end),
            _ => None,
        })
    };
    let payload = bytes_of(message, 2).map(|range| &message[range]);
    payload.is_some_and(|payload| {
        bytes_of(payload, 3).is_some_and(|record| payload[record].starts_with(ARROW_CONTINUATION))
    })
}
