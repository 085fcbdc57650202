"""What Langfuse's SDK for Python sends: spans of OpenTelemetry with its own attributes, as OTLP over HTTP to the server below,
written as OTLP JSON, one request a line. The wrapped client of OpenAI talks to answers after the reference of its API.

    pip install langfuse==5.0.4 openai==2.54.0
    python langfuse_otlp.py ..
"""

import gzip
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_json import otlp_json

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
PORT = 18089
# Before the SDK is loaded, which reads them then.
os.environ.update(LANGFUSE_HOST=f"http://127.0.0.1:{PORT}", LANGFUSE_BASE_URL=f"http://127.0.0.1:{PORT}", LANGFUSE_PUBLIC_KEY="pk-lf-1",
                  LANGFUSE_SECRET_KEY="none", OTEL_SERVICE_NAME="support", LANGFUSE_TRACING_ENVIRONMENT="test")
# A script of this folder has the package's name.
sys.path.remove(os.path.dirname(os.path.abspath(__file__)))
import openai as plain
from langfuse import get_client, observe, propagate_attributes
from langfuse.openai import OpenAI

SYSTEM, QUESTION, ANSWER = "You help the shop's staff.", "Why was order 4711 declined?", "The card had expired."
requests = []


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.endswith("/v1/traces"):
            body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
            requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def api(request):
    if b"no-such-model" in request.content:
        return httpx.Response(404, json={"error": {"message": "The model does not exist", "code": "model_not_found"}})
    usage = {"prompt_tokens": 40, "completion_tokens": 6, "total_tokens": 46, "prompt_tokens_details": {"cached_tokens": 32}}
    choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
    return httpx.Response(200, json={"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000,
                                     "model": "gpt-4o-mini-2024-07-18", "choices": [choice], "usage": usage})


@observe(as_type="tool", name="find_order")
def find_order(order):
    return {"order": order, "state": "declined"}


@observe(name="support")
def support(question):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    with propagate_attributes(session_id="s-1", user_id="ann", tags=["shop"], metadata={"region": "eu"}):
        find_order(4711)
        said = client.chat.completions.create(model="gpt-4o-mini", messages=messages, temperature=0.2)
        with langfuse.start_as_current_observation(
                as_type="generation", name="rewrite", model="gpt-4o", input=messages, model_parameters={"max_tokens": 100},
                metadata={"try": 2}) as generation:
            generation.update(output={"role": "assistant", "content": ANSWER}, usage_details={"input": 40, "output": 6, "total": 46},
                              cost_details={"input": 0.0004, "output": 0.0001, "total": 0.0005})
        with langfuse.start_as_current_observation(as_type="embedding", name="look up", model="text-embedding-3-small", input=question) as one:
            one.update(usage_details={"input": 6}, level="WARNING", status_message="cut to 8191 tokens")
    return said.choices[0].message.content


@observe(name="summary")
def summary():
    client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": QUESTION}])


server = ThreadingHTTPServer(("127.0.0.1", PORT), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = OpenAI(api_key="none", max_retries=0, http_client=httpx.Client(transport=httpx.MockTransport(api)))
langfuse = get_client()
assert support(QUESTION) == ANSWER
try:
    summary()
except plain.NotFoundError:
    pass
langfuse.flush()
assert sum(len(scope.spans) for one in requests for resource in one.resource_spans for scope in resource.scope_spans) == 7
text = "".join(otlp_json(request) + "\n" for request in requests)
# Stack traces name the folders of whoever runs this.
for folder in (os.path.dirname(plain.__path__[0]), os.path.dirname(os.__file__), os.path.dirname(os.path.abspath(__file__))):
    text = text.replace(folder, "/srv")
(OUT / "langfuse-otlp.jsonl").write_text(text)
os._exit(0)
