#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header compiles by itself: headers.sh COMPILER FLAGS...  (from the root of the tree)
set -eu
rc=0
for h in $(find core rules analyzer crawler alerts -name '*.h' ! -name banned.h | sort); do
    printf '#include "%s"\n' "$h" | "$@" -fsyntax-only -x c - || { echo "$h does not compile alone"; rc=1; }
done
[ $rc = 0 ] && echo "every header compiles alone"
exit $rc
