#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever is killed with -9 comes back; when `run` itself is killed, nothing is left behind and
# the next start works at once.
. tests/scenario/lib.sh

start_service
came_back() { # ROLE OLD_PID
    local pid
    pid=$(child "$1") && [ "$pid" != "$2" ]
}
ready_again() { # how often the child has said that it is ready
    [ "$(grep -c "event=child_ready child=$1" "$T/err")" -ge "$2" ]
}
for role in $ROLES; do
    old=$(child "$role")
    kill -9 "$old"
    eventually 20 came_back "$role" "$old"
    eventually 30 ready_again "$role" 2
done

redis set hy:test:kept yes >/dev/null
old=$(child redis)
kill -9 "$old"
eventually 20 came_back redis "$old"
pong() { [ "$(redis ping)" = PONG ]; }
eventually 20 pong
same "what Redis kept" "$(redis get hy:test:kept)" yes
for role in $ROLES; do
    child "$role" >/dev/null || fail "$role did not survive the death of Redis"
done
eventually 10 curl -sf "http://$BOARD/healthz"

kill -9 "$RUN"
eventually 5 nobody_left
start_service
same "what Redis kept" "$(redis get hy:test:kept)" yes
stop_service
