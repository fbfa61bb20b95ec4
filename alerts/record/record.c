/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/record.h"

#include "alerts/keep/state.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 200, MAX_ARGS = PAGE + 3 };

/* ---- Redis ---- */

struct page {
    struct hy_redis_sync *redis;
    const char *office;
    hy_record_fn each;
    void *user;
    json_t *docs[PAGE];
    size_t n;
};

static void page_clear(struct page *p)
{
    for (size_t i = 0; i < p->n; i++)
        json_decref(p->docs[i]);
    p->n = 0;
}

/* The documents of these ids. */
static int page_docs(struct page *p, const redisReply *ids, struct hy_err *err)
{
    const char *argv[MAX_ARGS] = {"MGET"};
    char *keys[PAGE];
    redisReply *r = NULL;
    int rc;

    for (size_t i = 0; i < ids->elements; i++)
        argv[i + 1] = keys[i] =
            hy_xasprintf("hy:{%s}:incident:%s", p->office, ids->element[i]->str);
    rc = hy_redis_sync_cmdv(p->redis, &r, err, (int)ids->elements + 1, argv, NULL);
    for (size_t i = 0; rc == HY_OK && i < r->elements; i++) {
        json_t *doc = NULL;
        rc = hy_json_parse(hy_reply_str(r->element[i]), &doc, err);
        if (rc == HY_OK)
            p->docs[p->n++] = doc;
        else
            hy_wrap(err, "%s", keys[i]);
    }
    for (size_t i = 0; i < ids->elements; i++)
        free(keys[i]);
    freeReplyObject(r);
    return rc;
}

/* The journal lines that last changed them, "" for one that is not there. */
static int page_lines(struct page *p, redisReply **ret, struct hy_err *err)
{
    static const char script[] = "local out = {} "
                                 "for i = 1, #ARGV do "
                                 "  local r = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i]) "
                                 "  out[i] = r[1] and r[1][2][2] or '' "
                                 "end return out";
    const char *argv[PAGE + 4] = {"EVAL", script, "1"};
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("hy:{%s}:journal", p->office);
    char ids[PAGE][32];

    argv[3] = key;
    for (size_t i = 0; i < p->n; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%lld-0",
                 (long long)hy_json_int(p->docs[i], "version", 0));
        argv[4 + i] = ids[i];
    }
    return hy_redis_sync_cmdv(p->redis, ret, err, (int)p->n + 4, argv, NULL);
}

static int give(const struct page *p, size_t i, struct hy_str line, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    struct hy_err ignored = HY_ERR_INIT;

    if (line.n && hy_json_parse(line, &entry, &ignored) < 0)
        return hy_fail(err, HY_E_PARSE, "journal: %s", ignored.msg);
    return p->each(p->docs[i], hy_json_str(entry, "prev"), p->user, err);
}

static int page_give(struct page *p, const redisReply *ids, struct hy_err *err)
{
    redisReply *lines = NULL;
    int rc = page_docs(p, ids, err);

    if (rc == HY_OK)
        rc = page_lines(p, &lines, err);
    for (size_t i = 0; rc == HY_OK && i < p->n; i++)
        rc = give(p, i, hy_reply_str(lines->element[i]), err);
    freeReplyObject(lines);
    page_clear(p);
    return rc;
}

static int count_of(struct page *p, size_t *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(p->redis, &r, err, "ZCARD hy:{%s}:incidents", p->office) < 0)
        return err->code;
    *ret = (size_t)r->integer;
    freeReplyObject(r);
    return HY_OK;
}

int hy_record_redis(struct hy_redis_sync *redis, const char *office, const char *what,
                    hy_record_fn each, void *user, struct hy_err *err)
{
    struct page p = {.redis = redis, .office = office, .each = each, .user = user};
    size_t total = 0, at = 0;
    int rc = count_of(&p, &total, err);
    struct hy_progress bar = hy_progress_new(what, total);

    while (rc == HY_OK && at < total) {
        redisReply *ids = NULL;
        /* Scores are the times of opening, which ids follow. */
        rc = hy_redis_sync_cmd(redis, &ids, err, "ZRANGE hy:{%s}:incidents %lld %lld", office,
                               (long long)at, (long long)at + PAGE - 1);
        if (rc == HY_OK && ids->elements)
            rc = page_give(&p, ids, err);
        bool end = rc == HY_OK && ids->elements == 0; /* fewer than there were */
        freeReplyObject(ids);
        at += PAGE;
        hy_progress_at(&bar, HY_MIN(at, total));
        if (end)
            break;
    }
    hy_progress_end(&bar);
    return rc;
}

/* ---- file ---- */

struct fold {
    struct hy_state *state;
    struct hy_map *prevs; /* incident id -> previous hash, owned */
    struct hy_head head;
};

static int fold_line(struct fold *f, struct hy_str line, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;

    if (hy_journal_check(line, &f->head, &entry, err) < 0 || hy_apply(f->state, entry, err) < 0)
        return err->code;
    hy_map_set(f->prevs, hy_json_str(entry, "incident"), hy_str_dup(hy_json_str(entry, "prev")));
    return HY_OK;
}

static int fold_file(struct fold *f, const char *path, struct hy_err *err)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    HY_CLEANUP(hy_freep) char *line = NULL;
    size_t room = 0, no = 0;
    ssize_t n;
    int rc = HY_OK;

    if (in == NULL)
        return hy_fail_errno(err, "%s", path);
    while (rc == HY_OK && (n = getline(&line, &room, in)) > 0 && line[n - 1] == '\n') {
        no++;
        rc = fold_line(f, hy_str_n(line, (size_t)n - 1), err);
    }
    if (in != stdin)
        fclose(in);
    return rc == HY_OK ? HY_OK : hy_wrap(err, "%s:%zu", path, no);
}

static int by_id(const void *a, const void *b)
{
    return hy_str_cmp(hy_json_str(*(json_t *const *)a, "id"),
                      hy_json_str(*(json_t *const *)b, "id"));
}

static int give_all(const struct fold *f, hy_record_fn each, void *user, struct hy_err *err)
{
    HY_VEC(json_t *) docs = {0};
    struct hy_walk w = {.kinds = 1u << HY_DOC_INCIDENT};
    json_t *doc;
    int rc = HY_OK;

    while ((doc = hy_state_next(f->state, &w)))
        hy_vec_push(&docs, doc);
    if (docs.n)
        qsort(docs.v, docs.n, sizeof(*docs.v), by_id);
    for (size_t i = 0; rc == HY_OK && i < docs.n; i++) {
        const char *prev = hy_map_get(f->prevs, hy_json_str(docs.v[i], "id"));
        rc = each(docs.v[i], hy_str(prev), user, err);
    }
    hy_vec_release(&docs);
    return rc;
}

int hy_record_file(const char *path, hy_record_fn each, void *user, struct hy_err *err)
{
    HY_CLEANUP(hy_state_freep) struct hy_state *state = hy_state_new();
    HY_CLEANUP(hy_map_freep) struct hy_map *prevs = hy_map_new(free);
    struct fold f = {state, prevs, HY_HEAD_INIT};

    if (fold_file(&f, path, err) < 0)
        return err->code;
    return give_all(&f, each, user, err);
}
