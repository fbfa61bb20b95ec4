/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as files: read them, see what changed between versions, try a text or an edit against them.
 *
 * Each version that comes into force is kept as DATA/rules/<version>.json (the office's own files,
 * mode 0600), so the board can say what changed since the version that judged an incident. */
#include "alerts/board/board.h"
#include "alerts/board/trial.h"
#include "core/log.h"
#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSIONS_MAX = 200, KEPT_MAX = 8 << 20 };

/* ---- the kept versions ---- */

static bool is_version(struct hy_str v)
{
    if (v.n != 16)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!strchr("0123456789abcdef", v.p[i]))
            return false;
    return true;
}

static int write_whole(const char *path, struct hy_str text, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *half = hy_xasprintf("%s.new", path);
    int fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok && rename(half, path) == 0 ? HY_OK : hy_fail_errno(err, "%s", path);
}

static int keep(const struct hy_board *b, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/rules", b->data);
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s.json", dir, b->rules->version);
    HY_CLEANUP(hy_json_freep) json_t *kept = json_object();
    json_t *files = NULL;

    if (access(path, F_OK) == 0)
        return HY_OK;
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "%s", dir);
    if (hy_trial_files(b->rules->dir, &files, err) < 0)
        return err->code;
    json_object_set_new(kept, "files", files);
    hy_json_set_str(kept, "version", hy_str(b->rules->version));
    hy_json_set_time(kept, "at", hy_wall_now(), HY_CST);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(kept);
    return write_whole(path, hy_str(text), err);
}

void hy_board_keep_rules(const struct hy_board *b)
{
    struct hy_err err = HY_ERR_INIT;

    if (keep(b, &err) < 0)
        hy_log(HY_WARN, "rules_not_kept", HY_KV("err", err.msg));
}

static int read_kept(const struct hy_board *b, struct hy_str version, json_t **ret,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_freep)
    char *path = hy_xasprintf("%s/rules/" HY_STR_FMT ".json", b->data, HY_STR_ARG(version));
    struct hy_buf text = HY_BUF_INIT(KEPT_MAX);
    int rc = hy_buf_read_file(&text, path, err);

    if (rc == HY_OK)
        rc = hy_json_parse(hy_buf_view(&text), ret, err);
    hy_buf_release(&text);
    return rc;
}

/* ---- reading ---- */

static int newest_first(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    int64_t d = hy_json_time(*y, "at").ms - hy_json_time(*x, "at").ms;

    return d < 0 ? -1 : d > 0;
}

static void add_version(json_t *list, const struct hy_board *b, const char *name)
{
    struct hy_str version = hy_str(name);
    struct stat st;

    if (!hy_str_ends(version, HY_STR(".json")))
        return;
    version.n -= 5;
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/rules/%s", b->data, name);
    if (!is_version(version) || stat(path, &st) < 0)
        return;
    json_t *o = json_object();
    hy_json_set_str(o, "version", version);
    hy_json_set_time(o, "at", (hy_wall){(int64_t)st.st_mtim.tv_sec * 1000}, b->zone_min);
    json_object_set_new(o, "current", json_boolean(hy_str_is(version, b->rules->version)));
    json_array_append_new(list, o);
}

static json_t *sorted(json_t *list)
{
    size_t n = json_array_size(list), i;
    json_t **v = hy_xcalloc(n + 1, sizeof(*v)), *o, *out = json_array();

    json_array_foreach (list, i, o)
        v[i] = o;
    qsort(v, n, sizeof(*v), newest_first);
    for (i = 0; i < n && i < VERSIONS_MAX; i++)
        json_array_append(out, v[i]);
    free(v);
    json_decref(list);
    return out;
}

void hy_board_rule_versions(struct hy_http_req *req, void *user)
{
    const struct hy_board *b = user;
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/rules", b->data);
    json_t *list = json_array(), *o = json_object();
    DIR *d = opendir(dir);
    const struct dirent *e;

    while (d && (e = readdir(d)) != NULL)
        add_version(list, b, e->d_name);
    if (d)
        closedir(d);
    json_object_set_new(o, "versions", sorted(list));
    hy_json_set_str(o, "version", hy_str(b->rules->version));
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

void hy_board_rule_version(struct hy_http_req *req, void *user)
{
    const struct hy_board *b = user;
    struct hy_str version = hy_str(hy_http_param(req, "version"));
    struct hy_err err = HY_ERR_INIT;
    json_t *kept = NULL;

    if (hy_str_is(version, "current"))
        version = hy_str(b->rules->version);
    if (!is_version(version) || read_kept(b, version, &kept, &err) < 0)
        hy_http_problem(req, 404, "not_found", "这台看板没有留下这个版本的规则");
    else
        hy_http_json(req, 200, kept);
}

/* ---- trying ---- */

static void with_body(struct hy_http_req *req, struct hy_board *b,
                      void (*fn)(struct hy_bench *, struct hy_http_req *, const json_t *))
{
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body)
        fn(b->bench, req, body);
}

void hy_board_rules_score(struct hy_http_req *req, void *user)
{
    with_body(req, user, hy_bench_score);
}

void hy_board_rules_check(struct hy_http_req *req, void *user)
{
    with_body(req, user, hy_bench_check);
}

void hy_board_backtest(struct hy_http_req *req, void *user)
{
    with_body(req, user, hy_bench_backtest);
}

void hy_board_backtest_state(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_bench_backtest_state(b->bench, req);
}
