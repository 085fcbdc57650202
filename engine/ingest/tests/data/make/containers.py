#!/usr/bin/env python3
"""Logs of container runtimes and of IIS, whose writers do not run where the other captures are made: `containers.py FOLDER`.

CRI: containerd, internal/cri/io/logger.go: `<RFC3339Nano> <stream> <P|F> <line>`, cut at max_container_log_line_size.
Docker: moby, daemon/logger/jsonfilelog/jsonlog/jsonlogbytes.go (`{"log":…,"stream":…,"attrs":…,"time":…}`) over the
copier, which cuts at 16 KiB and lets only the last part end with a line end; here at 24 bytes.
W3C: the example of the specification and the default columns of IIS.
"""
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
CUT = 24

said = [
    ("stdout", "starting"),
    ("stdout", '{"level":"error","msg":"order lost","order":77,"nested":{"json":"{\\"twice\\":true}"}}'),
    ("stderr", "2024-05-01 10:00:00 WARN a line that is longer than one part may be"),
    ("stdout", "räksmörgås"),
    ("stdout", ""),
]


def parts(text):
    raw = text.encode()
    cut = [raw[at : at + CUT] for at in range(0, len(raw), CUT)] or [b""]
    return [(part, index == len(cut) - 1) for index, part in enumerate(cut)]


def clock():
    for number in range(1000):
        yield f"2024-05-01T10:00:{number // 10:02}.{number % 10}00000001Z"


# The second and third line are written at once, so that their parts alternate.
lines = [[(stream, *part) for part in parts(text)] for stream, text in said]
one, two = lines[1], lines[2]
mixed = [part for pair in zip(one, two) for part in pair] + one[len(two) :] + two[len(one) :]
order = [*lines[0], *mixed, *lines[3], *lines[4]]

with (folder / "cri.log").open("wb") as file:
    for time, (stream, part, whole) in zip(clock(), order):
        file.write(f"{time} {stream} {'F' if whole else 'P'} ".encode() + part + b"\n")

# The runtime cuts bytes; a part that ends inside a character is what json.Marshal makes of it, so cut between characters.
with (folder / "docker.log").open("w", encoding="utf-8") as file:
    for time, (stream, part, whole) in zip(clock(), order):
        log = part.decode() + ("\n" if whole else "")
        record = {"log": log, "stream": stream, "attrs": {"tag": "shop"}, "time": time}
        file.write(json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n")

(folder / "iis.log").write_text(
    """#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2024-05-01 10:00:00
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken
2024-05-01 10:00:01 10.0.0.5 GET /cart id=7 443 - 192.0.2.9 Mozilla/5.0+(X11) - 200 0 0 15
2024-05-01 10:00:02 10.0.0.5 POST /pay - 443 EXAMPLE\\ann 192.0.2.9 curl/8.0 https://shop.example/ 503 2 64 30021
#Date: 2024-05-02 00:00:00
#Fields: time c-ip cs-method cs-uri-stem sc-status
00:34:23 192.0.2.9 GET /foo/bar.html 404
00:34:24 192.0.2.9 GET
""".replace("\n", "\r\n"),
    newline="",
)
