//! The number that an event measures, in words and with its unit.

use crate::words;
use cbad::{Event, INSTANCE_PATH, Measure, RunningTotals, Value};

/// The number that an event measures.
pub(crate) fn text(event: &Event) -> String {
    parts(event).into_iter().map(|(_, text)| text).collect()
}

/// The same in parts: each number with what the engine calls it, and what stands between them.
pub(crate) fn parts(event: &Event) -> Vec<(Option<&'static str>, String)> {
    let value = |before: &str, number: String| {
        let unit = unit(event).map(|unit| (None, format!(" {unit}")));
        [(Some("value"), format!("{before}{number}"))].into_iter().chain(unit).collect()
    };
    match &event.measure {
        Some(Measure::DurationNanos(nanos)) => vec![(Some("value"), words::duration(*nanos))],
        Some(Measure::Gauge(number)) => value("", format!("{number}")),
        Some(Measure::Cumulative { total, .. }) => value("total ", format!("{total}")),
        Some(Measure::Delta(change)) => value("", format!("{change:+}")),
        Some(Measure::Histogram { count, sum, .. }) => {
            let mut parts = vec![(Some("count"), words::counted(*count, "observation", "observations"))];
            if let Some(sum) = sum.filter(|_| *count > 0) {
                parts.push((None, ", mean ".to_owned()));
                parts.push((Some("mean"), cbad::amount_in(event, sum / *count as f64)));
            }
            parts
        }
        None => Vec::new(),
    }
}

/// Whether an event counts from a beginning long ago, so that the code has what came since the point before.
pub(crate) fn is_running(event: &Event) -> bool {
    matches!(event.measure, Some(Measure::Cumulative { .. } | Measure::Histogram { cumulative: true, .. }))
}

/// Whether both points are of one instance, whose running totals go on from one to the other.
pub(crate) fn is_same_instance(a: &Event, b: &Event) -> bool {
    instance(a) == instance(b)
}

fn instance(event: &Event) -> &str {
    text_of(event, INSTANCE_PATH).unwrap_or_default()
}

/// What came since the point before, in parts; nothing where the one before says nothing of it.
pub(crate) fn since(before: &Event, event: &Event) -> Vec<String> {
    let mut totals = RunningTotals::default();
    let numbers = [before, event].map(|event| {
        event.measure.as_ref().map(|measure| totals.numbers_of(measure, "")).unwrap_or_default()
    });
    let mut parts = Vec::new();
    for (label, number) in &numbers[1] {
        if !parts.is_empty() {
            parts.push(", ".to_owned());
        }
        parts.push(match *label {
            "count" => words::counted(*number as u64, "observation", "observations"),
            "value" => format!("+{}", cbad::amount_in(event, *number)),
            label => format!("{label} {}", cbad::amount_in(event, *number)),
        });
    }
    parts
}

/// The unit that the capture gives, where it is one: `1` and words in braces count things.
fn unit(event: &Event) -> Option<String> {
    /// No code of UCUM is longer.
    const MOST_BYTES: usize = 32;
    let unit = text_of(event, "unit")?;
    let counts = unit == "1" || unit.starts_with('{');
    ((1..=MOST_BYTES).contains(&unit.len()) && !counts).then(|| case::inert(unit))
}

fn text_of<'a>(event: &'a Event, path: &str) -> Option<&'a str> {
    event.fields.iter().find(|field| field.path == path).and_then(|field| match &field.value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{ByteRange, Field};

    fn point(measure: Measure, unit: &str) -> Event {
        let mut event = Event::new("lookup.duration", ByteRange::default());
        event.measure = Some(measure);
        event.fields.push(Field { path: "unit".to_owned(), value: Value::Text(unit.to_owned()) });
        event
    }

    fn histogram(count: u64, sum: f64) -> Measure {
        Measure::Histogram {
            count,
            sum: Some(sum),
            bounds: Vec::new(),
            counts: vec![count],
            cumulative: true,
        }
    }

    #[test]
    fn numbers_have_the_unit_of_the_capture() {
        assert_eq!(text(&point(histogram(1, 0.5), "s")), "1 observation, mean 500.0 ms");
        assert_eq!(text(&point(histogram(1200, 12.0), "s")), "1,200 observations, mean 10.0 ms");
        assert_eq!(text(&point(Measure::Gauge(12.5), "By")), "12.5 By");
        assert_eq!(text(&point(Measure::Delta(3.0), "{request}")), "+3");
        assert_eq!(text(&point(Measure::Cumulative { total: 7.0, start_nanos: None }, "1")), "total 7");
    }

    #[test]
    fn what_came_since_the_point_before_is_said_for_running_totals() {
        let (before, after) = (point(histogram(860, 8.6), "s"), point(histogram(862, 9.1), "s"));
        assert!(is_running(&after) && is_same_instance(&before, &after));
        assert_eq!(since(&before, &after)[..3].concat(), "2 observations, mean 250.0 ms");
        let total = |total| point(Measure::Cumulative { total, start_nanos: Some(1) }, "By");
        assert_eq!(since(&total(5.0), &total(8.0)).concat(), "+3 bytes");
        assert!(!is_running(&point(Measure::Gauge(1.0), "s")));
    }
}
