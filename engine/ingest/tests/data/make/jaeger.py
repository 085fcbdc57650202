"""Writes the traces of the OpenTelemetry SDK as Jaeger's API gives them, after `internal/uimodel/converter/v1/json`.

    python otel.py ..
    python jaeger.py ..
"""

import json
import pathlib
import sys


def tag(key, value):
    kind = {bool: "bool", int: "int64", float: "float64"}.get(type(value), "string")
    return {"key": key, "type": kind, "value": value}


def attribute(pair):
    kind, value = next(iter(pair["value"].items()))
    if kind == "intValue":
        value = int(value)
    elif kind == "arrayValue":
        value = json.dumps([next(iter(inner.values())) for inner in value["values"]])
    return tag(pair["key"], value)


def main(folder):
    otlp = json.loads((folder / "sdk-traces.json").read_text())
    traces = {}
    for resource in otlp["resourceSpans"]:
        process = [attribute(pair) for pair in resource["resource"]["attributes"]]
        name = next(item["value"] for item in process if item["key"] == "service.name")
        rest = [item for item in process if item["key"] != "service.name"]
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                trace = traces.setdefault(span["traceId"], {
                    "traceID": span["traceId"], "spans": [],
                    "processes": {"p1": {"serviceName": name, "tags": rest}}, "warnings": None})
                begin, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
                tags = [attribute(pair) for pair in span.get("attributes", [])]
                tags.append(tag("span.kind", {2: "server", 3: "client"}[span["kind"]]))
                status = span.get("status", {})
                if status.get("code") == 2:
                    tags += [tag("error", True), tag("otel.status_code", "ERROR"),
                             tag("otel.status_description", status["message"])]
                tags.append(tag("otel.scope.name", scope["scope"]["name"]))
                logs = [{"timestamp": int(event["timeUnixNano"]) // 1000,
                         "fields": [tag("event", event["name"])] + [attribute(pair) for pair in event["attributes"]]}
                        for event in span.get("events", [])]
                parent = span.get("parentSpanId")
                references = [{"refType": "CHILD_OF", "traceID": span["traceId"], "spanID": parent}] if parent else []
                trace["spans"].append({
                    "traceID": span["traceId"], "spanID": span["spanId"], "operationName": span["name"],
                    "references": references, "startTime": begin // 1000, "duration": (end - begin) // 1000,
                    "tags": tags, "logs": logs, "processID": "p1", "warnings": None})
    export = {"data": list(traces.values()), "total": 0, "limit": 0, "offset": 0, "errors": None}
    (folder / "jaeger.json").write_text(json.dumps(export) + "\n")


main(pathlib.Path(sys.argv[1]))
