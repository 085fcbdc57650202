//! The built program and captures for it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What every test returns.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The program, ready for arguments, with nothing on standard input.
pub fn driftlock() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftlock"));
    command.stdin(Stdio::null());
    command
}

/// Runs it in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    driftlock().current_dir(folder).args(arguments).output()
}

/// Knuth's MMIX generator; the same numbers on every machine.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A text log of lines of about `width` bytes, one a second, of fifty kinds, with ten of another kind in the middle.
pub fn text_log(folder: &Path, name: &str, lines: u64, width: usize) -> std::io::Result<PathBuf> {
    let words = ["accepted", "cart", "session", "refreshed", "worker", "queue", "delivered", "latency"];
    let mut text = String::new();
    for line in 0..lines {
        let mut numbers = Numbers(line * 7919 % 50);
        let (hour, minute, second) = (line / 3600 % 24, line / 60 % 60, line % 60);
        let begin = text.len();
        write!(text, "2026-03-{:02}T{hour:02}:{minute:02}:{second:02}Z INFO", 1 + line / 86_400)
            .expect("a String");
        if (lines / 2..lines / 2 + 10).contains(&line) {
            text += " connection refused by upstream 10.1.2.3, circuit breaker open";
        }
        while text.len() - begin < width {
            write!(text, " {} {}", words[numbers.below(8) as usize], numbers.below(500)).expect("a String");
        }
        text.push('\n');
    }
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Spans out of time order, one a line as the collector's file exporter writes them.
pub fn spans(folder: &Path, name: &str, count: u64) -> std::io::Result<PathBuf> {
    let mut numbers = Numbers(3);
    let mut text = String::new();
    for index in 0..count {
        let at = 1_772_000_000_000_000_000 + index * 1_000_000 - numbers.below(40) * 1_000_000;
        writeln!(
            text,
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"op {}","kind":2,"startTimeUnixNano":"{at}","endTimeUnixNano":"{at}"}}]}}]}}]}}"#,
            index % 7
        )
        .expect("a String");
    }
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}
