"""Reads a recording back, prints what is in it as Markdown tables, and fails if it is no good.

No good is: an id, a time or an enum that is not in the OTLP/JSON form, an error or a lookup over
the timeout outside the fault, a fault without errors, or a path of the recording machine.
"""

import argparse
import collections
import json
import re
import statistics
import sys

from capture import events

HEX = {"traceId": re.compile(r"([0-9a-f]{32})?"), "spanId": re.compile(r"([0-9a-f]{16})?"),
       "parentSpanId": re.compile(r"([0-9a-f]{16})?")}
MACHINE_PATH = re.compile(rb"/(home|root|work|tmp|usr|opt|var|Users)/")
LOOKUP = "SELECT"


class Tally:
    """What the tables and the verdict are made of, by service or by minute of the recording."""

    def __init__(self, truth):
        self.began = int(truth["capture"]["start_nanos"])
        self.fault = (int(truth["start_nanos"]), int(truth["healthy"][1]["start_nanos"]))
        self.counts = collections.Counter()
        self.series = collections.Counter()
        self.lookups = collections.defaultdict(list)
        self.requests = collections.defaultdict(list)
        self.logs = collections.Counter()
        self.problems = collections.Counter()

    def minute(self, nanos):
        return max(0, nanos - self.began) // (60 * 10**9)

    def in_fault(self, nanos):
        return self.fault[0] <= nanos <= self.fault[1]

    def add(self, signal, service, nanos, record, name):
        self.counts[service, signal] += 1
        for key, form in HEX.items():
            if key in record and not form.fullmatch(record[key]):
                self.problems[f"{key} is not hex"] += 1
        if signal == "metric":
            self.series[service, name, json.dumps(record.get("attributes"))] += 1
        elif signal == "span":
            self.add_span(service, nanos, record)
        else:
            self.add_log(service, nanos, record)

    def add_span(self, service, nanos, span):
        if not isinstance(span["kind"], int) or not isinstance(span["startTimeUnixNano"], str):
            self.problems["span kind or time is not in the OTLP/JSON form"] += 1
        millis = (nanos - int(span["startTimeUnixNano"])) / 1e6
        if service == "inventory" and span["name"].startswith(LOOKUP):
            self.lookups[self.minute(nanos)].append(millis)
        if service == "gateway" and span["kind"] == 2:
            self.requests[self.minute(nanos)].append(millis)

    def add_log(self, service, nanos, record):
        level = record.get("severityText")
        if level in ("WARN", "ERROR"):
            self.logs[self.minute(nanos), service, level] += 1
        if level == "ERROR" and not self.in_fault(nanos):
            self.problems[f"error of {service} outside the fault: {record['body']['stringValue'][:80]}"] += 1


def p95(values):
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else float("nan")


def print_tables(tally):
    services = sorted({service for service, _ in tally.counts})
    print("| service | logs | spans | metric points | metric series |\n|---|---:|---:|---:|---:|")
    for service in services:
        series = sum(1 for owner, _, _ in tally.series if owner == service)
        numbers = [tally.counts[service, signal] for signal in ("log", "span", "metric")]
        print(f"| {service} |", " | ".join(f"{number:,}" for number in (*numbers, series)), "|")
    totals = [sum(count for (_, kind), count in tally.counts.items() if kind == signal)
              for signal in ("log", "span", "metric")]
    print("| all |", " | ".join(f"{number:,}" for number in (*totals, len(tally.series))), "|\n")
    print("| minute | requests | p50 / p95 ms | stock lookups | p50 / p95 ms | inventory errors | checkout warnings,"
          " errors | gateway warnings, errors |\n|---:|---:|---:|---:|---:|---:|---:|---:|")
    for minute in sorted(tally.requests):
        asked, looked = tally.requests[minute], tally.lookups[minute]
        level = {(service, kind): tally.logs[minute, service, kind]
                 for service in services for kind in ("WARN", "ERROR")}
        print(f"| {minute} | {len(asked)} | {statistics.median(asked):.0f} / {p95(asked):.0f} | {len(looked)} |"
              f" {statistics.median(looked):.1f} / {p95(looked):.1f} | {level['inventory', 'ERROR']} |"
              f" {level['checkout', 'WARN']}, {level['checkout', 'ERROR']} |"
              f" {level['gateway', 'WARN']}, {level['gateway', 'ERROR']} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture")
    parser.add_argument("truth")
    args = parser.parse_args()
    with open(args.truth, encoding="utf-8") as file:
        tally = Tally(json.load(file))
    with open(args.capture, "rb") as capture:
        for line in capture:
            found = MACHINE_PATH.search(line)
            if found:
                tally.problems[f"a path of this machine: {line[found.start():found.start() + 60]!r}"] += 1
            for event in events(line):
                tally.add(*event)
    print_tables(tally)
    if not any(kind == "ERROR" and service == "inventory" for _, service, kind in tally.logs):
        tally.problems["the fault left no error in inventory"] += 1
    for problem, count in tally.problems.most_common():
        print(f"PROBLEM ({count} times): {problem}", file=sys.stderr)
    sys.exit(1 if tally.problems else 0)


if __name__ == "__main__":
    main()
