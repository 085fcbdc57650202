//! What is said of fifteen kinds of incident, word by word. `UPDATE_GOLDENS=1 cargo test -p cbad --test explanations`
//! writes the texts anew; read them aloud before you commit them.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod incidents;

use std::fmt::Write;
use std::path::Path;

use cbad::{Config, Event, Field, Finding, Signal, StreamKey, Unwatched, Value, Way, analyze};
use incidents::{
    Events, MILLI, SECOND, key, metric, requests, shop, spans, stream, stretch, timed, wait_before,
};

/// Analyses one stream with the defaults and compares what is said of the first finding that holds some of the events
/// `odd` with the golden text.
fn check(name: &str, key: StreamKey, events: Vec<Event>, odd: std::ops::Range<u64>) {
    let stream = stream(key, &events);
    let result = analyze(&[stream], &Config::default(), &Events(vec![events]), &Unwatched).unwrap();
    let place = result.findings.iter().position(|f| f.first_event < odd.end && f.last_event >= odd.start);
    let finding = place.map(|at| &result.findings[at]);
    let all: Vec<&str> = result.findings.iter().map(|f| f.explanation.sentence.as_str()).collect();
    let finding = finding.unwrap_or_else(|| panic!("{name} is not in any of {all:#?}"));
    let said = format!("Finding {} of {}.\n\n{}", place.unwrap() + 1, all.len(), said(finding));
    assert_eq!(finding.explanation.counterfactual.is_some(), finding.flagged, "{name}\n{said}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/explanations/{name}.txt"));
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(said, golden, "{name} differs from {}", path.display());
}

fn said(finding: &Finding) -> String {
    let explanation = &finding.explanation;
    let mut out = format!("{}\n\n{}\n", explanation.sentence, explanation.paragraph);
    for caveat in &explanation.caveats {
        write!(out, "\n- {caveat}").unwrap();
    }
    if let Some(counterfactual) = &explanation.counterfactual {
        let (needed, without) = (counterfactual.threshold_bits, counterfactual.score_without_bits);
        let events = match &counterfactual.way {
            Way::Events => format!("without events {:?}", counterfactual.events),
            other => format!("{other:?}"),
        };
        let score = finding.score_bits;
        write!(out, "\n\nscored {score:.2} bits, flagged from {needed:.2}; {without:.2} {events}").unwrap();
    }
    out + "\n"
}

fn logs() -> StreamKey {
    key(Signal::Log, "shop", "logs")
}

fn gauge(name: &str) -> StreamKey {
    key(Signal::Metric, "worker", name)
}

#[test]
fn a_foreign_burst() {
    let mut lines = shop();
    for i in 0..8 {
        lines[1400 + 4 * i] = format!(
            "Out of memory: Killed process {} (postgres) total-vm:{}kB, anon-rss:{}kB",
            4242 + i,
            8_123_456 + 77 * i,
            6_100_000 + 1024 * i
        );
    }
    check("foreign_burst", logs(), timed(lines, 2 * SECOND, 1), 1400..1432);
}

#[test]
fn a_new_error() {
    let mut lines = shop();
    for i in (1200..1400).step_by(5) {
        lines[i] = format!("ERROR inventory lookup {i} failed: canceling statement due to statement timeout");
    }
    check("new_error", logs(), timed(lines, 2 * SECOND, 2), 1200..1400);
}

#[test]
fn a_missing_kind() {
    let mut lines: Vec<String> = shop();
    for i in (0..lines.len()).step_by(9) {
        if !(1500..1800).contains(&i) {
            lines[i] = format!("INFO scheduler heartbeat of worker {}", i % 4);
        }
    }
    check("missing_kind", logs(), timed(lines, 2 * SECOND, 3), 1500..1800);
}

#[test]
fn a_burst_of_a_known_kind() {
    let mut lines = shop();
    for i in (1000..1060).chain([77, 300, 612, 1399, 1777, 2100, 2222]) {
        if i % 4 != 0 || !(1000..=1060).contains(&i) {
            lines[i] = format!("WARN payments retrying authorisation of order {}", 40_000 + i);
        }
    }
    check("burst_of_a_known_kind", logs(), timed(lines, 2 * SECOND, 4), 1000..1060);
}

/// The windows around a minute of a log of three lines an hour are a day, and the line in which no word varies says again what
/// it said.
#[test]
fn a_line_that_never_varies_in_a_sparse_log() {
    let mut lines = shop();
    let crash = "ERROR pool exhausted, no connection is left";
    lines.splice(1300..1320, (0..20).map(|_| crash.to_owned()));
    let mut events = timed(lines, 1200 * SECOND, 20);
    stretch(&mut events, 1300..1320, 0.002);
    check("constant_line_in_a_sparse_log", logs(), events, 1300..1320);
}

#[test]
fn a_rate_spike() {
    let mut events = timed(shop(), 2 * SECOND, 5);
    stretch(&mut events, 1300..1400, 0.1);
    check("rate_spike", logs(), events, 1300..1400);
}

#[test]
fn a_thinning() {
    let mut events = timed(shop(), 2 * SECOND, 6);
    stretch(&mut events, 1300..1400, 5.0);
    check("thinning", logs(), events, 1300..1400);
}

#[test]
fn a_silence() {
    let mut events = timed(shop(), 2 * SECOND, 7);
    wait_before(&mut events, 1500, 1500 * SECOND);
    check("silence", logs(), events, 1490..1510);
}

#[test]
fn a_stall_that_is_caught_up() {
    let mut events = timed(shop(), 2 * SECOND, 7);
    let until = events[1530].time_nanos;
    events[1500..1530].iter_mut().for_each(|event| event.time_nanos = until);
    check("stall_caught_up", logs(), events, 1490..1535);
}

#[test]
fn a_latency_shift() {
    let slow = |i: usize, operation: &str| {
        if (1800..2000).contains(&i) && operation == "POST /checkout" { 3.0 } else { 1.0 }
    };
    check("latency_shift", key(Signal::Span, "shop", "spans"), spans(3000, 8, slow), 1800..2000);
}

#[test]
fn a_slow_leak() {
    let leak = |i: usize, x: f64| 512.0 + 6.0 * x + 0.06 * i.saturating_sub(2400) as f64;
    check("slow_leak", gauge("process.memory_mb"), metric(3000, 9, leak), 2400..3000);
}

/// Of four instances that report by turns, each at its own level, one leaks.
#[test]
fn a_leak_of_one_instance() {
    let leak = |i: usize| if i % 4 == 2 { 0.1 * i.saturating_sub(2400) as f64 } else { 0.0 };
    let mut events = metric(3000, 21, |i, x| 400.0 + 90.0 * (i % 4) as f64 + 6.0 * x + leak(i));
    for (i, event) in events.iter_mut().enumerate() {
        let instance = Value::Text(format!("worker-{}", i % 4));
        event.fields.push(Field { path: "resource.service.instance.id".to_owned(), value: instance });
    }
    check("leak_of_one_instance", gauge("process.memory_mb"), events, 2400..3000);
}

#[test]
fn a_level_shift() {
    let shift = |i: usize, x: f64| 40.0 + 3.0 * x + if (1700..1900).contains(&i) { 25.0 } else { 0.0 };
    check("level_shift", gauge("queue.length"), metric(3000, 10, shift), 1700..1900);
}

#[test]
fn a_spike() {
    let spike = |i: usize, x: f64| 20.0 + x + if (1500..1503).contains(&i) { 60.0 } else { 0.0 };
    check("spike", gauge("gc.pause_ms"), metric(3000, 11, spike), 1500..1503);
}

#[test]
fn a_flat_line() {
    let flat = |i: usize, x: f64| if (2000..2120).contains(&i) { 71.25 } else { 70.0 + 2.0 * x };
    check("flat_line", gauge("sensor.temperature"), metric(3000, 12, flat), 2000..2120);
}

#[test]
fn a_change_of_variance() {
    let wide = |i: usize, x: f64| 100.0 + x * if (1000..1150).contains(&i) { 20.0 } else { 4.0 };
    check("variance_change", gauge("requests.in_flight"), metric(3000, 13, wide), 1000..1150);
}

#[test]
fn reordered_steps() {
    let lines = requests(420, 300..312);
    check("reordered_steps", key(Signal::Log, "orders", "logs"), timed(lines, 300 * MILLI, 14), 1800..1920);
}

#[test]
fn one_odd_line_that_is_not_significant() {
    let mut lines = shop();
    lines[777] = "kernel: Out of memory: Killed process 4242 (postgres) total-vm:8123456kB".to_owned();
    check("one_odd_line", logs(), timed(lines, 2 * SECOND, 15), 777..778);
}
