/* SPDX-License-Identifier: Apache-2.0 */
/* Takes what hy:{O}:scored and hy:captures hold into the store: a batch in one transaction, then
 * acknowledged.  What was stored and not acknowledged comes again and changes nothing; what an
 * earlier life left is taken one by one, so that one that kills us can be told from its neighbours.
 */
#include "archive/archive_parts.h"

#include "archive/pull.h"
#include "archive/store.h"
#include "core/log.h"
#include "core/vec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 64,
    BLOCK_MS = 500,
    DEATHS_MAX = 5,
    QUARANTINE_MAX = 1000,
};

/* -- the streams --------------------------------------------------------------------------- */

static int take_scored(struct hy_archive *a, const redisReply *fields, hy_wall now,
                       struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *item = NULL;

    if (hy_json_parse(hy_reply_field(fields, "item"), &item, err) < 0)
        return err->code;
    a->items++;
    if (hy_store_item(a->store, item, now, err) < 0)
        return err->code;
    return a->common ? hy_pull_item(a->store, a->common, hy_json_str(item, "id"), now, err) : HY_OK;
}

static int take_capture(struct hy_archive *a, const redisReply *fields, hy_wall now,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *meta = NULL;

    if (hy_json_parse(hy_reply_field(fields, "meta"), &meta, err) < 0)
        return err->code;
    a->captures++;
    return hy_store_capture(a->store, meta, hy_reply_field(fields, "body"), now, err);
}

/* hy:scored is where the items of a single office went before there could be several; what waits
 * there after an upgrade is taken. */
void hy_archive_name_inputs(struct hy_archive *a)
{
    bool single = a->office && a->common_dir == NULL;
    const struct hy_archive_input list[] = {
        {a->office ? hy_xasprintf("hy:{%s}:scored", a->office) : NULL,
         a->office ? hy_xasprintf("hy:{%s}:scored:load", a->office) : NULL, take_scored,
         {"item", NULL}, false},
        {a->common_dir ? NULL : hy_xstrdup("hy:captures"),
         a->common_dir ? NULL : hy_xstrdup("hy:captures:load"), take_capture, {"meta", "body"},
         false},
        {single ? hy_xstrdup("hy:scored") : NULL, single ? hy_xstrdup("hy:scored:load") : NULL,
         take_scored, {"item", NULL}, false},
    };

    _Static_assert(HY_COUNT(list) == HY_ARCHIVE_INPUTS, "one for each");
    memcpy(a->inputs, list, sizeof(list));
}

void hy_archive_forget_inputs(struct hy_archive *a)
{
    for (size_t i = 0; i < HY_COUNT(a->inputs); i++) {
        free(a->inputs[i].stream);
        free(a->inputs[i].load);
    }
}

static int64_t bytes_of(const struct hy_archive_input *in, const redisReply *fields)
{
    int64_t n = 0;

    for (size_t i = 0; i < HY_COUNT(in->fields) && in->fields[i]; i++)
        n += (int64_t)hy_reply_field(fields, in->fields[i]).n;
    return n;
}

/* -- acknowledging ----------------------------------------------------------------------------- */

struct done {                 /* entries of one stream */
    HY_VEC(const char *) ids; /* borrowed from the reply */
    int64_t bytes;
};

/* The load cannot fall below nothing: it may have been counted anew in between. */
static const char done_script[] = "local bytes = tonumber(ARGV[1])\n"
                                  "for i = 2, #ARGV do\n"
                                  "  redis.call('XACK', KEYS[1], 'archive', ARGV[i])\n"
                                  "  redis.call('XDEL', KEYS[1], ARGV[i])\n"
                                  "end\n"
                                  "if redis.call('HINCRBY', KEYS[2], 'bytes', -bytes) < 0 then\n"
                                  "  redis.call('HSET', KEYS[2], 'bytes', 0)\n"
                                  "end\n"
                                  "return 1\n";

static int acknowledge(struct hy_archive *a, const struct hy_archive_input *in, const struct done *d,
                       struct hy_err *err)
{
    HY_VEC(const char *) argv = {0};
    redisReply *r = NULL;
    char bytes[24];

    if (d->ids.n == 0)
        return HY_OK;
    snprintf(bytes, sizeof(bytes), "%" PRId64, d->bytes);
    const char *head[] = {"EVAL", done_script, "2", in->stream, in->load, bytes};
    for (size_t i = 0; i < HY_COUNT(head); i++)
        hy_vec_push(&argv, head[i]);
    for (size_t i = 0; i < d->ids.n; i++)
        hy_vec_push(&argv, d->ids.v[i]);
    int rc = hy_redis_sync_cmdv(a->redis, &r, err, (int)argv.n, argv.v, NULL);
    freeReplyObject(r);
    hy_vec_release(&argv);
    return rc;
}

/* Out of the way, whole, for a person to look at. */
static int set_aside(struct hy_archive *a, const struct hy_archive_input *in, const redisReply *entry,
                     const char *why, struct hy_err *err)
{
    const redisReply *fields = entry->element[1];
    HY_VEC(const char *) argv = {0};
    HY_VEC(size_t) lengths = {0};
    redisReply *r = NULL;
    char most[16];

    hy_log(HY_ERROR, "entry_quarantined", HY_KV("stream", in->stream),
           HY_KV("id", entry->element[0]->str), HY_KV("why", why));
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("%squarantine", a->prefix);

    snprintf(most, sizeof(most), "%d", QUARANTINE_MAX);
    const char *head[] = {
        "XADD", key, "MAXLEN", "~", most, "*", "stream", in->stream, "why",
        why};
    for (size_t i = 0; i < HY_COUNT(head); i++) {
        hy_vec_push(&argv, head[i]);
        hy_vec_push(&lengths, strlen(head[i]));
    }
    for (size_t i = 0; i < fields->elements; i++) {
        hy_vec_push(&argv, fields->element[i]->str);
        hy_vec_push(&lengths, fields->element[i]->len);
    }
    int rc = hy_redis_sync_cmdv(a->redis, &r, err, (int)argv.n, argv.v, lengths.v);
    freeReplyObject(r);
    hy_vec_release(&argv);
    hy_vec_release(&lengths);
    return rc;
}

/* -- a batch ----------------------------------------------------------------------------------- */

static bool is_entry(const redisReply *e)
{
    return e->elements == 2 && e->element[0]->type == REDIS_REPLY_STRING &&
           e->element[1]->type == REDIS_REPLY_ARRAY;
}

/* Unusable entries are set aside before the transaction is committed: twice is better than never.
 */
static int take_entries(struct hy_archive *a, const struct hy_archive_input *in, const redisReply *entries,
                        struct done *d, struct hy_err *err)
{
    hy_wall now = hy_wall_now();

    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *e = entries->element[i];
        struct hy_err why = HY_ERR_INIT;
        if (!is_entry(e))
            continue;
        int rc = in->take(a, e->element[1], now, &why);
        if (rc < 0 && rc != HY_E_PARSE && rc != HY_E_TOOBIG)
            return hy_fail(err, why.code, "%s", why.msg);
        if (rc < 0 && set_aside(a, in, e, why.msg, err) < 0)
            return err->code;
        hy_vec_push(&d->ids, e->element[0]->str);
        d->bytes += bytes_of(in, e->element[1]);
    }
    return HY_OK;
}

static size_t input_of(const struct hy_archive *a, struct hy_str stream)
{
    size_t i = 0;

    while (i < HY_COUNT(a->inputs) &&
           !(a->inputs[i].stream && hy_str_is(stream, a->inputs[i].stream)))
        i++;
    return i;
}

/* An answer of XREADGROUP: [[stream, [entry, ...]], ...].  All of it in one transaction. */
static int store_batch(struct hy_archive *a, const redisReply *r, struct hy_err *err)
{
    struct done done[HY_ARCHIVE_INPUTS] = {0};
    int rc = hy_store_begin(a->store, err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r->elements && rc == HY_OK; i++) {
        size_t k = input_of(a, hy_reply_str(r->element[i]->element[0]));
        if (k < HY_COUNT(a->inputs))
            rc = take_entries(a, &a->inputs[k], r->element[i]->element[1], &done[k], err);
    }
    if (rc == HY_OK)
        rc = hy_store_commit(a->store, err);
    else
        hy_store_rollback(a->store);
    for (size_t i = 0; i < HY_COUNT(a->inputs); i++) {
        if (rc == HY_OK)
            rc = acknowledge(a, &a->inputs[i], &done[i], err);
        hy_vec_release(&done[i].ids);
    }
    return rc;
}

int hy_archive_take(struct hy_archive *a, bool *ret_any, struct hy_err *err)
{
    HY_VEC(const char *) argv = {0};
    redisReply *r = NULL;
    char batch[16], block[16];

    *ret_any = false;
    snprintf(batch, sizeof(batch), "%d", BATCH);
    snprintf(block, sizeof(block), "%d", BLOCK_MS);
    const char *head[] = {"XREADGROUP", "GROUP", "archive", "archive", "COUNT",
                          batch,        "BLOCK", block,     "STREAMS"};
    for (size_t i = 0; i < HY_COUNT(head); i++)
        hy_vec_push(&argv, head[i]);
    for (size_t i = 0; i < HY_COUNT(a->inputs); i++)
        if (a->inputs[i].stream)
            hy_vec_push(&argv, a->inputs[i].stream);
    for (size_t streams = argv.n - HY_COUNT(head); streams > 0; streams--)
        hy_vec_push(&argv, ">");
    int rc = hy_redis_sync_cmdv(a->redis, &r, err, (int)argv.n, argv.v, NULL);
    if (rc == HY_OK && r->type == REDIS_REPLY_ARRAY && r->elements) {
        *ret_any = true;
        rc = store_batch(a, r, err);
    }
    freeReplyObject(r);
    hy_vec_release(&argv);
    return rc;
}

/* -- what an earlier life left ----------------------------------------------------------------- */

/* How often the oldest pending entry has been given out; 0: there is none. */
static int deaths_of(struct hy_archive *a, const struct hy_archive_input *in, int64_t *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    *ret = 0;
    if (hy_redis_sync_cmd(a->redis, &r, err, "XPENDING %s archive - + 1 archive", in->stream) < 0)
        return err->code;
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 1 && r->element[0]->elements == 4)
        *ret = r->element[0]->element[3]->integer;
    freeReplyObject(r);
    return HY_OK;
}

static int drop_deadly(struct hy_archive *a, const struct hy_archive_input *in, const redisReply *entries,
                       struct hy_err *err)
{
    struct done d = {0};
    int rc = HY_OK;

    for (size_t i = 0; i < entries->elements && rc == HY_OK; i++) {
        const redisReply *e = entries->element[i];
        if (is_entry(e))
            rc = set_aside(a, in, e, "the archive died of it five times", err);
        hy_vec_push(&d.ids, e->element[0]->str);
        d.bytes += is_entry(e) ? bytes_of(in, e->element[1]) : 0;
    }
    if (rc == HY_OK)
        rc = acknowledge(a, in, &d, err);
    hy_vec_release(&d.ids);
    return rc;
}

/* An entry that was trimmed away meanwhile comes as [id, nil]. */
static int drop_trimmed(struct hy_archive *a, const struct hy_archive_input *in, const redisReply *entries,
                        struct hy_err *err)
{
    struct done d = {0};

    for (size_t i = 0; i < entries->elements; i++)
        if (!is_entry(entries->element[i]))
            hy_vec_push(&d.ids, entries->element[i]->element[0]->str);
    int rc = acknowledge(a, in, &d, err);
    hy_vec_release(&d.ids);
    return rc;
}

/* One pending entry of one stream. */
static int read_pending(struct hy_archive *a, struct hy_archive_input *in, struct hy_err *err)
{
    redisReply *r = NULL;
    int64_t deaths;

    if (deaths_of(a, in, &deaths, err) < 0)
        return err->code;
    if (deaths == 0) {
        in->pending = false;
        return HY_OK;
    }
    if (hy_redis_sync_cmd(a->redis, &r, err,
                          "XREADGROUP GROUP archive archive COUNT 1 STREAMS %s 0", in->stream) < 0)
        return err->code;
    int rc = HY_OK;
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 1) {
        const redisReply *entries = r->element[0]->element[1];
        rc = deaths > DEATHS_MAX ? drop_deadly(a, in, entries, err) : store_batch(a, r, err);
        if (rc == HY_OK)
            rc = drop_trimmed(a, in, entries, err);
    }
    freeReplyObject(r);
    return rc;
}

int hy_archive_take_pending(struct hy_archive *a, bool *ret_any, struct hy_err *err)
{
    *ret_any = false;
    for (size_t i = 0; i < HY_COUNT(a->inputs); i++)
        if (a->inputs[i].pending) {
            *ret_any = true;
            return read_pending(a, &a->inputs[i], err);
        }
    return HY_OK;
}

int hy_archive_groups(struct hy_archive *a, struct hy_err *err)
{
    for (size_t i = 0; i < HY_COUNT(a->inputs); i++) {
        redisReply *r = NULL;
        if (a->inputs[i].stream == NULL)
            continue;
        int rc = hy_redis_sync_cmd(a->redis, &r, err, "XGROUP CREATE %s archive 0 MKSTREAM",
                                   a->inputs[i].stream);
        freeReplyObject(r);
        if (rc < 0 && strstr(err->msg, "BUSYGROUP") == NULL)
            return rc;
        *err = HY_ERR_INIT;
        a->inputs[i].pending = true;
    }
    return HY_OK;
}
