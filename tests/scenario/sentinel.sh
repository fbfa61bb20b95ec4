#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Redis on three "machines" under three Sentinels: the master is killed while items and commands
# pour in, the others choose a new one, the roles find it by themselves, and what was acknowledged
# before is there afterwards.  The old master comes back and becomes a replica.
. tests/scenario/lib.sh

redis_conf=(--bind 127.0.0.1 --save '' --appendonly yes --appendfsync always --min-replicas-to-write 1
    --min-replicas-max-lag 2 --repl-diskless-sync-delay 0 --daemonize no)
node_port() { echo $((PORTS + $1)); }
sentinel_port() { echo $((PORTS + 3 + $1)); }
cli() { redis-cli -p "$@" 2>/dev/null; }

node_start() { # N MASTER_PORT?
    mkdir -p "$T/node$1"
    redis-server --port "$(node_port "$1")" --dir "$T/node$1" --dbfilename "$1.rdb" --logfile "$T/node$1/log" \
        "${redis_conf[@]}" ${2:+--replicaof 127.0.0.1 "$2"} &
    NODE[$1]=$!
    STARTED+=($!)
}
sentinel_start() { # N
    mkdir -p "$T/sentinel$1"
    cat >"$T/sentinel$1/conf" <<EOF
port $(sentinel_port "$1")
bind 127.0.0.1
dir $T/sentinel$1
logfile $T/sentinel$1/log
sentinel monitor main 127.0.0.1 $(node_port 1) 2
sentinel down-after-milliseconds main 1000
sentinel failover-timeout main 5000
EOF
    redis-server "$T/sentinel$1/conf" --sentinel &
    STARTED+=($!)
}
NODE=()
office
node_start 1
master=$(node_port 1)
eventually 20 cli "$master" ping
for n in 2 3; do node_start $n "$master"; done
two_replicas() { cli "$master" info replication | has connected_slaves:2; }
eventually 30 two_replicas
for n in 1 2 3; do sentinel_start $n; done
agreed() { cli "$(sentinel_port 3)" sentinel ckquorum main | has "^OK 3 usable"; }
eventually 30 agreed

URL="sentinel://127.0.0.1:$(sentinel_port 1),127.0.0.1:$(sentinel_port 2),127.0.0.1:$(sentinel_port 3)/main"
where() { cli "$(sentinel_port 2)" sentinel get-master-addr-by-name main | tail -n 1; }
same "the master by the Sentinels" "$(where)" "$master"

declare -A options=([board]="--listen $BOARD" [keep]='' [analyze]='')
for role in "${!options[@]}"; do
    # shellcheck disable=SC2086 # an option and its value
    "$HUIYING" $role -c "$T/office" --data "$T/data-$role" --redis "$URL" \
        ${options[$role]} >>"$T/out" 2>>"$T/err" &
    STARTED+=($!)
done
huiying() { "$HUIYING" "$@" -c "$T/office" --data "$T/data-cli" --redis "$URL"; }

items=24
node tests/scenario/feed.mjs "$URL" $items 200 >"$T/fed" &
feeder=$!
first_incident() { huiying incident list 2>/dev/null | grep -o '^I[0-9-]*' | head -n 1; }
eventually 60 first_incident
incident=$(first_incident)
note() { # NUMBER: sent until it was answered; twice is once
    huiying incident note "$incident" "note $1." --id "$(printf '%032x' "$1")" --as tang.ning
}
for n in 1 2 3; do eventually 30 note $n; done

kill -9 "${NODE[1]}"
for n in 4 5 6; do eventually 60 note $n; done
moved() { [ "$(where)" != "$master" ]; }
eventually 30 moved
wait $feeder

# The journal of the new master has every note that was acknowledged, each once, and every item.
now=$(where)
notes() { cli "$now" --raw xrange 'hy:{qingxi}:journal' - + | sed -n 's/^{.*"text":"note \([0-9]*\)\..*/\1/p' | sort | xargs; }
same "notes in the journal" "$(notes)" "1 2 3 4 5 6"
all_there() { [ "$(cli "$now" --scan --pattern 'hy:{qingxi}:item:*' | grep -c scenario-)" = $items ]; }
eventually 60 all_there
"$HUIYING" verify "$T/data-keep/journal/qingxi.jsonl"

# Who comes back late finds that it is a replica, and the service does not mind.
node_start 1
is_replica() { cli "$master" info replication | has role:slave; }
eventually 30 is_replica
eventually 30 note 7
