"""Runs of LangSmith as its SDK for Python sends them and reads them back: `traceable` functions and a wrapped client of OpenAI,
sent to the server below, which keeps what comes and adds what the service computes (status, project), read with `list_runs`
and written by the SDK's own model of a run. The client of OpenAI talks to answers after the reference of its API.

    pip install langsmith==0.15.0 openai==2.54.0
    python langsmith_runs.py ..
"""

import gzip
import json
import os
import platform
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
PORT = 18088
# Before the SDK is loaded, which reads them then.
os.environ.update(LANGSMITH_TRACING="true", LANGSMITH_ENDPOINT=f"http://127.0.0.1:{PORT}", LANGSMITH_API_KEY="none",
                  LANGSMITH_PROJECT="shop", LANGSMITH_DISABLE_RUN_COMPRESSION="true")
import openai
from langsmith import Client, traceable
from langsmith.wrappers import wrap_openai

SYSTEM, QUESTION, ANSWER = "You help the shop's staff.", "Why was order 4711 declined?", "The card had expired."
TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {
    "type": "object", "properties": {"order": {"type": "integer"}}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": 4711}'}}
PROJECT = "5a0c2a3e-0000-4000-8000-000000000001"


class Store(BaseHTTPRequestHandler):
    runs = {}

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        limits = {"use_multipart_endpoint": False, "size_limit": 100, "size_limit_bytes": 20_971_520,
                  "scale_up_nthreads_limit": 1, "scale_up_qsize_trigger": 1000, "scale_down_nempty_trigger": 4}
        self.answer({"version": "0.0.0", "batch_ingest_config": limits})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        body = json.loads(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
        if self.path.endswith("/runs/query"):
            self.answer({"runs": list(self.runs.values()), "cursors": {}})
            return
        for sent in body.get("post", []) + body.get("patch", []):
            run = self.runs.setdefault(sent["id"], {"session_id": PROJECT, "app_path": f"/o/shop/r/{sent['id']}"})
            run.update({key: value for key, value in sent.items() if value is not None})
            run["status"] = "error" if run.get("error") else "success" if run.get("end_time") else "pending"
        self.answer({})

    def log_message(self, *_):
        pass


def api(request):
    """What OpenAI's API answers: a call of a tool, the answer, or that there were too many requests."""
    body = json.loads(request.content)
    if body["model"] == "gpt-4.1":
        return httpx.Response(429, json={"error": {"message": "Too many requests", "type": "requests", "code": "rate_limit_exceeded"}})
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4o-mini-2024-07-18"}
    is_first = body["messages"][-1]["role"] == "user"
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]} if is_first else {"role": "assistant", "content": ANSWER}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if is_first else "stop"}
    usage = {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52, "prompt_tokens_details": {"cached_tokens": 32}}
    return httpx.Response(200, json={**head, "choices": [choice], "usage": usage})


@traceable(run_type="tool", name="find_order")
def find_order(order):
    return {"order": order, "state": "declined", "reason": "expired"}


@traceable(run_type="retriever", name="look up")
def look_up(query):
    return [{"page_content": "Declined means the bank said no.", "type": "Document", "metadata": {"page": 3}}]


@traceable(name="support", tags=["shop"], metadata={"session_id": "s-1"})
def support(question, client):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    look_up(question)
    client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[TOOL], temperature=0.2)
    found = find_order(4711)
    messages += [{"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": json.dumps(found)}]
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages).choices[0].message.content


@traceable(name="summary")
def summary(client):
    client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": QUESTION}])


server = ThreadingHTTPServer(("127.0.0.1", PORT), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = wrap_openai(openai.OpenAI(api_key="none", max_retries=0, http_client=httpx.Client(transport=httpx.MockTransport(api))))
assert support(QUESTION, client) == ANSWER
try:
    summary(client)
except openai.RateLimitError:
    pass
from langsmith.run_trees import get_cached_client

get_cached_client().flush()
time.sleep(2)
runs = list(Client().list_runs(project_id=PROJECT))
assert len(runs) == 7, len(runs)
text = "".join(run.model_dump_json(exclude={"serialized"}) + "\n" for run in runs)
# Runs name the machine, and stack traces the folders, of whoever runs this.
text = text.replace(platform.platform(), "Linux")
for folder in (os.path.dirname(openai.__path__[0]), os.path.dirname(os.__file__), os.path.dirname(os.path.abspath(__file__))):
    text = text.replace(folder, "/srv")
(OUT / "langsmith-runs.jsonl").write_text(text)
