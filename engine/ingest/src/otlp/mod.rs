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
use references::Below;

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
    /// A resource of which only the service is known; empty where not even that.
    pub(crate) fn of_service(service: String) -> Self {
        Self { service, ..Self::default() }
    }

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

/// What the scope says about every record below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Empty where it has no name.
    pub(crate) name: String,
    /// Empty where it has no version.
    pub(crate) version: String,
    /// Its attributes and how many of them were dropped, as `scope.…`.
    fields: Vec<Field>,
    bytes: usize,
}

impl Scope {
    /// A scope without attributes.
    pub(crate) fn named(name: String, version: String) -> Self {
        Self { name, version, ..Self::default() }
    }

    /// Gives the scope its attributes, and says how many it lost where it was written.
    ///
    /// They stand below a name of their own: an attribute may well be called `version`.
    pub(crate) fn describe(&mut self, attributes: Vec<Field>, dropped: u64) {
        let mut fields = Vec::with_capacity(attributes.len() + usize::from(dropped != 0));
        let mut below = Below { path: "scope.".into(), fields: &mut fields };
        below.attributes("attributes.", attributes);
        below.number("dropped_attributes_count", dropped);
        // Each record has a copy of each, which a short name does not pay for.
        let cost = |field: &Field| size_of::<Field>() + field.path.len() + value_bytes(&field.value);
        self.bytes = fields.iter().map(cost).sum();
        self.fields = fields;
    }
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
    }
}

/// Where a record stands: its resource and its scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) scope: &'a Scope,
}

impl Context<'_> {
    /// Puts what the context says before and after the record's own fields.
    fn surround(&self, event: &mut Event, own: Vec<Field>, budget: &mut Budget) -> Result<(), TooCostly> {
        let Self { resource, scope } = self;
        let copied = scope.name.len() + scope.version.len() + scope.bytes + resource.bytes;
        if !budget.spend(RECORD_BYTES + copied) {
            return Err(TooCostly);
        }
        event.fields = own;
        // For exactly what comes: the room of a vector that grows by itself is not in the budget.
        event.fields.reserve_exact(2 + scope.fields.len() + resource.fields.len());
        let mut after = 0;
        for (path, text) in [("scope", &scope.name), ("scope.version", &scope.version)] {
            if !text.is_empty() {
                event.fields.insert(after, text_field(path, text.as_str()));
                after += 1;
            }
        }
        event.fields.splice(after..after, scope.fields.iter().cloned());
        event.fields.extend_from_slice(&resource.fields);
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
