//! Measurements that stand in the text of a message: `took 35 ms`, `rss=1.2 GiB`, `(0.013 sec)`.
//!
//! A number with a unit, or with a point, is a measurement wherever it stands, and a whole number is one where its name says so. What it
//! measures is the word before it. Of “done in 35 ms” it is “in” and “done in”: the words before a short one may be any, or the same ones.

use crate::result::Unit;
use crate::token::{Shape, Token, written};

/// Longest word that says nothing without the one before it.
const SHORT: usize = 3;

/// Longest name of a measurement, bytes.
const LONGEST: usize = 60;

/// Ends of names whose whole numbers are measurements.
const MEASURED: [&str; 13] = [
    "ms", "us", "ns", "sec", "secs", "seconds", "duration", "elapsed", "latency", "took", "bytes", "size",
    "rtt",
];

/// What a message says was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Written {
    /// Of what.
    pub(crate) name: String,
    /// The same with the word before, where that may say more.
    pub(crate) longer: Option<String>,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
}

/// Tokens before a measurement that are looked at.
const LOOKED_AT: usize = 8;

/// Goes over the tokens of one message and finds what is measured in it.
#[derive(Debug)]
pub(crate) struct InText<'a> {
    /// The last tokens, round and round.
    last: [Token<'a>; LOOKED_AT],
    met: usize,
}

impl<'a> InText<'a> {
    pub(crate) const fn new() -> Self {
        Self { last: [Token { shape: Shape::Literal, space: false, text: b"" }; LOOKED_AT], met: 0 }
    }

    /// The next token, and the measurement that it is.
    #[inline]
    pub(crate) fn meet(&mut self, token: Token<'a>) -> Option<Written> {
        let found = match token.shape {
            Shape::Literal if !token.text.first().is_some_and(u8::is_ascii_digit) => None,
            Shape::Literal | Shape::Number { .. } => self.whole(token.text),
            Shape::WrittenDuration(_) | Shape::Size(_) | Shape::Percent(_) | Shape::Decimal { .. } => {
                written(token.shape, token.text).and_then(|(value, unit)| self.named(value, unit))
            }
            _ => None,
        };
        self.last[self.met % LOOKED_AT] = token;
        self.met += 1;
        found
    }

    /// A whole number with a name that says what it measures.
    fn whole(&self, text: &[u8]) -> Option<Written> {
        let (gives, word, _) = self.words();
        let last = word.rsplit(['_', '-', '.']).next().unwrap_or_default();
        let is_measured = gives
            && (MEASURED.contains(&last.to_ascii_lowercase().as_str())
                || word.ends_with("Ms")
                || word.ends_with("Bytes"));
        let value = std::str::from_utf8(text).ok().filter(|_| is_measured)?.parse().ok()?;
        self.named(value, Unit::Number)
    }

    fn named(&self, value: f64, unit: Unit) -> Option<Written> {
        let (gives, word, before) = self.words();
        if word.is_empty() || word.len() + before.len() > LONGEST {
            return None;
        }
        let is_short = !gives && word.chars().count() <= SHORT && !before.is_empty();
        let longer = is_short.then(|| format!("“{before} {word} …”"));
        Some(Written { name: format!("“{word} …”"), longer, value, unit })
    }

    /// Whether the number is given to a name, the word before it, and the word before that.
    fn words(&self) -> (bool, String, String) {
        let mut gives = false;
        let mut before = self.before().peekable();
        while let Some(token) = before.next_if(|token| is_mark(token, b"=:\"'([, ")) {
            gives |= is_mark(&token, b"=:");
        }
        let mut word = String::new();
        while let Some(token) =
            before.next_if(|token| is_word(token) || !word.is_empty() && is_mark(token, b"_-."))
        {
            word.insert_str(0, &String::from_utf8_lossy(token.text));
            // What joins a word to the one before it stands between them without a space.
            if token.space || is_word(&token) && !before.peek().is_some_and(|token| is_mark(token, b"_-.")) {
                break;
            }
        }
        let other = before.next_if(is_word).map(|token| String::from_utf8_lossy(token.text).into_owned());
        // The end of a path, or of a value, is any word.
        let is_any = before.peek().is_some_and(|token| is_mark(token, b"/=:_-.@#"));
        (gives, word, other.filter(|_| !is_any).unwrap_or_default())
    }

    /// The tokens before, the last one first.
    fn before(&self) -> impl Iterator<Item = Token<'a>> {
        (0..self.met.min(LOOKED_AT)).map(|back| self.last[(self.met - 1 - back) % LOOKED_AT])
    }
}

fn is_word(token: &Token<'_>) -> bool {
    token.shape == Shape::Literal
        && token.text.first().is_some_and(|first| first.is_ascii_alphabetic() || *first >= 0x80)
}

fn is_mark(token: &Token<'_>, marks: &[u8]) -> bool {
    token.shape == Shape::Literal && matches!(token.text, [mark] if marks.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tokenize;

    fn found(text: &str) -> Vec<Written> {
        let (mut in_text, mut found) = (InText::new(), Vec::new());
        tokenize(text.as_bytes(), |token| found.extend(in_text.meet(token)));
        found
    }

    #[test]
    fn measurements_are_found_with_their_names() {
        for (text, name, value, unit) in [
            ("GET /cart took 35 ms", "“took …”", 35e6, Unit::Nanos),
            ("user=ada in 3 ms", "“in …”", 3e6, Unit::Nanos),
            ("GET /cart/list in 3 ms", "“in …”", 3e6, Unit::Nanos),
            ("order placed, done in 1.5s", "“done in …”", 1.5e9, Unit::Nanos),
            ("query (took=12.25ms) ok", "“took …”", 12.25e6, Unit::Nanos),
            ("stopped after 1h3m20.5s", "“after …”", 3_800.5e9, Unit::Nanos),
            ("heap rss=1.5GiB now", "“rss …”", 1_610_612_736.0, Unit::Bytes),
            ("\"rt\": 0.123 and so on", "“rt …”", 0.123, Unit::Number),
            ("cpu 97% of one", "“cpu …”", 97.0, Unit::Percent),
            ("elapsed_ms=35 for it", "“elapsed_ms …”", 35.0, Unit::Number),
            ("latencyMs: 1234", "“latencyMs …”", 1234.0, Unit::Number),
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let Written { name: short, longer, value: read, unit: counted } = &found[0];
            assert_eq!((&**longer.as_ref().unwrap_or(short), *counted), (name, unit), "{text}");
            assert!((read - value).abs() < 1e-6 * value, "{text}: {found:?}");
        }
    }

    #[test]
    fn codes_versions_and_numbers_of_things_are_no_measurements() {
        for text in [
            "exit 137",
            "user=12345 logged in",
            "HTTP/1.1 200",
            "v1.9.4 of it",
            "35 ms",
            "port: 8080",
            "10.0.0.7 is up",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn a_name_is_that_of_the_argument_and_not_of_its_neighbours() {
        let names: Vec<String> =
            found("user=ada took=3ms bytes=512").into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["“took …”", "“bytes …”"]);
    }
}
