/* SPDX-License-Identifier: Apache-2.0 */
/* huiying export: the response-timeliness log out of the stored incidents. */
#include "alerts/export.h"
#include "alerts/incident.h"
#include "core/mem.h"
#include "core/redis.h"
#include "core/role.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct opts {
    struct hy_role_opts role;
    const char *from, *to, *format, *header, *out;
    bool public, raw;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"from", 0, HY_OPT_TEXT, offsetof(struct opts, from), "T", "clocks that start at T or later"},
    {"to", 0, HY_OPT_TEXT, offsetof(struct opts, to), "T", "clocks that start before T"},
    {"format", 'f', HY_OPT_TEXT, offsetof(struct opts, format), "csv|jsonl", "default csv"},
    {"header", 0, HY_OPT_TEXT, offsetof(struct opts, header), "zh|en",
     "Chinese labels (default) or code names"},
    {"public", 0, HY_OPT_FLAG, offsetof(struct opts, public), NULL,
     "leave out persons and internal steps"},
    {"raw", 0, HY_OPT_FLAG, offsetof(struct opts, raw), NULL,
     "do not put ' before cells that look like formulas"},
    {"output", 'o', HY_OPT_TEXT, offsetof(struct opts, out), "FILE", "default standard output"},
    {NULL},
};
extern const struct hy_command hy_cmd_export;

struct job {
    struct hy_redis_sync *redis;
    const char *office;
    struct hy_export_opts o;
    bool jsonl;
    hy_wall from, to;
    FILE *out;
};

/* "2026-11-01" or RFC 3339. */
static int read_time(const char *text, const char *name, hy_wall *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *day = NULL;

    *ret = HY_WALL_NONE;
    if (text == NULL || hy_wall_parse(hy_str(text), ret))
        return HY_OK;
    day = hy_xasprintf("%sT00:00:00+08:00", text);
    if (hy_wall_parse(hy_str(day), ret))
        return HY_OK;
    return hy_fail(err, HY_E_USAGE, "--%s: \"%s\" is neither 2026-11-01 nor a time", name, text);
}

static int read_format(const struct opts *o, struct job *j, struct hy_err *err)
{
    const char *format = o->format ? o->format : "csv", *header = o->header ? o->header : "zh";

    if (strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0)
        return hy_fail(err, HY_E_USAGE, "--format %s: csv or jsonl", format);
    if (strcmp(header, "zh") != 0 && strcmp(header, "en") != 0)
        return hy_fail(err, HY_E_USAGE, "--header %s: zh or en", header);
    j->jsonl = strcmp(format, "jsonl") == 0;
    j->o = (struct hy_export_opts){o->public, strcmp(header, "en") == 0, o->raw, hy_wall_now()};
    if (read_time(o->from, "from", &j->from, err) < 0 || read_time(o->to, "to", &j->to, err) < 0)
        return err->code;
    return HY_OK;
}

/* The previous hash of the line that last changed the incident: the place in the record. */
static int read_prev(struct job *j, int64_t seq, struct hy_buf *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *line = NULL;
    redisReply *r = NULL;
    int rc = HY_OK;

    if (hy_redis_sync_cmd(j->redis, &r, err, "XRANGE hy:{%s}:journal %lld-0 %lld-0", j->office,
                          (long long)seq, (long long)seq) < 0)
        return err->code;
    if (r->elements == 1)
        rc = hy_json_parse(hy_reply_field(r->element[0]->element[1], "e"), &line, err);
    if (rc == HY_OK)
        hy_buf_str(ret, hy_json_str(line, "prev"));
    freeReplyObject(r);
    return rc;
}

static int write_rows(struct job *j, const json_t *list, struct hy_err *err)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t i;
    json_t *row;
    int rc = HY_OK;

    json_array_foreach (list, i, row) {
        if (j->jsonl)
            hy_export_jsonl_row(&j->o, row, &b);
        else
            hy_export_csv_row(&j->o, row, &b);
    }
    if (b.n && fwrite(b.p, 1, b.n, j->out) != b.n)
        rc = hy_fail_errno(err, "cannot write");
    hy_buf_release(&b);
    return rc;
}

static int write_incident(struct job *j, const char *id, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    HY_CLEANUP(hy_json_freep) json_t *list = NULL;
    struct hy_buf prev = HY_BUF_INIT(200);
    redisReply *r = NULL;
    int rc;

    if (hy_redis_sync_cmd(j->redis, &r, err, "GET hy:{%s}:incident:%s", j->office, id) < 0)
        return err->code;
    rc = hy_json_parse(hy_reply_str(r), &doc, err);
    freeReplyObject(r);
    if (rc < 0)
        return hy_wrap(err, "%s", id);
    if (json_is_true(json_object_get(doc, "drill")))
        return HY_OK; /* never in the statistics */
    rc = read_prev(j, hy_json_int(doc, "version", 0), &prev, err);
    if (rc == HY_OK) {
        list = hy_export_rows(doc, &j->o, j->from, j->to, hy_buf_view(&prev));
        rc = write_rows(j, list, err);
    }
    hy_buf_release(&prev);
    return rc;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int write_all(struct job *j, struct hy_err *err)
{
    HY_VEC(const char *) ids = {0};
    struct hy_buf head = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    redisReply *r = NULL;
    int rc = HY_OK;

    if (hy_redis_sync_cmd(j->redis, &r, err, "ZRANGE hy:{%s}:incidents 0 -1", j->office) < 0)
        return err->code;
    for (size_t i = 0; i < r->elements; i++)
        hy_vec_push(&ids, r->element[i]->str);
    if (ids.n)
        qsort(ids.v, ids.n, sizeof(*ids.v), by_id); /* the same order every time */
    if (!j->jsonl) {
        hy_export_csv_head(&j->o, &head);
        fwrite(head.p, 1, head.n, j->out);
    }
    for (size_t i = 0; rc == HY_OK && i < ids.n; i++)
        rc = write_incident(j, ids.v[i], err);
    hy_vec_release(&ids);
    hy_buf_release(&head);
    freeReplyObject(r);
    return rc;
}

/* A whole file or none: written beside and renamed. */
static int to_file(struct job *j, const char *path, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *beside = path ? hy_xasprintf("%s.part", path) : NULL;
    int rc;

    j->out = beside ? fopen(beside, "we") : stdout;
    if (j->out == NULL)
        return hy_fail_errno(err, "%s", beside);
    rc = write_all(j, err);
    if (fflush(j->out) != 0 && rc == HY_OK)
        rc = hy_fail_errno(err, "cannot write");
    if (beside == NULL)
        return rc;
    fclose(j->out);
    if (rc == HY_OK && rename(beside, path) < 0)
        rc = hy_fail_errno(err, "%s", path);
    if (rc < 0)
        unlink(beside);
    return rc;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct job j = {0};
    int rc;

    (void)nargs, (void)args;
    rc = read_format(o, &j, &err);
    if (rc == HY_OK)
        rc = hy_role_resolve_office(&o->role, &role, &err);
    if (rc == HY_OK)
        rc = hy_rules_load(role.config, &rules, d, &err);
    if (rc == HY_OK)
        rc = hy_redis_sync_open(role.redis, &j.redis, &err);
    if (rc == HY_OK) {
        j.office = rules->office->id;
        rc = to_file(&j, o->out, &err);
    }
    hy_redis_sync_close(j.redis);
    hy_diag_free(d);
    return rc == HY_OK ? HY_EXIT_OK : hy_command_fail(&hy_cmd_export, &err);
}

const struct hy_command hy_cmd_export = {
    .name = "export",
    .usage = "-c DIR [--from T] [--to T] [--format csv|jsonl] [--public] [-o FILE]",
    .summary = "the response-timeliness log: one row per obligation",
    .details = "Example:\n  huiying export -c /etc/huiying/qingxi --from 2026-10-01 --to 2027-01-01"
               " -o 台账.csv",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
