#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the documents say exists: every `huiying COMMAND --option` in them is a command and an option
# of the program, every `./dev COMMAND` one of the script, every link to a file and every source file
# named in the tour is there.
set -euo pipefail
huiying=${HUIYING:?}
rc=0
no() {
    echo "$*" >&2
    rc=1
}
docs=$(ls README.md README.zh.md docs/*.md docs/zh/*.md)
commands=" $($huiying --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ') run "
declare -A help

# "file:command --a --b" of each use, one a line; prose about the program has no command behind it.
uses=$(grep -oE '(^|[`/ (])huiying [a-z]+( [^`|#]*)?' $docs | sed -E 's/([^:]*):[`/ (]?huiying /\1:/' || :)
n=0
while IFS= read -r use; do
    file=${use%%:*} words=${use#*:}
    words=${words%%&&*} words=${words%%;*} command=${words%% *}
    case $commands in *" $command "*) ;; *) continue ;; esac # "huiying is ..." and the like
    n=$((n + 1))
    [ -n "${help[$command]:-}" ] || help[$command]=$($huiying "$command" --help)
    for option in $(grep -oE -- ' --[a-z-]+' <<<"$words" || :); do
        grep -q -- "$option\b" <<<"${help[$command]}" || no "$file: huiying $command has no $option"
    done
done <<<"$uses"
[ $n -gt 40 ] || no "only $n commands found in the documents: the search is broken"

known=$(sed -n 's/^run | \(.*\)) "cmd_.*/run | \1/p' dev)
for word in $(grep -ohE '\./dev [a-z]+' $docs | sort -u | cut -d' ' -f2); do
    grep -qw "$word" <<<"$known help" || no "there is no ./dev $word"
done

while IFS=: read -r file link; do
    target=${link%%#*}
    case $target in '' | http*) continue ;; esac
    [ -e "$(dirname "$file")/$target" ] || no "$file: no such file: $target"
done < <(grep -oE '\]\([^) ]+\)' $docs | sed -E 's/:\]\(/:/; s/\)$//')

for source in $(grep -oE '`[a-z_]+(/[a-z_]+)*\.(c|h|js|mjs)`' docs/TOUR.md | tr -d '`' | sort -u); do
    git ls-files "*$source" 2>/dev/null | grep -q . || find . -path ./node_modules -prune -o -path "*/$source" -print | grep -q . ||
        no "docs/TOUR.md: no such file: $source"
done
exit $rc
