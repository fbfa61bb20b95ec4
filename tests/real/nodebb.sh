#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real NodeBB forum (1.4.0, the last that needs no build of its page code to start) on loopback
# with Chinese threads, for trying the crawler against software that nobody here wrote.  Everything
# lives in one folder, with a Redis of its own.
#
#   tests/real/nodebb.sh install DIR                  from npm (162 MB)
#   tests/real/nodebb.sh start DIR [PORT] [REDIS]     set up and serve on 127.0.0.1:PORT (18230),
#                                                     Redis on 127.0.0.1:REDIS (18231)
#   tests/real/nodebb.sh post DIR TITLE TEXT          a new thread, now; prints its number
#   tests/real/nodebb.sh reply DIR THREAD TEXT        a reply to it
#   tests/real/nodebb.sh seed DIR N                   N threads on everyday matters
#   tests/real/nodebb.sh stop DIR
set -eu

fail() {
    echo "nodebb.sh: $*" >&2
    exit 1
}

wait_until() {
    left=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "gave up waiting for: $*"
        sleep 0.1
    done
}

install_packages() {
    cd "$D"
    [ -f package.json ] || npm init -y >/dev/null
    [ -d node_modules/nodebb ] || npm i --no-audit --no-fund --ignore-scripts nodebb@1.4.0
    [ -d app ] || cp -r node_modules/nodebb app
    [ -e app/node_modules ] || ln -s ../node_modules app/node_modules
    for folder in sounds category files profile system; do
        mkdir -p "app/public/uploads/$folder"
    done
}

start_redis() {
    redis-server --port "$REDIS" --bind 127.0.0.1 --dir "$D" --save 60 1 --daemonize no \
        >"$D/redis.log" 2>&1 &
    echo $! >"$D/redis.pid"
    wait_until 10 redis-cli -p "$REDIS" ping
}

# Once per folder.  The emoji plug-ins load from the network when they start: off.
set_up_forum() {
    [ ! -f "$D/app/config.json" ] || return 0
    cd "$D/app"
    node app --setup="{\"url\":\"http://127.0.0.1:$PORT\",\"secret\":\"x\",\"database\":\"redis\",
        \"redis:host\":\"127.0.0.1\",\"redis:port\":$REDIS,\"redis:password\":\"\",
        \"redis:database\":\"0\",\"admin:username\":\"admin\",\"admin:email\":\"a@example.cn\",
        \"admin:password\":\"Adm1nPw2026\",\"admin:password:confirm\":\"Adm1nPw2026\"}" \
        >"$D/setup.log" 2>&1 || fail "set-up failed, see $D/setup.log"
    node -e "const fs = require('fs'), c = JSON.parse(fs.readFileSync('config.json'));
        c.bind_address = '127.0.0.1'; c.port = $PORT;
        fs.writeFileSync('config.json', JSON.stringify(c));"
    for plugin in emoji-one emoji-extended; do
        node app --reset -p "nodebb-plugin-$plugin" >>"$D/setup.log" 2>&1 || true
    done
    redis-cli -p "$REDIS" hset config defaultLang zh-CN >/dev/null
}

# The forum's own code, loaded as its own command line does.
write_poster() {
    cat >"$D/app/poster.js" <<'EOT'
'use strict';
const nconf = require('nconf');
const path = require('path');
nconf.file({ file: path.join(__dirname, 'config.json') });
nconf.defaults({ base_dir: __dirname, themes_path: path.join(__dirname, 'node_modules'),
    views_dir: path.join(__dirname, 'public/templates'), upload_path: '/public/uploads',
    version: require('./package.json').version, relative_path: '' });
global.env = 'production';
const db = require('./src/database');
const matters = ['求推荐一家好吃的面馆', '周末有人一起去爬山吗', '孩子上小学需要准备什么', '自家种的橘子成熟了',
    '广场舞队招新人', '二手自行车转让', '请问公交几点收车', '晒一晒今天做的菜', '丢失一串钥匙求帮忙', '新手学车交流'];
const [what, a, b] = process.argv.slice(2);
const end = (err, out) => {
    console.log(err ? String(err.message || err) : out);
    process.exit(err ? 1 : 0);
};
db.init((err) => {
    if (err) return end(err);
    const topics = require('./src/topics');
    const post = (title, content, next) => topics.post({ uid: 1, cid: 1, title, content, tags: [] },
        (e, r) => next(e, r && r.topicData.tid));
    const seed = (i, n) => i > n ? end(null, n) : post(`${matters[i % 10]}（第${i}帖）`,
        `大家好，${matters[i % 10]}。这里是第${i}帖，欢迎各位街坊邻居在下面留言交流，谢谢大家。`,
        (e) => (e ? end(e) : seed(i + 1, n)));
    if (what === 'post') post(a, b, end);
    else if (what === 'seed') seed(1, Number(a));
    else topics.reply({ uid: 1, tid: a, content: b }, (e, r) => end(e, r && r.pid));
});
EOT
    # Posts come faster here than the forum allows a person to write.
    for field in postDelay initialPostDelay newbiePostDelay; do
        redis-cli -p "$REDIS" hset config $field 0 >/dev/null
    done
}

start() {
    [ -d "$D/app" ] || fail "NodeBB is not installed in $D; run: $0 install $D"
    start_redis
    set_up_forum
    write_poster
    cd "$D/app"
    node app.js >"$D/forum.log" 2>&1 &
    echo $! >"$D/forum.pid"
    wait_until 60 curl -sf "http://127.0.0.1:$PORT/recent"
    echo "http://127.0.0.1:$PORT/recent  (feed: http://127.0.0.1:$PORT/recent.rss)"
}

stop() {
    for name in forum redis; do
        [ ! -f "$D/$name.pid" ] || kill "$(cat "$D/$name.pid")" 2>/dev/null || true
        rm -f "$D/$name.pid"
    done
}

what=${1:-}
case "$what" in
install | start)
    mkdir -p "${2:?DIR}"
    D=$(cd "$2" && pwd)
    PORT=${3:-18230}
    REDIS=${4:-18231}
    if [ "$what" = install ]; then install_packages; else start; fi
    ;;
post | reply | seed)
    cd "${2:?DIR}/app"
    node poster.js "$what" "${3:?}" "${4:-}"
    ;;
stop)
    D=${2:?DIR}
    stop
    ;;
*)
    sed -n '3,14s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
