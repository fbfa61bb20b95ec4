#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A static site made by Hugo (Debian's package) and served by nginx on loopback, as UTF-8 and once
# more in GB18030 under the label gb2312, for trying the crawler against software that nobody here
# wrote.  Lists, pages, feed and sitemap come from Hugo; each post builds the whole site again in
# place, as a press office's cron job does, so that every file is rewritten each time.
#
#   tests/real/hugo.sh install                      the packages (root)
#   tests/real/hugo.sh start DIR [PORT]             UTF-8 on 127.0.0.1:PORT (18140), GB18030 on PORT+1
#   tests/real/hugo.sh post DIR TITLE TEXT          publish one post now
#   tests/real/hugo.sh seed DIR N                   N posts of the last days on everyday matters
#   tests/real/hugo.sh stop DIR
set -eu

fail() {
    echo "hugo.sh: $*" >&2
    exit 1
}

install_packages() {
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 hugo nginx-light \
        python3
}

write_layouts() {
    mkdir -p "$D/site/layouts/_default" "$D/site/content/news"
    cat >"$D/site/config.toml" <<EOT
baseURL = "http://127.0.0.1:$PORT/"
relativeURLs = true
languageCode = "zh-cn"
title = "清溪融媒"
paginate = 10
hasCJKLanguage = true
timeZone = "Asia/Shanghai"
enableRobotsTXT = true
[frontmatter]
date = ["date"]
[services.rss]
limit = 15
EOT
    cat >"$D/site/layouts/_default/baseof.html" <<'EOT'
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>{{ if .IsHome }}{{ site.Title }}{{ else }}{{ .Title }} - {{ site.Title }}{{ end }}</title>
{{ template "_internal/opengraph.html" . }}
{{ range .AlternativeOutputFormats }}{{ printf `<link rel="%s" type="%s" href="%s">` .Rel .MediaType.Type .RelPermalink | safeHTML }}{{ end }}
</head>
<body>
<nav><a href="/">首页</a> <a href="/news/">要闻</a> <a href="/about/">关于我们</a></nav>
{{ block "main" . }}{{ end }}
<footer>清溪融媒 版权所有 更新于 {{ now.Format "2006-01-02 15:04:05" }}</footer>
</body>
</html>
EOT
    cat >"$D/site/layouts/_default/list.html" <<'EOT'
{{ define "main" }}
<h1>{{ .Title }}</h1>
<ul class="news">
{{ range (.Paginate (where site.RegularPages "Section" "news")).Pages }}
<li><a href="{{ .RelPermalink }}">{{ .Title }}</a> <span>{{ .Date.Format "01-02 15:04" }}</span></li>
{{ end }}
</ul>
{{ template "_internal/pagination.html" . }}
{{ end }}
EOT
    cat >"$D/site/layouts/_default/single.html" <<'EOT'
{{ define "main" }}
<article>
<h1>{{ .Title }}</h1>
<p>{{ .Date.Format "2006年01月02日 15:04:05" }}　来源：清溪融媒　字数：{{ .WordCount }}</p>
{{ .Content }}
</article>
<aside><h2>相关阅读</h2><ul>{{ range first 5 (where site.RegularPages "Section" "news") }}
<li><a href="{{ .RelPermalink }}">{{ .Title }}</a> <time>{{ .Date.Format "2006-01-02" }}</time></li>{{ end }}</ul></aside>
<p>{{ with .NextInSection }}<a href="{{ .RelPermalink }}">上一篇：{{ .Title }}</a>{{ end }} {{ with .PrevInSection }}<a href="{{ .RelPermalink }}">下一篇：{{ .Title }}</a>{{ end }}</p>
{{ end }}
EOT
    printf -- '---\ntitle: 关于我们\n---\n清溪融媒是清溪市的新闻网站。\n' >"$D/site/content/about.md"
}

# The second site is the first one in another charset; a file changes when its text does.
write_recoder() {
    cat >"$D/recode.py" <<'EOT'
import os, re, sys
source, target, port, other = sys.argv[1:]
for folder, _, files in os.walk(source):
    into = os.path.join(target, os.path.relpath(folder, source))
    os.makedirs(into, exist_ok=True)
    for name in files:
        data = open(os.path.join(folder, name), encoding='utf-8').read()
        data = data.replace(f'127.0.0.1:{port}', f'127.0.0.1:{other}')
        data = re.sub(r'(charset=|encoding=)"utf-8"', r'\1"gb2312"', data, flags=re.I)
        data = data.encode('gb18030')
        path = os.path.join(into, name)
        if not os.path.exists(path) or open(path, 'rb').read() != data:
            open(path, 'wb').write(data)
EOT
}

build() {
    (cd "$D/site" && hugo --quiet --noTimes -d "$D/utf8") || fail "Hugo does not build the site"
    python3 "$D/recode.py" "$D/utf8" "$D/gbk" "$PORT" $((PORT + 1))
}

# write_post NAME DATE TITLE TEXT
write_post() {
    printf -- '---\ntitle: "%s"\ndate: %s\n---\n%s\n' "$3" "$2" "$4" >"$D/site/content/news/$1.md"
}

post() {
    write_post "$(date +%s%N)" "$(TZ=Asia/Shanghai date +%Y-%m-%dT%H:%M:%S+08:00)" "$1" "$2"
    build
    echo ok
}

seed() {
    for i in $(seq 1 "$1"); do
        write_post "seed$i" "$(TZ=Asia/Shanghai date -d "-$((i * 97)) minutes" +%Y-%m-%dT%H:%M:%S+08:00)" \
            "清溪市第${i}期便民服务信息发布" "这里是第${i}期便民服务信息，供水、供电、公交和图书馆的安排如下，请市民留意。"
    done
    build
}

start() {
    mkdir -p "$D/log" "$D/utf8" "$D/gbk"
    echo "$PORT" >"$D/port"
    write_layouts
    write_recoder
    build
    cat >"$D/nginx.conf" <<EOT
pid $D/nginx.pid;
error_log $D/log/error.log;
worker_processes 1;
events { worker_connections 256; }
http {
    types { text/html html; text/xml xml; text/plain txt; }
    access_log $D/log/access.log;
    gzip on;
    gzip_types text/xml;
    server { listen 127.0.0.1:$PORT; root $D/utf8; }
    server { listen 127.0.0.1:$((PORT + 1)); root $D/gbk; }
}
EOT
    nginx -c "$D/nginx.conf"
    echo "http://127.0.0.1:$PORT/news/  (feed: /news/index.xml)  GB18030: http://127.0.0.1:$((PORT + 1))/news/"
}

what=${1:-}
case "$what" in
install)
    install_packages
    ;;
start)
    mkdir -p "${2:?DIR}"
    D=$(cd "$2" && pwd)
    PORT=${3:-18140}
    start
    ;;
post | seed)
    D=$(cd "${2:?DIR}" && pwd)
    PORT=$(cat "$D/port")
    shift 2
    "$what" "$@"
    ;;
stop)
    D=$(cd "${2:?DIR}" && pwd)
    nginx -c "$D/nginx.conf" -s quit
    ;;
*)
    sed -n '3,13s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
