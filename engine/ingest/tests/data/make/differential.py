#!/usr/bin/env python3
"""What independent readers make of tables and of syslog messages: `differential.py FOLDER`.

Tables: seeded random cells written and read by Python's csv module. syslog: messages over UDP into rsyslog, whose
parsers take them apart. Needs rsyslog; everything is bound to 127.0.0.1 and stopped again.
"""
import csv
import io
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

folder = Path(sys.argv[1])
PIECES = ["a", "b c", "7", "-1.5", '"', '""', ",", ";", "\t", "|", "\n", "\r\n", "'", "é", " ", "=1+1", "x" * 30]


def tables():
    rng = random.Random(4)
    for name, options in [
        ("commas.csv", {}),
        ("tabs.csv", {"delimiter": "\t", "lineterminator": "\n"}),
        ("semicolons.csv", {"delimiter": ";", "quoting": csv.QUOTE_ALL}),
        ("bars.csv", {"delimiter": "|", "quoting": csv.QUOTE_NONNUMERIC, "lineterminator": "\n"}),
    ]:
        text = io.StringIO(newline="")
        writer = csv.writer(text, **options)
        writer.writerow(["number", "first", "second", "third"])
        for number in range(200):
            cells = ["".join(rng.choices(PIECES, k=rng.randrange(4))) for _ in range(3)]
            writer.writerow([number, *cells])
        text.seek(0)
        rows = list(csv.reader(text, delimiter=options.get("delimiter", ",")))
        (folder / name).write_text(text.getvalue(), encoding="utf-8", newline="")
        (folder / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")


MESSAGES = [
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    "<13>Feb  5 17:32:18 10.0.0.99 app: Use the BFG!",
    "<165>Aug 24 05:34:00 mymachine myproc[10]: %% It's time to make the do-nuts. %%",
    "<0>Oct 22 10:52:12 scapegoat sched[0]: That's All Folks!",
    "<86>Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0",
    "<30>Mar  1 08:00:00 web-1 postfix/smtpd[99]: connect from unknown[192.0.2.1]",
    "<6>Jun  9 06:06:20 combo kernel: [ 12.345678] eth0: link up",
    "<78>Jan 31 23:59:59 host-9.example.org CRON[815]: (root) CMD (run-parts /etc/cron.hourly)",
    "<30>2024-05-01T10:00:00.123456+02:00 web-1 systemd[1]: Started Session 12 of user ann.",
    "<191>May 10 00:00:01 h local: colon: in: text",
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed",
    '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It\'s time',
    '<165>1 2003-10-11T22:14:15.003Z m.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App"] An event',
    '<165>1 2003-10-11T22:14:15.003Z m evntslog 1 ID47 [a@1 x="1"][b@1 y="q \\"z\\" \\]"] two elements',
    "<13>1 2024-02-29T23:59:59.999999Z h a-b_c.d 123 M1 - räksmörgås",
    "<14>1 2024-02-29T23:59:59Z h app 123 M1 -",
]

TEMPLATE = """
global(parser.permitSlashInProgramName="on")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="18516" ruleset="all")
template(name="json" type="list" option.jsonf="on") {
    property(outname="raw" name="rawmsg" format="jsonf")
    property(outname="host" name="hostname" format="jsonf")
    property(outname="app" name="programname" format="jsonf")
    property(outname="pid" name="procid" format="jsonf")
    property(outname="msgid" name="msgid" format="jsonf")
    property(outname="facility" name="syslogfacility" format="jsonf")
    property(outname="severity" name="syslogseverity" format="jsonf")
    property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
    property(outname="msg" name="msg" format="jsonf")
}
ruleset(name="all") { action(type="omfile" file="OUT" template="json") }
"""


def syslog():
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "out.json")
        conf = Path(scratch, "conf")
        conf.write_text(TEMPLATE.replace("OUT", str(out)))
        daemon = subprocess.Popen(["rsyslogd", "-n", "-f", conf, "-i", Path(scratch, "pid")], env={**os.environ, "TZ": "UTC"})
        try:
            time.sleep(1)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for message in MESSAGES:
                    sender.sendto(message.encode(), ("127.0.0.1", 18516))
                    time.sleep(0.05)
            time.sleep(1)
        finally:
            daemon.terminate()
            daemon.wait()
        taken_apart = [json.loads(line) for line in out.read_text().splitlines()]
    assert [entry["raw"] for entry in taken_apart] == MESSAGES
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in taken_apart)
    (folder / "syslog.log").write_text("\n".join(MESSAGES) + "\n", encoding="utf-8")
    (folder / "syslog.log.json").write_text(lines, encoding="utf-8")


tables()
syslog()
