#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# print.sh HUIYING: every report as a browser prints it: A4, numbered pages, all its text there.
# Exit 77 (skipped) without Chromium and poppler's tools.
set -eu
huiying=$1
here=$(cd "$(dirname "$0")" && pwd)
browser=$(command -v chromium || command -v chromium-browser || true)
[ -n "$browser" ] && command -v pdfinfo >/dev/null && command -v pdftotext >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
date -u -d 2026-10-11T13:00:00Z +%s000 >"$work/clock"
export HUIYING_TEST_CLOCK="$work/clock"

print() { # NAME PAGES-AT-MOST TEXT REPORT...
    name=$1 most=$2 text=$3
    shift 3
    "$huiying" report "$@" --journal "$here/../golden/report/period.jsonl" -o "$work/$name.pdf"
    pdfinfo "$work/$name.pdf" >"$work/info"
    pdftotext -layout "$work/$name.pdf" - | tr -d ' ' >"$work/text" # letters are spaced
    pages=$(sed -n 's/^Pages: *//p' "$work/info")
    grep -q '(A4)' "$work/info" || { echo "$name: not A4" >&2; exit 1; }
    [ "$pages" -le "$most" ] || { echo "$name: $pages pages" >&2; exit 1; }
    grep -q "第1页共${pages}页" "$work/text" || { echo "$name: no page numbers" >&2; exit 1; }
    grep -q "$text" "$work/text" || { echo "$name: \"$text\" is missing" >&2; exit 1; }
}
print daily 2 江口大桥封闭 daily
print quarterly 4 超时的事件 quarterly --from 2026-10-01
print incident 3 'alert(1)' incident I20261009-0001
print flash 1 三人受伤 flash I20261008-0001
print evaluation 2 回应前后的传播 evaluation I20261008-0001
print accountability 3 认定和处理 accountability I20261008-0001

# Without such a program: no file, and the message names one to install.
mkdir "$work/empty"
if PATH="$work/empty" "$huiying" report daily --journal "$here/../golden/report/period.jsonl" \
    -o "$work/none.pdf" 2>"$work/said"; then
    echo "a PDF by nobody" >&2
    exit 1
fi
grep -q 'apt install chromium' "$work/said" && [ ! -e "$work/none.pdf" ] || { cat "$work/said" >&2; exit 1; }

# One that fails is told with its own words, and nothing stays in /tmp.
printf '#!/bin/sh\necho "no fonts" >&2\nexit 3\n' >"$work/empty/weasyprint"
chmod +x "$work/empty/weasyprint"
if PATH="$work/empty" "$huiying" report daily --pdf --journal "$here/../golden/report/period.jsonl" \
    -o "$work/none" 2>"$work/said"; then
    echo "a PDF by one that fails" >&2
    exit 1
fi
grep -q 'weasyprint.*no fonts' "$work/said" && [ ! -e "$work/none" ] || { cat "$work/said" >&2; exit 1; }
