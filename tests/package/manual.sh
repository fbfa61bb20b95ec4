#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The man page and the completions know every command and option the program has.
set -euo pipefail
huiying=${HUIYING:?}
page=$($huiying --man)
eval "$($huiying --completion bash)"
zsh=$($huiying --completion zsh)
fish=$($huiying --completion fish)
rc=0
no() {
    echo "$*" >&2
    rc=1
}

complete_words() { # command line as words; what bash would offer
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _huiying
    printf '%s\n' "${COMPREPLY[@]}"
}

commands=$($huiying --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
[ "$(wc -l <<<"$commands")" -gt 20 ] || no "no list of commands"
offered=$(complete_words huiying '')
for c in $commands; do
    grep -qx -- "$c" <<<"$offered" || no "bash does not complete $c"
    grep -q "^    '$c:" <<<"$zsh" || no "zsh does not know $c"
    grep -q -- "-a $c " <<<"$fish" || no "fish does not know $c"
    grep -q "^\.SS \"$c " <<<"$page" || no "the man page does not have $c"
    options=$($huiying "$c" --help | sed -n 's/^  \(    \|-., \)\(--[a-z-]*\).*/\2/p')
    offered_options=$(complete_words huiying "$c" --)
    for o in $options; do
        grep -qx -- "$o" <<<"$offered_options" || no "bash does not complete $c $o"
    done
done
exit $rc
