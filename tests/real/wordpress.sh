#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real WordPress (Debian's package) on loopback with Chinese posts, for trying the whole chain
# against software that nobody here wrote.  Everything lives in one folder.
#
#   tests/real/wordpress.sh install                 the packages (root)
#   tests/real/wordpress.sh start DIR [PORT]        set up and serve on 127.0.0.1:PORT (18120)
#   tests/real/wordpress.sh post DIR TITLE TEXT     publish one post now
#   tests/real/wordpress.sh stop DIR
set -eu

fail() {
    echo "wordpress.sh: $*" >&2
    exit 1
}

install_packages() {
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 wordpress \
        wordpress-l10n wordpress-theme-twentytwentytwo mariadb-server php-cli php-mysql php-xml \
        php-mbstring
}

# wait_until SECONDS COMMAND...: a server needs a moment, but not more than that
wait_until() {
    left=$(($1 * 10))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "gave up waiting for: $*"
        sleep 0.1
    done
}

start_database() {
    mkdir -p "$D/db" "$D/run"
    chown -R mysql "$D/db" "$D/run"
    [ -d "$D/db/mysql" ] || mariadb-install-db --datadir="$D/db" --user=mysql \
        --auth-root-authentication-method=normal >"$D/db.log" 2>&1
    mariadbd --no-defaults --user=mysql --datadir="$D/db" --socket="$D/run/m.sock" \
        --skip-networking >>"$D/db.log" 2>&1 &
    echo $! >"$D/db.pid"
    wait_until 30 mariadb -S "$D/run/m.sock" -u root -e 'select 1'
    mariadb -S "$D/run/m.sock" -u root -e "
        create database if not exists wp character set utf8mb4;
        create user if not exists wp@localhost identified by 'wp';
        grant all on wp.* to wp@localhost"
}

write_config() {
    cat >/etc/wordpress/config-127.0.0.1.php <<EOT
<?php
define('DB_NAME', 'wp');
define('DB_USER', 'wp');
define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:$D/run/m.sock');
define('WP_CONTENT_DIR', '/var/lib/wordpress/wp-content');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
EOT
}

set_up_site() {
    curl -s "http://127.0.0.1:$PORT/wp-admin/install.php?step=2" -d weblog_title=清溪新闻网 \
        -d user_name=admin -d admin_password=Adm1nPw-2026 -d admin_password2=Adm1nPw-2026 \
        -d admin_email=a@example.cn -d blog_public=1 -d language=zh_CN -d pw_weak=1 >/dev/null
    cat >"$D/post.php" <<'EOT'
<?php
[, $port, $title, $text] = $argv;
$_SERVER['HTTP_HOST'] = "127.0.0.1:$port";
require '/usr/share/wordpress/wp-load.php';
update_option('WPLANG', 'zh_CN');
update_option('timezone_string', 'Asia/Shanghai');
if (get_stylesheet() !== 'twentytwentytwo') switch_theme('twentytwentytwo');
$id = wp_insert_post(['post_title' => $title, 'post_content' => "<p>$text</p>",
    'post_status' => 'publish', 'post_author' => 1], true);
echo is_wp_error($id) ? $id->get_error_message() : get_permalink($id), "\n";
EOT
}

start() {
    [ -d /usr/share/wordpress ] || fail "WordPress is not installed; run: $0 install"
    start_database
    write_config
    PHP_CLI_SERVER_WORKERS=2 php -S "127.0.0.1:$PORT" -t /usr/share/wordpress >"$D/php.log" 2>&1 &
    echo $! >"$D/php.pid"
    echo "$PORT" >"$D/port"
    wait_until 20 curl -s "http://127.0.0.1:$PORT/license.txt"
    set_up_site
    echo "http://127.0.0.1:$PORT/  (feed: http://127.0.0.1:$PORT/?feed=rss2)"
}

stop() {
    [ ! -f "$D/php.pid" ] || pkill -P "$(cat "$D/php.pid")" || true # its workers outlive it
    for name in php db; do
        [ ! -f "$D/$name.pid" ] || kill "$(cat "$D/$name.pid")" 2>/dev/null || true
        rm -f "$D/$name.pid"
    done
    rm -f /etc/wordpress/config-127.0.0.1.php
}

case "${1:-}" in
install)
    install_packages
    ;;
start)
    mkdir -p "${2:?DIR}"
    D=$(cd "$2" && pwd)
    PORT=${3:-18120}
    start
    ;;
post)
    D=${2:?DIR}
    php "$D/post.php" "$(cat "$D/port")" "${3:?TITLE}" "${4:?TEXT}"
    ;;
stop)
    D=${2:?DIR}
    stop
    ;;
*)
    sed -n '3,10s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
