//! Access logs whose columns are known by their place: load balancers and object stores of AWS, Envoy, Squid.
//!
//! Sources: AWS, "Access log entries" of the Application and the Classic Load Balancer, "Amazon S3 server access log
//! format"; Envoy, "Access logging", default format, and Istio's; Squid, log format `squid`.

use super::{quoted, typed};
use crate::json::value::text_value;
use crate::lines::At;
use crate::severity;
use crate::stamp::{self, Years};
use cbad::{Event, Field};
use std::borrow::Cow;

/// A kind of log, by its columns.
struct Shape {
    /// Their names; an empty one is not kept by itself.
    columns: &'static [&'static str],
    request: usize,
    /// How many columns the request takes.
    request_columns: usize,
    status: usize,
    /// The column that names what answered.
    service: Option<usize>,
}

const TIME: &str = "";
const REQUEST: &str = "";
const SERVICE: &str = "";

const APPLICATION: Shape = Shape {
    columns: &[
        "type",
        TIME,
        SERVICE,
        "client",
        "target",
        "request_processing_time",
        "target_processing_time",
        "response_processing_time",
        "elb_status_code",
        "target_status_code",
        "received_bytes",
        "sent_bytes",
        REQUEST,
        "user_agent",
        "ssl_cipher",
        "ssl_protocol",
        "target_group_arn",
        "trace_id",
        "domain_name",
        "chosen_cert_arn",
        "matched_rule_priority",
        "request_creation_time",
        "actions_executed",
        "redirect_url",
        "error_reason",
        "target_port_list",
        "target_status_code_list",
        "classification",
        "classification_reason",
        "conn_trace_id",
    ],
    request: 12,
    request_columns: 1,
    status: 8,
    service: Some(2),
};

const CLASSIC: Shape = Shape {
    columns: &[
        TIME,
        SERVICE,
        "client",
        "backend",
        "request_processing_time",
        "backend_processing_time",
        "response_processing_time",
        "elb_status_code",
        "backend_status_code",
        "received_bytes",
        "sent_bytes",
        REQUEST,
        "user_agent",
        "ssl_cipher",
        "ssl_protocol",
    ],
    request: 11,
    request_columns: 1,
    status: 7,
    service: Some(1),
};

const STORE: Shape = Shape {
    columns: &[
        "bucket_owner",
        SERVICE,
        TIME,
        "client",
        "requester",
        "request_id",
        "operation",
        "key",
        REQUEST,
        "status",
        "error_code",
        "bytes",
        "object_size",
        "total_time",
        "turn_around_time",
        "referer",
        "user_agent",
        "version_id",
        "host_id",
        "signature_version",
        "cipher_suite",
        "authentication_type",
        "host_header",
        "tls_version",
        "access_point_arn",
        "acl_required",
    ],
    request: 8,
    request_columns: 1,
    status: 9,
    service: Some(1),
};

const ENVOY: Shape = Shape {
    columns: &[
        TIME,
        REQUEST,
        "status",
        "response_flags",
        "bytes_received",
        "bytes_sent",
        "duration",
        "upstream_service_time",
        "x_forwarded_for",
        "user_agent",
        "request_id",
        "authority",
        "upstream_host",
    ],
    request: 1,
    request_columns: 1,
    status: 2,
    service: None,
};

const ISTIO: Shape = Shape {
    columns: &[
        TIME,
        REQUEST,
        "status",
        "response_flags",
        "response_code_details",
        "connection_termination_details",
        "upstream_transport_failure_reason",
        "bytes_received",
        "bytes_sent",
        "duration",
        "upstream_service_time",
        "x_forwarded_for",
        "user_agent",
        "request_id",
        "authority",
        "upstream_host",
        "upstream_cluster",
        "upstream_local_address",
        "downstream_local_address",
        "downstream_remote_address",
        "requested_server_name",
        "route_name",
    ],
    ..ENVOY
};

/// Of Squid the request is two columns, and the status stands behind what became of it in the cache.
const SQUID: Shape = Shape {
    columns: &[TIME, "elapsed", "client", "result", "bytes", "", "", "user", "hierarchy", "content_type"],
    request: 5,
    request_columns: 2,
    status: 3,
    service: None,
};

/// The event of a line that is of one of these logs, and what answered.
pub(super) fn event(line: &[u8], at: At) -> Option<(Option<String>, Event)> {
    let values = values(line);
    let (shape, nanos) = shape_of(&values)?;
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let request = values[shape.request..][..shape.request_columns].join(&b' ');
    let mut event = Event::new(request, at.source);
    event.time_nanos = Some(nanos);
    event.severity = status_in(&values[shape.status]).and_then(severity::of_http_status);
    let service = shape.service.map(|place| text(&values[place]));
    for (place, value) in values.into_iter().enumerate().filter(|(_, value)| &**value != b"-") {
        let path = match shape.columns.get(place) {
            Some(&"") => continue,
            Some(name) => (*name).to_owned(),
            None => format!("extra[{}]", place - shape.columns.len()),
        };
        let is_named = matches!(&*path, "user_agent" | "request_id" | "trace_id" | "key" | "user");
        let value = if is_named { text_value(value) } else { typed(value) };
        event.fields.push(Field { path, value });
    }
    Some((service, event))
}

/// Whether the line is of one of these logs.
pub(super) fn is_one(line: &[u8]) -> bool {
    shape_of(&values(line)).is_some()
}

fn shape_of(values: &[Cow<'_, [u8]>]) -> Option<(&'static Shape, i64)> {
    const KINDS: [&[u8]; 6] = [b"http", b"https", b"h2", b"grpcs", b"ws", b"wss"];
    let time = |place: usize| {
        let stamp = stamp::whole_stamp(values.get(place)?, Years::new(1970))?;
        (!stamp.zone.is_assumed()).then_some(stamp.nanos)
    };
    let (shape, nanos) = if KINDS.contains(&&**values.first()?) {
        (&APPLICATION, time(1)?)
    } else if let Some(nanos) = stamp::epoch(&values[0]) {
        values.get(SQUID.status).filter(|result| result.contains(&b'/'))?;
        (&SQUID, nanos)
    } else if let Some(nanos) = time(0) {
        let is_envoy = values.len() > 8 && status_in(&values[ENVOY.status]).is_some();
        let envoy = if values.len() >= ISTIO.columns.len() { &ISTIO } else { &ENVOY };
        (if is_envoy { envoy } else { &CLASSIC }, nanos)
    } else {
        (&STORE, time(2)?)
    };
    let is_request = |value: &[u8]| value == b"-" || value.contains(&b' ') || shape.request_columns > 1;
    let fits = values.len() > shape.request + shape.request_columns
        && status_in(&values[shape.status]).is_some()
        && is_request(&values[shape.request]);
    fits.then_some((shape, nanos))
}

/// The status in a column, which may stand behind something else there.
fn status_in(value: &[u8]) -> Option<i64> {
    let digits = value.rsplit(|&byte| byte == b'/').next()?;
    let is_status = digits.len() == 3 && digits.iter().all(u8::is_ascii_digit);
    is_status.then(|| digits.iter().fold(0, |status, digit| status * 10 + i64::from(digit - b'0')))
}

/// The columns of a line: between blanks, with `"…"` and `[…]` one each.
fn values(line: &[u8]) -> Vec<Cow<'_, [u8]>> {
    const MOST: usize = 64;
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return values;
        }
        if values.len() == MOST {
            values.push(Cow::Borrowed(rest));
            return values;
        }
        let bracket = || Some((rest.strip_prefix(b"[")?, memchr::memchr(b']', rest)?));
        if let Some((value, after)) = rest.strip_prefix(b"\"").and_then(quoted) {
            values.push(value);
            rest = after;
        } else if let Some((inner, end)) = bracket() {
            values.push(Cow::Borrowed(&inner[..end - 1]));
            rest = &rest[end + 1..];
        } else {
            let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            values.push(Cow::Borrowed(&rest[..end]));
            rest = &rest[end..];
        }
    }
}
