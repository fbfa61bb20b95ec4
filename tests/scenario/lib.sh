# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What scenario tests share.  A scenario is a bash program, called with the binary as its argument
# in the root of the tree; it starts the real service in a directory of its own and watches it from
# outside.  It waits for things (`eventually`), never for time.
#
#   . tests/scenario/lib.sh
#   start_service                     huiying run with the sample office, until everything is ready
#   start_sites [OPTIONS]             the sample city's web sites on ports of this test
#   eventually 10 COMMAND...          until it succeeds, or the test fails after 10 s
#   same "TEXT" GOT WANT              or the test fails
#   COMMAND | has PATTERN             does it say that?
#   child keep                        pid of that child of the service
#   redis COMMAND...                  redis-cli on the service's Redis
#   stop_service                      SIGTERM; nothing may be left, and Redis refused nobody
set -euo pipefail

HUIYING=$(realpath "$1")
T=$(mktemp -d /tmp/hy-scenario-XXXXXX)
RUN=
SITES=
STARTED=() # further processes of a scenario
ROLES="board deliver archive keep analyze crawl"
export LSAN_OPTIONS=print_suppressions=0 NO_COLOR=1
unset HUIYING_DATA HUIYING_CONFIG HUIYING_REDIS HUIYING_TEST_CLOCK

fail() {
    echo "FAILED: $*"
    echo "--- standard error of the service (end)"
    tail -n 40 "$T/err" 2>/dev/null || :
    exit 1
}

# Reads all of it: grep -q ends at the first hit, and whoever writes on fails the whole pipe.
has() { grep -c "$@" >/dev/null; }

same() { [ "$2" = "$3" ] || fail "$1: got \"$2\", want \"$3\""; }

eventually() {
    local limit=$((SECONDS + $1 + 1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $limit ] || fail "did not happen in time: $*"
        sleep 0.05
    done
}

# Ten ports in a row that nobody listens on; each test draws from its own range by its pid.  A number
# gives another ten.
free_ports() {
    local base n
    for n in $(seq 0 200); do
        base=$((20000 + (($$ * 7 + n + ${1:-0}) % 1200) * 10))
        ss -ltnH "sport >= $base and sport < $((base + 10))" | has . || break
    done
    echo $base
}
PORTS=$(free_ports) # sites: PORTS..PORTS+8 and +9; the board: PORTS+7
BOARD=127.0.0.1:$((PORTS + 7))

office() { # the sample office, with its sources on the ports of this test
    [ -d "$T/office" ] ||
        node tests/sites/sites.mjs --port-base "$PORTS" --write-rules "$T/office"
}

start_sites() {
    node tests/sites/sites.mjs --port-base "$PORTS" "$@" >"$T/sites" 2>&1 &
    SITES=$!
    eventually 20 grep -q ready "$T/sites"
}

# run_service [OPTIONS]: without waiting.
run_service() {
    office
    "$HUIYING" run -c "$T/office" --data "$T/data" --listen "$BOARD" "$@" >>"$T/out" 2>>"$T/err" &
    RUN=$!
}

is_up() { grep -q "everything runs" "$T/out" || { is_gone "$RUN" && fail "the service ended"; }; }

start_service() {
    : >"$T/out"
    run_service "$@"
    eventually 60 is_up
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }
child() {
    case $1 in
    redis) pgrep -P "$RUN" -f '^redis-server' ;;
    *) pgrep -P "$RUN" -f "^huiying $1 " ;;
    esac
}
redis() {
    local url user password path
    url=$(cat "$T/data/redis.url") # unix://USER:PASSWORD@/PATH
    user=${url#unix://} user=${user%%:*} password=${url#unix://*:} password=${password%%@*} path=${url#*@}
    REDISCLI_AUTH=$password redis-cli --user "$user" -s "$path" "$@"
}
# A role that lacks a right of acl.c works wrongly and quietly; Redis remembers each refusal.
nobody_refused() {
    redis ping >/dev/null 2>&1 || return 0 # killed by the scenario
    same "commands refused by Redis" "$(redis acl log | xargs | cut -c1-300)" ""
}

# Everything that was started from our directory; the pids outlive the parent that we ask.
our_processes() { pgrep -f "$T/" || :; }
nobody_left() { [ -z "$(our_processes)" ]; }

stop_service() {
    local rc=0
    nobody_refused
    kill -TERM "$RUN"
    wait "$RUN" || rc=$?
    same "exit status of run after SIGTERM" $rc 0
    nobody_left || fail "still there after the service ended: $(pgrep -af "$T/")"
}

clean_up() {
    local rc=$? pid
    [ -z "$SITES" ] || kill "$SITES" 2>/dev/null || :
    for pid in $RUN "${STARTED[@]}" $(our_processes); do
        kill -9 "$pid" 2>/dev/null || :
    done
    if [ $rc = 0 ] && grep -shE 'Sanitizer|runtime error:|^BUG ' "$T"/err*; then
        echo "FAILED: the service printed this"
        rc=1
    fi
    rm -rf "$T"
    exit $rc
}
trap clean_up EXIT
