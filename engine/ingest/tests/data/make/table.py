"""Writes a Parquet file in two row groups, and what pyarrow reads in it.

    pip install pyarrow
    python table.py ..
"""

import datetime
import decimal
import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2023, 11, 14, 22, 13, 20, 123456, tzinfo=UTC)
SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("us", tz="UTC")), ("level", pa.string()), ("service", pa.string()),
    ("message", pa.string()), ("latency_ms", pa.float64()), ("share", pa.float32()), ("code", pa.int32()),
    ("big", pa.uint64()), ("small", pa.int8()), ("ok", pa.bool_()), ("price", pa.decimal128(12, 3)),
    ("day", pa.date32()), ("blob", pa.binary()), ("tags", pa.list_(pa.string())),
    ("http", pa.struct([("method", pa.string()), ("status", pa.int64())])),
    ("labels", pa.map_(pa.string(), pa.int32())), ("nanos", pa.timestamp("ns", tz="UTC")),
    ("local", pa.timestamp("ms"))])


def row(number):
    return {
        "timestamp": BEGIN + datetime.timedelta(seconds=number), "level": ["INFO", "ERROR", None][number % 3],
        "service": "billing", "message": f"invoice {number} sänt", "latency_ms": number * 1.5, "share": 0.5,
        "code": -number, "big": 2**63 + number, "small": number - 3, "ok": number % 2 == 0,
        "price": decimal.Decimal(number) / 8 - 1, "day": datetime.date(2000, 2, 28 + number % 2),
        "blob": bytes([number, 255]), "tags": ["a", "b"][:number % 3], "labels": [("x", number)],
        "http": {"method": "GET", "status": 200 + number}, "nanos": 1_700_000_000_000_000_001 + number,
        "local": datetime.datetime(2024, 1, 1, 0, 0, number)}


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06}000Z"


def leaves(path, value, fields):
    if isinstance(value, dict):
        for key, inner in value.items():
            leaves(f"{path}.{key}", inner, fields)
    elif isinstance(value, list) and value and isinstance(value[0], tuple):
        for key, inner in value:
            leaves(f"{path}.{key}", inner, fields)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            leaves(f"{path}[{index}]", inner, fields)
    elif isinstance(value, bytes):
        fields[path] = list(value)
    elif isinstance(value, datetime.datetime):
        fields[path] = text(value)
    elif isinstance(value, (datetime.date, decimal.Decimal)):
        fields[path] = str(value)
    elif isinstance(value, int) and not isinstance(value, bool) and value >= 2**63:
        fields[path] = str(value)
    else:
        fields[path] = value


def main(folder):
    table = pa.Table.from_pylist([row(number) for number in range(7)], schema=SCHEMA)
    pq.write_table(table, folder / "table.parquet", row_group_size=4, compression="zstd")
    lines = []
    read = pq.read_table(folder / "table.parquet")
    nanos = read.column("nanos").cast(pa.int64()).to_pylist()
    times = read.column("timestamp").cast(pa.int64()).to_pylist()
    for index, record in enumerate(read.drop_columns(["nanos"]).to_pylist()):
        fields = {}
        for name in SCHEMA.names:
            if name == "nanos":
                fields[name] = f"{text(datetime.datetime.fromtimestamp(nanos[index] // 10**9, UTC))[:20]}{nanos[index] % 10**9:09}Z"
            elif name not in ("timestamp", "service", "message"):
                leaves(name, record[name], fields)
        level = fields.pop("level")
        if level is None:
            fields["level"] = None
        lines.append(json.dumps({"body": record["message"], "time": times[index] * 1000, "service": record["service"],
                                 "level": level, "fields": fields}, ensure_ascii=False))
    (folder / "table.expected").write_text("\n".join(lines) + "\n")


main(pathlib.Path(sys.argv[1]))
