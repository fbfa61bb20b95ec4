#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The packages on a bare Debian 12: installed, used as an administrator would, upgraded, removed.
# bare.sh DIR [MIRROR]: DIR holds the .deb files; root and debootstrap are needed.  Nothing outside a
# temporary directory changes.  There is no systemd in a bare root, so what the unit would start is
# started here by its ExecStart line, as its user.
set -euo pipefail
debs=$(realpath "${1:?bare.sh DIR [MIRROR]}")
mirror=${2:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)}
root=$(mktemp -d) && chmod 755 "$root"
service=''

finish() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || :
    for m in proc dev/null dev/random dev/urandom; do umount "$root/$m" 2>/dev/null || :; done
    rm -rf --one-file-system "$root"
}
trap finish EXIT
ok() { printf 'ok   %s\n' "$*"; }
fail() {
    printf 'FAIL %s\n' "$*" >&2
    exit 1
}
in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
as_service() { in_root setpriv --reuid huiying --regid huiying --clear-groups env HUIYING_CONFIG=/etc/huiying/office HUIYING_DATA=/var/lib/huiying "$@"; }
quietly() { "$@" >"$root.log" 2>&1 || { tail -n 30 "$root.log" >&2; fail "$*"; }; }

quietly debootstrap --variant=minbase bookworm "$root" "$mirror"
cp -a /etc/apt/. "$root/etc/apt/"
mount -t proc proc "$root/proc" 2>/dev/null || :
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$debs"/huiying*.deb "$root/tmp/"
quietly in_root apt-get update
quietly in_root sh -c 'apt-get install -y --no-install-recommends /tmp/huiying*.deb'
ok "installed on a bare Debian 12"

in_root huiying check >"$root.log" || fail "the office as installed does not pass: $(cat "$root.log")"
ok "the installed office passes huiying check"
[ "$(in_root stat -c '%U %a' /var/lib/huiying)" = "huiying 700" ] || fail "/var/lib/huiying: $(in_root stat -c '%U %a' /var/lib/huiying)"
ok "/var/lib/huiying belongs to huiying alone"
for f in /usr/share/man/man1/huiying.1.gz /usr/share/bash-completion/completions/huiying \
    /usr/share/zsh/vendor-completions/_huiying /usr/share/fish/vendor_completions.d/huiying.fish \
    /lib/systemd/system/huiying.service /usr/lib/systemd/user/huiying-notify.service; do
    [ -e "$root$f" ] || [ -e "$root/usr$f" ] || fail "missing: $f"
done
bash -n "$root/usr/share/bash-completion/completions/huiying"
ok "units, man pages and completions are there"

start() {
    as_service huiying run --listen 127.0.0.1:8797 >"$root.run" 2>&1 &
    service=$!
    for _ in $(seq 300); do
        grep -q 'everything runs' "$root.run" && return
        kill -0 $service 2>/dev/null || { tail -n 20 "$root.run" >&2; fail "the service does not start"; }
        sleep 0.1
    done
    tail -n 20 "$root.run" >&2
    fail "the service is not ready after 30 s"
}
stop() {
    kill -TERM "$(pgrep -o -P $service huiying || echo $service)" 2>/dev/null || kill -TERM $service
    wait $service || :
    service=''
}
# Nobody has touched the installed files: the service waits, and the guided set-up fills them in.
setup() {
    curl -sf -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:8797/api/v1/setup
}
as_service huiying run --listen 127.0.0.1:8797 >"$root.run" 2>&1 &
service=$!
for _ in $(seq 100); do ! grep -q 'setup#' "$root.run" || break; sleep 0.1; done
token=$(grep -o 'setup#.*' "$root.run" | cut -d'#' -f2) || fail "no link: $(cat "$root.run")"
answer=$(setup <<EOF
{"token":"$token","account":{"id":"chen","name":"陈","password":"a-long-pass-phrase-4711"},
 "office":{"id":"bare","name":"测穗市","level":"city","division":"440100","contact":"a@example.cn"},
 "sources":[{"name":"通知","kind":"list","url":"http://127.0.0.1:1/","allow_private":true}],
 "people":[{"id":"chen","name":"陈","roles":["duty"]}]}
EOF
) || fail "the set-up is refused: $(tail -n 5 "$root.run")"
grep -q '某某市' "$root/etc/huiying/office/office.yaml" || fail "the service wrote into /etc"
command=$(jq -r .command <<<"$answer")
in_root ${command#sudo } || fail "$command"
for _ in $(seq 300); do ! grep -q 'everything runs' "$root.run" || break; sleep 0.1; done
grep -q 'everything runs' "$root.run" || fail "it does not go on after the set-up: $(tail -n 20 "$root.run")"
grep -q '测穗市' "$root/etc/huiying/office/office.yaml" || fail "the placeholders are still there"
ok "an installed service is set up in the browser, its placeholders are filled in"
stop
start
ok "the service runs as its user"
in_root sh -c 'echo a-long-pass-phrase-4711 | huiying user add zhuguan --name 主管 --roles supervisor,approver' >"$root.log" 2>&1 ||
    fail "huiying user add: $(cat "$root.log")"
[ "$(in_root stat -c %U /var/lib/huiying/users.yaml)" = huiying ] ||
    fail "what root wrote into the data directory is root's"
ok "an administrator's command leaves files the service can read"
as_service huiying verify >"$root.log" 2>&1 || fail "huiying verify: $(cat "$root.log")"
ok "huiying verify"
stop

echo '# our own line' >>"$root/etc/huiying/office/sources.yaml"
journal=$(cat "$root"/var/lib/huiying/journal/*.jsonl 2>/dev/null | sha256sum)
quietly in_root sh -c 'apt-get install -y --reinstall /tmp/huiying_*.deb'
grep -q 'our own line' "$root/etc/huiying/office/sources.yaml" || fail "the upgrade lost the office's rules"
[ "$journal" = "$(cat "$root"/var/lib/huiying/journal/*.jsonl 2>/dev/null | sha256sum)" ] || fail "the upgrade changed the journal"
ok "an upgrade keeps rules and data"
start
stop
ok "and the service starts again on them"
quietly in_root apt-get purge -y huiying huiying-notify
[ -d "$root/var/lib/huiying/journal" ] || fail "purge deleted the record"
left=$(find "$root/usr" "$root/etc" -name '*huiying*' ! -path '*/etc/passwd*' | head)
[ -z "$left" ] || fail "left behind: $left"
ok "a purge removes everything but the record"
