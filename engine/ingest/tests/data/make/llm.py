"""Calls to language models, after the API references of OpenAI and Anthropic and the data models of Langfuse and
LangSmith: none of them runs without a network. The same question is asked through each."""
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
T0 = 1_700_000_000
QUESTION = "Why was order 4711 declined?"
ANSWER = "The card had expired."
TOOL = {"id": "call_1", "type": "function", "function": {"name": "find_order", "arguments": '{"order": 4711'}}


def lines(name, values):
    (OUT / name).write_text("".join(json.dumps(value) + "\n" for value in values))


request = {
    "model": "gpt-4o-mini",
    "temperature": 0.2,
    "messages": [
        {"role": "system", "content": "You help the shop's staff."},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
    ],
    "tools": [{"type": "function", "function": {"name": "find_order"}}],
}
response = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": T0, "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [TOOL]},
                 "finish_reason": "tool_calls"}],
    "usage": {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52,
              "prompt_tokens_details": {"cached_tokens": 32}},
}
responses = {
    "id": "resp_1", "object": "response", "created_at": T0 + 2, "status": "completed", "model": "gpt-4.1",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ANSWER}]},
               {"type": "function_call", "call_id": "call_1", "name": "find_order", "arguments": '{"order": 4711}'}],
    "usage": {"input_tokens": 40, "output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 3}},
}
anthropic = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": ANSWER},
                {"type": "tool_use", "id": "toolu_1", "name": "find_order", "input": {"order": 4711}}],
    "stop_reason": "tool_use", "usage": {"input_tokens": 40, "output_tokens": 20, "cache_read_input_tokens": 8},
}
lines("llm-calls.jsonl", [
    request, response, {"model": "gpt-4.1", "input": QUESTION, "instructions": "Be brief."}, responses, anthropic,
    {"object": "list", "model": "text-embedding-3-small", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}],
     "usage": {"prompt_tokens": 6, "total_tokens": 6}},
])
lines("llm-batch.jsonl", [
    {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": request},
    {"id": "batch_req_1", "custom_id": "a",
     "response": {"status_code": 200, "request_id": "r1", "body": response}, "error": None},
    {"id": "batch_req_2", "custom_id": "b", "response": None, "error": {"code": "batch_expired", "message": "Too late."}},
    {"messages": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]},
])

chunk = {"id": "chatcmpl-2", "object": "chat.completion.chunk", "created": T0, "model": "gpt-4o-mini"}
deltas = [{"role": "assistant", "content": ""}, {"content": "The card "}, {"content": "had expired."}, {}]
chunks = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}]} for delta in deltas]
events = "".join(f"data: {json.dumps(value)}\n\n" for value in chunks) + "data: [DONE]\n\n"
block = [
    {"type": "message_start", "message": {**anthropic, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "toolu_1", "name": "find_order", "input": {}}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"order": '}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "4711}"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 20}},
    {"type": "message_stop"},
]
events += "".join(f"event: {value['type']}\ndata: {json.dumps(value)}\n\n" for value in block)
(OUT / "llm-stream.sse").write_text(events)

TRACE = "0af7651916cd43dd8448eb211c80319c"
observation = {"traceId": TRACE, "level": "DEFAULT", "statusMessage": None, "startTime": "2023-11-14T22:13:20.000Z"}
(OUT / "langfuse.json").write_text(json.dumps({
    "trace": {"id": TRACE, "timestamp": "2023-11-14T22:13:20.000Z", "name": "support", "sessionId": "s-1", "input": QUESTION, "output": ANSWER},
    "observations": [
        {**observation, "id": "b7ad6b7169203331", "type": "SPAN", "name": "ask", "endTime": None},
        {**observation, "id": "b7ad6b7169203332", "parentObservationId": "b7ad6b7169203331", "type": "GENERATION", "name": "answer",
         "endTime": "2023-11-14T22:13:21.500Z", "model": "gpt-4o-mini", "modelParameters": {"temperature": 0.2},
         "input": json.dumps(request["messages"]), "output": {"role": "assistant", "content": ANSWER},
         "usageDetails": {"input": 40, "output": 6, "total": 46}, "costDetails": {"total": 0.0005},
         "promptName": "support", "promptVersion": 3, "metadata": '{"region": "eu"}'},
        {**observation, "id": "b7ad6b7169203333", "parentObservationId": "b7ad6b7169203331", "type": "TOOL", "name": "find_order",
         "level": "ERROR", "statusMessage": "no such order", "endTime": "2023-11-14T22:13:20.100Z", "input": {"order": 4711}, "output": None},
    ],
}, indent=1))

ROOT = "1f0c2a3e-0000-4000-8000-000000000000"
runs = [
    {"id": ROOT, "trace_id": ROOT, "dotted_order": f"20231114T221320000000Z{ROOT}", "run_type": "chain", "name": "support",
     "start_time": "2023-11-14T22:13:20", "end_time": "2023-11-14T22:13:22", "status": "success", "error": None,
     "inputs": {"question": QUESTION}, "outputs": {"output": ANSWER}, "extra": {}},
    {"id": ROOT[:-1] + "1", "trace_id": ROOT, "parent_run_id": ROOT,
     "dotted_order": f"20231114T221320000000Z{ROOT}.20231114T221320100000Z{ROOT[:-1]}1", "run_type": "llm", "name": "ChatOpenAI",
     "start_time": "2023-11-14T22:13:20.100000", "end_time": "2023-11-14T22:13:21.600000", "status": "error", "error": "RateLimitError",
     "inputs": {"messages": [[{"lc": 1, "type": "constructor", "kwargs": {"type": "human", "content": QUESTION}}]]},
     "outputs": {"generations": [[{"text": ANSWER, "generation_info": {"finish_reason": "stop"},
                                   "message": {"kwargs": {"content": ANSWER}}}]],
                 "llm_output": {"token_usage": {"prompt_tokens": 40, "completion_tokens": 6}}},
     "extra": {"metadata": {"ls_provider": "openai", "ls_model_name": "gpt-4o-mini", "ls_temperature": 0.2}},
     "total_cost": 0.0005, "session_name": "shop"},
]
lines("langsmith.jsonl", runs)
columns = ["id", "trace_id", "parent_run_id", "dotted_order", "run_type", "name", "start_time", "end_time", "status", "error",
           "inputs", "outputs", "extra", "total_cost", "session_name"]
packed = [{key: json.dumps(run[key]) if key in ("inputs", "outputs", "extra") else run.get(key) for key in columns} for run in runs]
pq.write_table(pa.Table.from_pylist(packed), OUT / "langsmith.parquet")
