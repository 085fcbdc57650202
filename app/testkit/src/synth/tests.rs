//! The captures as a whole: the same bytes, every kind present, nothing moved that was not to be moved.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn write(company: &Company) -> (String, Written) {
    let mut out = Vec::new();
    let written = company.plan().expect("can be made").write(&mut out).expect("memory takes it");
    assert_eq!(written.bytes, out.len() as u64);
    (String::from_utf8(out).expect("JSON is UTF-8"), written)
}

fn short(injections: &[&str]) -> Company {
    let injections = injections.iter().map(|text| text.parse().expect("an injection")).collect();
    Company { minutes: 8, scrape_seconds: 5, injections, ..Company::new(11) }
}

/// What each service wrote of each signal, in order. A parser would take minutes without optimisation.
fn parts(text: &str) -> BTreeMap<(Signal, &str), String> {
    let mut all: BTreeMap<_, String> = BTreeMap::new();
    for line in text.lines() {
        let mut resources =
            line.split(r#"{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":""#);
        let signal = match resources.next().expect("a key") {
            r#"{"resourceLogs":["# => Signal::Log,
            r#"{"resourceSpans":["# => Signal::Span,
            r#"{"resourceMetrics":["# => Signal::Metric,
            other => panic!("{other}"),
        };
        for resource in resources {
            let (service, rest) = resource.split_once('"').expect("the end of a name");
            all.entry((signal, service)).or_default().push_str(rest.trim_end_matches([',', ']', '}']));
        }
    }
    all
}

fn times(signal: Signal, part: &str) -> Vec<i64> {
    let key = if signal == Signal::Span { r#""startTimeUnixNano":""# } else { r#""timeUnixNano":""# };
    let texts = part.split(key).skip(1).map(|rest| rest.split('"').next().expect("the end of a time"));
    texts.map(|text| text.parse().expect("a number")).collect()
}

/// Bodies of lines, or names and ids of spans, in some order that does not depend on time.
fn timeless(part: &str) -> BTreeSet<&str> {
    let pieces = part.split([']', '{']).flat_map(|piece| piece.split("\"startTimeUnixNano\""));
    pieces.filter(|piece| piece.contains("\"name\"") || piece.contains("\"stringValue\"")).collect()
}

#[test]
fn a_company_gives_the_same_bytes_and_another_seed_others() {
    let every: Vec<String> = Kind::ALL.iter().map(|kind| format!("{kind}:strong")).collect();
    let every: Vec<&str> = every.iter().map(String::as_str).collect();
    let company = short(&every);
    let first = write(&company);
    assert_eq!(first, write(&company));
    assert_ne!(first.0, write(&Company { seed: 12, ..company }).0);
    // On another machine too: a checksum (FNV-1a) of the bytes.
    let checksum = first.0.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!(checksum, 10_987_581_233_103_094_204);
}

#[test]
fn records_leave_in_time_order_and_are_counted() {
    let (text, written) = write(&short(&["rate_spike", "duplicated_block"]));
    for line in text.lines().step_by(50) {
        serde_json::from_str::<serde::de::IgnoredAny>(line).expect("JSON");
    }
    let all = parts(&text);
    let mut counts = BTreeMap::new();
    for (&(signal, service), part) in &all {
        let times = times(signal, part);
        *counts.entry(signal).or_insert(0) += times.len() as u64;
        assert!(times.is_sorted(), "{signal:?} of {service}");
        let end = START_NANOS + 8 * 60 * SECOND;
        assert!(times.iter().all(|time| (START_NANOS..end).contains(time)));
    }
    let expected =
        [(Signal::Log, written.logs), (Signal::Span, written.spans), (Signal::Metric, written.points)];
    assert_eq!(counts, BTreeMap::from(expected));
    // Eight services, each with all three signals.
    assert_eq!(all.len(), 24);
}

#[test]
fn an_injection_moves_nothing_else() {
    let (text, _) = write(&short(&[]));
    let quiet = parts(&text);
    for kind in Kind::ALL {
        let (text, written) = write(&short(&[&format!("{kind}:strong")]));
        let touches = written.truth[0].touches.iter();
        let touched: BTreeSet<(Signal, &str)> =
            touches.map(|stream| (stream.signal, stream.service)).collect();
        let faulty = parts(&text);
        let changed: Vec<_> = quiet.iter().filter(|(part, text)| faulty.get(part) != Some(text)).collect();
        assert!(!changed.is_empty(), "{kind} changes something");
        for (part @ &(signal, service), text) in changed {
            // What comes after a slow step is later (perhaps too late for the capture), and otherwise the same.
            let is_only_later =
                || signal != Signal::Metric && timeless(&faulty[part]).is_subset(&timeless(text));
            assert!(touched.contains(part) || is_only_later(), "{kind}: {signal:?} of {service}");
        }
    }
}

#[test]
fn every_kind_is_in_the_truth_with_its_place() {
    for strength in Strength::ALL {
        for kind in Kind::ALL {
            let injection = Injection { kind, strength, offset_seconds: Some(200) };
            let company = Company { injections: vec![injection], ..short(&[]) };
            let (_, written) = write(&company);
            let truth = &written.truth[0];
            assert_eq!((truth.kind, truth.strength, truth.lens), (kind, strength, kind.lens()));
            assert!(truth.events > 0, "{kind} {strength:?} touches something: {truth:?}");
            assert!(truth.touches.contains(&truth.stream), "{truth:?}");
            assert!(!truth.names.is_empty());
            let first = START_NANOS + 200 * SECOND;
            assert!(truth.start_nanos >= first && truth.start_nanos <= truth.end_nanos, "{truth:?}");
            assert!(truth.end_nanos < START_NANOS + 480 * SECOND, "{truth:?}");
        }
    }
}

#[test]
fn an_explanation_can_find_the_names_in_the_capture() {
    for kind in Kind::ALL {
        let (text, written) = write(&short(&[&format!("{kind}:strong")]));
        let found = written.truth[0].names.iter().filter(|name| text.contains(name.as_str())).count();
        assert!(found > 0, "{kind}: {:?}", written.truth[0].names);
    }
}

#[test]
fn what_cannot_be_made_says_why() {
    let quiet = Company::new(1);
    let late = "spike@30m".parse().expect("an injection");
    for (company, said) in [
        (Company { minutes: 0, ..quiet.clone() }, "0 minutes"),
        (Company { rate: 0.0, ..quiet.clone() }, "0 requests a second"),
        (Company { rate: f64::NAN, ..quiet.clone() }, "NaN requests"),
        (Company { scrape_seconds: 0, ..quiet.clone() }, "every 0 s"),
        (Company { injections: vec![late], ..quiet }, "spike at 1800 s is beyond"),
    ] {
        let error = company.plan().err().expect(said).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_trial_is_small_and_its_stream_long_enough() {
    for kind in Kind::ALL {
        for seed in 0..2 {
            let (text, written) = write(&Company::trial(kind, Strength::Moderate, seed));
            let Truth { stream: Stream { signal, service, name }, events, .. } = &written.truth[0];
            let own = &parts(&text)[&(*signal, *service)];
            let own = match signal {
                Signal::Metric => own.matches(&format!("\"name\":\"{name}\"")).count(),
                Signal::Log | Signal::Span => times(*signal, own).len(),
            };
            let what = format!(
                "{kind} {seed}: {} records, {own} in {service} {name}, {events} touched",
                written.records()
            );
            assert!((15_000..60_000).contains(&written.records()), "{what}");
            assert!(own >= 1500, "{what}");
            assert!(*events >= if kind == Kind::Spike { 3 } else { 4 }, "{what}");
        }
    }
}

#[test]
fn the_document_lists_every_kind_with_its_lens() {
    let document = include_str!("../../../../docs/SYNTH.md");
    for kind in Kind::ALL {
        let row = format!("\n| `{kind}` | {} |", kind.lens().name());
        assert!(document.contains(&row), "{row}");
    }
}
