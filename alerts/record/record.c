/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/record.h"

#include "alerts/decide/state.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PAGE = 200,
    MAX_ARGS = PAGE + 3,
    HOT = 8 << 20, /* bytes of parsed documents, as text, while a file is folded: some 90 MB */
};

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

/* The order in which both places give them. */
static const enum hy_doc_kind in_order[] = {HY_DOC_SOURCE, HY_DOC_INCIDENT, HY_DOC_CASE,
                                            HY_DOC_RISK};

static int count_of(struct page *p, enum hy_doc_kind kind, size_t *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(p->redis, &r, err, "ZCARD hy:{%s}:%s", p->office, hy_doc_index[kind]) < 0)
        return err->code;
    *ret = (size_t)r->integer;
    freeReplyObject(r);
    return HY_OK;
}

static int each_of_kind(struct page *p, enum hy_doc_kind kind, const char *what, struct hy_err *err)
{
    size_t total = 0, at = 0;
    int rc = count_of(p, kind, &total, err);
    struct hy_progress bar = hy_progress_new(what, total);

    while (rc == HY_OK && at < total) {
        redisReply *ids = NULL;
        /* Scores are the times of opening, which ids follow. */
        rc = hy_redis_sync_cmd(p->redis, &ids, err, "ZRANGE hy:{%s}:%s %lld %lld", p->office,
                               hy_doc_index[kind], (long long)at, (long long)at + PAGE - 1);
        if (rc == HY_OK && ids->elements)
            rc = page_give(p, ids, err);
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

int hy_record_redis(struct hy_redis_sync *redis, const char *office, unsigned kinds,
                    const char *what, hy_record_fn each, void *user, struct hy_err *err)
{
    struct page p = {.redis = redis, .office = office, .each = each, .user = user};
    int rc = HY_OK;

    for (size_t i = 0; i < HY_COUNT(in_order) && rc == HY_OK; i++)
        if (kinds & 1u << in_order[i])
            rc = each_of_kind(&p, in_order[i], what, err);
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

/* Bytes of a file, 0 of what is none (a pipe): then there is no bar. */
static size_t size_of(FILE *in)
{
    struct stat st;

    return fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
}

static int fold_file(struct fold *f, const char *path, struct hy_err *err)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct hy_progress bar = {0};
    size_t done = 0;
    HY_CLEANUP(hy_freep) char *line = NULL;
    size_t room = 0, no = 0;
    ssize_t n;
    int rc = HY_OK;

    if (in == NULL)
        return hy_fail_errno(err, "%s", path);
    bar = hy_progress_new("核对", size_of(in));
    while (rc == HY_OK && (n = getline(&line, &room, in)) > 0 && line[n - 1] == '\n') {
        no++;
        rc = fold_line(f, hy_str_n(line, (size_t)n - 1), err);
        hy_progress_at(&bar, done += (size_t)n);
        hy_state_cool(f->state, HOT);
    }
    hy_progress_end(&bar);
    if (in != stdin)
        fclose(in);
    return rc == HY_OK ? HY_OK : hy_wrap(err, "%s:%zu", path, no);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Ids first and the documents one by one: a document is borrowed until it cools. */
static int give_kind(const struct fold *f, enum hy_doc_kind kind, struct hy_progress *bar,
                     hy_record_fn each, void *user, struct hy_err *err)
{
    HY_VEC(char *) ids = {0};
    struct hy_walk w = {.kinds = 1u << kind};
    json_t *doc;
    int rc = HY_OK;

    while ((doc = hy_state_next(f->state, &w))) {
        hy_vec_push(&ids, hy_str_dup(hy_json_str(doc, "id")));
        hy_state_cool(f->state, HOT);
    }
    if (ids.n)
        qsort(ids.v, ids.n, sizeof(*ids.v), by_id);
    for (size_t i = 0; i < ids.n; i++) {
        if (rc == HY_OK)
            rc = each(hy_state_incident(f->state, hy_str(ids.v[i])),
                      hy_str(hy_map_get(f->prevs, hy_str(ids.v[i]))), user, err);
        free(ids.v[i]);
        hy_progress_at(bar, bar->done + 1);
        hy_state_cool(f->state, HOT);
    }
    hy_vec_release(&ids);
    return rc;
}

int hy_record_file(const char *path, unsigned kinds, const char *what, hy_record_fn each,
                   void *user, struct hy_err *err)
{
    HY_CLEANUP(hy_state_freep) struct hy_state *state = hy_state_new();
    HY_CLEANUP(hy_map_freep) struct hy_map *prevs = hy_map_new(free);
    struct fold f = {state, prevs, HY_HEAD_INIT};
    struct hy_progress bar;
    int rc = fold_file(&f, path, err);

    bar = hy_progress_new(what, rc == HY_OK ? hy_state_count(state) : 0);
    for (size_t i = 0; i < HY_COUNT(in_order) && rc == HY_OK; i++)
        if (kinds & 1u << in_order[i])
            rc = give_kind(&f, in_order[i], &bar, each, user, err);
    hy_progress_end(&bar);
    return rc;
}
