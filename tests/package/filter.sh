#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# filter.sh FILTER HUIYING SCENARIO: the scenario with the program under the very system calls that
# packaging/huiying.service leaves it, for where no systemd runs; a forbidden call ends the process and
# thereby the scenario.  Not as root, who does more (gives files to their owner) than the service may.
set -euo pipefail
filter=$(realpath "$1") huiying=$(realpath "$2") scenario=$3
command -v systemd-analyze >/dev/null || {
    echo "systemd-analyze, which knows what @system-service is, is not installed" >&2
    exit 77
}
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
chmod 755 "$T"
sets=$(systemd-analyze syscall-filter 2>/dev/null)

expand() { # names and @sets, to names
    local word
    for word in "$@"; do
        case $word in
        @*) expand $(awk -v set="$word" '/^@/ { on = $1 == set; next } on && !/#/ { print $1 }' <<<"$sets") ;;
        *) echo "$word" ;;
        esac
    done
}

# calls_of UNIT: as systemd.exec(5) reads the lines: a first list that allows, then what is taken out.
calls_of() {
    local line allow=@default deny=''
    while IFS= read -r line; do
        case $line in
        "~"*) deny="$deny ${line#\~}" ;;
        *) allow="$allow $line" ;;
        esac
    done < <(sed -n 's/^SystemCallFilter=//p' "$1")
    comm -23 <(expand $allow | sort -u) <(expand $deny | sort -u)
}

calls_of packaging/huiying.service >"$T/calls"
calls_of packaging/huiying-role@.service | cmp - "$T/calls" || { echo "the two units have different filters" >&2 && exit 1; }
[ "$(wc -l <"$T/calls")" -gt 250 ] || { echo "only $(wc -l <"$T/calls") calls: the list is broken" >&2 && exit 1; }
printf '#!/bin/sh\nASAN_OPTIONS=detect_leaks=0 exec %s %s %s "$@"\n' "$filter" "$T/calls" "$huiying" >"$T/huiying"
chmod 755 "$T/huiying"
if (ulimit -c 0 && "$filter" "$T/calls" "$(command -v nice)" -n 1 true) 2>/dev/null; then
    echo "the filter let setpriority() pass, which the unit forbids" >&2
    exit 1
fi
as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$T")
"${as[@]}" test -x "$huiying" || { echo "$huiying cannot be read by another user" >&2 && exit 77; }
"${as[@]}" bash "$scenario" "$T/huiying"
