#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A city and a county in one installation: one crawl for both, each with people, rules, a record, an
# archive and a board of its own.  A page that both watch is fetched once and judged by both; what one
# office adds to its rules moves the other nowhere; nobody comes in with the other's key, token or
# Redis user; the city sees what its county has open and cannot touch it; broken rules of one hinder
# one; a backup holds both.
. tests/scenario/lib.sh

CITY=127.0.0.1:$((PORTS + 7))
COUNTY=127.0.0.1:$((PORTS + 8))
start_sites
office
mkdir "$T/offices"
mv "$T/office" "$T/offices/qingxi"
cp -r "$T/offices/qingxi" "$T/offices/qingxi-county"
city=$T/offices/qingxi county=$T/offices/qingxi-county
cat >>"$city/office.yaml" <<EOT
listen: $CITY
subordinates:
  - {id: qingxixian, name: 清溪县人民政府}
EOT
sed -i -e 's/^id: qingxi .*/id: qingxixian/; s/^name: .*/name: 清溪县人民政府/; s/^level: .*/level: county/' \
    -e 's/^division: .*/division: "990121"/' "$county/office.yaml"
cat >>"$county/office.yaml" <<EOT
listen: $COUNTY
superior: qingxi
retention: {raw: 10d, text: 90d, record: 400d}
EOT
sed -i '/^retention:/,/^$/d' "$county/office.yaml"
echo 'retention: {raw: 10d, text: 90d, record: 400d}' >>"$county/office.yaml"
sed -i 's/- id: forum$/- id: bbs/; s/- id: news$/- id: county-news/' "$county/sources.yaml"
mkdir -p "$county/lexicon"
cat >"$county/lexicon/own.yaml" <<'EOT'
groups:
  - id: county_words
    purpose: emergency
    weight: 60
    words: [青石岭滑坡点]
EOT
"$HUIYING" check -c "$T/offices" >"$T/checked" || fail "check: $(cat "$T/checked")"

# what is wrong between offices is found before anything is started
sed -i 's/^superior: qingxi/superior: nobody/' "$county/office.yaml"
if "$HUIYING" check -c "$T/offices" >"$T/checked"; then fail "a superior that is not there was not found"; fi
grep -q '上级单位“nobody”不在这里' "$T/checked" || fail "check said: $(cat "$T/checked")"
grep -q '没有在自己的 superior 里写本单位' "$T/checked" || fail "check said: $(cat "$T/checked")"
if "$HUIYING" run -c "$T/offices" --data "$T/data" 2>"$T/said"; then fail "started with a contradiction"; fi
grep -q "contradict each other" "$T/said" || fail "run said: $(cat "$T/said")"
sed -i 's/^superior: nobody/superior: qingxi/' "$county/office.yaml"

: >"$T/out"
"$HUIYING" run -c "$T/offices" --data "$T/data" >>"$T/out" 2>>"$T/err" &
RUN=$!
eventually 90 is_up
in_city() { "$HUIYING" "$@" -c "$city" --data "$T/data/offices/qingxi"; }
in_county() { "$HUIYING" "$@" -c "$county" --data "$T/data/offices/qingxixian"; }

# ---- one page, two records ----
opened() { [ "$(redis scard "hy:{$1}:open")" -ge 1 ]; }
eventually 90 opened qingxi
eventually 90 opened qingxixian
has_blast() { in_"$1" incident list --json | has 化工厂; }
eventually 60 has_blast city
eventually 60 has_blast county
common=$(redis hget hy:crawl:ids qingxi/forum)
same "one source for both" "$(redis hget hy:crawl:ids qingxixian/bbs)" "$common"
[ -n "$common" ] || fail "no common name of the forum"
same "names of the same addresses" "$(redis hvals hy:crawl:ids | sort | uniq -c | awk '{ print $1 }' | sort -u)" 2
same "visited under other names" "$(redis --scan --pattern 'hy:crawl:source:*' | sed 's/.*://' | sort |
    comm -23 - <(redis hvals hy:crawl:ids | sort -u))" ""
fetched_twice() { # any page but the lists, robots.txt and what changed: once
    "$HUIYING" crawl log "127.0.0.1:$PORTS" --data "$T/data" --json |
        jq -r 'select(.status == 200) | .url' | grep 'thread-' | sort | uniq -c | awk '$1 > 4' | has .
}
! fetched_twice || fail "threads were fetched for each office"
heard() { redis exists "hy:{$1}:incident:S-$2" | has -x 1; }
eventually 60 heard qingxi forum
eventually 60 heard qingxixian bbs
same "the county hears nothing under the city's names" "$(redis exists 'hy:{qingxixian}:incident:S-forum')" 0

# ---- rules of one move the other nowhere ----
same "journals" "$(find "$T/data/offices" -name '*.jsonl' -path '*journal*' -printf '%f\n' | sort | xargs)" \
    "qingxi.jsonl qingxixian.jsonl"
text='{"id":"x1","title":"青石岭滑坡点","text":"今天青石岭滑坡点有人看见石头落下"}'
in_score() { echo "$text" | "$HUIYING" score -c "$1" | jq .score.emergency; }
[ "$(in_score "$county" | cut -d. -f1)" -gt "$(in_score "$city" | cut -d. -f1)" ] || fail "the county's word counts for the city too"

# ---- nobody comes in with the other's ----
echo a-long-pass-phrase-4711 | in_city user add gu.wen --name 顾文 --roles supervisor >/dev/null
if in_county user list | has gu.wen; then fail "the city's account is the county's too"; fi
TOKEN=$(in_city user token gu.wen --scope read)
ask() { curl -s -o "$T/answer" -w '%{http_code}' -H "Authorization: Bearer $TOKEN" "http://$1/api/v1$2"; }
same "the city's token at the city" "$(ask "$CITY" /incidents)" 200
same "the city's token at the county" "$(ask "$COUNTY" /incidents)" 401
redis_of() { # ROLE OFFICE COMMAND...: as that process is known to Redis
    local pid url user password path
    pid=$(pgrep -P "$RUN" -f "^huiying $1 --config $T/offices/$2 " | head -n 1)
    url=$(tr '\0' '\n' <"/proc/$pid/environ" | grep ^HUIYING_REDIS= | cut -d= -f2-)
    user=${url#unix://} user=${user%%:*} password=${url#unix://*:} password=${password%%@*} path=${url#*@}
    REDISCLI_AUTH=$password redis-cli --user "$user" -s "$path" "${@:3}" 2>&1
}
redis_of board qingxi-county get 'hy:{qingxi}:incident:x' | has NOPERM || fail "the county's board reads the city"
redis_of keep qingxi-county set 'hy:{qingxi}:head' x | has NOPERM || fail "the county's keeper writes the city's"
redis_of deliver qingxi-county xadd 'hy:{qingxi}:cmd' '*' cmd x | has NOPERM || fail "the county's delivery commands the city"
redis_of board qingxi xadd 'hy:{qingxixian}:cmd' '*' cmd x | has NOPERM || fail "the city's board commands the county"
redis_of board qingxi get 'hy:{qingxixian}:session:x' | has NOPERM || fail "the city reads the county's sessions"
redis acl log reset >/dev/null

# ---- the city looks down ----
same "who is below" "$(ask "$CITY" /subordinates)$(jq -r '.subordinates[].id' "$T/answer")" 200qingxixian
same "the county's incidents" "$(ask "$CITY" /subordinates/qingxixian/incidents)" 200
grep -q 化工厂 "$T/answer" || fail "the city does not see the county's matter: $(head -c 300 "$T/answer")"
id=$(jq -r '.incidents[0].id' "$T/answer")
same "one of them" "$(ask "$CITY" "/subordinates/qingxixian/incidents/$id")" 200
same "its numbers" "$(ask "$CITY" /subordinates/qingxixian/stats)" 200
[ "$(jq .incidents.incidents.n "$T/answer")" -ge 1 ] || fail "no incident counted: $(head -c 300 "$T/answer")"
one=$(jq .incidents.incidents.n "$T/answer")
same "numbers of all" "$(ask "$CITY" /subordinates/stats)$(jq .incidents.incidents.n "$T/answer")" "200$one"
same "rows behind them" "$(ask "$CITY" "/subordinates/qingxixian/stats/rows?set=incidents")" 200
same "an office that is not below" "$(ask "$CITY" /subordinates/qingxi/incidents)" 404
same "nothing to write" "$(curl -s -o /dev/null -w '%{http_code}' -X POST -H "Authorization: Bearer $TOKEN" \
    -d '{}' "http://$CITY/api/v1/subordinates/qingxixian/incidents/$id/commands")" 404
COUNTY_TOKEN=$(echo a-long-pass-phrase-4712 | in_county user add lin.yue --name 林悦 --roles duty >/dev/null &&
    in_county user token lin.yue --scope read)
TOKEN=$COUNTY_TOKEN
same "the county has nobody below" "$(ask "$COUNTY" /subordinates)$(jq '.subordinates | length' "$T/answer")" 2000
same "the county looks up" "$(ask "$COUNTY" /subordinates/qingxi/incidents)" 404

# ---- evidence: each archive has the pages of its own matters ----
item=$(redis --scan --pattern 'hy:{qingxixian}:item:*' | head -n 1 | sed 's/.*:item://')
captured() { in_county archive history "$item" | has '[0-9a-f]\{12\}'; }
eventually 60 captured
[ -f "$T/data/archive/archive.db" ] || fail "no common archive"
same "pages of the county whole" "$(in_county archive check >"$T/checked" && echo yes)" yes

# ---- broken rules of one ----
echo 'nonsense: [' >"$county/lexicon/broken.yaml"
echo '# a change' >>"$city/topics.yaml"
kill -HUP "$RUN"
kept() { grep 'role=analyze' "$T/err" | has 'event=rules_loaded.*offices=2.*kept=1'; }
eventually 30 kept
crawl_kept() { grep 'role=crawl' "$T/err" | has 'event=rules .*kept=1'; }
eventually 30 crawl_kept
rm "$county/lexicon/broken.yaml"

# ---- a backup holds both ----
"$HUIYING" backup -c "$T/offices" --data "$T/data" -o "$T/b.tar.zst" >/dev/null
stop_service
mv "$T/data" "$T/old"
"$HUIYING" restore "$T/b.tar.zst" --data "$T/data" --rules "$T/rules" >/dev/null
diff -r -x national "$T/offices" "$T/rules" || fail "the rules are not the offices'"
: >"$T/out"
"$HUIYING" run -c "$T/offices" --data "$T/data" >>"$T/out" 2>>"$T/err" &
RUN=$!
eventually 90 is_up
in_county user list | has lin.yue || fail "the county's account is gone"
has_blast county || fail "the county's incident is gone"
for o in qingxi qingxixian; do
    "$HUIYING" verify "$T/data/offices/$o/journal/$o.jsonl" >/dev/null || fail "journal of $o"
done
stop_service

# ---- one of them alone: lost here, or on its way to an installation of its own ----
before=$(sha256sum <"$T/data/offices/qingxi/journal/qingxi.jsonl")
lines=$(wc -l <"$T/data/offices/qingxixian/journal/qingxixian.jsonl")
mv "$T/data/offices/qingxixian" "$T/lost"
if "$HUIYING" restore "$T/b.tar.zst" --office nobody --data "$T/alone" 2>"$T/said"; then fail "restored nobody"; fi
grep -q "holds no office nobody" "$T/said" || fail "said: $(cat "$T/said")"
if "$HUIYING" restore "$T/b.tar.zst" --office qingxixian --data "$T/data/offices/qingxi" 2>"$T/said"; then
    fail "restored over another office"
fi
[ -z "$(find "$T" -maxdepth 3 -name '*.restore-*')" ] || fail "a refused restore left something"
"$HUIYING" restore "$T/b.tar.zst" --office qingxixian --data "$T/data/offices/qingxixian" >/dev/null
same "the other office's journal" "$(sha256sum <"$T/data/offices/qingxi/journal/qingxi.jsonl")" "$before"
: >"$T/out"
"$HUIYING" run -c "$T/offices" --data "$T/data" >>"$T/out" 2>>"$T/err" &
RUN=$!
eventually 90 is_up
in_county user list | has lin.yue || fail "the county's account did not come back"
has_blast county || fail "the county's incident did not come back"
caught_up() { [ "$(wc -l <"$T/data/offices/qingxixian/journal/qingxixian.jsonl")" -ge "$lines" ]; }
eventually 30 caught_up # what was written after the backup, from Redis
cmp <(head -n "$lines" "$T/data/offices/qingxixian/journal/qingxixian.jsonl") <(head -n "$lines" "$T/lost/journal/qingxixian.jsonl") ||
    fail "the county's journal is another one"
stop_service

"$HUIYING" restore "$T/b.tar.zst" --office qingxixian --data "$T/alone" --rules "$T/own" >/dev/null
diff -r "$T/offices/qingxi-county" "$T/own" || fail "the rules are not the county's"
mv "$T/data" "$T/data.of-all"
ln -s alone "$T/data" # where stop_service looks for Redis
: >"$T/out"
"$HUIYING" run -c "$T/own" --data "$T/alone" --listen "$COUNTY" >>"$T/out" 2>>"$T/err" &
RUN=$!
eventually 90 is_up
alone() { "$HUIYING" "$@" -c "$T/own" --data "$T/alone"; }
alone user list | has lin.yue || fail "alone without its account"
has_opened() { alone incident list --json | has '"id"'; }
eventually 20 has_opened # from the journal: its Redis began empty
"$HUIYING" verify "$T/alone/journal/qingxixian.jsonl" >/dev/null || fail "the journal of the one that moved out"
stop_service
