"""Writes the captures of the OpenTelemetry SDK, in every encoding, and what Google's protobuf decoder reads in them.

    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-common opentelemetry-exporter-zipkin-json
    python otel.py ..
"""

import json
import pathlib
import sys

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.zipkin.json.v2 import JsonV2Encoder
from opentelemetry.exporter.zipkin.node_endpoint import NodeEndpoint
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode
from otlp_json import Ids, otlp_json

BEGIN = 1_700_000_000_000_000_000
RESOURCE = Resource({"service.name": "checkout", "host.name": "node-1", "deployment.environment": "test"})


def spans():
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE, id_generator=Ids())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("shop.http", "1.2")
    for number in range(4):
        begin = BEGIN + number * 1_000_000_000
        attributes = {"http.route": "/cart", "http.status_code": 200 + number, "retry": False, "share": 0.25,
                      "ids": [1, 2, 3]}
        span = tracer.start_span(f"GET /cart {number}", kind=SpanKind.SERVER, start_time=begin, attributes=attributes)
        from opentelemetry.trace import set_span_in_context
        child = tracer.start_span("SELECT", context=set_span_in_context(span), kind=SpanKind.CLIENT,
                                  start_time=begin + 1_000_000)
        child.add_event("row", {"n": 7}, timestamp=begin + 2_000_000)
        if number == 3:
            child.set_status(Status(StatusCode.ERROR, "deadlock"))
        child.end(begin + 5_000_000)
        span.end(begin + 9_000_000)
    return exporter.get_finished_spans()


def logs():
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("shop.log")
    for number, (body, severity) in enumerate([("cart loaded", SeverityNumber.INFO),
                                               ("grüße aus dem Lager", SeverityNumber.WARN),
                                               ({"code": 7, "list": ["a", 2]}, SeverityNumber.ERROR)]):
        logger.emit(LogRecord(timestamp=BEGIN + number, observed_timestamp=BEGIN + 100, body=body,
                              severity_number=severity, severity_text=severity.name,
                              attributes={"order": number, "blob": b"\x00\xff"}))
    return exporter.get_finished_logs()


def metrics():
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], resource=RESOURCE)
    meter = provider.get_meter("shop.meter")
    meter.create_counter("orders", unit="1").add(5, {"kind": "web"})
    meter.create_up_down_counter("open").add(-2)
    histogram = meter.create_histogram("latency", unit="ms")
    for value in (1.5, 20, 900):
        histogram.record(value, {"route": "/cart"})
    meter.create_gauge("temperature").set(21.5)
    data = encode_metrics(reader.get_metrics_data())
    # The SDK takes these times from the clock.
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in getattr(metric, metric.WhichOneof("data")).data_points:
                    point.time_unix_nano = BEGIN + 60_000_000_000
                    if point.start_time_unix_nano:
                        point.start_time_unix_nano = BEGIN
    return data


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def any_value(value, path, fields):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        for index, inner in enumerate(value.array_value.values):
            any_value(inner, f"{path}[{index}]", fields)
    elif kind == "kvlist_value":
        for pair in value.kvlist_value.values:
            any_value(pair.value, f"{path}.{pair.key}", fields)
    elif kind == "bytes_value":
        fields[path] = list(value.bytes_value)
    else:
        fields[path] = getattr(value, kind) if kind else None


def attributes(pairs, prefix=""):
    fields = {}
    for pair in pairs:
        any_value(pair.value, prefix + pair.key, fields)
    return fields


def expected(data):
    """What the official decoder reads, one object a record."""
    for resource in list(getattr(data, "resource_spans", [])) + list(getattr(data, "resource_logs", [])) + list(
            getattr(data, "resource_metrics", [])):
        kept = {f"resource.{key}": value for key, value in attributes(resource.resource.attributes).items()
                if key in ("host.name", "deployment.environment")}
        scopes = list(getattr(resource, "scope_spans", [])) + list(getattr(resource, "scope_logs", [])) + list(
            getattr(resource, "scope_metrics", []))
        for scope in scopes:
            base = {"scope": scope.scope.name} | kept
            if scope.scope.version:
                base["scope.version"] = scope.scope.version
            for span in getattr(scope, "spans", []):
                fields = base | attributes(span.attributes)
                fields["kind"] = {1: "internal", 2: "server", 3: "client"}[span.kind]
                if span.status.code:
                    fields["status.code"] = {1: "ok", 2: "error"}[span.status.code]
                if span.status.message:
                    fields["status.message"] = span.status.message
                if span.trace_state:
                    fields["trace_state"] = span.trace_state
                if span.flags:
                    fields["flags"] = span.flags
                for index, link in enumerate(span.links):
                    fields[f"links[{index}].trace_id"] = link.trace_id.hex()
                    fields[f"links[{index}].span_id"] = link.span_id.hex()
                    if link.trace_state:
                        fields[f"links[{index}].trace_state"] = link.trace_state
                    if link.flags:
                        fields[f"links[{index}].flags"] = link.flags
                    fields |= attributes(link.attributes, f"links[{index}].")
                for index, event in enumerate(span.events):
                    fields[f"events[{index}].name"] = event.name
                    if event.time_unix_nano:
                        fields[f"events[{index}].time_unix_nano"] = event.time_unix_nano
                    fields |= attributes(event.attributes, f"events[{index}].")
                yield {"body": span.name, "time": span.start_time_unix_nano, "trace": span.trace_id.hex(),
                       "span": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                       "measure": {"DurationNanos": span.end_time_unix_nano - span.start_time_unix_nano},
                       "fields": fields}
            for log in getattr(scope, "log_records", []):
                fields = base | attributes(log.attributes)
                if log.flags:
                    fields["flags"] = log.flags
                body = log.body.string_value
                if not body:
                    any_value(log.body, "body", fields)
                yield {"body": body, "time": log.time_unix_nano, "trace": "", "span": "", "parent": "",
                       "measure": None, "fields": fields}
            for metric in getattr(scope, "metrics", []):
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    fields = base | ({"unit": metric.unit} if metric.unit else {})
                    if kind == "histogram":
                        measure = {"Histogram": {
                            "count": point.count, "sum": point.sum, "bounds": list(point.explicit_bounds),
                            "counts": list(point.bucket_counts), "cumulative": True}}
                    else:
                        value = float(getattr(point, point.WhichOneof("value")))
                        if kind == "sum" and metric.sum.is_monotonic:
                            measure = {"Cumulative": {"total": value, "start_nanos": point.start_time_unix_nano}}
                        else:
                            measure = {"Gauge": value}
                    yield {"body": metric.name, "time": point.time_unix_nano, "trace": "", "span": "",
                           "parent": "", "measure": measure, "fields": fields}


def main(folder):
    recorded = spans()
    captures = {"traces": encode_spans(recorded), "logs": encode_logs(logs()), "metrics": metrics()}
    for name, message in captures.items():
        wire = message.SerializeToString()
        (folder / f"sdk-{name}.pb").write_bytes(wire)
        (folder / f"sdk-{name}.delimited").write_bytes(varint(len(wire)) + wire)
        (folder / f"sdk-{name}.json").write_text(otlp_json(message) + "\n")
        decoded = type(message)()
        decoded.ParseFromString(wire)
        lines = [json.dumps(record, ensure_ascii=False) for record in expected(decoded)]
        (folder / f"sdk-{name}.expected").write_text("\n".join(lines) + "\n")
    endpoint = NodeEndpoint()
    endpoint.service_name = "checkout"
    encoded = JsonV2Encoder().serialize(recorded, endpoint)
    (folder / "zipkin.json").write_text(encoded if isinstance(encoded, str) else encoded.decode())


main(pathlib.Path(sys.argv[1]))
