//! Searches give exactly what looking at every event would give, whatever is skipped; damage costs one block.

mod common;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use case::{Case, CaseError, Hit, Moment, Query, SearchSummary};
use cbad::{Signal, Unwatched};
use common::{CancelAfter, Outcome, SPANS_BEGIN, spans, text_log};
use ingest::OpenOptions;
use rusqlite::Connection;

/// A log of several blocks and spans of two services.
fn imported(folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let path = folder.join("a.driftlock");
    let mut case = Case::create(&path)?;
    case.import(&text_log(folder, "a.log", 60_000)?, &OpenOptions::default(), &Unwatched)?;
    case.import(&spans(folder, "spans.jsonl", 600)?, &OpenOptions::default(), &Unwatched)?;
    Ok(path)
}

fn search(case: &Case, query: &Query, limit: u64) -> Result<(Vec<Hit>, SearchSummary), CaseError> {
    let mut hits = Vec::new();
    let summary = case.search(query, limit, &Unwatched, &mut |hit| {
        hits.push(hit);
        ControlFlow::Continue(())
    })?;
    Ok((hits, summary))
}

/// Every event of a case whose text, as a person reads it, fits.
fn expected(case: &Case, fits: impl Fn(&str) -> bool) -> Result<Vec<(u32, u64)>, CaseError> {
    let mut found = Vec::new();
    for stream in case.streams()? {
        for row in case.events(stream.id, 0..stream.events)? {
            if fits(&String::from_utf8_lossy(&row.event.body)) {
                found.push((stream.id, row.position));
            }
        }
    }
    Ok(found)
}

/// Whether the text of an event fits.
type Fits = Box<dyn Fn(&str) -> bool>;

#[test]
fn a_search_finds_what_looking_at_every_event_finds() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = Case::open(&imported(folder.path())?)?;
    let lower = |text: &str| text.to_ascii_lowercase();
    let queries: Vec<(Query, Fits)> = vec![
        (Query::new().with_text("pool exhausted", false), Box::new(|text| text.contains("pool exhausted"))),
        (
            Query::new().with_text("POOL exhausted", true),
            Box::new(move |text| lower(text).contains("pool exhausted")),
        ),
        (Query::new().with_text("POOL exhausted", false), Box::new(|_| false)),
        (Query::new().with_text(" 77", false), Box::new(|text| text.contains(" 77"))),
        (Query::new().with_text("op-59", false), Box::new(|text| text.contains("op-59"))),
        (
            Query::parse("/job 1234[0-9]/")?,
            Box::new(|text| {
                text.find("job 1234")
                    .is_some_and(|at| text[at + 8..].starts_with(|c: char| c.is_ascii_digit()))
            }),
        ),
        (Query::parse("cart -INFO")?, Box::new(|text| text.contains("cart") && !text.contains("INFO"))),
        (Query::parse("key \"05Z\"")?, Box::new(|text| text.contains("key") && text.contains("05Z"))),
    ];
    for (query, fits) in queries {
        let (hits, summary) = search(&case, &query, u64::MAX)?;
        let found: Vec<_> = hits.iter().map(|hit| (hit.stream, hit.row.position)).collect();
        assert_eq!(found, expected(&case, fits)?, "{query:?}");
        assert!(summary.is_complete && summary.damaged.is_empty());
        assert_eq!((summary.total, summary.given), (found.len() as u64, found.len() as u64));
    }
    Ok(())
}

#[test]
fn fields_ids_signals_and_times_narrow_a_search() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = Case::open(&imported(folder.path())?)?;
    let total =
        |text: &str| Ok::<_, Box<dyn std::error::Error>>(search(&case, &Query::parse(text)?, 0)?.1.total);
    assert_eq!(total("signal:span")?, 600);
    assert_eq!(total("service:payments")?, 200);
    assert_eq!(total("-service:payments signal:span")?, 400);
    assert_eq!(total("trace:5b8e")?, 600);
    assert_eq!(total("5B8EFFF798038103D269B633813FC60C")?, 600, "an id as a word");
    assert_eq!(total("trace:6")?, 0);
    assert_eq!(total("span:eee19b7ec3c1b174 service:payments")?, 200);
    assert_eq!(total("stream:a.log")?, 60_000);
    assert_eq!(total("level:info stream:0 until:100")?, 100);
    assert_eq!(total("level:>=warn stream:0")?, 0);
    assert_eq!(total("stream:0 from:2026-03-01T00:00:10Z until:2026-03-01T00:00:20Z")?, 10);
    let scope: Vec<_> = case.events(1, 0..1)?[0].event.fields.iter().map(|f| f.path.clone()).collect();
    let path = scope.first().ok_or("a span has fields")?;
    assert_eq!(total(&format!("{path}=*"))?, 600);
    assert_eq!(total(&format!("{path}=\"no such value\""))?, 0);
    let query = Query::new().with_signal(Signal::Span).from(Moment::Nanos(SPANS_BEGIN as i64));
    let (hits, _) = search(&case, &query, u64::MAX)?;
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.row.event.time_nanos >= Some(SPANS_BEGIN as i64)));
    Ok(())
}

#[test]
fn blocks_without_the_text_are_not_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = Case::open(&imported(folder.path())?)?;
    let (_, rare) = search(&case, &Query::new().with_text("pool exhausted", false), u64::MAX)?;
    assert_eq!(rare.total, 12);
    assert!(rare.blocks > 6 && rare.skipped_blocks >= rare.blocks - 2, "{rare:?}");
    let (_, absent) = search(&case, &Query::new().with_text("segmentation fault", false), u64::MAX)?;
    assert_eq!((absent.total, absent.skipped_blocks), (0, absent.blocks));
    Ok(())
}

#[test]
fn a_limit_bounds_what_is_given_and_not_what_is_counted() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = Case::open(&imported(folder.path())?)?;
    let query = Query::new().with_text("INFO", false);
    let (hits, summary) = search(&case, &query, 5)?;
    assert_eq!((hits.len(), summary.given, summary.total, summary.is_complete), (5, 5, 60_000, true));
    assert!(hits.iter().map(|hit| hit.row.position).eq(0..5));
    let mut seen = 0;
    let summary = case.search(&query, 100, &Unwatched, &mut |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    assert_eq!((seen, summary.given, summary.is_complete), (3, 3, false));
    let stopped = case.search(&query, 100, &CancelAfter::new(1), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(stopped, Err(CaseError::Cancelled)));
    Ok(())
}

#[test]
fn a_list_of_hits_knows_what_to_mark() -> Outcome {
    let query = Query::parse(r#"refused "on re" /c.n/i -not"#)?;
    assert_eq!(query.marks_in(b"CONnection refused, not here"), [0..3, 8..18]);
    assert!(Query::parse("level:error")?.marks_in(b"level:error").is_empty());
    Ok(())
}

#[test]
fn a_damaged_block_or_filter_hides_nothing_else() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = imported(folder.path())?;
    let connection = Connection::open(&path)?;
    let (id, first, last): (i64, u64, u64) = connection.query_row(
        "SELECT id, first_position, first_position + events - 1 FROM block
            WHERE stream = 1 AND first_position > 0 ORDER BY first_position LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64)),
    )?;
    connection.execute("UPDATE block SET data = zeroblob(length(data)) WHERE id = ?1", [id])?;
    connection.execute("UPDATE block_index SET grams = zeroblob(length(grams)) WHERE block <> ?1", [id])?;
    drop(connection);
    let case = Case::open(&path)?;
    let (hits, summary) = search(&case, &Query::new().with_text("INFO", false), u64::MAX)?;
    assert_eq!(hits.len() as u64, 60_000 - (last - first + 1));
    assert!(hits.iter().all(|hit| !(first..=last).contains(&hit.row.position)));
    let [damage] = &summary.damaged[..] else { return Err(format!("{:?}", summary.damaged).into()) };
    assert_eq!((damage.first_event, damage.last_event, damage.file_name.as_str()), (first, last, "a.log"));
    Ok(())
}

#[test]
fn positions_are_those_of_the_hits_and_stop_where_they_are_asked_to() -> Outcome {
    let folder = tempfile::tempdir()?;
    let case = Case::open(&imported(folder.path())?)?;
    let query = Query::new().with_text("cache hit", false);
    let (hits, summary) = search(&case, &query, u64::MAX)?;
    let mut found = Vec::new();
    let told = case.search_positions(&query, &Unwatched, &mut |stream, positions| {
        found.extend(positions.iter().map(|&position| (stream, position)));
        ControlFlow::Continue(())
    })?;
    assert_eq!(found, hits.iter().map(|hit| (hit.stream, hit.row.position)).collect::<Vec<_>>());
    assert_eq!((told.total, told.given, told.is_complete), (summary.total, summary.total, true));

    let mut blocks = 0;
    let ended = case.search_positions(&query, &Unwatched, &mut |_, _| {
        blocks += 1;
        ControlFlow::Break(())
    })?;
    assert_eq!((blocks, ended.is_complete), (1, false));
    let cancelled =
        case.search_positions(&query, &CancelAfter::new(1), &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(cancelled, Err(CaseError::Cancelled)), "{cancelled:?}");

    let fields = case.stream_fields(0)?;
    assert_eq!((fields.looked_at, fields.fields.len()), (2048, 0), "a text log of messages has no fields");
    Ok(())
}
