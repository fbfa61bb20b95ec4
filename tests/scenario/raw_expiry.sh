#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A page as it was fetched goes when the time that the office's rules give it is over, from a real
# visit to the file that is gone; its text stays longer, and the page of an open incident stays.
. tests/scenario/lib.sh

clock() { echo $(($(date +%s) * 1000 + $1 * 86400000)) >"$T/clock"; } # DAYS from now
publish() { # SITE TITLE TEXT
    curl -sf "http://127.0.0.1:$((PORTS + 9))/publish" \
        -d "{\"site\": \"$1\", \"title\": \"$2\", \"text\": \"$3\"}" >"$T/published"
}
archive() { "$HUIYING" archive -c "$T/office" --data "$T/data" "$@"; }
id_of() { archive search "$1" --items --json | grep -o '"id":"u[0-9a-f]*"' | head -n 1 | cut -d'"' -f4; }
page_of() { archive history "$(id_of "$1")" --json | grep -o '"sha256":"[0-9a-f]\{64\}"' | head -n 1 | cut -d'"' -f4; }
has_page() { archive show "$1" -o "$T/page"; }

start_sites
office
sed -i 's/^  raw: 30d/  raw: 3d/' "$T/office/office.yaml"
grep -q '^  raw: 3d' "$T/office/office.yaml" || fail "the sample office says nothing of raw pages"
start_service
publish forum 清溪县滨河路一居民楼爆炸起火，已致3人死亡 今天上午清溪县滨河路一居民楼爆炸起火，已造成3人死亡、5人受伤，消防正在现场处置。
publish forum 旧书交换活动周末在湿地公园举行 大家把家里看过的旧书带来换着看，想参加的打电话13900001111报名，周六上午九点开始。
kept() { [ "$(page_of '居民楼 起火')" ] && [ "$(page_of '旧书 交换')" ]; }
eventually 120 kept
old=$(page_of '旧书 交换')
evidence=$(page_of '居民楼 起火')
pinned() { archive search '居民楼 起火' --items --json | has '"incident":"I'; }
eventually 60 pinned
has_page "$old" || fail "the page is not there"
grep -q 13900001111 "$T/page" || fail "this is not the page as it was fetched"
stop_service

# Two days later it is there; four days later only its text is.
expired() { grep -q 'role=archive.*event=expired' "$T/err"; }
archive_runs() { grep -q 'role=archive' "$T/err"; }
export HUIYING_TEST_CLOCK=$T/clock
for days in 2 4; do
    clock $days
    : >"$T/err"
    : >"$T/out"
    run_service
    if [ $days = 2 ]; then
        eventually 60 archive_runs
        eventually 60 is_up
        has_page "$old" || fail "the page went after $days of 3 days"
    else
        eventually 60 expired
        ! has_page "$old" 2>"$T/said" || fail "the page is there after $days days"
    fi
    has_page "$evidence" || fail "the page of an incident went after $days days"
    [ "$(id_of '旧书 交换')" ] || fail "the text went with the page"
    kill -TERM "$RUN"
    wait "$RUN" || :
done
! grep -rlaF 13900001111 "$T/data/archive" || fail "the number stands in the archive"
