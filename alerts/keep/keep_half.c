/* SPDX-License-Identifier: Apache-2.0 */
/* What a script that ended half way has left behind.
 *
 * A crash leaves nothing: the append-only file holds a script as one transaction, and a part of it
 * is dropped when it is read.  But when Redis refuses an operation (a key of another type, a right
 * that was taken away), what the script wrote before stays.  The head is its last operation, so
 * lines behind the head are the sign; nobody has been told anything of them.  They would also be in
 * the way of every later line, as a stream takes no id twice.
 *
 * They are taken away, whoever wrote them: a part of a command must not count as the whole.  If
 * they stand in our mirror they are written again from there, whole; if not, their inputs come
 * again or whoever gave the command has had no answer.  A stream does not let go of its newest id,
 * so what counts is copied beside it, in pages, and takes its place in one script with everything
 * else. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COPY_COUNT = 1000,
    NOTICES_BACK = 2000,
    HALF_MAX = 20000, /* lines: no transaction comes near */
};

struct hy_half {
    struct hy_map *documents, *items, *notices; /* ids */
    int64_t from, n;                            /* lines */
};

void hy_half_free(struct hy_half *half)
{
    if (half == NULL)
        return;
    hy_map_free(half->documents);
    hy_map_free(half->items);
    hy_map_free(half->notices);
    free(half);
}

/* ---- what there is ---- */

static void note_id(struct hy_map *ids, struct hy_str id)
{
    if (id.n)
        hy_map_set(ids, id, ids);
}

static void note_line(struct hy_half *half, struct hy_str line)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    struct hy_err ignored = HY_ERR_INIT;

    half->n++;
    if (hy_json_parse(line, &entry, &ignored) < 0)
        return;
    const json_t *data = json_object_get(entry, "data");
    note_id(half->documents, hy_json_str(entry, "incident"));
    note_id(half->items, hy_json_str(json_object_get(data, "item"), "id"));
    note_id(half->notices, hy_json_str(json_object_get(data, "notice"), "id"));
}

static int find_half(struct hy_keep *k, int64_t head, struct hy_half **ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "XRANGE %s (%lld-0 + COUNT %d",
                          hy_keep_key(k, "journal"), (long long)head, HALF_MAX + 1) < 0)
        return err->code;
    if (r->elements > HALF_MAX) {
        freeReplyObject(r);
        return hy_fail(
            err, HY_E_STATE,
            "Redis' journal goes on for more than %d lines behind its head (line %lld): no "
            "transaction leaves that, its head was lost; restore Redis from a backup",
            HALF_MAX, (long long)head);
    }
    if (r->elements > 0) {
        *ret = hy_xcalloc(1, sizeof(**ret));
        **ret = (struct hy_half){hy_map_new(NULL), hy_map_new(NULL), hy_map_new(NULL), head + 1, 0};
    }
    for (size_t i = 0; i < r->elements; i++)
        note_line(*ret, hy_reply_field(r->element[i]->element[1], "e"));
    freeReplyObject(r);
    return HY_OK;
}

/* ---- taking it away ---- */

/* KEYS: lease fence journal, the copy.  ARGV: token, fence, first id, last id, how many.  The id of
 * the last one copied, or "". */
static struct hy_script copy_script = {
    .text = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then\n"
            "  return redis.error_reply('LEASE lost')\n"
            "end\n"
            "if redis.call('GET', KEYS[2]) ~= ARGV[2] then\n"
            "  return redis.error_reply('FENCE raised')\n"
            "end\n"
            "local rows = redis.call('XRANGE', KEYS[3], ARGV[3], ARGV[4], 'COUNT', ARGV[5])\n"
            "local last = ''\n"
            "for _, row in ipairs(rows) do\n"
            "  redis.call('XADD', KEYS[4], row[1], unpack(row[2]))\n"
            "  last = row[1]\n"
            "end\n"
            "return last\n"};

static int copy_page(struct hy_keep *k, int64_t to, char at[48], struct hy_err *err)
{
    char fence[24], last[32], count[16];
    redisReply *r = NULL;

    snprintf(fence, sizeof(fence), "%lld", (long long)k->fence);
    snprintf(last, sizeof(last), "%lld-0", (long long)to);
    snprintf(count, sizeof(count), "%d", (int)COPY_COUNT);
    HY_CLEANUP(hy_freep) char *copy = hy_xasprintf("%sjournal:whole", k->prefix);
    const struct hy_str args[] = {hy_str(hy_keep_key(k, "lease")),
                                  hy_str(hy_keep_key(k, "fence")),
                                  hy_str(hy_keep_key(k, "journal")),
                                  hy_str(copy),
                                  hy_str(k->token),
                                  hy_str(fence),
                                  hy_str(at),
                                  hy_str(last),
                                  hy_str(count)};
    if (hy_redis_sync_eval(k->redis, &copy_script, &r, err, 4, (int)HY_COUNT(args), args, NULL) < 0)
        return err->code;
    snprintf(at, 48, "%s" HY_STR_FMT, hy_reply_str(r).n ? "(" : "", HY_STR_ARG(hy_reply_str(r)));
    freeReplyObject(r);
    return HY_OK;
}

/* The journal up to its head, beside it. */
static int copy_whole(struct hy_keep *k, int64_t to, struct hy_err *err)
{
    redisReply *r = NULL;
    char at[48] = "-";

    if (hy_redis_sync_cmd(k->redis, &r, err, "UNLINK %s", hy_keep_key(k, "journal:whole")) < 0)
        return err->code;
    freeReplyObject(r);
    while (to > 0 && at[0] != '\0')
        if (copy_page(k, to, at, err) < 0 || hy_keep_renew(k, err) < 0)
            return err->code;
    return HY_OK;
}

/* Their notices stand near the end of the stream, and come again under the same ids. */
static int drop_notices(struct hy_keep *k, struct hy_ops *ops, const struct hy_half *half,
                        struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "XREVRANGE %s + - COUNT %d", hy_keep_key(k, "notices"),
                          (int)NOTICES_BACK) < 0)
        return err->code;
    for (size_t i = 0; i < r->elements; i++) {
        struct hy_str text = hy_reply_field(r->element[i]->element[1], "notice");
        if (hy_map_get(half->notices, hy_json_peek_str(text, HY_STR("id"))) == NULL)
            continue;
        hy_ops_begin(ops, 3);
        hy_ops_arg(ops, HY_STR("XDEL"));
        hy_ops_key(ops, k, "notices", HY_NO_ID);
        hy_ops_arg(ops, hy_reply_str(r->element[i]->element[0]));
    }
    freeReplyObject(r);
    return HY_OK;
}

static void replace_journal(struct hy_ops *ops, const struct hy_keep *k, bool empty)
{
    hy_ops_begin(ops, empty ? 2 : 3);
    hy_ops_arg(ops, empty ? HY_STR("DEL") : HY_STR("RENAME"));
    if (!empty)
        hy_ops_key(ops, k, "journal:whole", HY_NO_ID);
    hy_ops_key(ops, k, "journal", HY_NO_ID);
}

int hy_keep_half_cut(struct hy_keep *k, const struct hy_head *redis, struct hy_half **ret_half,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_ops_release) struct hy_ops ops = HY_OPS_INIT;
    HY_CLEANUP(hy_half_freep) struct hy_half *half = NULL;

    if (find_half(k, redis->seq, &half, err) < 0)
        return err->code;
    if (half == NULL)
        return HY_OK;
    hy_log(HY_ERROR, "half_a_transaction", HY_KVN("head", redis->seq), HY_KVN("lines", half->n),
           HY_KV("done", "taken back"));
    if (copy_whole(k, redis->seq, err) < 0 || drop_notices(k, &ops, half, err) < 0)
        return err->code;
    replace_journal(&ops, k, redis->seq == 0);
    if (hy_keep_send(k, &ops, redis, err) < 0)
        return err->code;
    *ret_half = HY_TAKE(half);
    return HY_OK;
}

/* ---- what it touched ---- */

static void remove_member(struct hy_ops *ops, const struct hy_keep *k, const char *command,
                          const char *index, struct hy_str id)
{
    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, hy_str(command));
    hy_ops_key(ops, k, index, HY_NO_ID);
    hy_ops_arg(ops, id);
}

static void remove_key(struct hy_ops *ops, const struct hy_keep *k, const char *what,
                       struct hy_str id)
{
    hy_ops_begin(ops, 2);
    hy_ops_arg(ops, HY_STR("DEL"));
    hy_ops_key(ops, k, what, id);
}

/* As the state has it, or not at all. */
static void mend_document(struct hy_ops *ops, struct hy_keep *k, struct hy_str id)
{
    if (hy_state_incident(k->state, id)) {
        hy_ops_document(ops, k, id, true, true);
        return;
    }
    remove_key(ops, k, "incident", id);
    for (int kind = 0; kind < HY_DOC_COUNT; kind++)
        remove_member(ops, k, "ZREM", hy_doc_index[kind], id);
    remove_member(ops, k, "SREM", "open", id);
    remove_member(ops, k, "HDEL", "lookouts", id);
}

int hy_keep_half_mend(struct hy_keep *k, const struct hy_half *half, struct hy_err *err)
{
    HY_CLEANUP(hy_ops_release) struct hy_ops ops = HY_OPS_INIT;
    struct hy_str id;
    void *ignored;

    if (half == NULL)
        return HY_OK;
    for (size_t at = 0; hy_map_next(half->documents, &at, &id, &ignored);)
        mend_document(&ops, k, id);
    for (size_t at = 0; hy_map_next(half->items, &at, &id, &ignored);)
        if (hy_state_item(k->state, id) == NULL)
            remove_key(&ops, k, "item", id);
    return hy_keep_send(k, &ops, &k->state->head, err);
}
