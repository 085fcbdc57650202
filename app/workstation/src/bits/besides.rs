//! Tokens that have no place in the text of their event as it is shown: said in a line of their own, so that the bits of an
//! event are all to be seen.

use super::{Line, LineKind, Span, Writer};
use crate::words;
use cbad::{Event, Part, TokenBits, TokenPlace, Value};

/// Tokens that are named one by one; what comes beyond is counted.
const NAMED: usize = 12;

/// Bytes of a token that are shown as its name.
const NAME_BYTES: usize = 40;

impl Writer<'_> {
    /// Says which tokens none of the lines from `first` on have, and what they cost.
    pub(super) fn besides(
        &mut self,
        first: usize,
        event: &Event,
        tokens: &[TokenBits],
        places: &[TokenPlace],
    ) {
        let without = without_place(&self.lines[first..], tokens);
        if without.is_empty() {
            return;
        }
        let bits = |of: &[u32]| of.iter().map(|&token| tokens[token as usize].bits).sum::<f64>();
        let mut dearest = without.clone();
        dearest.sort_by(|&a, &b| tokens[b as usize].bits.total_cmp(&tokens[a as usize].bits).then(a.cmp(&b)));
        let more = dearest.split_off(dearest.len().min(NAMED));
        dearest.sort_unstable();
        self.begin(LineKind::Besides);
        let many = words::counted(without.len() as u64, "token", "tokens");
        self.push(&format!("Not in the text shown: {many}, {}: ", words::bits(bits(&without))), None);
        for (number, &token) in dearest.iter().enumerate() {
            if number > 0 {
                self.push(", ", None);
            }
            let place = places.get(token as usize);
            self.push(
                &name(token, &tokens[token as usize], place.and_then(|place| text_at(event, place))),
                Some(token),
            );
        }
        if !more.is_empty() {
            let many = words::count(more.len() as u64);
            self.push(&format!(" and {many} more, {}", words::bits(bits(&more))), None);
        }
    }
}

/// Tokens that cost something and that no line has.
fn without_place(lines: &[Line], tokens: &[TokenBits]) -> Vec<u32> {
    let mut has = vec![false; tokens.len()];
    for Span { tokens, .. } in lines.iter().flat_map(|line| &line.spans) {
        has[tokens.start as usize..tokens.end as usize].fill(true);
    }
    let is_without = |(token, has): (u32, bool)| (!has && tokens[token as usize].bits > 0.0).then_some(token);
    (0..).zip(has).filter_map(is_without).collect()
}

/// What a token is called apart from its text.
fn name(token: u32, cost: &TokenBits, text: Option<&[u8]>) -> String {
    match (&cost.measure, &cost.shape, text) {
        (Some(measure), shape, _) => {
            let range = shape.as_deref().unwrap_or_default();
            format!("{measure} {}", range.strip_prefix("value ").unwrap_or(range))
        }
        (None, Some(shape), _) => case::inert(shape),
        (None, None, Some(text)) if !text.is_empty() => {
            format!("“{}”", crate::view::evidence::cut(text, NAME_BYTES).0)
        }
        _ => format!("token {}", words::count(u64::from(token) + 1)),
    }
}

/// The bytes of a token in its event.
fn text_at<'e>(event: &'e Event, place: &TokenPlace) -> Option<&'e [u8]> {
    let whole: &[u8] = match place.part {
        Part::Body => &event.body,
        Part::Path(field) => event.fields.get(field as usize)?.path.as_bytes(),
        Part::Field(field) => match &event.fields.get(field as usize)?.value {
            Value::Text(text) => text.as_bytes(),
            Value::Bytes(bytes) => bytes,
            _ => return None,
        },
        Part::Severity | Part::Measure => return None,
    };
    whole.get(place.bytes.start as usize..place.bytes.end as usize)
}

#[cfg(test)]
mod tests {
    use crate::bits::{Line, LineKind, WHOLE_BYTES, Writer};
    use case::EventRow;
    use cbad::{ByteRange, Event, Field, Measure, TokenBits, Value, token_places};

    fn lines(event: &Event, tokens: &[TokenBits], is_metric: bool) -> Vec<Line> {
        let row = EventRow { position: 7, capture: 1, event: event.clone() };
        let (mut lines, mut left) = (Vec::new(), WHOLE_BYTES);
        Writer { lines: &mut lines, event: 0, left: &mut left }.event(&row, tokens, is_metric);
        lines
    }

    fn number(measure: &str, range: &str, bits: f64) -> TokenBits {
        let (shape, measure) = (Some(format!("value {range}")), Some(measure.to_owned()));
        TokenBits { bits, shape, measure, ..TokenBits::default() }
    }

    fn spans(lines: &[Line]) -> Vec<(u32, &str)> {
        let mut said = Vec::new();
        for line in lines {
            for span in &line.spans {
                said.push((
                    span.tokens.start,
                    &line.text[span.bytes.start as usize..span.bytes.end as usize],
                ));
            }
        }
        said
    }

    fn histogram(sum: Option<f64>) -> Event {
        let mut event = Event::new(Vec::new(), ByteRange::default());
        let counts = vec![10, 2];
        event.measure =
            Some(Measure::Histogram { count: 12, sum, bounds: vec![1.0], counts, cumulative: true });
        let exemplar = |leaf: &str, value| Field { path: format!("exemplars[0].{leaf}"), value };
        event.fields.push(exemplar("as_double", Value::Float(9.5)));
        event.fields.push(exemplar("trace_id", Value::Text("ab12".into())));
        event
    }

    #[test]
    fn each_number_of_a_histogram_has_its_own_cost_beside_exemplars() {
        let tokens = [number("count", "8-16", 0.25), number("mean", "3-4", 23.5)];
        let lines = lines(&histogram(Some(39.0)), &tokens, true);
        assert_eq!(spans(&lines), [(0, "12 observations"), (1, "3.25")]);
        assert!(lines.iter().any(|line| line.text.contains("since the point before")), "{lines:?}");
        assert!(lines.iter().all(|line| line.kind != LineKind::Besides));
    }

    #[test]
    fn what_stands_nowhere_in_the_text_is_listed_with_its_bits() {
        let tokens = [number("count", "8-16", 0.25), number("p50", "0.5-0.75", 23.5)];
        let of_histogram = lines(&histogram(None), &tokens, true);
        let last = of_histogram.last().expect("it has lines");
        assert_eq!((last.kind, last.spans.len()), (LineKind::Besides, 1));
        assert_eq!(last.text, "Not in the text shown: 1 token, 23.5 bits: p50 0.5-0.75");

        // Through a veil the text is not the one that was coded, and its words are not told.
        let veiled = Event::new("GET ‹withheld›", ByteRange::default());
        let coded: Vec<TokenBits> =
            (0..40).map(|at| TokenBits { bits: f64::from(at), ..TokenBits::default() }).collect();
        let text = lines(&veiled, &coded, false).pop().expect("it has lines").text;
        assert!(text.starts_with("Not in the text shown: 39 tokens, 780.0 bits: token 29, "), "{text}");
        assert!(text.ends_with("token 40 and 27 more, 378.0 bits"), "{text}");
    }

    #[test]
    fn every_token_of_letters_of_several_bytes_belongs_to_a_span() {
        let event = Event::new("naïve 中文字 ok", ByteRange::default());
        let count = token_places(&event).len();
        let tokens = vec![TokenBits { bits: 6.0, ..TokenBits::default() }; count];
        let lines = lines(&event, &tokens, false);
        let covered: u32 =
            lines.iter().flat_map(|line| &line.spans).map(|span| span.tokens.end - span.tokens.start).sum();
        assert_eq!(covered as usize, count, "{lines:?}");
        assert!(lines.iter().all(|line| line.kind != LineKind::Besides));
    }
}
