#!/bin/sh
# Writes `kafka.json` into the folder given (default: the one above): messages that kcat produced and `kcat -J` dumped, by
# way of the cluster that librdkafka itself plays (`test.mock.num.brokers`), in a kcat which does nothing else.
# Needs Debian's kcat; nothing listens but on 127.0.0.1.
set -eu
out=$(realpath "${1:-"$(dirname "$0")/.."}")
work=$(mktemp -d)
trap 'kill "$(cat "$work/pid")" 2>/dev/null || true; rm -rf "$work"' EXIT

mkfifo "$work/nothing"
kcat -P -b none -t hold -X test.mock.num.brokers=1 -d mock <"$work/nothing" >/dev/null 2>"$work/log" &
echo $! >"$work/pid"
exec 3>"$work/nothing"
until broker=$(grep -oE -m 1 '127\.0\.0\.1:[0-9]+' "$work/log"); do sleep 0.1; done

say() { # say PARTITION [OPTION…], the payload on standard input
    partition=$1
    shift
    kcat -q -P -b "$broker" -t orders -p "$partition" "$@"
}
printf '{"level":"error","msg":"declined","service":"pay","n":7}' | say 3 -k k1 -H trace=abc -H n=1
printf 'WARN retry' | say 3
printf '{"level":"info","msg":"räksmörgås \\"quoted\\"","ts":"2024-05-01T10:00:00Z"}' | say 3 -k 'a "key"' -H n=1 -H n=2 -H flag
printf 'gone:' | say 3 -K : -Z
printf 'bytes \377\376 and\ttab' | say 3 -k '' -z lz4
printf '["no", "object"]' | say 0 -k k1
for partition in 3 0; do kcat -q -C -b "$broker" -t orders -p "$partition" -o beginning -e -J; done >"$out/kafka.json"
