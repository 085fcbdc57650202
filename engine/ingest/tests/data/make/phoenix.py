"""Spans of Phoenix in the columns of its client's data frame (`phoenix.client`, `spans.get_spans_dataframe`, whose columns
`helpers.spans.dataframe_to_spans` takes back), written by pandas; in its API's JSON; and the same spans as OTLP JSON."""
import json
import os
import sys
import time
from pathlib import Path

import pandas as pd

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
TRACE = "0af7651916cd43dd8448eb211c80319c"
QUESTION, ANSWER = "Why was order 4711 declined?", 'The customer\'s "card" had expired.'
AT = "2023-11-14T22:13:2"


def span(number, name, kind, begin, end, parent=None, status="OK", message="", events=(), **attributes):
    return {
        "name": name, "span_kind": kind, "parent_id": parent and f"b7ad6b716920333{parent}",
        "context": {"trace_id": TRACE, "span_id": f"b7ad6b716920333{number}"},
        "start_time": f"{AT}{begin}+00:00", "end_time": f"{AT}{end}+00:00",
        "status_code": status, "status_message": message, "events": list(events),
        "attributes": {"openinference.span.kind": kind, **{key.replace("__", "."): value for key, value in attributes.items()}},
    }


CALL = {"tool_call.id": "call_1", "tool_call.function.name": "find_order", "tool_call.function.arguments": '{"order": 4711}'}
SPANS = [
    span(1, "support", "CHAIN", "0.000000", "2.000000", input__value=QUESTION, output__value=ANSWER, session__id="s-1"),
    span(2, "answer", "LLM", "0.100000", "1.600000", parent=1, llm__model_name="gpt-4o-mini", llm__provider="openai",
         llm__invocation_parameters='{"temperature": 0.2}',
         llm__input_messages=[{"message.role": "system", "message.content": "You help the shop's staff."},
                              {"message.role": "user", "message.content": QUESTION}],
         llm__output_messages=[{"message.role": "assistant", "message.content": ANSWER, "message.tool_calls": [CALL]}],
         llm__token_count__prompt=40, llm__token_count__completion=6, llm__token_count__total=46),
    span(3, "find_order", "TOOL", "1.600000", "1.700000", parent=1, status="ERROR", message="no such order",
         tool__name="find_order", input__value='{"order": 4711}', input__mime_type="application/json",
         events=[{"name": "exception", "timestamp": f"{AT}1.650000+00:00",
                  "attributes": {"exception.type": "KeyError", "exception.message": "4711"}}]),
]


def otlp_value(value):
    if isinstance(value, (int, str)):
        return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
    raise TypeError(value)


def flat(path, value):
    """Lists of messages as OpenInference's instrumentations send them: a part a number."""
    if isinstance(value, list):
        return [pair for index, item in enumerate(value) for pair in flat(f"{path}.{index}", item)]
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in flat(f"{path}.{key}", item)]
    return [(path, value)]


def attributes(of):
    return [{"key": path, "value": otlp_value(leaf)} for key, value in of.items() for path, leaf in flat(key, value)]


def nanos(text):
    whole, micros = text.removesuffix("+00:00").split(".")
    return str(int(time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))) * 10**9 + int(micros) * 1000)


def otlp(of):
    code = {"UNSET": 0, "OK": 1, "ERROR": 2}[of["status_code"]]
    return {
        "traceId": of["context"]["trace_id"], "spanId": of["context"]["span_id"], "parentSpanId": of["parent_id"] or "",
        "name": of["name"], "startTimeUnixNano": nanos(of["start_time"]), "endTimeUnixNano": nanos(of["end_time"]),
        "attributes": attributes(of["attributes"]), "status": {"code": code, "message": of["status_message"]},
        "events": [{"timeUnixNano": nanos(event["timestamp"]), "name": event["name"], "attributes": attributes(event["attributes"])}
                   for event in of["events"]],
    }


def frame_of(spans):
    """A row a span, by its id: parts of the context and attributes are columns, times have a zone."""
    rows = []
    for of in spans:
        row = {key: of[key] for key in ("name", "span_kind", "parent_id", "status_code", "status_message", "events")}
        row |= {key: pd.Timestamp(of[key]) for key in ("start_time", "end_time")}
        row |= {f"context.{key}": value for key, value in of["context"].items()}
        row |= {f"attributes.{key}": value for key, value in of["attributes"].items()}
        rows.append(row)
    return pd.DataFrame(rows).set_index("context.span_id", drop=False)


os.environ["TZ"] = "UTC"
time.tzset()
request = {"resourceSpans": [{"scopeSpans": [{"spans": [otlp(of) for of in SPANS]}]}]}
(OUT / "phoenix-otlp.json").write_text(json.dumps(request) + "\n")
(OUT / "phoenix.json").write_text(json.dumps({"data": SPANS, "next_cursor": None}, indent=1) + "\n")
frame = frame_of(SPANS)
frame.to_csv(OUT / "phoenix.csv", index=False)
frame.reset_index(drop=True).to_json(OUT / "phoenix.jsonl", orient="records", lines=True)
frame.reset_index(drop=True).to_parquet(OUT / "phoenix.parquet")
