#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `run` starts everything, keeps others out of its data directory, ends everything, starts again
# with what was there.
. tests/scenario/lib.sh

start_service
for role in redis $ROLES; do
    child "$role" >/dev/null || fail "$role does not run"
done
same "address in the announcement" "$(grep -c "everything runs.*http://$BOARD/" "$T/out")" 1
eventually 10 curl -sf "http://$BOARD/healthz"
same "mode of the data directory" "$(stat -c %a "$T/data")" 700
same "answer of Redis" "$(redis set hy:test:kept yes)" OK

# A second service on the same directory is refused and names the first.
rc=0
"$HUIYING" run -c "$T/office" --data "$T/data" --listen "127.0.0.1:$((PORTS + 8))" 2>"$T/second" || rc=$?
same "exit status of the second" $rc 1
grep -q "in use by another huiying (pid $RUN)" "$T/second" || fail "$(cat "$T/second")"
same "lines the second prints" "$(wc -l <"$T/second")" 1

stop_service
start_service
same "what Redis kept" "$(redis get hy:test:kept)" yes
stop_service
