//! Calls to language models of a made-up company, and of an agent with tools.

mod common;

use case::{Case, Part};
use cbad::Unwatched;
use common::{Outcome, SPANS_BEGIN};
use ingest::OpenOptions;
use std::fmt::Write as _;
use testkit::synth::Company;

#[test]
fn the_calls_of_a_company_add_up_and_have_their_messages() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("company.jsonl");
    let company = Company { minutes: 2, ..Company::new(5) };
    company.plan()?.write(&mut std::fs::File::create(&capture)?)?;
    let mut case = Case::create(&folder.path().join("company.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
    assert!(calls.total > 20 && calls.total == calls.rows.len() as u64, "{}", calls.total);
    assert_eq!(calls.models.iter().map(|model| model.calls).sum::<u64>(), calls.total);
    let tokens: u64 = calls.rows.iter().filter_map(|row| row.input_tokens).sum();
    assert_eq!(calls.models.iter().map(|model| model.input_tokens).sum::<u64>(), tokens);
    assert!(calls.rows.iter().all(|row| row.model.starts_with("gpt-4o") && row.operation == "chat"));
    assert!(
        calls
            .rows
            .iter()
            .all(|row| row.cost.is_some() && row.finish.is_some() && row.latency_nanos.is_some())
    );
    let first = &calls.rows[0];
    let call = case.call(first.stream, first.position)?.ok_or("the call is there")?;
    assert_eq!(call.row, *first);
    let roles: Vec<_> =
        call.messages.iter().map(|message| (message.role.as_str(), message.is_output)).collect();
    assert_eq!(roles, [("user", false), ("assistant", true)]);
    let middle = calls.rows[calls.rows.len() / 2].time_nanos.ok_or("it has a time")?;
    let late = case.calls(middle..i64::MAX, &Unwatched)?;
    assert!(late.total > 0 && late.total < calls.total);
    Ok(())
}

/// A span with text fields, of a request of its own.
fn span(id: u8, name: &str, fields: &[(&str, &str)], status: u8) -> String {
    let mut attributes = String::new();
    for (index, (key, value)) in fields.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let value = serde_json::Value::from(*value);
        write!(attributes, r#"{comma}{{"key":"{key}","value":{{"stringValue":{value}}}}}"#)
            .expect("writing to a String cannot fail");
    }
    let (start, end) =
        (SPANS_BEGIN + u64::from(id) * 1_000_000, SPANS_BEGIN + u64::from(id) * 1_000_000 + 5000);
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"agent"}}}}]}},"scopeSpans":[{{"scope":{{}},"spans":[{{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b1{id:02x}","name":"{name}","kind":3,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}","attributes":[{attributes}],"status":{{"code":{status}}}}}]}}]}}]}}"#
    ) + "\n"
}

#[test]
fn tools_are_counted_by_who_asked_and_by_their_own_work() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("agent.jsonl");
    let asks = r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Graz"}}]}]"#;
    let chat = [
        ("gen_ai.request.model", "m-1"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.output.messages", asks),
    ];
    let other =
        [("llm.model_name", "m-2"), ("llm.token_count.prompt", "12"), ("llm.token_count.completion", "3")];
    let work = [("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "weather")];
    let text = [
        span(1, "chat m-1", &chat, 0),
        span(2, "execute_tool weather", &work, 2),
        span(3, "ChatCompletion", &other, 2),
        span(4, "GET /", &[("note", "llm. and gen_ai. are only words here")], 0),
    ];
    std::fs::write(&capture, text.concat())?;
    let mut case = Case::create(&folder.path().join("agent.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
    assert_eq!(calls.total, 3);
    let models: Vec<_> =
        calls.models.iter().map(|of| (of.model.as_str(), of.calls, of.errors, of.input_tokens)).collect();
    assert_eq!(models, [("m-1", 1, 0, 0), ("m-2", 1, 1, 12)]);
    let tools: Vec<_> = calls
        .tools
        .iter()
        .map(|used| (used.model.as_deref(), used.tool.as_str(), used.calls, used.errors))
        .collect();
    assert_eq!(tools, [(None, "weather", 1, 1), (Some("m-1"), "weather", 1, 0)]);
    let call = case.call(calls.rows[0].stream, calls.rows[0].position)?.ok_or("the call is there")?;
    assert!(matches!(&call.messages[0].parts[0], Part::ToolCall { name, .. } if name == "weather"));
    assert_eq!(case.call(calls.rows[0].stream, 3)?, None, "words in a field make no call");
    Ok(())
}
