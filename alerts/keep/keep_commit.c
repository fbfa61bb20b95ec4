/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions become one Redis transaction.
 *
 * Operations are written as they go over the wire, without an allocation each: a burst of a
 * thousand timers is some ten thousand arguments.  Timers are collected beside them, so that a
 * transaction takes away and sets them a few hundred at a time. */
#include "alerts/keep/keep.h"
#include "alerts/keep/risk.h"

#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEED_LENGTH = 20000,
    REPLY_SECONDS = 7 * 86400,
    UNPACK_MAX = 1000,                  /* values that one call inside the script takes */
    TIMERS_NEXT = 16,                   /* told by every script */
    TIMERS_NEXT_DUE = 128,              /* while timers are due */
    SAFE_LEASE_MS = HY_LEASE_MS - 1000, /* older than this: do not start to write */
};

/* ---- operations ---- */

void hy_ops_release(struct hy_ops *ops)
{
    hy_wire_release(&ops->wire);
    hy_buf_release(&ops->gone);
    hy_buf_release(&ops->due);
    ops->n = 0;
}

void hy_ops_begin(struct hy_ops *ops, int argc)
{
    char count[16];

    snprintf(count, sizeof(count), "%d", argc);
    hy_wire_arg(&ops->wire, hy_str(count));
    ops->n++;
}

void hy_ops_arg(struct hy_ops *ops, struct hy_str arg)
{
    hy_wire_arg(&ops->wire, arg);
}

void hy_ops_key(struct hy_ops *ops, const struct hy_keep *k, const char *what, struct hy_str id)
{
    char key[512];
    int n = snprintf(key, sizeof(key), "%s%s%s" HY_STR_FMT, k->prefix, what, id.n ? ":" : "",
                     HY_STR_ARG(id));

    hy_wire_arg(&ops->wire, hy_str_n(key, HY_MIN((size_t)n, sizeof(key) - 1)));
}

static void arg_int(struct hy_ops *ops, int64_t v)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)v);
    hy_wire_arg(&ops->wire, hy_str(text));
}

void hy_ops_move(struct hy_ops *to, struct hy_ops *from)
{
    hy_buf_str(&to->wire.b, hy_buf_view(&from->wire.b));
    hy_buf_str(&to->gone, hy_buf_view(&from->gone));
    hy_buf_str(&to->due, hy_buf_view(&from->due));
    to->wire.argc += from->wire.argc;
    to->n += from->n;
    hy_ops_release(from);
}

const char *hy_keep_key(const struct hy_keep *k, const char *what)
{
    static char buf[4][512];
    static unsigned next;
    char *out = buf[next++ % HY_COUNT(buf)];

    snprintf(out, sizeof(buf[0]), "%s%s", k->prefix, what);
    return out;
}
#define NO_ID ((struct hy_str){0})

/* ---- what entries mean for Redis ---- */

void hy_ops_feed(struct hy_ops *ops, const struct hy_keep *k, const char *type, struct hy_str data,
                 struct hy_str to)
{
    hy_ops_begin(ops, 12);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_key(ops, k, "feed", NO_ID);
    hy_ops_arg(ops, HY_STR("MAXLEN"));
    hy_ops_arg(ops, HY_STR("~"));
    arg_int(ops, FEED_LENGTH);
    hy_ops_arg(ops, HY_STR("*"));
    hy_ops_arg(ops, HY_STR("type"));
    hy_ops_arg(ops, hy_str(type));
    hy_ops_arg(ops, HY_STR("data"));
    hy_ops_arg(ops, data);
    hy_ops_arg(ops, HY_STR("to"));
    hy_ops_arg(ops, to);
}

static void add_notice(struct hy_ops *ops, const struct hy_keep *k, const json_t *notice, bool live)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(notice);
    HY_CLEANUP(hy_buf_release) struct hy_buf to = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t i;
    json_t *person;

    hy_ops_begin(ops, 5);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_key(ops, k, "notices", NO_ID);
    hy_ops_arg(ops, HY_STR("*"));
    hy_ops_arg(ops, HY_STR("notice"));
    hy_ops_arg(ops, hy_str(text));
    if (!live)
        return;
    json_array_foreach (json_object_get(notice, "to"), i, person)
        hy_buf_printf(&to, "%s%s", i ? "," : "", json_string_value(person));
    hy_ops_feed(ops, k, "notice", hy_str(text), hy_buf_view(&to));
}

static void add_item(struct hy_ops *ops, const struct hy_keep *k, const json_t *item)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(item);

    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, HY_STR("SET"));
    hy_ops_key(ops, k, "item", hy_json_str(item, "id"));
    hy_ops_arg(ops, hy_str(text));
}

void hy_ops_reply(struct hy_ops *ops, const struct hy_keep *k, const json_t *reply)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(reply);

    if (hy_json_str(reply, "id").n) {
        hy_ops_begin(ops, 5);
        hy_ops_arg(ops, HY_STR("SET"));
        hy_ops_key(ops, k, "reply", hy_json_str(reply, "id"));
        hy_ops_arg(ops, hy_str(text));
        hy_ops_arg(ops, HY_STR("EX"));
        arg_int(ops, REPLY_SECONDS);
    }
    hy_ops_feed(ops, k, "reply", hy_str(text), hy_str(""));
}

/* What the keeper says about itself; the state of the chain is for verifiers, not for the board. */
static void add_keeper(struct hy_ops *ops, const struct hy_keep *k, const json_t *args)
{
    HY_CLEANUP(hy_freep) char *text = NULL;

    if (hy_str_is(hy_json_str(args, "event"), "state"))
        return;
    text = hy_json_text(args);
    hy_ops_feed(ops, k, "keeper", hy_str(text), hy_str(""));
}

static void add_entry(struct hy_ops *ops, const struct hy_keep *k, const json_t *entry,
                      struct hy_str line, bool live)
{
    const json_t *data = json_object_get(entry, "data"), *item = json_object_get(data, "item"),
                 *notice = json_object_get(data, "notice");
    char id[32];

    snprintf(id, sizeof(id), "%lld-0", (long long)hy_json_int(entry, "seq", 0));
    hy_ops_begin(ops, 5);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_key(ops, k, "journal", NO_ID);
    hy_ops_arg(ops, hy_str(id));
    hy_ops_arg(ops, HY_STR("e"));
    hy_ops_arg(ops, line);
    if (item)
        add_item(ops, k, item);
    if (notice)
        add_notice(ops, k, notice, live);
    if (live && hy_str_is(hy_json_str(entry, "type"), "keeper"))
        add_keeper(ops, k, json_object_get(data, "args"));
}

/* ---- timers ---- */

void hy_ops_timer_gone(struct hy_ops *ops, struct hy_str member)
{
    hy_buf_str(&ops->gone, member);
    hy_buf_char(&ops->gone, '\0');
}

void hy_ops_timer_due(struct hy_ops *ops, const struct hy_pending *p)
{
    hy_buf_printf(&ops->due, "%lld", (long long)p->due.ms);
    hy_buf_char(&ops->due, '\0');
    hy_buf_add(&ops->due, p->member, strlen(p->member) + 1);
}

static const struct hy_pending *pending_of(const struct hy_pendings *list, const char *member)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].member, member) == 0)
            return &list->v[i];
    return NULL;
}

void hy_ops_timers(struct hy_ops *ops, struct hy_keep *k, struct hy_str id, bool anew)
{
    struct hy_given *had = hy_state_given(k->state, id);
    struct hy_pendings now = {0};

    if (had == NULL)
        return;
    hy_pendings_of(hy_state_incident(k->state, id), &now);
    for (size_t i = 0; i < had->timers.n; i++)
        if (pending_of(&now, had->timers.v[i].member) == NULL)
            hy_ops_timer_gone(ops, hy_str(had->timers.v[i].member));
    for (size_t i = 0; i < now.n; i++) {
        const struct hy_pending *old = anew ? NULL : pending_of(&had->timers, now.v[i].member);
        if (old == NULL || old->due.ms != now.v[i].due.ms)
            hy_ops_timer_due(ops, &now.v[i]);
    }
    hy_pendings_release(&had->timers);
    had->timers = now;
}

/* ---- documents ---- */

static void list_document(struct hy_ops *ops, const struct hy_keep *k, struct hy_str id,
                          const json_t *doc, bool open)
{
    enum hy_doc_kind what = hy_doc_kind_of(doc);

    hy_ops_begin(ops, 4);
    hy_ops_arg(ops, HY_STR("ZADD"));
    hy_ops_key(ops, k, hy_doc_index[what], NO_ID);
    arg_int(ops, hy_json_time(doc, "opened").ms);
    hy_ops_arg(ops, id);
    if (what != HY_DOC_INCIDENT)
        return;
    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, open ? HY_STR("SADD") : HY_STR("SREM"));
    hy_ops_key(ops, k, "open", NO_ID);
    hy_ops_arg(ops, id);
}

/* What analyzers have to look for (analyzer/lookout.h); it goes when the assessment is over. */
static void add_lookout(struct hy_ops *ops, const struct hy_keep *k, struct hy_str id,
                        const json_t *doc)
{
    HY_CLEANUP(hy_json_freep) json_t *lookout = hy_risk_lookout(doc);
    HY_CLEANUP(hy_freep) char *text = lookout ? hy_json_text(lookout) : NULL;

    hy_ops_begin(ops, text ? 4 : 3);
    hy_ops_arg(ops, text ? HY_STR("HSET") : HY_STR("HDEL"));
    hy_ops_key(ops, k, "lookouts", NO_ID);
    hy_ops_arg(ops, id);
    if (text)
        hy_ops_arg(ops, hy_str(text));
}

static void add_document(struct hy_ops *ops, struct hy_keep *k, struct hy_str id, bool live,
                         bool anew)
{
    const json_t *doc = hy_state_incident(k->state, id);
    struct hy_given *had = hy_state_given(k->state, id);
    struct hy_str text = hy_state_text(k->state, id);
    int open = hy_state_is_open(k->state, id);

    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, HY_STR("SET"));
    hy_ops_key(ops, k, "incident", id);
    hy_ops_arg(ops, text);
    if (anew || had->open != open)
        list_document(ops, k, id, doc, open);
    had->open = open;
    if (hy_doc_kind_of(doc) == HY_DOC_RISK)
        add_lookout(ops, k, id, doc);
    hy_ops_timers(ops, k, id, anew);
    if (live)
        hy_ops_feed(ops, k, hy_doc_name[hy_doc_kind_of(doc)], text, hy_str(""));
}

static void add_head(struct hy_ops *ops, const struct hy_keep *k, const json_t *last,
                     struct hy_str line)
{
    hy_ops_begin(ops, 6);
    hy_ops_arg(ops, HY_STR("HSET"));
    hy_ops_key(ops, k, "head", NO_ID);
    hy_ops_arg(ops, HY_STR("seq"));
    arg_int(ops, hy_json_int(last, "seq", 0));
    hy_ops_arg(ops, HY_STR("hash"));
    hy_ops_arg(ops, hy_journal_hash(line));
}

void hy_ops_entries(struct hy_ops *ops, struct hy_keep *k, const json_t *entries,
                    struct hy_str lines, int64_t live_from, bool anew)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *touched = hy_map_new(NULL); /* id -> its last entry */
    size_t n = json_array_size(entries);
    struct hy_str id, line = {0}, rest = lines;
    size_t i;
    json_t *e;

    json_array_foreach (entries, i, e) {
        hy_str_cut(&rest, '\n', &line);
        add_entry(ops, k, e, line, hy_json_time(e, "at").ms >= live_from);
        id = hy_json_str(e, "incident");
        if (id.n)
            hy_map_set(touched, id, e);
    }
    json_array_foreach (entries, i, e) { /* in their order, so that the same inputs give the same */
        id = hy_json_str(e, "incident");
        if (id.n == 0 || hy_map_get(touched, id) != e)
            continue;
        int64_t version = hy_json_int(hy_state_incident(k->state, id), "version", 0);
        if (!anew || version == hy_json_int(e, "seq", 0))
            add_document(ops, k, id, hy_json_time(e, "at").ms >= live_from, anew);
    }
    if (n > 0)
        add_head(ops, k, json_array_get(entries, n - 1), line);
}

/* ---- the script ---- */

/* KEYS: lease fence head timers.  ARGV: token, lease in ms, fence, seq and hash of the head, now,
 * how many timers to tell; then operations, each with its number of arguments before it.
 *
 * A lease that ran out is taken again as long as the fence shows that nobody has led since.  Redis
 * runs a script to its end, and a crash in the middle drops all of it from the append-only file.
 * `timers` of the head lets the next leader see whether somebody else touched the sorted set. */
static struct hy_script commit_script = {
    .text = "local holder = redis.call('GET', KEYS[1])\n"
            "if holder and holder ~= ARGV[1] then return redis.error_reply('LEASE lost') end\n"
            "if redis.call('GET', KEYS[2]) ~= ARGV[3] then\n"
            "  return redis.error_reply('FENCE raised')\n"
            "end\n"
            "local seq = redis.call('HGET', KEYS[3], 'seq') or '0'\n"
            "local hash = redis.call('HGET', KEYS[3], 'hash') or string.rep('0', 64)\n"
            "if seq ~= ARGV[4] or hash ~= ARGV[5] then return redis.error_reply('HEAD moved') end\n"
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
            "local i = 8\n"
            "while i <= #ARGV do\n"
            "  local n = tonumber(ARGV[i])\n"
            "  redis.call(unpack(ARGV, i + 1, i + n))\n"
            "  i = i + n + 1\n"
            "end\n"
            "if #ARGV > 7 then\n"
            "  redis.call('HSET', KEYS[3], 'timers', redis.call('ZCARD', KEYS[4]))\n"
            "end\n"
            "return {redis.call('ZCOUNT', KEYS[4], '-inf', ARGV[6]),\n"
            "  redis.call('ZRANGE', KEYS[4], 0, ARGV[7], 'WITHSCORES')}\n"};

/* The collected timers as operations of at most UNPACK_MAX values. */
static void flush_timers(struct hy_ops *ops, const struct hy_keep *k, const char *command,
                         struct hy_buf *texts)
{
    const char *p = texts->p;
    size_t left = 0;

    for (size_t i = 0; i < texts->n; i++)
        left += texts->p[i] == '\0';
    for (size_t n; left > 0; left -= n) {
        n = HY_MIN(left, (size_t)UNPACK_MAX);
        hy_ops_begin(ops, (int)n + 2);
        hy_ops_arg(ops, hy_str(command));
        hy_ops_key(ops, k, "timers", NO_ID);
        for (size_t i = 0; i < n; i++, p += strlen(p) + 1)
            hy_ops_arg(ops, hy_str(p));
    }
    hy_buf_clear(texts);
}

static int64_t timers_due(const struct hy_keep *k)
{
    return k->timers ? k->timers->element[0]->integer : 0;
}

static bool is_refusal(const struct hy_err *err)
{
    static const char *const words[] = {"LEASE lost", "FENCE raised", "HEAD moved"};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (strstr(err->msg, words[i]))
            return true;
    return false;
}

static int denied(struct hy_err *err)
{
    err->code = HY_E_DENIED;
    return hy_wrap(err, "another keeper leads");
}

int hy_keep_send(struct hy_keep *k, struct hy_ops *ops, const struct hy_head *before,
                 struct hy_err *err)
{
    char lease[16], fence[24], seq[24], now[24], next[16];
    redisReply *reply = NULL;

    flush_timers(ops, k, "ZREM", &ops->gone);
    flush_timers(ops, k, "ZADD", &ops->due);
    snprintf(lease, sizeof(lease), "%d", HY_LEASE_MS);
    snprintf(fence, sizeof(fence), "%lld", (long long)k->fence);
    snprintf(seq, sizeof(seq), "%lld", (long long)before->seq);
    snprintf(now, sizeof(now), "%lld", (long long)hy_wall_now().ms);
    snprintf(next, sizeof(next), "%d",
             timers_due(k) > TIMERS_NEXT ? TIMERS_NEXT_DUE - 1 : TIMERS_NEXT - 1);
    const struct hy_str args[] = {
        hy_str(hy_keep_key(k, "lease")),
        hy_str(hy_keep_key(k, "fence")),
        hy_str(hy_keep_key(k, "head")),
        hy_str(hy_keep_key(k, "timers")),
        hy_str(k->token),
        hy_str(lease),
        hy_str(fence),
        hy_str(seq),
        hy_str(before->hash),
        hy_str(now),
        hy_str(next),
    };
    int rc = hy_redis_sync_eval(k->redis, &commit_script, &reply, err, 4, (int)HY_COUNT(args), args,
                                &ops->wire);
    if (rc < 0)
        return is_refusal(err) ? denied(err) : rc;
    freeReplyObject(k->timers);
    k->timers = reply;
    k->leased = hy_mono_now();
    return HY_OK;
}

/* ---- a transaction ---- */

void hy_turn_begin(struct hy_turn *t, struct hy_keep *k)
{
    *t = (struct hy_turn){.k = k, .before = k->state->head, .ops = HY_OPS_INIT};
    hy_decide_init(&t->d, k->state, k->rules, hy_wall_now());
    t->d.sources = hy_regroup_sources(k->regroup);
}

void hy_turn_end(struct hy_turn *t)
{
    hy_decide_release(&t->d);
    hy_ops_release(&t->ops);
    for (size_t i = 0; i < t->recheck.n; i++)
        free(t->recheck.v[i]);
    hy_vec_release(&t->recheck);
}

/* The mirror first, then Redis; a refusal takes the lines back (see alerts/keep/keep.h). */
static int write_both(struct hy_turn *t, struct hy_ops *ops, struct hy_err *err)
{
    struct hy_keep *k = t->k;
    struct hy_err undo = HY_ERR_INIT;
    int rc;

    if (t->d.lines.n > 0 &&
        hy_mirror_append(k->mirror, hy_buf_view(&t->d.lines), k->state->head, err) < 0)
        return err->code;
    rc = hy_keep_send(k, ops, &t->before, err);
    if (rc == HY_E_DENIED && t->d.lines.n > 0 && hy_mirror_undo(k->mirror, &undo) < 0)
        hy_log(HY_ERROR, "mirror_undo_failed", HY_KV("err", undo.msg));
    return rc;
}

/* One line per entry of the journal with what it is about, so that an item, an incident or a notice
 * can be followed from role to role by its id.  What an entry is not about is left out. */
static void log_entry(const json_t *e)
{
    const json_t *data = json_object_get(e, "data");
    const struct hy_kv about[] = {
        HY_KVS("incident", hy_json_str(e, "incident")),
        HY_KVS("item", hy_json_str(json_object_get(data, "item"), "id")),
        HY_KVS("notice", hy_json_str(json_object_get(data, "notice"), "id")),
    };
    struct hy_kv kv[2 + HY_COUNT(about)] = {
        HY_KVN("seq", hy_json_int(e, "seq", 0)),
        HY_KVS("type", hy_json_str(e, "type")),
    };
    size_t n = 2;

    for (size_t i = 0; i < HY_COUNT(about); i++)
        if (about[i].text.n)
            kv[n++] = about[i];
    hy_log_write(HY_INFO, "entry", kv, n);
}

static void log_entries(const json_t *entries)
{
    size_t i;
    json_t *e;

    if (!hy_log_enabled(HY_INFO))
        return;
    json_array_foreach (entries, i, e)
        log_entry(e);
}

static void count_notices(const json_t *entries)
{
    size_t i;
    json_t *e;

    json_array_foreach (entries, i, e)
        if (json_object_get(json_object_get(e, "data"), "notice"))
            hy_keep_count_notice("written");
}

int hy_turn_commit(struct hy_turn *t, struct hy_err *err)
{
    struct hy_keep *k = t->k;
    HY_CLEANUP(hy_ops_release) struct hy_ops all = HY_OPS_INIT;
    size_t i;
    json_t *reply;

    if (t->d.lines.n == 0 && t->ops.n == 0 && t->ops.gone.n == 0 &&
        json_array_size(t->d.replies) == 0)
        return HY_OK;
    if ((hy_mono_now().us - k->leased.us) / 1000 > SAFE_LEASE_MS && hy_keep_renew(k, err) < 0)
        return err->code;
    hy_ops_entries(&all, k, t->d.entries, hy_buf_view(&t->d.lines), 0, false);
    hy_ops_move(&all, &t->ops);
    for (i = 0; i < t->recheck.n; i++)
        hy_ops_timers(&all, k, hy_str(t->recheck.v[i]), true);
    json_array_foreach (t->d.replies, i, reply)
        hy_ops_reply(&all, k, reply);
    if (write_both(t, &all, err) < 0)
        return err->code;
    log_entries(t->d.entries);
    count_notices(t->d.entries);
    return HY_OK;
}
