"""Writes an OpenMetrics exposition of the Python client, and what its parser reads in a scrape of node_exporter.

    pip install prometheus-client
    python prom.py ..

`node.prom` itself is a scrape of Debian's prometheus-node-exporter:
    prometheus-node-exporter --collector.disable-defaults --collector.loadavg --collector.stat --collector.meminfo \
        --collector.netdev --collector.filesystem --collector.uname
    curl -s localhost:9100/metrics > node.prom
"""

import json
import pathlib
import sys
import time

time.time = lambda: 1_700_000_000.25

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary  # noqa: E402
from prometheus_client.openmetrics.exposition import generate_latest  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families  # noqa: E402


def exposition():
    registry = CollectorRegistry()
    requests = Counter("requests", "Requests\nserved \\ all", ["route"], registry=registry)
    requests.labels('/a"b').inc(5, exemplar={"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"})
    requests.labels("/ü").inc(2)
    Gauge("temperature", "Now", unit="celsius", registry=registry).set(21.5)
    latency = Histogram("latency", "Time", unit="seconds", buckets=(0.1, 0.5, 2), registry=registry)
    for value in (0.05, 0.3, 0.4, 9):
        latency.observe(value, {"trace_id": "abc"} if value == 9 else None)
    Summary("size", "Bytes", registry=registry).observe(12)
    Info("build", "What", registry=registry).info({"version": "1.2"})
    Enum("state", "Which", states=["up", "down"], registry=registry).state("down")
    return generate_latest(registry)


def points(text):
    """One object a point: plain samples with their values, histograms and summaries with their counts."""
    for family in text_string_to_metric_families(text):
        if family.type in ("histogram", "summary"):
            for sample in family.samples:
                if sample.name.endswith("_count"):
                    yield {"name": family.name, "labels": sample.labels, "value": sample.value}
        else:
            for sample in family.samples:
                yield {"name": sample.name, "labels": sample.labels, "value": sample.value}


def main(folder):
    (folder / "client.om").write_bytes(exposition())
    lines = [json.dumps(point, ensure_ascii=False) for point in points((folder / "node.prom").read_text())]
    (folder / "node.expected").write_text("\n".join(lines) + "\n")


main(pathlib.Path(sys.argv[1]))
