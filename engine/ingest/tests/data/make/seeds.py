"""Seeds of the fuzz targets that are no whole captures: golden captures cut in the middle, and the oddities that their
formats are known for. Writes into `fuzz/seeds`; run it from this folder."""

import pathlib
import struct
import zlib

SEEDS = pathlib.Path(__file__).resolve().parents[3] / "fuzz" / "seeds"


def write(target, name, content):
    data = content if isinstance(content, bytes) else content.encode()
    (SEEDS / target / name).write_bytes(data)


def cut(target, name, share=0.6):
    """The first part of a seed that is there, up to a place inside a record."""
    data = (SEEDS / target / name).read_bytes()
    write(target, f"cut-{name}", data[: int(len(data) * share)])


for target, name in [
    ("cri", "cri.log"), ("docker", "docker.log"), ("evtx", "security.evtx"), ("jaeger", "export.json"),
    ("journal_export", "journal.export"), ("json_lines", "app.jsonl"), ("kafka", "orders.jsonl"),
    ("langsmith", "runs.jsonl"), ("llm_json", "calls.jsonl"), ("llm_sse", "stream.sse"),
    ("logfmt", "logfmter.log"), ("lynex", "events.json"), ("phoenix", "phoenix.json"), ("prometheus", "client.om"),
    ("strm", "orders.strm"), ("syslog_octets", "logger-octets.log"), ("w3c", "iis.log"), ("wal", "orders.wal"),
    ("zipkin", "v2.json"),
]:  # fmt: skip
    cut(target, name)

# Parts of both streams between one another, a tag beside P, a line that is none, a part that never ends.
write("cri", "parts.log", "2016-10-06T00:17:09.669794202Z stdout P one \n2016-10-06T00:17:09.7Z stderr F other\n"
      "2016-10-06T00:17:09.8+02:00 stdout F:tag two\nno such line\n2016-10-06T00:17:10Z stdout P never\n")
# A part of 16 KiB without a line end, JSON inside JSON inside JSON.
write("docker", "parts.log", '{"log":"' + "x" * 1000 + '","stream":"stdout","time":"2024-01-01T00:00:00.1Z"}\n'
      '{"log":"y\\n","stream":"stdout","time":"2024-01-01T00:00:00.2Z"}\n'
      '{"log":"{\\"log\\":\\"{\\\\\\"level\\\\\\":\\\\\\"warn\\\\\\"}\\\\n\\",\\"stream\\":\\"stderr\\"}\\n",'
      '"stream":"stdout","attrs":{"tag":"t"},"time":"2024-01-01T00:00:00.3Z"}\n')
# The flag of a log that was not closed, and a chunk whose mark is damaged.
evtx = bytearray((SEEDS / "evtx" / "security.evtx").read_bytes())
evtx[120] |= 1
write("evtx", "unclosed.evtx", bytes(evtx))
chunk = evtx.find(b"ElfChnk\0")
evtx[chunk : chunk + 7] = b"ElfChXX"
write("evtx", "bad-chunk.evtx", bytes(evtx))
# Ids without leading zeros, a number over 2^53, a parent in another trace, a process that is not there.
write("jaeger", "old.json", '{"data":[{"traceID":"1a","spans":[{"traceID":"1a","spanID":"2","references":[{"refType":'
      '"FOLLOWS_FROM","traceID":"9","spanID":"8"}],"operationName":"op","startTime":1700000000000001,"duration":5,'
      '"tags":[{"key":"i","type":"int64","value":9007199254740993},{"key":"b","type":"binary","value":"AAH/"}],'
      '"logs":[{"timestamp":1700000000000002,"fields":[]}],"processID":"p9","warnings":["w"]}],"processes":{}}]}')
# A value with a line end behind its length, a length that lies, a field that stands twice.
entry = b"__REALTIME_TIMESTAMP=1700000000000001\nPRIORITY=3\nX=1\nX=2\nMESSAGE\n"
write("journal_export", "binary.export", entry + struct.pack("<Q", 8) + b"a\n\0\xff\xfebcd\n\n" + entry + struct.pack("<Q", 3) + b"end\n\n")
write("journal_export", "lying.export", entry + struct.pack("<Q", 1 << 63) + b"x\n\n" + b"__REALTIME_TIMESTAMP=5\nMESSAGE=after\n\n")
write("json_lines", "numbers.jsonl", '{"ts":1700000000,"n":9007199254740993,"e":1e400,"z":-0,"t":1E-400}\n{"dup":1,"dup":2}\n'
      '\x1e{"time":"2024-01-01T00:00:00Z","a":{"b":[{},[]]}}\n[{"a":1},2]{"b":"\\ud800"}\n')
# Keys and payloads of bytes that are no text, headers of null, a tombstone, a schema's id.
write("kafka", "bytes.jsonl", b'{"topic":"t","partition":0,"offset":1,"tstype":"create","ts":1700000000123,"broker":1,'
      b'"headers":["a","1","n",null],"key":null,"payload":null}\n{"topic":"t","partition":0,"offset":2,"tstype":"unknown",'
      b'"ts":-1,"key":"k\xff","payload":"\xffx","value_schema_id":7,"payload_error":"bad"}\n')
write("langsmith", "tree.jsonl", '{"id":"00000001-1111-1111-1111-111111111111","run_type":"tool","inputs":"{\\"q\\":1}",'
      '"start_time":"2024-01-01T00:00:01","end_time":null,"error":"boom","dotted_order":'
      '"20240101T000000000000Z00000000-1111-1111-1111-111111111111.20240101T000001000000Z00000001-1111-1111-1111-111111111111"}\n'
      '{"runs":[{"id":"x","run_type":"chain","child_runs":[]}]}\n')
write("llm_json", "tools.jsonl", '{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function",'
      '"function":{"name":"f","arguments":"{\\"a\\": "}}]},{"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"x"}]}]}\n'
      '{"type":"message","role":"assistant","model":"c","content":[{"type":"tool_use","id":"2","name":"g","input":{}}],"usage":{}}\n')
# Lines that end in CR LF, two streams in one another, arguments in fragments, an error, no end.
chunk = 'data: {"id":"%s","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":%s}]}\r\n\r\n'
write("llm_sse", "fragments.sse", chunk % ("a", '{"tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{\\"x"}}]}')
      + chunk % ("b", '{"content":"other"}') + chunk % ("a", '{"tool_calls":[{"index":0,"function":{"arguments":"\\":1}"}}]}')
      + ': a comment\r\n\r\ndata: {"error":{"message":"overloaded","type":"server_error"}}\r\n\r\n')
write("llm_sse", "responses.sse", 'event: response.created\ndata: {"type":"response.created","response":{"id":"r","model":"m"}}\n\n'
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","output_index":0,\ndata: "delta":"Hi"}\n\n'
      'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r","status":"completed"}}\n\ndata: [DONE]\n\n')
write("logfmt", "odd.log", 'ts=2024-01-01T00:00:00Z level=info msg="he said \\"hi\\"" flag a= dup=1 dup=2 url=http://x/?a=b\n'
      'msg="not closed\n=no key\nplain words only\n')
write("lynex", "snake.json", '{"events":[{"event_id":"e","project_id":"p","type":"error","timestamp":"2024-01-01T00:00:00.123",'
      '"sdk":{"name":"py"},"body":{"type":"E","message":"m","stacktrace":"s"}},{"eventId":"f","projectId":"p","type":"custom",'
      '"timestamp":1704067200000,"body":"{\\"data\\":{\\"a\\":1}}","context":null}]}')
write("phoenix", "page.json", '{"data":[{"name":"x","context":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"},'
      '"span_kind":"TOOL","parent_id":null,"start_time":"2024-01-01T00:00:00+00:00","end_time":null,"status_code":"ERROR",'
      '"attributes":{"input.value":"{}","llm.input_messages":[{"message.role":"user"}]},"events":[]}],"next_cursor":null}')
# A name in quotes, an exemplar, special numbers, a line that is damaged, no end.
write("prometheus", "odd.om", '# TYPE foo counter\nfoo_total{a="x\\"\\\\\\n"} 17.0 1520879607.789 # {trace_id="ab"} 0.67 1520879607.1\n'
      'foo_created 1520430000.123\n{"my.metric","l.x"="v"} +Inf\nbad line {\n# TYPE h histogram\nh_bucket{le="+Inf"} NaN\n')
# Without its footer, and with blocks that are not compressed.
strm = (SEEDS / "strm" / "orders.strm").read_bytes()
write("strm", "no-footer.strm", strm[:-32])
head = b"STRM\0\1\0\0" + struct.pack(">QQII", 100, 101, 2, 1) + bytes(32)
body = b"\0\0\0\3one" + b"\2\xcf\x0f\1k\3two"
entries = struct.pack(">IQQQ", 1, 100, 64, 1700000000000)
plain = head + body + entries
write("strm", "plain.strm", plain + struct.pack(">QI", 64 + len(body), zlib.crc32(plain)) + b"STRM" + bytes(16))
write("syslog_octets", "lying.log", "44 <13>1 2003-10-11T22:14:15.003Z h a - - - one\n99999999999 <13>1 2003-10-11T22:14:16Z h a - - - two")
write("w3c", "changes.log", "#Version: 1.0\n#Date: 2024-01-01 00:00:00\n#Fields: time cs-method cs-uri-stem sc-status\n"
      "00:00:01 GET /a 200\n#Fields: date time cs(User-Agent) sc-status\n2024-01-02 00:00:02 \"quoted agent\" 404\ntoo few\n")


def record(key, value, millis=1700000000000):
    body = struct.pack("<QI", millis, len(key)) + key + struct.pack("<I", len(value)) + value
    return struct.pack("<II", 4 + len(body), zlib.crc32(body)) + body


bad = bytearray(record(b"k", b"second"))
bad[-1] ^= 1
write("wal", "bad-checksum.wal", record(b"", b"ERROR first") + bytes(bad) + record(b"\xff", b"third", 0))
# A span that both sides share, no leading zeros, an address, an annotation; a trace inside a list of traces.
write("zipkin", "shared.json", '[[{"traceId":"5af7183fb1d4cf5f","id":"352bff9a74ca9ad2","kind":"CLIENT","timestamp":1556604172355737,'
      '"duration":1431,"localEndpoint":{"serviceName":"front","ipv6":"::1"},"annotations":[{"timestamp":1556604172355738,"value":"x"}]},'
      '{"traceId":"5af7183fb1d4cf5f","id":"352bff9a74ca9ad2","kind":"SERVER","shared":true,"tags":{"error":""}}]]')
