"""Calls to a language model as instrumentations of OpenAI's SDK tell them to the OpenTelemetry SDK: OpenTelemetry's own (both
of its later generations of conventions), OpenLLMetry's and OpenInference's. The SDK's requests and the instrumentations are
real; what they talk to is the server below, which answers as the reference of the API says.

    pip install openai==2.54.0 opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-common==1.45.2 \\
        opentelemetry-instrumentation-openai-v2==2.4b0 opentelemetry-util-genai==1.1b0 \\
        opentelemetry-instrumentation-openai==0.62.4 openinference-instrumentation-openai==0.1.66
    for kind in spans openllmetry openinference; do python genai.py .. $kind; done

and for the generation that tells messages as log records, in an environment of its own:

    pip install "openai<2" opentelemetry-sdk==1.30.0 opentelemetry-exporter-otlp-proto-common==1.30.0 \\
        opentelemetry-instrumentation==0.51b0 opentelemetry-instrumentation-openai-v2==2.1b0
    python genai.py .. events
"""

import importlib
import json
import os
import pathlib
import sys
import sysconfig
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
KINDS = {
    "events": ("opentelemetry.instrumentation.openai_v2", {CONTENT: "true"}),
    "spans": ("opentelemetry.instrumentation.openai_v2",
              {"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental", CONTENT: "SPAN_ONLY"}),
    "openllmetry": ("opentelemetry.instrumentation.openai", {"TRACELOOP_TELEMETRY": "false"}),
    "openinference": ("openinference.instrumentation.openai", {}),
}
SYSTEM, QUESTION, ANSWER = "You help the shop's staff.", "Why was order 4711 declined?", "The card had expired."
TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {
    "type": "object", "properties": {"order": {"type": "integer"}}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": 4711}'}}
HEAD = {"created": 1_700_000_000, "model": "gpt-4o-mini-2024-07-18"}


def answer(body):
    """(status, what the API answers): a call of a tool, then the answer, streamed where that is asked for; else an error."""
    if body["model"] == "no-such-model":
        return 404, {"error": {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}}
    if "input" in body:
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}]
        return 200, {"object": "list", "model": body["model"], "data": data, "usage": {"prompt_tokens": 6, "total_tokens": 6}}
    if body.get("stream"):
        chunk = {"id": "chatcmpl-2", "object": "chat.completion.chunk", **HEAD}
        deltas = [{"role": "assistant", "content": ""}, {"content": "The card "}, {"content": "had expired."}, {}]
        chunks = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]} for delta in deltas]
        usage = {"prompt_tokens": 60, "completion_tokens": 5, "total_tokens": 65}
        return 200, [*chunks, {**chunk, "choices": [], "usage": usage}]
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    usage = {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52, "prompt_tokens_details": {"cached_tokens": 32}}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return 200, {"id": "chatcmpl-1", "object": "chat.completion", **HEAD, "choices": [choice], "usage": usage}


class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        status, value = answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        streams = isinstance(value, list)
        self.send_response(status)
        self.send_header("content-type", "text/event-stream" if streams else "application/json")
        self.end_headers()
        parts = [f"data: {json.dumps(part)}\n\n" for part in value] + ["data: [DONE]\n\n"] if streams else [json.dumps(value)]
        self.wfile.write("".join(parts).encode())

    def log_message(self, *_):
        pass


def ask(client):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[TOOL], temperature=0.2)
    messages += [{"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": "declined: expired"}]
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == ANSWER
    client.embeddings.create(model="text-embedding-3-small", input=QUESTION, encoding_format="float")
    try:
        client.chat.completions.create(model="no-such-model", messages=messages[:2])
    except Exception as error:
        assert error.status_code == 404, error


def logger_of(resource):
    """(how an instrumentation is told where its log records go, the records), in the SDK of either environment."""
    from opentelemetry.sdk._logs import LoggerProvider, export
    kept = getattr(export, "InMemoryLogRecordExporter", None) or export.InMemoryLogExporter
    logs, provider = kept(), LoggerProvider(resource=resource)
    provider.add_log_record_processor(export.SimpleLogRecordProcessor(logs))
    try:
        from opentelemetry.sdk._events import EventLoggerProvider
    except ImportError:
        return {"logger_provider": provider}, logs
    return {"event_logger_provider": EventLoggerProvider(provider)}, logs


def main(folder, kind):
    module, settings = KINDS[kind]
    os.environ.update(settings)
    from openai import OpenAI
    from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from otlp_json import Ids, otlp_json

    resource = Resource({"service.name": "support"})
    spans, tracers = InMemorySpanExporter(), TracerProvider(resource=resource, id_generator=Ids())
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    where, logs = logger_of(resource)
    importlib.import_module(module).OpenAIInstrumentor().instrument(tracer_provider=tracers, **where)
    server = ThreadingHTTPServer(("127.0.0.1", 18085), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ask(OpenAI(base_url="http://127.0.0.1:18085/v1", api_key="none", max_retries=0))
    server.shutdown()
    said = [encode_spans(spans.get_finished_spans())]
    if logs.get_finished_logs():
        said.append(encode_logs(logs.get_finished_logs()))
    text = "".join(otlp_json(message) + "\n" for message in said)
    # Stack traces name the folders of whoever runs this.
    here = str(pathlib.Path(__file__).resolve().parent)
    for path in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), here):
        text = text.replace(path, "/srv")
    (pathlib.Path(folder) / f"genai-{kind}.jsonl").write_text(text)


main(*sys.argv[1:])
