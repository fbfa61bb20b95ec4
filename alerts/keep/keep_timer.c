/* SPDX-License-Identifier: Apache-2.0 */
/* Firing what is due.  The timers that come next were told by the newest script, so a timer costs
 * one round trip: the one that answers it and tells the next. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>

enum {
    VOLLEY = 128,    /* timers of a transaction; the next ones are decided while Redis writes it */
    VOLLEYS_MS = 80, /* then inputs have their turn */
    AHEAD_MS = 2,    /* before a timer is due its transaction is prepared, */
    DECIDE_US = 250, /* and for each by so much earlier: more than it takes */
    REST_MAX_MS = 100, /* nobody rests longer, but for a clock that has been set back */
};

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

void hy_keep_fire(struct hy_turn *t, struct hy_str member, hy_wall due)
{
    size_t before = json_array_size(t->d.entries);

    hy_decide_timer(&t->d, member, due);
    if (json_array_size(t->d.entries) == before)
        drop(t, member, due);
    else
        hy_vec_push(&t->fired, due);
}

bool hy_keep_has_room(hy_mono began, int n)
{
    return n < HY_FIRE_MAX && (hy_mono_now().us - began.us) / 1000 < HY_FIRE_MS;
}

/* ---- the alarm ---- */

void hy_keep_set_alarm(const struct hy_keep *k, hy_wall at)
{
    struct itimerspec t = {0};

    if (hy_wall_known(at)) {
        int64_t ms = HY_MAX(at.ms, (int64_t)1);
        t.it_value = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    }
    if (timerfd_settime(k->alarm, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, NULL) < 0)
        hy_bug("timerfd: %s", strerror(errno));
}

/* ---- volleys ----
 *
 * What is due together is decided, and on disk in the mirror, by the moment it is due: an idle keeper
 * has nothing better to do a few milliseconds before, and then only Redis' own transaction is between
 * the time and the notice.  Nobody can tell it from a keeper that decides at that moment in no time:
 * `now` is the time at which it is due, inputs that come meanwhile come after it, and Redis has nothing
 * before.  Should we die in between, the next leader finds the lines in the mirror, when they are due.
 *
 * Of many the next transaction is decided while Redis writes the one before (keep.h). */

struct volley {
    struct hy_turn t;
    struct hy_map *members; /* that it answers */
    bool any;
};

/* As many as are due by `now` and are not answered by the one under way (NULL: none is). */
static void aim(struct volley *v, struct hy_keep *k, hy_wall now, const struct volley *under_way)
{
    struct next n = told(k);
    hy_mono began = hy_mono_now();
    struct hy_str member;
    hy_wall due;

    hy_turn_begin(&v->t, k);
    v->t.d.now = now;
    v->members = hy_map_new(NULL);
    for (int i = 0; i < VOLLEY && hy_keep_has_room(began, i) && next_of(&n, &member, &due) &&
                    due.ms <= now.ms;) {
        if (under_way && hy_map_get(under_way->members, member))
            continue;
        if (under_way && hy_str_starts(member, HY_STR(HY_DUTY_DOC "/")))
            break; /* may read every document there is, and the lease cannot be renewed meanwhile */
        hy_map_set(v->members, member, v);
        hy_keep_fire(&v->t, member, due);
        i++;
    }
    v->any = hy_turn_close(&v->t);
}

static void lower(struct volley *v)
{
    hy_turn_end(&v->t);
    hy_map_free(v->members);
    *v = (struct volley){0};
}

/* Until then, or until the clock is set. */
static void rest(const struct hy_keep *k, hy_wall until)
{
    struct pollfd fds[] = {{.fd = k->alarm, .events = POLLIN}};
    int64_t left;

    while (!fds[0].revents && (left = until.ms - hy_wall_now().ms) > 0 && left < REST_MAX_MS) {
        hy_keep_set_alarm(k, until);
        poll(fds, 1, (int)left + 1);
    }
}

static int shoot(struct volley *v, struct hy_err *err)
{
    if (hy_turn_ready(&v->t, err) < 0)
        return err->code;
    rest(v->t.k, v->t.d.now);
    return hy_turn_post(&v->t, err);
}

/* One that is under way, and those behind it until it is the inputs' turn. */
static int follow_up(struct hy_keep *k, struct volley *v, struct volley *next, struct hy_err *err)
{
    hy_mono began = hy_mono_now();
    int rc = HY_OK;

    while (rc == HY_OK && v->any) {
        if ((hy_mono_now().us - began.us) / 1000 < VOLLEYS_MS)
            aim(next, k, hy_wall_now(), v);
        rc = hy_turn_answer(&v->t, err);
        bool recorded = rc == HY_OK;
        if (rc == HY_OK && next->any)
            rc = shoot(next, err);
        if (recorded) /* now that Redis has something to do */
            hy_turn_log(&v->t);
        lower(v);
        struct volley *shot = next;
        next = v;
        v = shot;
    }
    return rc;
}

int64_t hy_keep_ahead_ms(const struct hy_keep *k)
{
    struct next n = told(k);
    hy_wall first = hy_keep_next_timer(k), due;
    struct hy_str member;
    int64_t together = 0;

    if (!hy_wall_is_real() || k->backlog)
        return 0;
    while (together < VOLLEY && next_of(&n, &member, &due) && due.ms == first.ms)
        together++;
    return together ? AHEAD_MS + together * DECIDE_US / 1000 : 0;
}

int hy_keep_timers(struct hy_keep *k, struct hy_err *err)
{
    struct volley v[2] = {0};
    hy_wall now = hy_wall_now(), first = hy_keep_next_timer(k);

    if (first.ms > now.ms + hy_keep_ahead_ms(k)) /* the clock was set back a moment ago */
        return HY_OK;
    aim(&v[0], k, (hy_wall){HY_MAX(now.ms, first.ms)}, NULL);
    int rc = v[0].any ? shoot(&v[0], err) : HY_OK;
    if (rc == HY_OK)
        rc = follow_up(k, &v[0], &v[1], err);
    lower(&v[0]);
    lower(&v[1]);
    return rc;
}
