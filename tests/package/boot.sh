#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The packages on a Debian 12 that really runs: a bare root with Debian's kernel, booted in qemu, where
# systemd starts, watches, reloads and ends the service; rebooted, cut from its power, upgraded, purged.
#
#   boot.sh DIR [--tcg] [--mirror URL] [--from CHECK]
#
# DIR holds the .deb files, and machine.img between two runs.  --tcg: without KVM although it works.
# root (for debootstrap) and qemu are needed; nothing outside DIR and a temporary directory changes, and
# the machine has no network but its loopback.
#
# A check is a function of boot/guest.sh, executed in the machine as root and true when it returns 0, or
# of this file when it is about the machine itself.  The first that is not true ends it all, with what
# it said and the end of the machine's journal.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
. "$here/boot/machine.sh"

#  limit is in seconds, and ten times that without KVM
#  where  function             limit  what is true
checks="
   guest  installs               300  installed by apt under a running systemd, enabled and started by nobody
   guest  waits_to_be_set_up      60  systemctl enable --now: ready at once, with the link in its journal
   guest  is_set_up              120  the guided set-up fills in the placeholders, and everything runs
   guest  signs_in                60  the board's pages, the one-time link's account, its session
   guest  is_healthy             120  /healthz, /readyz, huiying status and huiying verify are content
   guest  is_hardened             60  every process: the unit's user, no capability, a filter, /etc read-only
   guest  redis_is_private        60  Redis: a socket of 0600, nobody without a name, a user for each role
   guest  reader_is_locked        60  the reader of pages: landlock and a second filter taken under the unit's own
   guest  has_its_figure          60  systemd-analyze security gives the figure that the documents state
   guest  reloads                120  systemctl reload: wrong rules are refused, right ones taken, no restart
   guest  sees_a_page            180  a page published on a site becomes an incident with clocks on the board
   guest  is_acknowledged         60  a command is acknowledged and stands in the journal
   guest  logs_logfmt             60  journald has every line as logfmt with its level as priority
   guest  heals                  180  kill -9 of each role and of Redis: back, without a restart of the unit
   guest  backs_up               120  huiying backup while it works
   guest  frozen_is_restarted    300  a frozen main process (SIGSTOP): the watchdog has systemd restart it
   guest  killed_is_restarted    120  kill -9 of the main process: systemd restarts it, nothing is left over
   host   reboots                180  a reboot: the unit starts by itself, incidents and clocks are as they were
   host   survives_power_cuts    600  three cuts of the power while commands pour in: none acknowledged is lost
   guest  is_upgraded            180  upgraded while it runs: the new version at once, rules and data kept
   guest  is_restored            180  the backup is restored as the runbook says
   guest  alerts_on_a_desktop    180  the agent starts with a person's session and shows the alert
   guest  runs_in_parts          300  huiying-role@...: all roles as units of their own on Debian's Redis
   guest  parts_are_watched      300  a frozen role: its watchdog has systemd restart it
   guest  is_removed             120  apt remove: no unit, no process, no failure; record and rules are kept
   guest  comes_back             180  installed again, it goes on with both
   guest  is_purged              120  apt purge: nothing but the record, as documented
"

debs='' mirror='' accel=kvm from=''
while [ $# -gt 0 ]; do
    case $1 in
    --tcg) accel=tcg ;;
    --mirror) mirror=${2:?} && shift ;;
    --from) from=${2:?} && shift ;; # what stands before it is assumed: for work on one check
    *) debs=$(realpath "$1") ;;
    esac
    shift
done
[ -n "$debs" ] || fail "boot.sh DIR [--tcg] [--mirror URL]"

# ---- the checks that are about the machine ----

reboots() {
    guest remembers 60
    guest_goes reboot
    guest is_as_remembered 180
}

# Commands come in until at least ten more were acknowledged; then the machine is gone in the middle of
# what it does.  What it said to have acknowledged stands on this side, in $T/told.
survives_power_cuts() {
    local cut
    for cut in 1 2 3; do
        guest pours_in 60 "$cut"
        told_at_least $((cut * 10)) 120
        power_off
        boot
        guest lost_nothing 180 $(cat "$T/told")
    done
}

run_checks() {
    local where function limit text started
    while read -r where function limit text; do
        [ -n "$where" ] || continue
        [ -z "$from" ] || [ "$from" = "$function" ] || continue
        from='' started=$SECONDS
        case $where in
        guest) guest "$function" "$limit" ;;
        host) "$function" ;;
        esac
        ok "$(printf '%s (%d s)' "$text" $((SECONDS - started)))"
    done <<<"$checks"
}

[ "$debs/machine.img" -nt "$here/boot/channel.sh" ] || make_image
make_parcel
[ $accel = tcg ] || kvm_works || accel=tcg
boot
ok "a bare Debian 12 boots with $accel ($(guest_says 'uname -r; systemctl --version | head -n 1' | tr '\n' ' '))"
run_checks
