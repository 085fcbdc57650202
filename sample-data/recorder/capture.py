"""Reads a capture of the recorder: the events of each line with signal, service and time."""

import json

PARTS = {
    "resourceLogs": ("log", "scopeLogs", "logRecords"),
    "resourceSpans": ("span", "scopeSpans", "spans"),
    "resourceMetrics": ("metric", "scopeMetrics", "metrics"),
}
POINTS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")


def attributes(owner):
    return {pair["key"]: next(iter(pair["value"].values()), None) for pair in owner.get("attributes", [])}


def events(line):
    """(signal, service, latest time in nanoseconds, record, metric name) of each event of a line."""
    for part, resources in json.loads(line).items():
        signal, scopes, records = PARTS[part]
        for resource in resources:
            service = attributes(resource["resource"])["service.name"]
            for scope in resource[scopes]:
                for record in scope[records]:
                    yield from unfold(signal, service, record)


def unfold(signal, service, record):
    if signal == "log":
        yield signal, service, int(record["timeUnixNano"]), record, None
    elif signal == "span":
        yield signal, service, int(record["endTimeUnixNano"]), record, None
    else:
        for kind in POINTS:
            for point in record.get(kind, {}).get("dataPoints", []):
                yield signal, service, int(point["timeUnixNano"]), point, record["name"]
