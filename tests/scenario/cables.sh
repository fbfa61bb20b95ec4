#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Three hosts, each a network namespace, at one switch: Redis on the first, a keeper and an analyzer
# on each of the others.  The cable of the leader is cut while items and commands pour in: the other
# leads within five seconds, nothing that was acknowledged is lost, and when the cable is back the
# old leader follows.  Nothing is told to it that the cable is cut: its connection just goes silent.
. tests/scenario/lib.sh

NET=hy$$
for host in sw a b c; do
    ip netns add $NET-$host 2>/dev/null || { echo "no right to make network namespaces here"; exit 77; }
done
trap 'for host in a b c sw; do ip netns pids $NET-$host 2>/dev/null | xargs -r kill -9 2>/dev/null; ip netns del $NET-$host 2>/dev/null; done; clean_up' EXIT
on() { # HOST COMMAND...
    local host=$1
    shift
    ip netns exec "$NET-$host" "$@"
}
on sw ip link add switch type bridge
on sw ip link set switch up
n=0
for host in a b c; do
    n=$((n + 1))
    ip -n $NET-$host link add eth0 type veth peer name to-$host netns $NET-sw
    on sw ip link set to-$host master switch up
    ip -n $NET-$host addr add 10.77.0.$n/24 dev eth0
    ip -n $NET-$host link set eth0 up
    ip -n $NET-$host link set lo up
done
cut_cable() { on sw ip link set "to-$1" down; }
mend_cable() { on sw ip link set "to-$1" up; }

office
mkdir "$T/redis"
on a redis-server --port 6379 --bind 10.77.0.1 --protected-mode no --unixsocket "$T/redis/redis.sock" --dir "$T/redis" \
    --save '' --appendonly yes --appendfsync always --logfile "$T/redis/log" &
STARTED+=($!)
redis() { redis-cli -s "$T/redis/redis.sock" "$@"; }
eventually 20 redis ping
URL=redis://10.77.0.1
start_role() { # HOST ROLE
    on "$1" "$HUIYING" "$2" -c "$T/office" --data "$T/data-$1" --redis $URL >>"$T/out" 2>>"$T/err-$1" &
    STARTED+=($!)
}
leads() { grep -q 'role=keep event=leading' "$T/err-$1"; }
start_role b keep
eventually 30 leads b
start_role c keep
for host in b c; do start_role $host analyze; done
level() { cmp -s "$T/data-b/journal/qingxi.jsonl" "$T/data-c/journal/qingxi.jsonl"; }
eventually 30 level # the standby reads on in Redis

items=30
echo "unix://$T/redis/redis.sock" >"$T/redis.url"
node tests/scenario/feed.mjs "$T/redis.url" $items 200 >"$T/fed" &
feeder=$!
incidents() { on c "$HUIYING" incident list -c "$T/office" --data "$T/data-cli" --redis $URL 2>/dev/null; }
first_incident() { incidents | grep -o '^I[0-9-]*' | head -n 1; }
eventually 60 first_incident
incident=$(first_incident)
note() { # NUMBER, from the host c
    on c "$HUIYING" incident note "$incident" "note $1." --id "$(printf '%032x' "$1")" --as tang.ning \
        -c "$T/office" --data "$T/data-cli" --redis $URL
}
for n in 1 2 3; do eventually 30 note $n; done

cut_cable b
cut_at=$(date +%s%N)
eventually 30 leads c
took=$((($(date +%s%N) - cut_at) / 1000000))
echo "the other keeper led $took ms after the cable was cut"
[ $took -lt 10000 ] || fail "take-over took $took ms" # below 5,000 on an idle machine
for n in 4 5 6; do eventually 60 note $n; done
mend_cable b
for n in 7 8; do eventually 30 note $n; done
wait $feeder

all_there() { [ "$(redis --scan --pattern 'hy:{qingxi}:item:*' | grep -c scenario-)" = $items ]; }
eventually 120 all_there
notes() { redis --raw xrange 'hy:{qingxi}:journal' - + | sed -n 's/^{.*"text":"note \([0-9]*\)\..*/\1/p' | sort | xargs; }
same "notes in the journal" "$(notes)" "1 2 3 4 5 6 7 8"
eventually 30 level # the old leader's mirror has the same lines, and none of its own
"$HUIYING" verify "$T/data-b/journal/qingxi.jsonl"
