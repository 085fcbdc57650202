//! JSON documents that hold a list of records, as the interfaces of clouds and stores answer: `{"Records":[…]}` of
//! `CloudTrail`, `{"hits":{"hits":[…]}}` of Elasticsearch, `{"items":[…]}` of Kubernetes, `{"records":[…]}` of Azure.
//!
//! An object is one where it has no time of its own and a list in it has records with one. Each record of the list is a
//! record then, and has besides what stands around the list.

use crate::budget::Budget;
use crate::json::cursor::{Cursor, Fault, FaultKind, Kind, Read};
use crate::json::value::flatten;
use crate::probe::Probe;
use crate::record::Record;
use crate::stamp::Years;
use cbad::{Field, Value};

/// How deep a list may stand.
const MOST_DEPTH: u32 = 3;
/// What may be repeated for each record of the list; the rest is said to be left out.
const MOST_FIELDS: usize = 16;
const MOST_FIELD_BYTES: usize = 128;
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
}

/// Whether a capture's objects are such documents.
pub(crate) fn is_in(probe: &Probe<'_>, years: Years, depth: u32, values: u32) -> bool {
    probe.json.objects.iter().any(|object| {
        let mut cursor = Cursor::new(object.bytes, depth, values);
        Envelope::of(&mut cursor, years).0.is_some()
    })
}

impl<'a> Envelope<'a> {
    /// The document at the cursor as one, where it is one, and how reading to its end went: of a list that breaks off the
    /// records are there up to that place.
    pub(crate) fn of(cursor: &mut Cursor<'a>, years: Years) -> (Option<Self>, Read<()>) {
        let mut seen = Seen { list: None, fields: Vec::new(), budget: Budget::for_unit(AROUND_BYTES), years };
        let read = seen.look(cursor, &mut String::new(), MOST_DEPTH);
        let Seen { list, fields, .. } = seen;
        let is_short = |field: &Field| bytes_of(field) <= MOST_FIELD_BYTES;
        let of_list = |list| {
            let all = fields.len();
            let is_timed = Record::of_fields(fields.clone(), years).is_timed();
            let around: Vec<Field> = fields.into_iter().filter(is_short).take(MOST_FIELDS).collect();
            (!is_timed).then(|| Self { list, left_out: all - around.len(), around })
        };
        (list.and_then(of_list), read)
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

struct Seen<'a> {
    list: Option<Cursor<'a>>,
    fields: Vec<Field>,
    budget: Budget,
    years: Years,
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
                Kind::Array if self.list.is_none() && begins_with_record(cursor.clone(), self.years) => {
                    self.list = Some(cursor.clone());
                    cursor.skip()?;
                }
                Kind::Object if depth > 1 => self.look(cursor, path, depth - 1)?,
                _ => flatten(cursor, path, &mut self.fields, &mut self.budget)?,
            }
            path.truncate(length);
            Ok(())
        })
    }
}

/// Whether the first element of the array at the cursor is an object with a time. The others need not be there yet.
fn begins_with_record(mut cursor: Cursor<'_>, years: Years) -> bool {
    let mut is_record = false;
    let _ = cursor.array(|cursor| {
        if cursor.kind()? == Kind::Object {
            is_record = Record::read(cursor, years, &mut Budget::for_unit(0))?.is_timed();
        }
        Err(Fault { at: cursor.at(), what: FaultKind::Ends })
    });
    is_record
}
