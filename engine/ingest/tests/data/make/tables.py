#!/usr/bin/env python3
"""Tables as Python's csv module writes them: `tables.py FOLDER`."""
import csv
import sys
from pathlib import Path

folder = Path(sys.argv[1])
rows = [
    ["Timestamp", "Level", "Service", "Message", "latency_ms", "ok"],
    ["2024-05-01 10:00:00", "INFO", "cart", "plain", 12, "true"],
    ["2024-05-01 10:00:01.5", "WARN", "cart", 'a "quoted" word, and a comma', 12.5, "false"],
    ["2024-05-01T10:00:02Z", "ERROR", "pay", "two\nlines\r\nand three", -1, ""],
    ["2024-05-01T10:00:03+02:00", "", "", "=cmd|' /C calc'!A0", 1e3, "007"],
    ["", "debug", "pay", "räksmörgås", "", ""],
]
with (folder / "table.csv").open("w", newline="", encoding="utf-8-sig") as file:
    csv.writer(file).writerows(rows)
with (folder / "table.tsv").open("w", newline="", encoding="utf-8") as file:
    csv.writer(file, dialect="excel-tab", lineterminator="\n").writerows(rows)
with (folder / "semicolons.csv").open("w", newline="", encoding="utf-8") as file:
    file.write("sep=;\r\n")
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
