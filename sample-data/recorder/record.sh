#!/usr/bin/env bash
# Records the sample incident anew: incident.jsonl.zst, incident.truth.json, healthy.jsonl.zst, mini.jsonl.
# Needs python3 (3.11 or later), PostgreSQL's server programs and zstd. Takes about 16 minutes.
# Arguments are given on to run.py, e.g. --before 30 --fault 20 --after 20 for a short trial.
#   OUT=DIR     where to put the files (default: the folder above)
#   KEEP=1      keep the working directory (its name is printed)
#   PG_BIN=DIR  PostgreSQL's programs, if not found;  PG_USER=NAME  who runs them when started by root
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mkdir -p "${OUT:-$here/..}" && cd "${OUT:-$here/..}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/sample-incident.XXXXXX")
port=15433

find_pg_bin() {
    local found
    found=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1)
    [ -n "$found" ] || { echo "record.sh: no initdb: install PostgreSQL or set PG_BIN" >&2; exit 2; }
    dirname "$(readlink -f "$found")"
}
pg_bin=${PG_BIN:-$(find_pg_bin)}

# PostgreSQL refuses to run as root.
as_pg() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u "${PG_USER:-postgres}" -- "$@"); else "$@"; fi
}

finish() {
    as_pg "$pg_bin/pg_ctl" -D "$work/pg/data" -m immediate -w stop >/dev/null 2>&1 || true
    if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap finish EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --requirement "$here/requirements.txt"

mkdir "$work/pg"
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown "${PG_USER:-postgres}" "$work/pg"; fi
as_pg "$pg_bin/initdb" -D "$work/pg/data" -U postgres -A trust -E UTF8 --no-locale --no-sync >/dev/null
as_pg "$pg_bin/pg_ctl" -D "$work/pg/data" -l "$work/pg/log" -w start -o "-p $port -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories=$work/pg -c shared_buffers=512MB -c max_parallel_workers_per_gather=0 \
    -c synchronous_commit=off -c max_wal_size=2GB -c jit=off" >/dev/null
as_pg "$pg_bin/createdb" -h 127.0.0.1 -p "$port" -U postgres shop

cd "$here"
export PYTHONDONTWRITEBYTECODE=1 PATH="$pg_bin:$PATH"
"$work/venv/bin/python" run.py --pg-port "$port" --out "$work/incident.jsonl" \
    --truth "$work/incident.truth.json" --log "$work/processes.log" "$@" ||
    { tail -20 "$work/processes.log" >&2; exit 1; }
tail -1 "$work/processes.log"
"$work/venv/bin/python" check.py "$work/incident.jsonl" "$work/incident.truth.json"
"$work/venv/bin/python" cut.py "$work/incident.jsonl" "$work/incident.truth.json" \
    --healthy "$work/healthy.jsonl" --mini "$work/mini.jsonl"
zstd -q -19 -T2 -f "$work/incident.jsonl" -o "$out/incident.jsonl.zst"
zstd -q -19 -T2 -f "$work/healthy.jsonl" -o "$out/healthy.jsonl.zst"
cp "$work/mini.jsonl" "$work/incident.truth.json" "$out/"
ls -l "$work"/*.jsonl "$out"/*.zst
