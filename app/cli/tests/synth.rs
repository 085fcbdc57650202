//! What `driftlock synth` writes is what the reader of captures reads.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use cbad::{Signal, StreamKey};
use ingest::{Batch, Capture, Format, OpenOptions};
use testkit::synth::{self, Company, Injection, Kind, Strength, Written};

type Failure = Box<dyn std::error::Error>;

fn write(company: &Company) -> Result<(Vec<u8>, Written), Failure> {
    let mut capture = Vec::new();
    let written = company.plan()?.write(&mut capture)?;
    Ok((capture, written))
}

/// Times of the events of every stream, as read. Every record must be read, without a word.
fn read(capture: Vec<u8>) -> Result<BTreeMap<Arc<StreamKey>, Vec<i64>>, Failure> {
    let size = capture.len() as u64;
    let mut capture =
        Capture::from_reader(Path::new("shop.jsonl"), Cursor::new(capture), size, &OpenOptions::default())?;
    assert_eq!((capture.format(), capture.confidence().to_bits()), (Format::OtlpJson, 1.0_f64.to_bits()));
    let mut streams: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    let mut batch = Batch::default();
    while capture.next_batch(&mut batch)? {
        assert_eq!(batch.problems, []);
        assert_eq!(batch.records, batch.events.len() as u64);
        for (stream, event) in batch.events.drain(..) {
            streams.entry(stream).or_default().push(event.time_nanos.ok_or("every event has a time")?);
        }
    }
    Ok(streams)
}

fn key(stream: &synth::Stream) -> StreamKey {
    let signal = match stream.signal {
        synth::Signal::Log => Signal::Log,
        synth::Signal::Metric => Signal::Metric,
        synth::Signal::Span => Signal::Span,
    };
    StreamKey { signal, service: Some(stream.service.to_owned()), name: stream.name.clone() }
}

#[test]
fn every_record_of_every_kind_is_read_in_time_order() -> Result<(), Failure> {
    let injection = |kind| Injection { strength: Strength::Strong, ..Injection::new(kind) };
    let company = Company { minutes: 10, injections: Kind::ALL.map(injection).into(), ..Company::new(3) };
    let (capture, written) = write(&company)?;
    let streams = read(capture)?;
    let mut counts = BTreeMap::new();
    for (stream, times) in &streams {
        *counts.entry(stream.signal).or_insert(0) += times.len() as u64;
        assert!(times.is_sorted(), "{}", stream.label());
    }
    let expected =
        [(Signal::Log, written.logs), (Signal::Span, written.spans), (Signal::Metric, written.points)];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(written.truth.len(), Kind::ALL.len());
    for stream in written.truth.iter().flat_map(|truth| &truth.touches) {
        assert!(streams.contains_key(&key(stream)), "{stream:?} is what the reader calls it");
    }
    Ok(())
}

#[test]
fn the_times_of_the_truth_are_those_of_the_events() -> Result<(), Failure> {
    for kind in [Kind::ForeignBurst, Kind::NewError, Kind::Spike, Kind::DuplicatedBlock, Kind::TokenBlowup] {
        let injections = vec![Injection { offset_seconds: Some(240), ..Injection::new(kind) }];
        let (capture, written) = write(&Company { minutes: 10, injections, ..Company::new(8) })?;
        let streams = read(capture)?;
        let truth = &written.truth[0];
        let times = &streams[&key(&truth.stream)];
        assert!(times.contains(&truth.start_nanos) && times.contains(&truth.end_nanos), "{truth:?}");
        let within = times.iter().filter(|time| (truth.start_nanos..=truth.end_nanos).contains(*time));
        assert!(within.count() as u64 >= truth.events, "{truth:?}");
    }
    Ok(())
}

#[test]
fn lenses_are_called_as_the_engine_calls_them() -> Result<(), Failure> {
    for kind in Kind::ALL {
        let known: cbad::Lens = serde_json::from_value(serde_json::to_value(kind.lens())?)?;
        assert_eq!(known.name(), kind.lens().name());
    }
    Ok(())
}
