#!/bin/sh
# Writes what Debian's Prometheus says of itself after some seconds, into the folder given (default: the one around this):
# the answers to a range query and to an instant one, a federation, and promtool's dump of its store.
set -eu
out=$(realpath "${1:-"$(dirname "$0")/.."}")
work=$(mktemp -d)
trap 'kill $(cat "$work/pid" 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
cat >prometheus.yml <<EOF
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: ["localhost:9190"]}]
EOF
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:9190 2>prom.log &
echo $! >pid
sleep 9
end=$(date +%s)
api=http://127.0.0.1:9190
names='up|prometheus_http_requests_total|go_goroutines'
curl -s $api/api/v1/query_range -d start=$((end - 6)) -d end="$end" -d step=2 --data-urlencode \
    "query={__name__=~\"$names|prometheus_http_request_duration_seconds_bucket\",handler=~\"/metrics|\"}" >"$out/prometheus-range.json"
curl -s $api/api/v1/query --data-urlencode 'query=sum by (code) (rate(prometheus_http_requests_total[5s]))' \
    >"$out/prometheus-vector.json"
curl -s -G $api/federate --data-urlencode "match[]={__name__=~\"$names\"}" >"$out/prometheus-federate.prom"
kill "$(cat pid)"
wait "$(cat pid)" || true
rm pid
promtool tsdb dump --match="{__name__=~\"$names\"}" data >"$out/prometheus-dump.prom"
