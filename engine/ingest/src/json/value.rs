//! JSON values as fields: exact numbers, text or bytes, dotted paths.

use super::cursor::{Cursor, Fault, FaultKind, Kind, Read, Text};
use crate::budget::Budget;
use cbad::{Field, Value};
use std::fmt::Write;

/// Reads any value into `fields`, objects and arrays as one field a leaf, `path` before each.
pub(crate) fn flatten(
    cursor: &mut Cursor<'_>,
    path: &mut String,
    fields: &mut Vec<Field>,
    budget: &mut Budget,
) -> Read<()> {
    let kind = cursor.kind()?;
    let value = match kind {
        Kind::Object => {
            let (before, length) = (fields.len(), path.len());
            cursor.object(|cursor, key| {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(&String::from_utf8_lossy(&key));
                flatten(cursor, path, fields, budget)?;
                path.truncate(length);
                Ok(())
            })?;
            if fields.len() > before || length == 0 {
                return Ok(());
            }
            Value::Text("{}".into())
        }
        Kind::Array => {
            let (before, length) = (fields.len(), path.len());
            let mut index = 0;
            cursor.array(|cursor| {
                write!(path, "[{index}]").expect("writing to a String does not fail");
                flatten(cursor, path, fields, budget)?;
                path.truncate(length);
                index += 1;
                Ok(())
            })?;
            if fields.len() > before {
                return Ok(());
            }
            Value::Text("[]".into())
        }
        Kind::Text => text_value(cursor.text()?),
        Kind::Number => number_value(cursor.number()?),
        Kind::Bool => Value::Bool(cursor.bool()?),
        Kind::Null => {
            cursor.null()?;
            Value::Null
        }
    };
    // A long path above many leaves is repeated for each of them.
    if !budget.spend(path.len()) {
        return Err(Fault { at: cursor.at(), what: FaultKind::TooCostly });
    }
    fields.push(Field { path: path.clone(), value });
    Ok(())
}

const PACKED_DEPTH: u32 = 64;
const PACKED_VALUES: u32 = 1 << 20;

/// What the texts of a record may cost that hold JSON, however many they are.
pub(crate) fn budget_of_packed(fields: &[Field]) -> Budget {
    let length = |field: &Field| if let Value::Text(text) = &field.value { text.len() } else { 0 };
    Budget::for_unit(fields.iter().map(length).sum())
}

/// The leaves of a JSON object or array that stands inside a text, below `path`; none where the text is no such JSON.
pub(crate) fn values_in(text: &str, path: &str, budget: &mut Budget) -> Option<Vec<Field>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut cursor = Cursor::new(text.as_bytes(), PACKED_DEPTH, PACKED_VALUES);
    let mut fields = Vec::new();
    flatten(&mut cursor, &mut path.to_owned(), &mut fields, budget).ok()?;
    cursor.skip_blanks();
    (cursor.at() == text.len()).then_some(fields)
}

/// Text where the bytes are UTF-8, else the bytes.
pub(crate) fn text_value(text: Text<'_>) -> Value {
    match String::from_utf8(text.into_owned()) {
        Ok(text) => Value::Text(text),
        Err(error) => Value::Bytes(error.into_bytes()),
    }
}

/// The number, or its exact digits where neither integer nor float holds it.
pub(crate) fn number_value(digits: &str) -> Value {
    let exact = || Value::Text(digits.to_owned());
    if !digits.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'N' | b'I')) {
        return match digits.parse() {
            Ok(0) if digits.starts_with('-') => Value::Float(-0.0),
            Ok(whole) => Value::Int(whole),
            Err(_) => exact(),
        };
    }
    match digits {
        "NaN" => return Value::Float(f64::NAN),
        "Infinity" => return Value::Float(f64::INFINITY),
        "-Infinity" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let mantissa = digits.split(['e', 'E']).next().unwrap_or(digits);
    let significant = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|&digit| digit == b'0').count();
    match digits.parse::<f64>() {
        // 17 digits tell any two floats apart; more are digits that a float drops.
        Ok(value) if value.is_finite() && significant <= 17 && (value != 0.0 || significant == 0) => {
            Value::Float(value)
        }
        _ => exact(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields_of(json: &str) -> Vec<(String, Value)> {
        let mut fields = Vec::new();
        let mut cursor = Cursor::new(json.as_bytes(), 128, 1000);
        flatten(&mut cursor, &mut String::new(), &mut fields, &mut Budget::for_unit(json.len()))
            .expect("the text is JSON");
        fields.into_iter().map(|field| (field.path, field.value)).collect()
    }

    #[test]
    fn numbers_keep_what_they_say() {
        for (digits, value) in [
            ("0", Value::Int(0)),
            ("-0", Value::Float(-0.0)),
            ("9007199254740993", Value::Int(9_007_199_254_740_993)),
            ("18446744073709551616", Value::Text("18446744073709551616".into())),
            ("1e400", Value::Text("1e400".into())),
            ("1E-400", Value::Text("1E-400".into())),
            ("0.0e9", Value::Float(0.0)),
            ("1.5", Value::Float(1.5)),
            ("1.000000000000000001", Value::Text("1.000000000000000001".into())),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(number_value(digits), value, "{digits}");
        }
        assert!(matches!(number_value("-0"), Value::Float(zero) if zero.is_sign_negative()));
        assert!(matches!(number_value("NaN"), Value::Float(nan) if nan.is_nan()));
    }

    #[test]
    fn nested_values_become_dotted_paths_in_written_order() {
        let fields = fields_of(r#"{"b":{"x":1,"y":[true,null,{"z":"t"}]},"a":{},"c":[]}"#);
        let expected = [
            ("b.x", Value::Int(1)),
            ("b.y[0]", Value::Bool(true)),
            ("b.y[1]", Value::Null),
            ("b.y[2].z", Value::Text("t".into())),
            ("a", Value::Text("{}".into())),
            ("c", Value::Text("[]".into())),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(path, value)| (path.to_owned(), value)).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn text_that_is_not_utf8_stays_as_bytes() {
        assert_eq!(text_value(b"a\xff"[..].into()), Value::Bytes(b"a\xff".to_vec()));
    }

    #[test]
    fn a_long_path_over_many_leaves_runs_out_of_budget() {
        let json = format!("{{\"{}\":[{}]}}", "k".repeat(20_000), vec!["0"; 20_000].join(","));
        let mut cursor = Cursor::new(json.as_bytes(), 128, 1_000_000);
        let result =
            flatten(&mut cursor, &mut String::new(), &mut Vec::new(), &mut Budget::for_unit(json.len()));
        assert_eq!(result.map_err(|fault| fault.what), Err(FaultKind::TooCostly));
    }
}
