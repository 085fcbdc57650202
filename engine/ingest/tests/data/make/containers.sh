#!/bin/sh
# Writes `cri.log` and `docker.log` into the folder given (default: the one above): what conmon, the monitor of CRI-O and
# Podman, and Docker's daemon keep of what a container says. Docker's container is started twice; what the second start
# says stands in the same file.
# Needs root in a throw-away Debian 12 with podman, conmon, runc, docker.io and busybox-static; no network, no registry.
set -eu
out=$(realpath "${1:-"$(dirname "$0")/.."}")
work=$(mktemp -d)
: "${work:?}"
stop() {
    if [ -e "$work/docker.pid" ]; then
        kill "$(cat "$work/docker.pid")"
        while [ -e "$work/docker.pid" ]; do sleep 0.2; done
    fi
    rm -rf "$work"
}
trap stop EXIT

# The pauses let the parts of both streams stand between one another in the order in which they are said here.
mkdir -p "$work/root/bin"
cp /bin/busybox "$work/root/bin/busybox"
ln -s busybox "$work/root/bin/sh"
cat >"$work/root/say" <<'SAY'
#!/bin/sh
pause() { /bin/busybox sleep 0.2; }
if [ -e /said ]; then
    echo 'started again'
    exit
fi
: >/said
pause
echo starting
pause
printf '{"level":"error","msg":"order lost",'
pause
printf '2024-05-01 10:00:00 WARN a line' >&2
pause
printf '"order":77,"nested":{"json":"{\\"twice\\":true}"}}\n'
pause
echo ' in parts' >&2
pause
echo 'räksmörgås'
pause
echo
pause
printf 'bytes \377\376 no text\n'
pause
printf 'tab\tand \033[31mred\033[0m\r\n'
pause
printf '%017000d' 7
pause
echo 'between two parts' >&2
pause
printf ' ends a long line\n'
pause
printf 'two at once\nsecond\n'
pause
printf 'no end'
pause
SAY
chmod 755 "$work/root/say"
tar -C "$work/root" -cf "$work/root.tar" .
limits="--ulimit nofile=1024:1024 --network none"

# conmon, by way of Podman.
cat >"$work/storage.conf" <<CONF
[storage]
driver = "vfs"
runroot = "$work/podman-run"
graphroot = "$work/podman"
CONF
export CONTAINERS_STORAGE_CONF="$work/storage.conf"
pod() { podman --cgroup-manager=cgroupfs --events-backend=none --runtime=runc --tmpdir="$work/podman-tmp" "$@"; }
pod import "$work/root.tar" shop >/dev/null 2>&1
# shellcheck disable=SC2086
pod run --name cart $limits --ulimit nproc=1024:1024 --log-driver k8s-file --log-opt path="$work/cri.log" \
    shop /say >/dev/null 2>&1
pod rm cart >/dev/null
cp "$work/cri.log" "$out/cri.log"

# Docker's daemon.
cat >"$work/daemon.json" <<CONF
{"data-root": "$work/docker", "exec-root": "$work/docker-run", "pidfile": "$work/docker.pid",
 "hosts": ["unix://$work/docker.sock"], "storage-driver": "vfs", "iptables": false, "ip6tables": false, "bridge": "none"}
CONF
dockerd --config-file "$work/daemon.json" >"$work/dockerd.log" 2>&1 &
client() { /usr/bin/docker -H "unix://$work/docker.sock" "$@"; }
for _ in $(seq 100); do
    if client version >/dev/null 2>&1; then break; fi
    sleep 0.2
done
client import "$work/root.tar" shop >/dev/null
# shellcheck disable=SC2086
client run --name cart $limits --log-opt tag=shop --log-opt labels=service --log-opt env=TIER --label service=cart \
    -e TIER=gold shop /say >/dev/null 2>&1
client start -a cart >/dev/null 2>&1
cp "$work"/docker/containers/*/*-json.log "$out/docker.log"
client rm cart >/dev/null
