#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One article under two names, m.qingxi.example for phones and www.qingxi.example, is one item: when a
# list links both, when two sources find the two names at once, and when the second comes days later.
# The names exist in a network and a mount namespace of this test alone.
if [ -z "${HY_TWINS-}" ]; then
    unshare -Urmn true 2>/dev/null || exit 77 # no user namespaces here
    exec unshare -Urmn env HY_TWINS=1 bash "$0" "$@"
fi
. tests/scenario/lib.sh

ip link set lo up
printf '127.0.0.1 localhost www.qingxi.example m.qingxi.example\n' >"$T/hosts"
mount --bind "$T/hosts" /etc/hosts

# Both names show the same words in different frames; every request is noted with its name.
cat >"$T/site.mjs" <<'EOT'
import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
const [dir] = process.argv.slice(2);
const day = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10); // old news is not fetched
const words = (n) => `<p>清溪县水务局通报，城北供水管网第${n}段已完成改造，沿线居民用水恢复正常。</p><p>施工期间给市民带来不便，请予谅解，如有漏水可拨打热线反映。</p>`;
const link = (name, n) => `<li><a href="http://${name}.qingxi.example:8080/n/${n}.html">城北供水管网第${n}段完成改造恢复供水</a> <span>${day}</span></li>`;
const list = (rows) => `<!DOCTYPE html><meta charset=utf-8><title>通知公告</title><h1>通知公告</h1><ul>${rows}</ul>`;
const lists = {
  'www/both/': () => list([20, 21, 22, 23].map((n) => link('www', n) + link('m', n)).join('')),
  'www/first/': () => list([10, 11, 12, 13, 14].map((n) => link('www', n)).join('')),
  'm/first/': () => list([10, 11, 12, 13, 14].map((n) => link('m', n)).join('')),
  'm/later/': () => list((existsSync(`${dir}/later`) ? [10, 11, 20, 21, 15] : [15]).map((n) => link('m', n)).join('') + [16, 17, 18].map((n) => link('m', n)).join('')),
};
createServer((req, res) => {
  const name = req.headers.host.split('.')[0], n = req.url.match(/^\/n\/(\d+)\.html$/)?.[1];
  appendFileSync(`${dir}/asked`, `${name} ${req.url}\n`);
  const make = lists[name + req.url];
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  if (make) res.end(make());
  else if (!n) { res.statusCode = 404; res.end(); }
  else if (name === 'm') res.end(`<!DOCTYPE html><meta charset=utf-8><title>城北供水管网第${n}段完成改造恢复供水</title><body><div class=bar><a href="/app">打开客户端</a></div><h1>城北供水管网第${n}段完成改造恢复供水</h1><div class=time>${day} 00:${n}</div><section class=txt>${words(n)}</section>`);
  else res.end(`<!DOCTYPE html><meta charset=utf-8><title>城北供水管网第${n}段完成改造恢复供水_清溪县水务局</title><body><div class=head><a href="/">首页</a><a href="/both/">公告</a></div><div id=main><h1>城北供水管网第${n}段完成改造恢复供水</h1><p class=info>来源：清溪县水务局 时间：${day} 00:${n}</p><div class=TRS_Editor>${words(n)}</div></div><div class=foot>版权所有</div>`);
}).listen(8080, '127.0.0.1', () => console.log('ready'));
EOT
node "$T/site.mjs" "$T" >"$T/sites" 2>&1 &
SITES=$!
eventually 20 grep -q ready "$T/sites"

office
{
    echo "sources:"
    for source in www-both:www:both www-first:www:first m-first:m:first m-later:m:later; do
        IFS=: read -r id name path <<<"$source"
        echo "  - {id: $id, name: $id, kind: list, url: \"http://$name.qingxi.example:8080/$path/\", gap: 20ms, visit_min: 200ms, visit_max: 300ms, allow_private: true}"
    done
} >"$T/office/sources.yaml"
redis-server --port 0 --unixsocket "$T/r.sock" --save '' --dir "$T" >"$T/redis.out" 2>&1 &
STARTED+=($!)
ask() { redis-cli -s "$T/r.sock" --raw "$@"; }
eventually 20 ask ping
"$HUIYING" crawl -c "$T/office" --redis "unix://$T/r.sock" >>"$T/out" 2>>"$T/err" &
CRAWL=$!
STARTED+=($CRAWL)

items() { ask xrange hy:items - + | grep '^{'; }
urls() { items | grep -o '"url":"[^"]*"' | sed 's/.*\/n\//n\//; s/"//' | sort; }
visits() { ask hget "hy:crawl:source:$1" visits; }
visited_again() { # every source, three times from now on
    local source before=$*
    for source in $before; do
        [ "$(visits "${source%=*}")" -ge $((${source#*=} + 3)) ] || return 1
    done
}
look_again() {
    local source marks=
    for source in www-both www-first m-first m-later; do marks+=" $source=$(visits $source)"; done
    # shellcheck disable=SC2086
    eventually 60 visited_again $marks
}

all_there() { [ "$(items | wc -l)" -ge 13 ] && [ -z "$(ask zrange hy:crawl:frontier:m-later 0 -1)" ]; }
eventually 60 all_there
look_again
want=$(for n in 10 11 12 13 14 15 16 17 18 20 21 22 23; do echo "n/$n.html"; done)
same "articles, each once" "$(urls | xargs)" "$(echo "$want" | xargs)"

# of a list that links both names the second is not asked for
for n in 20 21 22 23; do
    same "requests for $n" "$(grep -c " /n/$n.html" "$T/asked")" 1
done
# the second name of what is known already is known too
before=$(grep -c ' /n/' "$T/asked")
touch "$T/later"
look_again
same "requests for what was known" "$(grep -c ' /n/' "$T/asked")" "$before"
same "articles afterwards" "$(urls | xargs)" "$(echo "$want" | xargs)"
kill -TERM $CRAWL
wait $CRAWL || fail "the crawler ended badly"
