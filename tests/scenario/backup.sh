#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A backup made while the service works, restored on "another machine": the same incidents, the same
# accounts, the journal goes on where it stood, what was seen is not seen anew; a damaged backup and
# an occupied directory are refused without a trace.
. tests/scenario/lib.sh

ask() { "$HUIYING" "$@" -c "$T/office" --data "$T/data"; }
start_sites
start_service
echo a-long-pass-phrase-4711 | ask user add lin.yue --name 林悦 --roles duty >/dev/null
opened() { [ "$(redis scard 'hy:{qingxi}:open')" -ge 2 ]; }
eventually 60 opened
drained() { [ "$(redis xlen 'hy:{qingxi}:scored')" = 0 ] && [ "$(redis xlen hy:captures)" = 0 ]; }
eventually 30 drained # the archive keeps up, whatever else the journal is about
! grep -q 'role=archive event=session_ended' "$T/err" || fail "the archive stumbled"
redis set hy:test:kept yes >/dev/null
ask backup -o "$T/b.tar.zst" >/dev/null
same "mode of the backup" "$(stat -c %a "$T/b.tar.zst")" 600
[ -z "$(find "$T" -maxdepth 1 -name 'b.tar.zst?*')" ] || fail "left beside the backup: $(ls "$T")"
stop_service
kill "$SITES" # what comes next comes from the backup alone

# refused: occupied, damaged, cut off
if "$HUIYING" restore "$T/b.tar.zst" --data "$T/data" 2>"$T/said"; then fail "restored over data"; fi
grep -q "is not empty" "$T/said" || fail "said: $(cat "$T/said")"
mkdir "$T/x"
tar --zstd -C "$T/x" -xf "$T/b.tar.zst"
journal=$(find "$T/x" -name 'qingxi.jsonl')
sed -i '1s/lead/leaf/' "$journal"
tar --zstd -C "$T/x" -cf "$T/damaged.tar.zst" "$(ls "$T/x")"
if "$HUIYING" restore "$T/damaged.tar.zst" --data "$T/new" 2>"$T/said"; then fail "restored damage"; fi
grep -q "damaged: journal/qingxi.jsonl is not what was backed up" "$T/said" || fail "said: $(cat "$T/said")"
head -c "$(($(stat -c %s "$T/b.tar.zst") / 2))" "$T/b.tar.zst" >"$T/half.tar.zst"
if "$HUIYING" restore "$T/half.tar.zst" --data "$T/new" 2>"$T/said"; then fail "restored a half"; fi
[ -z "$(find "$T" -maxdepth 1 -name 'new*')" ] || fail "a refused restore left something: $(ls "$T")"

"$HUIYING" restore "$T/b.tar.zst" --data "$T/new" --rules "$T/rules" >/dev/null
diff -r "$T/office" "$T/rules" || fail "the rules are not the office's"
"$HUIYING" verify "$T/new/journal/qingxi.jsonl" >/dev/null || fail "the restored journal is not whole"
lines=$(wc -l <"$T/new/journal/qingxi.jsonl")
mv "$T/data" "$T/old"
mv "$T/new" "$T/data"
start_service
same "a key of Redis" "$(redis get hy:test:kept)" yes
same "open incidents" "$(redis scard 'hy:{qingxi}:open')" "$(jq -s 'map(select(.type == "open")) | length' "$T/old/journal/qingxi.jsonl")"
ask user list | has lin.yue || fail "the account is gone"
grown() { [ "$(wc -l <"$T/data/journal/qingxi.jsonl")" -gt "$lines" ]; }
eventually 20 grown # the leader that came writes a line
head -n "$lines" "$T/data/journal/qingxi.jsonl" | cmp - <(head -n "$lines" "$T/old/journal/qingxi.jsonl") ||
    fail "the journal was changed"
"$HUIYING" verify "$T/data/journal/qingxi.jsonl" >/dev/null || fail "the journal that goes on is not whole"
stop_service
