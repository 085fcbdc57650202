"""What the scripts that run the OpenTelemetry SDK share: ids that are the same each time, and OTLP's JSON."""

import base64
import json

from google.protobuf.json_format import MessageToDict
from opentelemetry.sdk.trace.id_generator import IdGenerator


class Ids(IdGenerator):
    def __init__(self):
        self.next = 0

    def generate_span_id(self):
        self.next += 1
        return self.next

    def generate_trace_id(self):
        self.next += 1
        return 0x0AF7651916CD43DD8448EB211C800000 + self.next


def otlp_json(message):
    """Protobuf's JSON with the deviations of the OTLP specification: ids in hexadecimal, enums as numbers."""
    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("traceId", "spanId", "parentSpanId"):
                    value[key] = base64.b64decode(inner).hex()
                else:
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        return value
    return json.dumps(walk(MessageToDict(message, use_integers_for_enums=True)), ensure_ascii=False,
                      separators=(",", ":"))
