#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Bad input: one clear message, exit status 1 (2 for wrong usage), nothing started, nothing left.
. tests/scenario/lib.sh

office
mkdir "$T/bin" # a PATH without redis-server

# refused STATUS "PATTERN" [ENVIRONMENT...] -- OPTIONS...
refused() {
    local want=$1 pattern=$2 rc=0 env=()
    shift 2
    while [ "$1" != -- ]; do
        env+=("$1")
        shift
    done
    shift
    env "${env[@]}" "$HUIYING" run "$@" >"$T/out" 2>"$T/err" </dev/null || rc=$?
    same "exit status of: run $*" $rc "$want"
    grep -q -- "$pattern" "$T/err" || fail "run $*: no message with \"$pattern\""
    same "messages of run itself" "$(grep -c '^huiying run: ' "$T/err")" 1
    nobody_left || fail "left behind by: run $*"
}
common=(-c "$T/office" --data "$T/data" --listen "$BOARD")

refused 2 "whose rules" -- --data "$T/data"
refused 1 "No such file" -- -c "$T/nowhere" --data "$T/data"
refused 2 "wants ADDRESS:PORT" -- -c "$T/office" --data "$T/data" --listen 8787
refused 2 "not a Redis URL" -- "${common[@]}" --redis localhost
refused 2 "takes options only" -- "${common[@]}" more
refused 1 "redis-server is not installed" PATH="$T/bin" -- "${common[@]}"

# A file stands where the data directory should be.
: >"$T/file"
refused 1 "cannot create the data directory" -- -c "$T/office" --data "$T/file/data" --listen "$BOARD"

# Somebody listens there.
node -e 'require("net").createServer().listen(process.argv[1], "127.0.0.1", () => console.log("ready"))' \
    "${BOARD##*:}" >"$T/listener" &
listener=$!
eventually 10 grep -q ready "$T/listener"
refused 1 "$BOARD is in use by another program" -- "${common[@]}"
kill $listener

# Broken rules: the place, a caret, and what would have been meant.
sed -i 's/^name:/nmae:/' "$T/office/office.yaml"
refused 1 "office.yaml:[0-9]*:[0-9]*: " -- "${common[@]}"
grep -q '\^' "$T/err" || fail "no caret under the mistake"
