//! From OpenTelemetry records to events, the same for JSON and protobuf: what both decoders fill, and what comes of it.
//!
//! Source: OpenTelemetry protocol and data model, <https://opentelemetry.io/docs/specs/otel/>.

mod histogram;
mod log;
mod metric;
mod references;
mod span;

pub(crate) use histogram::Buckets;
pub(crate) use log::LogParts;
pub(crate) use metric::{MetricParts, NumberKind, PointData, PointParts, Temporality};
pub(crate) use references::{ExemplarParts, LinkParts};
pub(crate) use span::{SpanEventParts, SpanParts};

use crate::budget::{Budget, RECORD_BYTES};
use cbad::{Event, Field, Value};

/// Resource attributes that tell instances and releases apart; a bad deploy or a bad host shows in them.
/// The others are the same for every event of a stream and are left in the capture.
const KEPT_RESOURCE: [&str; 6] = [
    "k8s.pod.name",
    "host.name",
    "service.version",
    "service.instance.id",
    "deployment.environment",
    "deployment.environment.name",
];

/// The event would take more than its line or frame may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooCostly;

/// What the resource says about every record below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resource {
    /// `service.name`, or empty.
    pub(crate) service: String,
    /// The kept attributes, as `resource.…`.
    fields: Vec<Field>,
    bytes: usize,
}

impl Resource {
    pub(crate) fn new(attributes: Vec<Field>) -> Self {
        let mut resource = Self::default();
        for Field { path, value } in attributes {
            match value {
                Value::Text(service) if path == "service.name" => resource.service = service,
                Value::Null => {}
                value if KEPT_RESOURCE.contains(&path.as_str()) => {
                    let path = format!("resource.{path}");
                    resource.bytes += path.len() + value_bytes(&value);
                    resource.fields.push(Field { path, value });
                }
                _ => {}
            }
        }
        resource
    }
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
    }
}

/// Where a record stands: its resource and the name of its scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) resource: &'a Resource,
    /// Empty where the scope has no name.
    pub(crate) scope: &'a str,
    /// Empty where it has no version.
    pub(crate) scope_version: &'a str,
}

impl Context<'_> {
    /// Puts what the context says before and after the record's own fields.
    fn surround(&self, event: &mut Event, own: Vec<Field>, budget: &mut Budget) -> Result<(), TooCostly> {
        if !budget.spend(RECORD_BYTES + self.scope.len() + self.scope_version.len() + self.resource.bytes) {
            return Err(TooCostly);
        }
        event.fields = own;
        // For exactly what comes: the room of a vector that grows by itself is not in the budget.
        event.fields.reserve_exact(2 + self.resource.fields.len());
        if !self.scope.is_empty() {
            event.fields.insert(0, text_field("scope", self.scope));
        }
        if !self.scope_version.is_empty() {
            let after = usize::from(!self.scope.is_empty());
            event.fields.insert(after, text_field("scope.version", self.scope_version));
        }
        event.fields.extend_from_slice(&self.resource.fields);
        Ok(())
    }
}

fn text_field(path: &str, text: impl Into<String>) -> Field {
    Field { path: path.to_owned(), value: Value::Text(text.into()) }
}

/// A time of the protocol: nanoseconds since 1970, where 0 means unknown.
fn time(nanos: u64) -> Option<i64> {
    i64::try_from(nanos).ok().filter(|&nanos| nanos != 0)
}

/// What is said of a time that no event can have.
pub(crate) const FAR_TIME: &str = "a time after the year 2262";

/// Whether a time is none that an event can have, so that it is lost.
fn is_far(nanos: u64) -> bool {
    i64::try_from(nanos).is_err()
}

/// An id as the protocol has it: all zero means none.
pub(crate) fn known_id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok().filter(|id| *id != [0; N])
}
