#!/usr/bin/env python3
"""A journal in the export format, for systemd-journal-remote to make a journal of."""
import struct
import sys

BOOT = "0f5c8a4ed1b94c0a8f8e4a31c1d4a9b2"


def entry(number, **fields):
    micros = 1_700_000_000_000_000 + number * 1_500_000
    head = {"__REALTIME_TIMESTAMP": micros, "__MONOTONIC_TIMESTAMP": 1_000_000 + number, "_BOOT_ID": BOOT}
    out = b""
    for name, values in {**head, **fields}.items():
        for value in values if isinstance(values, list) else [values]:
            value = value if isinstance(value, bytes) else str(value).encode()
            if any(byte < 32 and byte != 9 for byte in value):
                out += name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
            else:
                out += name.encode() + b"=" + value + b"\n"
    return out + b"\n"


unit = {"_HOSTNAME": "web-1", "_MACHINE_ID": "3bd1dd0a0f1f4a8a9c5ce6f2ff0d0cbb"}
sys.stdout.buffer.write(
    b"".join(
        [
            entry(0, MESSAGE="Started shop.", PRIORITY=6, _SYSTEMD_UNIT="init.scope", SYSLOG_IDENTIFIER="systemd",
                  UNIT="shop.service", _PID=1, **unit),
            entry(1, MESSAGE="order 77 took 12 ms", PRIORITY=6, _SYSTEMD_UNIT="shop.service", _PID=812,
                  SYSLOG_IDENTIFIER="shop", DURATION_MS="12", ORDER="007", **unit),
            entry(2, MESSAGE=b"bytes \x00\xff and\nlines", PRIORITY=3, _SYSTEMD_UNIT="shop.service", _PID=812, **unit),
            entry(3, MESSAGE="blank\n\nline", PRIORITY=4, _SYSTEMD_UNIT="shop.service", TAG=["a", "b", b"\x01c"],
                  DURATION_MS="12.5", **unit),
            entry(4, MESSAGE="x" * 5000, PRIORITY=2, _SYSTEMD_USER_UNIT="mail.service", **unit),
            entry(5, MESSAGE="session opened", _SYSTEMD_UNIT="session-12.scope", SYSLOG_IDENTIFIER="sshd", **unit),
        ]
    )
)
