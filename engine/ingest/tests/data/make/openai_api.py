"""What OpenAI's SDK for Python and a server of its API say to one another: LiteLLM's proxy, whose models answer what they are
told to and ask nobody. Every body is kept as it went over the wire: the server's with its spaces, the SDK's without.

    pip install "litellm[proxy]==1.106.2" openai==2.54.0
    python openai_api.py ..

It writes `openai-calls.jsonl` (each request and its answer: a call of a tool, chat, an error, embeddings, the responses API) and
`openai-stream.sse` (chat, streamed). Of a streamed answer of the responses API and of batches the server makes none up.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import httpx
import openai

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
PORT = 18086
KEY = "sk-" + secrets.token_hex(32)
SYSTEM, QUESTION, ANSWER = "You help the shop's staff.", "Why was order 4711 declined?", "The card had expired."
TOOL = {"type": "function", "function": {"name": "find_order", "parameters": {
    "type": "object", "properties": {"order": {"type": "integer"}}}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": 4711}'}}
MODELS = {
    "gpt-4o-mini": {"model": "openai/gpt-4o-mini", "mock_response": ANSWER},
    "gpt-4o": {"model": "openai/gpt-4o", "mock_response": "", "mock_tool_calls": [CALL]},
    "gpt-4.1": {"model": "openai/gpt-4.1", "mock_response": "litellm.RateLimitError"},
    "text-embedding-3-small": {"model": "openai/text-embedding-3-small", "mock_response": [0.5, -0.25]},
}


def serve(folder):
    config = Path(folder) / "config.yaml"
    models = [{"model_name": name, "litellm_params": {"api_key": "none", **values}} for name, values in MODELS.items()]
    # YAML takes JSON as it is.
    config.write_text(json.dumps({"model_list": models, "router_settings": {"num_retries": 0, "disable_cooldowns": True}}))
    program = [str(Path(sys.executable).with_name("litellm")), "--config", str(config), "--host", "127.0.0.1", "--port", str(PORT)]
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY, "NO_DOCS": "True"}
    server = subprocess.Popen(program, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(180):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health/liveliness").close()
            return server
        except OSError:
            time.sleep(1)
    server.kill()
    sys.exit("the server does not answer")


class Kept(httpx.HTTPTransport):
    """Keeps the bodies as they pass."""

    def __init__(self):
        super().__init__()
        self.lines, self.streams = [], []

    def handle_request(self, request):
        self.lines.append(request.read())
        response = super().handle_request(request)
        body = response.read()
        streams = response.headers["content-type"].startswith("text/event-stream")
        (self.streams if streams else self.lines).append(body)
        return response


def ask(client):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": [{"type": "text", "text": QUESTION}]}]
    client.chat.completions.create(model="gpt-4o", messages=messages, tools=[TOOL], temperature=0.2, seed=7)
    messages += [{"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "call_1", "content": "declined: expired"}]
    said = client.chat.completions.create(model="gpt-4o-mini", messages=messages, user="ann")
    assert said.choices[0].message.content == ANSWER
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == ANSWER
    try:
        client.chat.completions.create(model="gpt-4.1", messages=messages[:2])
    except openai.RateLimitError:
        pass
    client.embeddings.create(model="text-embedding-3-small", input=[QUESTION], encoding_format="float", dimensions=2)
    said = client.responses.create(model="gpt-4o-mini", instructions=SYSTEM, input=QUESTION, max_output_tokens=100)
    assert said.output_text == ANSWER


with tempfile.TemporaryDirectory() as folder:
    server = serve(folder)
    try:
        kept = Kept()
        ask(openai.OpenAI(base_url=f"http://127.0.0.1:{PORT}/v1", api_key=KEY, max_retries=0, http_client=httpx.Client(transport=kept)))
    finally:
        server.terminate()
        server.wait()
assert all(b"\n" not in line for line in kept.lines)
(OUT / "openai-calls.jsonl").write_bytes(b"".join(line + b"\n" for line in kept.lines))
(OUT / "openai-stream.sse").write_bytes(b"".join(kept.streams))
