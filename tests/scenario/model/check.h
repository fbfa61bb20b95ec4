/* SPDX-License-Identifier: Apache-2.0 */
/* Notices as they came out, held against the model. */
#pragma once
#include "tests/scenario/model/office.h"
#include "tests/scenario/model/reminders.h"

static inline void notice_free(void *n)
{
    json_decref(n);
}

static inline void take_notice(const redisReply *entry, void *user)
{
    struct hy_map *all = user;
    struct hy_err err = HY_ERR_INIT;
    json_t *n = NULL;

    assert_int_equal(hy_json_parse(hy_reply_field(entry->element[1], "notice"), &n, &err), HY_OK);
    struct hy_str id = hy_json_str(n, "id");
    if (hy_map_get(all, id))
        fail_msg("twice: %.*s", HY_STR_ARG(id));
    hy_json_set_int(n, "order", (int64_t)hy_map_count(all));
    hy_map_set(all, id, n);
}

/* All notices by id; none twice. */
static inline struct hy_map *read_notices(struct world *w)
{
    struct hy_map *all = hy_map_new(notice_free);

    each_entry(&w->p, "notices", take_notice, all);
    return all;
}

/* Without a verb: the first by which somebody showed that he had seen the alarm; a note does not. */
static inline const struct act *act_of(const struct incident *i, const char *verb)
{
    for (size_t a = 0; a < HY_COUNT(i->acts); a++)
        if (i->acts[a].ok && (verb ? strcmp(i->acts[a].verb, verb) == 0
                                   : strcmp(i->acts[a].verb, "note") != 0))
            return &i->acts[a];
    return NULL;
}

/* The command that ends this reminder, if one was given. */
static inline const struct act *end_of(const struct incident *i, const struct rule *r)
{
    const struct act *any = act_of(i, NULL), *answer = act_of(i, "respond"),
                     *dismissal = act_of(i, "dismiss");

    if ((r->ends & BY_ANY) && any)
        return any;
    if ((r->ends & BY_ANSWER) && answer)
        return answer;
    return (r->ends & BY_DISMISSAL) ? dismissal : NULL;
}

struct span {     /* of one reminder of one incident */
    int64_t open; /* when its clock began to run */
    size_t first; /* stretch of time in which it did */
    int64_t due;
    const struct act *end; /* or NULL */
};

/* "Late" begins a second after the limit, whose own second still counts. */
static inline bool span_of(const struct incident *i, const struct rule *r, int64_t open,
                           size_t first, struct span *ret)
{
    const struct act *answer = act_of(i, "respond");
    int64_t base = r->base == FROM_OPEN ? open : i->published.ms;

    if (!(r->levels & 1 << i->level) || (r->base == FROM_ANSWER && answer == NULL))
        return false;
    if (r->base == FROM_ANSWER)
        base = answer->published.ms;
    *ret = (struct span){
        .open = r->base == FROM_ANSWER ? answer->max_at_answer : open,
        .first = r->base == FROM_ANSWER ? answer->stretch : first,
        .due = base + r->after_min * 60000 + (r->every_min ? 1000 : 0),
        .end = end_of(i, r),
    };
    return true;
}

/* In which stretch of time it was written. */
static inline size_t stretch_of(const struct world *w, const json_t *notice)
{
    size_t n = 0;

    while (n < w->turns.n && hy_json_int(notice, "order", 0) >= (int64_t)w->turns.v[n].notices)
        n++;
    return n;
}

/* The first moment of the stretch, at this clock or later, at which all was well; NULL: none. */
static inline const struct settled *well_at(const struct world *w, size_t stretch, int64_t clock)
{
    for (size_t i = 0; i < w->settled.n; i++)
        if (w->settled.v[i].stretch == stretch && w->settled.v[i].clock >= clock)
            return &w->settled.v[i];
    return NULL;
}

/* Not before its time, not later than the first moment at which all was well again. */
static inline void check_lateness(const struct world *w, const json_t *n, size_t stretch,
                                  int64_t from)
{
    int64_t at = hy_json_time(n, "at").ms, due = hy_json_time(n, "due").ms,
            late = hy_json_int(n, "late_by_ms", -1);
    const char *id = json_string_value(json_object_get(n, "id"));
    const struct settled *well = well_at(w, stretch, HY_MAX(due, from));

    if (at < due)
        fail_msg("%s: %lld s before its time", id, (long long)(due - at) / 1000);
    if (late != (at - due >= LATE_FROM_MS ? at - due : 0))
        fail_msg("%s: says it is late by %lld ms, is by %lld", id, (long long)late,
                 (long long)(at - due));
    if (well && at > well->max)
        fail_msg("%s: due %lld, told %lld, but all was well at %lld", id, (long long)due,
                 (long long)at, (long long)well->max);
}

static inline const json_t *notice_of(const struct hy_map *all, const struct incident *i, const char *step,
                               int n)
{
    char id[128];

    snprintf(id, sizeof(id), n > 1 ? "%s/%s.%d" : "%s/%s", i->id, step, n);
    return hy_map_get(all, hy_str(id));
}

/* A reminder on its way through the stretches of time. */
struct course {
    const struct rule *rule;
    struct span span;
    int64_t page;  /* when the alarm went out */
    int64_t limit; /* before which a repeating one does not begin */
    int64_t due, told; /* told: the clock when it fired last */
    int n;             /* number of the next notice */
    bool waits;
};

/* Must it have been told in this stretch?  When all was well at its time or later, before the command
 * that ends it was sent. */
static inline bool is_owed(const struct world *w, const struct course *c, size_t stretch)
{
    const struct act *end = c->span.end;
    const struct settled *well = well_at(w, stretch, c->due);

    if (well == NULL || (end && stretch > end->stretch))
        return false;
    return end == NULL || stretch < end->stretch || c->due <= end->settled_before;
}

/* All that it says in one stretch; how many notices. */
static inline size_t follow(const struct world *w, const struct hy_map *all,
                            const struct incident *i, struct course *c, size_t stretch)
{
    const struct act *end = c->span.end;
    int64_t from = stretch == c->span.first ? c->span.open : INT64_MIN;
    size_t found = 0;

    while (c->waits) {
        const json_t *notice = notice_of(all, i, c->rule->step, c->n);
        if (notice == NULL || stretch_of(w, notice) != stretch) {
            if (is_owed(w, c, stretch))
                fail_msg("missing: %s/%s, number %d, due %lld, in stretch %zu", i->id,
                         c->rule->step, c->n, (long long)c->due, stretch);
            return found;
        }
        if (end && (stretch > end->stretch || (stretch == end->stretch && c->due > end->max_at_answer)))
            fail_msg("not expected: %s/%s, number %d, due %lld", i->id, c->rule->step, c->n,
                     (long long)c->due);
        if (hy_json_time(notice, "due").ms != c->due)
            fail_msg("%s/%s, number %d: due %lld instead of %lld", i->id, c->rule->step, c->n,
                     (long long)hy_json_time(notice, "due").ms, (long long)c->due);
        if (json_array_size(json_object_get(notice, "to")) == 0)
            fail_msg("%s/%s goes to nobody", i->id, c->rule->step);
        check_lateness(w, notice, stretch, from);
        c->told = hy_json_time(notice, "at").ms;
        c->waits = c->rule->every_min > 0;
        int64_t every = c->rule->every_min * 60000;
        if (every) /* what an outage swallowed is told once */
            c->due += ((c->told - c->due) / every + 1) * every;
        c->n++;
        found++;
    }
    return found;
}

/* The clock is set back: what was told too early waits again, and a ladder begins with its page. */
static inline void turn_back(const struct turn *t, struct course *c)
{
    int64_t every = c->rule->every_min * 60000;
    bool told = c->n > 1 && c->told > t->to;

    if (c->rule->base == FROM_OPEN && c->rule->after_min == 0)
        return; /* the page itself */
    if (every) {
        while (told && c->due - every > t->to && c->due - every >= c->limit)
            c->due -= every;
        return;
    }
    if (c->rule->base == FROM_OPEN && c->page > t->to && c->due >= c->page) {
        c->due = t->to + c->rule->after_min * 60000;
        c->waits = true;
    } else if (told && c->due > t->to) {
        c->waits = true;
    }
}

/* One reminder with all its repetitions; how many notices it accounts for. */
static inline size_t check_reminder(const struct world *w, const struct hy_map *all,
                             const struct incident *i, const struct rule *r, struct span s,
                             int64_t page)
{
    struct course c = {.rule = r,
                       .span = s,
                       .page = page,
                       .limit = s.due - 1000,
                       .due = s.due,
                       .n = 1,
                       .waits = r->even_if_past || s.due > s.open || r->base == FROM_OPEN};
    size_t found = 0;

    for (size_t stretch = s.first; stretch <= w->turns.n; stretch++) {
        found += follow(w, all, i, &c, stretch);
        bool over = s.end && stretch >= s.end->stretch; /* it ended before the clock was set back */
        if (stretch < w->turns.n && w->turns.v[stretch].mended && !over)
            turn_back(&w->turns.v[stretch], &c);
    }
    return found;
}

/* Which turns the keeper has told of; of those in which something had been told minutes ahead it must. */
static inline size_t check_turns(struct world *w, const struct hy_map *all)
{
    struct hy_str id;
    size_t told = 0;
    void *v;

    for (size_t at = 0; hy_map_next(all, &at, &id, &v);) {
        size_t stretch = stretch_of(w, v);
        if (!hy_str_starts(hy_json_str(v, "step"), HY_STR("set-back-")))
            continue;
        if (stretch == 0 || w->turns.v[stretch - 1].mended)
            fail_msg("the clock was not set back: %.*s", HY_STR_ARG(id));
        w->turns.v[stretch - 1].mended = true;
        told++;
    }
    for (size_t at = 0; hy_map_next(all, &at, &id, &v);) {
        size_t stretch = stretch_of(w, v);
        if (stretch < w->turns.n && !w->turns.v[stretch].mended &&
            hy_json_time(v, "at").ms > w->turns.v[stretch].to + SET_BACK_MS)
            fail_msg("the clock was set back behind %.*s, and nobody said so", HY_STR_ARG(id));
    }
    return told;
}

/* What did not ring by itself belongs to a round of catching up, whose end told each person once.
 * How many notices there are that tell of rounds, or of no incident at all. */
static inline size_t check_rounds(const struct hy_map *all)
{
    struct hy_map *told = hy_map_new(NULL); /* "round person" -> the notice that tells */
    size_t rounds = 0, at = 0;
    struct hy_str id;
    void *v;

    while (hy_map_next(all, &at, &id, &v)) {
        struct hy_str step = hy_json_str(v, "step"), round = {0};
        rounds += hy_str_starts(step, HY_STR("head-")); /* the journal's head, for others to keep */
        if (!hy_str_starts(step, HY_STR("missed-")))
            continue;
        rounds++;
        step = hy_str_sub(step, 7, step.n);
        hy_str_cut(&step, '-', &round);
        HY_CLEANUP(hy_freep)
        char *who = hy_xasprintf(
            HY_STR_FMT " %s", HY_STR_ARG(round),
            json_string_value(json_array_get(json_object_get(v, "to"), 0)));
        if (hy_map_get(told, hy_str(who)))
            fail_msg("told twice of one round: %s", who);
        hy_map_set(told, hy_str(who), v);
    }
    for (at = 0; hy_map_next(all, &at, &id, &v);) {
        size_t i;
        json_t *person;
        json_array_foreach (json_object_get(v, "to"), i, person) {
            HY_CLEANUP(hy_freep)
            char *who = hy_xasprintf(HY_STR_FMT " %s", HY_STR_ARG(hy_json_str(v, "quiet")),
                                     json_string_value(person));
            if (hy_json_str(v, "quiet").n && hy_map_get(told, hy_str(who)) == NULL)
                fail_msg("%s rang nowhere, and %s was not told", json_string_value(json_object_get(v, "id")), who);
        }
    }
    hy_map_free(told);
    return rounds;
}

static inline void check_notices(struct world *w)
{
    struct hy_map *all = read_notices(w);

    for (size_t i = 0; i < w->turns.n; i++)
        w->turns.v[i].mended = false; /* known anew: the record is looked at twice */
    size_t explained = check_rounds(all) + check_turns(w, all);

    for (int n = 0; n < w->n; n++) {
        const struct incident *i = &w->all[n];
        const json_t *first = notice_of(all, i, "-/open", 1);
        struct span s;
        if (first == NULL)
            fail_msg("missing: %s/-/open", i->id);
        int64_t open = hy_json_time(first, "at").ms;
        for (size_t r = 0; r < HY_COUNT(model); r++)
            if (span_of(i, &model[r], open, stretch_of(w, first), &s))
                explained += check_reminder(w, all, i, &model[r], s, open);
    }
    if (explained != hy_map_count(all)) {
        struct hy_str id;
        void *v;
        for (size_t at = 0; hy_map_next(all, &at, &id, &v);)
            fprintf(stderr, "%.*s\n", HY_STR_ARG(id));
        fail_msg("%zu notices, %zu of them explained", hy_map_count(all), explained);
    }
    hy_map_free(all);
}
