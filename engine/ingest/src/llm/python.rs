//! Lists and dictionaries as Python prints them, which is what pandas puts into a cell of CSV that holds one.
//!
//! Source: The Python Language Reference, sections 2.4 and 6.2, of which `repr` of plain values uses a part.

use std::fmt::Write as _;

/// The same value as JSON; `None` where the text is more than lists, dictionaries, texts, numbers, truth values and nothing.
pub(super) fn to_json(text: &str) -> Option<String> {
    let mut json = String::with_capacity(text.len() + 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\'' | '"' => string(&rest[1..], first, &mut json)?,
            '(' => push(&mut json, '[', rest),
            ']' | '}' | ')' => {
                // A tuple of one has a comma behind it.
                if json.ends_with(',') {
                    json.pop();
                }
                push(&mut json, if first == ')' { ']' } else { first }, rest)
            }
            '[' | '{' | ',' | ':' => push(&mut json, first, rest),
            blank if blank.is_ascii_whitespace() => &rest[1..],
            _ => word(rest, &mut json)?,
        };
    }
    Some(json)
}

fn push<'t>(json: &mut String, char: char, rest: &'t str) -> &'t str {
    json.push(char);
    &rest[1..]
}

/// A number or a name, up to what can follow one.
fn word<'t>(rest: &'t str, json: &mut String) -> Option<&'t str> {
    let end = rest.find([',', ':', ']', '}', ')', ' ', '\n']).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    json.push_str(match word {
        "True" => "true",
        "False" => "false",
        // Neither has a number in JSON.
        "None" | "nan" | "inf" | "-inf" => "null",
        number if number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => number,
        _ => return None,
    });
    Some(behind)
}

/// The text up to its closing quote, as JSON; what follows that.
fn string<'t>(text: &'t str, quote: char, json: &mut String) -> Option<&'t str> {
    json.push('"');
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        if char == quote {
            json.push('"');
            return Some(&text[at + 1..]);
        }
        if char != '\\' {
            escape(json, char);
            continue;
        }
        let (_, kind) = chars.next()?;
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code: String = chars.by_ref().take(digits).map(|(_, digit)| digit).collect();
            escape(json, char::from_u32(u32::from_str_radix(&code, 16).ok()?).unwrap_or('\u{fffd}'));
            continue;
        }
        match kind {
            'n' => escape(json, '\n'),
            'r' => escape(json, '\r'),
            't' => escape(json, '\t'),
            '\\' | '\'' | '"' => escape(json, kind),
            other => {
                escape(json, '\\');
                escape(json, other);
            }
        }
    }
    None
}

fn escape(json: &mut String, char: char) {
    match char {
        '"' | '\\' => json.extend(['\\', char]),
        control if u32::from(control) < 0x20 => {
            write!(json, "\\u{:04x}", u32::from(control)).expect("writing to a String does not fail");
        }
        char => json.push(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_prints_is_read_as_the_same_value() {
        for (python, json) in [
            ("[{'message.role': 'user', 'n': 1.5}]", Some(r#"[{"message.role":"user","n":1.5}]"#)),
            (r#"{'a': "it's \"so\"", 'b': None}"#, Some(r#"{"a":"it's \"so\"","b":null}"#)),
            (r"['a\n\x41\u00e9\U0001F600\\', 'ü']", Some("[\"a\\u000aAé😀\\\\\",\"ü\"]")),
            ("(1,), True", Some("[1],true")),
            ("{'x': [False, nan, -2e-05]}", Some(r#"{"x":[false,null,-2e-05]}"#)),
            ("[]", Some("[]")),
            ("array([1, 2])", None),
            ("{'t': datetime.datetime(2024, 1, 1)}", None),
            ("['cut off", None),
            (r"['\u12", None),
            ("[é]", None),
        ] {
            assert_eq!(to_json(python).as_deref(), json, "{python}");
        }
    }
}
