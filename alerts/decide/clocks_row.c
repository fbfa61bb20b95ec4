/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/clocks.h"
#include "alerts/decide/parts.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUIET_MS = 15 * 60 * 1000 }; /* a reminder that went out is not repeated within this time */

bool hy_clock_is(const json_t *o, const char *state)
{
    return hy_str_is(hy_json_str(o, "state"), state);
}

static bool names(const json_t *list, struct hy_str name)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v)
        if (hy_str_is(name, json_string_value(v)))
            return true;
    return false;
}

static json_t *names_of(unsigned mask, const char *const *all)
{
    json_t *list = json_array();

    for (size_t i = 0; all[i]; i++)
        if (mask & 1u << i)
            json_array_append_new(list, json_string(all[i]));
    return list;
}

/* ---- steps ---- */

/* A reminder whose time is already past when its clock opens is not sent any more - the page that
 * announces the incident shows the clock -, but "late" is: somebody has to hear it. */
static json_t *step_json(const struct hy_decide *d, const struct hy_step *s, hy_wall start,
                         hy_wall due)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *o = json_object();
    hy_wall when;

    if (hy_step_due(s, start, due, d->rules->calendar, &when, &err) < 0)
        when = due; /* the next year's calendar is missing: better early than never */
    hy_json_set_str(o, "step", hy_str(s->id));
    hy_json_set_time(o, "due", when, HY_CST);
    hy_json_set_str(o, "class", hy_str(hy_urgency_name[s->urgency]));
    json_object_set_new(o, "to", names_of(s->to, hy_post_name));
    if (s->every_ms)
        hy_json_set_int(o, "every_ms", s->every_ms);
    if (s->unless)
        json_object_set_new(o, "unless", names_of(s->unless, hy_unless_name));
    if (s->urge)
        json_object_set_new(o, "urge", json_true());
    if (when.ms <= d->now.ms && s->when != HY_WHEN_LATE) {
        json_object_set_new(o, "fired", hy_now_json(d));
        json_object_set_new(o, "skipped", json_true());
    } else {
        json_object_set_new(o, "fired", json_null());
    }
    return o;
}

static const json_t *step_of(const json_t *o, struct hy_str name)
{
    size_t i;
    json_t *s;

    json_array_foreach (json_object_get(o, "steps"), i, s)
        if (hy_str_eq(hy_json_str(s, "step"), name))
            return s;
    return NULL;
}

/* The clock this one replaces has told the same already, just before: one fact, one page.  Of a
 * repeating reminder the rhythm goes on. */
static void carry_over(const struct hy_decide *d, json_t *step, const json_t *old)
{
    static const char *const keys[] = {"due", "fired", "n"};
    const json_t *was = step_of(old, hy_json_str(step, "step"));
    hy_wall fired = hy_json_time(was, "fired");

    if (!hy_wall_known(fired) || json_object_get(was, "skipped") ||
        hy_json_time(step, "due").ms > d->now.ms + QUIET_MS)
        return;
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (json_object_get(was, keys[i]))
            json_object_set(step, keys[i], json_object_get(was, keys[i]));
    json_object_set_new(step, "carried", json_true());
}

/* ---- opening ---- */

static char *id_of(const json_t *doc, const char *clock)
{
    const json_t *list = json_object_get(doc, "obligations");
    struct hy_str incident = hy_json_str(doc, "id");
    size_t n = 1, i;
    json_t *o;

    json_array_foreach (list, i, o)
        n += hy_str_is(hy_json_str(o, "clock"), clock);
    return n == 1 ? hy_xasprintf(HY_STR_FMT "/%s", HY_STR_ARG(incident), clock)
                  : hy_xasprintf(HY_STR_FMT "/%s.%zu", HY_STR_ARG(incident), clock, n);
}

static json_t *steps_of(const struct hy_decide *d, const struct hy_obligation *f, const json_t *old)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < f->window->n_steps; i++) {
        json_t *step = step_json(d, &f->window->steps[i], f->start, f->due);
        carry_over(d, step, old);
        json_array_append_new(steps, step);
    }
    return steps;
}

static void set_limit(json_t *o, const struct hy_obligation *f)
{
    char within[32];

    hy_within_text(f->within, within);
    hy_json_set_str(o, "within", hy_str(f->window->period ? "" : within));
    hy_json_set_str(o, "anchor", hy_str(hy_anchor_name[f->anchor]));
    hy_json_set_time(o, "start", f->start, HY_CST);
    hy_json_set_time(o, "due", f->due, HY_CST);
    json_object_set_new(o, "provisional", json_boolean(f->provisional));
    if (f->paused)
        json_object_set_new(o, "paused", json_true());
}

/* What a later look at responses has to know. */
static void set_end(json_t *o, const struct hy_window *w)
{
    json_object_set_new(o, "repeat", json_boolean(w->repeat));
    json_object_set_new(o, "ended_by", names_of(w->ended_by, hy_act_name));
    if (w->need > 1)
        hy_json_set_int(o, "need", w->need);
    if (w->earlier)
        json_object_set_new(o, "earlier", json_true());
    if (w->pausable)
        json_object_set_new(o, "pausable", json_true());
    if (w->counts_end)
        json_object_set_new(o, "counts_end", json_true());
}

json_t *hy_clock_open(const struct hy_decide *d, const json_t *doc, const struct hy_obligation *f,
                      const json_t *old)
{
    HY_CLEANUP(hy_freep) char *id = id_of(doc, f->window->id);
    static const char *const nulls[] = {"ended", "minutes", "evidence", "waiver", "reason"};
    json_t *o = json_object();

    for (size_t i = 0; i < HY_COUNT(nulls); i++)
        json_object_set_new(o, nulls[i], json_null());
    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "clock", hy_str(f->window->id));
    hy_json_set_str(o, "label", hy_str(f->window->label));
    hy_json_set_str(o, "basis", hy_str(f->window->basis));
    hy_json_set_str(o, "pack", hy_str(f->pack->id));
    hy_json_set_str(o, "version", hy_str(f->pack->version));
    hy_json_set_str(o, "state", HY_STR("open"));
    set_limit(o, f);
    set_end(o, f->window);
    json_object_set_new(o, "steps", steps_of(d, f, old));
    return o;
}

void hy_clock_supersede(const struct hy_decide *d, json_t *o, const char *why)
{
    hy_json_set_str(o, "state", HY_STR("superseded"));
    json_object_set_new(o, "ended", hy_now_json(d));
    json_object_set_new(o, "reason", why ? json_string(why) : json_null());
}

/* ---- responses end obligations ---- */

/* A time written without seconds may mean any second of its minute. */
static hy_wall latest_of(hy_wall t)
{
    return hy_wall_add_ms(t, t.ms % HY_MINUTE_MS ? 0 : HY_MINUTE_MS - 1);
}

/* When the deed counts as done: a conference may count from its end. */
static hy_wall time_of(const json_t *r, const json_t *o)
{
    hy_wall ended = json_object_get(o, "counts_end") ? hy_json_time(r, "ended") : HY_WALL_NONE;

    return hy_wall_known(ended) ? ended : hy_json_time(r, "published");
}

/* A response recorded for named clocks counts for those; without names for all it can end. */
static bool response_ends(const json_t *r, const json_t *o)
{
    const json_t *clocks = json_object_get(r, "clocks");
    hy_wall start = hy_json_time(o, "start"), done = time_of(r, o);

    if (!names(json_object_get(o, "ended_by"), hy_json_str(r, "form")) ||
        json_is_true(json_object_get(r, "withdrawn")))
        return false;
    if (json_array_size(clocks) && !names(clocks, hy_json_str(o, "clock")))
        return false;
    if (json_object_get(o, "earlier"))
        return true;
    /* a follow-up period begins with a release, which cannot end it too */
    return json_is_true(json_object_get(o, "repeat")) ? done.ms > start.ms
                                                      : latest_of(done).ms >= start.ms;
}

/* How many of those that end it were done before r, or at the same time and recorded before. */
static int64_t rank_of(const json_t *responses, const json_t *r, const json_t *o)
{
    int64_t before = 0, at = time_of(r, o).ms;
    bool seen = false;
    size_t i;
    json_t *other;

    json_array_foreach (responses, i, other) {
        seen |= other == r;
        int64_t t = time_of(other, o).ms;
        before += other != r && response_ends(other, o) && (t < at || (t == at && !seen));
    }
    return before;
}

const json_t *hy_clock_end_of(const json_t *doc, const json_t *o)
{
    const json_t *responses = json_object_get(doc, "responses");
    int64_t need = hy_json_int(o, "need", 1);
    size_t i;
    json_t *r;

    json_array_foreach (responses, i, r)
        if (response_ends(r, o) && rank_of(responses, r, o) == need - 1)
            return r;
    return NULL;
}

void hy_clock_end(json_t *o, const json_t *r)
{
    hy_wall done = time_of(r, o), start = hy_json_time(o, "start"), due = hy_json_time(o, "due");
    static const char *const keys[] = {"url", "form", "published", "hash", "by"};
    hy_wall ended = done.ms < start.ms && json_object_get(o, "earlier") ? start : done;
    json_t *evidence = json_object();

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        json_object_set(evidence, keys[i],
                        json_object_get(r, keys[i]) ? json_object_get(r, keys[i]) : json_null());
    json_object_set_new(evidence, "entered_late",
                        json_boolean(json_is_true(json_object_get(r, "entered_late"))));
    hy_json_set_str(evidence, "response", hy_json_str(r, "id"));
    hy_json_set_str(o, "state", hy_in_time(ended, due) ? HY_STR("met") : HY_STR("late"));
    hy_json_set_time(o, "ended", ended, HY_CST);
    hy_json_set_int(o, "minutes", hy_minutes_early(ended, due));
    json_object_set_new(o, "evidence", evidence);
    json_object_del(o, "paused");
}
