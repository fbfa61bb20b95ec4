#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What huiying-role@.service waits for: every role, started by itself, says READY=1 and then WATCHDOG=1
# again and again.  One that does not is killed by systemd every minute.
. tests/scenario/lib.sh

redis-server --port 0 --unixsocket "$T/redis.sock" --save '' --dir "$T" >/dev/null &
STARTED+=($!)
eventually 20 redis-cli -s "$T/redis.sock" ping
office
cat >"$T/systemd.py" <<'EOF'
import os, select, socket, sys
heard = {}
for role in sys.argv[2:]:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(os.path.join(sys.argv[1], role + '.notify'))
    heard[s] = [role, 0, 0]
print('listens', flush=True)
while any(ready < 1 or alive < 4 for _, ready, alive in heard.values()):
    for s in select.select(list(heard), [], [])[0]:
        said = s.recv(4096).split(b'\n')
        heard[s][1] += b'READY=1' in said
        heard[s][2] += heard[s][1] > 0 and b'WATCHDOG=1' in said
    print(*['%s=%d/%d' % tuple(h) for h in heard.values()], flush=True)
print('all', flush=True)
EOF
# shellcheck disable=SC2086
python3 "$T/systemd.py" "$T" $ROLES >"$T/heard" &
STARTED+=($!)
eventually 20 grep -q listens "$T/heard"
for role in $ROLES; do
    listen=''
    [ "$role" != board ] || listen="--listen $BOARD"
    # shellcheck disable=SC2086
    NOTIFY_SOCKET=$T/$role.notify WATCHDOG_USEC=500000 HUIYING_REDIS=unix://$T/redis.sock \
        "$HUIYING" "$role" -c "$T/office" --data "$T/data" $listen >>"$T/err" 2>&1 &
    STARTED+=($!)
done
all() { grep -qx all "$T/heard"; }
(eventually 60 all) || fail "READY/WATCHDOG so far: $(tail -n 1 "$T/heard")"
