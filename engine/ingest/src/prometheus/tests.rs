//! Families, points and damage.

use crate::model::Batch;
use crate::whole::read_whole;
use crate::{Capture, Format, OpenOptions, ProblemKind};
use cbad::{Measure, Value};
use std::io::Cursor;
use std::path::Path;

fn read(text: &str) -> Batch {
    let options = OpenOptions { format: Some(Format::Prometheus), ..OpenOptions::default() };
    let stored = Cursor::new(text.as_bytes().to_vec());
    let mut capture =
        Capture::from_reader(Path::new("c.prom"), stored, text.len() as u64, &options).expect("opens");
    let mut all = read_whole(&mut capture);
    all.problems.retain(|problem| problem.kind == ProblemKind::Rejected);
    all
}

fn source<'a>(text: &'a str, batch: &Batch, index: usize) -> &'a str {
    let source = batch.events[index].1.source;
    &text[source.offset as usize..source.end() as usize]
}

#[test]
fn a_histogram_is_one_point() {
    let text = "# TYPE h histogram\n# UNIT h s\nh_bucket{r=\"a\",le=\"0.5\"} 2 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\",z=\"1\"} 0.4 1520879607.7\n\
        h_bucket{le=\"1\",r=\"a\"} 5\nh_bucket{r=\"a\",le=\"+Inf\"} 6\nh_sum{r=\"a\"} 7.5\nh_count{r=\"a\"} 6\nh_created{r=\"a\"} 1520879607.5\n\
        h_bucket{r=\"b\",le=\"+Inf\"} 1\nh_count{r=\"b\"} 1\nafter 3\n# EOF\n";
    let batch = read(text);
    assert_eq!((batch.events.len(), batch.rejected()), (3, 0));
    let (stream, event) = &batch.events[0];
    assert_eq!(stream.name, "h{r=a}");
    let expected = Measure::Histogram {
        count: 6,
        sum: Some(7.5),
        bounds: vec![0.5, 1.0],
        counts: vec![2, 3, 1],
        cumulative: true,
    };
    assert_eq!((&event.measure, &event.time_nanos), (&Some(expected), &None));
    assert!(event.trace_id.is_some_and(|id| id[..2] == [0x0a, 0xf7]));
    let fields: Vec<_> = event.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(fields, ["unit", "exemplars[0].z", "exemplars[0].value", "exemplars[0].time_unix_nano"]);
    let lines = source(text, &batch, 0);
    assert!(
        lines.starts_with("h_bucket{r=\"a\",le=\"0.5\"}")
            && lines.ends_with("h_created{r=\"a\"} 1520879607.5")
    );
    assert_eq!((&*batch.events[2].0.name, source(text, &batch, 2)), ("after", "after 3"));
}

#[test]
fn counters_gauges_and_summaries() {
    let text = "# TYPE c counter\nc_total{a=\"x\"} 5 1520879607.5\nc_created{a=\"x\"} 1520879600\n\
        # TYPE old_total counter\nold_total 7\n# TYPE g gauge\ng 1\ng 2\n# TYPE s summary\n\
        s{quantile=\"0.5\"} 10\ns{quantile=\"0.9\"} 30\ns_sum 900\ns_count 100\n# TYPE i info\ni_info{v=\"1.2\"} 1\n\
        # TYPE t stateset\nt{t=\"a\"} 1\nt{t=\"b\"} 0\n";
    let batch = read(text);
    assert_eq!(batch.rejected(), 0);
    let measures: Vec<_> = batch.events.iter().filter_map(|(_, event)| event.measure.clone()).collect();
    let start_nanos = Some(1_520_879_600_000_000_000);
    let summary = Measure::Histogram {
        count: 100,
        sum: Some(900.0),
        bounds: vec![10.0, 30.0],
        counts: vec![50, 40, 10],
        cumulative: true,
    };
    let expected = [
        Measure::Cumulative { total: 5.0, start_nanos },
        Measure::Cumulative { total: 7.0, start_nanos: None },
        Measure::Gauge(1.0),
        Measure::Gauge(2.0),
        summary,
        Measure::Gauge(1.0),
        Measure::Gauge(1.0),
        Measure::Gauge(0.0),
    ];
    assert_eq!(measures, expected);
    assert_eq!(batch.events[0].1.time_nanos, Some(1_520_879_607_500_000_000));
}

#[test]
fn several_scrapes_in_one_file_are_points_of_the_same_streams() {
    let scrape = "# HELP h it\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 1\n";
    let batch = read(&scrape.repeat(3));
    assert_eq!((batch.events.len(), batch.rejected()), (3, 0));
    assert!(batch.events.iter().all(|(stream, _)| stream.name == "h"));
    // Two scrapes without metadata between them, and points of one series at two times.
    let batch = read(
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1 5\nh_count 1 5\nh_bucket{le=\"1\"} 2 6\nh_count 2 6\n",
    );
    assert_eq!((batch.events.len(), batch.rejected()), (2, 0));
}

#[test]
fn a_damaged_line_costs_itself_and_the_type_still_holds() {
    let text = "# TYPE c counter\nc_total{a=\"x\"} 1\nc_total{a=\"y} 2\nc_total{a=\"z\"} 3\nlone x\n";
    let batch = read(text);
    let kinds: Vec<_> = batch.events.iter().map(|(_, event)| event.measure.clone()).collect();
    assert!(kinds.iter().all(|measure| matches!(measure, Some(Measure::Cumulative { .. }))), "{kinds:?}");
    assert_eq!((batch.events.len(), batch.rejected()), (2, 2));
    assert_eq!((batch.problems[0].line, batch.problems[1].line), (Some(3), Some(5)));
    assert!(
        batch.problems[0].reason.contains("'\"' before the line ends at its byte"),
        "{}",
        batch.problems[0].reason
    );
}

#[test]
fn a_family_longer_than_a_block_keeps_its_type_wherever_reading_goes_on() {
    let mut text = "# TYPE h histogram\n".to_owned();
    for series in 0..30_000 {
        let bucket = |bound, count| format!("h_bucket{{s=\"{series}\",le=\"{bound}\"}} {count}\n");
        text.extend([bucket("1", 1), bucket("+Inf", 2), format!("h_count{{s=\"{series}\"}} 2\n")]);
    }
    let options = OpenOptions::default();
    let open = || {
        let stored = Cursor::new(text.clone().into_bytes());
        Capture::from_reader(Path::new("c"), stored, text.len() as u64, &options).expect("opens")
    };
    let (mut capture, mut batches, mut batch) = (open(), Vec::new(), Batch::default());
    while capture.next_batch(&mut batch).expect("reads") {
        batches.push(batch.clone());
    }
    assert!(batches.len() > 1, "{} batches", batches.len());
    let events: Vec<_> = batches.iter().flat_map(|batch| &batch.events).collect();
    assert_eq!(events.len(), 30_000);
    for (_, event) in events {
        assert!(
            matches!(&event.measure, Some(Measure::Histogram { count: 2, counts, .. }) if counts == &[1, 1])
        );
    }
    let mut again = open();
    again.resume_at(batches[0].next_offset).expect("it is the same capture");
    assert!(again.next_batch(&mut batch).expect("reads"));
    assert_eq!(batch, batches[1]);
}

#[test]
fn histograms_that_contradict_themselves_are_rejected() {
    for (samples, why) in [
        ("h_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 4\nh_count 5\n", "count down"),
        ("h_bucket{le=\"1\"} 5\nh_count 4\n", "more than its count"),
        ("h_bucket 5\n", "`le` is missing"),
        ("h_count -1\n", "negative"),
    ] {
        let batch = read(&format!("# TYPE h histogram\n{samples}"));
        assert_eq!((batch.events.len(), batch.rejected()), (0, 1), "{samples}");
        assert!(batch.problems[0].reason.contains(why), "{}", batch.problems[0].reason);
    }
}

#[test]
fn names_and_labels_keep_their_bytes() {
    let mut bytes = b"# TYPE g gauge\ng{a=\"".to_vec();
    bytes.extend(b"\xff\"} 1\n{\"sp ace\",\"l.x\"=\"v\"} 2\n");
    let options = OpenOptions::default();
    let length = bytes.len() as u64;
    let mut capture =
        Capture::from_reader(Path::new("c"), Cursor::new(bytes), length, &options).expect("opens");
    assert_eq!(capture.format(), Format::Prometheus);
    let mut batch = Batch::default();
    assert!(capture.next_batch(&mut batch).expect("reads"));
    let names: Vec<_> = batch.events.iter().map(|(stream, _)| &*stream.name).collect();
    assert_eq!(names, ["g{a=\\xff}", "sp ace{l.x=v}"]);
    assert!(batch.problems[0].reason.contains("carry no time"));
    assert!(
        batch.events.iter().all(|(_, event)| !event.fields.iter().any(|field| field.value == Value::Null))
    );
}
