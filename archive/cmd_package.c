/* SPDX-License-Identifier: Apache-2.0 */
/* huiying archive package: the journal from Redis or a file, the rest from the archive. */
#include "archive/cmd.h"
#include "archive/package.h"

#include "core/mem.h"
#include "core/redis.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 500 };

/* -- a file ------------------------------------------------------------------------------------ */

/* A last line without its end was never acknowledged (alerts/keep/journal.h). */
static int read_file(void *from, hy_line_fn each, void *user, struct hy_err *err)
{
    const char *path = from;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    HY_CLEANUP(hy_freep) char *line = NULL;
    size_t room = 0, no = 0;
    ssize_t n;
    int rc = HY_OK;

    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    while (rc == HY_OK && (n = getline(&line, &room, f)) > 0 && line[n - 1] == '\n') {
        no++;
        rc = each(hy_str_n(line, (size_t)n - 1), user, err);
    }
    if (f != stdin)
        fclose(f);
    return rc < 0 ? hy_wrap(err, "%s 第 %zu 行", path, no) : HY_OK;
}

/* -- Redis ------------------------------------------------------------------------------------- */

struct stream {
    struct hy_redis_sync *redis;
    const char *office;
};

static int give_page(const redisReply *r, hy_line_fn each, void *user, char last[64],
                     struct hy_err *err)
{
    for (size_t i = 0; i < r->elements; i++) {
        const redisReply *e = r->element[i];
        if (e->elements != 2 || each(hy_reply_field(e->element[1], "e"), user, err) < 0)
            return e->elements != 2 ? hy_fail(err, HY_E_REDIS, "journal: no entry") : err->code;
        snprintf(last, 64, "%s", e->element[0]->str);
    }
    return HY_OK;
}

static int read_redis(void *from, hy_line_fn each, void *user, struct hy_err *err)
{
    struct stream *s = from;
    char last[64] = "0-0";
    size_t n = PAGE;

    while (n == PAGE) {
        redisReply *r = NULL;
        if (hy_redis_sync_cmd(s->redis, &r, err, "XRANGE hy:{%s}:journal (%s + COUNT %d", s->office,
                              last, PAGE) < 0)
            return err->code;
        n = r->elements;
        int rc = give_page(r, each, user, last, err);
        freeReplyObject(r);
        if (rc < 0)
            return rc;
    }
    return HY_OK;
}

/* -- the command ------------------------------------------------------------------------------- */

static int write_package(const struct hy_archive_opts *o, struct hy_store *s, const char *incident,
                         const struct hy_lines_of *journal, struct hy_err *err)
{
    HY_CLEANUP(hy_pack_closep) struct hy_pack *pack = NULL;
    HY_CLEANUP(hy_freep) char *inside = hy_xasprintf("huiying-%s", incident);
    struct hy_package_counts n;
    hy_wall now = hy_wall_now();

    if (hy_pack_open(o->out, inside, now, &pack, err) < 0 ||
        hy_package_write(s, hy_str(incident), journal, pack, now, &n, err) < 0 ||
        hy_pack_finish(pack, err) < 0)
        return err->code;
    printf("%s：条目 %zu，采集 %zu 次，网页 %zu，正文 %zu，日志 %zu 条\n", o->out, n.items,
           n.captures, n.pages, n.texts, n.lines);
    if (n.missing)
        printf("注意：另有 %zu 个网页或正文没有采到，或已过保存期限，包里没有\n", n.missing);
    return HY_EXIT_OK;
}

static int from_redis(const struct hy_archive_opts *o, struct hy_store *s, const char *incident,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_redis_sync *redis = NULL;
    int rc = hy_role_resolve_office(&o->role, &role, err);

    if (rc == HY_OK)
        rc = hy_rules_open(role.config, &rules, err);
    if (rc == HY_OK)
        rc = hy_redis_sync_open(role.redis, &redis, err);
    if (rc == HY_OK) {
        struct stream stream = {redis, rules->office->id};
        rc = write_package(o, s, incident, &(struct hy_lines_of){read_redis, &stream}, err);
    }
    hy_redis_sync_close(redis);
    return rc;
}

int hy_archive_package(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;

    (void)nargs;
    if (o->out == NULL)
        return hy_fail(err, HY_E_USAGE, "写到哪个文件？-o %s.zip（或 .tar.gz、.tar.zst）", args[0]);
    if (hy_archive_open(o, HY_STORE_READ, &s, err) < 0)
        return err->code;
    if (o->journal == NULL)
        return from_redis(o, s, args[0], err);
    return write_package(o, s, args[0], &(struct hy_lines_of){read_file, (void *)o->journal}, err);
}
