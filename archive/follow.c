/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/follow.h"

#include "core/log.h"
#include "core/map.h"

#include <stdio.h>
#include <string.h>

/* -- where to begin ---------------------------------------------------------------------------- */

/* The line with this number, as an owned reply; NULL text when it is not there. */
static int line_at(struct hy_redis_sync *redis, const char *office, int64_t seq, redisReply **ret,
                   struct hy_err *err)
{
    return hy_redis_sync_cmd(redis, ret, err, "XRANGE hy:{%s}:journal %lld %lld", office,
                             (long long)seq, (long long)seq);
}

static int newest_seq(struct hy_redis_sync *redis, const char *office, int64_t *ret,
                      struct hy_err *err)
{
    redisReply *r = NULL;

    *ret = 0;
    if (hy_redis_sync_cmd(redis, &r, err, "HGET hy:{%s}:head seq", office) < 0)
        return err->code;
    if (!hy_str_to_i64(hy_reply_str(r), ret))
        *ret = 0;
    freeReplyObject(r);
    return HY_OK;
}

static struct hy_str line_of(const redisReply *entry)
{
    return entry->elements == 2 ? hy_reply_field(entry->element[1], "e") : hy_str("");
}

/* Is the line the store read last the one that stands there? */
static int start(struct hy_follower *f, struct hy_redis_sync *redis, struct hy_err *err)
{
    redisReply *r = NULL;
    int64_t newest;

    if (hy_store_cursor(f->store, f->office, &f->head, err) < 0 ||
        newest_seq(redis, f->office, &newest, err) < 0)
        return err->code;
    if (newest < f->head.seq)
        return HY_OK; /* being refilled */
    if (f->head.seq && line_at(redis, f->office, f->head.seq, &r, err) < 0)
        return err->code;
    struct hy_str line = r && r->elements == 1 ? line_of(r->element[0]) : hy_str("");
    if (f->head.seq && (line.n < 66 || !hy_str_is(hy_journal_hash(line), f->head.hash))) {
        hy_log(HY_WARN, "journal_is_another", HY_KV("office", f->office),
               HY_KVN("seq", f->head.seq));
        f->head = HY_HEAD_INIT;
    }
    freeReplyObject(r);
    f->started = true;
    return HY_OK;
}

/* -- entries ----------------------------------------------------------------------------------- */

/* Evidence is kept also from a journal whose chain is broken; `huiying verify` is for that. */
static int read_line(struct hy_follower *f, struct hy_str line, json_t **ret, struct hy_err *err)
{
    struct hy_err why = HY_ERR_INIT;
    struct hy_head head = f->head;

    if (hy_journal_check(line, &f->head, ret, &why) == HY_OK)
        return HY_OK;
    if (hy_json_parse(line, ret, err) < 0)
        return err->code;
    hy_log(HY_ERROR, "journal_broken", HY_KV("office", f->office), HY_KV("err", why.msg));
    f->head.seq = hy_json_int(*ret, "seq", head.seq + 1);
    snprintf(f->head.hash, sizeof(f->head.hash), HY_STR_FMT,
             HY_STR_ARG(hy_str_sub(hy_json_str(*ret, "hash"), 0, 64)));
    return HY_OK;
}

static int take_entry(struct hy_follower *f, const json_t *entry, struct hy_map *touched,
                      hy_wall now, struct hy_err *err)
{
    struct hy_str incident = hy_json_str(entry, "incident");
    const json_t *item = json_object_get(json_object_get(entry, "data"), "item");
    struct hy_err bad = HY_ERR_INIT;

    if (incident.n)
        hy_map_set(touched, incident, f);
    if (item == NULL)
        return HY_OK;
    int rc = hy_store_item(f->store, item, now, &bad);
    if (rc < 0 && rc != HY_E_PARSE)
        return hy_fail(err, bad.code, "%s", bad.msg);
    if (rc < 0)
        hy_log(HY_WARN, "item_unusable", HY_KVS("incident", incident), HY_KV("err", bad.msg));
    return hy_store_pin(f->store, incident, hy_json_str(item, "id"), err);
}

/* A reason stands in the entry only; it is kept with the incident, whose document comes first. */
static void note_reason(const json_t *entry, json_t *reasons)
{
    struct hy_str incident = hy_json_str(entry, "incident");
    const json_t *args = json_object_get(json_object_get(entry, "data"), "args");
    HY_CLEANUP(hy_freep) char *key = hy_str_dup(incident);

    if (incident.n && hy_str_is(hy_json_str(entry, "type"), "dismiss"))
        hy_json_set_str(reasons, key, hy_json_str(args, "reason"));
}

/* The journal is also about sources and the duty list: documents without a stage and without items,
 * nothing to search or to keep as evidence. */
static bool is_kept(const json_t *doc)
{
    return hy_json_str(doc, "state").n > 0;
}

/* The keeper's document, which it wrote in the same step as the entry. */
static int take_incident(struct hy_follower *f, struct hy_redis_sync *redis, struct hy_str id,
                         hy_wall now, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(id);
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_err bad = HY_ERR_INIT;
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(redis, &r, err, "GET hy:{%s}:incident:%s", f->office, name) < 0)
        return err->code;
    int rc = hy_json_parse(hy_reply_str(r), &doc, &bad);
    freeReplyObject(r);
    if (rc == HY_OK)
        return is_kept(doc) ? hy_store_incident(f->store, doc, now, err) : HY_OK;
    hy_log(HY_WARN, "incident_unusable", HY_KVS("incident", id), HY_KV("err", bad.msg));
    return HY_OK;
}

struct batch {
    struct hy_map *touched; /* incidents */
    json_t *reasons;        /* incident -> why it was dismissed */
};

static int take_lines(struct hy_follower *f, const redisReply *lines, struct batch *b, hy_wall now,
                      struct hy_err *err)
{
    for (size_t i = 0; i < lines->elements; i++) {
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        if (read_line(f, line_of(lines->element[i]), &entry, err) < 0 ||
            take_entry(f, entry, b->touched, now, err) < 0)
            return err->code;
        note_reason(entry, b->reasons);
    }
    return HY_OK;
}

static int take_incidents(struct hy_follower *f, struct hy_redis_sync *redis, struct batch *b,
                          hy_wall now, struct hy_err *err)
{
    struct hy_str id;
    void *value;
    const char *key;
    json_t *reason;

    for (size_t at = 0; hy_map_next(b->touched, &at, &id, &value);)
        if (take_incident(f, redis, id, now, err) < 0)
            return err->code;
    json_object_foreach (b->reasons, key, reason)
        if (hy_store_reason(f->store, hy_str(key), hy_str(json_string_value(reason)), err) < 0)
            return err->code;
    return HY_OK;
}

static int take_batch(struct hy_follower *f, struct hy_redis_sync *redis, const redisReply *lines,
                      hy_wall now, struct hy_err *err)
{
    struct batch b = {hy_map_new(NULL), json_object()};
    int rc = hy_store_begin(f->store, err);

    if (rc == HY_OK && ((rc = take_lines(f, lines, &b, now, err)) < 0 ||
                        (rc = take_incidents(f, redis, &b, now, err)) < 0 ||
                        (rc = hy_store_set_cursor(f->store, f->office, &f->head, err)) < 0))
        hy_store_rollback(f->store);
    if (rc == HY_OK)
        rc = hy_store_commit(f->store, err);
    hy_map_free(b.touched);
    json_decref(b.reasons);
    return rc;
}

int hy_follow(struct hy_follower *f, struct hy_redis_sync *redis, hy_wall now, size_t *ret_n,
              struct hy_err *err)
{
    redisReply *lines = NULL;

    *ret_n = 0;
    if (!f->started && start(f, redis, err) < 0)
        return err->code;
    if (!f->started)
        return HY_OK;
    if (hy_redis_sync_cmd(redis, &lines, err, "XRANGE hy:{%s}:journal (%lld-0 + COUNT %d",
                          f->office, (long long)f->head.seq, HY_FOLLOW_BATCH) < 0)
        return err->code;
    int rc = HY_OK;
    if (lines->elements && (rc = take_batch(f, redis, lines, now, err)) < 0)
        f->started = false; /* head may be ahead of the store */
    *ret_n = rc == HY_OK ? lines->elements : 0;
    freeReplyObject(lines);
    return rc;
}
