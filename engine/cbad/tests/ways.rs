//! A fault in one stream, written down in many ways: whatever else varies in its records, the fault is found where it is.
mod common;

use std::ops::Range;

use cbad::Field;
use common::{Dice, int, text};

const EVENTS: u64 = 6_000;

/// What goes wrong, and where.
struct Fault {
    at: Range<u64>,
    /// What an event says while it is there, where that is not as always.
    says: fn(&mut Dice) -> Option<&'static str>,
    /// What an event says at all times, where that is not one of the four.
    says_always: fn(&mut Dice) -> Option<&'static str>,
}

/// One event in five says what no other one says.
const NEWS: Fault = Fault {
    at: 4_000..4_060,
    says: |dice| (dice.below(5) == 0).then_some("cart lost: lock held by other writer"),
    says_always: |_| None,
};

/// What one event in a hundred says is said by one in six.
const BURST: Fault = Fault {
    at: 4_000..4_300,
    says: |dice| (dice.below(6) == 0).then_some("cart busy, tried again"),
    says_always: |dice| (dice.below(100) == 0).then_some("cart busy, tried again"),
};

/// What one event in four says is not said.
const SILENCE: Fault = Fault {
    at: 4_000..4_400,
    says: |dice| Some(["session saved", "session loaded", "price read"][dice.below(3) as usize]),
    says_always: |_| None,
};

fn message(dice: &mut Dice, position: u64, fault: &Fault) -> &'static str {
    let said = if fault.at.contains(&position) { (fault.says)(dice) } else { (fault.says_always)(dice) };
    said.unwrap_or_else(|| {
        ["session saved", "session loaded", "cart updated", "price read"][dice.below(4) as usize]
    })
}

fn uuid(dice: &mut Dice) -> String {
    let mut group = |digits: u32| -> String {
        (0..digits).map(|_| char::from_digit(dice.below(16), 16).expect("a digit")).collect()
    };
    [8, 4, 4, 4, 12].map(&mut group).join("-")
}

/// Each way by its name: what a record has besides its message, and what stands behind that.
type Way = (&'static str, fn(&mut Dice) -> (String, Vec<Field>));

/// Arguments of a call, some of few values and some of many, in any order.
fn arguments(dice: &mut Dice) -> Vec<String> {
    let mut arguments = vec![
        format!("host={}", ["a", "b", "c"][dice.below(3) as usize]),
        format!("method={}", ["GET", "PUT"][dice.below(2) as usize]),
        format!("bytes={}", dice.below(90_000)),
        format!("user={}", dice.word(6)),
        format!("zone={}", ["eu", "us"][dice.below(2) as usize]),
    ];
    (0..5).for_each(|at| arguments.swap(at, dice.below(5) as usize));
    arguments
}

const WAYS: [Way; 17] = [
    ("nothing else", |_| (String::new(), Vec::new())),
    ("maps by identifier", |dice| {
        let many = 1 + dice.below(3);
        let fields = (0..many).map(|_| int(format!("sessions.{}.items", uuid(dice)), 1 + dice.below(5)));
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
    ("arguments in any order behind the message", |dice| {
        (format!(" {}", arguments(dice).join(" ")), Vec::new())
    }),
    ("some of the arguments in any order", |dice| {
        let many = 1 + dice.below(5) as usize;
        (format!(" {}", arguments(dice)[..many].join(" ")), Vec::new())
    }),
    ("fields that are there or not", |dice| {
        let fields: Vec<u32> = (0..12).filter(|_| dice.below(2) == 0).collect();
        (String::new(), fields.into_iter().map(|at| int(format!("f{at}"), dice.below(9))).collect())
    }),
    ("twenty fields of names", |dice| {
        (String::new(), (0..20).map(|at| text(format!("f{at}"), dice.word(6))).collect())
    }),
    ("a text of common words behind the message", |dice| {
        const COMMON: &str =
            "the of and to a in that he was it his is with as had for at by on not be from her which you";
        let words: Vec<&str> = COMMON.split(' ').collect();
        let text: Vec<&str> = (0..3 + dice.below(12)).map(|_| words[dice.below(25) as usize]).collect();
        (format!(": {}", text.join(" ")), Vec::new())
    }),
    ("a stack of frames behind the message", |dice| {
        let frame = |dice: &mut Dice| {
            let name = ["main", "run", "poll", "read"][dice.below(4) as usize];
            format!("\n  at {name}+0x{:x} [0x7f{:010x}]", dice.below(4096), dice.below(u32::MAX))
        };
        ((0..3 + dice.below(5)).map(|_| frame(dice)).collect(), Vec::new())
    }),
    ("bytes behind the message", |dice| {
        let bytes: Vec<String> =
            (0..4 + dice.below(40)).map(|_| format!("{:02x}", dice.below(256))).collect();
        (format!(" [{}]", bytes.join(" ")), Vec::new())
    }),
];

fn is_found_however_it_is_written(fault: &Fault) {
    for (name, besides) in WAYS {
        let findings = common::findings(name, EVENTS, |position, dice| {
            let said = message(dice, position, fault);
            let (behind, fields) = besides(dice);
            (format!("{said}{behind}"), fields)
        });
        common::found(name, &findings, &fault.at);
    }
}

#[test]
fn what_no_other_event_says_is_found_however_it_is_written() {
    is_found_however_it_is_written(&NEWS);
}

#[test]
fn what_is_said_more_often_is_found_however_it_is_written() {
    is_found_however_it_is_written(&BURST);
}

#[test]
fn what_is_not_said_any_more_is_found_however_it_is_written() {
    is_found_however_it_is_written(&SILENCE);
}
