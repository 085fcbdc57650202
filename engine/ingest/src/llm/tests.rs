use crate::{Batch, Capture, Format, OpenOptions};
use cbad::{Event, Measure, Severity, Signal, StreamKey, Value};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

fn read(text: &str, format: Format) -> Batch {
    let stored = Cursor::new(text.as_bytes().to_vec());
    let options = OpenOptions::default();
    let mut capture =
        Capture::from_reader(Path::new("l"), stored, text.len() as u64, &options).expect("the capture opens");
    assert_eq!(capture.format(), format, "{text}");
    let mut batch = Batch::default();
    assert!(capture.next_batch(&mut batch).expect("the bytes are in memory"));
    assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
    batch
}

fn one(batch: &Batch) -> &(Arc<StreamKey>, Event) {
    assert_eq!((batch.events.len(), &batch.problems[..]), (1, &[][..]));
    &batch.events[0]
}

fn field<'e>(event: &'e Event, path: &str) -> &'e Value {
    let field = event.fields.iter().find(|field| field.path == path);
    &field.unwrap_or_else(|| panic!("{path} is not among {:#?}", event.fields)).value
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

const CHUNKS: &str = r#"data: {"id":"c1","object":"chat.completion.chunk","created":1700000000,"model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}

data: {"id":"c1","choices":[{"index":0,"delta":{"content":"lo"}}]}

data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"t1","type":"function","function":{"name":"find","arguments":"{\"a\""}}]}}]}

data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":":1"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}

data: [DONE]

"#;

#[test]
fn a_streamed_response_is_one_call() {
    let batch = read(CHUNKS, Format::LlmSse);
    let (stream, event) = one(&batch);
    assert_eq!((stream.signal, &*stream.name), (Signal::LlmCall, "m-1"));
    assert_eq!(event.time_nanos, Some(1_700_000_000_000_000_000));
    for (path, value) in [
        ("gen_ai.operation.name", text("chat")),
        ("gen_ai.output.messages[0].parts[0].content", text("Hello")),
        ("gen_ai.output.messages[0].parts[1].name", text("find")),
        // Cut off by the model: not JSON, and kept.
        ("gen_ai.output.messages[0].parts[1].arguments", text("{\"a\":1")),
        ("gen_ai.response.finish_reasons[0]", text("tool_calls")),
        ("gen_ai.usage.output_tokens", Value::Int(2)),
    ] {
        assert_eq!(field(event, path), &value, "{path}");
    }
    assert_eq!(&CHUNKS[..event.source.end() as usize], CHUNKS.trim_end());
}

#[test]
fn streams_behind_one_another_are_told_apart_and_damage_costs_its_line() {
    let cut = CHUNKS.replace("data: [DONE]\n\n", "");
    let other = CHUNKS.replace("\"c1\"", "\"c2\"");
    assert_eq!(read(&format!("{cut}{other}"), Format::LlmSse).events.len(), 2);
    let batch = read(&format!("{CHUNKS}data: {{\"id\":\noops\n{other}"), Format::LlmSse);
    assert_eq!((batch.events.len(), batch.rejected()), (2, 2));
    assert_eq!(batch.problems[1].line, Some(12));
}

#[test]
fn streams_of_the_responses_api_and_of_anthropic() {
    let openai = r#"event: response.created
data: {"type":"response.created","response":{"id":"r1","object":"response","created_at":1700000000,"model":"m-2","status":"in_progress","output":[]}}

event: response.output_item.added
data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message","role":"assistant","content":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Go"}

data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"od"}

"#;
    let completed = r#"data: {"type":"response.completed","response":{"id":"r1","model":"m-2","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Good"}]}],"usage":{"input_tokens":4,"output_tokens":1}}}

"#;
    let anthropic = r#"event: message_start
data: {"type":"message_start","message":{"id":"a1","type":"message","role":"assistant","content":[],"model":"m-3","stop_reason":null,"usage":{"input_tokens":4,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Good"}}

data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}

data: {"type":"message_stop"}

"#;
    for (stream, finish, tokens) in [
        (openai.to_owned(), "in_progress", None),
        (format!("{openai}{completed}"), "completed", Some(1)),
        (anthropic.to_owned(), "end_turn", Some(7)),
    ] {
        let batch = read(&stream, Format::LlmSse);
        let cut = usize::from(finish == "in_progress");
        assert_eq!((batch.events.len(), batch.problems.len(), batch.rejected()), (1, cut, 0));
        let (_, event) = &batch.events[0];
        assert_eq!(field(event, "gen_ai.output.messages[0].parts[0].content"), &text("Good"));
        assert_eq!(field(event, "gen_ai.response.finish_reasons[0]"), &text(finish));
        if let Some(tokens) = tokens {
            assert_eq!(field(event, "gen_ai.usage.output_tokens"), &Value::Int(tokens));
        }
    }
}

#[test]
fn a_failed_request_of_a_batch_is_an_error() {
    let batch = read(
        r#"{"id":"b","custom_id":"1","response":{"status_code":400,"request_id":"q","body":{"error":{"message":"too long","type":"invalid_request_error"}}},"error":null}"#,
        Format::LlmJson,
    );
    let (_, event) = one(&batch);
    assert_eq!(event.severity, Some(Severity::Error));
    assert_eq!(field(event, "error.message"), &text("too long"));
    assert_eq!(field(event, "custom_id"), &text("1"));
}

#[test]
fn stores_keep_calls_beside_the_spans_around_them() {
    let langfuse = r#"{"trace":{"id":"0af7651916cd43dd8448eb211c80319c","timestamp":"2023-11-14T22:13:20Z","name":"ask"},"observations":[{"id":"b7ad6b7169203331","traceId":"0af7651916cd43dd8448eb211c80319c","type":"GENERATION","name":"answer","startTime":"2023-11-14T22:13:20Z","endTime":"2023-11-14T22:13:21.5Z","level":"ERROR","statusMessage":"rate limit","model":"m-4","input":"[{\"role\":\"user\",\"content\":\"why?\"}]","output":{"role":"assistant","content":"so"},"usageDetails":{"input":5,"output":1},"costDetails":{"total":0.25}}]}"#;
    let batch = read(langfuse, Format::Langfuse);
    assert_eq!((batch.events.len(), &batch.problems[..]), (2, &[][..]));
    assert_eq!((batch.events[0].0.signal, &batch.events[0].1.body[..]), (Signal::Span, &b"ask"[..]));
    let (stream, event) = &batch.events[1];
    assert_eq!((stream.signal, &*stream.name, &event.body[..]), (Signal::LlmCall, "m-4", &b"answer"[..]));
    assert_eq!(event.measure, Some(Measure::DurationNanos(1_500_000_000)));
    assert_eq!(
        (event.severity, event.trace_id.is_some(), event.span_id.is_some()),
        (Some(Severity::Error), true, true)
    );
    assert_eq!(field(event, "gen_ai.input.messages[0].parts[0].content"), &text("why?"));
    assert_eq!(field(event, "gen_ai.output.messages[0].parts[0].content"), &text("so"));
    assert_eq!(field(event, "gen_ai.usage.cost"), &Value::Float(0.25));
    assert_eq!(field(event, "error.message"), &text("rate limit"));
    let warned = langfuse.replace("ERROR", "WARNING");
    let batch = read(&warned, Format::Langfuse);
    let event = &batch.events[1].1;
    assert_eq!((event.severity, field(event, "status.message")), (Some(Severity::Warn), &text("rate limit")));
    assert!(event.fields.iter().all(|field| field.path != "error.message"), "a warning is no failure");

    let langsmith = r#"{"id":"1f0c2a3e-0000-4000-8000-000000000001","trace_id":"1f0c2a3e-0000-4000-8000-000000000000","run_type":"llm","name":"ChatModel","start_time":"2023-11-14T22:13:20","end_time":"2023-11-14T22:13:21","inputs":{"messages":[[{"lc":1,"type":"constructor","kwargs":{"content":"why?","type":"human"}}]]},"outputs":{"generations":[[{"text":"so","message":{"kwargs":{"content":"so"}}}]]},"extra":{"metadata":{"ls_model_name":"m-5"}},"prompt_tokens":5,"error":null}"#;
    let batch = read(langsmith, Format::Langsmith);
    let (stream, event) = one(&batch);
    assert_eq!((stream.signal, &*stream.name), (Signal::LlmCall, "m-5"));
    assert_eq!((event.time_nanos, event.severity), (Some(1_700_000_000_000_000_000), None));
    assert_eq!(field(event, "gen_ai.input.messages[0].parts[0].content"), &text("why?"));
    assert_eq!(field(event, "gen_ai.usage.input_tokens"), &Value::Int(5));
}

#[test]
fn ordinary_json_lines_stay_what_they_are() {
    for line in [
        r#"{"level":"info","msg":"asked","messages":[{"role":"user","content":"x"}]}"#,
        r#"{"model":"T-800","input":"power","serial":7}"#,
        r#"{"id":1,"choices":["a","b"],"question":"which?"}"#,
        r#"{"traceId":"x","type":"click","time":"2023-11-14T22:13:20Z"}"#,
        r#"{"messages":["a"],"user":"admin"}"#,
    ] {
        read(&format!("{line}\n"), Format::JsonLines);
    }
}

#[test]
fn runs_and_observations_are_a_tree_whatever_their_ids_are_made_of() {
    let uuid = |run: u8| format!("0000000{run}-1111-1111-1111-111111111111");
    let step = |run: u8| format!("20240101T00000{run}000000Z{}", uuid(run));
    let run = |run: u8, kind: &str, order: &str| {
        format!(
            r#"{{"id":"{}","name":"n{run}","run_type":"{kind}","inputs":{{"q":1}},"start_time":"2024-01-01T00:00:0{run}","trace_id":"{}","dotted_order":"{order}"}}"#,
            uuid(run),
            uuid(1)
        )
    };
    let (root, child) = (step(1), format!("{}.{}", step(1), step(2)));
    let text =
        [run(1, "chain", &root), run(2, "llm", &child), run(3, "tool", &format!("{child}.{}", step(3)))];
    let observation = |id: &str, parent: &str| {
        format!(
            r#"{{"id":"{id}","traceId":"abc-trace","parentObservationId":{parent},"type":"SPAN","startTime":"2024-01-01T00:00:00Z","name":"{id}"}}"#
        )
    };
    let observations = [observation("o0", "null"), observation("o1", "\"o0\""), observation("o2", "\"o1\"")];
    let langfuse = format!(
        r#"{{"trace":{{"id":"abc-trace","timestamp":"2024-01-01T00:00:00Z"}},"observations":[{}]}}"#,
        observations.join(",")
    );
    for (text, format, first) in [(text.join("\n"), Format::Langsmith, 0), (langfuse, Format::Langfuse, 1)] {
        let batch = read(&text, format);
        let events: Vec<&Event> = batch.events.iter().map(|(_, event)| event).collect();
        assert!(
            events[0].trace_id.is_some() && events.iter().all(|event| event.trace_id == events[0].trace_id)
        );
        let [root, middle, leaf] = events[first..] else { panic!("three steps in {text}") };
        // The trace of Langfuse is a record of its own, and the one root.
        let trace = (first == 1).then(|| events[0]);
        assert_eq!(trace.and_then(|trace| trace.parent_span_id), None);
        assert_eq!(trace.is_some(), root.parent_span_id.is_some(), "{text}");
        assert_eq!(root.parent_span_id, trace.and_then(|trace| trace.span_id), "{text}");
        assert!(root.span_id.is_some() && middle.span_id.is_some() && root.span_id != middle.span_id);
        assert_eq!((middle.parent_span_id, leaf.parent_span_id), (root.span_id, middle.span_id), "{text}");
        assert!(matches!(field(middle, "id"), Value::Text(_)), "the id as written is kept");
    }
}

#[test]
fn a_trace_of_langfuse_says_how_long_it_took_in_seconds() {
    let export = r#"{"observations":[{"id":"o","traceId":"t","type":"SPAN","startTime":"2024-01-01T00:00:00Z"}],"trace":{"id":"t","timestamp":"2024-01-01T00:00:00Z","name":"ask","latency":1.25}}"#;
    let batch = read(export, Format::Langfuse);
    let [(_, observation), (_, event)] = &batch.events[..] else { panic!("{:?}", batch.events) };
    assert_eq!(observation.parent_span_id, event.span_id);
    assert_eq!(event.measure, Some(Measure::DurationNanos(1_250_000_000)));
    assert_eq!(field(event, "latency"), &Value::Float(1.25));
}

#[test]
fn the_data_lines_of_an_event_are_one_text() {
    let second = CHUNKS.find("data: {\"id\":\"c1\",\"choices\"").expect("it is there");
    let first = CHUNKS[..second].trim_end().replace(",\"choices\":", ",\ndata: \"choices\":");
    let batch = read(&format!("event: x\n{first}\n\n{}", &CHUNKS[second..]), Format::LlmSse);
    let (_, event) = one(&batch);
    assert_eq!(event.source.offset, 0);
    assert_eq!(field(event, "gen_ai.output.messages[0].parts[0].content"), &text("Hello"));
}

#[test]
fn responses_written_into_one_another_are_told_apart_by_their_ids() {
    let chunk = |id: &str, content: &str| {
        format!(
            r#"data: {{"id":"{id}","model":"m","choices":[{{"index":0,"delta":{{"content":"{content}"}}}}]}}"#
        ) + "\n\n"
    };
    let stream = [chunk("c1", "A1"), chunk("c2", "B1"), chunk("c1", "A2"), chunk("c2", "B2")].concat();
    let contents = |batch: &Batch| -> Vec<Value> {
        let events = batch.events.iter();
        events.map(|(_, event)| field(event, "gen_ai.output.messages[0].parts[0].content").clone()).collect()
    };
    let batch = read(&format!("{stream}data: [DONE]\n\n"), Format::LlmSse);
    assert_eq!((contents(&batch), &batch.problems[..]), (vec![text("A1A2"), text("B1B2")], &[][..]));
    // Without an end each is read, and a note says that it may be cut off.
    let batch = read(&stream, Format::LlmSse);
    assert_eq!((contents(&batch).len(), batch.problems.len(), batch.rejected()), (2, 2, 0));
    assert!(batch.problems[1].reason.contains("[DONE]") && batch.problems[1].line == Some(3));
}

#[test]
fn a_response_does_not_grow_beyond_what_its_chunks_may_cost() {
    let zeros = vec!["0"; 400].join(",");
    let chunk = |number: usize| format!("data: {{\"k{number}{}\":[{zeros}]}}\n\n", "x".repeat(2000));
    let grown: String = (0..10).map(chunk).collect();
    let batch = read(&format!("{CHUNKS}{grown}"), Format::LlmSse);
    assert_eq!((batch.events.len(), batch.rejected()), (11, 0));
}

#[test]
fn a_stream_that_ends_in_an_error_keeps_what_came_before_it() {
    let anthropic = r#"data: {"type":"message_start","message":{"id":"a1","type":"message","role":"assistant","content":[],"model":"m-3"}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Go"}}

data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

"#;
    let openai = r#"data: {"type":"response.created","response":{"id":"r1","object":"response","model":"m-2","output":[]}}

data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Go"}

data: {"type":"error","code":"overloaded_error","message":"Overloaded","param":null,"sequence_number":3}

"#;
    for stream in [anthropic, openai] {
        let batch = read(stream, Format::LlmSse);
        let (_, event) = one(&batch);
        assert_eq!(field(event, "error.message"), &text("Overloaded"));
        assert_eq!(field(event, "error.type"), &text("overloaded_error"));
        assert_eq!(field(event, "gen_ai.output.messages[0].parts[0].content"), &text("Go"));
    }
}
