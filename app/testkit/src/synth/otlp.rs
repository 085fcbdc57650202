//! Records as OTLP JSON lines, as the collector's file exporter writes them: one request of one signal a line.
//!
//! Source: OpenTelemetry protocol, JSON encoding, <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>.

use std::io::{self, Write};

use super::company::{At, Service};
use super::record::{Attribute, Data, Level, Line, Point, Reading, Record, Span, Value};

/// Records of one signal of one service that wait for the end of the batch.
#[derive(Clone, Default)]
struct Waiting {
    json: Vec<u8>,
    records: usize,
}

/// A signal's own names in the protocol.
struct Names {
    resource: &'static str,
    scope: &'static str,
    records: &'static str,
}

const NAMES: [Names; 3] = [
    Names { resource: "resourceLogs", scope: "scopeLogs", records: "logRecords" },
    Names { resource: "resourceSpans", scope: "scopeSpans", records: "spans" },
    Names { resource: "resourceMetrics", scope: "scopeMetrics", records: "metrics" },
];

/// A batch is written when it has this many records, whatever the time.
const MOST_RECORDS: usize = 2048;

/// Collects records and writes them in batches.
pub(super) struct Exporter<'a, W: Write> {
    out: &'a mut W,
    start_nanos: i64,
    waiting: [[Waiting; At::ALL.len()]; 3],
    /// Log records, spans and data points written.
    pub(super) counts: [u64; 3],
    pub(super) bytes: u64,
}

impl<'a, W: Write> Exporter<'a, W> {
    pub(super) fn new(out: &'a mut W, start_nanos: i64) -> Self {
        Self { out, start_nanos, waiting: Default::default(), counts: [0; 3], bytes: 0 }
    }

    /// Adds a record. Records of a service and signal must come in time order.
    pub(super) fn add(&mut self, record: &Record) -> io::Result<()> {
        let signal = match &record.data {
            Data::Line(_) => 0,
            Data::Span(_) => 1,
            Data::Point(_) => 2,
        };
        let waiting = &mut self.waiting[signal][record.at as usize];
        if waiting.records > 0 {
            waiting.json.push(b',');
        }
        let json = &mut waiting.json;
        match &record.data {
            Data::Line(line) => write_line(json, record.time_nanos, line)?,
            Data::Span(span) => write_span(json, record.time_nanos, span)?,
            Data::Point(point) => write_point(json, record.time_nanos, self.start_nanos, point)?,
        }
        waiting.records += 1;
        self.counts[signal] += 1;
        if waiting.records >= MOST_RECORDS { self.flush() } else { Ok(()) }
    }

    /// Writes what waits, one line a signal.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        for (signal, names) in NAMES.iter().enumerate() {
            let mut line = Vec::new();
            for (at, waiting) in At::ALL.into_iter().zip(&mut self.waiting[signal]) {
                if waiting.records == 0 {
                    continue;
                }
                let lead =
                    if line.is_empty() { format!("{{\"{}\":[", names.resource) } else { ",".to_owned() };
                line.extend_from_slice(lead.as_bytes());
                write_resource(&mut line, at.service(), names, signal == 0)?;
                line.append(&mut waiting.json);
                line.extend_from_slice(b"]}]}");
                waiting.records = 0;
            }
            if !line.is_empty() {
                line.extend_from_slice(b"]}\n");
                self.bytes += line.len() as u64;
                self.out.write_all(&line)?;
            }
        }
        Ok(())
    }
}

fn write_resource(json: &mut Vec<u8>, service: &Service, names: &Names, is_log: bool) -> io::Result<()> {
    let attributes: [Attribute; 6] = [
        ("service.name", service.name.into()),
        ("service.version", service.version.into()),
        ("service.instance.id", service.pod.into()),
        ("k8s.pod.name", service.pod.into()),
        ("host.name", service.host.into()),
        ("deployment.environment.name", "production".into()),
    ];
    json.extend_from_slice(br#"{"resource":{"#);
    write_attributes(json, &attributes)?;
    let scope = if is_log { service.logger } else { service.instrumentation };
    write!(json, r#"}},"{}":[{{"scope":{{"name":"{scope}"}},"{}":["#, names.scope, names.records)
}

fn write_line(json: &mut Vec<u8>, time_nanos: i64, line: &Line) -> io::Result<()> {
    let (number, text) = match line.level {
        Level::Debug => (5, "DEBUG"),
        Level::Info => (9, "INFO"),
        Level::Warn => (13, "WARN"),
        Level::Error => (17, "ERROR"),
    };
    // The collector sees a line a little later than the service wrote it.
    let observed = time_nanos + 210_000 + i64::from(line.body.len() as u32 % 97) * 1000;
    write!(
        json,
        r#"{{"timeUnixNano":"{time_nanos}","observedTimeUnixNano":"{observed}","severityNumber":{number},"severityText":"{text}","body":{{"stringValue":"#
    )?;
    write_text(json, &line.body);
    json.extend_from_slice(b"},");
    write_attributes(json, &line.attributes)?;
    if let Some((trace, span)) = &line.span {
        write!(json, r#","traceId":"{}","spanId":"{}""#, Hex(trace), Hex(span))?;
    }
    json.push(b'}');
    Ok(())
}

fn write_span(json: &mut Vec<u8>, start_nanos: i64, span: &Span) -> io::Result<()> {
    write!(json, r#"{{"traceId":"{}","spanId":"{}","#, Hex(&span.trace), Hex(&span.id))?;
    if let Some(parent) = &span.parent {
        write!(json, r#""parentSpanId":"{}","#, Hex(parent))?;
    }
    let (kind, end) = (span.kind as u8, span.end_nanos);
    write!(
        json,
        r#""name":"{}","kind":{kind},"startTimeUnixNano":"{start_nanos}","endTimeUnixNano":"{end}","#,
        span.name
    )?;
    write_attributes(json, &span.attributes)?;
    match span.error {
        Some(message) => write!(json, r#","status":{{"code":2,"message":"{message}"}}}}"#),
        None => write!(json, r#","status":{{}}}}"#),
    }
}

fn write_point(json: &mut Vec<u8>, time_nanos: i64, start_nanos: i64, point: &Point) -> io::Result<()> {
    let Point { metric, unit, attribute, reading } = point;
    write!(json, r#"{{"name":"{metric}","unit":"{unit}","#)?;
    let (kind, after) = match reading {
        Reading::Gauge(_) => ("gauge", ""),
        Reading::Total(_) => ("sum", r#","aggregationTemporality":2,"isMonotonic":true"#),
        Reading::Histogram { .. } => ("histogram", r#","aggregationTemporality":2"#),
    };
    write!(json, r#""{kind}":{{"dataPoints":[{{"#)?;
    let attribute: Vec<Attribute> = attribute.iter().map(|&(key, value)| (key, value.into())).collect();
    write_attributes(json, &attribute)?;
    write!(json, r#","startTimeUnixNano":"{start_nanos}","timeUnixNano":"{time_nanos}""#)?;
    match reading {
        Reading::Gauge(value) => write!(json, r#","asDouble":{value}"#)?,
        Reading::Total(total) => write!(json, r#","asInt":"{total}""#)?,
        Reading::Histogram { bounds, counts, sum } => {
            let count: u64 = counts.iter().sum();
            write!(json, r#","count":"{count}","sum":{sum},"bucketCounts":["#)?;
            write_list(json, counts.iter().map(|count| format!("\"{count}\"")))?;
            json.extend_from_slice(br#"],"explicitBounds":["#);
            write_list(json, bounds.iter().map(f64::to_string))?;
            json.push(b']');
        }
    }
    write!(json, "}}]{after}}}}}")
}

fn write_list(json: &mut Vec<u8>, items: impl Iterator<Item = String>) -> io::Result<()> {
    for (index, item) in items.enumerate() {
        write!(json, "{}{item}", if index == 0 { "" } else { "," })?;
    }
    Ok(())
}

fn write_attributes(json: &mut Vec<u8>, attributes: &[Attribute]) -> io::Result<()> {
    json.extend_from_slice(br#""attributes":["#);
    for (index, (key, value)) in attributes.iter().enumerate() {
        write!(json, r#"{}{{"key":"{key}","value":{{"#, if index == 0 { "" } else { "," })?;
        match value {
            Value::Text(text) => {
                json.extend_from_slice(br#""stringValue":"#);
                write_text(json, text);
            }
            Value::Int(number) => write!(json, r#""intValue":"{number}""#)?,
            Value::Double(number) => write!(json, r#""doubleValue":{number}"#)?,
            Value::Texts(texts) => {
                json.extend_from_slice(br#""arrayValue":{"values":["#);
                write_list(json, texts.iter().map(|text| format!(r#"{{"stringValue":"{text}"}}"#)))?;
                json.extend_from_slice(b"]}");
            }
        }
        json.extend_from_slice(b"}}");
    }
    json.push(b']');
    Ok(())
}

/// A JSON string (RFC 8259, section 7).
fn write_text(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    for character in text.chars() {
        match character {
            '"' => json.extend_from_slice(br#"\""#),
            '\\' => json.extend_from_slice(br"\\"),
            '\n' => json.extend_from_slice(br"\n"),
            '\u{0}'..='\u{1f}' => json.extend_from_slice(format!("\\u{:04x}", character as u32).as_bytes()),
            _ => json.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    json.push(b'"');
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_from_json() {
        for text in ["", "plain", "a \"b\" \\ c\n\t\u{1}\u{1f}", "ü 漢 \u{fffd} \u{a1}"] {
            let mut json = Vec::new();
            write_text(&mut json, text);
            assert_eq!(serde_json::from_slice::<String>(&json).expect("JSON"), text);
        }
    }
}
