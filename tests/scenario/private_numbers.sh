#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Numbers of persons in a post are masked all the way: in what waits in Redis, in the archive, on
# the board and in its exports.  The page as it came, which has them, is kept apart and packed, and
# goes when its time is over (raw_expiry.sh).
. tests/scenario/lib.sh

SECRETS=(13812345678 110101199003074514 京A12345 6222021234567890128 zhang.san@)

start_sites
start_service
curl -sf "http://127.0.0.1:$((PORTS + 9))/publish" -d '{"site": "forum",
    "title": "清溪县滨河路一居民楼爆炸起火，已致3人死亡",
    "text": "今天上午清溪县滨河路一居民楼爆炸起火，已造成3人死亡、5人受伤，请大家转发寻找家属。联系人电话13812345678，身份证110101199003074514，车牌京A12345，银行卡6222021234567890128，邮箱zhang.san@example.cn。"}' \
    >"$T/published"

archive() { "$HUIYING" archive -c "$T/office" --data "$T/data" "$@"; }
found() { archive search '滨河路 居民楼 起火' --json | grep -m1 滨河路 >"$T/found"; }
eventually 120 found

printf 'Qingxi-2026-pass\n' | "$HUIYING" user add reader --name 读者 --roles duty --data "$T/data"
TOKEN=$("$HUIYING" user token reader --scope read --data "$T/data")
api() { curl -sf -G -H "Authorization: Bearer $TOKEN" "http://$BOARD/api/v1/$@"; }
on_board() { api archive/search --data-urlencode "q=滨河路 居民楼" >"$T/board" && grep -q 滨河路 "$T/board"; }
eventually 60 on_board
api incidents >"$T/incidents"
ID=$(grep -o 'I2[0-9]*-[0-9]*' "$T/incidents" | head -n 1)
api "incidents/$ID" >"$T/incident"

"$HUIYING" export --data "$T/data" -c "$T/office" --format jsonl -o "$T/export" || :
archive export >"$T/archive"
redis --raw xrange hy:items - + >"$T/items"
"$HUIYING" incident show "$ID" -c "$T/office" --data "$T/data" >"$T/shown" 2>&1 || :
cat "$T/data"/*/journal* "$T/data"/journal* >"$T/journal" 2>/dev/null || :

grep -q 滨河路 "$T/archive" || fail "the post is not in the archive's export"
for secret in "${SECRETS[@]}"; do
    for place in found board incidents incident export archive items shown journal err; do
        ! grep -qaF "$secret" "$T/$place" || fail "$secret stands in: $place"
    done
    # every file of the service but the packed pages; Redis' own file holds the packed pages too
    ! grep -rqaF --exclude-dir=blobs --exclude-dir=pages "$secret" "$T/data" ||
        fail "$secret stands in: $(grep -rlaF --exclude-dir=blobs --exclude-dir=pages "$secret" "$T/data")"
done
stop_service
