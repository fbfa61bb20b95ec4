#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# one.sh BUILD LOGS NAME: a unit test (test_...) or an area of golden cases under memcheck; says how it
# went and how long it took, fails when memcheck or the test has something to say.
set -uo pipefail
build=$(realpath "$1") name=$3 log=$(realpath "$2")/valgrind-$3.log
export MEMCHECK_LOG=$log.of MEMCHECKED=$build/huiying
rm -f "$log" "$log".of.*
case $name in
test_*)
    # What is told to be fast is not, under memcheck.
    HY_SLOW=1 HUIYING=$MEMCHECKED valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
        --trace-children=no "$build/tests/$name" >"$log" 2>&1
    ;;
*) # whether the answers are right is asked by the ordinary tests: a CPU deadline ends some pages here
    HUIYING=tests/valgrind/huiying tests/golden/golden "$name" >"$log" 2>&1
    compgen -G "$log.of.*" >/dev/null # the program did run
    ;;
esac
rc=$?
cat "$log".of.* >>"$log" 2>/dev/null
! grep -q '^==[0-9]*== ' "$log" || rc=9
rm -f "$log".of.*
if [ $rc = 0 ]; then
    echo "==> $name: clean ($SECONDS s)" >&2
else
    echo "==> $name: FAILED ($SECONDS s)" >&2
    tail -n 30 "$log" >&2
fi
exit $rc
