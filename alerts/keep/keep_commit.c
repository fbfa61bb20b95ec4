/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction: what was decided goes to the mirror, then to Redis. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"

#include <stdlib.h>

enum { SAFE_LEASE_MS = HY_LEASE_MS - 1000 /* older than this: do not start to write */ };

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
    hy_vec_release(&t->fired);
}

void hy_keep_count_notice(const char *state)
{
    static struct hy_metric notices = HY_COUNTER(
        "huiying_notices_total", "Notices written, and what was heard of them.", "state");

    hy_metric_add(&notices, state, 1);
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

static void count_timers(const struct hy_turn *t)
{
    static struct hy_metric lateness =
        HY_HISTOGRAM("huiying_timer_lateness_seconds",
                     "From when a timer was due to when it was on record.", NULL, hy_bounds_fast);

    for (size_t i = 0; i < t->fired.n; i++)
        hy_metric_observe(&lateness, NULL, (double)(t->recorded.ms - t->fired.v[i].ms) / 1000);
}

bool hy_turn_close(struct hy_turn *t)
{
    struct hy_keep *k = t->k;
    struct hy_ops all = HY_OPS_INIT;
    size_t i;
    json_t *reply;

    t->after = k->state->head;
    if (t->d.lines.n == 0 && t->ops.n == 0 && t->ops.gone.n == 0 &&
        json_array_size(t->d.replies) == 0)
        return false;
    hy_ops_entries(&all, k, t->d.entries, hy_buf_view(&t->d.lines), 0, false);
    hy_ops_move(&all, &t->ops);
    for (i = 0; i < t->recheck.n; i++)
        hy_ops_timers(&all, k, hy_str(t->recheck.v[i]), true);
    json_array_foreach (t->d.replies, i, reply)
        hy_ops_reply(&all, k, reply);
    t->ops = all;
    return true;
}

int hy_turn_ready(struct hy_turn *t, struct hy_err *err)
{
    struct hy_keep *k = t->k;

    if ((hy_mono_now().us - k->leased.us) / 1000 > SAFE_LEASE_MS && hy_keep_renew(k, err) < 0)
        return err->code;
    if (t->d.lines.n > 0 &&
        hy_mirror_append(k->mirror, hy_buf_view(&t->d.lines), t->after, err) < 0)
        return err->code;
    return hy_keep_prepare(k, &t->ops, &t->before, err);
}

int hy_turn_post(struct hy_turn *t, struct hy_err *err)
{
    return hy_keep_post(t->k, err);
}

int hy_turn_answer(struct hy_turn *t, struct hy_err *err)
{
    struct hy_err undo = HY_ERR_INIT;
    int rc = hy_keep_answer(t->k, &t->ops, &t->before, err);

    if (rc == HY_E_DENIED && t->d.lines.n > 0 && hy_mirror_undo(t->k->mirror, &undo) < 0)
        hy_log(HY_ERROR, "mirror_undo_failed", HY_KV("err", undo.msg));
    t->recorded = hy_wall_now();
    return rc;
}

void hy_turn_log(const struct hy_turn *t)
{
    log_entries(t->d.entries);
    count_notices(t->d.entries);
    count_timers(t);
}

int hy_turn_commit(struct hy_turn *t, struct hy_err *err)
{
    if (!hy_turn_close(t))
        return HY_OK;
    if (hy_turn_ready(t, err) < 0 || hy_turn_post(t, err) < 0 || hy_turn_answer(t, err) < 0)
        return err->code;
    hy_turn_log(t);
    /* Here and not only between chores: a round over all documents is many turns in a row. */
    hy_state_cool(t->k->state, HY_HOT_BYTES);
    return HY_OK;
}
