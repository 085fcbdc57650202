//! Rows of values under the names of columns that stand before them, as databases answer: `columns` and `rows` of Kusto
//! and Application Insights, `columns` and `values` of ES|QL and `InfluxDB`, `meta` and `data` of `ClickHouse`, `columns` and
//! `data` of Trino.
//!
//! The names are told by what they are and not by what they are called: a list of texts or of objects with a name, as long
//! as the rows are, one of them a name that times have.

use crate::budget::Budget;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::report::too_costly;
use crate::record::Record;
use crate::stamp::Years;

/// Most columns that a table may have.
const MOST_COLUMNS: usize = 4_096;
/// What the name of a column is called, in small letters.
const NAMES: [&str; 4] = ["name", "columnname", "text", "label"];

/// The names of columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// The names in the list at the cursor, where it is one of names.
    pub(crate) fn of(mut list: Cursor<'_>) -> Option<Self> {
        let mut names = Vec::new();
        list.array(|cursor| match name_of(cursor)? {
            Some(name) if names.len() < MOST_COLUMNS => {
                names.push(name);
                Ok(())
            }
            _ => cursor.stop(),
        })
        .ok()?;
        (!names.is_empty()).then_some(Self(names))
    }

    /// Whether the first element of the list at the cursor is a row of these columns, with a time. The others need not be
    /// there yet.
    pub(crate) fn are_of(&self, mut list: Cursor<'_>, years: Years) -> bool {
        let mut is_row = false;
        let _ = list.array(|cursor| {
            if cursor.kind()? == Kind::Array {
                let mut cells = 0;
                cursor.clone().array(|cursor| {
                    cells += 1;
                    cursor.skip()
                })?;
                let row = self.read_row(cursor, years, &mut Budget::for_unit(0))?;
                is_row = cells == self.0.len() && row.is_timed();
            }
            cursor.stop()
        });
        is_row
    }

    /// The row at the cursor as a record. A value that no column is named for has its place as its name.
    pub(crate) fn read_row(
        &self,
        cursor: &mut Cursor<'_>,
        years: Years,
        budget: &mut Budget,
    ) -> Read<Record> {
        let (mut record, mut index) = (Record::default(), 0);
        cursor.array(|cursor| {
            match self.0.get(index) {
                // The path is made once for a value that is none of several.
                Some(name) if budget.spend(name.len()) => record.read_value(cursor, name, years, budget)?,
                Some(_) => return too_costly(cursor.at()),
                None => record.read_value(cursor, &format!("[{index}]"), years, budget)?,
            }
            index += 1;
            Ok(())
        })?;
        record.join_date_and_time(years);
        Ok(record)
    }
}

/// The name that the text or the object at the cursor is; none where it has none.
fn name_of(cursor: &mut Cursor<'_>) -> Read<Option<String>> {
    let mut name = None;
    match cursor.kind()? {
        Kind::Text => name = Some(String::from_utf8_lossy(&cursor.text()?).into_owned()),
        Kind::Object => cursor.object(|cursor, key| {
            let is_name = NAMES.iter().any(|known| key.eq_ignore_ascii_case(known.as_bytes()));
            if is_name && name.is_none() && cursor.kind()? == Kind::Text {
                name = Some(String::from_utf8_lossy(&cursor.text()?).into_owned());
                return Ok(());
            }
            cursor.skip()
        })?,
        _ => cursor.skip()?,
    }
    Ok(name.filter(|name| !name.is_empty()))
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;
