//! What loggers, stores and services call the fields of a record: which hold its time, severity, ids, service and message.
//!
//! Capitals and small letters are the same, as one library writes `level` and the next `Level`. A name that is not met
//! whole is looked up again without the object around it in which a store keeps what the program wrote.

/// What a field is besides a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Severity,
    /// How something ended, or how grave it is: a severity only where it is a word for one.
    Status,
    TraceId,
    SpanId,
    Service,
    Message,
}

const LONGEST_NAME: usize = 64;
/// A name inside a wrapper tells less than one that stands by itself.
const WITHIN: u8 = 100;

/// Objects around what the program wrote: of Elasticsearch, Splunk's export and its collector, Google Cloud, Rust's
/// `tracing`, Datadog, Azure, and of envelopes in general.
const WRAPPERS: [&str; 9] =
    ["_source", "result", "event", "jsonpayload", "fields", "attributes", "properties", "data", "payload"];

/// Whether the object of this name may hold the time of the record; `record` is loguru's.
pub(crate) fn is_wrapper(key: &[u8]) -> bool {
    key == b"record" || WRAPPERS.iter().any(|known| key.eq_ignore_ascii_case(known.as_bytes()))
}

/// The rank of the field with this path among those that may hold the time, the most telling first.
pub(crate) fn time_rank(path: &str) -> Option<u8> {
    look_up(path, |name| time_named(name).map(|rank| ((), rank))).map(|((), rank)| rank)
}

/// The role of the field with this path and its rank in it, the most telling first.
pub(crate) fn role_of(path: &str) -> Option<(Role, u8)> {
    look_up(path, role_named)
}

fn look_up<T>(path: &str, known: impl Fn(&str) -> Option<(T, u8)>) -> Option<(T, u8)> {
    let mut room = [0; LONGEST_NAME];
    let lower = room.get_mut(..path.len())?;
    lower.copy_from_slice(path.as_bytes());
    lower.make_ascii_lowercase();
    let name = std::str::from_utf8(lower).ok()?;
    known(name).or_else(|| {
        let (wrapper, rest) = name.split_once('.')?;
        let (found, rank) = WRAPPERS.contains(&wrapper).then(|| known(rest))??;
        Some((found, rank + WITHIN))
    })
}

/// After the names of loggers those of Python's `logging`, loguru and Serilog; then of tables and audit logs (Windows,
/// Azure, Microsoft 365, Kubernetes, Okta), of the journal, nginx, alerts; last what may be the time of something else.
fn time_named(name: &str) -> Option<u8> {
    Some(match name {
        "@timestamp" => 0,
        "timestamp" => 1,
        "time" => 2,
        "ts" => 3,
        "t" => 4,
        "log_time" => 5,
        "datetime" => 6,
        "date_time" | "date-time" | "date and time" | "datum und uhrzeit" => 7,
        "eventtime" => 8,
        "_time" => 9,
        "asctime" => 10,
        "record.time.timestamp" => 11,
        "@t" => 12,
        "event_time" => 13,
        "eventtimestamp" | "event_timestamp" => 14,
        "timegenerated" | "timegenerated [utc]" => 15,
        "timecreated" => 16,
        "creationtime" => 17,
        "requestreceivedtimestamp" => 18,
        "stagetimestamp" => 19,
        "__realtime_timestamp" => 20,
        "time_iso8601" => 21,
        "time_local" => 22,
        "frame.time_epoch" => 23,
        "published" => 24,
        "lasttimestamp" => 25,
        "startsat" => 26,
        "lastseen" => 27,
        "logged_at" => 28,
        "created_at" | "createdat" => 29,
        "created" => 30,
        "date" => 31,
        // Tempo's list of traces.
        "starttimeunixnano" => 32,
        // osquery.
        "unixtime" => 33,
        // Spans and jobs, which have nothing else.
        "starttime" => 34,
        "start_time" => 35,
        // HTTP archives of browsers.
        "starteddatetime" => 36,
        _ => return None,
    })
}

fn role_named(name: &str) -> Option<(Role, u8)> {
    Some(match name {
        "level" => (Role::Severity, 0),
        "severity" => (Role::Severity, 1),
        "lvl" => (Role::Severity, 2),
        "log.level" => (Role::Severity, 3),
        "loglevel" | "log_level" => (Role::Severity, 4),
        "levelname" | "level_name" => (Role::Severity, 5),
        "severity_text" => (Role::Severity, 6),
        "severitytext" => (Role::Severity, 7),
        "record.level.name" => (Role::Severity, 8),
        "error_severity" => (Role::Severity, 9),
        "leveldisplayname" => (Role::Severity, 10),
        "@l" => (Role::Severity, 11),
        // MongoDB.
        "s" => (Role::Severity, 12),
        "labels.level" | "labels.detected_level" => (Role::Severity, 13),
        "status" => (Role::Status, 0),
        "messagetype" => (Role::Status, 1),
        // Falco.
        "priority" => (Role::Status, 2),
        "trace_id" => (Role::TraceId, 0),
        "traceid" => (Role::TraceId, 1),
        "trace.id" => (Role::TraceId, 2),
        "record.extra.trace_id" => (Role::TraceId, 3),
        "span_id" => (Role::SpanId, 0),
        "spanid" => (Role::SpanId, 1),
        "span.id" => (Role::SpanId, 2),
        "record.extra.span_id" => (Role::SpanId, 3),
        "service.name" => (Role::Service, 0),
        "service" => (Role::Service, 1),
        "app" => (Role::Service, 2),
        "record.extra.service" => (Role::Service, 3),
        "service_name" => (Role::Service, 4),
        // Google Cloud and Loki.
        "resource.labels.container_name" | "resource.labels.service_name" => (Role::Service, 5),
        "labels.service_name" => (Role::Service, 6),
        "labels.app" => (Role::Service, 7),
        "labels.container" => (Role::Service, 8),
        "labels.job" => (Role::Service, 9),
        // Tempo's list of traces.
        "rootservicename" => (Role::Service, 10),
        "message" => (Role::Message, 0),
        "msg" => (Role::Message, 1),
        "log" => (Role::Message, 2),
        "body" => (Role::Message, 3),
        "event" => (Role::Message, 4),
        "record.message" => (Role::Message, 5),
        "@message" => (Role::Message, 6),
        "@m" | "renderedmessage" => (Role::Message, 7),
        "textpayload" => (Role::Message, 8),
        "line" => (Role::Message, 9),
        "_raw" => (Role::Message, 10),
        "short_message" => (Role::Message, 11),
        "eventmessage" => (Role::Message, 12),
        "displaymessage" => (Role::Message, 13),
        "log_message" => (Role::Message, 14),
        "@mt" | "messagetemplate" => (Role::Message, 15),
        "roottracename" => (Role::Message, 16),
        // Wazuh, Falco, Suricata.
        "full_log" => (Role::Message, 17),
        "output" => (Role::Message, 18),
        "alert.signature" => (Role::Message, 19),
        // Sentry.
        "message.formatted" => (Role::Message, 20),
        "logentry.formatted" => (Role::Message, 21),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_inside_what_stores_put_around_them() {
        assert_eq!(role_of("Level"), role_of("level"));
        assert_eq!(role_of("traceID"), Some((Role::TraceId, 1)));
        assert_eq!(role_of("_source.log.level"), Some((Role::Severity, 103)));
        assert_eq!(role_of("jsonPayload.message"), Some((Role::Message, 100)));
        assert_eq!((time_rank("Timestamp"), time_rank("result._time")), (Some(1), Some(109)));
        assert_eq!((role_of("user.message"), time_rank("user.time")), (None, None));
        assert_eq!(role_of(&"level".repeat(20)), None);
        assert!(is_wrapper(b"jsonPayload") && is_wrapper(b"record") && !is_wrapper(b"user"));
    }
}
