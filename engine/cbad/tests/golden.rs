//! The results of a fixed set of streams of every signal, to the last bit.
//! `UPDATE_GOLDENS=1 cargo test -p cbad --test golden` writes the golden file anew. The same file holds for debug and
//! release (`cargo test --release -p cbad --test golden`), for 1 and 8 threads and with and without the feature
//! `openzl`, whose jury is left out.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[allow(dead_code, reason = "each test takes what it needs")]
mod incidents;

use std::fmt::Write;
use std::path::Path;

use cbad::{Config, Event, RunResult, Signal, StreamKey, Unwatched, analyze};
use incidents::{Events, SECOND, key, metric, shop, spans, stream, timed, wait_before};
use sha2::{Digest, Sha256};

fn streams() -> Vec<(StreamKey, Vec<Event>)> {
    let mut lines = shop();
    for i in (1200..1320).step_by(4) {
        lines[i] = format!("ERROR inventory lookup {i} failed: canceling statement due to statement timeout");
    }
    let mut logs = timed(lines, 2 * SECOND, 1);
    wait_before(&mut logs, 2000, 300 * SECOND);
    let level = |i: usize, x: f64| 40.0 + 3.0 * x + if (700..760).contains(&i) { 25.0 } else { 0.0 };
    let leak = |i: usize, x: f64| 512.0 + x + 0.2 * i.saturating_sub(800) as f64;
    let slow = |i: usize, operation: &str| {
        if (900..980).contains(&i) && operation == "POST /checkout" { 4.0 } else { 1.0 }
    };
    vec![
        (key(Signal::Log, "shop", "logs"), logs),
        (key(Signal::Metric, "worker", "queue.length"), metric(1200, 2, level)),
        (key(Signal::Metric, "worker", "process.memory_mb"), metric(1200, 3, leak)),
        (key(Signal::Span, "shop", "spans"), spans(1500, 4, slow)),
    ]
}

fn run(threads: usize) -> RunResult {
    let known = streams();
    let prepared: Vec<_> = known.iter().map(|(key, events)| stream(key.clone(), events)).collect();
    let events = Events(known.into_iter().map(|(_, events)| events).collect());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut result = pool.install(|| analyze(&prepared, &Config::default(), &events, &Unwatched)).unwrap();
    result.findings.iter_mut().for_each(|finding| finding.jury = None);
    result
}

/// Fields in the order of their declaration, floats with the fewest digits that give the same bits back.
fn canonical(result: &RunResult) -> String {
    serde_json::to_string_pretty(result).unwrap()
}

/// The digest first, then what is likely to say where another result differs: every tenth window and every finding.
fn table(result: &RunResult, json: &str) -> String {
    let mut out = format!("sha256 {:x}\nbytes {}\n", Sha256::digest(json), json.len());
    let names: Vec<String> = streams().iter().map(|(key, _)| key.label()).collect();
    out.push_str("\nstream | lens | window | score, bits of the double | q\n");
    for (name, stream) in names.iter().zip(&result.streams) {
        for window in stream.windows.iter().filter(|w| w.flagged || w.index % 10 == 0) {
            for lens in &window.lenses {
                let q = lens.q.map_or("none".to_owned(), |q| format!("{:016x}", q.to_bits()));
                let score = lens.score_bits.to_bits();
                writeln!(out, "{name} | {} | {} | {score:016x} | {q}", lens.lens, window.index).unwrap();
            }
        }
    }
    out.push_str("\nfinding | stream | lens | events | flagged | score | surprise\n");
    for (number, f) in result.findings.iter().enumerate() {
        let (name, lens) = (&names[f.stream as usize], f.explanation.lens);
        let events = format!("{}..={}", f.first_event, f.last_event);
        let (score, surprise) = (f.score_bits, f.surprise_bits);
        let flagged = f.flagged;
        writeln!(out, "{number} | {name} | {lens} | {events} | {flagged} | {score:.6} | {surprise:.6}")
            .unwrap();
    }
    out
}

#[test]
fn results_are_those_of_the_golden_file_to_the_last_bit() {
    let result = run(1);
    let json = canonical(&result);
    assert_eq!(canonical(&run(8)), json, "8 threads give another result than 1");
    let table = table(&result, &json);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/results.txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let differing = table.lines().zip(golden.lines()).find(|(ours, golden)| ours != golden);
    assert_eq!(table, golden, "first difference: {differing:#?}");
}
