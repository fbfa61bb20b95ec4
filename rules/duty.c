/* SPDX-License-Identifier: Apache-2.0 */
/* Answers from duty.yaml: who holds a post now, what the rules for notices are.  Whose turn it is
 * stands in rules/rota.c, how the file is read in rules/duty_read.c. */
#include "rules/duty_file.h"

#include "core/mem.h"
#include "rules/duty_route.h"

const char *const hy_role_name[] = {
    [HY_ROLE_MONITOR] = "monitor",   [HY_ROLE_DUTY] = "duty",
    [HY_ROLE_ANALYST] = "analyst",   [HY_ROLE_EDITOR] = "editor",
    [HY_ROLE_APPROVER] = "approver", [HY_ROLE_SUPERVISOR] = "supervisor",
    [HY_ROLE_AUDITOR] = "auditor",   [HY_ROLE_ADMIN] = "admin",
    [HY_ROLE_COUNT] = NULL,
};
const char *const hy_role_label[] = {
    [HY_ROLE_MONITOR] = "监测员", [HY_ROLE_DUTY] = "值班员",      [HY_ROLE_ANALYST] = "研判员",
    [HY_ROLE_EDITOR] = "拟稿人",  [HY_ROLE_APPROVER] = "审签人",  [HY_ROLE_SUPERVISOR] = "主管",
    [HY_ROLE_AUDITOR] = "审计",   [HY_ROLE_ADMIN] = "系统管理员",
};
_Static_assert(HY_COUNT(hy_role_name) == HY_ROLE_COUNT + 1, "name every role");
const char *const hy_way_name[] = {"desktop", "board", "mail", "webhook", NULL};
_Static_assert(HY_COUNT(hy_way_name) == HY_WAY_COUNT + 1, "name every channel");
#define AHEAD_MS (7 * HY_DAY_MS)
#define AHEAD_MAX_MS (62 * HY_DAY_MS)

size_t hy_duty_count(const struct hy_duty *d)
{
    return d->list.n;
}

const struct hy_person *hy_duty_at(const struct hy_duty *d, size_t i)
{
    return &d->list.v[i];
}

const struct hy_person *hy_duty_person(const struct hy_duty *d, struct hy_str id)
{
    for (size_t i = 0; i < d->list.n; i++)
        if (hy_str_is(id, d->list.v[i].id))
            return &d->list.v[i];
    return NULL;
}

const struct hy_mailer *hy_duty_mailer(const struct hy_duty *d)
{
    return d->mailer.pos.file ? &d->mailer : NULL;
}

size_t hy_duty_hooks(const struct hy_duty *d, const struct hy_hook **ret)
{
    *ret = d->hooks.v;
    return d->hooks.n;
}

const struct hy_hook *hy_duty_hook(const struct hy_duty *d, struct hy_str id)
{
    const struct hy_hook *h = d->hooks.v;

    for (size_t i = 0; i < d->hooks.n; i++)
        if (h[i].id && hy_str_is(id, h[i].id))
            return &h[i];
    return NULL;
}

size_t hy_duty_escalations(const struct hy_duty *d, const struct hy_escalation **ret)
{
    *ret = d->steps.v;
    return d->steps.n;
}

bool hy_duty_turn(const struct hy_duty *d, const struct hy_hand *hand, hy_wall now,
                  struct hy_shift *ret)
{
    struct hy_watch w;
    bool any = hy_rota_at(&d->rota, hand, now, &w);

    *ret = (struct hy_shift){.from = w.from,
                            .to = w.to,
                            .duty = hy_duty_person(d, hy_str(w.duty)),
                            .second = hy_duty_person(d, hy_str(w.second)),
                            .why = w.why,
                            .duty_away = w.duty_away,
                            .second_away = w.second_away};
    return any;
}

static const struct hy_texts *lead_of(const struct hy_duty *d, struct hy_str unit)
{
    const struct raw_unit *u = d->posts.units.v;

    for (size_t i = 0; i < d->posts.units.n; i++)
        if (u[i].unit && hy_str_is(unit, u[i].unit))
            return &u[i].lead;
    return &d->posts.unit_lead;
}

static bool is_away(const struct hy_duty *d, const struct hy_ask *ask, const struct hy_person *p)
{
    return hy_rota_away(&d->rota, ask->hand, p->id, ask->now) != NULL;
}

static size_t admins(const struct hy_duty *d, const struct hy_ask *ask,
                     const struct hy_person **ret, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < d->list.n && n < max; i++)
        if (d->list.v[i].roles & 1u << HY_ROLE_ADMIN && !is_away(d, ask, &d->list.v[i]))
            ret[n++] = &d->list.v[i];
    return n;
}

/* The list that duty.yaml writes for a post. */
static const struct hy_texts *written(const struct hy_duty *d, enum hy_post post,
                                      struct hy_str unit)
{
    static const struct hy_texts none = {0};

    switch (post) {
    case HY_POST_OPERATOR:
        return &d->posts.operator;
    case HY_POST_UNIT_LEAD:
        return lead_of(d, unit);
    case HY_POST_SUPERVISOR:
        return &d->posts.supervisor;
    case HY_POST_LEADER:
        return &d->posts.leader;
    default:
        return &none;
    }
}

/* The people of one post, without falling to another. */
static size_t holders(const struct hy_duty *d, const struct hy_ask *ask, enum hy_post post,
                      const struct hy_person **ret, size_t max)
{
    const struct hy_texts *ids = written(d, post, ask->unit);
    struct hy_shift turn = {0};
    size_t n = 0;

    if (post == HY_POST_DUTY || post == HY_POST_SECOND) {
        hy_duty_turn(d, ask->hand, ask->now, &turn);
        const struct hy_person *p = post == HY_POST_DUTY ? turn.duty : turn.second;
        if (p && max > 0)
            ret[n++] = p;
        return n;
    }
    if (post == HY_POST_OPERATOR && ids->n == 0)
        return admins(d, ask, ret, max);
    for (size_t i = 0; i < ids->n && n < max; i++) {
        const struct hy_person *p = hy_duty_person(d, hy_str(ids->v[i]));
        if (p && !is_away(d, ask, p))
            ret[n++] = p;
    }
    return n;
}

/* Where the alarm of a post goes that nobody holds; HY_POST_COUNT: nowhere. */
static const enum hy_post falls_to[HY_POST_COUNT] = {
    [HY_POST_DUTY] = HY_POST_SECOND,          [HY_POST_SECOND] = HY_POST_UNIT_LEAD,
    [HY_POST_UNIT_LEAD] = HY_POST_SUPERVISOR, [HY_POST_SUPERVISOR] = HY_POST_LEADER,
    [HY_POST_LEADER] = HY_POST_COUNT,         [HY_POST_OPERATOR] = HY_POST_SUPERVISOR,
};

size_t hy_duty_who(const struct hy_duty *d, const struct hy_ask *ask, const struct hy_person **ret,
                   size_t max, bool *ret_gap)
{
    enum hy_post post = ask->post;
    size_t n = 0;

    while (post < HY_POST_COUNT && (n = holders(d, ask, post, ret, max)) == 0)
        post = falls_to[post];
    if (ret_gap)
        *ret_gap = post != ask->post;
    return n;
}

const struct hy_rota *hy_duty_rota(const struct hy_duty *d)
{
    return &d->rota;
}

const struct hy_rows *hy_duty_branches(const struct hy_duty *d)
{
    return &d->branches;
}

int64_t hy_duty_ack_expires_ms(const struct hy_duty *d)
{
    return d->acknowledge.expires;
}

bool hy_duty_all_acknowledge(const struct hy_duty *d, int level)
{
    return level > 0 && d->everyone & 1u << level;
}

int64_t hy_duty_snooze_ms(const struct hy_duty *d, int64_t *ret_times)
{
    *ret_times = d->snooze.times;
    return d->snooze.longest;
}

int64_t hy_duty_ahead_ms(const struct hy_duty *d)
{
    return d->look_ahead ? HY_MIN(d->look_ahead, AHEAD_MAX_MS) : AHEAD_MS;
}

int64_t hy_duty_fallback_ms(const struct hy_duty *d)
{
    return d->fallback ? d->not_shown.fallback : 0;
}

int64_t hy_duty_unseen_ms(const struct hy_duty *d)
{
    return d->not_shown.escalate;
}
