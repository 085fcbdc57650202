"""Runs the shop on an empty PostgreSQL cluster, records it, drops an index and creates it again.

Started by record.sh. Writes the capture and its ground truth; everything is stopped at the end.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import sysconfig
import time
import urllib.request
from datetime import UTC, datetime

import psycopg

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = ("payments", "inventory", "catalog", "checkout", "gateway")
RECEIVER = "http://127.0.0.1:14318"
DROP = "DROP INDEX stock_movements_sku_idx"
CREATE = "CREATE INDEX CONCURRENTLY stock_movements_sku_idx ON stock_movements (sku, warehouse)"
SETTLE_SECONDS = 20


def rfc3339(nanos):
    return datetime.fromtimestamp(nanos // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{nanos % 10**9:09d}Z"


def stretch(start, end):
    return {"start": rfc3339(start), "end": rfc3339(end), "start_nanos": str(start), "end_nanos": str(end)}


def fill(args):
    subprocess.run(
        ["psql", "-q", "-h", "127.0.0.1", "-p", str(args.pg_port), "-U", "postgres", "-d", "shop", "-o", os.devnull,
         "-v", "ON_ERROR_STOP=1", "-v", f"movements={args.movements}", "-f", str(HERE / "schema.sql")], check=True)


def start(args, log):
    """Receiver and services; the children in the order in which they are to be stopped."""
    strips = {f"{HERE}/", f"{sysconfig.get_path('purelib')}/", f"{sysconfig.get_path('stdlib')}/"}
    strips |= {f"{os.path.realpath(prefix)}/" for prefix in strips}
    receiver = subprocess.Popen(
        [sys.executable, str(HERE / "receiver.py"), "--out", args.out, *(f"--strip={prefix}" for prefix in strips)],
        stdout=log, stderr=log)
    environment = {
        "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
        "SHOP_PG_PORT": str(args.pg_port),
        "SHOP_SEED": str(args.seed), "OTEL_EXPORTER_OTLP_ENDPOINT": RECEIVER,
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http,database"}
    services = []
    for name in SERVICES:
        services.append(subprocess.Popen(
            [sys.executable, str(HERE / "shop" / f"{name}.py")], env=environment, stdout=log, stderr=log))
    time.sleep(4)
    for child in (receiver, *services):
        if child.poll() is not None:
            raise SystemExit(f"{child.args[1]} ended at once; see {log.name}")
    return [*reversed(services), receiver]


def record(on):
    urllib.request.urlopen(f"{RECEIVER}/record?on={on}", timeout=5).close()


def measure(args, log):
    """Warm-up, healthy stretch, fault, recovery: the three times that the ground truth is made of."""
    seconds = args.warm_up + args.before + args.fault + args.after
    load = subprocess.Popen(
        [sys.executable, str(HERE / "load.py"), "--rate", str(args.rate), "--seconds", str(seconds + 5),
         "--seed", str(args.seed)], stdout=log, stderr=log)
    try:
        with psycopg.connect(f"host=127.0.0.1 port={args.pg_port} dbname=shop user=postgres", autocommit=True) as admin:
            time.sleep(args.warm_up)
            record(1)
            began = time.time_ns()
            time.sleep(args.before)
            dropped = time.time_ns()
            admin.execute(DROP)
            print("index dropped", flush=True)
            time.sleep(args.fault)
            admin.execute(CREATE)
            restored = time.time_ns()
            print("index created again", flush=True)
            time.sleep(args.after)
            ended = time.time_ns()
            record(0)
        load.wait(timeout=60)
    finally:
        load.kill()
    return began, dropped, restored, ended


def truth(args, began, dropped, restored, ended):
    settled = restored + SETTLE_SECONDS * 10**9
    return {
        "schema": 1,
        "what": f"The index that stock lookups use was dropped, so that each lookup scanned {args.movements:,} rows."
                " Lookups ran into the statement timeout; checkout tried reservations again and gave orders up,"
                " and gateway answered with errors or showed pages without stock.",
        "service": "inventory",
        "kind": "dropped_index",
        **stretch(dropped, restored),
        "injected": {"where": "PostgreSQL, table stock_movements", "began_with": DROP, "ended_with": CREATE},
        "affected": ["checkout", "gateway"],
        "capture": stretch(began, ended),
        "healthy": [stretch(began, dropped), stretch(settled, ended)],
        "recording": {"seed": args.seed, "rate_per_second": args.rate, "movements": args.movements},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pg-port", type=int, required=True)
    parser.add_argument("--out", required=True, help="the capture, uncompressed")
    parser.add_argument("--truth", required=True)
    parser.add_argument("--log", required=True, help="what the processes print")
    parser.add_argument("--rate", type=float, default=7)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--movements", type=int, default=2_400_000)
    parser.add_argument("--warm-up", type=float, default=60)
    parser.add_argument("--before", type=float, default=480)
    parser.add_argument("--fault", type=float, default=120)
    parser.add_argument("--after", type=float, default=180)
    args = parser.parse_args()
    fill(args)
    with open(args.log, "w", encoding="utf-8") as log:
        children = start(args, log)
        try:
            times = measure(args, log)
        finally:
            for child in children:
                child.terminate()
                child.wait()
    pathlib.Path(args.truth).write_text(json.dumps(truth(args, *times), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
