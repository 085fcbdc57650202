#!/bin/sh
# Writes what databases answer in columns, into the folder given (default: the one around this): InfluxDB of Debian to a
# query over its HTTP interface, and ClickHouse, as the package chdb of PyPI has it, in its JSONCompact.
set -eu
out=$(realpath "${1:-"$(dirname "$0")/.."}")
work=$(mktemp -d)
trap 'kill $(cat "$work/pid" 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
cat >influxdb.conf <<EOF
reporting-disabled = true
bind-address = "127.0.0.1:8188"
[meta]
  dir = "$work/meta"
[data]
  dir = "$work/data"
  wal-dir = "$work/wal"
[http]
  bind-address = "127.0.0.1:8186"
[monitor]
  store-enabled = false
EOF
influxd -config influxdb.conf 2>influx.log &
echo $! >pid
sleep 5
api=http://127.0.0.1:8186
curl -s -o /dev/null $api/query --data-urlencode 'q=CREATE DATABASE shop'
curl -s "$api/write?db=shop" --data-binary 'cpu,host=a usage_user=12.5,usage_system=2i 1779271200000000000
cpu,host=a usage_user=13.25,usage_system=3i 1779271210000000000
cpu,host=b usage_user=90,note="hot, \"very\"" 1779271205500000000
syslog,host=a,appname=sshd severity="err",message="Failed password for root" 1779271206000000001'
curl -s -G "$api/query?db=shop" --data-urlencode 'q=SELECT * FROM cpu GROUP BY host; SELECT * FROM syslog' >"$out/influxdb.json"
python3 -c 'import chdb, sys
rows = """
select toDateTime64(1779271200.25 + number * 10, 3, '"'UTC'"') as timestamp, if(number % 3 = 1, '"'error', 'info'"') as level,
    concat('"'order ', toString(number), ' placed'"') as message, number * number as amount, [number, 7] as items, null as note
from numbers(4)"""
sys.stdout.write(str(chdb.query(rows, "JSONCompact")))' >"$out/clickhouse.json"
