"""The spans of `phoenix-otlp.json` through the real Phoenix: sent as OTLP over HTTP to a server on this machine, read back
by its client as a data frame (written by pandas), and by its API as JSON.

    pip install arize-phoenix
    PHOENIX_TELEMETRY_ENABLED=false PHOENIX_WORKING_DIR=$(mktemp -d) PHOENIX_HOST=127.0.0.1 PHOENIX_PORT=16006 phoenix serve
    python phoenix_server.py OUT
"""

import base64
import json
import sys
import time
import urllib.request
from pathlib import Path

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from phoenix.client import Client

SERVER = "http://127.0.0.1:16006"
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
SPANS = Path(__file__).resolve().parents[1] / "phoenix-otlp.json"


def send():
    request = json.loads(SPANS.read_text())
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                # Ids are hexadecimal in OTLP's JSON, and base64 in protobuf's.
                for key in ("traceId", "spanId", "parentSpanId"):
                    span[key] = base64.b64encode(bytes.fromhex(span.get(key) or "")).decode()
    body = json_format.ParseDict(request, ExportTraceServiceRequest()).SerializeToString()
    headers = {"content-type": "application/x-protobuf"}
    urllib.request.urlopen(urllib.request.Request(f"{SERVER}/v1/traces", data=body, headers=headers)).close()


send()
# The server keeps spans a moment before it writes them.
time.sleep(5)
page = urllib.request.urlopen(f"{SERVER}/v1/projects/default/spans").read()
(OUT / "phoenix-server.json").write_bytes(page)
frame = Client(base_url=SERVER).spans.get_spans_dataframe(project_identifier="default")
frame.to_parquet(OUT / "phoenix-server.parquet")
frame.to_csv(OUT / "phoenix-server.csv")
