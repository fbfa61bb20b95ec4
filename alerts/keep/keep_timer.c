/* SPDX-License-Identifier: Apache-2.0 */
/* Firing what is due.  The timers that come next were told by the newest script, so a timer costs
 * one round trip: the one that answers it and tells the next. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"


struct next { /* walks through what the script told */
    const redisReply *list;
    size_t at;
};

static bool next_of(struct next *n, struct hy_str *ret_member, hy_wall *ret_due)
{
    while (n->at + 1 < n->list->elements) {
        *ret_member = hy_reply_str(n->list->element[n->at]);
        struct hy_str score = hy_reply_str(n->list->element[n->at + 1]);
        n->at += 2;
        if (hy_str_to_i64(score, &ret_due->ms))
            return true;
    }
    return false;
}

static struct next told(const struct hy_keep *k)
{
    static const redisReply nothing = {.type = REDIS_REPLY_ARRAY};

    return (struct next){.list = k->timers ? k->timers->element[1] : &nothing};
}

hy_wall hy_keep_next_timer(const struct hy_keep *k)
{
    struct next n = told(k);
    struct hy_str member;
    hy_wall due;

    return next_of(&n, &member, &due) ? due : HY_WALL_NONE;
}

/* Does the document wait for this very timer? */
static bool is_wanted(const struct hy_turn *t, struct hy_str incident, struct hy_str member,
                      hy_wall due)
{
    struct hy_pendings p;
    bool wanted = false;

    hy_pendings_of(hy_state_incident(t->k->state, incident), &p);
    for (size_t i = 0; i < p.n; i++)
        wanted |= hy_str_is(member, p.v[i].member) && p.v[i].due.ms == due.ms;
    hy_pendings_release(&p);
    return wanted;
}

/* Nothing waits for it at this time: away with it, and see what the incident's timers really are.
 * Should the decision and the document ever disagree, one timer is lost and told; going round for
 * ever would lose them all. */
static void drop(struct hy_turn *t, struct hy_str member, hy_wall due)
{
    struct hy_str incident, rest = member;

    hy_ops_timer_gone(&t->ops, member);
    hy_str_cut(&rest, '/', &incident);
    if (!is_wanted(t, incident, member, due)) {
        hy_vec_push(&t->recheck, hy_str_dup(incident));
        return;
    }
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(member);
    hy_log(HY_ERROR, "timer_not_taken", HY_KV("timer", name));
}

static void count_timer(hy_wall due, hy_wall now)
{
    static struct hy_metric lateness =
        HY_HISTOGRAM("huiying_timer_lateness_seconds",
                     "From when a timer was due to when it was decided.", NULL, hy_bounds_fast);

    hy_metric_observe(&lateness, NULL, (double)(now.ms - due.ms) / 1000);
}

void hy_keep_fire(struct hy_turn *t, struct hy_str member, hy_wall due)
{
    size_t before = json_array_size(t->d.entries);

    hy_decide_timer(&t->d, member, due);
    if (json_array_size(t->d.entries) == before)
        drop(t, member, due);
    else
        count_timer(due, t->d.now);
}

bool hy_keep_has_room(hy_mono began, int n)
{
    return n < HY_FIRE_MAX && (hy_mono_now().us - began.us) / 1000 < HY_FIRE_MS;
}

int hy_keep_timers(struct hy_keep *k, struct hy_err *err)
{
    struct next n = told(k);
    struct hy_turn t;
    struct hy_str member;
    hy_wall due;

    hy_turn_begin(&t, k);
    hy_mono began = hy_mono_now();
    for (int i = 0; hy_keep_has_room(began, i) && next_of(&n, &member, &due) && due.ms <= t.d.now.ms; i++)
        hy_keep_fire(&t, member, due);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}
