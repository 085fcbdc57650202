//! Events that say again, word for word, what another one said shortly before: a log shipped twice, a client that sends
//! its request again, a block that is written several times.
//!
//! All that an event says is compared but its time: body, fields, and the trace and the span that it belongs to.

use std::collections::VecDeque;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use twox_hash::XxHash3_64;

use crate::event::{Event, Severity, Value};

/// Events after which one is forgotten.
const REMEMBERED: usize = 1 << 12;

/// Which events of a stream are repeats.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// Hashes of the last events, the latest at the back, and how often each is among them.
    last: VecDeque<u64>,
    said: HashMap<u64, u32>,
    text: Vec<u8>,
    /// One bit an event.
    bits: Vec<u64>,
    events: usize,
}

impl Repeats {
    /// Takes the next event.
    pub(crate) fn take(&mut self, event: &Event) {
        write_out(event, &mut self.text);
        let hash = XxHash3_64::oneshot(&self.text);
        if self.events.is_multiple_of(64) {
            self.bits.push(0);
        }
        let times = self.said.entry(hash).or_default();
        if *times > 0 {
            self.bits[self.events / 64] |= 1 << (self.events % 64);
        }
        *times += 1;
        self.last.push_back(hash);
        if self.last.len() > REMEMBERED {
            self.forget_first();
        }
        self.events += 1;
    }

    fn forget_first(&mut self) {
        let Some(first) = self.last.pop_front() else { return };
        if let Entry::Occupied(mut times) = self.said.entry(first) {
            *times.get_mut() -= 1;
            if *times.get() == 0 {
                times.remove();
            }
        }
    }

    /// Nothing said so far can be said again.
    pub(crate) fn forget(&mut self) {
        self.last.clear();
        self.said.clear();
    }

    /// One bit an event, the first in the lowest bit.
    pub(crate) fn finish(self) -> Vec<u64> {
        self.bits
    }
}

/// Everything that an event says, each part after its length, so that no two events give the same bytes.
fn write_out(event: &Event, out: &mut Vec<u8>) {
    out.clear();
    let mut part = |bytes: &[u8]| {
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    let (start, end) = event.body_stamp.map_or((0, 0), |(start, end)| (start as usize, end as usize));
    part(&event.body[..start]);
    part(&event.body[end..]);
    part(event.trace_id.as_ref().map_or(&[], |id| id));
    part(event.span_id.as_ref().map_or(&[], |id| id));
    part(event.severity.map_or("", Severity::name).as_bytes());
    for field in &event.fields {
        part(field.path.as_bytes());
        match &field.value {
            Value::Null => part(&[0]),
            Value::Bool(value) => part(&[1, u8::from(*value)]),
            Value::Int(value) => part(&value.to_le_bytes()),
            Value::Float(value) => part(&value.to_bits().to_le_bytes()),
            Value::Text(text) => part(text.as_bytes()),
            Value::Bytes(bytes) => part(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ByteRange;

    fn repeats(events: &[Event]) -> Vec<u64> {
        let mut repeats = Repeats::default();
        for event in events {
            repeats.take(event);
        }
        repeats.finish()
    }

    #[test]
    fn the_same_words_at_another_time_are_a_repeat_and_other_words_are_not() {
        let line = |text: &str| Event {
            body_stamp: Some((0, 5)),
            ..Event::new(text.as_bytes().to_vec(), ByteRange::default())
        };
        let events = ["10:00 order 17", "10:01 order 18", "10:02 order 17", "10:03 order 1"].map(line);
        assert_eq!(repeats(&events), [0b0100]);
    }

    #[test]
    fn another_trace_is_another_event() {
        let span = |trace: u8| Event {
            trace_id: Some([trace; 16]),
            ..Event::new(b"GET /".to_vec(), ByteRange::default())
        };
        assert_eq!(repeats(&[span(1), span(2), span(1)]), [0b100]);
    }

    #[test]
    fn bits_of_many_events_are_found_again() {
        let mut events: Vec<Event> =
            (0..130).map(|n| Event::new(format!("line {n}").into_bytes(), ByteRange::default())).collect();
        events.push(events[0].clone());
        assert_eq!(repeats(&events), [0, 0, 0b100]);
    }
}
