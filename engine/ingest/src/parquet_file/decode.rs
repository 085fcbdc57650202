//! The rows of a Parquet file as fields, one message after the other.

use super::stored::Stored;
use crate::model::Limits;
use ::parquet::basic::{LogicalType, TimeUnit, TimestampType};
use ::parquet::data_type::{ByteArray, Decimal};
use ::parquet::file::metadata::RowGroupMetaData;
use ::parquet::file::reader::{FileReader, Length, RowGroupReader};
use ::parquet::file::serialized_reader::SerializedFileReader;
use ::parquet::record::reader::RowIter;
use ::parquet::record::{Field as Column, Row};
use cbad::{ByteRange, Field, Value};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the decoder says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Message {
    /// First: what the file holds, and its columns of times that are of no zone.
    Groups(Vec<Group>, Vec<String>),
    Row {
        /// Of the first column that is a time.
        time_nanos: Option<i64>,
        fields: Vec<Field>,
    },
    /// The rest of the group cannot be decoded; the next one follows.
    GroupFailed(String),
    /// Nothing more can be decoded.
    Failed(String),
    End,
}

/// A row group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) source: ByteRange,
    pub(super) rows: u64,
}

/// The most that a file may come to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    decoded_bytes: u64,
    rows: u64,
    row_bytes: u64,
    /// Of a processor.
    pub(super) seconds: u64,
}

impl Plan {
    const FLOOR_ROWS: u64 = 1 << 20;
    const FLOOR_SECONDS: u64 = 120;
    /// Stored bytes for which there is a second more.
    const BYTES_A_SECOND: u64 = 1 << 20;

    pub(super) fn of(file_bytes: u64, limits: &Limits) -> Self {
        let by_ratio = file_bytes.saturating_mul(limits.decoded_ratio);
        Self {
            decoded_bytes: by_ratio.max(limits.decoded_floor_bytes),
            rows: by_ratio.max(Self::FLOOR_ROWS),
            row_bytes: limits.record_bytes,
            seconds: Self::FLOOR_SECONDS.saturating_add(file_bytes / Self::BYTES_A_SECOND),
        }
    }
}

/// Decodes the file; `say` is told each message and answers whether to go on.
pub(super) fn decode(file: Stored, plan: Plan, say: &mut dyn FnMut(Message) -> bool) {
    let length = file.len();
    let opened = catch_unwind(AssertUnwindSafe(|| open(file, length, plan)));
    let (reader, groups) =
        match opened.unwrap_or_else(|_| Err("its table of contents cannot be decoded".into())) {
            Ok(opened) => opened,
            Err(reason) => {
                say(Message::Failed(reason));
                return;
            }
        };
    let count = groups.len();
    let zoneless = columns_of_times(&reader, |kind| !kind.is_adjusted_to_u_t_c);
    if !say(Message::Groups(groups, zoneless)) {
        return;
    }
    for index in 0..count {
        let read = catch_unwind(AssertUnwindSafe(|| group(&reader, index, plan, say)));
        let goes_on = match read.unwrap_or_else(|_| Err("its bytes make the decoder fail".into())) {
            Ok(goes_on) => goes_on,
            Err(reason) => say(Message::GroupFailed(reason)),
        };
        if !goes_on {
            return;
        }
    }
    say(Message::End);
}

fn open(file: Stored, length: u64, plan: Plan) -> Result<(SerializedFileReader<Stored>, Vec<Group>), String> {
    let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
    let metadata = reader.metadata();
    let decoded = metadata.row_groups().iter().map(|group| group.total_byte_size().max(0) as u64);
    let decoded = decoded.fold(0, u64::saturating_add);
    if decoded > plan.decoded_bytes {
        return Err(format!("it decodes to {decoded} bytes, more than the {} allowed", plan.decoded_bytes));
    }
    let groups = metadata
        .row_groups()
        .iter()
        .map(|group| Group { source: range_of(group, length), rows: group.num_rows().max(0) as u64 });
    let groups: Vec<Group> = groups.collect();
    let rows = groups.iter().map(|group| group.rows).fold(0, u64::saturating_add);
    if rows > plan.rows {
        return Err(format!("it says that it holds {rows} rows, more than the {} allowed", plan.rows));
    }
    Ok((reader, groups))
}

/// From the first byte of its columns to the last.
fn range_of(group: &RowGroupMetaData, length: u64) -> ByteRange {
    let ranges = group
        .columns()
        .iter()
        .filter(|column| column.compressed_size() >= 0 && column.data_page_offset() >= 0);
    let ranges = ranges.map(|column| {
        let dictionary = column.dictionary_page_offset().filter(|&offset| offset >= 0);
        let begin = dictionary.unwrap_or(i64::MAX).min(column.data_page_offset()) as u64;
        (begin, begin.saturating_add(column.compressed_size() as u64))
    });
    let (begin, end) =
        ranges.fold((length, 0), |(begin, end), (from, to)| (begin.min(from), end.max(to.min(length))));
    ByteRange { offset: begin.min(end), length: end.saturating_sub(begin) }
}

/// Reads one group; false where nobody listens any more.
fn group(
    reader: &SerializedFileReader<Stored>,
    index: usize,
    plan: Plan,
    say: &mut dyn FnMut(Message) -> bool,
) -> Result<bool, String> {
    let group: Box<dyn RowGroupReader> = reader.get_row_group(index).map_err(|error| error.to_string())?;
    let rows = RowIter::from_row_group(None, &*group).map_err(|error| error.to_string())?;
    let nanos = nanosecond_columns(reader);
    let expected = group.metadata().num_rows().max(0) as u64;
    let mut count = 0;
    for row in rows.take(usize::try_from(expected).unwrap_or(usize::MAX)) {
        let message = message_of(row.map_err(|error| error.to_string())?, &nanos, plan)?;
        if !say(message) {
            return Ok(false);
        }
        count += 1;
    }
    if count < expected { Err("the row group has fewer rows than it says".into()) } else { Ok(true) }
}

/// Top columns of nanosecond times, which the crate's rows give as plain numbers.
fn nanosecond_columns(reader: &SerializedFileReader<Stored>) -> Vec<String> {
    columns_of_times(reader, |kind| kind.unit == TimeUnit::NANOS)
}

/// Top columns of times of this kind.
fn columns_of_times(
    reader: &SerializedFileReader<Stored>,
    is_one: fn(&TimestampType) -> bool,
) -> Vec<String> {
    let schema = reader.metadata().file_metadata().schema();
    let is_one =
        |logical: Option<&LogicalType>| matches!(logical, Some(LogicalType::Timestamp(kind)) if is_one(kind));
    let columns =
        schema.get_fields().iter().filter(|column| is_one(column.get_basic_info().logical_type_ref()));
    columns.map(|column| column.name().to_owned()).collect()
}

fn message_of(row: Row, nanosecond_columns: &[String], plan: Plan) -> Result<Message, String> {
    let mut leaves = Leaves { fields: Vec::new(), time_nanos: None, bytes_left: plan.row_bytes };
    for (name, column) in row.into_columns() {
        match column {
            Column::Long(nanos) if nanosecond_columns.contains(&name) => {
                leaves.time(name, i128::from(nanos))?;
            }
            column => leaves.put(name, column)?,
        }
    }
    Ok(Message::Row { time_nanos: leaves.time_nanos, fields: leaves.fields })
}

/// The leaves of a row by their paths.
struct Leaves {
    fields: Vec<Field>,
    time_nanos: Option<i64>,
    bytes_left: u64,
}

impl Leaves {
    fn push(&mut self, path: String, value: Value) -> Result<(), String> {
        let bytes = match &value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 8,
        };
        let left = self.bytes_left.checked_sub((path.len() + bytes) as u64);
        self.bytes_left = left.ok_or("a row takes more than one record may take")?;
        self.fields.push(Field { path, value });
        Ok(())
    }

    fn time(&mut self, path: String, nanos: i128) -> Result<(), String> {
        self.time_nanos = self.time_nanos.or(i64::try_from(nanos).ok());
        self.push(path, Value::Text(rfc_3339(nanos)))
    }

    fn put(&mut self, path: String, column: Column) -> Result<(), String> {
        let value = match column {
            Column::Group(row) => {
                for (name, column) in row.into_columns() {
                    self.put(format!("{path}.{name}"), column)?;
                }
                return Ok(());
            }
            Column::ListInternal(list) => {
                for (index, column) in list.elements().iter().enumerate() {
                    self.put(format!("{path}[{index}]"), column.clone())?;
                }
                return Ok(());
            }
            Column::MapInternal(map) => {
                for (index, (key, column)) in map.entries().iter().enumerate() {
                    let name = match key {
                        Column::Str(name) => format!("{path}.{name}"),
                        other => format!("{path}.{other}"),
                    };
                    let name = if name.ends_with('.') { format!("{path}[{index}]") } else { name };
                    self.put(name, column.clone())?;
                }
                return Ok(());
            }
            Column::TimestampMillis(millis) => return self.time(path, i128::from(millis) * 1_000_000),
            Column::TimestampMicros(micros) => return self.time(path, i128::from(micros) * 1000),
            plain => value_of(plain),
        };
        self.push(path, value)
    }
}

fn value_of(column: Column) -> Value {
    match column {
        Column::Bool(value) => Value::Bool(value),
        Column::Byte(value) => Value::Int(value.into()),
        Column::Short(value) => Value::Int(value.into()),
        Column::Int(value) => Value::Int(value.into()),
        Column::Long(value) => Value::Int(value),
        Column::UByte(value) => Value::Int(value.into()),
        Column::UShort(value) => Value::Int(value.into()),
        Column::UInt(value) => Value::Int(value.into()),
        // What does not fit keeps its digits.
        Column::ULong(value) => {
            i64::try_from(value).map_or_else(|_| Value::Text(value.to_string()), Value::Int)
        }
        Column::Float16(value) => Value::Float(value.to_f64()),
        Column::Float(value) => Value::Float(value.into()),
        Column::Double(value) => Value::Float(value),
        Column::Decimal(decimal) => Value::Text(digits_of(&decimal)),
        Column::Str(text) => Value::Text(text),
        Column::Bytes(bytes) => bytes_of(&bytes),
        Column::Date(days) => {
            let (year, month, day) = civil(i64::from(days));
            Value::Text(format!("{year:04}-{month:02}-{day:02}"))
        }
        Column::TimeMillis(millis) => Value::Text(clock(i64::from(millis) * 1_000_000)),
        Column::TimeMicros(micros) => Value::Text(clock(micros.saturating_mul(1000))),
        // Taken apart before; there is no value of their own.
        Column::Null
        | Column::Group(_)
        | Column::ListInternal(_)
        | Column::MapInternal(_)
        | Column::TimestampMillis(_)
        | Column::TimestampMicros(_) => Value::Null,
    }
}

fn bytes_of(bytes: &ByteArray) -> Value {
    match std::str::from_utf8(bytes.data()) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(bytes.data().to_vec()),
    }
}

/// The exact digits of a decimal of up to 16 bytes; a longer one as its bytes.
fn digits_of(decimal: &Decimal) -> String {
    let data = decimal.data();
    if data.len() > 16 {
        return data.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"));
    }
    let sign = data.first().map_or(0, |&first| if first & 0x80 == 0 { 0 } else { -1_i128 });
    let unscaled = data.iter().fold(sign, |value, &byte| value << 8 | i128::from(byte));
    let scale = usize::try_from(decimal.scale()).unwrap_or(0);
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale.min(100) + 1);
    let (whole, part) = digits.split_at(digits.len() - scale.min(100));
    let minus = if unscaled < 0 { "-" } else { "" };
    if part.is_empty() { format!("{minus}{whole}") } else { format!("{minus}{whole}.{part}") }
}

/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * part + 2) / 5 + 1)
}

fn clock(nanos: i64) -> String {
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    format!("{:02}:{:02}:{:02}.{nanos:09}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn rfc_3339(nanos: i128) -> String {
    const DAY_NANOS: i128 = 86_400_000_000_000;
    let (year, month, day) = civil(nanos.div_euclid(DAY_NANOS) as i64);
    format!("{year:04}-{month:02}-{day:02}T{}Z", clock(nanos.rem_euclid(DAY_NANOS) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_decimals_as_text() {
        assert_eq!(rfc_3339(1_700_000_000_123_456_789), "2023-11-14T22:13:20.123456789Z");
        assert_eq!(rfc_3339(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(civil(11_016), (2000, 2, 29));
        for (unscaled, scale, text) in [(12_345, 2, "123.45"), (-5, 3, "-0.005"), (7, 0, "7")] {
            assert_eq!(digits_of(&Decimal::from_i32(unscaled, 9, scale)), text);
        }
    }
}
