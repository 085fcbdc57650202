//! What a server keeps of a sample beside what its target said: the metric's name among the labels, and what it scraped.

use cbad::{Field, Value};

/// Takes out the label that holds the metric's name.
pub(crate) fn take_name(labels: &mut Vec<Field>) -> Option<String> {
    take(labels, "__name__")
}

/// Takes out the job of a series that names its instance too. A server gives both to whatever it scrapes, and they are
/// the service and its instance to OpenTelemetry; a job alone may be what a target calls one of its own.
///
/// Source: OpenTelemetry, Prometheus and `OpenMetrics` compatibility, resource attributes.
pub(crate) fn take_service(labels: &mut Vec<Field>) -> Option<String> {
    labels.iter().any(|label| label.path == "instance").then(|| take(labels, "job"))?
}

fn take(labels: &mut Vec<Field>, name: &str) -> Option<String> {
    let is_it =
        |label: &Field| label.path == name && matches!(&label.value, Value::Text(text) if !text.is_empty());
    let place = labels.iter().position(is_it)?;
    match labels.remove(place).value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a number of this name counts up from a start, where nothing says its type: `promtool check metrics` keeps
/// these endings for counters and for the parts of histograms and summaries.
pub(crate) fn is_running_total(name: &str) -> bool {
    ["_total", "_bucket", "_count", "_sum"].iter().any(|ending| name.ends_with(ending))
}
