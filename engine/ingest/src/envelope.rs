//! JSON documents that hold a list of records, as the interfaces of clouds and stores answer: `{"Records":[…]}` of
//! `CloudTrail`, `{"hits":{"hits":[…]}}` of Elasticsearch, `{"items":[…]}` of Kubernetes, `{"records":[…]}` of Azure.
//!
//! An object is one where it has no time of its own and a list in it has records with one. Each record of the list is a
//! record then, and has besides what stands around the list. The list may be of series too, of rows of named values, of
//! rows under the names of columns (`columns.rs`), or of documents that hold lists themselves.

use crate::budget::Budget;
use crate::columns::Columns;
use crate::json::cursor::{Cursor, Kind, Read};
use crate::json::report::too_costly;
use crate::json::value::{flatten, text_value};
use crate::probe::Probe;
use crate::record::Record;
use crate::series::Series;
use crate::stamp::Years;
use cbad::{Field, Value};
use std::ops::Range;

/// How deep a list may stand.
const MOST_DEPTH: u32 = 3;
/// How many lists may stand one inside another.
const MOST_LISTS: u32 = 3;
/// What may be repeated for each record of the list; the rest is said to be left out.
pub(crate) const MOST_FIELDS: usize = 16;
pub(crate) const MOST_FIELD_BYTES: usize = 128;
/// Memory for what stands around a list, in terms of [`Budget`].
const AROUND_BYTES: usize = 1 << 20;

/// A list of records and what stands around it.
pub(crate) struct Envelope<'a> {
    /// Where the list begins.
    pub(crate) list: Cursor<'a>,
    /// What each of its records has besides.
    pub(crate) around: Vec<Field>,
    /// How many more values there are that are not repeated.
    pub(crate) left_out: usize,
    /// What its elements are.
    pub(crate) of: Of,
    /// The list's path in the document.
    path: String,
    /// How many more lists may stand inside this one.
    lists: u32,
}

/// What the records of a list are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Of {
    Objects,
    /// Rows of names and values.
    Rows,
    /// Rows of values under these names.
    Table(Columns),
    Series,
    /// Objects that hold lists of records.
    Lists,
}

/// Whether a capture's objects are such documents, or series by themselves.
pub(crate) fn is_in(probe: &Probe<'_>, years: Years, depth: u32, values: u32) -> bool {
    probe.json.objects.iter().any(|object| {
        let cursor = Cursor::new(object.bytes, depth, values);
        Envelope::of(&mut cursor.clone(), years).0.is_some() || Series::of(&mut cursor.clone()).0.is_some()
    })
}

impl<'a> Envelope<'a> {
    /// The document at the cursor as one, where it is one, and how reading to its end went: of a list that breaks off the
    /// records are there up to that place.
    pub(crate) fn of(cursor: &mut Cursor<'a>, years: Years) -> (Option<Self>, Read<()>) {
        Self::at_most(cursor, years, MOST_LISTS)
    }

    /// The same for an element of this list, which may have what this one has around it besides.
    pub(crate) fn within(&self, cursor: &mut Cursor<'a>, years: Years) -> (Option<Self>, Read<()>) {
        let (inner, read) = Self::at_most(cursor, years, self.lists);
        let below = |inner: Self| {
            let named = |field: Field| Field { path: format!("{}.{}", self.path, field.path), ..field };
            let around = self.around.iter().cloned().chain(inner.around.into_iter().map(named)).collect();
            Self { around, path: format!("{}.{}", self.path, inner.path), ..inner }
        };
        (inner.map(below), read)
    }

    fn at_most(cursor: &mut Cursor<'a>, years: Years, lists: u32) -> (Option<Self>, Read<()>) {
        if lists == 0 {
            return (None, cursor.skip());
        }
        let mut seen = Seen {
            list: None,
            fields: Vec::new(),
            columns: Vec::new(),
            budget: Budget::for_unit(AROUND_BYTES),
            years,
            lists,
        };
        let read = seen.look(cursor, &mut String::new(), MOST_DEPTH);
        (seen.into_envelope(), read)
    }
}

/// What a field takes where it is repeated.
pub(crate) fn bytes_of(field: &Field) -> usize {
    field.path.len()
        + match &field.value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        }
}

/// Whether this only says that the series are there, as they are.
fn says_success(field: &Field) -> bool {
    let is_success = |value: &Value| matches!(value, Value::Text(text) if text == "success");
    field.path.ends_with("resultType") || field.path == "status" && is_success(&field.value)
}

/// A row of a query's answer, `[{"field":"@timestamp","value":"…"},…]` as `CloudWatch` has it; none where it is no such
/// row. The cursor goes to its end.
pub(crate) fn row_of(cursor: &mut Cursor<'_>, years: Years, budget: &mut Budget) -> Read<Option<Record>> {
    let mut record = Some(Record::default());
    cursor.array(|cursor| {
        if cursor.kind()? != Kind::Object {
            record = None;
            return cursor.skip();
        }
        let (mut name, mut value) = (None, None);
        cursor.object(|cursor, key| {
            match (&*key, cursor.kind()?) {
                (b"field", Kind::Text) => name = Some(String::from_utf8_lossy(&cursor.text()?).into_owned()),
                (b"value", Kind::Text) => value = Some(text_value(cursor.text()?)),
                _ => cursor.skip()?,
            }
            Ok(())
        })?;
        match (name, value, &mut record) {
            (Some(name), Some(value), Some(record)) => {
                let field = Field { path: name, value };
                if !budget.spend(bytes_of(&field)) {
                    return too_costly(cursor.at());
                }
                record.push(field.path, field.value, years);
            }
            _ => record = None,
        }
        Ok(())
    })?;
    Ok(record)
}

struct Seen<'a> {
    list: Option<(Cursor<'a>, Of, String)>,
    fields: Vec<Field>,
    /// Lists that may name columns, and which of the fields they are.
    columns: Vec<(Columns, Range<usize>)>,
    budget: Budget,
    years: Years,
    /// How many lists may stand one inside another.
    lists: u32,
}

impl<'a> Seen<'a> {
    fn look(&mut self, cursor: &mut Cursor<'a>, path: &mut String, depth: u32) -> Read<()> {
        cursor.object(|cursor, key| {
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(&String::from_utf8_lossy(&key));
            match cursor.kind()? {
                Kind::Array if self.list.is_none() => self.look_at_list(cursor, path)?,
                Kind::Object if depth > 1 => self.look(cursor, path, depth - 1)?,
                _ => flatten(cursor, path, &mut self.fields, &mut self.budget)?,
            }
            path.truncate(length);
            Ok(())
        })
    }

    fn look_at_list(&mut self, cursor: &mut Cursor<'a>, path: &mut String) -> Read<()> {
        let of = records_in(cursor.clone(), self.years, self.lists).or_else(|| self.table(cursor));
        if let Some(of) = of {
            self.list = Some((cursor.clone(), of, path.clone()));
            return cursor.skip();
        }
        let (list, begin) = (cursor.clone(), self.fields.len());
        flatten(cursor, path, &mut self.fields, &mut self.budget)?;
        if self.columns.len() < MOST_FIELDS
            && let Some(columns) = Columns::of(list)
        {
            self.columns.push((columns, begin..self.fields.len()));
        }
        Ok(())
    }

    /// The list at the cursor as rows under names that were met before, the nearest of them; they are no fields then.
    fn table(&mut self, list: &Cursor<'a>) -> Option<Of> {
        let place = self.columns.iter().rposition(|(columns, _)| columns.are_of(list.clone(), self.years))?;
        let (columns, fields) = self.columns.swap_remove(place);
        self.fields.drain(fields);
        self.columns.clear();
        Some(Of::Table(columns))
    }

    fn into_envelope(self) -> Option<Envelope<'a>> {
        let Self { list, fields, years, lists, .. } = self;
        let (list, of, path) = list?;
        if Record::of_fields(fields.clone(), years).is_timed() {
            return None;
        }
        let is_series = of == Of::Series;
        let all = fields.iter().filter(|field| !is_series || !says_success(field)).count();
        // A series may have as many points as others have records, and they are of their labels.
        let is_repeated = |field: &Field| !is_series && bytes_of(field) <= MOST_FIELD_BYTES;
        let around: Vec<Field> = fields.into_iter().filter(is_repeated).take(MOST_FIELDS).collect();
        Some(Envelope { list, left_out: all - around.len(), around, of, path, lists: lists - 1 })
    }
}

/// What the elements of the array at the cursor are, by the first; none where it has no time. The others need not be
/// there yet. Of lists one inside another there may be so many.
fn records_in(mut cursor: Cursor<'_>, years: Years, lists: u32) -> Option<Of> {
    let mut of = None;
    let _ = cursor.array(|cursor| {
        let (kind, mut budget) = (cursor.kind()?, Budget::for_unit(0));
        if kind == Kind::Array {
            of = row_of(cursor, years, &mut budget)?.is_some_and(|row| row.is_timed()).then_some(Of::Rows);
        }
        if kind != Kind::Object {
            return cursor.stop();
        }
        if Series::of(&mut cursor.clone()).0.is_some() {
            of = Some(Of::Series);
        } else if Record::read(&mut cursor.clone(), years, &mut budget).is_ok_and(|record| record.is_timed())
        {
            of = Some(Of::Objects);
        } else if Envelope::at_most(cursor, years, lists - 1).0.is_some() {
            of = Some(Of::Lists);
        }
        cursor.stop()
    });
    of
}
