//! Synthetic captures: the same text each time, with a known odd stretch.

use std::fmt::Write as _;
use std::ops::Range;

/// The services of [`shop`], in the order in which their streams are numbered.
pub const SERVICES: [&str; 3] = ["cart", "checkout", "gateway"];

/// 2026-03-01 09:00:00 UTC, the time of the first event.
const START_SECONDS: u64 = 1_772_355_600;

/// A small shop as JSON lines: three services in turn, ten events a second, `events` of each. The events of `checkout`
/// at positions in `odd` tell of a database that refuses connections; no other event does.
pub fn shop(events: usize, odd: Range<usize>) -> String {
    let mut text = String::new();
    for position in 0..events {
        for (index, service) in SERVICES.iter().enumerate() {
            let tick = position * SERVICES.len() + index;
            let time = START_SECONDS * 10 + position as u64;
            let (seconds, tenths) = (time / 10, time % 10);
            let (level, message) = if *service == "checkout" && odd.contains(&position) {
                ("error", refused(position))
            } else {
                ("info", served(service, tick))
            };
            writeln!(
                text,
                r#"{{"time":{seconds}.{tenths}00,"level":"{level}","service":"{service}","message":"{message}"}}"#,
            )
            .expect("writing to a String cannot fail");
        }
    }
    text
}

/// An ordinary event: a few templates, with numbers that change as they do in real logs.
fn served(service: &str, tick: usize) -> String {
    let number = scattered(tick);
    let (id, millis) = (10_000 + number % 9_000, 2 + number % 23);
    match number % 5 {
        0 => format!("GET /api/{service}/items/{id} 200 in {millis} ms"),
        1 => format!("POST /api/{service}/items 201 in {millis} ms"),
        2 => format!("cache hit for item {id}"),
        3 => format!("session {id} refreshed, expires in {} s", 600 + millis),
        _ => format!("GET /api/{service}/health 200 in {millis} ms"),
    }
}

fn refused(position: usize) -> String {
    match position % 3 {
        0 => format!("connection to db-primary:5432 refused, attempt {} of 5", position % 5 + 1),
        1 => "order not placed: no route to the payments database, rolling back".to_owned(),
        _ => format!("circuit breaker open for db-primary after {} failures", 40 + position % 9),
    }
}

/// A fixed scatter of the whole numbers (the finaliser of `SplitMix64`), so that captures never change.
fn scattered(value: usize) -> usize {
    let mut mixed = (value as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_stretch_is_where_it_was_asked_for_and_nowhere_else() {
        let text = shop(100, 40..43);
        assert_eq!(text.lines().count(), 300);
        let odd: Vec<usize> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains("\"error\""))
            .map(|(line, _)| line / 3)
            .collect();
        assert_eq!(odd, [40, 41, 42]);
        assert!(text.starts_with(r#"{"time":1772355600.000,"level":"info","service":"cart","#));
        assert_eq!(text, shop(100, 40..43), "the same each time");
    }
}
