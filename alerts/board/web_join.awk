# SPDX-License-Identifier: Apache-2.0
# The modules that the start needs become one: a browser that asks thirty times, and finds out what to
# ask for next by reading what it got, shows the first deadline half a second late.
#
#     awk -v start="words.js strings.js app.js" -f web_join.awk words.js strings.js app.js   one module
#     awk -v start="words.js strings.js app.js" -f web_join.awk duty.js     a page fetched later
#
# No bundler: each file stands in it as written, in a function of its own, and what it exports lies in
# `modules` under its name, where pages that are fetched later find the same things.  `start` names
# the files in an order in which each stands behind what it imports.  Only lines that begin with
# "import {" or "export" are changed, and anything that is written otherwise ends the build.

function fail(what) {
    print FILENAME ":" FNR ": " what > "/dev/stderr"
    failed = 1
    exit 1
}
function base(path) { sub(/.*\//, "", path); sub(/\.js$/, "", path); return path }

# "a, b as c" of an import, as a pattern that takes an object apart
function pattern(names) { gsub(/ as /, ": ", names); return names }

function begin_file() {
    name = base(FILENAME)
    names = ""
    if (!(name in at_start)) {
        print "import { modules } from '/app.js';"
        return
    }
    if (!started++)
        print "import * as preact from '/vendor/preact.js';\nexport const modules = {};"
    print "\n/* ---- " name ".js ---- */\nmodules." name " = (() => {"
}
function end_file() {
    if (name in at_start)
        print "return { " names " };\n})();"
    done[name] = 1
}

function is_exported(from, names,    list, n, i) {
    n = split(names, list, /, */)
    for (i = 1; i <= n; i++) {
        sub(/ as .*/, "", list[i])
        gsub(/ /, "", list[i])
        if (!((from, list[i]) in exports))
            fail(from ".js does not export " list[i])
    }
}

BEGIN {
    n = split(start, list, " ")
    for (i = 1; i <= n; i++)
        at_start[base(list[i])] = 1
}
FNR == 1 {
    if (NR > 1)
        end_file()
    begin_file()
}
/^import / {
    if ($0 !~ /^import \{ [^}]* \} from '(\.\/|\/vendor\/)[a-z_]+\.js';$/)
        fail("write it as: import { a, b as c } from './module.js';")
    what = from = $0
    sub(/^import \{ /, "", what)
    sub(/ \} from .*/, "", what)
    sub(/.* from '/, "", from)
    sub(/';$/, "", from)
    vendor = from ~ /^\/vendor\//
    from = base(from)
    if (name in at_start && !vendor) {
        if (!(from in done))
            fail(from ".js stands behind " name ".js in the list of the start, or not in it")
        is_exported(from, what)
    }
    if (name in at_start && vendor)
        print "const { " pattern(what) " } = " from ";"
    else if (!vendor && from in at_start)
        print "const { " pattern(what) " } = modules." from ";"
    else
        print
    next
}
/^export / && name in at_start {
    if ($0 !~ /^export (async function|function|const|class) [A-Za-z_0-9]+[ (]/)
        fail("export one function, const or class by its name")
    sub(/^export /, "")
    what = $0
    sub(/^(async function|function|const|class) /, "", what)
    sub(/[^A-Za-z_0-9].*/, "", what)
    names = names (names == "" ? "" : ", ") what
    exports[name, what] = 1
}
{ print }
END {
    if (!failed)
        end_file()
}
