//! The points of a series: pairs, and the parts of one.

use super::Order;
use super::metric::Number;
use crate::budget::RECORD_BYTES;
use crate::envelope::bytes_of;
use crate::json::cursor::{Cursor, Kind, Read, Text};
use crate::json::report::{Report, too_costly};
use crate::json::value::{flatten, text_value};
use crate::record::Record;
use crate::stamp::{self, Years};
use crate::streams::LogStreams;
use crate::times::YEAR_OF_LAST_RESORT;
use cbad::Field;

/// The kind of the first element of the array at the cursor.
pub(super) fn first_kind(list: &Cursor<'_>) -> Option<Kind> {
    let mut first = None;
    let _ = list.clone().array(|cursor| {
        first = first.or(cursor.kind().ok());
        cursor.stop()
    });
    first
}

/// Whether the first element of the array at the cursor is a pair whose time is of this kind.
pub(super) fn begins_with_pair(list: &Cursor<'_>, order: Order, kind: Kind) -> bool {
    let mut is_one = false;
    let _ = list.clone().array(|cursor| {
        is_one = is_pair(cursor, order, kind);
        cursor.stop()
    });
    is_one
}

/// Whether a pair of a value and a time of this kind is at the cursor. A value behind its time need not be there yet.
pub(super) fn is_pair(cursor: &mut Cursor<'_>, order: Order, kind: Kind) -> bool {
    let (mut index, mut is_time) = (0, false);
    let _ = cursor.array(|cursor| {
        index += 1;
        if index == 1 && order == Order::NumberFirst {
            return number(cursor).map(drop);
        }
        is_time = cursor.kind()? == kind && time(cursor)?.is_some();
        cursor.stop()
    });
    is_time
}

/// Text or a number as written; none where it is neither.
pub(super) fn scalar<'a>(cursor: &mut Cursor<'a>) -> Read<Option<Text<'a>>> {
    Ok(match cursor.kind()? {
        Kind::Text => Some(cursor.text()?),
        Kind::Number => Some(cursor.number()?.as_bytes().into()),
        _ => {
            cursor.skip()?;
            None
        }
    })
}

/// The number at the cursor, be it in quotes; that there is none, where it is null.
pub(super) fn number(cursor: &mut Cursor<'_>) -> Read<Number> {
    if cursor.kind()? == Kind::Null {
        return cursor.null().map(|()| Number::NotThere);
    }
    let number = scalar(cursor)?.and_then(|text| std::str::from_utf8(&text).ok()?.parse::<f64>().ok());
    Ok(number.map_or(Number::Other, Number::Is))
}

/// The time that text or a number is.
pub(super) fn time(cursor: &mut Cursor<'_>) -> Read<Option<i64>> {
    Ok(scalar(cursor)?.and_then(|text| time_in(&text)))
}

/// The time that this text is. Stores write whole dates.
pub(super) fn time_in(text: &[u8]) -> Option<i64> {
    stamp::epoch(text).or_else(|| stamp::whole(text, Years::new(YEAR_OF_LAST_RESORT)))
}

pub(super) fn times_in(mut list: Cursor<'_>) -> Read<Vec<Option<i64>>> {
    let mut times = Vec::new();
    list.array(|cursor| {
        times.push(time(cursor)?);
        Ok(())
    })?;
    Ok(times)
}

pub(super) fn note_spare(times: usize, at: usize, report: &mut Report<'_>) {
    if times > 0 {
        let plural = if times == 1 { "" } else { "s" };
        let reason = format!("the series has {times} time{plural} more than values: passed over");
        report.remark(at, at, reason, Some("Its values were read; compare the two lists in the capture."));
    }
}

/// The names as Grafana writes labels beside a line, so that they are no fields of the line itself.
pub(super) fn below_labels(labels: Vec<Field>) -> Vec<Field> {
    labels.into_iter().map(|label| Field { path: format!("labels.{}", label.path), ..label }).collect()
}

/// Reads `["nanoseconds", "line"]`, with what else is known of the line behind it.
pub(super) fn read_line(
    cursor: &mut Cursor<'_>,
    labels: &[Field],
    beside: &[Field],
    streams: &mut LogStreams,
    years: Years,
    report: &mut Report<'_>,
) -> Read<()> {
    let begin = cursor.at_value()?;
    if cursor.kind()? != Kind::Array {
        cursor.skip()?;
        return report.reject_one(begin, cursor.at(), "a point that is no pair of a time and a line");
    }
    let mut fields: Vec<Field> = Vec::with_capacity(2 + labels.len());
    let mut index = 0;
    cursor.array(|cursor| {
        index += 1;
        match (index, cursor.kind()?) {
            (1, Kind::Text) => fields.push(field("timestamp", cursor.text()?)),
            (2, Kind::Text) => {
                fields.push(field("message", cursor.text()?));
                fields.extend_from_slice(labels);
            }
            (3, Kind::Object) => flatten(cursor, &mut String::new(), &mut fields, &mut report.budget)?,
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    let end = cursor.at();
    if fields.get(1).is_none_or(|field| field.path != "message") {
        return report.reject_one(begin, end, "a point that is no pair of a time and a line");
    }
    if !report.budget.spend(RECORD_BYTES + fields.iter().chain(beside).map(bytes_of).sum::<usize>()) {
        return too_costly(begin);
    }
    let (service, mut event) = Record::of_fields(fields, years).into_event(report.range(begin, end));
    event.fields.extend_from_slice(beside);
    report.push(streams.of(service.as_deref()), event, end);
    Ok(())
}

fn field(path: &str, text: Text<'_>) -> Field {
    Field { path: path.to_owned(), value: text_value(text) }
}
