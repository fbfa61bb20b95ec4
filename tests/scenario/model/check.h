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
    int64_t due;
    int64_t must_until, may_until; /* clocks */
};

/* "Late" begins a second after the limit, whose own second still counts. */
static inline bool span_of(const struct world *w, const struct incident *i, const struct rule *r,
                    int64_t open, struct span *ret)
{
    const struct act *end = end_of(i, r), *answer = act_of(i, "respond");
    int64_t base = r->base == FROM_OPEN ? open : i->published.ms;

    if (!(r->levels & 1 << i->level) || (r->base == FROM_ANSWER && answer == NULL))
        return false;
    if (r->base == FROM_ANSWER)
        base = answer->published.ms;
    *ret = (struct span){
        .open = r->base == FROM_ANSWER ? answer->max_at_answer : open,
        .due = base + r->after_min * 60000 + (r->every_min ? 1000 : 0),
        .must_until = end ? end->settled_before : newest_settled(w),
        .may_until = end ? end->max_at_answer : w->max_clock,
    };
    return true;
}

/* Not before its time, not later than the first moment at which all was well again. */
static inline void check_lateness(const struct world *w, const json_t *n, const struct span *s)
{
    int64_t at = hy_json_time(n, "at").ms, due = hy_json_time(n, "due").ms,
            late = hy_json_int(n, "late_by_ms", -1), from = HY_MAX(due, s->open);
    const char *id = json_string_value(json_object_get(n, "id"));

    if (at < due)
        fail_msg("%s: %lld s before its time", id, (long long)(due - at) / 1000);
    if (late != (at - due >= LATE_FROM_MS ? at - due : 0))
        fail_msg("%s: says it is late by %lld ms, is by %lld", id, (long long)late,
                 (long long)(at - due));
    for (size_t i = 0; i < w->settled.n; i++)
        if (w->settled.v[i].clock >= from) {
            if (at > w->settled.v[i].max)
                fail_msg("%s: due %lld, told %lld, but all was well at %lld", id, (long long)due,
                         (long long)at, (long long)w->settled.v[i].max);
            return;
        }
}

static inline const json_t *notice_of(const struct hy_map *all, const struct incident *i, const char *step,
                               int n)
{
    char id[128];

    snprintf(id, sizeof(id), n > 1 ? "%s/%s.%d" : "%s/%s", i->id, step, n);
    return hy_map_get(all, hy_str(id));
}

/* One reminder with all its repetitions; how many notices it accounts for. */
static inline size_t check_reminder(const struct world *w, const struct hy_map *all,
                             const struct incident *i, const struct rule *r, struct span s)
{
    size_t found = 0;

    for (int n = 1;; n++) {
        const json_t *notice = notice_of(all, i, r->step, n);
        bool skipped = n == 1 && !r->even_if_past && s.due <= s.open && r->base != FROM_OPEN;
        if (notice == NULL && s.due <= s.must_until && !skipped)
            fail_msg("missing: %s/%s, number %d, due %lld, settled at %lld", i->id, r->step, n,
                     (long long)s.due, (long long)s.must_until);
        if (notice == NULL)
            return found;
        if (skipped || s.due > s.may_until)
            fail_msg("not expected: %s/%s, number %d, due %lld", i->id, r->step, n,
                     (long long)s.due);
        if (hy_json_time(notice, "due").ms != s.due)
            fail_msg("%s/%s, number %d: due %lld instead of %lld", i->id, r->step, n,
                     (long long)hy_json_time(notice, "due").ms, (long long)s.due);
        if (json_array_size(json_object_get(notice, "to")) == 0)
            fail_msg("%s/%s goes to nobody", i->id, r->step);
        check_lateness(w, notice, &s);
        found++;
        if (r->every_min == 0)
            return found;
        int64_t every = r->every_min * 60000, at = hy_json_time(notice, "at").ms;
        s.due += ((at - s.due) / every + 1) * every; /* what an outage swallowed is told once */
    }
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
    size_t explained = check_rounds(all);

    for (int n = 0; n < w->n; n++) {
        const struct incident *i = &w->all[n];
        const json_t *first = notice_of(all, i, "-/open", 1);
        struct span s;
        if (first == NULL)
            fail_msg("missing: %s/-/open", i->id);
        int64_t open = hy_json_time(first, "at").ms;
        for (size_t r = 0; r < HY_COUNT(model); r++)
            if (span_of(w, i, &model[r], open, &s))
                explained += check_reminder(w, all, i, &model[r], s);
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
