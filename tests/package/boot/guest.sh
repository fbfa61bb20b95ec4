#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What boot.sh checks within its machine, one function each: guest.sh FUNCTION [ARGUMENT...], as root.
# What one leaves for those after it stands in /root/kept (and outlives a cut of the power).
# Waits for things, never for time; $PATIENCE times as long where the machine is slow.
set -euo pipefail
cd /root
KEPT=/root/kept
mkdir -p $KEPT
export NO_COLOR=1 TERM=dumb DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
BOARD=http://127.0.0.1:8787
PASSWORD=a-long-pass-phrase-4711
ROLES="board deliver archive keep analyze crawl"

fail() {
    echo "$*"
    exit 1
}
eventually() { # SECONDS COMMAND...
    local limit=$((SECONDS + $1 * ${PATIENCE:-1} + 1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $limit ] || fail "did not happen in time: $*"
        sleep 0.1
    done
}
same() { [ "$2" = "$3" ] || fail "$1: got \"$2\", want \"$3\""; }
quietly() { "$@" >/root/said 2>&1 </dev/null || fail "$*: $(tail -n 30 /root/said)"; }
has() { grep -c "$@" >/dev/null; } # reads all of it, unlike grep -q

# ---- systemd, the journal, the service's processes ----

shows() { systemctl show -P "$1" "${2:-huiying}"; }
main_pid() { shows MainPID; }
journal() { journalctl -b -u huiying -o cat --no-pager; }
cursor() { journalctl -b -u huiying -n 0 --show-cursor -o cat | sed -n 's/^-- cursor: //p' >$KEPT/cursor; }
said_since() { journalctl --sync && journalctl -u huiying -o cat --no-pager --after-cursor "$(cat $KEPT/cursor)" | has "$@"; }
processes() { cat "/sys/fs/cgroup$(shows ControlGroup "${1:-huiying}")/cgroup.procs"; }
child() {
    case $1 in
    redis) pgrep -P "$(main_pid)" -f '^redis-server' ;;
    *) pgrep -P "$(main_pid)" -f "^huiying $1 " ;;
    esac
}
status_of() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
all_run() { [ "$(shows StatusText)" = "everything runs" ] && [ "$(shows ActiveState)" = active ] && is_ready; }

# ---- the board ----

http() { curl -sS -o /root/body -w '%{http_code}' "$@"; }
is_ready() { [ "$(http $BOARD/readyz)" = 200 ] && [ "$(http $BOARD/healthz)" = 200 ]; }
post() { curl -sS --fail-with-body -b $KEPT/cookies -c $KEPT/cookies -H 'Content-Type: application/json' --data-binary @- "$BOARD/api/v1/$1"; }
get() { curl -sS --fail-with-body -b $KEPT/cookies "$BOARD/api/v1/$1"; }
sign_in() { post login <<<"{\"id\":\"chen\",\"password\":\"$PASSWORD\"}" >/dev/null; }
link_token() { journal | sed -n 's/^首次设置.*setup#//p' | tail -n 1; }
incident() { cat $KEPT/incident; }
# What must not change by itself: incidents, their obligations with beginning and end, who acknowledged.
state() { get 'incidents?state=all' | jq -S '[.incidents[] | {id, title, state, level, ack, obligations: [.obligations[]? | {id, clock, start, due, state}]}]'; }
redis() {
    local url user password
    url=$(cat /var/lib/huiying/redis.url) user=${url#unix://} user=${user%%:*} password=${url#unix://*:}
    REDISCLI_AUTH=${password%%@*} redis-cli --user "$user" -s "${url#*@}" "$@"
}

# ---- the site that is watched ----

publish() { # NAME TITLE TEXT
    local day now rows
    day=$(TZ=CST-8 date +%F) now=$(TZ=CST-8 date '+%F %H:%M')
    cat >"/srv/site/$1.html" <<EOF
<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>$2</title></head><body>
<h1>$2</h1><p class="info">发布时间：$now　来源：本地新闻网</p><div class="content"><p>$3</p></div></body></html>
EOF
    echo "<li><a href=\"/$1.html\">$2</a><span>$day</span></li>" >>/srv/site/rows
    rows=$(tac /srv/site/rows)
    cat >/srv/site/.new <<EOF
<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>本地新闻</title></head><body>
<ul class="list">$rows</ul></body></html>
EOF
    mv /srv/site/.new /srv/site/index.html
}
ordinary_days() {
    local n=0 title
    for title in 市图书馆周末开放时间延长 三条公交线路优化调整 冬季流感疫苗开始接种 滨河公园增设休息座椅 \
        职业学院新开三个专业 农民丰收文艺汇演举行 半程马拉松报名开启 老旧小区加装电梯一百台; do
        n=$((n + 1))
        publish "day-$n" "$title" "记者从有关部门获悉，${title}，欢迎市民前往了解，具体安排可通过服务热线咨询。"
    done
}

# ---- installing and setting up ----

apt_get() { quietly apt-get -o APT::Get::Assume-Yes=true --no-install-recommends "$@"; }

installs() {
    apt_get install /root/parcel/huiying_*.deb /root/parcel/huiying-notify_*.deb
    same "the service, installed" "$(systemctl is-active huiying) $(systemctl is-enabled huiying)" "inactive disabled"
    same "/var/lib/huiying" "$(stat -c '%U:%G %a' /var/lib/huiying)" "huiying:huiying 700"
    quietly systemd-analyze verify --man=no huiying.service huiying-role@keep.service
    [ ! -s /root/said ] || fail "systemd-analyze verify: $(cat /root/said)"
    quietly huiying check
}

waits_to_be_set_up() {
    ordinary_days
    quietly systemctl enable --now huiying
    same "what systemctl status says" "$(shows StatusText)" "waits for the first set-up"
    [ -n "$(link_token)" ] || fail "no link in the journal"
    same "/healthz" "$(http $BOARD/healthz)" 503
}

is_set_up() {
    local answer command
    answer=$(post setup <<EOF
{"token":"$(link_token)","account":{"id":"chen","name":"陈","password":"$PASSWORD"},
 "office":{"id":"bare","name":"测穗市","level":"city","division":"440100","contact":"a@example.cn"},
 "sources":[{"name":"本地新闻网","kind":"list","url":"http://127.0.0.1:8099/","allow_private":true}],
 "people":[{"id":"chen","name":"陈","roles":["duty","supervisor"]}]}
EOF
    ) || fail "the set-up is refused: $answer"
    command=$(jq -r .command <<<"$answer")
    quietly bash -c "${command#sudo }"
    eventually 60 all_run
    same "how often systemd started it" "$(shows NRestarts)" 0
}

signs_in() {
    same "the page" "$(http $BOARD/)" 200
    has -i '<!doctype html>' </root/body || fail "no page: $(head -c 300 /root/body)"
    sign_in
    same "who is signed in" "$(get me | jq -r .id)" chen
    same "a stranger" "$(http $BOARD/api/v1/incidents)" 401
}

has_looked() { ! huiying status | has '^!'; }
is_healthy() {
    eventually 90 has_looked
    quietly huiying status
    quietly huiying verify
    is_ready || fail "not ready: $(cat /root/body)"
}

# ---- locked in ----

is_hardened() {
    local pid user n=0
    user=$(id -u huiying)
    for pid in $(processes); do
        same "user of $pid" "$(status_of "$pid" Uid)" "$user"
        same "capabilities of $pid" "$(status_of "$pid" CapEff) $(status_of "$pid" CapBnd)" "0000000000000000 0000000000000000"
        same "new privileges, filter of $pid" "$(status_of "$pid" NoNewPrivs) $(status_of "$pid" Seccomp)" "1 2"
        n=$((n + 1))
    done
    [ $n -ge 8 ] || fail "only $n processes"
    inside() { nsenter -m -t "$(main_pid)" "$@" 2>&1; }
    if inside touch /etc/huiying/x; then fail "/etc can be written"; fi
    if inside touch /home/x; then fail "/home can be written"; fi
    if inside ls /dev/vda; then fail "the disk can be seen"; fi
    inside sh -c 'touch /var/lib/huiying/x && rm /var/lib/huiying/x' || fail "the data directory cannot be written"
}

redis_is_private() {
    local url role password
    url=$(cat /var/lib/huiying/redis.url)
    same "mode of the socket" "$(stat -c '%U %a' "${url#*@}")" "huiying 600"
    same "mode of its address" "$(stat -c '%U %a' /var/lib/huiying/redis.url)" "huiying 600"
    redis-cli -s "${url#*@}" ping 2>&1 | has NOAUTH || fail "Redis answers a stranger"
    [ -z "$(ss -ltnpH | grep -v -E '127.0.0.1:(6379|8787|8099)|\[::1\]:6379')" ] || fail "listens: $(ss -ltnpH)"
    same "mode of its users" "$(stat -c '%U %a' /var/lib/huiying/redis/users.acl)" "huiying 600"
    for role in $ROLES; do
        tr '\0' '\n' <"/proc/$(child "$role")/environ" | has "^HUIYING_REDIS=unix://huiying-$role:" || fail "$role is not a user of its own"
    done
    same "refused by Redis" "$(redis acl log)" ""
    # the crawler, taken over, reads nothing of the keeper's
    url=$(tr '\0' '\n' <"/proc/$(child crawl)/environ" | sed -n 's/^HUIYING_REDIS=//p') password=${url#unix://*:}
    REDISCLI_AUTH=${password%%@*} redis-cli --user huiying-crawl -s "${url#*@}" xlen 'hy:{bare}:journal' 2>&1 | has NOPERM ||
        fail "the crawler can read the journal"
}

# Forked anew when it dies: what the new one asks of the kernel, and what it gets.
reader_is_locked() {
    local crawl keeper reader
    has landlock /sys/kernel/security/lsm || fail "this kernel has no landlock: $(cat /sys/kernel/security/lsm)"
    crawl=$(child crawl) keeper=$(pgrep -P "$crawl" | head -n 1) reader=$(pgrep -P "$keeper" | head -n 1)
    [ "$(status_of "$reader" Seccomp_filters)" -gt "$(status_of "$crawl" Seccomp_filters)" ] || fail "the reader has no filter of its own"
    strace -f -q -o /root/trace -e trace=landlock_restrict_self,seccomp -p "$keeper" >/root/said 2>&1 </dev/null &
    # shellcheck disable=SC2064
    trap "kill -9 $!" EXIT # asked politely it may wait for a call of the keeper's to end, which sleeps
    attached() { [ "$(status_of "$keeper" TracerPid)" != 0 ]; }
    eventually 10 attached
    kill -9 "$reader"
    filtered() { has 'seccomp(SECCOMP_SET_MODE_FILTER, [^,]*, {.*) *= 0' </root/trace; }
    eventually 20 filtered
    has 'landlock_restrict_self(.*) *= 0' </root/trace || fail "no landlock: $(cat /root/trace)"
}

has_its_figure() {
    local stated
    stated=$(sed -n 's/^`systemd-analyze security .*` says \([0-9.]*\) .*/\1/p' parcel/SECURITY.md)
    for unit in huiying.service huiying-role@keep.service; do
        same "$unit" "$(systemd-analyze security "$unit" --no-pager | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')" "$stated"
    done
}

# ---- at work ----

reloads() {
    local pid sources=/etc/huiying/office/sources.yaml
    pid=$(main_pid)
    cp $sources $KEPT/sources.yaml
    cursor
    printf '  - id: wrong\n    kind: nonsense\n' >>$sources
    systemctl reload huiying
    eventually 30 said_since 'event=rules_kept'
    cp $KEPT/sources.yaml $sources
    cat >>$sources <<EOF
  - {id: fast, name: 本地新闻网 · 快讯, kind: list, url: "http://127.0.0.1:8099/index.html", gap: 200ms, visit_min: 3s, visit_max: 6s, allow_private: true}
EOF
    quietly huiying check
    cursor
    systemctl reload huiying
    eventually 30 said_since 'role=crawl event=rules '
    eventually 30 said_since 'role=keep event=rules_loaded'
    same "main process, restarts" "$(main_pid) $(shows NRestarts)" "$pid 0"
    eventually 30 all_run
}

sees_a_page() {
    publish boom 天河区一化工厂发生爆炸致3人死亡 "今天下午，广州市天河区一化工厂发生爆炸，现场浓烟滚滚，已造成3人死亡、5人受伤，消防正在救援。"
    opened() { get 'incidents?state=open' | jq -e '.incidents | map(select(.title | contains("爆炸"))) | length == 1'; }
    eventually 120 opened
    get 'incidents?state=open' | jq -r '.incidents[0].id' >$KEPT/incident
    get "incidents/$(incident)" >/root/body
    same "clocks that run" "$(jq '[.obligations[] | select(.state == "open" and .due > .start)] | length > 0' /root/body)" true
}

is_acknowledged() {
    local id
    id=$(tr -d - </proc/sys/kernel/random/uuid)
    post "incidents/$(incident)/commands" <<<"{\"id\":\"$id\",\"verb\":\"ack\",\"args\":{}}" >/root/body || fail "$(cat /root/body)"
    same "acknowledged by" "$(get "incidents/$(incident)" | jq -r .ack.by)" chen
    huiying journal cat | has "\"cmd\":\"$id\"" || fail "the command does not stand in the journal"
    quietly huiying verify
}

logs_logfmt() {
    local item
    journalctl --sync
    journalctl -b _SYSTEMD_UNIT=huiying.service -o json --no-pager | jq -r '"\(.PRIORITY) \(.MESSAGE)"' >/root/lines
    grep ' ts=' /root/lines >/root/logfmt
    [ "$(wc -l </root/logfmt)" -gt 20 ] || fail "only few lines"
    if grep -vE '^[0-7] ts=[^ ]+ level=(error|warn|info|debug) role=[a-z]+ event=[a-z_]+( [a-z_]+=("([^"\\]|\\.)*"|[^ "]+))*$' /root/logfmt; then fail "not logfmt"; fi
    grep -qE '^3 .* level=error ' /root/logfmt || fail "no error has the priority of one: $(grep level=error /root/logfmt | head -n 3)"
    if grep -E '^[^6] .* level=info ' /root/logfmt; then fail "not the priority of level=info"; fi
    # else: links to the board, and what huiying check says of wrong rules
    if grep -vE ' ts=|首次设置|看板|还没有写好|\.yaml:[0-9]+:|^6 +[0-9]* \|' /root/lines; then fail "neither logfmt nor for a person"; fi
    # what made the incident is followed by one id: found worth it by one role, taken in by another
    item=$(sed -n "s/.* type=item incident=$(incident) item=\([^ ]*\).*/\1/p" /root/logfmt | head -n 1)
    same "roles that tell of item $item" "$(grep " item=$item" /root/logfmt | grep -oE 'role=[a-z]+' | sort -u | xargs)" "role=analyze role=keep"
}

heals() {
    local role old
    for role in $ROLES redis; do
        old=$(child "$role")
        kill -9 "$old"
        came_back() { [ "$(child "$role")" != "$old" ] && [ -n "$(child "$role")" ]; }
        eventually 30 came_back
        eventually 60 is_ready
    done
    same "restarts of the unit" "$(shows NRestarts)" 0
    eventually 60 has_looked
    get "incidents/$(incident)" >/root/body || fail "the incident is gone"
    quietly huiying verify
}

backs_up() {
    mkdir -p /srv/backup
    quietly huiying backup -o /srv/backup/huiying.tar.zst
    same "the backup" "$(stat -c '%U %a' /srv/backup/huiying.tar.zst)" "root 600"
    state >$KEPT/state.backup
}

# ---- the main process, the machine ----

restarted() { # OLD_PID
    [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && all_run
}
nothing_of() { # PID...: none of them is left
    local pid
    for pid in "$@"; do [ ! -d "/proc/$pid" ] || fail "left over: $pid $(tr '\0' ' ' </proc/"$pid"/cmdline)"; done
}

frozen_is_restarted() {
    local old all
    old=$(main_pid) all=$(processes)
    remembers
    kill -STOP "$old"
    eventually 200 restarted "$old"
    # shellcheck disable=SC2086
    nothing_of $all
    journalctl -b --no-pager -o cat _PID=1 | has 'huiying.service: Watchdog timeout' || fail "not by its watchdog"
    is_as_remembered
}

killed_is_restarted() {
    local old all
    old=$(main_pid) all=$(processes)
    kill -9 "$old"
    eventually 60 restarted "$old"
    # shellcheck disable=SC2086
    nothing_of $all
    is_as_remembered
}

remembers() { state >$KEPT/state; }
is_as_remembered() {
    eventually 90 all_run
    sign_in
    diff <(state) $KEPT/state || fail "incidents or clocks are not as they were"
    quietly huiying verify
}

# Notes, one after the other, as fast as they are acknowledged; what was goes out of the machine at once.
pours_in() { # CUT
    cat >/root/pour <<EOF
n=0
while n=\$((n + 1)); do
    huiying incident note $(incident) "note $1.\$n." --as chen >/dev/null && echo "$1.\$n" >/dev/virtio-ports/told
done
EOF
    bash /root/pour >/root/poured 2>&1 </dev/null &
}

lost_nothing() { # NOTE...
    local note
    eventually 90 all_run
    sign_in
    huiying journal cat >/root/journal
    for note in "$@"; do has "note $note\\." </root/journal || fail "acknowledged and lost: note $note of $#"; done
    quietly huiying verify
    get "incidents/$(incident)" >/root/body || fail "the incident is gone"
    eventually 60 has_looked
}

# ---- another version, a restored one ----

is_upgraded() {
    local old
    old=$(main_pid)
    remembers
    echo '# our own line' >>/etc/huiying/office/sources.yaml
    sha256sum /etc/huiying/office/* /etc/default/huiying >$KEPT/rules
    apt_get install /root/parcel/new/huiying_*.deb
    dpkg-query -W -f '${Version}' huiying | has '+boot' || fail "not upgraded"
    eventually 60 restarted "$old"
    quietly sha256sum -c $KEPT/rules
    is_as_remembered
}

# The block of the runbook, with the name of the backup.
is_restored() {
    systemctl stop huiying
    rm -rf /var/lib/huiying.old
    mv /var/lib/huiying /var/lib/huiying.old
    install -d -m 700 -o huiying -g huiying /var/lib/huiying
    quietly huiying restore /srv/backup/huiying.tar.zst --data /var/lib/huiying
    quietly systemctl start huiying
    eventually 60 all_run
    quietly huiying verify
    sign_in
    diff <(state) $KEPT/state.backup || fail "not as it was backed up"
    same "files that are not the service's" "$(find /var/lib/huiying ! -user huiying)" ""
}

# ---- a person's desktop ----

as_person() { runuser -u person -- env XDG_RUNTIME_DIR="/run/user/$(id -u person)" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$(id -u person)/bus" DISPLAY=:7 HOME=/home/person "$@"; }

alerts_on_a_desktop() {
    local home=/home/person
    install -d -o person -g person $home/.config $home/.config/huiying
    echo $BOARD >$home/.config/huiying/server
    (umask 077 && huiying user token chen | grep -o 'hy_[^ ]*' >$home/.config/huiying/token)
    chown -R person: $home/.config
    loginctl enable-linger person
    eventually 30 as_person systemctl --user is-active dbus.socket
    systemd-run -q --uid=person --unit=screen Xvfb :7
    eventually 30 test -e /tmp/.X11-unix/X7
    as_person systemctl --user import-environment DISPLAY
    # what a desktop does when its session has come up
    printf '[Unit]\nBindsTo=graphical-session.target\n' >/etc/systemd/user/desktop.target
    as_person systemctl --user daemon-reload
    as_person systemctl --user start desktop.target
    eventually 30 as_person systemctl --user is-active huiying-notify
    publish fire 越秀区一商场发生火灾致4人死亡 "今天下午，广州市越秀区一商场发生火灾，现场浓烟滚滚，已造成4人死亡、6人受伤，消防正在救援。"
    displayed() { as_person dunstctl count displayed | grep -qv '^0$'; }
    eventually 120 displayed
    received() { journalctl _UID="$(id -u person)" -o cat --no-pager | has 'event=receipt.*state=shown'; }
    eventually 60 received
    as_person systemctl --user stop desktop.target
    stopped() { ! as_person systemctl --user is-active huiying-notify; }
    eventually 30 stopped
    loginctl disable-linger person
}

# ---- roles as units of their own ----

role_runs() { [ "$(shows ActiveState "huiying-role@$1")" = active ]; }
runs_in_parts() {
    local role
    remembers
    quietly systemctl disable --now huiying
    rm -rf /root/huiying-redis
    quietly huiying acl --out /root/huiying-redis --redis redis://127.0.0.1:6379
    install -m 600 -o redis -g redis /root/huiying-redis/users.acl /etc/redis/users.acl
    sed -i '/^aclfile/d' /etc/redis/redis.conf && echo 'aclfile /etc/redis/users.acl' >>/etc/redis/redis.conf
    quietly systemctl restart redis-server
    install -d -m 755 /etc/huiying/redis
    install -m 600 /root/huiying-redis/*.env /etc/huiying/redis/
    for role in $ROLES; do quietly systemctl enable --now "huiying-role@$role"; done
    eventually 90 is_ready
    sign_in
    for role in $ROLES; do
        role_runs "$role" || fail "huiying-role@$role: $(shows ActiveState "huiying-role@$role")"
        same "restarts of $role" "$(shows NRestarts "huiying-role@$role")" 0
    done
    diff <(state) $KEPT/state || fail "the record was not taken over"
}

parts_are_watched() {
    local role old
    for role in keep board; do
        old=$(shows MainPID "huiying-role@$role")
        kill -STOP "$old"
        anew() { [ "$(shows MainPID "huiying-role@$role")" != "$old" ] && role_runs "$role"; }
        eventually 200 anew
        eventually 60 is_ready
    done
    # over a minute has passed: who does not feed its watchdog was restarted too
    for role in $ROLES; do
        same "restarts of $role" "$(shows NRestarts "huiying-role@$role")" "$([[ $role = keep || $role = board ]] && echo 1 || echo 0)"
        quietly systemctl disable --now "huiying-role@$role"
    done
}

# ---- the end ----

no_trace() {
    same "units" "$(systemctl list-unit-files --no-legend 'huiying*')$(systemctl list-units --all --no-legend 'huiying*')" ""
    same "processes" "$(pgrep -u huiying -a)" ""
    same "failed units" "$(systemctl --failed --no-legend)" ""
    same "links" "$(find /etc/systemd /run/systemd -name '*huiying*')" ""
}
record() { find /var/lib/huiying -name '*.jsonl' -exec sha256sum {} + | sort; }

is_removed() {
    quietly systemctl enable --now huiying
    eventually 60 all_run
    sign_in
    remembers
    quietly systemctl enable huiying-role@crawl # as where one machine helps out another
    apt_get remove huiying huiying-notify
    no_trace
    [ -e /etc/huiying/office/office.yaml ] || fail "the rules are gone"
    record | has journal || fail "the record is gone"
}

comes_back() {
    apt_get install /root/parcel/huiying_*.deb
    quietly systemctl enable --now huiying
    is_as_remembered
}

is_purged() {
    systemctl stop huiying
    record >$KEPT/record
    systemctl start huiying
    eventually 60 all_run
    apt_get purge huiying huiying-notify
    no_trace
    same "left behind" "$(find /etc /usr /lib/systemd /run -name '*huiying*' ! -path '/etc/huiying/redis*' ! -path /etc/huiying)" ""
    record | has journal || fail "the record is gone"
    [ ! -e /etc/huiying/office ] || fail "left behind: $(find /etc/huiying/office)"
}

"$@"
