//! Tables whole, cut and damaged.

use crate::model::Batch;
use crate::whole::read_whole;
use crate::{Capture, Format, OpenOptions};
use std::io::Cursor;
use std::path::Path;

const TABLE: &[u8] = include_bytes!("../../tests/data/table.parquet");

fn read(stored: &[u8], options: &OpenOptions) -> Batch {
    let length = stored.len() as u64;
    let stored = Cursor::new(stored.to_vec());
    let mut capture = Capture::from_reader(Path::new("t.parquet"), stored, length, options).expect("opens");
    assert_eq!(capture.format(), Format::Parquet);
    let all = read_whole(&mut capture);
    assert_eq!(capture.decoded_bytes(), length);
    all
}

#[test]
fn rows_lie_in_their_row_groups() {
    let batch = read(TABLE, &OpenOptions::default());
    assert_eq!((batch.events.len(), batch.rejected()), (7, 0));
    let sources: Vec<_> = batch.events.iter().map(|(_, event)| event.source).collect();
    assert_eq!((sources[0].offset, sources[0], sources[6]), (4, sources[3], sources[4]));
    assert_eq!(sources[0].end(), sources[6].offset);
}

#[test]
fn a_cut_file_is_one_loss_that_says_so() {
    for length in [4, 100, TABLE.len() - 1] {
        let batch = read(&TABLE[..length], &OpenOptions::default());
        assert_eq!((batch.events.len(), batch.rejected()), (0, 1), "{length}");
        assert!(batch.problems[0].reason.starts_with("the Parquet file cannot be read"));
    }
}

#[test]
fn a_damaged_group_costs_itself_only() {
    let whole = read(TABLE, &OpenOptions::default());
    let first = whole.events[0].1.source;
    let mut stored = TABLE.to_vec();
    stored[4..first.end() as usize].fill(0xff);
    let batch = read(&stored, &OpenOptions::default());
    assert_eq!((batch.events.len(), batch.rejected()), (3, 1));
    assert!(batch.problems[0].reason.starts_with("rows 1 to 4"), "{}", batch.problems[0].reason);
    assert_eq!(batch.problems[0].source, first);
}

#[test]
fn any_byte_changed_conserves() {
    for at in (4..TABLE.len()).step_by(5) {
        let mut stored = TABLE.to_vec();
        stored[at] ^= 0x55;
        let batch = read(&stored, &OpenOptions::default());
        assert!(batch.events.len() <= 7 && batch.records > 0, "{at}");
    }
}

#[test]
fn a_file_that_says_it_grows_beyond_the_limits_is_refused() {
    let mut options = OpenOptions::default();
    options.limits.decoded_ratio = 0;
    options.limits.decoded_floor_bytes = 100;
    let batch = read(TABLE, &options);
    assert_eq!((batch.events.len(), batch.rejected()), (0, 1));
    assert!(batch.problems[0].reason.contains("more than the 100 allowed"), "{}", batch.problems[0].reason);
}

#[test]
fn only_what_lies_on_the_disk_by_itself_may_be_longer_than_is_held() {
    let mut options = OpenOptions::default();
    options.limits.record_bytes = TABLE.len() as u64 / 4 - 1;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, TABLE).expect("the folder is ours");
    let mut capture = Capture::open(&path, &options).expect("opens");
    let mut batch = Batch::default();
    assert!(capture.next_batch(&mut batch).expect("reads"));
    assert_eq!((batch.events.len(), batch.rejected()), (7, 0), "{:?}", batch.problems);

    let held = read(TABLE, &options);
    assert_eq!((held.events.len(), held.rejected()), (0, 1));
    let problem = &held.problems[0];
    assert!(problem.reason.contains("more than may be held"), "{}", problem.reason);
    let hint = problem.hint.as_deref().expect("it says what to do");
    options.limits.record_bytes = TABLE.len().div_ceil(4) as u64;
    assert!(hint.ends_with(&format!("`--limit record-bytes={}`.", options.limits.record_bytes)), "{hint}");
    assert_eq!(read(TABLE, &options).events.len(), 7);
}

#[test]
fn of_a_large_table_a_sample_is_looked_at_and_its_rows_are_counted_by_its_footer() {
    let rows: Vec<String> = (0..200_000).map(|row| (1_704_067_200_000_000_i64 + row).to_string()).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, table_of_times("int64 ts (TIMESTAMP(MICROS,true))", &rows))
        .expect("the folder is ours");
    let seen = crate::Inspection::of(&path, &OpenOptions::default(), 1, |_| true).expect("opens");
    assert!(!seen.is_whole && seen.records > 0 && seen.records < 200_000, "{}", seen.records);
    assert_eq!(seen.stated_records, Some(200_000));
    let said = seen.looked_at(|bytes| bytes.to_string());
    let expected = format!(", {} of the 200000 rows that its table of contents counts", seen.records);
    assert!(said.ends_with(&expected), "{said}");
    let whole = crate::Inspection::of(&path, &OpenOptions::default(), u64::MAX, |_| true).expect("opens");
    assert!(whole.is_whole && whole.stated_records == Some(whole.records), "{}", whole.records);
}

#[test]
fn a_file_that_is_cut_while_it_is_read_loses_its_rest_by_name() {
    let micros: Vec<String> = (0..200_000).map(|row| (1_704_067_200_000_000_i64 + row).to_string()).collect();
    let rows: Vec<&str> = micros.iter().map(String::as_str).collect();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("t.parquet");
    let table = table_of_times("int64 ts (TIMESTAMP(MICROS,true))", &rows);
    std::fs::write(&path, &table).expect("the folder is ours");
    let mut capture = Capture::open(&path, &OpenOptions::default()).expect("opens");
    let (mut batch, mut records, mut rejected) = (Batch::default(), 0, 0);
    while capture.next_batch(&mut batch).expect("reads") {
        records += batch.records;
        assert_eq!(batch.records, batch.events.len() as u64 + batch.rejected());
        rejected += batch.rejected();
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("the folder is ours");
        file.set_len(1000).expect("the folder is ours");
    }
    assert!(table.len() > 1 << 20 && records > rejected && rejected > 0, "{records} {rejected}");
}

/// A table of one column of text, or of times that are of no zone.
fn table_of_times(column: &str, rows: &[&str]) -> Vec<u8> {
    use ::parquet::column::writer::ColumnWriter;
    use ::parquet::data_type::ByteArray;
    use ::parquet::file::properties::WriterProperties;
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    let schema = parse_message_type(&format!("message t {{ required {column}; }}")).expect("it is a schema");
    let properties = WriterProperties::builder().build().into();
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema.into(), properties).expect("it can be written");
    let mut group = writer.next_row_group().expect("it can be written");
    let mut one = group.next_column().expect("it can be written").expect("the table has a column");
    match one.untyped() {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let rows: Vec<ByteArray> = rows.iter().map(|row| (*row).into()).collect();
            writer.write_batch(&rows, None, None).expect("it can be written");
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let rows: Vec<i64> = rows.iter().map(|row| row.parse().expect("it is a number")).collect();
            writer.write_batch(&rows, None, None).expect("it can be written");
        }
        _ => panic!("a column of text or of numbers"),
    }
    one.close().expect("it can be written");
    group.close().expect("it can be written");
    writer.into_inner().expect("it can be written")
}

#[test]
fn times_without_a_zone_are_told_of_once() {
    for (column, rows, says) in [
        (
            "binary time (UTF8)",
            ["2024-01-01 00:00:00", "2024-01-01 00:00:01"],
            "the time stamps name no zone",
        ),
        (
            "binary time (UTF8)",
            ["2024-01-01T00:00:00Z", "2024-01-01 00:00:01"],
            "some time stamps name no zone",
        ),
        (
            "int64 ts (TIMESTAMP(MICROS,false))",
            ["1704067200000000", "1704067201000000"],
            "the column \"ts\" are of no zone",
        ),
    ] {
        let batch = read(&table_of_times(column, &rows), &OpenOptions::default());
        let [note] = &batch.problems[..] else { panic!("{column}: {:?}", batch.problems) };
        assert!(note.reason.contains(says), "{}", note.reason);
        let times: Vec<_> = batch.events.iter().map(|(_, event)| event.time_nanos).collect();
        assert_eq!(times, [Some(1_704_067_200_000_000_000), Some(1_704_067_201_000_000_000)], "{column}");
    }
    for (column, row) in [
        ("binary time (UTF8)", "2024-01-01T00:00:00+02:00"),
        ("int64 ts (TIMESTAMP(MICROS,true))", "1704067200000000"),
    ] {
        let batch = read(&table_of_times(column, &[row]), &OpenOptions::default());
        assert_eq!(batch.problems, [], "{column}");
    }
}
