//! A capture with people in it, and what of them a case holds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use case::{Case, CaseError};
use cbad::{Event, StreamKey};

use super::Numbers;

/// What must not be found anywhere. The text before the `@` is its own needle: no part of an address may stay.
pub const SECRETS: [&str; 6] = [
    "zoe.quill",
    "quill.example",
    "203.0.113.77",
    "4111111111111111",
    "hunter2hunter2",
    "DE89370400440532013000",
];

/// Three kinds of line with people in them, an error in the middle that has every secret, and a line whose problem
/// quotes one.
pub fn people(folder: &Path, name: &str, lines: u64) -> std::io::Result<PathBuf> {
    let mut numbers = Numbers(11);
    let mut text = String::new();
    for line in 0..lines {
        let (hour, minute, second) = (line / 3600 % 24, line / 60 % 60, line % 60);
        let person = numbers.below(40);
        let address = format!("10.{}.0.{}", numbers.below(3), numbers.below(200));
        let message = match numbers.below(3) {
            0 => format!("login of person{person}@shop.example from {address}"),
            1 => format!("mail to person{person}@shop.example queued"),
            _ => format!("request from {address} served"),
        };
        let message = if (lines / 2..lines / 2 + 20).contains(&line) {
            "payment by zoe.quill@quill.example from 203.0.113.77 refused, card 4111111111111111, account \
             DE89370400440532013000"
                .to_owned()
        } else {
            message
        };
        let json = serde_json::json!({
            "time": format!("2026-03-01T{hour:02}:{minute:02}:{second:02}Z"),
            "message": message,
            "service": if line % 50 == 7 { "front of zoe.quill@quill.example" } else { "front" },
            "password": "hunter2hunter2",
        });
        writeln!(text, "{json}").expect("writing to a String cannot fail");
    }
    text.push_str("{\"time\": \"zoe.quill@quill.example\", \"zoe.quill@quill.example\": 1, \"zoe.quill@quill.example\": 2}\n");
    text.push_str("{\"message\": \"zoe.quill@quill.example\"\n");
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    Ok(path)
}

pub fn bytes_of(case: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::fs::read(case)?;
    for suffix in ["-wal", "-shm"] {
        let mut name = case.as_os_str().to_owned();
        name.push(suffix);
        bytes.extend(std::fs::read(name).unwrap_or_default());
    }
    Ok(bytes)
}

pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// An event of a stream as text.
pub fn shown(stream: &StreamKey, event: &Event) -> String {
    let mut text = format!("{} {}", stream.label(), String::from_utf8_lossy(&event.body));
    for field in &event.fields {
        write!(text, " {}={:?}", field.path, field.value).expect("writing to a String cannot fail");
    }
    text
}

/// Every event of the case as text.
pub fn events(case: &Case) -> Result<Vec<String>, CaseError> {
    let mut all = Vec::new();
    for stream in case.streams()? {
        for row in case.events(stream.id, 0..stream.events)? {
            all.push(shown(&stream.key, &row.event));
        }
    }
    Ok(all)
}
