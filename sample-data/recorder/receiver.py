"""OTLP/HTTP receiver that writes one OTLP/JSON line per export request.

The line has the form of the OpenTelemetry Collector's file exporter: ids in hex, names in
lowerCamelCase, enums as integers, 64-bit integers as strings. All signals go to one file.

The only alteration: prefixes of source paths in stack traces are cut (`--strip`), so that a
recording names no directory of the machine it was made on.

    GET /record?on=1    begin to write;  GET /record?on=0    stop (requests are still accepted)
"""

import argparse
import base64
import gzip
import json
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/traces": ExportTraceServiceRequest,
}
ID_FIELDS = {"traceId", "spanId", "parentSpanId"}


def otlp_json(value, strip, key=None):
    """Protobuf's JSON mapping turned into OTLP's: hex ids, whole doubles without a fraction."""
    if isinstance(value, dict):
        return {k: otlp_json(v, strip, k) for k, v in value.items()}
    if isinstance(value, list):
        return [otlp_json(v, strip, key) for v in value]
    if key in ID_FIELDS:
        return base64.b64decode(value).hex()
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str):
        for prefix in strip:
            value = value.replace(prefix, "")
    return value


def add_empty_ids(line):
    """The collector writes an absent id as an empty string and an unset status as {}."""
    for resource in line.get("resourceSpans", []):
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                span.setdefault("parentSpanId", "")
                span.setdefault("status", {})
    for resource in line.get("resourceLogs", []):
        for scope in resource["scopeLogs"]:
            for record in scope["logRecords"]:
                record.setdefault("traceId", "")
                record.setdefault("spanId", "")


class Sink:
    """The file, and whether requests are written to it at present."""

    def __init__(self, path, strip):
        self.file = open(path, "w", encoding="utf-8", newline="\n")
        self.strip = strip
        self.lock = threading.Lock()
        self.on = False

    def write(self, message):
        if not self.on:
            return
        line = otlp_json(MessageToDict(message, use_integers_for_enums=True), self.strip)
        if not line:
            return
        add_empty_ids(line)
        text = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
        with self.lock:
            if self.on:
                self.file.write(text + "\n")

    def switch(self, on):
        with self.lock:
            self.on = on
            self.file.flush()


def handler(sink):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = REQUESTS.get(self.path)
            if request is None:
                return self.answer(404)
            message = request()
            message.ParseFromString(body)
            sink.write(message)
            return self.answer(200)

        def do_GET(self):
            sink.switch(self.path.endswith("on=1"))
            self.answer(200)

        def answer(self, status):
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    return Handler


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=14318)
    parser.add_argument("--out", required=True)
    parser.add_argument("--strip", action="append", default=[])
    args = parser.parse_args()
    strip = sorted(args.strip, key=len, reverse=True)
    ThreadingHTTPServer(("127.0.0.1", args.port), handler(Sink(args.out, strip))).serve_forever()


if __name__ == "__main__":
    main()
