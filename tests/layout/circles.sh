#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Files of one folder use each other in one direction, so that what is below can be read without what is
# above.  Of C the objects know who uses whom, the board's modules say whom they import, and tsort(1)
# finds the circles.
#
#   circles.sh DIR    DIR: the build's; from the root of the tree
set -euo pipefail
objects=$(find "${1:?}" -name '*.c.o' -not -path '*/tests/*' | while read -r o; do
    src=${o##*.dir/}
    [ ! -e "${src%.o}" ] || echo "$o" # else a file that is no more
done)
[ -n "$objects" ] || { echo "no objects in $1"; exit 1; }

# "FOLDER FILE SYMBOL" for each symbol of the kind that nm is asked for
symbols() {
    # shellcheck disable=SC2086
    nm "$@" $objects | awk '/^\/.*:$/ { file = $0; sub(/\.o:$/, "", file); sub(/.*\.dir\//, "", file)
                                        folder = file; if (!sub(/\/[^\/]*$/, "", folder)) folder = "."; next }
                            NF { print folder, file, $NF }'
}

# "FILE>FILE" for each import of the modules in a folder
imports() { grep -oE "(from|import\()? *'\./[a-z_]+\.js'" "$1"/*.js | sed -E "s|^.*/([a-z_]+\.js):.*'\./([a-z_]+\.js)'|\1>\2|"; }

bad=0
# FOLDER, then its arrows
look() {
    local circle
    if ! circle=$(tr ' >' '\n ' <<<"$2" | tsort 2>&1 >/dev/null); then
        printf '%s: files that use each other in a circle:\n%s\n' "$1" "$circle"
        bad=1
    fi
}
while read -r folder arrows; do
    look "$folder" "$arrows"
done < <(awk 'NR == FNR { made[$1 " " $3] = $2; next }
              { at = made[$1 " " $3]; arrow = $2 ">" at }
              at != "" && at != $2 && !seen[arrow]++ { arrows[$1] = arrows[$1] " " arrow }
              END { for (folder in arrows) print folder arrows[folder] }' \
    <(symbols --defined-only --extern-only) <(symbols --undefined-only))
look alerts/board/web "$(imports alerts/board/web)"
exit $bad
