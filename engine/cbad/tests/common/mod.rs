//! Records made up by lot, and what is found in them.

use std::ops::Range;

use cbad::{
    ByteRange, Config, Event, EventLookup, Field, Finding, Signal, StreamBuilder, StreamKey, Unwatched,
    Value, analyze,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

struct Records(Vec<Event>);

impl EventLookup for Records {
    fn event(&self, _: u32, position: u64) -> Option<Event> {
        self.0.get(position as usize).cloned()
    }
}

/// The findings in one stream of so many log records, two of them a second, each of which is made from its position.
pub(crate) fn findings(
    name: &str,
    records: u64,
    make: impl FnMut(u64, &mut Dice) -> (String, Vec<Field>),
) -> Vec<Finding> {
    findings_under(&Config::default(), name, records, make)
}

/// The same under another configuration.
pub(crate) fn findings_under(
    config: &Config,
    name: &str,
    records: u64,
    mut make: impl FnMut(u64, &mut Dice) -> (String, Vec<Field>),
) -> Vec<Finding> {
    let mut dice = Dice::of(7);
    let record = |position: u64| {
        let (body, fields) = make(position, &mut dice);
        let mut event = Event::new(body, ByteRange { offset: position, length: 1 });
        event.time_nanos = Some(position as i64 * 500_000_000);
        event.fields = fields;
        event
    };
    let records = Records((0..records).map(record).collect());
    let key = StreamKey { signal: Signal::Log, service: None, name: name.to_owned() };
    let mut builder = StreamBuilder::new(key);
    records.0.iter().for_each(|event| builder.push(event));
    analyze(&[builder.finish()], config, &records, &Unwatched).expect("nobody cancels").findings
}

/// The first finding; nothing may come before it, and it is flagged where the fault is.
pub(crate) fn found<'a>(name: &str, findings: &'a [Finding], fault: &Range<u64>) -> &'a Finding {
    let first = findings.first();
    let is_found = first.is_some_and(|finding| {
        finding.flagged && finding.first_event < fault.end && fault.start <= finding.last_event
    });
    assert!(is_found, "{name}: {:?}", first.map(|finding| (finding.flagged, finding.first_event)));
    first.expect("there is one")
}

pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    pub(crate) fn word(&mut self, letters: u32) -> String {
        (0..letters).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }
}

pub(crate) fn text(path: impl Into<String>, text: impl Into<String>) -> Field {
    Field { path: path.into(), value: Value::Text(text.into()) }
}

pub(crate) fn int(path: impl Into<String>, value: u32) -> Field {
    Field { path: path.into(), value: Value::Int(i64::from(value)) }
}
