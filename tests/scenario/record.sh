#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The record of a day as an inspector meets it.  What the crawler found, people did and the clocks said
# goes out as log, package and reports and is checked with other people's tools only: a fire answered
# too late by a notice that the crawler found and that was changed afterwards, a reprint in time and
# one too late, a clock waived by two people, one incident merged into another, a page that went.
. tests/scenario/lib.sh

# An afternoon in November, going on as the machine's clock does and shifted now and then; the sites
# read the same file.
SHIFT=$(($(date -u -d 2026-11-25T06:00:00Z +%s%3N) - $(date +%s%3N)))
tick() { echo $(($(date +%s%3N) + $(cat "$T/shift"))) >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
pass() { SHIFT=$((SHIFT + $1 * 60000)) && echo $SHIFT >"$T/shift"; } # MINUTES
pass 0
tick
(while tick 2>/dev/null; do sleep 0.1; done) &
STARTED+=($!)
export HUIYING_TEST_CLOCK=$T/clock
ago() { date -u -d "@$(($(cat "$T/clock") / 1000 - $1 * 60))" +%Y-%m-%dT%H:%M:%SZ; } # MINUTES

control() { curl -sf "http://127.0.0.1:$((PORTS + 9))/$1" -d "$2"; }
publish() { # SITE MINUTES-AGO TITLE TEXT: prints its number there
    control publish "$(jq -n --arg s "$1" --arg p "$(ago "$2")" --arg t "$3" --arg x "$4" \
        '{site: $s, published: $p, title: $t, text: $x, column: "tzgg"}')" | jq -r .id
}
hy() { local c=$1 && shift && "$HUIYING" "$c" "$@" -c "$T/office" --data "$T/data"; }
act() { hy incident "$@" >"$T/said" 2>&1 || fail "incident $*: $(cat "$T/said")"; }
id_of() { hy incident list --all --json | jq -r "select(.title | test(\"$1\")) | .id" | head -n 1; }
is_there() { [ "$(id_of "$1")" ]; }
found() { hy incident show "$1" --json | jq -e '.found[0].state == "proposed"'; }

office
start_sites --clock-file "$T/clock" --story-start-delay 999999
start_service

# ---- what happened, and what people did ----
post=$(publish forum 420 清溪县滨河路一仓库起火，三人受伤 今天清溪县滨河路一仓库起火，已造成3人受伤，消防正在现场处置。)
publish forum 70 江口区多个小区停水两天没人管 江口区鹿鸣街道多个小区已经停水两天，居民打不通电话，老人小孩用水困难，盼有关部门答复。 >/dev/null
publish news 45 江口区鹿鸣街道一餐馆起火，两人受伤 江口区鹿鸣街道一餐馆发生火灾，造成2人受伤，消防已到场。 >/dev/null
for what in 仓库起火 停水 餐馆; do eventually 120 is_there $what; done
fire=$(id_of 仓库起火) water=$(id_of 停水) meal=$(id_of 餐馆)
act confirm "$fire" --kind emergency --as lin.yue
act level "$fire" 2 --reason 多人受伤，影响较大 --as gu.wen
reminded() { hy incident show "$fire" --json | jq -e '.notices[] | select(.clock == "H5" and .step == "late")'; }
eventually 30 reminded # its five hours were over when it got its level
act assign "$fire" emergency_bureau --support news_office --as gu.wen
act confirm "$water" --kind opinion --as lin.yue
act assign "$water" government_office --as gu.wen
act confirm "$meal" --kind opinion --as lin.yue

cat >"$T/reprints.csv" <<END
编号,标题,网址,源站发布时间,承办单位
ZZ-1,省政府办公厅印发防汛抗旱应急预案的通知,https://www.yunchuan.example/zfwj/1.html,$(ago 1600),政府办公室
ZZ-2,省政府关于稳定就业若干措施的意见,https://www.yunchuan.example/zfwj/2.html,$(ago 60),政府办公室
END
hy case import "$T/reprints.csv" --kind 转载 --as gu.wen >"$T/said" || fail "$(cat "$T/said")"
day=$(date -u -d "@$(($(cat "$T/clock") / 1000 + 8 * 3600))" +%Y%m%d)
notice=$(publish gov 30 关于清溪县滨河路仓库火灾的情况通报 今天清溪县滨河路一仓库发生火灾，造成3人受伤，均已送医，无生命危险。县委县政府高度重视，消防、应急、卫健部门第一时间到场处置，明火已扑灭。起火原因正在调查。)
publish gov 10 转载：省政府办公厅印发防汛抗旱应急预案的通知 现将省政府办公厅印发的防汛抗旱应急预案转载如下。来源：https://www.yunchuan.example/zfwj/1.html >/dev/null
publish gov 5 省政府关于稳定就业若干措施的意见 为稳定就业，提出以下措施。 >/dev/null
for id in "$fire" "R$day-0001" "R$day-0002"; do
    eventually 90 found "$id"
    act respond "$id" --found F1 --as zhou.an
done
act waive "$water" H48 --basis 涉及在侦案件，按公安机关意见暂不发布 --approver shen.qing --as gu.wen
! hy incident approve "$water" W1 --as gu.wen 2>"$T/said" || fail "one person waived alone"
act approve "$water" W1 --as shen.qing
act merge "$meal" "$fire" --reason 同一起火灾 --as gu.wen

# ---- half an hour later the notice says five, and the first post is gone ----
control change "{\"id\": $notice, \"text\": \"今天清溪县滨河路一仓库发生火灾，造成5人受伤，均已送医，无生命危险。县委县政府高度重视，消防、应急、卫健部门第一时间到场处置，明火已扑灭。起火原因正在调查。\"}" >/dev/null
control remove "{\"id\": $post}" >/dev/null
pass 45
edited() { hy incident show "$fire" --json | jq -e '.found[0].edits[0].changes[0].to == "5"'; }
eventually 120 edited
first=$(hy incident show "$fire" --json | jq -r '.items[0].id')
gone() { hy archive history "$first" | grep -c 页面消失; }
eventually 120 gone

# ---- the log: each row what happened, each selection what it says ----
hy export --kind all --format jsonl --header en -o "$T/log.jsonl"
row() { jq -r --arg o "$1" "select(.obligation == \$o) | $2" "$T/log.jsonl"; } # OBLIGATION FILTER
same "the fire's five hours" "$(row "$fire/H5" .result)" late
minutes=$(row "$fire/H5" .minutes)
[ "$minutes" -ge -92 ] && [ "$minutes" -le -88 ] || fail "answered 90 minutes late: $minutes"
same "the page that ended it" "$(row "$fire/H5" .corrected)" "page changed"
same "who entered it" "$(row "$fire/H5" .entered_by)" zhou.an
same "its overdue reminder" "$(row "$fire/H5" '.steps | test("(^|；)late 2026")')" true
same "the six times" "$(row "$fire/H5" '[.first_public, .detected, .confirmed, .graded, .assigned | . != ""] | all')" true
same "the ledger" "$(row "$fire/H5" '[.fetched, .scored, .alerted, .acknowledged, .responded | . != ""] | all')" true
same "the ledger's order" "$(row "$fire/H5" '[.first_public, .fetched, .scored, .alerted, .acknowledged] | . == sort')" true
same "coverage" "$(row "$fire/CONT" '.coverage | test("^[0-9.]+%（[0-9]+个来源）$")')" true
same "the old reprint" "$(row "R$day-0001/RPT" '.result + .form')" latereprint
same "the new one" "$(row "R$day-0002/RPT" .result)" met
same "the waiver" "$(row "$water/H48" '.result + " " + .waiver_approver')" "waived shen.qing"
same "the merged one" "$(row "$meal/H48" '.result + " " + .reason')" "superseded 并案 $fire"
count() { hy export --kind all --format jsonl "$@" | wc -l; }
same "by clock" "$(count --clock RPT)" 2
same "by result" "$(count --result late)" 2
same "by unit" "$(count --unit 应急管理局)" "$(jq -s '[.[] | select(.lead == "应急管理局")] | length' "$T/log.jsonl")"
same "by time" "$(count --from "$(ago 300)" --to "$(ago 60)")" \
    "$(jq -s --arg a "$(ago 300)" --arg b "$(ago 60)" 'def t: sub("(\\.[0-9]+)?\\+08:00$"; "Z") | fromdate - 28800;
        [.[] | (.start | t) as $s | select($s >= ($a | fromdate) and $s < ($b | fromdate))] | length' "$T/log.jsonl")"
same "by number" "$(hy export "$water" --format jsonl | wc -l)" 1
hy export --kind all --format xlsx -o "$T/a.xlsx"
same "as the journal alone says" "$("$HUIYING" export --journal "$T/data/journal/qingxi.jsonl" --kind all --format jsonl --header en --result late | cksum)" \
    "$(hy export --kind all --format jsonl --header en --result late | cksum)"

# ---- the reports name what was done ----
says() { hy report "$@" -o "$T/report" && grep -q "$TEXT" "$T/report" || fail "report $* does not say \"$TEXT\""; }
TEXT="并入的事件</dt><dd class=\"wide\">$meal" says incident "$fire"
TEXT="并入 $fire" says incident "$meal"
TEXT='发布后修改</td><td>受伤人数</td><td>3</td><td>5' says incident "$fire"
TEXT='批准人：沈青' says accountability "$water"
TEXT='超时 1小时' says flash "$fire"
TEXT='清溪论坛' says flash "$fire"
TEXT='按公安机关意见暂不发布</td><td>沈青' says quarterly --from "$(date -u -d "@$(($(cat "$T/clock") / 1000 + 28800))" +%Y-%m-01)"
TEXT='5小时内发布权威信息：<span class="late">超时 1小时' says daily
TEXT="超时的事项.*省政府办公厅印发防汛抗旱应急预案的通知<br>.*超时 2小时" says quarterly --from "$(date -u -d "@$(($(cat "$T/clock") / 1000 + 28800))" +%Y-%m-01)"
TEXT='回应前24小时' says evaluation "$fire"

# ---- the package, by the commands that it names, in a shell without us ----
hy archive package "$fire" -o "$T/p.zip" >/dev/null
unzip -qd "$T/p" "$T/p.zip"
cd "$T/p/huiying-$fire"
awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' VERIFY.txt >"$T/verify.sh"
verify() { env -i PATH=/usr/bin:/bin sh "$T/verify.sh" 2>&1 | grep -v ^最后一条; }
same "the package as it came" "$(verify || :)" ""
grep -q '^删 .*造成3人受伤' changes/* && grep -q '^增 .*造成5人受伤' changes/* || fail "no readable difference: $(cat changes/*)"
grep -q '页面消失' changes/* || fail "that the post is gone is not there"
hash=$(row "$fire/H5" .hash)
grep -q 造成3人受伤 "texts/$hash.txt" || fail "the text whose hash stands in the log"
python3 "$OLDPWD/tests/archive/warc.py" pages.warc.gz >"$T/warc" || fail "$(cat "$T/warc")"
same "the page that went" "$(grep -c "thread-$post-1-1.html 404" "$T/warc")" 1
sed -i 's/造成3人受伤/造成2人受伤/' "texts/$hash.txt"
verify >"$T/said" || :
grep -q "$hash.txt 与文件名不符" "$T/said" || fail "another text was not noticed"
sed -i '3s/"by":"[a-z.]*"/"by":"nobody"/; 3s/林悦/林说/; 3s/"at":"20/"at":"21/' journal/lines.jsonl
verify >"$T/said" || :
grep -q '条日志被改动过' "$T/said" || fail "an edited line was not noticed"
cd "$OLDPWD"

# ---- the head: a file a day, a request for a time stamp, a message to the auditor ----
head=$T/data/heads/qingxi
openssl ts -query -in "$(find "$T/data/heads" -name '*.tsq' | head -n 1)" -text >"$T/tsq" 2>/dev/null
grep -q 'Hash Algorithm: sha256' "$T/tsq" || fail "$(cat "$T/tsq")"
lines() { wc -l <"$head.jsonl"; }
before=$(lines)
pass 1440
published() { [ "$(lines)" -gt "$before" ]; }
eventually 60 published
told() { redis xrange 'hy:{qingxi}:notices' - + >"$T/notices" && grep '"step":"head-' "$T/notices" | grep -c pei.jian; }
eventually 60 told
"$HUIYING" verify --heads "$head.jsonl" "$T/data/journal/qingxi.jsonl" >"$T/said" || fail "$(cat "$T/said")"
grep -q '已证明：.*与留存的哈希一致' "$T/said" || fail "$(cat "$T/said")"
kill "$SITES"
eventually 10 is_gone "$SITES"
SITES=
stop_service
