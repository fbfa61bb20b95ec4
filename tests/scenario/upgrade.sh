#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What earlier versions stored is read by this one.  tests/formats/N/backup.tar.zst is a backup by
# the first program that wrote format N of anything (journal, documents and keys in Redis, archive,
# accounts, backup): two incidents, the second's acknowledgement and note, an account, captured
# pages.  It is restored, started, asked for all of that, and the journal goes on where it stood.
#
# A new format gets a new directory beside the old ones, and what is asked here of all of them stays.
. tests/scenario/lib.sh

ask() { "$HUIYING" "$@" -c "$T/office" --data "$T/data"; }
api() { curl -sf -b "$T/jar" -H 'Content-Type: application/json' "http://$BOARD/api/v1$1" "${@:2}"; }
login() { api /login -c "$T/jar" -d '{"id":"lin.yue","password":"a-long-pass-phrase-4711"}'; }
found() { api "/archive/search?q=$(printf 化工厂 | jq -sRr @uri)" | jq -e '.hits | length > 0'; }

for format in tests/formats/*/; do
    name=$(basename "$format")
    rm -rf "$T/data" "$T/office" "$T/err"
    "$HUIYING" restore "$format/backup.tar.zst" --data "$T/data" --rules "$T/office" >/dev/null
    journal=$T/data/journal/qingxi.jsonl
    lines=$(wc -l <"$journal")
    "$HUIYING" verify "$journal" >/dev/null || fail "format $name: the journal is not whole to this program"
    head -n "$lines" "$journal" >"$T/before"

    start_service
    ids=$(jq -r 'select(.type == "open") | .incident' "$T/before" | sort | xargs)
    same "format $name: incidents" "$(ask incident list | grep -o '^I[0-9]*-[0-9]*' | sort | xargs)" "$ids"
    for id in $ids; do # who should answer, of an incident that the keeper has
        ask incident route "$id" --explain >"$T/route" || fail "format $name: no route for $id"
        same "format $name: steps of the route of $id" "$(grep -c '^ *\(属地\|主管\|上级\|值班\)' "$T/route")" 4
    done
    ! ask incident route I20000101-999 >/dev/null 2>"$T/no-route" || fail "a route for no incident"
    grep -q I20000101-999 "$T/no-route" || fail "it is not said which incident is missing"
    acked=$(jq -r 'select(.type == "ack") | .incident' "$T/before")
    eventually 20 login
    same "format $name: who acknowledged" "$(api "/incidents/$acked" | jq -r .ack.by)" tang.ning
    same "format $name: the note" "$(api "/incidents/$acked" | jq -r '.notes[].text')" "第一版写下的备注"
    same "format $name: items of it" "$(api "/incidents/$acked/items" | jq '.items | length > 0')" true
    same "format $name: the note in its journal" "$(api "/incidents/$acked/journal" | jq '[.entries[] | select(.type == "note")] | length')" 1
    eventually 30 found
    ask incident note "$acked" "这一版接着写" --as tang.ning >/dev/null
    "$HUIYING" verify "$journal" >/dev/null || fail "format $name: the journal that goes on is not whole"
    head -n "$lines" "$journal" | cmp - "$T/before" || fail "format $name: the journal was changed"
    stop_service
done
