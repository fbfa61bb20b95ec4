#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Three offices whose keys lie on the three masters of a real Redis Cluster, the crawl in a Redis of
# its own, every role under its own user.  While commands and items pour in, an office's slot moves
# to another node, key by key, and then the master of another office is killed and its replica takes
# over.  What was acknowledged is in the journal, once; the clocks go off, late but all; Redis never
# refused anybody a right.
. tests/scenario/lib.sh

crawl_port=$PORTS
node_port() { echo $((PORTS + $1)); } # 1..3 masters, 4..6 replicas
board_port() { echo $((PORTS + 6 + $1)); } # 1..3
cli() { redis-cli -p "$@" 2>/dev/null; }
OFFICES=(qingshan qingxi nanping) # by their slots: first, second, third master
slot_of() { cli "$(node_port 2)" cluster keyslot "hy:{$1}:head"; }

# ---- the cluster ----
addresses() { for n in "$@"; do printf '127.0.0.1:%s ' "$(node_port "$n")"; done; }
CRAWL=redis://127.0.0.1:$crawl_port
CLUSTER=cluster://$(addresses 1 2 3 | xargs | tr ' ' ,)
"$HUIYING" acl --out "$T/acl" --redis "$CRAWL" --offices "$CLUSTER" >/dev/null
grep -v '^user default' "$T/acl/users.acl" >"$T/users.acl" # the nodes and this test use that one
BUS=$(free_ports 600) # of the nodes among each other; the usual port + 10000 may be anybody's
start_redis() { # PORT OPTIONS...
    mkdir -p "$T/redis-$1"
    redis-server --port "$1" --bind 127.0.0.1 --dir "$T/redis-$1" --logfile "$T/redis-$1/log" --save '' \
        --appendonly yes --appendfsync always --aclfile "$T/users.acl" --daemonize no "${@:2}" &
    PID[$1]=$!
    STARTED+=($!)
}
PID=()
start_redis "$crawl_port"
for n in 1 2 3 4 5 6; do
    start_redis "$(node_port $n)" --cluster-enabled yes --cluster-port $((BUS + n)) --cluster-node-timeout 1500 \
        --cluster-require-full-coverage no --repl-diskless-sync-delay 0 --cluster-replica-validity-factor 0
done
for n in 0 1 2 3 4 5 6; do eventually 20 cli $((PORTS + n)) ping; done
# shellcheck disable=SC2046 # one word per node
redis-cli --cluster create $(addresses 1 2 3 4 5 6) --cluster-replicas 1 --cluster-yes >"$T/create" ||
    fail "$(tail -n 5 "$T/create")"
is_whole() { # on every node: all slots, and each master has a replica that follows
    for n in 1 2 3 4 5 6; do
        cli "$(node_port $n)" cluster info | has cluster_state:ok || return 1
        cli "$(node_port $n)" info replication | has -E 'role:master|master_link_status:up' || return 1
    done
    for n in 1 2 3; do cli "$(node_port $n)" info replication | has connected_slaves:1 || return 1; done
}
eventually 40 is_whole
owner_of() { # OFFICE: the port of the node that owns its slot, as `$2` knows it
    local slot
    slot=$(slot_of "$1")
    cli "${2:-$(node_port 1)}" cluster nodes | awk -v slot="$slot" '
        $3 ~ /master/ { for (i = 9; i <= NF; i++) { split($i, r, "-"); if (r[2] == "") r[2] = r[1];
            if ($i !~ /\[/ && slot >= r[1] && slot <= r[2]) { split($2, a, /[:@]/); print a[2] } } }'
}
for n in 0 1 2; do same "master of ${OFFICES[n]}" "$(owner_of "${OFFICES[n]}")" "$(node_port $((n + 1)))"; done

# ---- the roles ----
office
mkdir "$T/offices"
for name in "${OFFICES[@]}"; do
    cp -r "$T/office" "$T/offices/$name"
    sed -i "s/^id: qingxi/id: $name/" "$T/offices/$name/office.yaml"
done
date +%s000 >"$T/clock"
role() { # OFFICE ROLE OPTIONS...: under the role's own user
    (
        set -a
        # shellcheck disable=SC1090
        . "$T/acl/$2.env"
        [ "$2" != keep ] || HUIYING_TEST_CLOCK=$T/clock
        exec "$HUIYING" "$2" -c "$T/offices/$1" --data "$T/data-${1#.}-$2" "${@:3}"
    ) >>"$T/out" 2>>"$T/err" &
    STARTED+=($!)
}
for n in 0 1 2; do
    role "${OFFICES[n]}" keep
    role "${OFFICES[n]}" deliver
    role "${OFFICES[n]}" board --listen "127.0.0.1:$(board_port $((n + 1)))"
done
role . analyze # of all three: whatever concerns one of them concerns each, their places are the same
huiying() { # OFFICE COMMAND...
    HUIYING_REDIS=$CRAWL HUIYING_OFFICES=$CLUSTER "$HUIYING" "${@:2}" -c "$T/offices/$1" \
        --data "$T/data-$1-keep"
}

# ---- work pours in ----
declare -A INCIDENT
begin() { # OFFICE: a practice incident, whose clocks run like any other's
    huiying "$1" drill '城东一化工仓库起火' --level 2 --as gu.wen --id "$(printf '%032x' 999)" >"$T/drill-$1" &&
        INCIDENT[$1]=$(grep -o 'I[0-9]*-[0-9]*' "$T/drill-$1")
}
for name in "${OFFICES[@]}"; do eventually 60 begin "$name"; done
note() { huiying "$1" incident note "${INCIDENT[$1]}" "note $2." --id "$(printf '%032x' "$2")" --as tang.ning; }
pour() { # OFFICE FROM TO: each until it was acknowledged; twice is once
    for i in $(seq "$2" "$3"); do eventually 60 note "$1" "$i"; done
}
items=20
node tests/scenario/feed.mjs "$CRAWL" $items 200 >"$T/fed" &
feeder=$!
POURING=()
for name in "${OFFICES[@]}"; do
    pour "$name" 1 12 &
    POURING+=($!)
done

# ---- an office moves to another node ----
moving=qingxi slot=$(slot_of qingxi) from=$(node_port 2) to=$(node_port 3)
id_of() { cli "$1" cluster myid; }
cli "$to" cluster setslot "$slot" importing "$(id_of "$from")" >/dev/null
cli "$from" cluster setslot "$slot" migrating "$(id_of "$to")" >/dev/null
moved=0
while keys=$(cli "$from" cluster getkeysinslot "$slot" 5) && [ -n "$keys" ]; do
    # shellcheck disable=SC2086 # one word per key
    cli "$from" migrate 127.0.0.1 "$to" '' 0 5000 keys $keys >/dev/null
    moved=$((moved + $(wc -l <<<"$keys")))
done
for port in $to $from $(node_port 1); do cli "$port" cluster setslot "$slot" node "$(id_of "$to")" >/dev/null; done
[ $moved -gt 5 ] || fail "only $moved keys were moved"
same "master of $moving after the move" "$(owner_of $moving)" "$to"
eventually 60 note $moving 13

# ---- another office's master dies ----
dying=qingshan
died=$(owner_of $dying)
kill -9 "${PID[$died]}"
killed=$(date +%s%3N)
survivor=$(node_port 2)
taken_over() { local now; now=$(owner_of $dying "$survivor") && [ -n "$now" ] && [ "$now" != "$died" ]; }
eventually 40 taken_over
eventually 60 note $dying 14
echo "$dying acknowledges again $(($(date +%s%3N) - killed)) ms after its master was killed"
for name in "${OFFICES[@]}"; do eventually 60 note "$name" 14; done
wait "${POURING[@]}" "$feeder" || fail "not everything was acknowledged"

# ---- nothing is lost, nothing counts twice ----
journal_of() { cli "$survivor" -c --raw xrange "hy:{$1}:journal" - +; }
for name in "${OFFICES[@]}"; do
    journal_of "$name" >"$T/journal-$name"
    want=$(seq 1 14)
    [ $name = $moving ] || want=$(printf '%s\n' $(seq 1 12) 14)
    same "notes of $name" "$(sed -n 's/^{.*"text":"note \([0-9]*\)\..*/\1/p' "$T/journal-$name" | sort -n | xargs)" \
        "$(xargs <<<"$want")"
    same "incidents begun in $name" "$(grep -c '"drill":true.*"type":"open"\|"type":"open".*"drill":true' "$T/journal-$name")" 1
    mirror() { grep '^{' "$T/journal-$name" | cmp -s - "$T/data-$name-keep/journal/$name.jsonl"; }
    refresh() { journal_of "$name" >"$T/journal-$name" && mirror; }
    eventually 20 refresh
    "$HUIYING" verify "$T/data-$name-keep/journal/$name.jsonl"
done
for name in "${OFFICES[@]}"; do
    all_there() { [ "$(journal_of "$name" | grep '"type":"item"' | grep -o '"id":"scenario-[0-9]*"' | sort -u | wc -l)" = $items ]; }
    eventually 60 all_there
    same "items of $name" "$(journal_of "$name" | grep -c '"type":"item"')" $items
done

# ---- the clocks go off, each in its office ----
echo $(($(cat "$T/clock") + 6 * 3600 * 1000)) >"$T/clock.new" && mv "$T/clock.new" "$T/clock"
gone_off() { journal_of "$1" | has "\"${INCIDENT[$1]}/H5/"; }
for name in "${OFFICES[@]}"; do eventually 30 gone_off "$name"; done
delivered() { # each office's deliverer has planned what its keeper wrote
    [ "$(cli "$survivor" -c xpending "hy:{$1}:notices" deliver | head -n 1)" = 0 ] &&
        [ "$(cli "$survivor" -c xinfo groups "hy:{$1}:notices" | grep -A1 '^lag$' | tail -n 1)" = 0 ]
}
for name in "${OFFICES[@]}"; do eventually 30 delivered "$name"; done

# ---- people see it, and can take it away ----
for n in 1 2 3; do
    answers() { curl -s "http://127.0.0.1:$(board_port $n)/readyz" | has '"missing"'; }
    eventually 20 answers
done
huiying nanping status >"$T/status" || :
grep -q 'Redis' "$T/status" || fail "status: $(cat "$T/status")"
huiying nanping backup -o "$T/backup.tar.gz" >/dev/null
tar tzf "$T/backup.tar.gz" >"$T/backup.list"
grep -q 'offices-3.rdb' "$T/backup.list" || fail "the offices are not in the backup"

for n in 0 1 2 3 4 5 6; do
    same "commands refused by Redis $n" "$(cli $((PORTS + n)) acl log | xargs | cut -c1-300)" ""
done
