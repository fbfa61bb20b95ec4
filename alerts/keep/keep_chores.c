/* SPDX-License-Identifier: Apache-2.0 */
/* What is done beside the work, a little at a time: the lease, grouping's memory after a start,
 * snapshots, documents nobody uses any more, the day's head for others to keep, and a look whether
 * Redis really has the timers. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <stdlib.h>

enum { WARM_AT_ONCE = 50, SCRUB_DOCUMENTS = 16, SCRUB_EVERY_MS = 1000 };

static int64_t ms_since(hy_mono t)
{
    return (hy_mono_now().us - t.us) / 1000;
}

static int renew(struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(hy_ops_release) struct hy_ops none = HY_OPS_INIT;

    return ms_since(k->leased) < HY_LEASE_MS / 3 ? HY_OK
                                                 : hy_keep_send(k, &none, &k->state->head, err);
}

/* ---- timers compared ---- */

/* The documents whose turn it is, with the timers they should have. */
struct scrub {
    HY_VEC(struct hy_pending) want; /* owned */
    HY_VEC(char *) incident;        /* of each, owned */
};

static void scrub_release(struct scrub *s)
{
    for (size_t i = 0; i < s->want.n; i++) {
        free(s->want.v[i].member);
        free(s->incident.v[i]);
    }
    hy_vec_release(&s->want);
    hy_vec_release(&s->incident);
}

static void scrub_collect(struct hy_keep *k, struct scrub *s)
{
    struct hy_walk w = {.open = true, .at = k->scrubbed, .passing = true};
    const json_t *doc = NULL;

    for (int n = 0; n < SCRUB_DOCUMENTS && (doc = hy_state_next(k->state, &w)); n++) {
        struct hy_pendings p;
        hy_pendings_of(doc, &p);
        hy_keep_watch_note(k, doc);
        for (size_t i = 0; i < p.n; i++) {
            hy_vec_push(&s->want, p.v[i]);
            hy_vec_push(&s->incident, hy_str_dup(hy_json_str(doc, "id")));
        }
        hy_vec_release(&p); /* the members are ours now */
    }
    k->scrubbed = doc ? w.at : 0;
}

static int scrub_compare(struct hy_keep *k, const struct scrub *s, const redisReply *scores,
                         struct hy_err *err)
{
    HY_CLEANUP(hy_ops_release) struct hy_ops ops = HY_OPS_INIT;

    for (size_t i = 0; i < s->want.n && i < scores->elements; i++) {
        int64_t score;
        if (hy_str_to_i64(hy_reply_str(scores->element[i]), &score) && score == s->want.v[i].due.ms)
            continue;
        hy_log(HY_ERROR, "timer_was_missing", HY_KV("timer", s->want.v[i].member));
        hy_ops_timers(&ops, k, hy_str(s->incident.v[i]), true);
    }
    return ops.due.n ? hy_keep_send(k, &ops, &k->state->head, err) : HY_OK;
}

/* Timers that Redis should have and has not (somebody worked on its data): a clock nobody would see
 * run out.  Those it has too many are recognised when they fire. */
static int scrub(struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(scrub_release) struct scrub s = {0};
    HY_VEC(const char *) argv = {0};
    redisReply *scores = NULL;
    int rc = HY_OK;

    if (ms_since(k->scrubbed_at) < SCRUB_EVERY_MS)
        return HY_OK;
    k->scrubbed_at = hy_mono_now();
    scrub_collect(k, &s);
    if (s.want.n == 0)
        return HY_OK;
    hy_vec_push(&argv, "ZMSCORE");
    hy_vec_push(&argv, hy_keep_key(k, "timers"));
    for (size_t i = 0; i < s.want.n; i++)
        hy_vec_push(&argv, s.want.v[i].member);
    rc = hy_redis_sync_cmdv(k->redis, &scores, err, (int)argv.n, argv.v, NULL);
    if (rc == HY_OK)
        rc = scrub_compare(k, &s, scores, err);
    freeReplyObject(scores);
    hy_vec_release(&argv);
    return rc;
}

int hy_keep_chores(struct hy_keep *k, bool *ret_more, struct hy_err *err)
{
    *ret_more = !hy_regroup_warm(k->regroup, WARM_AT_ONCE);
    hy_keep_reap(k);
    hy_state_cool(k->state, HY_HOT_BYTES);
    if (renew(k, err) < 0 || hy_keep_snapshot(k, err) < 0)
        return err->code;
    hy_keep_heads(k);
    if (hy_keep_watch(k, err) < 0)
        return err->code;
    return scrub(k, err);
}
