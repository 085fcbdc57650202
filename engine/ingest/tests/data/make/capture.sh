#!/bin/sh
# Writes the captures of real tools that stand beside this folder, into the folder given (default: that one).
# Needs root in a throw-away container with Debian's nginx, apache2, rsyslog, systemd-journal-remote, bsdutils (logger),
# postgresql, curl and python3 with logfmter. Everything is bound to 127.0.0.1 and stopped again.
set -eu
out=$(realpath "${1:-"$(dirname "$0")/.."}")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
chmod 755 "$work"
trap 'kill $(cat "$work"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT

wait_for() { # wait_for PORT
    for _ in $(seq 100); do
        python3 -c "import socket,sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)" "$1" 2>/dev/null && return
        sleep 0.1
    done
    echo "nothing listens on $1" >&2
    exit 1
}

# What both web servers are asked.
ask() { # ask PORT
    curl -s -o /dev/null -A "probe/1.0" "http://127.0.0.1:$1/"
    curl -s -o /dev/null -e "https://shop.example/" -A 'quoted "agent" \ back' "http://127.0.0.1:$1/missing?a=b%20c"
    curl -s -o /dev/null -u "ann lee:x" -A "$(printf 'sp\303\244ter')" "http://127.0.0.1:$1/index.html"
    curl -s -o /dev/null -X POST -d x=1 "http://127.0.0.1:$1/broken"
    printf '\026\003\001\001"\\\n' | python3 -c "
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)
s.sendall(sys.stdin.buffer.read() + b'\r\n\r\n')
s.settimeout(1)
try:
    while s.recv(4096): pass
except OSError: pass" "$1"
}

# nginx: combined, and what its JSON-less operators often add behind it.
mkdir -p "$work/www" && echo hello >"$work/www/index.html"
cat >"$work/nginx.conf" <<EOF
pid $work/nginx.pid;
error_log $work/nginx-error.log;
events {}
http {
    log_format timed '\$remote_addr - \$remote_user [\$time_local] "\$request" \$status \$body_bytes_sent '
                     '"\$http_referer" "\$http_user_agent" \$request_time "\$upstream_addr"';
    server {
        listen 127.0.0.1:18080;
        root $work/www;
        location = /broken { return 503; }
        access_log $work/nginx.log combined;
        access_log $work/nginx-timed.log timed;
    }
}
EOF
nginx -c "$work/nginx.conf"
wait_for 18080
ask 18080
nginx -c "$work/nginx.conf" -s quit
cp "$work/nginx.log" "$out/nginx-combined.log"
cp "$work/nginx-timed.log" "$out/nginx-timed.log"

# Apache httpd: common, and combined behind the virtual host.
modules=/usr/lib/apache2/modules
cat >"$work/apache.conf" <<EOF
ServerRoot $work
ServerName shop.example
Listen 127.0.0.1:18081
PidFile $work/apache.pid
ErrorLog $work/apache-error.log
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule alias_module $modules/mod_alias.so
DocumentRoot $work/www
Redirect 503 /broken
LogFormat "%h %l %u %t \"%r\" %>s %b" common
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" vhost
CustomLog $work/apache.log common
CustomLog $work/apache-vhost.log vhost
EOF
sed -i 's/ %O / %B /' "$work/apache.conf"
User= apache2 -f "$work/apache.conf" -k start
wait_for 18081
ask 18081
apache2 -f "$work/apache.conf" -k stop
sleep 1
cp "$work/apache.log" "$out/apache-common.log"
cp "$work/apache-vhost.log" "$out/apache-vhost.log"

# logger through rsyslog: as sent (raw), as files keep it (traditional and ISO time), octet-counted from logger itself.
cat >"$work/rsyslog.conf" <<EOF
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="18514" ruleset="all")
template(name="raw" type="string" string="%rawmsg%\n")
ruleset(name="all") {
    action(type="omfile" file="$work/raw.log" template="raw")
    action(type="omfile" file="$work/traditional.log" template="RSYSLOG_TraditionalFileFormat")
    action(type="omfile" file="$work/iso.log" template="RSYSLOG_FileFormat")
    action(type="omfile" file="$work/structured.log" template="RSYSLOG_SyslogProtocol23Format")
}
EOF
rsyslogd -f "$work/rsyslog.conf" -i "$work/rsyslog.pid"
sleep 1
send() { logger -n 127.0.0.1 -P 18514 -d "$@"; }
send --rfc3164 -p auth.err -t sshd --id=4711 'error: maximum authentication attempts exceeded for root'
send --rfc3164 -p cron.info -t CRON --id=815 '(root) CMD (run-parts /etc/cron.hourly)'
send --rfc3164 -p kern.warning -t kernel '[ 1234.567890] eth0: link down'
send --rfc5424 -p local3.crit -t shop --id=42 --msgid ORDER --sd-id 'shop@32473' --sd-param 'order="77"' --sd-param 'note="a \"b\" \] c"' 'order lost: räksmörgås'
send --rfc5424=notq -p daemon.notice -t app/worker 'plain'
send --rfc3164 -p user.debug -t app 'no pid'
sleep 1
kill "$(cat "$work/rsyslog.pid")"
for name in raw traditional iso structured; do cp "$work/$name.log" "$out/rsyslog-$name.log"; done
python3 -c "
import socket, sys
s = socket.create_server(('127.0.0.1', 18515)); open(sys.argv[2], 'w').write('up')
f = open(sys.argv[1], 'wb')
for _ in range(4):
    c, _ = s.accept()
    while (b := c.recv(65536)): f.write(b)
" "$work/octets.log" "$work/up" &
while [ ! -e "$work/up" ]; do sleep 0.1; done
count() { logger -n 127.0.0.1 -P 18515 -T --octet-count "$@"; }
count --rfc5424 -p user.err -t app --id=7 'Traceback (most recent call last):
  File "app.py", line 3
ValueError: no'
count --rfc3164 -p mail.info -t postfix/smtpd --id=99 'connect from unknown[192.0.2.1]'
count --rfc5424 -p local0.debug -t app 'one line'
count --rfc3164 -p auth.alert -t su 'FAILED su for root'
wait $!
cp "$work/octets.log" "$out/logger-octets.log"

# A journal made from an export, and journalctl's own words for it.
python3 "$here/journal_source.py" | /usr/lib/systemd/systemd-journal-remote -o "$work/made.journal" -
journal() { journalctl --no-pager --file "$work/made.journal" "$@"; }
journal -o export >"$out/journal.export"
journal -o json --all >"$out/journal.json"
journal -o json >"$out/journal-cut.json"
journal -o json-seq --all >"$out/journal.json-seq"
journal -o json-sse --all >"$out/journal.json-sse"
journal -o json-pretty --all >"$out/journal.json-pretty"

# PostgreSQL's csvlog: a statement that fails, one over two lines, one with quotes in it.
postgres=/usr/lib/postgresql/15/bin
mkdir "$work/pg" && chown postgres "$work/pg"
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
as "$postgres/initdb" -D "$work/pg/data" -A trust --locale=C >/dev/null
as "$postgres/pg_ctl" -D "$work/pg/data" -w -l "$work/pg/start.log" -o "-c listen_addresses= -c unix_socket_directories=$work/pg \
    -c logging_collector=on -c log_destination=csvlog -c log_directory=$work/pg/log -c log_filename=pg.log \
    -c log_min_duration_statement=0 -c log_timezone=UTC" start >/dev/null
as psql -q -h "$work/pg" -d postgres -c 'SELECT "no such" FROM nothing' || true
as psql -q -h "$work/pg" -d postgres -c 'SELECT 1,
    2 AS "two"' >/dev/null
as "$postgres/pg_ctl" -D "$work/pg/data" -w -m fast stop >/dev/null
sed "s#$work#/srv#g" "$work/pg/log/pg.csv" >"$out/postgres.csv"

# What Python's csv and logfmter write; the latter is `pip install logfmter`.
python3 "$here/tables.py" "$out"
python3 "$here/logfmt.py" | sed "s#$here#/srv#g" >"$out/logfmter.log"

# A format whose writer does not run here, written as its documentation has it.
python3 "$here/iis.py" "$out"
