#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of the analyzer, the keeper and Redis while items and commands pour in: nothing that was
# accepted is lost, nothing counts twice, the journal's chain holds.
#
# SCENARIO_KILLS (8) and SCENARIO_SEED (1) change how long and what.
. tests/scenario/lib.sh

kills=${SCENARIO_KILLS:-8}
RANDOM=${SCENARIO_SEED:-1}
items=$((kills * 8))

start_service
node tests/scenario/feed.mjs "$T/data/redis.url" $items 100 >"$T/fed" &
feeder=$!

first_incident() { "$HUIYING" incident list -c "$T/office" --data "$T/data" 2>/dev/null | grep -o '^I[0-9-]*' | head -n 1; }
eventually 30 first_incident
incident=$(first_incident)

# A command with an id of its own is sent until it was answered; twice is once.
note() { # NUMBER
    local id
    id=$(printf '%032x' "$1")
    "$HUIYING" incident note "$incident" "note $1." --id "$id" --as tang.ning -c "$T/office" --data "$T/data"
}
came_back() { # ROLE OLD_PID
    local pid
    pid=$(child "$1") && [ "$pid" != "$2" ]
}
victims=(analyze keep redis keep)
for n in $(seq 1 "$kills"); do
    victim=${victims[RANDOM % 4]}
    old=$(child "$victim") || fail "$victim does not run"
    kill -9 "$old"
    eventually 20 came_back "$victim" "$old"
    eventually 60 note "$n"
    eventually 5 note "$n"
done
wait $feeder
same "items accepted" "$(wc -l <"$T/fed")" $items

journal() { "$HUIYING" journal cat -c "$T/office" --data "$T/data"; }
all_there() { [ "$(redis --scan --pattern 'hy:{qingxi}:item:*' | grep -c scenario-)" = $items ]; }
eventually 60 all_there
same "items in the journal" "$(journal | grep -o '"type":"item"' | wc -l)" $items
same "different items in the journal" "$(journal | grep '"type":"item"' | grep -o '"id":"scenario-[0-9]*"' | sort -u | wc -l)" $items
for n in $(seq 1 "$kills"); do
    same "note $n in the journal" "$(journal | grep -c "note $n\\.")" 1
done
"$HUIYING" verify -c "$T/office" --data "$T/data" || fail "the journal's chain is broken"
same "items set aside" "$(redis xlen hy:items:quarantine)" 0
stop_service
