//! Whatever the bytes: no panic, nothing lost silently, and stopping and going on changes nothing.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod common;

use common::{PACKERS, as_format, data, open, read, read_from, shown};
use ingest::{Batch, Format, IngestError, Limits, OpenOptions};
use proptest::prelude::*;
use std::path::Path;

const CAPTURES: [&str; 46] = [
    "llm-calls.jsonl",
    "llm-batch.jsonl",
    "llm-stream.sse",
    "langfuse.json",
    "langfuse-page.csv",
    "langfuse-blob.csv",
    "langfuse-traces.csv",
    "langsmith.jsonl",
    "phoenix.csv",
    "phoenix.json",
    "kafka.json",
    "orders.strm",
    "orders.wal",
    "lynex.json",
    "sdk-traces.delimited",
    "sdk-logs.pb",
    "jaeger.json",
    "zipkin.json",
    "client.om",
    "prometheus-range.json",
    "prometheus-dump.prom",
    "influxdb.json",
    "clickhouse.json",
    "logs.jsonl",
    "traces.jsonl",
    "metrics.jsonl",
    "logs.otlp",
    "traces.otlp",
    "metrics.otlp",
    "app.jsonl",
    "app.log",
    "rsyslog-raw.log",
    "rsyslog-traditional.log",
    "rsyslog-iso.log",
    "logger-octets.log",
    "journal.export",
    "journal.json",
    "journal.json-seq",
    "journal.json-sse",
    "nginx-timed.log",
    "apache-vhost.log",
    "iis.log",
    "cri.log",
    "docker.log",
    "logfmter.log",
    "table.csv",
];

fn capture() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(&CAPTURES[..]).prop_map(|name| std::fs::read(data(name)).unwrap())
}

/// A capture with some bytes changed, taken out or put in.
fn damaged_capture() -> impl Strategy<Value = Vec<u8>> {
    let wounds = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6);
    (capture(), wounds, 1..4_usize).prop_map(|(bytes, wounds, copies)| {
        let mut bytes = bytes.repeat(copies);
        for (place, byte, kind) in wounds {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len()))),
                _ => bytes.insert(at, byte),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        bytes
    })
}

/// Bytes of the kind that the readers look for.
fn lively_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(vec![
            &b"\n"[..],
            b"\r\n",
            b"\n ",
            b"\n\t",
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b"\"",
            b"\\",
            b"\\u12",
            b"null",
            b"{\"resourceLogs\":[",
            b"{\"scopeLogs\":[",
            b"{\"logRecords\":[",
            b"{\"body\":{\"stringValue\":\"x\"}}",
            b"{\"a\":1}",
            b"2015-05-17T10:05:03Z ",
            b"Dec 31 23:59:59 ",
            b"ERROR ",
            b"Caused by: ",
            b"\x1e",
            b"\xef\xbb\xbf",
            b"\x00\x00\x00\x04\x0a\x02\x12\x00",
            b"\xff\xff\xff\xf0",
            b"1431857103",
            b"<13>",
            b"<165>1 2015-05-17T10:05:03Z host app 1 id [a b=\"c\"] ",
            b"host app[1]: ",
            b"12 <13>",
            b"99999999 ",
            b"MESSAGE=",
            b"MESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\n",
            b"__REALTIME_TIMESTAMP=1700000000000000\n",
            b"\n\n",
            b"127.0.0.1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 1",
            b"#Fields: date time sc-status\r\n",
            b"2015-05-17T10:05:03Z stdout P ",
            b"2015-05-17T10:05:03Z stderr F ",
            b"{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"2015-05-17T10:05:03Z\"}\n",
            b"{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2015-05-17T10:05:03Z\"}\n",
            b"level=info ",
            b"msg=\"",
            b"a,b,c\n",
            b"\r",
            b"\t",
            b";",
            b"\"\"",
            b"{\"spans\":[{\"operationName\":\"x\"}]}",
            b"{\"traceId\":\"1\",\"id\":\"2\",\"duration\":3}",
            b"# TYPE h histogram\n",
            b"h_bucket{le=\"1\"} 2\n",
            b"h_count 2\n",
            b"PAR1",
            b"ElfFile\x00",
            b"ElfChnk\x00",
            b"STRM\x00\x01\x00\x01",
            b"{\"topic\":\"t\",\"partition\":0,\"offset\":1,\"payload\":\"x\"}",
            b"{\"events\":[{\"type\":\"log\",\"body\":{}}]}",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 1..40).prop_map(|pieces| pieces.concat())
}

fn any_capture() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![damaged_capture(), lively_bytes(), prop::collection::vec(any::<u8>(), 1..400)]
}

fn format() -> impl Strategy<Value = Option<Format>> {
    prop_oneof![Just(None), prop::sample::select(&Format::ALL[..]).prop_map(Some)]
}

/// Limits so low that captures of a few kilobytes meet them.
fn limits() -> impl Strategy<Value = Limits> {
    (16..3000_u64, 8..200_u64, 3..40_u32, 2..200_u32).prop_map(
        |(record_bytes, event_bytes, depth, values)| Limits {
            record_bytes,
            event_bytes,
            depth,
            values,
            ..Limits::default()
        },
    )
}

proptest! {
    #[test]
    fn any_bytes_conserve(bytes in any_capture(), format in format()) {
        let options = OpenOptions { format, ..OpenOptions::default() };
        match read_from(&bytes, &options, 0) {
            Ok(reading) => prop_assert_eq!(reading.records as usize, reading.events.len() + reading.rejected()),
            Err(IngestError::Empty { .. } | IngestError::Binary { .. } | IngestError::Damaged { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn low_limits_conserve(bytes in any_capture(), format in format(), limits in limits()) {
        let options = OpenOptions { format, limits, ..OpenOptions::default() };
        if let Ok(reading) = read_from(&bytes, &options, 0) {
            prop_assert_eq!(reading.records as usize, reading.events.len() + reading.rejected());
        }
    }

    #[test]
    fn sources_of_events_do_not_overlap(bytes in any_capture(), format in format()) {
        let options = OpenOptions { format, ..OpenOptions::default() };
        let is_table = |format| {
            matches!(
                format,
                Some(
                    Format::Parquet
                        | Format::StreamHouseSegment
                        | Format::Langfuse
                        | Format::Langsmith
                        | Format::Phoenix
                )
            )
        };
        // The rows of a table share the bytes of their group, messages those of their block, and a record of an export holds others.
        prop_assume!(!is_table(format) && !is_table(open(&bytes, &options).ok().map(|capture| capture.format())));
        if let Ok(reading) = read_from(&bytes, &options, 0) {
            let format = open(&bytes, &options).unwrap().format();
            let mut sources: Vec<_> = reading.events.iter().map(|(_, event)| event.source).collect();
            sources.sort_unstable();
            for pair in sources.windows(2) {
                // What comes in parts takes in what others wrote between them: another stream of the container, another response.
                let in_parts = matches!(format, Format::Cri | Format::Docker | Format::LlmSse);
                let end = if in_parts { pair[0].offset + 1 } else { pair[0].end() };
                prop_assert!(end <= pair[1].offset, "{:?}", pair);
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn going_on_gives_the_same_as_one_pass(bytes in damaged_capture(), format in format()) {
        let bytes = bytes.repeat(1 + 150_000 / bytes.len());
        let options = OpenOptions { format, ..OpenOptions::default() };
        if let Ok(whole) = read_from(&bytes, &options, 0) {
            let middle = whole.batches.len() / 2;
            for stop in [0, middle, whole.batches.len().saturating_sub(1)] {
                let Some(batch) = whole.batches.get(stop) else { continue };
                let rest = read_from(&bytes, &options, batch.next_offset).unwrap();
                prop_assert_eq!(
                    format!("{:?}", rest.batches),
                    format!("{:?}", &whole.batches[stop + 1..])
                );
            }
        }
    }

    #[test]
    fn wrapped_captures_give_the_same(bytes in damaged_capture(), cut in any::<prop::sample::Index>()) {
        let options = OpenOptions::default();
        let expected = read_from(&bytes, &options, 0).map(|reading| shown(&reading)).ok();
        let (head, tail) = bytes.split_at(cut.index(bytes.len()));
        for (pack, again) in PACKERS.into_iter().zip(PACKERS.into_iter().cycle().skip(1)) {
            for stored in [pack(&bytes), [pack(head), pack(tail)].concat(), again(&pack(&bytes))] {
                prop_assert_eq!(read_from(&stored, &options, 0).map(|reading| shown(&reading)).ok(), expected.clone());
            }
        }
    }

    #[test]
    fn a_broken_off_wrapping_keeps_what_decoded(bytes in capture(), cut in any::<prop::sample::Index>(), pack in prop::sample::select(&PACKERS[..])) {
        let bytes = bytes.repeat(5);
        let stored = pack(&bytes);
        // Below the ten bytes that announce bzip2 nothing says that there was a wrapping at all.
        let stored = &stored[..10 + cut.index(stored.len() - 10)];
        match read_from(stored, &OpenOptions::default(), 0) {
            Ok(reading) => {
                prop_assert!(reading.rejected() >= 1, "the loss is reported");
                let last = reading.batches.last().unwrap().next_offset;
                prop_assert_eq!(read_from(stored, &OpenOptions::default(), last).unwrap().batches, vec![]);
            }
            Err(IngestError::Damaged { .. } | IngestError::Binary { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

proptest! {
    #[test]
    fn damaged_wrappings_conserve(
        bytes in capture(),
        pack in prop::sample::select(&PACKERS[..]),
        wounds in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut stored = pack(&bytes.repeat(3));
        for (place, byte) in wounds {
            let at = place.index(stored.len());
            stored[at] = byte;
        }
        if let Ok(reading) = read_from(&stored, &OpenOptions::default(), 0) {
            prop_assert_eq!(reading.records as usize, reading.events.len() + reading.rejected());
            let last = reading.batches.last().map_or(0, |batch| batch.next_offset);
            prop_assert_eq!(read_from(&stored, &OpenOptions::default(), last).unwrap().batches, vec![]);
        }
    }
}

#[test]
fn every_prefix_of_every_capture_conserves() {
    for name in CAPTURES {
        let whole = std::fs::read(data(name)).unwrap();
        let framed = Path::new(name).extension().is_some_and(|extension| extension == "otlp");
        let mut most = 0;
        let step = if whole.len() > 3000 { 13 } else { 1 };
        for length in (1..=whole.len()).step_by(step) {
            if let Ok(reading) = read_from(&whole[..length], &OpenOptions::default(), 0) {
                assert!(reading.events.len() >= most || reading.rejected() > 0 || !framed);
                most = most.max(reading.events.len());
            }
        }
        // The one has one row.
        assert!(most >= 2 || name == "langfuse-traces.csv", "{name}: {most}");
    }
}

#[test]
fn a_format_can_be_read_as_any_other() {
    for name in CAPTURES {
        let stored = std::fs::read(data(name)).unwrap();
        for format in Format::ALL {
            let reading = read(&stored, &as_format(format));
            assert!(reading.records > 0, "{name} as {}", format.name());
            assert_eq!(open(&stored, &as_format(format)).unwrap().format(), format);
        }
    }
}

/// Every seed of the fuzzer.
fn seeds() -> Vec<std::path::PathBuf> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let folders = std::fs::read_dir(seeds).unwrap().map(|folder| folder.unwrap().path());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn every_fuzz_seed_conserves_with_every_reader() {
    let mut records = 0;
    for seed in seeds() {
        let stored = std::fs::read(seed).unwrap();
        for format in Format::ALL.map(Some).into_iter().chain([None]) {
            let options = OpenOptions { format, ..OpenOptions::default() };
            records += read_from(&stored, &options, 0).map_or(0, |reading| reading.records);
        }
    }
    assert!(records > 100, "{records}");
}

/// The batches of a reading that ends each after one record, from decoded byte `from` on.
fn one_by_one(stored: &[u8], options: &OpenOptions, from: u64) -> Option<Vec<Batch>> {
    let mut capture = open(stored, options).ok()?;
    capture.set_batch(1, 1 << 20);
    if from > 0 {
        capture.resume_at(from).unwrap();
    }
    let (mut batches, mut batch) = (Vec::new(), Batch::default());
    while capture.next_batch(&mut batch).unwrap() {
        batches.push(batch.clone());
    }
    Some(batches)
}

#[test]
fn an_import_can_be_interrupted_after_any_record() {
    let mut stops = 0;
    for seed in seeds().into_iter().chain(CAPTURES.map(data)) {
        let stored = std::fs::read(&seed).unwrap();
        for format in Format::ALL.map(Some).into_iter().chain([None]) {
            let options = OpenOptions { format, ..OpenOptions::default() };
            let Some(whole) = one_by_one(&stored, &options, 0) else { continue };
            for stop in (0..whole.len()).step_by(1 + whole.len() / 8) {
                let rest = one_by_one(&stored, &options, whole[stop].next_offset).unwrap();
                let expected = &whole[stop + 1..];
                if rest != expected {
                    let (rest, expected) = (format!("{rest:#?}"), format!("{expected:#?}"));
                    assert_eq!(rest, expected, "{} as {format:?} from {stop}", seed.display());
                }
                stops += 1;
            }
        }
    }
    assert!(stops > 1000, "{stops}");
}
