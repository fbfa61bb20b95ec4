/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs: commands, hits and what the crawler says of its sources, read from the beginning of their
 * streams.  What is in them has not been committed yet, because a commit removes its inputs.
 *
 * One blocking read is always on its way on a connection of its own, so that inputs wake the keeper
 * the moment they come and it can sleep exactly until the next timer. */
#include "alerts/decide/clocks.h"
#include "alerts/keep/keep.h"

#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 32, /* inputs of a stream per transaction */
    COLD_BLOCK_MS = 20,
    CMD_MAX = 64 * 1024,
    HIT_MAX = HY_JOURNAL_LINE_MAX / 2,
    ID_MAX = 128,
    ASIDE_CHARS = 20000,
};

static const struct {
    const char *stream, *field, *label;
    size_t max;
} inputs[] = {
    [HY_INPUT_CMD] = {"cmd", "cmd", "一项操作", CMD_MAX},
    [HY_INPUT_HEALTH] = {"health", "event", "一条来源状态", CMD_MAX},
    [HY_INPUT_HITS] = {"hits", "hit", "一条发现", HIT_MAX},
};
_Static_assert(HY_COUNT(inputs) == HY_INPUT_COUNT, "describe every input");

static void drop_input(struct hy_turn *t, enum hy_input from, const char *id)
{
    hy_ops_begin(&t->ops, 3);
    hy_ops_arg(&t->ops, HY_STR("XDEL"));
    hy_ops_key(&t->ops, t->k, inputs[from].stream, hy_str(""));
    hy_ops_arg(&t->ops, hy_str(id));
}

static void set_input_aside(struct hy_turn *t, enum hy_input from, const char *id,
                            struct hy_str text, const char *why)
{
    const char *stream = inputs[from].stream;
    const struct hy_str fields[] = {HY_STR("*"), HY_STR("stream"), hy_str(stream), HY_STR("input"),
                                    text,        HY_STR("why"),    hy_str(why)};

    hy_log(HY_ERROR, "input_unusable", HY_KV("stream", stream), HY_KV("id", id), HY_KV("err", why));
    hy_ops_begin(&t->ops, 2 + (int)HY_COUNT(fields));
    hy_ops_arg(&t->ops, HY_STR("XADD"));
    hy_ops_key(&t->ops, t->k, "quarantine", hy_str(""));
    for (size_t i = 0; i < HY_COUNT(fields); i++)
        hy_ops_arg(&t->ops, fields[i]);
}

static void note_entries(struct hy_turn *t, size_t from)
{
    for (size_t i = from; i < json_array_size(t->d.entries); i++)
        hy_regroup_note(t->k->regroup, json_array_get(t->d.entries, i));
}

/* ---- hits ---- */

static void take_hit(struct hy_turn *t, const json_t *hit)
{
    const json_t *trace = json_object_get(hit, "trace");
    struct hy_group *group = hy_regroup_group(t->k->regroup);
    struct hy_place_verdict verdict = {0};
    HY_CLEANUP(hy_freep) char *incident = NULL;
    HY_CLEANUP(hy_freep) char *reprint_of = NULL;
    HY_CLEANUP(hy_freep) char *why = NULL;
    size_t before = json_array_size(t->d.entries);

    if (json_is_object(trace) && hy_is_official(t->k->rules, hit)) {
        struct hy_group_answer a = hy_group_answer(group, trace, t->d.now);
        incident = hy_xstrdup(a.incident);
        why = hy_xstrdup(a.why);
        verdict = (struct hy_place_verdict){incident, NULL, why, a.sure};
    } else if (json_is_object(trace)) {
        struct hy_group_verdict v = hy_group_place(group, trace, t->d.now);
        incident = hy_xstrdup(v.incident);
        reprint_of = hy_xstrdup(v.reprint_of);
        verdict = (struct hy_place_verdict){incident, reprint_of, v.why, v.same};
    }
    hy_decide_hit(&t->d, hit, &verdict);
    note_entries(t, before);
}

/* ---- commands ---- */

/* Has this command been answered already?  Then answer the same again. */
static int answered(struct hy_turn *t, const json_t *cmd, bool *ret, struct hy_err *err)
{
    redisReply *r = NULL;
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(cmd, "id"));
    HY_CLEANUP(hy_freep) char *what = hy_xasprintf("reply:%s", id);
    json_t *reply = NULL;
    size_t i;
    json_t *given;

    *ret = false;
    json_array_foreach (t->d.replies, i, given) /* in this very batch */
        *ret |= hy_str_is(hy_json_str(given, "id"), id);
    if (*ret)
        return HY_OK;
    if (hy_redis_sync_cmd(t->k->redis, &r, err, "GET %s", hy_keep_key(t->k, what)) < 0)
        return err->code;
    struct hy_err ignored = HY_ERR_INIT;
    if (r->type == REDIS_REPLY_STRING &&
        hy_json_parse(hy_reply_str(r), &reply, &ignored) == HY_OK) {
        json_array_append_new(t->d.replies, reply);
        *ret = true;
    }
    freeReplyObject(r);
    return HY_OK;
}

/* The trace of one item, or nothing. */
static int add_trace(struct hy_keep *k, const char *item, json_t *traces, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *what = hy_xasprintf("item:%s", item);
    HY_CLEANUP(hy_json_freep) json_t *full = NULL;
    struct hy_err ignored = HY_ERR_INIT;
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "GET %s", hy_keep_key(k, what)) < 0)
        return err->code;
    if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &full, &ignored) == HY_OK &&
        json_object_get(full, "trace"))
        json_object_set(traces, item, json_object_get(full, "trace"));
    freeReplyObject(r);
    return HY_OK;
}

/* The traces of the items that a split names: the decision hands them on to the grouping, which
 * has to follow, now and whenever the journal is read again. */
static int traces_of(struct hy_keep *k, const json_t *cmd, json_t *traces, struct hy_err *err)
{
    size_t i;
    json_t *id;

    if (!hy_str_is(hy_json_str(cmd, "verb"), "split"))
        return HY_OK;
    json_array_foreach (json_object_get(json_object_get(cmd, "args"), "items"), i, id)
        if (json_is_string(id) && json_string_length(id) <= ID_MAX &&
            add_trace(k, json_string_value(id), traces, err) < 0)
            return err->code;
    return HY_OK;
}

static int take_command(struct hy_turn *t, const json_t *cmd, struct hy_err *err)
{
    size_t before = json_array_size(t->d.entries);
    HY_CLEANUP(hy_json_freep) json_t *traces = json_object();
    bool again;

    if (answered(t, cmd, &again, err) < 0 || traces_of(t->k, cmd, traces, err) < 0)
        return err->code;
    t->d.traces = traces;
    if (!again)
        hy_decide_command(&t->d, cmd);
    t->d.traces = NULL;
    note_entries(t, before);
    return HY_OK;
}

/* ---- what cannot be used ---- */

static int check_input(struct hy_str text, size_t max, json_t **ret, struct hy_err *err)
{
    struct hy_str id;

    if (text.n > max)
        return hy_fail(err, HY_E_TOOBIG, "%zu bytes, at most %zu are taken", text.n, max);
    if (hy_json_parse(text, ret, err) < 0)
        return err->code;
    id = hy_json_str(*ret, "id");
    if (!json_is_object(*ret) || id.n == 0 || id.n > ID_MAX)
        return hy_fail(err, HY_E_PARSE, "no object with an id");
    return HY_OK;
}

/* Whoever sent it waits for an answer; the text is only scanned, as parsing may be what kills. */
static void answer_poison(struct hy_turn *t, struct hy_str text)
{
    struct hy_str id = hy_json_peek_str(text, HY_STR("id"));
    json_t *reply;

    if (id.n == 0 || id.n > ID_MAX || !hy_utf8_valid(id))
        return;
    reply = json_object();
    hy_json_set_str(reply, "id", id);
    json_object_set_new(reply, "ok", json_false());
    hy_json_set_str(reply, "code", HY_STR("invalid"));
    hy_json_set_str(reply, "message",
                    HY_STR("这项操作两次使值守程序意外退出，已被隔离，没有执行。"
                           "请联系系统管理员；改写内容后可以重新提交"));
    json_array_append_new(t->d.replies, reply);
}

/* The keeper died of it more than once: out of the way, and everybody hears of it. */
static void set_poison_aside(struct hy_turn *t, enum hy_input from, const char *id,
                             struct hy_str text)
{
    HY_CLEANUP(hy_json_freep) json_t *event = json_object();
    HY_CLEANUP(hy_freep) char *event_text = NULL;
    HY_CLEANUP(hy_freep)
    char *message =
        hy_xasprintf("%s两次使值守程序意外退出，已被隔离，没有处理", inputs[from].label);

    hy_log(HY_ERROR, "poison_input_quarantined", HY_KV("stream", inputs[from].stream),
           HY_KV("id", id), HY_KVN("deaths", HY_HOLD_DEATHS));
    set_input_aside(t, from, id, hy_utf8_head(text, ASIDE_CHARS), "the keeper died of it twice");
    hy_json_set_str(event, "event", HY_STR("quarantine"));
    hy_json_set_str(event, "stream", hy_str(inputs[from].stream));
    hy_json_set_str(event, "input", hy_str(id));
    hy_json_set_str(event, "message", hy_str(message));
    event_text = hy_json_text(event);
    hy_ops_feed(&t->ops, t->k, "keeper", hy_str(event_text), hy_str(""));
    if (from == HY_INPUT_CMD)
        answer_poison(t, text);
}

/* ---- taking ---- */

static void count_receipt(const json_t *command)
{
    static const char *const states[] = {"sent", "shown", "closed", "failed", NULL};
    int state = hy_name_index(states, hy_json_str(json_object_get(command, "args"), "state"));

    if (hy_str_is(hy_json_str(command, "verb"), "receipt") && state >= 0)
        hy_keep_count_notice(states[state]);
    if (hy_str_is(hy_json_str(command, "verb"), "ack"))
        hy_keep_count_notice("acknowledged");
}

static int take_input(struct hy_turn *t, enum hy_input from, const char *id, struct hy_str text,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *input = NULL;
    struct hy_err why = HY_ERR_INIT;

    if (check_input(text, inputs[from].max, &input, &why) < 0)
        set_input_aside(t, from, id, hy_utf8_head(text, ASIDE_CHARS), why.msg);
    else if (from == HY_INPUT_CMD) {
        count_receipt(input);
        return take_command(t, input, err);
    } else if (from == HY_INPUT_HITS)
        take_hit(t, input);
    else if (!hy_decide_source(&t->d, input))
        set_input_aside(t, from, id, hy_utf8_head(text, ASIDE_CHARS), "no state of a source");
    return HY_OK;
}

static void count_input(enum hy_input from)
{
    static struct hy_metric taken =
        HY_COUNTER("huiying_keeper_inputs_total", "Inputs taken by the keeper.", "stream");

    hy_metric_add(&taken, inputs[from].stream, 1);
}

/* Held while it is parsed and decided: should that kill us, the next keeper knows the culprit. */
static int take_entry(struct hy_turn *t, enum hy_input from, const redisReply *entry,
                      struct hy_err *err)
{
    const char *id = entry->element[0]->str;
    struct hy_str text = hy_reply_field(entry->element[1], inputs[from].field);
    char name[64];
    int rc;

    drop_input(t, from, id);
    snprintf(t->k->read[from], sizeof(t->k->read[from]), "%s", id);
    snprintf(name, sizeof(name), "%s/%s", inputs[from].stream, id);
    if (hy_hold_begin(t->k->hold, name) >= HY_HOLD_DEATHS) {
        set_poison_aside(t, from, id, text);
        return HY_OK;
    }
    rc = take_input(t, from, id, text, err);
    count_input(from);
    hy_hold_end(t->k->hold);
    return rc;
}

static int take_stream(struct hy_turn *t, const redisReply *stream, struct hy_err *err)
{
    const redisReply *entries = stream->element[1];
    struct hy_str key = hy_reply_str(stream->element[0]);
    enum hy_input from = 0;

    while (!hy_str_eq(key, hy_str(hy_keep_key(t->k, inputs[from].stream))))
        if (++from == HY_INPUT_COUNT)
            return hy_fail(err, HY_E_REDIS, "a stream nobody asked for");
    for (size_t i = 0; i < entries->elements; i++)
        if (take_entry(t, from, entries->element[i], err) < 0)
            return err->code;
    return HY_OK;
}

/* Has this turn opened an incident whose working days cannot be counted? */
static bool opened_uncounted(const struct hy_turn *t)
{
    struct hy_err why = HY_ERR_INIT;
    size_t i;
    json_t *e;

    json_array_foreach (t->d.entries, i, e)
        if (hy_str_is(hy_json_str(e, "type"), hy_entry_name[HY_ENTRY_OPEN]) &&
            hy_clocks_uncounted(hy_state_incident(t->k->state, hy_json_str(e, "incident")),
                                t->k->rules, &why))
            return true;
    return false;
}

static int take_all(struct hy_keep *k, const redisReply *r, struct hy_err *err)
{
    struct hy_turn t;
    int rc = HY_OK;

    hy_turn_begin(&t, k);
    for (size_t i = 0; rc == HY_OK && r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
        rc = take_stream(&t, r->element[i], err);
    if (rc == HY_OK)
        rc = hy_keep_ask(k, err); /* Redis looks for more while we write */
    if (rc == HY_OK)
        rc = hy_turn_commit(&t, err);
    if (rc == HY_OK && opened_uncounted(&t))
        rc = hy_keep_calendar(k, err);
    hy_turn_end(&t);
    return rc;
}

/* ---- reading ---- */

int hy_keep_ask(struct hy_keep *k, struct hy_err *err)
{
    bool warm = hy_regroup_warm(k->regroup, 0);
    int streams = warm ? HY_INPUT_COUNT : HY_INPUT_HITS, n = 0;
    const char *argv[6 + 2 * HY_INPUT_COUNT];
    char count[16], block[16];

    if (k->reading)
        return HY_OK;
    snprintf(count, sizeof(count), "%d", BATCH);
    snprintf(block, sizeof(block), "%d", warm ? 0 : COLD_BLOCK_MS); /* 0: for ever */
    argv[n++] = "XREAD";
    argv[n++] = "COUNT";
    argv[n++] = count;
    argv[n++] = "BLOCK";
    argv[n++] = block;
    argv[n++] = "STREAMS";
    for (int i = 0; i < streams; i++) {
        argv[n + i] = hy_keep_key(k, inputs[i].stream);
        argv[n + streams + i] = k->read[i];
    }
    k->reading = true;
    return hy_redis_sync_send(k->reader, err, n + 2 * streams, argv, NULL);
}

int hy_keep_inputs(struct hy_keep *k, bool *ret_more, struct hy_err *err)
{
    redisReply *r = NULL;
    int rc;

    *ret_more = false;
    if (hy_redis_sync_take(k->reader, &r, err) < 0)
        return err->code;
    if (r == NULL)
        return HY_OK;
    k->reading = false;
    *ret_more = r->type == REDIS_REPLY_ARRAY;
    rc = take_all(k, r, err);
    freeReplyObject(r);
    return rc;
}
