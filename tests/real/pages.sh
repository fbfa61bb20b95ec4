#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Serve a folder of saved pages by nginx as a site with a list page, to run the whole chain over
# real pages.  A set is a folder with html/*.html.gz and gold.jsonl.gz (fields id, file, title).
#
#   tests/real/pages.sh start DIR SET [PORT]     serve SET on 127.0.0.1:PORT (18130)
#   tests/real/pages.sh stop DIR
set -eu

start() {
    mkdir -p "$D/site" "$D/log"
    for f in "$SET"/html/*.gz; do
        gzip -dc "$f" >"$D/site/$(basename "$f" .gz)"
    done
    gzip -dc "$SET/gold.jsonl.gz" | node -e '
        const rows = require("fs").readFileSync(0, "utf8").trim().split("\n").map(JSON.parse);
        const esc = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
        const item = (r) => `<li><a href="/${esc(r.id)}.html">${esc(r.title || "网页 " + r.id)}</a></li>`;
        console.log(`<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8"><title>网页列表</title>
<h1>网页列表</h1><ul>\n${rows.map(item).join("\n")}\n</ul></html>`);' >"$D/site/list.html"
    cat >"$D/nginx.conf" <<EOT
pid $D/nginx.pid;
error_log $D/log/error.log;
worker_processes 1;
events { worker_connections 256; }
http {
    # No charset: the pages must speak for themselves, as they did where they came from.
    types { text/html html; }
    access_log $D/log/access.log;
    server {
        listen 127.0.0.1:$PORT;
        root $D/site;
        index list.html;
    }
}
EOT
    nginx -c "$D/nginx.conf"
    echo "http://127.0.0.1:$PORT/list.html  ($(ls "$D/site" | wc -l) files)"
}

case "${1:-}" in
start)
    mkdir -p "${2:?DIR}"
    D=$(cd "$2" && pwd)
    SET=$(cd "${3:?SET}" && pwd)
    PORT=${4:-18130}
    start
    ;;
stop)
    D=$(cd "${2:?DIR}" && pwd)
    nginx -c "$D/nginx.conf" -s quit
    ;;
*)
    sed -n '3,8s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
