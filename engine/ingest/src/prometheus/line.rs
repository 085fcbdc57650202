//! One line of an exposition: metadata, a sample with its exemplar, or something else.
//!
//! Sources: Prometheus text format 0.0.4; `OpenMetrics` 1.0; the quoted names of Prometheus 3.

use super::server::take_name;
use crate::stamp;
use cbad::{Field, Value};

/// More labels than any target writes.
const MOST_LABELS: usize = 256;

/// What a line is.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    Type {
        family: String,
        kind: &'a [u8],
    },
    Unit {
        family: String,
        unit: &'a [u8],
    },
    Help {
        family: String,
    },
    Sample(Sample),
    /// Blank, `# EOF`, or a comment.
    Other,
    /// Where in the line, and what should stand there.
    Damaged {
        at: usize,
        expected: &'static str,
    },
}

/// A sample.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Vec<Field>,
    pub(super) value: f64,
    pub(super) time_nanos: Option<i64>,
    pub(super) exemplar: Option<Exemplar>,
}

/// An example of what was measured.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Exemplar {
    pub(super) labels: Vec<Field>,
    pub(super) value: f64,
    pub(super) time_nanos: Option<i64>,
}

impl<'a> Line<'a> {
    /// A line of an exposition whose times are seconds where `in_seconds` says so, as they are in `OpenMetrics`.
    pub(super) fn of(line: &'a [u8], in_seconds: bool) -> Self {
        let text = line.trim_ascii();
        let begin = line.len() - line.trim_ascii_start().len();
        match text.first() {
            None => Self::Other,
            Some(b'#') => Self::comment(text[1..].trim_ascii_start()),
            Some(_) => {
                let mut words = Words { text, at: 0, in_seconds };
                match words.sample() {
                    Ok(sample) => Self::Sample(sample),
                    Err(expected) => Self::Damaged { at: begin + words.at, expected },
                }
            }
        }
    }

    fn comment(text: &'a [u8]) -> Self {
        let mut words = Words { text, at: 0, in_seconds: false };
        let keyword = words.word();
        if !matches!(keyword, b"TYPE" | b"UNIT" | b"HELP") {
            return Self::Other;
        }
        words.blanks();
        let family = if words.peek() == Some(b'"') {
            words.quoted().map(|name| String::from_utf8_lossy(&name).into_owned())
        } else {
            Ok(String::from_utf8_lossy(words.word()).into_owned())
        };
        let (Ok(family), rest) = (family, text[words.at..].trim_ascii()) else { return Self::Other };
        match keyword {
            b"TYPE" => Self::Type { family, kind: rest },
            b"UNIT" => Self::Unit { family, unit: rest },
            _ => Self::Help { family },
        }
    }
}

struct Words<'a> {
    text: &'a [u8],
    at: usize,
    in_seconds: bool,
}

type Parsed<T> = Result<T, &'static str>;

impl<'a> Words<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn until(&mut self, ends: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn word(&mut self) -> &'a [u8] {
        self.blanks();
        self.until(|byte| matches!(byte, b' ' | b'\t'))
    }

    fn sample(&mut self) -> Parsed<Sample> {
        let mut sample = Sample::default();
        if self.peek() != Some(b'{') {
            let name = self.until(|byte| matches!(byte, b' ' | b'\t' | b'{'));
            if !is_name(name) {
                self.at -= name.len();
                return Err("a metric name");
            }
            sample.name = String::from_utf8_lossy(name).into_owned();
            self.blanks();
        }
        if self.peek() == Some(b'{') {
            let named = self.labels(&mut sample.labels, sample.name.is_empty())?;
            sample.name = named.unwrap_or(sample.name);
        }
        sample.value = self.number()?;
        self.blanks();
        if !matches!(self.peek(), None | Some(b'#')) {
            sample.time_nanos = self.time()?;
        }
        self.blanks();
        if self.peek() == Some(b'#') {
            self.at += 1;
            sample.exemplar = Some(self.exemplar()?);
        }
        self.blanks();
        if self.peek().is_some() { Err("the end of the line") } else { Ok(sample) }
    }

    fn exemplar(&mut self) -> Parsed<Exemplar> {
        let mut exemplar = Exemplar::default();
        self.blanks();
        if self.peek() != Some(b'{') {
            return Err("the labels of an exemplar");
        }
        self.labels(&mut exemplar.labels, false)?;
        exemplar.value = self.number()?;
        self.blanks();
        if self.peek().is_some() {
            exemplar.time_nanos = self.time()?;
        }
        Ok(exemplar)
    }

    /// Labels in braces; with `may_name`, a string without a value first is the metric's name, or the label that holds
    /// it in the server's own dumps.
    fn labels(&mut self, labels: &mut Vec<Field>, may_name: bool) -> Parsed<Option<String>> {
        let mut name = None;
        self.at += 1;
        loop {
            self.blanks();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return match name.or_else(|| may_name.then(|| take_name(labels)).flatten()) {
                    None if may_name => Err("a metric name"),
                    name => Ok(name),
                };
            }
            let is_quoted = self.peek() == Some(b'"');
            let key = if is_quoted {
                String::from_utf8_lossy(&self.quoted()?).into_owned()
            } else {
                let key = self.until(|byte| matches!(byte, b'=' | b' ' | b'\t' | b',' | b'}'));
                if !is_name(key) {
                    return Err("a label name");
                }
                String::from_utf8_lossy(key).into_owned()
            };
            self.blanks();
            if self.peek() == Some(b'=') {
                self.at += 1;
                self.blanks();
                let value = match String::from_utf8(self.quoted()?) {
                    Ok(text) => Value::Text(text),
                    Err(error) => Value::Bytes(error.into_bytes()),
                };
                if labels.len() == MOST_LABELS {
                    return Err("at most 256 labels");
                }
                labels.push(Field { path: key, value });
            } else if is_quoted && may_name && name.is_none() && labels.is_empty() {
                name = Some(key);
            } else {
                return Err("'=' after a label name");
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {}
                _ => return Err("',' or '}' after a label"),
            }
        }
    }

    /// Text in double quotes, escapes undone.
    fn quoted(&mut self) -> Parsed<Vec<u8>> {
        if self.peek() != Some(b'"') {
            return Err("a value in double quotes");
        }
        self.at += 1;
        let mut text = Vec::new();
        loop {
            text.extend_from_slice(self.until(|byte| matches!(byte, b'"' | b'\\')));
            let Some(mark) = self.peek() else { return Err("'\"' before the line ends") };
            self.at += 1;
            if mark == b'"' {
                return Ok(text);
            }
            match self.peek() {
                Some(b'n') => text.push(b'\n'),
                Some(escaped @ (b'"' | b'\\')) => text.push(escaped),
                // Other backslashes stand for themselves.
                Some(other) => text.extend([b'\\', other]),
                None => return Err("'\"' before the line ends"),
            }
            self.at += 1;
        }
    }

    fn number(&mut self) -> Parsed<f64> {
        self.blanks();
        let begin = self.at;
        let word = self.until(|byte| matches!(byte, b' ' | b'\t' | b'#'));
        std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()).ok_or_else(|| {
            self.at = begin;
            "a number"
        })
    }

    /// Seconds in `OpenMetrics`, milliseconds in the older format. Exporters mix them up: the magnitude says so, or a decimal
    /// point.
    fn time(&mut self) -> Parsed<Option<i64>> {
        let begin = self.at;
        let word = self.word();
        let digits = std::str::from_utf8(word).unwrap_or_default();
        let seconds = if self.in_seconds { exact_seconds(digits) } else { None };
        if let Some(nanos) = seconds.or_else(|| stamp::epoch(word)) {
            return Ok(Some(nanos));
        }
        let factor = if self.in_seconds || digits.contains(['.', 'e', 'E']) { 1e9 } else { 1e6 };
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                let nanos = number * factor;
                Ok((nanos.abs() < 9.2e18).then_some(nanos.round() as i64))
            }
            _ => {
                self.at = begin;
                Err("a time")
            }
        }
    }
}

/// Seconds as plain digits with a fraction, to the nanosecond: a float holds fewer digits than that.
fn exact_seconds(digits: &str) -> Option<i64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: i64 = format!("{fraction:0<9.9}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000_000_000)?.checked_add(nanos)
}

fn is_name(name: &[u8]) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':');
    let mut rest = name.iter().skip(1);
    name.first().is_some_and(|&byte| is_first(byte))
        && rest.all(|&byte| is_first(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(line: &str) -> Sample {
        match Line::of(line.as_bytes(), false) {
            Line::Sample(sample) => sample,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn times_are_seconds_in_open_metrics_and_milliseconds_before_it() {
        for (time, in_seconds, nanos) in [
            ("123", true, 123_000_000_000),
            ("123", false, 123_000_000),
            ("1520879607.789", true, 1_520_879_607_789_000_000),
            ("1520879607", true, 1_520_879_607_000_000_000),
            ("1.5e3", true, 1_500_000_000_000),
            ("1520879607789", true, 1_520_879_607_789_000_000),
            ("1520879607789", false, 1_520_879_607_789_000_000),
        ] {
            let line = format!("a_total 1 {time}");
            match Line::of(line.as_bytes(), in_seconds) {
                Line::Sample(sample) => assert_eq!(sample.time_nanos, Some(nanos), "{time} {in_seconds}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn samples_of_every_form() {
        let text = |path: &str, value: &str| Field { path: path.into(), value: Value::Text(value.into()) };
        let plain = sample("up 1");
        assert_eq!((&*plain.name, plain.value, plain.time_nanos), ("up", 1.0, None));
        let labelled = sample(r#"a:b_total{ x = "1" , y="a\"b\\c\nd\q",} 1.5e3 1395066363000"#);
        assert_eq!(labelled.labels, [text("x", "1"), text("y", "a\"b\\c\nd\\q")]);
        assert_eq!((labelled.value, labelled.time_nanos), (1500.0, Some(1_395_066_363_000_000_000)));
        let quoted = sample(r#"{"my.métric","my.label"="v"} +Inf 1520879607.789"#);
        assert_eq!((&*quoted.name, &quoted.labels[..]), ("my.métric", &[text("my.label", "v")][..]));
        assert_eq!((quoted.value, quoted.time_nanos), (f64::INFINITY, Some(1_520_879_607_789_000_000)));
        let dumped = sample(r#"{__name__="up", job="node"} 1 1395066363000"#);
        assert_eq!((&*dumped.name, &dumped.labels[..]), ("up", &[text("job", "node")][..]));
        assert!(sample("x NaN").value.is_nan());
        assert_eq!(sample("x 1 5").time_nanos, Some(5_000_000));
        assert_eq!(sample("x 1 5.0").time_nanos, Some(5_000_000_000));
        let exemplar =
            sample(r#"foo_bucket{le="1"} 11 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789"#).exemplar;
        let Some(exemplar) = exemplar else { panic!("an exemplar") };
        assert_eq!((&exemplar.labels[..], exemplar.value), (&[text("trace_id", "KOO5S4vxi0o")][..], 0.67));
    }

    #[test]
    fn metadata_and_comments() {
        let of = |text: &'static str| Line::of(text.as_bytes(), false);
        assert_eq!(of("# TYPE foo counter"), Line::Type { family: "foo".into(), kind: b"counter" });
        assert_eq!(of("# TYPE \"my.foo\" gauge"), Line::Type { family: "my.foo".into(), kind: b"gauge" });
        assert_eq!(of("# UNIT foo_s s"), Line::Unit { family: "foo_s".into(), unit: b"s" });
        assert_eq!(of("# HELP foo it counts\\n"), Line::Help { family: "foo".into() });
        for other in ["# EOF", "# a comment", "#", "", "  "] {
            assert_eq!(of(other), Line::Other, "{other}");
        }
    }

    #[test]
    fn damage_says_where_and_what() {
        for (line, at, expected) in [
            ("foo", 3, "a number"),
            ("foo bar", 4, "a number"),
            ("1foo 2", 0, "a metric name"),
            ("foo{a=1} 2", 6, "a value in double quotes"),
            ("foo{a=\"x} 2", 11, "'\"' before the line ends"),
            ("foo{a=\"x\" b=\"y\"} 2", 10, "',' or '}' after a label"),
            ("foo{\"a\"} 2", 7, "'=' after a label name"),
            ("{a=\"b\"} 2", 7, "a metric name"),
            ("foo 1 x", 6, "a time"),
            ("foo 1 2 3", 8, "the end of the line"),
            ("foo 1 # x", 8, "the labels of an exemplar"),
        ] {
            assert_eq!(Line::of(line.as_bytes(), false), Line::Damaged { at, expected }, "{line}");
        }
    }
}
