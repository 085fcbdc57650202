"""Langfuse's tables, after the sources of its exports: what its pages export (camel case) and what it writes to a blob storage (snake
case), each as JSON lines and as the table of the same rows. It does not run without its databases."""
import csv
import json
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
TRACE = "0af7651916cd43dd8448eb211c80319c"
QUESTION, ANSWER = "Why was order 4711 declined?", 'The customer\'s "card"\nhad expired.'
MESSAGES = [{"role": "system", "content": "You help the shop's staff."},
            {"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
CALLS = [
    # Ids of digits only are ids all the same.
    ("1000000000000001", None, "SPAN", "ask", "0.000", "2.000", "DEFAULT", None, None, None, QUESTION, ANSWER, {}, {}),
    ("b7ad6b7169203332", "1000000000000001", "GENERATION", "answer", "0.100", "1.600", "DEFAULT", None, "gpt-4o-mini",
     {"temperature": 0.2, "max_tokens": 100}, MESSAGES, {"role": "assistant", "content": ANSWER},
     {"input": 40, "output": 6, "total": 46}, {"input": 0.0004, "output": 0.0001, "total": 0.0005}),
    ("b7ad6b7169203333", "1000000000000001", "TOOL", "find_order", "1.600", "1.700", "ERROR", "no such order", None, None,
     {"order": 4711}, None, {}, {}),
    ("b7ad6b7169203334", "1000000000000001", "EMBEDDING", "look up", "1.700", None, "WARNING", None, "text-embedding-3-small", None,
     QUESTION, None, {"input": 6, "total": 6}, {"total": 0.00001}),
]


def lines(name, rows):
    (OUT / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def table(name, rows):
    with (OUT / name).open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow("" if value is None else value if isinstance(value, str) else json.dumps(value) for value in row.values())


def page(call):
    number, parent, kind, name, begin, end, level, message, model, settings, given, got, usage, cost = call
    return {
        "id": number, "traceId": TRACE, "type": kind, "environment": "production", "parentObservationId": parent,
        "startTime": f"2023-11-14T22:13:2{begin}Z", "endTime": end and f"2023-11-14T22:13:2{end}Z", "name": name,
        "metadata": {"region": "eu", "attempt": "2"}, "level": level, "statusMessage": message, "input": given, "output": got,
        "model": model, "modelParameters": settings, "usageDetails": usage, "costDetails": cost, "promptName": "support",
        "promptVersion": 3,
    }


def blob(call):
    number, parent, kind, name, begin, end, level, message, model, settings, given, got, usage, cost = call
    text = lambda value: value if value is None or isinstance(value, str) else json.dumps(value)
    return {
        "id": number, "trace_id": TRACE, "project_id": "shop", "environment": "production", "type": kind,
        "parent_observation_id": parent, "start_time": f"2023-11-14 22:13:2{begin}000", "end_time": end and f"2023-11-14 22:13:2{end}000",
        "name": name, "metadata": {"region": "eu", "attempt": "2"}, "level": level, "status_message": message, "input": text(given),
        "output": text(got), "provided_model_name": model, "model_parameters": text(settings), "usage_details": usage,
        "cost_details": cost, "prompt_name": "support", "prompt_version": 3,
    }


def parquet(rows):
    strings, time = pa.map_(pa.string(), pa.string()), pa.timestamp("us", tz="UTC")
    kinds = {"metadata": strings, "usage_details": pa.map_(pa.string(), pa.uint64()),
             "cost_details": pa.map_(pa.string(), pa.decimal128(38, 12)), "start_time": time, "end_time": time, "prompt_version": pa.uint16()}
    when = lambda text: text and datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=timezone.utc)
    typed = [{**row, "start_time": when(row["start_time"]), "end_time": when(row["end_time"]), "metadata": list(row["metadata"].items()),
              "usage_details": list(row["usage_details"].items()),
              "cost_details": [(key, Decimal(str(value))) for key, value in row["cost_details"].items()]} for row in rows]
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
    pq.write_table(pa.Table.from_pylist(typed, schema), OUT / "langfuse-blob.parquet")


pages, blobs = [page(call) for call in CALLS], [blob(call) for call in CALLS]
lines("langfuse-page.jsonl", pages)
table("langfuse-page.csv", pages)
lines("langfuse-blob.jsonl", blobs)
table("langfuse-blob.csv", blobs)
parquet(blobs)
trace = {"id": TRACE, "timestamp": "2023-11-14T22:13:20.000Z", "name": "support", "bookmarked": False, "public": False,
         "environment": "production", "userId": "u-7", "sessionId": "s-1", "input": QUESTION, "output": ANSWER, "metadata": {"region": "eu"}}
lines("langfuse-traces.jsonl", [trace])
table("langfuse-traces.csv", [trace])
