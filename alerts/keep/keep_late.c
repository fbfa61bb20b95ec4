/* SPDX-License-Identifier: Apache-2.0 */
/* After an outage: all timers that are late by a minute and more, taken at once, put into the order
 * of urgency and fired in that order, one transaction of them at a time so that commands get their
 * turn between.  What is said about them is alerts/decide/missed.h's. */
#include "alerts/keep/keep.h"

#include "alerts/decide/missed.h"
#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAKEN_MAX = 50000 };

struct late {
    char *member;
    struct hy_missed_rank rank;
};
struct hy_backlog {
    HY_VEC(struct late) v;
    size_t at;
};

void hy_backlog_free(struct hy_backlog *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->v.n; i++)
        free(b->v.v[i].member);
    hy_vec_release(&b->v);
    free(b);
}

static int by_rank(const void *a, const void *b)
{
    return hy_missed_compare(&((const struct late *)a)->rank, &((const struct late *)b)->rank);
}

static int by_member(const void *a, const void *b)
{
    return strcmp(((const struct late *)a)->member, ((const struct late *)b)->member);
}

/* Document by document: a day of a large office is tens of thousands of timers, and by their time each
 * would have its document parsed once more. */
static int rank_all(struct hy_keep *k, struct hy_backlog *b, struct hy_err *err)
{
    if (b->v.n)
        qsort(b->v.v, b->v.n, sizeof(*b->v.v), by_member);
    for (size_t i = 0; i < b->v.n; i++) {
        struct late *l = &b->v.v[i];
        l->rank = hy_missed_rank(k->state, hy_str(l->member), (hy_wall){l->rank.due});
        hy_state_cool(k->state, HY_HOT_BYTES);
        if (hy_keep_hold_on(k, err) < 0)
            return err->code;
    }
    if (b->v.n)
        qsort(b->v.v, b->v.n, sizeof(*b->v.v), by_rank);
    return HY_OK;
}

static int take(struct hy_keep *k, struct hy_backlog *b, const redisReply *r, struct hy_err *err)
{
    for (size_t i = 0; i + 1 < r->elements; i += 2) {
        struct hy_str member = hy_reply_str(r->element[i]);
        hy_wall due;
        if (!hy_str_to_i64(hy_reply_str(r->element[i + 1]), &due.ms))
            continue;
        hy_vec_push(&b->v, ((struct late){hy_str_dup(member), {.due = due.ms}}));
    }
    return rank_all(k, b, err);
}

static int read_late(struct hy_keep *k, struct hy_backlog **ret, struct hy_err *err)
{
    long long until = (long long)hy_wall_now().ms - HY_MISSED_AFTER_MS;
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "ZRANGEBYSCORE %s -inf %lld WITHSCORES LIMIT 0 %d",
                          hy_keep_key(k, "timers"), until, (int)TAKEN_MAX) < 0)
        return err->code;
    *ret = hy_xcalloc(1, sizeof(**ret));
    int rc = take(k, *ret, r, err);
    freeReplyObject(r);
    if (rc < 0)
        hy_backlog_free(HY_TAKE(*ret));
    return rc;
}

/* One entry of its own, so that the notices behind it belong to the round whatever happens. */
static int begin(struct hy_keep *k, const struct hy_backlog *b, struct hy_err *err)
{
    int64_t first = INT64_MAX;
    struct hy_turn t;

    for (size_t i = 0; i < b->v.n; i++)
        first = HY_MIN(first, b->v.v[i].rank.due);
    hy_log(HY_WARN, "catching_up", HY_KVN("timers", b->v.n),
           HY_KVN("late_ms", hy_wall_now().ms - first));
    hy_turn_begin(&t, k);
    hy_missed_begin(&t.d, (hy_wall){first});
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}

static int finish(struct hy_keep *k, struct hy_err *err)
{
    struct hy_turn t;

    hy_turn_begin(&t, k);
    hy_missed_tell(&t.d);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    hy_backlog_free(HY_TAKE(k->backlog));
    if (rc == HY_OK)
        hy_log(HY_INFO, "caught_up", HY_KVN("seq", k->state->head.seq));
    return rc;
}

static int fire_some(struct hy_keep *k, struct hy_err *err)
{
    struct hy_backlog *b = k->backlog;
    struct hy_turn t;

    hy_turn_begin(&t, k);
    hy_mono began = hy_mono_now();
    for (int i = 0; b->at < b->v.n && hy_keep_has_room(began, i); i++, b->at++)
        hy_keep_fire(&t, hy_str(b->v.v[b->at].member), (hy_wall){b->v.v[b->at].rank.due});
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}

/* Is there anything to catch up with?  Only a timer that is very late makes us look. */
static int look(struct hy_keep *k, struct hy_err *err)
{
    struct hy_decide d = {.state = k->state};
    bool open = hy_missed_round(&d).n > 0; /* of a leader that did not come to its end */
    hy_wall next = hy_keep_next_timer(k);
    bool late = hy_wall_known(next) && hy_wall_now().ms - next.ms >= HY_MISSED_AFTER_MS;

    if ((!open && !late) || read_late(k, &k->backlog, err) < 0)
        return open || late ? err->code : HY_OK;
    if (open)
        return HY_OK;
    if (k->backlog->v.n >= HY_MISSED_FROM)
        return begin(k, k->backlog, err);
    hy_backlog_free(HY_TAKE(k->backlog));
    return HY_OK;
}

int hy_keep_catch_up(struct hy_keep *k, bool *ret_did, struct hy_err *err)
{
    *ret_did = false;
    if (k->backlog == NULL && look(k, err) < 0)
        return err->code;
    if (k->backlog == NULL)
        return HY_OK;
    *ret_did = true;
    return k->backlog->at < k->backlog->v.n ? fire_some(k, err) : finish(k, err);
}
