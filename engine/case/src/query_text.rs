//! The one line in which a person writes a query, read into a [`Query`]; `docs/CLI.md` describes it.

use cbad::{Severity, Signal};

use crate::moment::Moment;
use crate::pattern::Pattern;
use crate::query::{FieldValue, Query, Term, What};

/// Why a query cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("At character {} of the query: {what}.", at + 1)]
pub struct QueryError {
    /// Characters before the place.
    pub at: usize,
    /// What is wrong there, and what would do.
    pub what: String,
}

const LEVELS: [Severity; 6] =
    [Severity::Trace, Severity::Debug, Severity::Info, Severity::Warn, Severity::Error, Severity::Fatal];
const KEYS: [&str; 8] = ["level", "signal", "stream", "service", "trace", "span", "from", "until"];

/// Reads a whole query.
pub(crate) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut cursor = Cursor { text, at: 0 };
    let mut query = Query::new();
    loop {
        cursor.skip_spaces();
        if cursor.rest().is_empty() {
            break;
        }
        let start = cursor.at;
        let negated = cursor.rest().strip_prefix('-');
        let is_negated =
            negated.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(char::is_whitespace));
        cursor.at += usize::from(is_negated);
        match cursor.term()? {
            Parsed::What(what) => query.terms.push(Term { is_negated, what }),
            Parsed::From(_) | Parsed::Until(_) if is_negated => {
                return Err(cursor.error_at(start, "a time cannot be negated: turn from: and until: round"));
            }
            Parsed::From(moment) => query = query.from(moment),
            Parsed::Until(moment) => query = query.until(moment),
        }
        if !cursor.rest().is_empty() && !cursor.rest().starts_with(char::is_whitespace) {
            return Err(cursor.error_at(cursor.at, "put a space between two terms"));
        }
    }
    if text.trim().is_empty() {
        return Err(
            cursor.error_at(0, "nothing is looked for; give a word, \"a text\", /a regex/ or path=value")
        );
    }
    Ok(query)
}

/// Reads `path=value`, `path="value"`, `path=/regex/` or `path=*`, and nothing more. Where none of these marks is at the
/// beginning of the value, all that follows is the value.
pub(crate) fn field(text: &str) -> Result<What, QueryError> {
    let mut cursor = Cursor { text, at: 0 };
    let Some((path, value)) = text.split_once('=').filter(|(path, _)| !path.is_empty()) else {
        return Err(cursor.error_at(0, "give path=value, for example http.response.status_code=503"));
    };
    cursor.at = path.len() + 1;
    let value = if value.starts_with(['"', '/', '*']) {
        let value = cursor.field_value()?;
        if !cursor.rest().is_empty() {
            return Err(cursor.error_at(cursor.at, "nothing may follow the value"));
        }
        value
    } else {
        Some(FieldValue::Exactly(value.to_owned()))
    };
    Ok(What::Field { path: path.to_owned(), value })
}

enum Parsed {
    What(What),
    From(Moment),
    Until(Moment),
}

struct Cursor<'a> {
    text: &'a str,
    /// Byte offset.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error_at(&self, at: usize, what: impl Into<String>) -> QueryError {
        QueryError { at: self.text[..at].chars().count(), what: what.into() }
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, mark: &str) -> bool {
        let is_there = self.rest().starts_with(mark);
        self.at += if is_there { mark.len() } else { 0 };
        is_there
    }

    /// What comes before the next space.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        self.at += word.len();
        word
    }

    fn term(&mut self) -> Result<Parsed, QueryError> {
        if self.rest().starts_with(['"', '/']) {
            return Ok(Parsed::What(What::Text(self.pattern()?)));
        }
        for key in KEYS {
            let rest = self.rest().strip_prefix(key).and_then(|rest| rest.strip_prefix(':'));
            if rest.is_some() {
                self.at += key.len() + 1;
                return self.keyed(key);
            }
        }
        let word = self.rest().split(char::is_whitespace).next().unwrap_or_default();
        match word.find(['=', '"']) {
            Some(end) if end > 0 && word.as_bytes()[end] == b'=' => {
                self.at += end + 1;
                let value = self.field_value()?;
                Ok(Parsed::What(What::Field { path: word[..end].to_owned(), value }))
            }
            _ => Ok(Parsed::What(What::Text(Pattern::literal(self.word().as_bytes(), false)))),
        }
    }

    fn field_value(&mut self) -> Result<Option<FieldValue>, QueryError> {
        Ok(match self.rest().chars().next() {
            Some('"') => {
                let text = self.quoted()?;
                if self.take("i") {
                    return Err(self.error_at(
                        self.at - 1,
                        "a field's whole value is compared as it stands; use path=/^value$/i",
                    ));
                }
                Some(FieldValue::Exactly(text))
            }
            Some('/') => Some(FieldValue::Holds(self.pattern()?)),
            _ => match self.word() {
                "*" => None,
                word => Some(FieldValue::Exactly(word.to_owned())),
            },
        })
    }

    /// `"text"`, `"text"i`, `/regex/` or `/regex/i`.
    fn pattern(&mut self) -> Result<Pattern, QueryError> {
        let start = self.at;
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            if text.is_empty() {
                return Err(self.error_at(start, "there is nothing between the quotes"));
            }
            return Ok(Pattern::literal(text.as_bytes(), self.take("i")));
        }
        let Some(end) = regex_end(self.rest()) else {
            return Err(self.error_at(
                start,
                "a regular expression begins here and has no closing /; to look for the text as it stands, put it in quotes",
            ));
        };
        let regex = self.rest()[1..end].replace("\\/", "/");
        self.at += end + 1;
        let any_case = self.take("i");
        Pattern::regex(&regex, any_case).map_err(|what| self.error_at(start, what))
    }

    /// A text in quotes; `\"` and `\\` stand for a quote and a backslash.
    fn quoted(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += offset + 1;
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(self.error_at(start, "the quote that begins here is not closed"))
    }

    /// What stands after `key:`.
    fn keyed(&mut self, key: &str) -> Result<Parsed, QueryError> {
        let start = self.at;
        let value = if self.rest().starts_with('"') { self.quoted()? } else { self.word().to_owned() };
        if value.is_empty() {
            return Err(self.error_at(start, format!("a value is missing after {key}:")));
        }
        let what = match key {
            "level" => levels(&value).map(|(least, most)| What::Level(least, most)),
            "signal" => Signal::from_name(&value)
                .map(What::Signal)
                .ok_or_else(|| format!("“{value}” is no signal; there are log, metric, span and llm_call")),
            "stream" => Ok(What::Stream(value)),
            "service" => Ok(What::Service(value)),
            "trace" => hex_digits(&value, 32).map(What::Trace),
            "span" => hex_digits(&value, 16).map(What::Span),
            _ => {
                let moment = Moment::parse(&value).map_err(|what| self.error_at(start, what))?;
                return Ok(if key == "from" { Parsed::From(moment) } else { Parsed::Until(moment) });
            }
        };
        what.map(Parsed::What).map_err(|what| self.error_at(start, what))
    }
}

/// Where the slash is that ends an expression: not escaped, and followed by a space, the end, or `i` and one of these.
fn regex_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'/' => {
                let after = &text[at + 1..];
                let after = after.strip_prefix('i').unwrap_or(after);
                if after.is_empty() || after.starts_with(char::is_whitespace) {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// `error` for one level, `>=warn` for it and those above.
fn levels(text: &str) -> Result<(Severity, Severity), String> {
    let (is_least, name) = text.strip_prefix(">=").map_or((false, text), |name| (true, name));
    let level =
        LEVELS.into_iter().find(|level| level.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names = LEVELS.map(Severity::name).join(", ");
            format!("“{name}” is no level; there are {names}, and for example >=warn")
        })?;
    Ok((level, if is_least { Severity::Fatal } else { level }))
}

fn hex_digits(text: &str, most: usize) -> Result<String, String> {
    if text.len() <= most && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("“{text}” is not the beginning of an id of {most} hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::moment::Moment;
    use crate::query::{FieldValue, Query, What};

    fn shapes(text: &str) -> Vec<String> {
        let query = parse(text).expect("it can be read");
        let shape = |what: &What| match what {
            What::Text(pattern) => format!(
                "text {:?}",
                pattern.required().iter().map(|t| String::from_utf8_lossy(t)).collect::<Vec<_>>()
            ),
            What::Field { path, value: None } => format!("field {path}"),
            What::Field { path, value: Some(FieldValue::Exactly(value)) } => {
                format!("field {path} is {value}")
            }
            What::Field { path, value: Some(FieldValue::Holds(_)) } => format!("field {path} fits"),
            other => format!("{other:?}"),
        };
        query
            .terms
            .iter()
            .map(|term| (if term.is_negated { "not " } else { "" }).to_owned() + &shape(&term.what))
            .collect()
    }

    #[test]
    fn each_term_is_read() {
        for (text, expected) in [
            ("refused", vec!["text [\"refused\"]"]),
            (
                r#"level:error "connection refused" /time.?out/"#,
                vec!["Level(Error, Error)", "text [\"connection refused\"]", "text [\"time\", \"out\"]"],
            ),
            (
                r#"level:>=warn -"a \"b\"" -x"#,
                vec!["Level(Warn, Fatal)", "not text [\"a \\\"b\\\"\"]", "not text [\"x\"]"],
            ),
            (
                "http.status=503 a=* b=/5../ c=\"d e\"",
                vec!["field http.status is 503", "field a", "field b fits", "field c is d e"],
            ),
            (
                "stream:\"checkout · logs\" service:pay signal:span",
                vec!["Stream(\"checkout · logs\")", "Service(\"pay\")", "Signal(Span)"],
            ),
            (
                "trace:5B8e span:ee 10.0.0.1:80 - \"Refused\"i",
                vec![
                    "Trace(\"5b8e\")",
                    "Span(\"ee\")",
                    "text [\"10.0.0.1:80\"]",
                    "text [\"-\"]",
                    "text [\"Refused\"]",
                ],
            ),
            (r"/a\/b/i", vec!["text [\"a/b\"]"]),
        ] {
            assert_eq!(shapes(text), expected, "{text}");
        }
        let query = parse("from:2026-03-01T00:00:00Z until:70 x").expect("it can be read");
        assert_eq!((query.times().0, query.positions().end), (Some(1_772_323_200_000_000_000), 70));
        assert_eq!(query.positions(), Query::new().until(Moment::Position(70)).positions());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, at, what) in [
            ("", 0, "nothing is looked for"),
            ("é \"open", 2, "not closed"),
            ("a /b(/", 2, "regular expression cannot be used"),
            ("/api/cart", 0, "put it in quotes"),
            ("x level:loud", 8, "no level"),
            ("signal:logs", 7, "no signal"),
            ("\"a\"b", 3, "put a space"),
            ("trace:xyz", 6, "hex digits"),
            ("from:yesterday", 5, "neither an event position nor a time"),
            ("x -until:5", 2, "negated"),
            ("level: x", 6, "a value is missing"),
            ("\"\"", 0, "nothing between"),
            ("a=\"b\"i", 5, "as it stands"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.at == at && error.what.contains(what), "{text}: {error:?}");
        }
        for bad in ["no equals", "=x", "a=\"b\" c", "a=/(/"] {
            assert!(super::field(bad).is_err(), "{bad}");
        }
        assert!(
            matches!(super::field("a=b c"), Ok(What::Field { value: Some(FieldValue::Exactly(value)), .. }) if value == "b c")
        );
    }
}
