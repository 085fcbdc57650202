"""Writes messages as StreamHouse and the Lynex SDKs lay them out, after their sources
(`streamhouse-storage/src/segment/writer.rs` and `wal.rs`; both SDKs of Lynex), for none of them is in a package registry.

    python brokers.py ..
"""

import json
import pathlib
import struct
import sys
import zlib

MILLIS = 1_700_000_000_000
VALUES = [("k1", '{"level":"error","msg":"declined","service":"pay","n":7}'), ("", "WARN retry"), ("k3", "plain")]


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def segment():
    out = b"STRM" + struct.pack(">HHQQII", 1, 0, 100, 102, 3, 1) + b"\0" * 32
    for index, (key, value) in enumerate(VALUES):
        delta = 1 if index else 0
        out += varint(delta << 1) + varint((1000 if index else 0) << 1)
        for text in (key, value):
            out += varint(len(text)) + text.encode()
    index_at = len(out)
    out += struct.pack(">IQQQ", 1, 100, 64, MILLIS)
    return out + struct.pack(">QI", index_at, zlib.crc32(out)) + b"STRM" + b"\0" * 16


def wal():
    for key, value in VALUES:
        body = struct.pack("<QI", MILLIS, len(key)) + key.encode() + struct.pack("<I", len(value)) + value.encode()
        yield struct.pack("<II", len(body) + 4, zlib.crc32(body)) + body


def lynex():
    sdk = {"name": "lynex-python", "version": "0.1.0"}
    return {"events": [
        {"eventId": "e1", "projectId": "shop", "type": "error", "timestamp": "2023-11-14T22:13:20.500000", "sdk": sdk,
         "body": {"type": "Timeout", "message": "no answer", "stacktrace": "at f"},
         "context": {"traceId": "0af7651916cd43dd8448eb211c80319c", "parentEventId": "e0"}},
        {"event_id": "e2", "project_id": "shop", "type": "token_usage", "timestamp": "2023-11-14T22:13:21Z",
         "body": {"model": "m", "inputTokens": 10, "outputTokens": 2, "totalTokens": 12, "cost": 0.5}}]}


def main(folder):
    (folder / "orders.strm").write_bytes(segment())
    (folder / "orders.wal").write_bytes(b"".join(wal()))
    (folder / "lynex.json").write_text(json.dumps(lynex()) + "\n")


main(pathlib.Path(sys.argv[1]))
