//! Lines that a service writes by the clock and not for a request.

use super::company::At;
use super::numbers::Numbers;
use super::record::{Data, Level, Line, Record};

struct Chore {
    at: At,
    every_seconds: u64,
    template: &'static str,
    body: fn(&mut Numbers) -> String,
}

const CHORES: [Chore; 8] = [
    Chore {
        at: At::Gateway,
        every_seconds: 15,
        template: "upstreams healthy",
        body: |n| format!("8 of 8 upstreams healthy, slowest answered in {} ms", n.between(2, 19)),
    },
    Chore {
        at: At::Cart,
        every_seconds: 60,
        template: "sessions swept",
        body: |n| format!("{} expired sessions swept in {} ms", n.below(40), n.between(3, 60)),
    },
    Chore {
        at: At::Checkout,
        every_seconds: 60,
        template: "outbox flushed",
        body: |n| format!("outbox flushed, {} messages to topic orders.v2", n.below(30)),
    },
    Chore {
        at: At::Payment,
        every_seconds: 90,
        template: "settlement batch sent",
        body: |n| {
            format!(
                "settlement batch {:08x} sent to 10.20.{}.{}",
                n.below(1 << 32),
                n.below(4),
                n.between(2, 250)
            )
        },
    },
    Chore {
        at: At::Inventory,
        every_seconds: 45,
        template: "stock synchronised",
        body: |n| {
            format!(
                "stock of warehouse {} synchronised, {} rows",
                n.pick(&["north", "south", "east"]),
                n.between(200, 900)
            )
        },
    },
    Chore {
        at: At::Catalog,
        every_seconds: 60,
        template: "cache evicted",
        body: |n| format!("cache evicted {} entries, {} kept", n.between(2, 90), n.between(400, 480)),
    },
    Chore {
        at: At::Recommendation,
        every_seconds: 120,
        template: "model reloaded",
        body: |n| {
            format!(
                "model ranker-v7 checked, checksum {:016x} unchanged",
                n.below(16) * 0x1111_1111_1111_1111
            )
        },
    },
    Chore {
        at: At::Assistant,
        every_seconds: 60,
        template: "quota left",
        body: |n| format!("{} of 2000 requests a minute left at the provider", n.between(1700, 1999)),
    },
];

/// How many there are.
pub(super) const CHORES_COUNT: usize = CHORES.len();

/// The first time of a chore, and its period.
pub(super) fn schedule(chore: usize, numbers: &mut Numbers) -> (i64, i64) {
    let period_nanos = CHORES[chore].every_seconds as i64 * 1_000_000_000;
    (numbers.below(period_nanos as u64) as i64, period_nanos)
}

/// What a chore writes.
pub(super) fn line(chore: usize, time_nanos: i64, numbers: &mut Numbers) -> Record {
    let Chore { at, template, body, .. } = &CHORES[chore];
    // A timer is a little late, never early.
    let time_nanos = time_nanos + numbers.exponential(3e6) as i64;
    let line = Line { level: Level::Info, template, body: body(numbers), attributes: Vec::new(), span: None };
    Record { time_nanos, at: *at, data: Data::Line(line), by: None }
}
