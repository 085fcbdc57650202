//! One small capture a format, and exactly the events that come of it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p ingest --test golden` writes the expectations anew; read the difference before keeping it.
//! The `.otlp` files hold the same requests as the `.jsonl` files, encoded by Google's protobuf library.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use cbad::{ByteRange, Event, StreamKey};
use common::{data, gzip, read, read_from, shown, zstd};
use ingest::{Batch, Capture, Format, Layer, OpenOptions, Wrapping};
use std::fmt::Write;

const IS_BINARY: [Format; 5] =
    [Format::OtlpProto, Format::Evtx, Format::Parquet, Format::StreamHouseSegment, Format::StreamHouseWal];

const LINE_CAPTURES: [&str; 21] = [
    "rsyslog-raw.log",
    "rsyslog-traditional.log",
    "rsyslog-iso.log",
    "rsyslog-structured.log",
    "logger-octets.log",
    "journal.export",
    "journal-cut.json",
    "nginx-combined.log",
    "nginx-timed.log",
    "apache-common.log",
    "apache-vhost.log",
    "iis.log",
    "cri.log",
    "docker.log",
    "logfmter.log",
    "table.csv",
    "semicolons.csv",
    "postgres.csv",
    "squid.log",
    "mariadb-slow.log",
    "java-logging.log",
];

fn describe(stream: &StreamKey, event: &Event, source: &str) -> String {
    let mut text = String::new();
    let id = |id: &[u8]| id.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    writeln!(text, "{} · {}", stream.signal.name(), stream.label()).unwrap();
    writeln!(text, "  body {:?}", String::from_utf8_lossy(&event.body)).unwrap();
    if let Some(nanos) = event.time_nanos {
        writeln!(text, "  time {nanos}").unwrap();
    }
    if let Some((start, end)) = event.body_stamp {
        writeln!(text, "  stamp {:?}", String::from_utf8_lossy(&event.body[start as usize..end as usize]))
            .unwrap();
    }
    if let Some(severity) = event.severity {
        writeln!(text, "  severity {}", severity.name()).unwrap();
    }
    for (name, bytes) in [
        ("trace", event.trace_id.as_ref().map(|id| &id[..])),
        ("span", event.span_id.as_ref().map(|id| &id[..])),
        ("parent", event.parent_span_id.as_ref().map(|id| &id[..])),
    ] {
        if let Some(bytes) = bytes {
            writeln!(text, "  {name} {}", id(bytes)).unwrap();
        }
    }
    if let Some(measure) = &event.measure {
        writeln!(text, "  measure {measure:?}").unwrap();
    }
    for field in &event.fields {
        writeln!(text, "  {} = {:?}", field.path, field.value).unwrap();
    }
    writeln!(text, "  from {source}").unwrap();
    shortened(&text)
}

/// A text in which long runs of one character are said as their length.
fn shortened(text: &str) -> String {
    let runs = text.as_bytes().chunk_by(|a, b| a == b);
    let short = runs.flat_map(|run| match run.len() {
        65.. => format!("{}{{{} times}}", run[0].escape_ascii(), run.len()).into_bytes(),
        _ => run.to_vec(),
    });
    String::from_utf8(short.collect()).expect("only runs of one ASCII byte are as long")
}

/// What a checkout does to modification times is no part of what a capture says.
fn dated() -> OpenOptions {
    OpenOptions { assumed_year: Some(1970), ..OpenOptions::default() }
}

fn events_of(name: &str) -> String {
    let stored = std::fs::read(data(name)).unwrap();
    let mut capture = Capture::open(&data(name), &dated()).unwrap();
    let mut text =
        format!("{} in {}, {}\n", capture.format().name(), capture.wrapping().name(), capture.order().name());
    let mut batch = Batch::default();
    while capture.next_batch(&mut batch).unwrap() {
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        for (stream, event) in &batch.events {
            let ByteRange { offset, length } = event.source;
            let bytes = &stored[offset as usize..event.source.end() as usize];
            let source = match std::str::from_utf8(bytes) {
                Ok(source) if !IS_BINARY.contains(&capture.format()) => source.escape_debug().to_string(),
                _ => format!("{length} bytes at {offset}"),
            };
            text += &describe(stream, event, &source);
        }
        for problem in &batch.problems {
            let ByteRange { offset, length } = problem.source;
            writeln!(
                text,
                "{} {offset}+{length} line {:?}: {}",
                problem.kind.name(),
                problem.line,
                problem.reason
            )
            .unwrap();
        }
    }
    text
}

fn check(name: &str) {
    let expectation = data(&format!("{name}.events"));
    let events = events_of(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&expectation, &events).unwrap();
    }
    let expected = std::fs::read_to_string(&expectation).unwrap();
    assert_eq!(events, expected, "events of {name} differ from {}", expectation.display());
}

#[test]
fn otlp_json_logs() {
    check("logs.jsonl");
}

#[test]
fn otlp_json_traces() {
    check("traces.jsonl");
}

#[test]
fn otlp_json_metrics() {
    check("metrics.jsonl");
}

#[test]
fn generic_json_lines() {
    check("app.jsonl");
}

/// Six loggers, each told the same: an order, a warning with the ids of a trace, an error, a text of two lines.
#[test]
fn json_lines_of_real_loggers() {
    for (name, events, service) in [
        ("pino.jsonl", 6, Some("shop")),
        ("winston.jsonl", 6, Some("shop")),
        ("bunyan.jsonl", 6, Some("shop")),
        ("structlog.jsonl", 10, Some("shop")),
        ("json-logger.jsonl", 10, None),
        ("loguru.jsonl", 7, None),
    ] {
        check(name);
        let capture = Capture::open(&data(name), &dated()).unwrap();
        assert_eq!(capture.format(), Format::JsonLines, "{name}");
        let reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.rejected()), (events, 0), "{name}");
        for (stream, event) in &reading.events {
            assert!(
                event.time_nanos.is_some() && event.severity.is_some() && !event.body.is_empty(),
                "{name}"
            );
            assert!(service.is_none() || stream.service.as_deref() == service, "{name}");
        }
        let of = |body: &str| reading.events.iter().find(|(_, event)| event.body == body.as_bytes()).unwrap();
        let (_, warning) = of("slow answer of bank");
        assert_eq!(warning.severity, Some(cbad::Severity::Warn), "{name}");
        assert_eq!(warning.span_id, Some([0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]), "{name}");
        assert_eq!(of("räksmörgås\nline two").1.trace_id, None, "{name}");
        assert!(shown(&reading).contains("loggers."), "{name} has lost where the error came from");
    }
}

#[test]
fn plain_text() {
    check("app.log");
}

#[test]
fn line_and_table_formats_of_real_tools() {
    for name in LINE_CAPTURES {
        check(name);
    }
}

#[test]
fn every_way_to_write_a_journal_gives_the_same_events() {
    let events = |name: &str| {
        let mut reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.problems.len()), (6, 0), "{name}");
        reading.events.iter_mut().for_each(|(_, event)| event.source = ByteRange::default());
        shown(&reading)
    };
    let expected = events("journal.export");
    for name in ["journal.json", "journal.json-seq", "journal.json-sse", "journal.json-pretty"] {
        assert_eq!(events(name), expected, "{name}");
    }
}

#[test]
fn jaeger_and_zipkin() {
    check("jaeger.json");
    check("zipkin.json");
}

#[test]
fn open_metrics() {
    check("client.om");
}

#[test]
fn what_a_prometheus_server_gives() {
    check("prometheus-range.json");
    check("prometheus-vector.json");
    check("prometheus-federate.prom");
    check("prometheus-dump.prom");
}

#[test]
fn what_databases_answer_in_columns() {
    check("influxdb.json");
    check("clickhouse.json");
}

#[test]
fn windows_event_log_and_parquet() {
    check("security.evtx");
    check("windows.evtx");
    check("table.parquet");
}

/// Counts as what the containers and the producer were told to write, whatever the expectations beside the captures say.
#[test]
fn what_real_runtimes_and_kcat_wrote_is_read_whole() {
    for (name, events, notes) in [("cri.log", 12, 1), ("docker.log", 13, 0), ("kafka.json", 6, 0)] {
        let reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
        assert_eq!(
            (reading.events.len(), reading.problems.len(), reading.rejected()),
            (events, notes, 0),
            "{name}"
        );
    }
    let long = |name: &str| {
        let reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
        let mut bodies = reading.events.into_iter().map(|(_, event)| event.body);
        bodies.find(|body| body.len() > 16 * 1024).expect("there is one long line")
    };
    assert_eq!(long("cri.log"), format!("{:017000} ends a long line", 7).into_bytes());
    assert_eq!(long("docker.log"), long("cri.log"));
}

#[test]
fn messages_of_brokers_and_sdks() {
    check("kafka.json");
    check("orders.strm");
    check("orders.wal");
    check("lynex.json");
}

/// Four calls each (one streamed, one of embeddings, one that failed); where messages are log records, ten of those and no
/// embeddings, which that instrumentation does not tell.
#[test]
fn calls_that_instrumentations_told() {
    for (name, spans, records) in [
        ("genai-events.jsonl", 3, 10),
        ("genai-spans.jsonl", 4, 0),
        ("genai-openllmetry.jsonl", 4, 0),
        ("genai-openinference.jsonl", 4, 0),
    ] {
        check(name);
        let reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
        let of = |signal: &str| reading.events.iter().filter(|(key, _)| key.signal.name() == signal).count();
        assert_eq!((of("span"), of("log"), reading.problems.len()), (spans, records, 0), "{name}");
        let said = shown(&reading);
        for words in ["gpt-4o-mini-2024-07-18", "no-such-model", "4711", "chatcmpl-2"] {
            assert!(said.contains(words), "{name} has lost {words}");
        }
    }
}

#[test]
fn calls_to_language_models() {
    for name in ["llm-calls.jsonl", "llm-batch.jsonl", "llm-stream.sse", "langfuse.json"] {
        check(name);
    }
    check("langsmith.jsonl");
    check("langsmith.parquet");
    assert_eq!(said_by("langsmith.jsonl"), said_by("langsmith.parquet"));
}

/// Counts as what the scripts asked for, and the words that must not be lost, whatever the expectations beside the captures say.
#[test]
fn calls_that_sdks_and_a_server_wrote() {
    for (name, format, events, failed, words) in [
        ("openai-calls.jsonl", Format::LlmJson, 11, 1, &["\"throttling_error\"", "resp_"][..]),
        ("openai-stream.sse", Format::LlmSse, 1, 0, &["The card had expired.", "gen_ai.usage.cost"]),
        ("langsmith-runs.jsonl", Format::Langsmith, 7, 2, &["rate_limit_exceeded", "call_1"]),
        ("langfuse-otlp.jsonl", Format::OtlpJson, 7, 0, &["model_not_found", "0.0005", "cut to 8191 tokens"]),
    ] {
        check(name);
        let capture = Capture::open(&data(name), &OpenOptions::default()).unwrap();
        assert_eq!(capture.format(), format, "{name}");
        let reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
        assert_eq!((reading.events.len(), reading.problems.len()), (events, 0), "{name}");
        // A span says by its status that it failed.
        let is_failed = |event: &Event| event.severity == Some(cbad::Severity::Error);
        assert_eq!(reading.events.iter().filter(|(_, event)| is_failed(event)).count(), failed, "{name}");
        let said = shown(&reading);
        for words in words {
            assert!(said.contains(words), "{name} has lost {words}");
        }
    }
    let (_, said) = said_by("langsmith-runs.jsonl");
    assert_eq!(said.matches("gen_ai.conversation.id").count(), 5, "a run's own session is its project");
}

/// The events of a capture but for what a table cannot say: it has all columns in each row, and in its own order.
fn said_by(name: &str) -> (usize, String) {
    let mut reading = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default());
    for (_, event) in &mut reading.events {
        event.source = ByteRange::default();
        event.fields.retain(|field| {
            field.value != cbad::Value::Null && field.value != cbad::Value::Text("{}".into())
        });
        event.fields.sort_by(|a, b| a.path.cmp(&b.path));
    }
    (reading.events.len(), shown(&reading))
}

#[test]
fn tables_of_calls_say_what_their_json_says() {
    for (twins, format, events) in [
        (&["langfuse-page.jsonl", "langfuse-page.csv"][..], Format::Langfuse, 4),
        (&["langfuse-blob.jsonl", "langfuse-blob.csv", "langfuse-blob.parquet"], Format::Langfuse, 4),
        (&["langfuse-traces.jsonl", "langfuse-traces.csv"], Format::Langfuse, 1),
        (
            &["phoenix-otlp.json", "phoenix.json", "phoenix.jsonl", "phoenix.csv", "phoenix.parquet"],
            Format::Phoenix,
            3,
        ),
    ] {
        let (count, said) = said_by(twins[0]);
        assert_eq!(count, events, "{}", twins[0]);
        for name in twins {
            check(name);
            let capture = Capture::open(&data(name), &OpenOptions::default()).unwrap();
            let of_its_own = [Format::Parquet, Format::OtlpJson].contains(&capture.format());
            assert!(of_its_own || capture.format() == format && capture.confidence() > 0.7, "{name}");
            assert_eq!(said_by(name), (count, said.clone()), "{name}");
        }
    }
}

#[test]
fn what_a_phoenix_server_gives_back_is_what_it_was_sent() {
    let events = |name: &str| {
        let mut events = read(&std::fs::read(data(name)).unwrap(), &OpenOptions::default()).events;
        for (_, event) in &mut events {
            event.source = ByteRange::default();
            // The number of a row in the server, and what pandas calls the rows of a frame.
            event.fields.retain(|field| {
                !["id", "__index_level_0__"].contains(&field.path.as_str())
                    && field.value != cbad::Value::Null
            });
            event.fields.sort_by(|a, b| a.path.cmp(&b.path));
        }
        events.sort_by_key(|(_, event)| event.span_id);
        events
    };
    let sent = events("phoenix-otlp.json");
    assert_eq!(sent.len(), 3);
    for name in ["phoenix-server.json", "phoenix-server.csv", "phoenix-server.parquet"] {
        check(name);
        assert_eq!(events(name), sent, "{name}");
    }
}

#[test]
fn protobuf_gives_the_events_that_json_gives() {
    for (signal, records) in [("logs", 2), ("traces", 2), ("metrics", 7)] {
        let mut readings = ["jsonl", "otlp"].map(|extension| {
            let stored = std::fs::read(data(&format!("{signal}.{extension}"))).unwrap();
            let reading = read(&stored, &OpenOptions::default());
            for (_, event) in &reading.events {
                assert!(event.source.length > 0 && event.source.end() <= stored.len() as u64);
            }
            reading
        });
        for reading in &mut readings {
            assert_eq!((reading.events.len(), reading.problems.len()), (records, 0), "{signal}");
            reading.events.iter_mut().for_each(|(_, event)| event.source = ByteRange::default());
        }
        assert_eq!(shown(&readings[0]), shown(&readings[1]), "{signal}");
    }
}

#[test]
fn protobuf_sources_are_the_records_themselves() {
    use opentelemetry_proto::tonic::trace::v1::Span;
    use prost::Message;
    let stored = std::fs::read(data("traces.otlp")).unwrap();
    for (_, event) in &read(&stored, &OpenOptions::default()).events {
        let source = event.source.offset as usize..event.source.end() as usize;
        let span = Span::decode(&stored[source]).unwrap();
        assert_eq!(span.name.as_bytes(), event.body);
    }
}

#[test]
fn wrapped_captures_give_the_same_events() {
    let names = ["logs.jsonl", "traces.otlp", "metrics.jsonl", "app.jsonl", "app.log"];
    for name in names.into_iter().chain(LINE_CAPTURES) {
        let plain = std::fs::read(data(name)).unwrap();
        let expected = shown(&read(&plain, &OpenOptions::default()));
        let (half, rest) = plain.split_at(plain.len() / 2);
        for stored in
            [gzip(&plain), zstd(&plain), [gzip(half), gzip(rest)].concat(), [zstd(half), zstd(rest)].concat()]
        {
            assert_eq!(shown(&read(&stored, &OpenOptions::default())), expected, "{name}");
        }
    }
}

#[test]
fn the_exporters_older_zstd_frames_give_the_same_events() {
    let frame = |bytes: &[u8]| {
        let compressed = zstd(bytes);
        [&(compressed.len() as u32).to_be_bytes()[..], &compressed].concat()
    };
    let json = std::fs::read(data("logs.jsonl")).unwrap();
    let framed = [frame(json.trim_ascii_end()), frame(json.trim_ascii_end())].concat();
    assert_eq!(
        shown(&read(&framed, &OpenOptions::default())),
        shown(&read(&[&json[..], &json].concat(), &OpenOptions::default()))
    );
    let proto = std::fs::read(data("traces.otlp")).unwrap();
    let framed = [frame(&proto[4..]), frame(&proto[4..])].concat();
    let capture = common::open(&framed, &OpenOptions::default()).unwrap();
    assert_eq!(
        (capture.wrapping(), capture.format()),
        (&Wrapping::of(&[Layer::ZstdFrames]), Format::OtlpProto)
    );
    assert_eq!(
        shown(&read(&framed, &OpenOptions::default())),
        shown(&read(&[&proto[..], &proto].concat(), &OpenOptions::default()))
    );
}

#[test]
fn json_behind_lengths_gives_the_same_events() {
    let without_places = |stored: &[u8]| {
        let events = read(stored, &OpenOptions::default()).events.into_iter();
        events.map(|(stream, event)| describe(&stream, &event, "")).collect::<Vec<_>>()
    };
    for name in ["logs.jsonl", "traces.jsonl", "metrics.jsonl"] {
        let lines = std::fs::read(data(name)).unwrap();
        let frame = |line: &[u8]| [&(line.len() as u32).to_be_bytes()[..], line].concat();
        let framed: Vec<u8> = lines.trim_ascii_end().split(|&byte| byte == b'\n').flat_map(frame).collect();
        let capture = common::open(&framed, &OpenOptions::default()).unwrap();
        assert_eq!((capture.wrapping(), capture.format()), (&Wrapping::NONE, Format::OtlpJson));
        assert_eq!(without_places(&framed), without_places(&lines), "{name}");
    }
}

#[test]
fn reading_goes_on_at_every_batch_with_the_same_batches() {
    for (name, copies) in
        [("logs.jsonl", 1500), ("traces.otlp", 3000), ("app.jsonl", 1500), ("app.log", 1300)]
    {
        let stored = std::fs::read(data(name)).unwrap().repeat(copies);
        let options = OpenOptions::default();
        let whole = read(&stored, &options);
        assert!(whole.batches.len() > 2, "{name}: {} batches", whole.batches.len());
        for (index, batch) in whole.batches.iter().enumerate() {
            let rest = read_from(&stored, &options, batch.next_offset).unwrap();
            let expected = &whole.batches[index + 1..];
            assert_eq!(rest.batches.len(), expected.len(), "{name} after batch {index}");
            let first = rest.batches.first().map(|batch| format!("{:?}{:?}", batch.events, batch.problems));
            assert_eq!(
                first,
                expected.first().map(|batch| format!("{:?}{:?}", batch.events, batch.problems))
            );
        }
    }
}
