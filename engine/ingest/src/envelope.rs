//! JSON documents that hold a list of records, as the interfaces of clouds and stores answer: `{"Records":[…]}` of
//! `CloudTrail`, `{"hits":{"hits":[…]}}` of Elasticsearch, `{"items":[…]}` of Kubernetes, `{"records":[…]}` of Azure.
//!
//! An object is one where it has no time of its own and lists in it have records with one. Each record of a list is a
//! record then, and has besides what stands around the lists. A list may be of series too, of rows of named values, of
//! rows under the names of columns (`columns.rs`), or of documents that hold lists themselves.

use crate::budget::Budget;
use crate::columns::Columns;
use crate::json::cursor::{Cursor, FaultKind, Kind, Read};
use crate::json::report::too_costly;
use crate::json::value::{flatten, text_value};
use crate::model::{OpenOptions, Problem};
use crate::probe::{PROBE_BYTES, Probe};
use crate::record::Record;
use crate::series::Series;
use crate::stamp::Years;
use crate::times::RowTimes;
use cbad::{ByteRange, Field, Value};
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

/// Lists of records and what stands around them.
pub(crate) struct Envelope<'a> {
    /// In the order written; at least one.
    pub(crate) lists: Vec<List<'a>>,
    /// What each of their records has besides.
    pub(crate) around: Vec<Field>,
    /// How many more values there are that are not repeated.
    pub(crate) left_out: usize,
    /// How many more lists may stand one inside another in these.
    lists_left: u32,
}

/// A list of records.
#[derive(Clone)]
pub(crate) struct List<'a> {
    /// Where it begins.
    pub(crate) begin: Cursor<'a>,
    /// What its elements are.
    pub(crate) of: Of,
    /// Its path in the document.
    path: String,
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

/// What the times in rows of tables, and dates and times of day that stand apart, lack and what is assumed; of other times
/// [`crate::times`] says it.
pub(crate) fn note(probe: &Probe<'_>, options: &OpenOptions) -> Option<Problem> {
    let (mut times, years) = (RowTimes::default(), probe.stamps.years);
    for object in &probe.json.objects {
        let cursor = Cursor::new(object.bytes, options.limits.depth, options.limits.values);
        // An object that breaks off has said what it says up to there.
        let _ = times_in(&mut cursor.clone(), Envelope::of(&mut cursor.clone(), years).0, years, &mut times);
    }
    let first = probe.json.objects.first()?;
    let offset = first.bytes.as_ptr() as usize - probe.bytes.as_ptr() as usize;
    times.note(ByteRange { offset: offset as u64, length: first.bytes.len() as u64 }, options.year())
}

fn times_in<'a>(
    cursor: &mut Cursor<'a>,
    envelope: Option<Envelope<'a>>,
    years: Years,
    times: &mut RowTimes,
) -> Read<()> {
    let mut budget = Budget::for_unit(PROBE_BYTES);
    let Some(envelope) = envelope else {
        if let Some(stamp) = Record::read(cursor, years, &mut budget)?.joined() {
            times.take_joined(stamp);
        }
        return Ok(());
    };
    for list in &envelope.lists {
        list.begin.clone().array(|cursor| match (&list.of, cursor.kind()?) {
            (Of::Table(columns), Kind::Array) => {
                let row = columns.read_row(cursor, years, &mut budget)?;
                match row.joined() {
                    Some(stamp) => times.take_joined(stamp),
                    None => times.take(&row.fields, false, years),
                }
                Ok(())
            }
            (Of::Lists | Of::Objects, Kind::Object) => {
                let inner = envelope.within(list, &mut cursor.clone(), years).0;
                times_in(&mut cursor.clone(), inner.filter(|_| list.of == Of::Lists), years, times)?;
                cursor.skip()
            }
            _ => cursor.skip(),
        })?;
    }
    Ok(())
}

impl<'a> Envelope<'a> {
    /// The document at the cursor as one, where it is one, and how reading to its end went: of a list that breaks off the
    /// records are there up to that place.
    pub(crate) fn of(cursor: &mut Cursor<'a>, years: Years) -> (Option<Self>, Read<()>) {
        Self::at_most(cursor, years, MOST_LISTS)
    }

    /// The same for an element of one of these lists: its records have what stands around this one besides.
    pub(crate) fn within(
        &self,
        list: &List<'_>,
        cursor: &mut Cursor<'a>,
        years: Years,
    ) -> (Option<Self>, Read<()>) {
        let (inner, read) = Self::at_most(cursor, years, self.lists_left);
        let inner = inner.map(|mut inner| {
            for list_within in &mut inner.lists {
                list_within.path = format!("{}.{}", list.path, list_within.path);
            }
            let named = |field: Field| Field { path: format!("{}.{}", list.path, field.path), ..field };
            inner.around = self.around.iter().cloned().chain(inner.around.into_iter().map(named)).collect();
            inner
        });
        (inner, read)
    }

    fn at_most(cursor: &mut Cursor<'a>, years: Years, lists_left: u32) -> (Option<Self>, Read<()>) {
        if lists_left == 0 {
            return (None, cursor.skip());
        }
        let mut seen = Seen {
            lists: Vec::new(),
            fields: Vec::new(),
            columns: Vec::new(),
            budget: Budget::for_unit(AROUND_BYTES),
            left_out: 0,
            years,
            lists_left,
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
    lists: Vec<List<'a>>,
    fields: Vec<Field>,
    /// Lists that may name columns, and which of the fields they are.
    columns: Vec<(Columns, Range<usize>)>,
    budget: Budget,
    /// How many values were too much to be kept.
    left_out: usize,
    years: Years,
    /// How many lists may stand one inside another.
    lists_left: u32,
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
                Kind::Array if self.lists.len() < MOST_FIELDS => self.look_at_list(cursor, path)?,
                Kind::Object if depth > 1 => self.look(cursor, path, depth - 1)?,
                _ => self.keep(cursor, path)?,
            }
            path.truncate(length);
            Ok(())
        })
    }

    /// Keeps what stands around lists; what is too much to be kept is passed over.
    fn keep(&mut self, cursor: &mut Cursor<'a>, path: &mut String) -> Read<()> {
        let (begin, length, kept) = (cursor.clone(), path.len(), self.fields.len());
        let read = flatten(cursor, path, &mut self.fields, &mut self.budget);
        if read.is_err_and(|fault| fault.what == FaultKind::TooCostly) {
            self.fields.truncate(kept);
            path.truncate(length);
            self.left_out += 1;
            *cursor = begin;
            return cursor.skip();
        }
        read
    }

    fn look_at_list(&mut self, cursor: &mut Cursor<'a>, path: &mut String) -> Read<()> {
        let of = records_in(cursor.clone(), self.years, self.lists_left).or_else(|| self.table(cursor));
        if let Some(of) = of {
            self.lists.push(List { begin: cursor.clone(), of, path: path.clone() });
            return cursor.skip();
        }
        let (list, begin) = (cursor.clone(), self.fields.len());
        self.keep(cursor, path)?;
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
        let Self { lists, fields, left_out, years, lists_left, .. } = self;
        if lists.is_empty() || Record::of_fields(fields.clone(), years).is_timed() {
            return None;
        }
        let is_series = lists.iter().all(|list| list.of == Of::Series);
        let all = fields.iter().filter(|field| !is_series || !says_success(field)).count();
        // A series may have as many points as others have records, and they are of their labels.
        let is_repeated = |field: &Field| !is_series && bytes_of(field) <= MOST_FIELD_BYTES;
        let around: Vec<Field> = fields.into_iter().filter(is_repeated).take(MOST_FIELDS).collect();
        Some(Envelope { lists, left_out: left_out + all - around.len(), around, lists_left: lists_left - 1 })
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
