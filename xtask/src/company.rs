//! The capture that pictures are made of where the sample incident has nothing to show: calls to a language model and to its
//! tools, and records that cannot be read.

use crate::shell;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the capture, and of its case.
const CAPTURE: &str = "company.jsonl";
const CASE: &str = "company.jsonl.driftlock";

/// What is made up: as long as every view needs, with a fault that the calls show and one that the logs show.
const SYNTH: [&str; 10] = [
    "--seed",
    "11",
    "--minutes",
    "4",
    "--rate",
    "2",
    "--inject",
    "token_blowup:strong@2m",
    "--inject",
    "new_error:strong@1m",
];

/// When the made-up time begins: 2026-03-02 08:00 UTC.
const BEGIN_NANOS: u64 = 1_772_438_400_000_000_000;

/// Makes the capture with the program, damages it, and analyses it into a case, whose path is given back.
pub(crate) fn make(program: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let capture = folder.join(CAPTURE);
    shell::run(Command::new(program).arg("synth").arg(&capture).args(SYNTH))?;
    let made = std::fs::read_to_string(&capture).context("cannot read what was made up")?;
    std::fs::write(&capture, with_tools_and_damage(&made))?;
    let case = folder.join(CASE);
    shell::run(Command::new(program).arg("analyze").arg(&capture).arg("--case").arg(&case))?;
    Ok(case)
}

/// The capture with a call that asks for two tools, and three records that nobody can read.
fn with_tools_and_damage(made: &str) -> String {
    let mut lines: Vec<String> = made.lines().map(str::to_owned).collect();
    let torn: String =
        lines.first().map(|line| line.chars().take(line.len() / 2).collect()).unwrap_or_default();
    let broken = [
        torn,
        "java.lang.OutOfMemoryError: Java heap space".to_owned(),
        "{\"resourceLogs\":[{\"res".to_owned(),
    ];
    for (number, record) in broken.into_iter().enumerate() {
        lines.insert((number + 1) * lines.len() / 4, record);
    }
    lines.push(tools().to_string());
    lines.join("\n") + "\n"
}

/// Spans by the OpenTelemetry conventions for generative AI.
fn tools() -> Value {
    let ask =
        |name: &str| json!({ "type": "tool_call", "id": name, "name": name, "arguments": { "order": 8841 } });
    let said = |role: &str, parts: &[Value]| json!([{ "role": role, "parts": parts }]).to_string();
    let question = json!({ "type": "text", "content": "Where is my order 8841?" });
    let chat = [
        ("gen_ai.operation.name", text("chat")),
        ("gen_ai.provider.name", text("openai")),
        ("gen_ai.request.model", text("gpt-4o")),
        ("gen_ai.response.model", text("gpt-4o")),
        ("gen_ai.usage.input_tokens", json!({ "intValue": "412" })),
        ("gen_ai.usage.output_tokens", json!({ "intValue": "38" })),
        ("gen_ai.usage.cost", json!({ "doubleValue": 0.0014 })),
        ("gen_ai.input.messages", text(&said("user", &[question]))),
        ("gen_ai.output.messages", text(&said("assistant", &[ask("find_order"), ask("track_parcel")]))),
    ];
    let tool = |name| [("gen_ai.operation.name", text("execute_tool")), ("gen_ai.tool.name", text(name))];
    let spans = [
        span(("a1b2c3d4e5f60701", ""), "chat gpt-4o", (100_000, 900), &chat),
        span(("a1b2c3d4e5f60702", ROOT), "execute_tool find_order", (100_920, 12), &tool("find_order")),
        span(("a1b2c3d4e5f60703", ROOT), "execute_tool track_parcel", (100_940, 240), &tool("track_parcel")),
    ];
    let service = json!({ "attributes": [{ "key": "service.name", "value": text("llm-assistant") }] });
    let scope = json!({ "name": "opentelemetry.instrumentation.openai" });
    json!({ "resourceSpans": [{ "resource": service, "scopeSpans": [{ "scope": scope, "spans": spans }] }] })
}

/// The span that the tools were called under.
const ROOT: &str = "a1b2c3d4e5f60701";

fn text(value: &str) -> Value {
    json!({ "stringValue": value })
}

fn span(
    (id, parent): (&str, &str),
    name: &str,
    (begins_millis, millis): (u64, u64),
    attributes: &[(&str, Value)],
) -> Value {
    let nanos = |millis: u64| (BEGIN_NANOS + millis * 1_000_000).to_string();
    let attributes: Vec<Value> =
        attributes.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    json!({
        "traceId": "5f0c3a9d7be14f6c8a2e91b4d6c7f013",
        "spanId": id,
        "parentSpanId": parent,
        "name": name,
        "kind": 3,
        "startTimeUnixNano": nanos(begins_millis),
        "endTimeUnixNano": nanos(begins_millis + millis),
        "attributes": attributes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_up_stays_and_three_records_are_broken() {
        let lines = (0..40).map(|number| json!({ "resourceLogs": [number] }).to_string());
        let made = lines.collect::<Vec<_>>().join("\n") + "\n";
        let shown = with_tools_and_damage(&made);
        let (whole, broken): (Vec<&str>, Vec<&str>) =
            shown.lines().partition(|line| serde_json::from_str::<Value>(line).is_ok());
        assert_eq!((whole.len(), broken.len()), (40 + 1, 3));
        assert!(whole.last().is_some_and(|line| line.contains("track_parcel")));
    }
}
