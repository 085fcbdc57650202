//! Tolerant reading of OTLP's JSON values: every spelling that exporters are known to write.
//!
//! The mapping is protobuf's JSON with the deviations of the OTLP specification (ids in hexadecimal, enums as
//! numbers). Seen in the field and taken as well: enum names, base64 ids, 64-bit integers as numbers, numbers as
//! strings, `"NaN"`, nulls anywhere. What cannot be read as what it should be is passed over and remembered.

use crate::budget::Budget;
use crate::ids;
use crate::json::cursor::{Cursor, Fault, FaultKind, Kind, Read, Text};
use crate::json::value::{number_value, text_value};
use crate::otlp::known_id;
use cbad::{Field, Value};
use std::fmt::Write;

pub(crate) use super::odd::Odd;

fn pass_odd<T>(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<Option<T>> {
    cursor.skip()?;
    odd.get_or_insert(what);
    Ok(None)
}

/// Reads each element of an array; null is an empty array. False where it is neither, which is passed over.
pub(crate) fn each<'a>(
    cursor: &mut Cursor<'a>,
    element: impl FnMut(&mut Cursor<'a>) -> Read<()>,
) -> Read<bool> {
    match cursor.kind()? {
        Kind::Array => cursor.array(element).map(|()| true),
        Kind::Null => cursor.null().map(|()| true),
        _ => cursor.skip().map(|()| false),
    }
}

/// Reads an object's members; null is an empty object. Anything else is odd.
pub(crate) fn members<'a>(
    cursor: &mut Cursor<'a>,
    odd: &mut Odd,
    what: &'static str,
    mut member: impl FnMut(&mut Cursor<'a>, &mut Odd, &[u8]) -> Read<()>,
) -> Read<()> {
    match cursor.kind()? {
        Kind::Object => cursor.object(|cursor, key| member(cursor, odd, &key)),
        Kind::Null => cursor.null(),
        _ => pass_odd::<()>(cursor, odd, what).map(drop),
    }
}

/// Keys of an object that are looked at for being there twice; no message of the protocol has as many.
const MOST_KEYS: usize = 24;

/// Reads the members of a message; a key that stands twice is odd.
pub(crate) fn message<'a>(
    cursor: &mut Cursor<'a>,
    odd: &mut Odd,
    mut member: impl FnMut(&mut Cursor<'a>, &mut Odd, &[u8]) -> Read<()>,
) -> Read<()> {
    let mut keys: [&'a [u8]; MOST_KEYS] = [b""; MOST_KEYS];
    let mut count = 0;
    cursor.object(|cursor, key| {
        // A key of the protocol has no escapes.
        if let Text::Borrowed(key) = key {
            if keys[..count].contains(&key) {
                odd.get_or_insert("a key that stands more than once in an object, all its values but one");
            } else if count < MOST_KEYS {
                keys[count] = key;
                count += 1;
            }
        }
        member(cursor, odd, &key)
    })
}

/// A number from digits or from a string of digits, by `parse`.
fn number<T>(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Read<Option<T>> {
    let value = match cursor.kind()? {
        Kind::Number => parse(cursor.number()?),
        Kind::Text => {
            let text = cursor.text()?;
            if text.is_empty() {
                return Ok(None);
            }
            std::str::from_utf8(&text).ok().and_then(|text| parse(text.trim()))
        }
        Kind::Null => return cursor.null().map(|()| None),
        Kind::Object | Kind::Array | Kind::Bool => return pass_odd(cursor, odd, what),
    };
    if value.is_none() {
        odd.get_or_insert(what);
    }
    Ok(value)
}

pub(crate) fn u64_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<u64> {
    let parse = |text: &str| {
        text.parse()
            .ok()
            .or_else(|| whole_float(text, 18_446_744_073_709_551_616.0).map(|whole| whole as u64))
    };
    Ok(number(cursor, odd, what, parse)?.unwrap_or(0))
}

pub(crate) fn i64_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<Option<i64>> {
    let parse = |text: &str| {
        text.parse().ok().or_else(|| whole_float(text, 9_223_372_036_854_775_808.0).map(|whole| whole as i64))
    };
    number(cursor, odd, what, parse)
}

/// `1.7e18` and `5.0` for whole numbers, as some writers have it.
fn whole_float(text: &str, below: f64) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    (value.fract() == 0.0 && (0.0..below).contains(&value)).then_some(value)
}

pub(crate) fn f64_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<Option<f64>> {
    number(cursor, odd, what, |text| match text {
        "NaN" | "nan" => Some(f64::NAN),
        "Infinity" | "+Infinity" | "inf" | "+Inf" => Some(f64::INFINITY),
        "-Infinity" | "-inf" | "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    })
}

pub(crate) fn bool_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<bool> {
    match cursor.kind()? {
        Kind::Bool => cursor.bool(),
        Kind::Null => cursor.null().map(|()| false),
        Kind::Text => Ok(&*cursor.text()? == b"true"),
        _ => pass_odd::<()>(cursor, odd, what).map(|_| false),
    }
}

/// An enum as its number, or as its name without the part that all names of the enum share.
pub(crate) fn enum_of(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
    shared: &str,
    names: &[(&str, i64)],
) -> Read<i64> {
    let named = |text: &str| {
        let short = text.get(..shared.len()).filter(|begin| begin.eq_ignore_ascii_case(shared));
        let short = short.map_or(text, |begin| &text[begin.len()..]);
        names.iter().find(|(name, _)| name.eq_ignore_ascii_case(short)).map(|&(_, number)| number)
    };
    let parse = |text: &str| text.parse().ok().or_else(|| named(text));
    Ok(number(cursor, odd, what, parse)?.unwrap_or(0))
}

/// Text, or nothing for null.
pub(crate) fn text_of<'a>(cursor: &mut Cursor<'a>, odd: &mut Odd, what: &'static str) -> Read<Text<'a>> {
    match cursor.kind()? {
        Kind::Text => cursor.text(),
        Kind::Null => cursor.null().map(|()| Text::default()),
        _ => Ok(pass_odd(cursor, odd, what)?.unwrap_or_default()),
    }
}

/// Text that must be UTF-8 to be shown; other bytes become U+FFFD.
pub(crate) fn string_of(cursor: &mut Cursor<'_>, odd: &mut Odd, what: &'static str) -> Read<String> {
    let text = text_of(cursor, odd, what)?;
    Ok(match std::str::from_utf8(&text) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(&text).into_owned(),
    })
}

/// An id of `N` bytes, in hexadecimal or base64; empty and all zero mean none.
pub(crate) fn id_of<const N: usize>(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
) -> Read<Option<[u8; N]>> {
    id_by(cursor, odd, what, ids::from_hex)
}

/// The same, where hexadecimal digits are read in a way of their own.
pub(crate) fn id_by<const N: usize>(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
    from_hex: impl Fn(&[u8]) -> Option<[u8; N]>,
) -> Read<Option<[u8; N]>> {
    let text = text_of(cursor, odd, what)?;
    if text.is_empty() {
        return Ok(None);
    }
    let id = from_hex(&text).or_else(|| ids::from_base64(&text).and_then(|bytes| bytes.try_into().ok()));
    if id.is_none() {
        odd.get_or_insert(what);
    }
    Ok(id.and_then(|id: [u8; N]| known_id(&id)))
}

/// Attributes, flattened; a list of `{"key","value"}`, or a plain object as some tools write it.
pub(crate) fn attributes_of(cursor: &mut Cursor<'_>, odd: &mut Odd, budget: &mut Budget) -> Read<Vec<Field>> {
    let mut fields = Vec::new();
    let mut path = String::new();
    if cursor.kind()? == Kind::Object {
        crate::json::value::flatten(cursor, &mut path, &mut fields, budget)?;
    } else {
        key_values(cursor, odd, &mut path, &mut fields, budget)?;
    }
    Ok(fields)
}

/// A list of `{"key","value"}` below `path`.
fn key_values(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Read<()> {
    let is_list = each(cursor, |cursor| key_value(cursor, odd, path, fields, budget))?;
    if !is_list {
        odd.get_or_insert("attributes that are not a list");
    }
    Ok(())
}

fn key_value(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Read<()> {
    let length = path.len();
    let first = fields.len();
    let mut key_seen = false;
    let mut value_seen = false;
    members(cursor, odd, "an attribute that is not an object", |cursor, odd, name| match name {
        b"key" => {
            let key = text_of(cursor, odd, "an attribute key that is not text")?;
            if value_seen {
                if !budget.spend(key.len().saturating_mul(fields.len() - first)) {
                    return Err(Fault { at: cursor.at(), what: FaultKind::TooCostly });
                }
                prefix_paths(&mut fields[first..], length, &String::from_utf8_lossy(&key));
            } else {
                match std::str::from_utf8(&key) {
                    Ok(key) => extend_path(path, length, key),
                    Err(_) => extend_path(path, length, &String::from_utf8_lossy(&key)),
                }
            }
            key_seen = true;
            Ok(())
        }
        b"value" => {
            value_seen = true;
            any_value(cursor, odd, path, fields, budget)
        }
        _ => cursor.skip(),
    })?;
    if key_seen && !value_seen {
        push(cursor, path, fields, Value::Null, budget)?;
    }
    path.truncate(length);
    Ok(())
}

fn extend_path(path: &mut String, length: usize, key: &str) {
    path.truncate(length);
    if length > 0 {
        path.push('.');
    }
    path.push_str(key);
}

/// Puts a key that was written after its value into the paths of that value.
fn prefix_paths(fields: &mut [Field], length: usize, key: &str) {
    for field in fields {
        let mut path = field.path[..length].to_owned();
        extend_path(&mut path, length, key);
        let rest = &field.path[length..];
        if !(rest.is_empty() || rest.starts_with('[') || rest.starts_with('.')) {
            path.push('.');
        }
        path.push_str(rest);
        field.path = path;
    }
}

fn push(
    cursor: &Cursor<'_>,
    path: &str,
    fields: &mut Vec<Field>,
    value: Value,
    budget: &mut Budget,
) -> Read<()> {
    if !budget.spend(path.len()) {
        return Err(Fault { at: cursor.at(), what: FaultKind::TooCostly });
    }
    fields.push(Field { path: path.to_owned(), value });
    Ok(())
}

/// An `AnyValue` into fields, lists and key-value lists as one field a leaf, `path` before each.
pub(crate) fn any_value(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Read<()> {
    let before = fields.len();
    let value = match cursor.kind()? {
        Kind::Object => {
            let mut seen = false;
            cursor.object(|cursor, name| {
                seen |= one_of_any_value(cursor, &name, odd, path, fields, budget)?;
                Ok(())
            })?;
            if seen || fields.len() > before {
                return Ok(());
            }
            Value::Null
        }
        // Bare values are not OTLP, but what they mean is plain.
        Kind::Text => text_value(cursor.text()?),
        Kind::Number => number_value(cursor.number()?),
        Kind::Bool => Value::Bool(cursor.bool()?),
        Kind::Null => {
            cursor.null()?;
            Value::Null
        }
        Kind::Array => return crate::json::value::flatten(cursor, path, fields, budget),
    };
    push(cursor, path, fields, value, budget)
}

/// One member of an `AnyValue`; true where its name is one of the value kinds.
fn one_of_any_value(
    cursor: &mut Cursor<'_>,
    name: &[u8],
    odd: &mut Odd,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Read<bool> {
    let before = fields.len();
    let value = match name {
        b"stringValue" | b"string_value" => match cursor.kind()? {
            Kind::Text => text_value(cursor.text()?),
            Kind::Null => cursor.null().map(|()| Value::Null)?,
            _ => return any_value(cursor, odd, path, fields, budget).map(|()| true),
        },
        b"intValue" | b"int_value" => integer(cursor, odd)?,
        b"doubleValue" | b"double_value" => {
            f64_of(cursor, odd, "a doubleValue that is not a number")?.map_or(Value::Null, Value::Float)
        }
        b"boolValue" | b"bool_value" => match cursor.kind()? {
            Kind::Null => cursor.null().map(|()| Value::Null)?,
            _ => Value::Bool(bool_of(cursor, odd, "a boolValue that is not true or false")?),
        },
        b"bytesValue" | b"bytes_value" => {
            let text = text_of(cursor, odd, "a bytesValue that is not text")?;
            match ids::from_base64(&text) {
                Some(bytes) => Value::Bytes(bytes),
                None => text_value(text),
            }
        }
        b"arrayValue" | b"array_value" => {
            let length = path.len();
            values(cursor, odd, "an arrayValue without a list of values", |cursor, odd| {
                let mut index = 0;
                each(cursor, |cursor| {
                    write!(path, "[{index}]").expect("writing to a String does not fail");
                    any_value(cursor, odd, path, fields, budget)?;
                    path.truncate(length);
                    index += 1;
                    Ok(())
                })
            })?;
            if fields.len() > before {
                return Ok(true);
            }
            Value::Text("[]".into())
        }
        b"kvlistValue" | b"kvlist_value" => {
            values(cursor, odd, "a kvlistValue without a list of values", |cursor, odd| {
                key_values(cursor, odd, path, fields, budget).map(|()| true)
            })?;
            if fields.len() > before {
                return Ok(true);
            }
            Value::Text("{}".into())
        }
        _ => return odd.pass_other(cursor, "AnyValue", name).map(|()| false),
    };
    push(cursor, path, fields, value, budget)?;
    Ok(true)
}

/// An integer; what does not fit 64 bits keeps its digits.
fn integer(cursor: &mut Cursor<'_>, odd: &mut Odd) -> Read<Value> {
    match cursor.kind()? {
        Kind::Text => {
            let text = cursor.text()?;
            let whole = std::str::from_utf8(&text).ok().and_then(|digits| digits.trim().parse().ok());
            Ok(whole.map_or_else(|| text_value(text), Value::Int))
        }
        Kind::Number => Ok(match number_value(cursor.number()?) {
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 => {
                Value::Int(value as i64)
            }
            other => other,
        }),
        Kind::Null => cursor.null().map(|()| Value::Null),
        _ => Ok(pass_odd(cursor, odd, "an intValue that is not a number")?.unwrap_or(Value::Null)),
    }
}

/// The member `values` of an array or key-value list, read by `list`.
fn values(
    cursor: &mut Cursor<'_>,
    odd: &mut Odd,
    what: &'static str,
    mut list: impl FnMut(&mut Cursor<'_>, &mut Odd) -> Read<bool>,
) -> Read<()> {
    let mut is_sound = true;
    members(cursor, odd, what, |cursor, odd, name| {
        if name == b"values" {
            is_sound &= list(cursor, odd)?;
            return Ok(());
        }
        cursor.skip()
    })?;
    if !is_sound {
        odd.get_or_insert(what);
    }
    Ok(())
}
