#!/bin/sh
# Writes captures of Squid, MariaDB's slow query log and Java's own logger, into the folder given (default: the one around
# this). Needs root in a throw-away container with Debian's squid, mariadb-server, default-jdk-headless, curl and python3.
# Everything is bound to 127.0.0.1 and stopped again.
set -eu
out=$(realpath "${1:-"$(dirname "$0")/.."}")
work=$(mktemp -d)
chmod 777 "$work"
trap 'kill $(cat "$work"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

wait_for() { # wait_for PORT
    for _ in $(seq 300); do
        python3 -c "import socket,sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)" "$1" 2>/dev/null && return
        sleep 0.1
    done
    echo "nothing listens on $1" >&2
    exit 1
}

# Squid: an answer, one that is not there, a refused method, a server that does not answer.
mkdir www && echo hello >www/index.html
python3 -m http.server --bind 127.0.0.1 --directory www 18090 >/dev/null 2>&1 &
echo $! >origin.pid
cat >squid.conf <<EOF
http_port 127.0.0.1:13128
pid_filename none
acl posts method POST
http_access deny posts
http_access allow localhost
cache deny all
access_log stdio:$work/squid.log squid
cache_log /dev/null
visible_hostname proxy
EOF
squid -N -f squid.conf 2>/dev/null &
echo $! >squid.pid
wait_for 13128
wait_for 18090
proxy() { curl -s -o /dev/null -x http://127.0.0.1:13128 "$@" || true; }
proxy "http://127.0.0.1:18090/"
proxy "http://127.0.0.1:18090/missing?a=b%20c"
proxy -d x=1 "http://127.0.0.1:18090/"
proxy "http://127.0.0.1:9/"
kill "$(cat squid.pid)" "$(cat origin.pid)"
wait "$(cat squid.pid)" || true
rm squid.pid origin.pid
grep -v transaction-end squid.log >"$out/squid.log"

# MariaDB: two slow queries in one second, one of them of several lines, and one later.
mariadb-install-db --no-defaults --user=root --datadir="$work/db" --auth-root-authentication-method=normal >/dev/null 2>&1
mariadbd --no-defaults --user=root --datadir="$work/db" --bind-address=127.0.0.1 --port=13306 --socket="$work/db.sock" \
    --slow-query-log=1 --slow-query-log-file="$work/slow.log" --long-query-time=0.05 2>/dev/null &
echo $! >db.pid
wait_for 13306
query() { mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P 13306 -u root "$@" >/dev/null; }
python3 -c "import time; time.sleep(1 - time.time() % 1)"
query -e 'SELECT SLEEP(0.1); SELECT SLEEP(0.1), "two
lines"'
query mysql -e 'SELECT SLEEP(1.1), COUNT(*) FROM user'
kill "$(cat db.pid)"
wait "$(cat db.pid)" || true
rm db.pid
sed "s|$work|/run|" slow.log >"$out/mariadb-slow.log"

# Java: a message, a warning, an exception.
cat >Shop.java <<'EOF'
import java.util.logging.Level;
import java.util.logging.Logger;

class Shop {
    private static final Logger LOG = Logger.getLogger("org.example.Shop");

    public static void main(String[] words) {
        LOG.info("started in 123 ms");
        LOG.warning("the cart is slow:\n  412 ms");
        try {
            throw new IllegalStateException("no stock", new RuntimeException("empty"));
        } catch (IllegalStateException failure) {
            LOG.log(Level.SEVERE, "the order failed", failure);
        }
        LOG.log(Level.INFO, "stopped");
    }
}
EOF
java -Duser.language=en -Duser.country=US -Duser.timezone=UTC Shop.java 2>"$out/java-logging.log"
