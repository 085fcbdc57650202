//! One fault in one stream, written down in many ways: whatever else varies in its records, the fault is found where it is.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use cbad::{
    ByteRange, Config, Event, EventLookup, Field, Signal, StreamBuilder, StreamKey, Unwatched, Value, analyze,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ops::Range;

const EVENTS: u64 = 6_000;
/// One event in five says here what no other one says.
const FAULT: Range<u64> = 4_000..4_060;

struct Records(Vec<Event>);

impl EventLookup for Records {
    fn event(&self, _: u32, position: u64) -> Option<Event> {
        self.0.get(position as usize).cloned()
    }
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0.next_u32() % end
    }

    fn word(&mut self, letters: u32) -> String {
        (0..letters).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    fn uuid(&mut self) -> String {
        let group = |digits: u32| -> String {
            (0..digits).map(|_| char::from_digit(self.below(16), 16).unwrap()).collect()
        };
        [8, 4, 4, 4, 12].map(group).join("-")
    }
}

fn message(dice: &mut Dice, position: u64) -> &'static str {
    if FAULT.contains(&position) && position.is_multiple_of(5) {
        return "cart lost: lock held by other writer";
    }
    ["session saved", "session loaded", "cart updated", "price read"][dice.below(4) as usize]
}

fn text(path: impl Into<String>, text: impl Into<String>) -> Field {
    Field { path: path.into(), value: Value::Text(text.into()) }
}

fn int(path: impl Into<String>, value: u32) -> Field {
    Field { path: path.into(), value: Value::Int(i64::from(value)) }
}

/// Each way by its name: what a record has besides its message, and what stands behind that.
type Way = (&'static str, fn(&mut Dice) -> (String, Vec<Field>));

const WAYS: [Way; 10] = [
    ("nothing else", |_| (String::new(), Vec::new())),
    ("maps by identifier", |dice| {
        let many = 1 + dice.below(3);
        let fields = (0..many).map(|_| int(format!("sessions.{}.items", dice.uuid()), 1 + dice.below(5)));
        (String::new(), fields.collect())
    }),
    ("maps by number", |dice| (String::new(), vec![int(format!("user_{}.n", dice.below(1 << 20)), 3)])),
    ("maps by name", |dice| {
        let many = 1 + dice.below(3);
        let fields = (0..many).map(|_| int(format!("customers.{}.items", dice.word(7)), 1 + dice.below(5)));
        (String::new(), fields.collect())
    }),
    ("a nonce and a free text", |dice| {
        let note: Vec<String> = (0..=dice.below(6)).map(|_| dice.word(6)).collect();
        (String::new(), vec![text("nonce", dice.word(10)), text("note", note.join(" "))])
    }),
    ("two names", |dice| (String::new(), vec![text("from", dice.word(8)), text("to", dice.word(8))])),
    ("a free text behind the message", |dice| {
        let words: Vec<String> = (0..=dice.below(30)).map(|_| dice.word(5)).collect();
        (format!(" {}", words.join(" ")), Vec::new())
    }),
    ("a list of names behind the message", |dice| {
        let names: Vec<String> = (0..dice.below(12)).map(|_| dice.word(5)).collect();
        (format!(" tags=[{}]", names.join(", ")), Vec::new())
    }),
    ("fields in any order", |dice| {
        let mut fields =
            vec![text("host", ["a", "b"][dice.below(2) as usize]), int("bytes", dice.below(90_000))];
        fields.push(text("method", ["GET", "POST"][dice.below(2) as usize]));
        (0..3).for_each(|at| fields.swap(at, dice.below(3) as usize));
        (String::new(), fields)
    }),
    ("lists of any length", |dice| {
        let many = [0, 1, 1, 2, 2, 3, 8, 20][dice.below(8) as usize];
        let item = |at: u32, dice: &mut Dice| int(format!("items[{at}].n"), 1 + dice.below(9));
        (String::new(), (0..many).map(|at| item(at, dice)).collect())
    }),
];

#[test]
fn a_fault_is_found_however_its_records_are_written() {
    for (name, besides) in WAYS {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(7));
        let record = |position: u64| {
            let said = message(&mut dice, position);
            let (behind, fields) = besides(&mut dice);
            let mut event = Event::new(format!("{said}{behind}"), ByteRange { offset: position, length: 1 });
            event.time_nanos = Some(position as i64 * 500_000_000);
            event.fields = fields;
            event
        };
        let records = Records((0..EVENTS).map(record).collect());
        let key = StreamKey { signal: Signal::Log, service: None, name: name.to_owned() };
        let mut builder = StreamBuilder::new(key);
        records.0.iter().for_each(|event| builder.push(event));
        let result = analyze(&[builder.finish()], &Config::default(), &records, &Unwatched).unwrap();
        let first = result.findings.first();
        let is_found = first.is_some_and(|finding| {
            finding.flagged && finding.first_event < FAULT.end && FAULT.start <= finding.last_event
        });
        assert!(is_found, "{name}: {:?}", first.map(|finding| (finding.flagged, finding.first_event)));
    }
}
