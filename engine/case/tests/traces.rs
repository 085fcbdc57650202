//! Traces of a made-up company: the list, the map of services, and one trace whole.

mod common;

use case::{Case, CaseError, SpanIndex, compare_traces};
use cbad::{Signal, Unwatched};
use common::{CancelAfter, Outcome};
use ingest::OpenOptions;
use testkit::synth::Company;

/// A case of a few minutes of the company.
fn company(folder: &std::path::Path) -> Result<Case, Box<dyn std::error::Error>> {
    let capture = folder.join("company.jsonl");
    let company = Company { minutes: 3, ..Company::new(7) };
    company.plan()?.write(&mut std::fs::File::create(&capture)?)?;
    let mut case = Case::create(&folder.join("company.driftlock"))?;
    case.import(&capture, &OpenOptions::default(), &Unwatched)?;
    Ok(case)
}

#[test]
fn traces_and_the_map_of_services_add_up() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = company(folder.path())?;
    let index = case.spans_in(i64::MIN..i64::MAX, &Unwatched)?;
    let streams = case.streams()?;
    let in_case: u64 =
        streams.iter().filter(|row| row.key.signal == Signal::Span).map(|row| row.events).sum();
    assert_eq!((index.total(), index.one_of(), index.without_trace()), (in_case, 1, 0));
    let traces = index.traces(&[]);
    assert_eq!(traces.iter().map(|row| row.spans).sum::<u64>(), in_case);
    assert!(traces.windows(2).all(|pair| pair[0].start_nanos <= pair[1].start_nanos));
    assert!(traces.iter().filter(|row| row.service == "gateway" && row.has_root).count() > 100);

    let edges = index.service_map();
    let into_gateway = edges.iter().find(|edge| edge.from.is_none() && edge.to == "gateway");
    assert!(into_gateway.is_some_and(|edge| edge.calls > 100 && edge.median_nanos <= edge.p95_nanos));
    assert!(edges.iter().any(|edge| edge.from.as_deref() == Some("gateway") && edge.to == "checkout"));

    // Half of the range has a part of the spans, and a search of the range stops when it is told to.
    let (start, end) = (traces[0].start_nanos, traces[traces.len() - 1].start_nanos);
    let half = case.spans_in(start..i64::midpoint(start, end), &Unwatched)?;
    assert!(half.total() > 0 && half.total() < in_case);
    let cancelled = case.spans_in(start..end, &CancelAfter::new(0));
    assert!(matches!(cancelled.map(|index: SpanIndex| index.total()), Err(CaseError::Cancelled)));
    Ok(())
}

#[test]
fn one_trace_is_whole_with_its_lines_and_compares_with_another() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = company(folder.path())?;
    let index = case.spans_in(i64::MIN..i64::MAX, &Unwatched)?;
    let rows = index.traces(&[]);
    let rich: Vec<_> = rows.iter().filter(|row| row.services.len() >= 3 && row.has_root).take(2).collect();
    let [first, second] = rich[..] else { return Err("too few traces over three services".into()) };
    let trace = case.trace(first.trace, &[], &Unwatched)?;
    assert_eq!(trace.spans.len() as u64, first.spans);
    assert_eq!((trace.spans[0].depth, trace.spans[0].operation.as_str()), (0, first.operation.as_str()));
    assert!(
        !trace.events.is_empty()
            && trace.events.iter().all(|hit| hit.row.event.trace_id == Some(first.trace))
    );
    assert_eq!(trace.total, (trace.spans.len() + trace.events.len()) as u64);
    let waited: i64 = trace.spans.iter().flat_map(|span| &span.critical).map(|(from, to)| to - from).sum();
    assert_eq!(waited, trace.spans[0].duration_nanos, "the critical path is as long as the root");

    let other = case.trace(second.trace, &[], &Unwatched)?;
    let rows = compare_traces(&trace, &other);
    let spans = |side: fn(&case::PathDifference) -> Option<case::PathTotals>| {
        rows.iter().filter_map(side).map(|totals| totals.spans).sum::<u64>()
    };
    assert_eq!(spans(|row| row.first), trace.spans.len() as u64);
    assert_eq!(spans(|row| row.second), other.spans.len() as u64);
    let unknown = case.trace([0xee; 16], &[], &Unwatched)?;
    assert!(unknown.spans.is_empty() && unknown.total == 0);
    Ok(())
}

#[test]
fn servers_that_share_the_id_of_their_clients_are_called_by_these() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("zipkin.json");
    let span = |id: u8, parent: u8, service: &str, name: &str, micros: u64, more: &str| {
        let parent = if parent == 0 { String::new() } else { format!(r#""parentId":"{parent:016x}","#) };
        format!(
            r#"{{"traceId":"5b8efff798038103d269b633813fc60c","id":"{id:016x}",{parent}"name":"{name}","timestamp":{},"duration":{micros},"localEndpoint":{{"serviceName":"{service}"}}{more}}}"#,
            1_772_000_000_000_000 + u64::from(id) * 100
        )
    };
    let spans = [
        span(1, 0, "shop", "page", 9000, ""),
        span(2, 1, "shop", "call", 8000, r#","kind":"CLIENT""#),
        span(2, 1, "stock", "serve", 7000, r#","kind":"SERVER","shared":true"#),
        span(3, 2, "stock", "look up", 3000, ""),
        span(4, 3, "rows", "read", 2000, ""),
    ];
    std::fs::write(&path, format!("[{}]", spans.join(",")))?;
    let mut case = Case::create(&folder.path().join("c.driftlock"))?;
    case.import(&path, &OpenOptions::default(), &Unwatched)?;
    let index = case.spans_in(i64::MIN..i64::MAX, &Unwatched)?;
    let edges: Vec<_> = index
        .service_map()
        .into_iter()
        .map(|edge| (edge.from.unwrap_or_default(), edge.to, edge.calls))
        .collect();
    let expected = [("", "shop", 1), ("shop", "stock", 1), ("stock", "rows", 1)];
    assert_eq!(edges, expected.map(|(from, to, calls)| (from.to_owned(), to.to_owned(), calls)));
    let trace = case.trace(index.traces(&[])[0].trace, &[], &Unwatched)?;
    let depths: Vec<_> = trace.spans.iter().map(|span| (span.operation.as_str(), span.depth)).collect();
    assert_eq!(depths, [("page", 0), ("call", 1), ("serve", 2), ("look up", 3), ("read", 4)]);
    Ok(())
}
