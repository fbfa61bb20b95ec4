#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What watches the service from outside, held against a service that runs: every name that the alert
# rules and the dashboard ask for is told by /metrics, whose form Prometheus' own tool accepts; the rules
# fire when they should (packaging/observe/rules_test.yml); the runbook has a row for each.
. tests/scenario/lib.sh

observe=packaging/observe
command -v promtool >/dev/null || { echo "promtool (Debian's package prometheus) is not installed" >&2 && exit 77; }
start_sites
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/crt" -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
chmod 600 "$T/key"
start_service --tls-cert "$T/crt" --tls-key "$T/key" --host 127.0.0.1
ask() { "$HUIYING" "$@" -c "$T/office" --data "$T/data"; }
echo a-long-pass-phrase-4711 | ask user add lin.yue --name 林悦 --roles duty >/dev/null
token=$(ask user token lin.yue --scope read | grep -o 'hy_[^ ]*')
metrics() { curl -fsS --cacert "$T/crt" -H "Authorization: Bearer $token" "https://$BOARD/metrics" >"$T/metrics"; }
opened() { metrics && grep -q '^huiying_items_scored_total.* [1-9]' "$T/metrics" && grep -q '^huiying_keeper_leads.* 1' "$T/metrics"; }
eventually 60 opened

promtool check metrics <"$T/metrics" >"$T/said" 2>&1 || fail "promtool check metrics: $(cat "$T/said")"
asked=$(grep -ohE '(huiying|process)_[a-z_]+' $observe/huiying.rules.yml $observe/grafana-dashboard.json | sort -u)
[ "$(wc -w <<<"$asked")" -gt 12 ] || fail "only few names are asked for: $asked"
for name in $asked; do
    grep -qE "^$name(\{| )" "$T/metrics" && continue
    # what is counted only when it happens, as a mail that is sent: its name where it is counted
    grep -rq "\"${name%_bucket}\"" --include=*.c alerts archive analyzer core crawler ||
        fail "$name is asked for and not told"
done
same "/readyz" "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$T/crt" "https://$BOARD/readyz")" 200

promtool check rules $observe/huiying.rules.yml >"$T/said" || fail "$(cat "$T/said")"
(cd $observe && promtool test rules rules_test.yml) >"$T/said" || fail "$(cat "$T/said")"
for alert in $(sed -n 's/.*- alert: //p' $observe/huiying.rules.yml); do
    grep -q "^| $alert" docs/zh/运行手册.md || fail "the runbook does not say what $alert is"
    grep -qE "alertname(: |=\")$alert" $observe/rules_test.yml || fail "rules_test.yml does not try $alert"
done

# a role that is gone is told: not ready, and status says which
kill -STOP "$(child deliver)"
unready() { [ "$(curl -s -o "$T/why" -w '%{http_code}' --cacert "$T/crt" "https://$BOARD/readyz")" = 503 ]; }
eventually 60 unready
grep -q deliver "$T/why" || fail "/readyz does not say that delivery is missing: $(cat "$T/why")"
if ask status >"$T/said"; then fail "status is content"; fi
grep -q '^!.*投递' "$T/said" || fail "status does not say that delivery is missing: $(cat "$T/said")"
kill -CONT "$(child deliver)"
ready() { ! unready; }
eventually 60 ready
stop_service
