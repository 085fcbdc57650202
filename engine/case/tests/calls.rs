//! Calls to language models of a made-up company, and of an agent with tools.

mod common;

use case::{Case, Part};
use cbad::{Signal, Unwatched};
use common::{Outcome, SPANS_BEGIN};
use ingest::OpenOptions;
use std::fmt::Write as _;
use std::path::Path;
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

#[test]
fn messages_in_log_records_of_the_span_belong_to_its_call() -> Outcome {
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("logged.jsonl");
    let record = |span: u8, name: &str, body: &str| {
        format!(
            r#"{{"timeUnixNano":"{SPANS_BEGIN}","traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b1{span:02x}","eventName":"{name}","body":{{"kvlistValue":{{"values":[{body}]}}}}}}"#
        )
    };
    let content = |text: &str| format!(r#"{{"key":"content","value":{{"stringValue":"{text}"}}}}"#);
    let choice = format!(
        r#"{{"key":"index","value":{{"intValue":"0"}}}},{{"key":"message","value":{{"kvlistValue":{{"values":[{}]}}}}}}"#,
        content("Rain.")
    );
    let records = [
        record(1, "gen_ai.choice", &choice),
        record(1, "gen_ai.user.message", &content("Weather?")),
        record(2, "gen_ai.user.message", &content("Of another call.")),
    ];
    let logs = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{}]}}]}}]}}"#, records.join(","));
    let chat = [("gen_ai.system", "x"), ("gen_ai.request.model", "m-1")];
    std::fs::write(&capture, span(1, "chat m-1", &chat, 0) + &logs)?;
    let mut case = Case::create(&folder.path().join("logged.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
    assert_eq!(calls.total, 1, "messages are no calls");
    let call = case.call(calls.rows[0].stream, calls.rows[0].position)?.ok_or("the call is there")?;
    let said: Vec<_> = call
        .messages
        .iter()
        .map(|message| (message.role.as_str(), message.is_output, message.parts[0].text()))
        .collect();
    assert_eq!(said, [("user", false, "Weather?".to_owned()), ("assistant", true, "Rain.".to_owned())]);
    Ok(())
}

#[test]
fn calls_without_a_model_are_listed_and_are_steps_of_their_trace() -> Outcome {
    let folder = tempfile::tempdir()?;
    let runs = folder.path().join("runs.jsonl");
    let id = |run: u8| format!("0000000{run}-1111-1111-1111-111111111111");
    let step = |run: u8| format!("20240101T00000{run}000000Z{}", id(run));
    let run = |run: u8, kind: &str, order: &str| {
        format!(
            r#"{{"id":"{}","name":"n{run}","run_type":"{kind}","inputs":{{"q":1}},"start_time":"2024-01-01T00:00:0{run}","end_time":"2024-01-01T00:00:09","trace_id":"{}","dotted_order":"{order}"}}"#,
            id(run),
            id(1)
        ) + "\n"
    };
    let child = format!("{}.{}", step(1), step(2));
    let text =
        [run(1, "chain", &step(1)), run(2, "llm", &child), run(3, "tool", &format!("{child}.{}", step(3)))];
    std::fs::write(&runs, text.concat())?;
    let batch = folder.path().join("batch.jsonl");
    let failed = r#"{"id":"b","custom_id":"1","response":{"status_code":400,"request_id":"q","body":{"error":{"message":"too long","type":"invalid_request_error"}}},"error":null}"#;
    std::fs::write(&batch, failed)?;
    let mut case = Case::create(&folder.path().join("runs.driftlock"))?;
    case.import(&runs, &OpenOptions::default(), &Unwatched)?;
    case.import(&batch, &OpenOptions::default(), &Unwatched)?;
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
    assert_eq!((calls.total, calls.rows[1].time_nanos), (2, None), "one without a time comes last");
    assert_eq!((&*calls.rows[0].model, &*calls.rows[0].operation), ("model not said", "chat"));
    let errors = case.streams()?.into_iter().filter(|stream| stream.key.signal == Signal::LlmCall);
    let found: Vec<_> = errors.map(|stream| case.call(stream.id, 0)).collect::<Result<_, _>>()?;
    assert!(found.iter().flatten().any(|call| call.row.is_error), "the failed request is a call");
    let event = case.event(calls.rows[0].stream, calls.rows[0].position)?.event;
    let trace = case.trace(event.trace_id.ok_or("it has a trace")?, &[], &Unwatched)?;
    let depths: Vec<_> = trace.spans.iter().map(|span| (span.operation.as_str(), span.depth)).collect();
    assert_eq!(depths, [("n1", 0), ("n2", 1), ("n3", 2)]);
    assert!(trace.events.is_empty());
    Ok(())
}

#[test]
fn what_instrumentations_tell_are_calls_with_models_tokens_tools_and_messages() -> Outcome {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/data");
    for kind in ["spans", "events", "openllmetry", "openinference"] {
        let folder = tempfile::tempdir()?;
        let mut case = Case::create(&folder.path().join("calls.driftlock"))?;
        case.import(&captures.join(format!("genai-{kind}.jsonl")), &OpenOptions::default(), &Unwatched)?;
        let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
        let said: Vec<_> = calls
            .rows
            .iter()
            .map(|row| (&*row.model, row.input_tokens, row.output_tokens.unwrap_or(0), row.is_error))
            .collect();
        let expected = [
            ("gpt-4o-mini-2024-07-18", Some(40), 12, false),
            ("gpt-4o-mini-2024-07-18", Some(60), 5, false),
            ("text-embedding-3-small", Some(6), 0, false),
            ("no-such-model", None, 0, true),
        ];
        // That instrumentation leaves embeddings out.
        let is_told = |call: &&(&str, _, _, _)| kind != "events" || call.0 != "text-embedding-3-small";
        assert_eq!(said, expected.iter().filter(is_told).copied().collect::<Vec<_>>(), "{kind}");
        let [asked, answered] =
            [0, 1].map(|index| case.call(calls.rows[index].stream, calls.rows[index].position));
        let (asked, answered) = (asked?.ok_or("it is a call")?, answered?.ok_or("it is a call")?);
        assert_eq!(
            answered.messages.last().map(|last| last.parts.clone()),
            Some(vec![Part::Text("The card had expired.".to_owned())]),
            "{kind}"
        );
        let last = asked.messages.last().ok_or("it has messages")?;
        assert!(
            matches!(&last.parts[..], [Part::ToolCall { name, .. }] if name == "find_order"),
            "{kind}: {last:?}"
        );
    }
    Ok(())
}

#[test]
fn what_the_sdk_of_langfuse_sends_are_calls_with_tokens_cost_conversation_and_messages() -> Outcome {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/data/langfuse-otlp.jsonl");
    let folder = tempfile::tempdir()?;
    let mut case = Case::create(&folder.path().join("langfuse.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
    assert_eq!(calls.total, 5, "the spans around them are no calls");
    let kinds: Vec<_> =
        calls.rows.iter().map(|row| (&*row.model, &*row.operation, row.conversation.as_deref())).collect();
    let expected = [
        ("model not said", "tool", Some("s-1")),
        ("gpt-4o-mini-2024-07-18", "generation", Some("s-1")),
        ("gpt-4o", "generation", Some("s-1")),
        ("text-embedding-3-small", "embedding", Some("s-1")),
        ("no-such-model", "generation", None),
    ];
    assert_eq!(kinds, expected);
    let amounts: Vec<_> = calls
        .rows
        .iter()
        .map(|row| (row.input_tokens, row.output_tokens, row.cost, row.latency_nanos, row.is_error))
        .collect();
    let expected = [
        (None, None, None, Some(229_800), false),
        (Some(40), Some(6), None, Some(29_376_274), false),
        (Some(40), Some(6), Some(0.0005), Some(294_496), false),
        (Some(6), None, None, Some(137_063), false),
        (None, None, Some(0.0), Some(2_023_078), true),
    ];
    assert_eq!(amounts, expected);
    let models: Vec<_> = calls.models.iter().map(|of| (&*of.model, of.calls, of.errors)).collect();
    let expected = [
        ("gpt-4o", 1, 0),
        ("gpt-4o-mini-2024-07-18", 1, 0),
        ("no-such-model", 1, 1),
        ("text-embedding-3-small", 1, 0),
    ];
    assert_eq!(models, expected);
    let tools: Vec<_> =
        calls.tools.iter().map(|used| (used.model.as_deref(), &*used.tool, used.calls)).collect();
    assert_eq!(tools, [(None, "find_order", 1)]);
    let system = ("system", false, "You help the shop's staff.");
    let question = ("user", false, "Why was order 4711 declined?");
    let answer = ("assistant", true, "The card had expired.");
    let answered = vec![system, question, answer];
    let expected = [answered.clone(), answered, vec![question], vec![question]];
    for (row, expected) in calls.rows[1..].iter().zip(expected) {
        let call = case.call(row.stream, row.position)?.ok_or("it is a call")?;
        assert_eq!(call.row, *row);
        assert!(call.messages.iter().all(|message| message.parts.len() == 1), "{call:?}");
        let texts: Vec<_> = call.messages.iter().map(|message| message.parts[0].text()).collect();
        let messages = call.messages.iter().zip(&texts);
        let said: Vec<_> =
            messages.map(|(message, text)| (&*message.role, message.is_output, text.as_str())).collect();
        assert_eq!(said, expected, "{}", row.model);
    }
    Ok(())
}

#[test]
fn calls_that_have_no_time_are_among_those_of_all_times() -> Outcome {
    let folder = tempfile::tempdir()?;
    let answer = |id: u32| {
        format!(
            r#"{{"id":"msg_{id}","type":"message","role":"assistant","model":"claude-sonnet-4","content":[{{"type":"text","text":"Answer {id}."}}],"stop_reason":"end_turn","usage":{{"input_tokens":3,"output_tokens":2}}}}"#
        )
    };
    let path = folder.path().join("answers.jsonl");
    std::fs::write(&path, (0..20).map(|id| answer(id) + "\n").collect::<String>())?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    case.import(&path, &OpenOptions::default(), &Unwatched)?;
    let calls = case.calls(i64::MIN..i64::MAX, &Unwatched)?;
    assert_eq!((calls.total, calls.rows[0].time_nanos), (20, None));
    assert_eq!((calls.models.len(), calls.models[0].output_tokens), (1, 40));
    assert_eq!(case.calls(0..i64::MAX, &Unwatched)?.total, 0, "and of no other");
    Ok(())
}
