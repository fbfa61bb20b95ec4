/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions become one Redis transaction. */
#include "alerts/keep/keep.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEED_LENGTH = 20000, REPLY_SECONDS = 7 * 86400 };

/* ---- operations ---- */

void hy_ops_begin(struct hy_ops *ops)
{
    ops->open = ops->v.n;
    hy_vec_push(&ops->v, NULL);
    hy_vec_push(&ops->n, 0);
}

void hy_ops_arg(struct hy_ops *ops, struct hy_str arg)
{
    char count[16];
    size_t argc = ops->v.n - ops->open;

    hy_vec_push(&ops->v, hy_str_dup(arg));
    hy_vec_push(&ops->n, arg.n);
    ops->n.v[ops->open] = (size_t)snprintf(count, sizeof(count), "%zu", argc);
    free(ops->v.v[ops->open]);
    ops->v.v[ops->open] = hy_xstrdup(count);
}

void hy_ops_add(struct hy_ops *ops, int argc, const char *const *argv)
{
    hy_ops_begin(ops);
    for (int i = 0; i < argc; i++)
        hy_ops_arg(ops, hy_str(argv[i]));
}
#define ADD(ops, ...)                                                                              \
    hy_ops_add(ops, (int)HY_COUNT(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__})

void hy_ops_move(struct hy_ops *to, struct hy_ops *from)
{
    for (size_t i = 0; i < from->v.n; i++) {
        hy_vec_push(&to->v, from->v.v[i]);
        hy_vec_push(&to->n, from->n.v[i]);
    }
    from->v.n = from->n.n = 0; /* the texts belong to `to` now */
    hy_ops_release(from);
}

void hy_ops_release(struct hy_ops *ops)
{
    for (size_t i = 0; i < ops->v.n; i++)
        free(ops->v.v[i]);
    hy_vec_release(&ops->v);
    hy_vec_release(&ops->n);
}

const char *hy_keep_key(const struct hy_keep *k, const char *what)
{
    static char buf[4][512];
    static unsigned next;
    char *out = buf[next++ % HY_COUNT(buf)];

    snprintf(out, sizeof(buf[0]), "hy:{%s}:%s", k->office, what);
    return out;
}

static const char *key_of(const struct hy_keep *k, const char *what, struct hy_str id)
{
    char name[256];

    snprintf(name, sizeof(name), "%s:" HY_STR_FMT, what, HY_STR_ARG(id));
    return hy_keep_key(k, name);
}

/* ---- what entries mean for Redis ---- */

void hy_ops_feed(struct hy_keep *k, struct hy_ops *ops, const char *type, const json_t *data,
                 const char *to)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(data);
    char length[16];

    snprintf(length, sizeof(length), "%d", FEED_LENGTH);
    ADD(ops, "XADD", hy_keep_key(k, "feed"), "MAXLEN", "~", length, "*", "type", type, "data", text,
        "to", to);
}

static void add_notice(struct hy_keep *k, struct hy_ops *ops, const json_t *notice, bool live)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(notice);
    struct hy_buf to = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t i;
    json_t *person;

    ADD(ops, "XADD", hy_keep_key(k, "notices"), "*", "notice", text);
    json_array_foreach (json_object_get(notice, "to"), i, person)
        hy_buf_printf(&to, "%s%s", i ? "," : "", json_string_value(person));
    if (live)
        hy_ops_feed(k, ops, "notice", notice, to.p ? to.p : "");
    hy_buf_release(&to);
}

static void add_item(struct hy_keep *k, struct hy_ops *ops, const json_t *item)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(item);

    ADD(ops, "SET", key_of(k, "item", hy_json_str(item, "id")), text);
}

void hy_ops_reply(struct hy_keep *k, struct hy_ops *ops, const json_t *reply)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(reply);
    char seconds[16];

    snprintf(seconds, sizeof(seconds), "%d", REPLY_SECONDS);
    if (hy_json_str(reply, "id").n)
        ADD(ops, "SET", key_of(k, "reply", hy_json_str(reply, "id")), text, "EX", seconds);
    hy_ops_feed(k, ops, "reply", reply, "");
}

static void add_entry(struct hy_keep *k, struct hy_ops *ops, const json_t *entry,
                      struct hy_str line, bool live)
{
    const json_t *data = json_object_get(entry, "data"), *item = json_object_get(data, "item"),
                 *notice = json_object_get(data, "notice");
    char id[32];

    snprintf(id, sizeof(id), "%lld-0", (long long)hy_json_int(entry, "seq", 0));
    hy_ops_begin(ops);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_arg(ops, hy_str(hy_keep_key(k, "journal")));
    hy_ops_arg(ops, hy_str(id));
    hy_ops_arg(ops, HY_STR("e"));
    hy_ops_arg(ops, line);
    if (item)
        add_item(k, ops, item);
    if (notice)
        add_notice(k, ops, notice, live);
    if (live && hy_str_is(hy_json_str(entry, "type"), "keeper"))
        hy_ops_feed(k, ops, "keeper", json_object_get(data, "args"), "");
}

static const struct hy_pending *pending_of(const struct hy_pendings *list, const char *member)
{
    for (size_t i = 0; list && i < list->n; i++)
        if (strcmp(list->v[i].member, member) == 0)
            return &list->v[i];
    return NULL;
}

void hy_ops_timers(struct hy_keep *k, struct hy_ops *ops, struct hy_str id, bool all)
{
    const json_t *doc = hy_state_incident(k->state, id);
    const char *key = hy_keep_key(k, "timers");
    struct hy_pendings *had = hy_map_get(k->timers, id);
    struct hy_pendings *now = hy_xcalloc(1, sizeof(*now));

    hy_pendings_of(doc, now);
    for (size_t i = 0; had && i < had->n; i++)
        if (all || pending_of(now, had->v[i].member) == NULL)
            ADD(ops, "ZREM", key, had->v[i].member);
    for (size_t i = 0; i < now->n; i++) {
        const struct hy_pending *old = pending_of(had, now->v[i].member);
        char score[32];
        if (!all && old && old->due.ms == now->v[i].due.ms)
            continue;
        snprintf(score, sizeof(score), "%lld", (long long)now->v[i].due.ms);
        ADD(ops, "ZADD", key, score, now->v[i].member);
    }
    hy_map_set(k->timers, id, now);
}

static void add_document(struct hy_keep *k, struct hy_ops *ops, struct hy_str id, bool live)
{
    const json_t *doc = hy_state_incident(k->state, id);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(doc);
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(id);
    enum hy_doc_kind what = hy_doc_kind_of(doc);
    char opened[32];

    snprintf(opened, sizeof(opened), "%lld", (long long)hy_json_time(doc, "opened").ms);
    ADD(ops, "SET", key_of(k, "incident", id), text);
    ADD(ops, "ZADD", hy_keep_key(k, hy_doc_index[what]), opened, name);
    if (what == HY_DOC_INCIDENT)
        ADD(ops, hy_incident_is_open(doc) ? "SADD" : "SREM", hy_keep_key(k, "open"), name);
    hy_ops_timers(k, ops, id, false);
    if (live)
        hy_ops_feed(k, ops, hy_doc_name[what], doc, "");
}

static void add_head(struct hy_keep *k, struct hy_ops *ops, const json_t *last, struct hy_str line)
{
    HY_CLEANUP(hy_freep) char *hash = hy_str_dup(hy_journal_hash(line));
    char seq[32];

    snprintf(seq, sizeof(seq), "%lld", (long long)hy_json_int(last, "seq", 0));
    ADD(ops, "HSET", hy_keep_key(k, "head"), "seq", seq, "hash", hash);
}

void hy_ops_entries(struct hy_keep *k, struct hy_ops *ops, const json_t *entries,
                    struct hy_str lines, int64_t live_from)
{
    struct hy_map *touched = hy_map_new(NULL); /* incident -> its last entry */
    struct hy_str id, line = {0}, rest = lines;
    size_t i;
    json_t *e;
    void *last;

    json_array_foreach (entries, i, e) {
        hy_str_cut(&rest, '\n', &line);
        add_entry(k, ops, e, line, hy_json_time(e, "at").ms >= live_from);
        id = hy_json_str(e, "incident");
        if (id.n)
            hy_map_set(touched, id, e);
    }
    for (size_t at = 0; hy_map_next(touched, &at, &id, &last);)
        add_document(k, ops, id, hy_json_time(last, "at").ms >= live_from);
    hy_map_free(touched);
    if (json_array_size(entries) > 0)
        add_head(k, ops, json_array_get(entries, json_array_size(entries) - 1), line);
}

/* ---- the script ---- */

static const char commit_script[] =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCE') end\n"
    "local seq = redis.call('HGET', KEYS[2], 'seq') or '0'\n"
    "local hash = redis.call('HGET', KEYS[2], 'hash') or string.rep('0', 64)\n"
    "if seq ~= ARGV[2] or hash ~= ARGV[3] then return redis.error_reply('HEAD') end\n"
    "local i = 4\n"
    "while i <= #ARGV do\n"
    "  local n = tonumber(ARGV[i])\n"
    "  redis.call(unpack(ARGV, i + 1, i + n))\n"
    "  i = i + n + 1\n"
    "end\n"
    "return 'OK'\n";

int hy_keep_send(struct hy_keep *k, const struct hy_ops *ops, const struct hy_head *before,
                 struct hy_err *err)
{
    HY_VEC(const char *) argv = {0};
    HY_VEC(size_t) argvlen = {0};
    char seq[32], fence[32];
    redisReply *reply = NULL;

    snprintf(seq, sizeof(seq), "%lld", (long long)before->seq);
    snprintf(fence, sizeof(fence), "%lld", (long long)k->fence);
    const char *head[] = {
        "EVAL", commit_script, "2",         hy_keep_key(k, "fence"), hy_keep_key(k, "head"),
        fence,  seq,           before->hash};
    for (size_t i = 0; i < HY_COUNT(head); i++) {
        hy_vec_push(&argv, head[i]);
        hy_vec_push(&argvlen, strlen(head[i]));
    }
    for (size_t i = 0; i < ops->v.n; i++) {
        hy_vec_push(&argv, ops->v.v[i]);
        hy_vec_push(&argvlen, ops->n.v[i]);
    }
    int rc = hy_redis_sync_cmdv(k->redis, &reply, err, (int)argv.n, argv.v, argvlen.v);
    if (rc == HY_OK)
        freeReplyObject(reply);
    else if (strstr(err->msg, "FENCE") || strstr(err->msg, "HEAD"))
        rc = hy_fail(err, HY_E_DENIED, "another keeper leads");
    hy_vec_release(&argv);
    hy_vec_release(&argvlen);
    return rc;
}
