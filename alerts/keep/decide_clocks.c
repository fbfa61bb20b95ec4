/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps an incident's obligations in line with what is known: kind, level, times, responses.
 *
 * Nothing is ever deleted or re-dated: an obligation whose start changes is superseded and opened
 * again under the next number, with the reason kept; one that ended stays as it ended. */
#include "alerts/keep/decide.h"
#include "alerts/keep/obligation.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_state(const json_t *o, const char *state)
{
    return hy_str_is(hy_json_str(o, "state"), state);
}

/* ---- what is known ---- */

static hy_wall newest_release(const json_t *doc)
{
    hy_wall newest = HY_WALL_NONE;
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r) {
        hy_wall t = hy_json_time(r, "published");
        if (hy_wall_known(t) && (!hy_wall_known(newest) || t.ms > newest.ms))
            newest = t;
    }
    return newest;
}

static struct hy_case case_of(const json_t *doc)
{
    int matter = hy_name_index(hy_matter_name, hy_json_str(doc, "kind"));
    struct hy_case c = hy_case_empty(matter < 0 ? HY_MATTER_OPINION : (enum hy_matter)matter);
    const json_t *times = json_object_get(doc, "times");

    for (size_t i = 0; i < HY_ANCHOR_COUNT; i++)
        c.at[i] = hy_json_time(times, hy_anchor_name[i]);
    c.at[HY_ANCHOR_RESPONDED] = newest_release(doc);
    c.level = (int)hy_json_int(doc, "level", 0);
    c.upgraded = json_is_true(json_object_get(doc, "upgraded"));
    if (c.level == 0) {
        c.level = (int)hy_json_int(doc, "level_proposed", 0);
        c.level_proposed = true;
    }
    return c;
}

/* ---- one obligation as it is stored ---- */

static json_t *names_of(unsigned mask, const char *const *names)
{
    json_t *list = json_array();

    for (size_t i = 0; names[i]; i++)
        if (mask & 1u << i)
            json_array_append_new(list, json_string(names[i]));
    return list;
}

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
    if (when.ms <= d->now.ms && s->when != HY_WHEN_LATE) {
        json_object_set_new(o, "fired", hy_now_json(d));
        json_object_set_new(o, "skipped", json_true());
    } else {
        json_object_set_new(o, "fired", json_null());
    }
    return o;
}

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

static json_t *obligation_json(const struct hy_decide *d, const json_t *doc,
                               const struct hy_obligation *f)
{
    HY_CLEANUP(hy_freep) char *id = id_of(doc, f->window->id);
    static const char *const nulls[] = {"ended", "minutes", "evidence", "waiver", "reason"};
    json_t *o = json_object(), *steps = json_array();

    for (size_t i = 0; i < HY_COUNT(nulls); i++)
        json_object_set_new(o, nulls[i], json_null());
    for (size_t i = 0; i < f->window->n_steps; i++)
        json_array_append_new(steps, step_json(d, &f->window->steps[i], f->start, f->due));
    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "clock", hy_str(f->window->id));
    hy_json_set_str(o, "label", hy_str(f->window->label));
    hy_json_set_str(o, "basis", hy_str(f->window->basis));
    hy_json_set_str(o, "pack", hy_str(f->pack->id));
    hy_json_set_str(o, "version", hy_str(f->pack->version));
    hy_json_set_str(o, "anchor", hy_str(hy_anchor_name[f->anchor]));
    hy_json_set_time(o, "start", f->start, HY_CST);
    hy_json_set_time(o, "due", f->due, HY_CST);
    hy_json_set_str(o, "state", HY_STR("open"));
    json_object_set_new(o, "provisional", json_boolean(f->provisional));
    json_object_set_new(o, "repeat", json_boolean(f->window->repeat));
    json_object_set_new(o, "ended_by", names_of(f->window->ended_by, hy_act_name));
    json_object_set_new(o, "steps", steps);
    return o;
}

static void supersede(const struct hy_decide *d, json_t *o, const char *why)
{
    hy_json_set_str(o, "state", HY_STR("superseded"));
    json_object_set_new(o, "ended", hy_now_json(d));
    json_object_set_new(o, "reason", why ? json_string(why) : json_null());
}

/* ---- responses end obligations ---- */

static bool names(const json_t *list, struct hy_str name)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v)
        if (hy_str_is(name, json_string_value(v)))
            return true;
    return false;
}

/* A time written without seconds may mean any second of its minute. */
static hy_wall latest_of(hy_wall t)
{
    return hy_wall_add_ms(t, t.ms % HY_MINUTE_MS ? 0 : HY_MINUTE_MS - 1);
}

/* A response recorded for named clocks counts for those; without names for all it can end. */
static bool response_ends(const json_t *r, const json_t *o)
{
    const json_t *clocks = json_object_get(r, "clocks");
    hy_wall start = hy_json_time(o, "start"), published = hy_json_time(r, "published");

    if (!names(json_object_get(o, "ended_by"), hy_json_str(r, "form")))
        return false;
    if (json_array_size(clocks) && !names(clocks, hy_json_str(o, "clock")))
        return false;
    /* a follow-up period begins with a release, which cannot end it too */
    return json_is_true(json_object_get(o, "repeat")) ? published.ms > start.ms
                                                      : latest_of(published).ms >= start.ms;
}

static const json_t *earliest_end(const json_t *doc, const json_t *o)
{
    const json_t *best = NULL;
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r)
        if (response_ends(r, o) &&
            (best == NULL || hy_json_time(r, "published").ms < hy_json_time(best, "published").ms))
            best = r;
    return best;
}

static void end_by(json_t *o, const json_t *r)
{
    hy_wall ended = hy_json_time(r, "published"), due = hy_json_time(o, "due");
    static const char *const keys[] = {"url", "form", "published", "hash", "by"};
    json_t *evidence = json_object();

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        json_object_set(evidence, keys[i],
                        json_object_get(r, keys[i]) ? json_object_get(r, keys[i]) : json_null());
    json_object_set_new(evidence, "entered_late",
                        json_boolean(json_is_true(json_object_get(r, "entered_late"))));
    hy_json_set_str(o, "state", hy_in_time(ended, due) ? HY_STR("met") : HY_STR("late"));
    hy_json_set_time(o, "ended", ended, HY_CST);
    hy_json_set_int(o, "minutes", hy_minutes_early(ended, due));
    json_object_set_new(o, "evidence", evidence);
}

/* ---- refresh ---- */

struct refresh {
    struct hy_decide *d;
    json_t *doc;     /* a copy that is worked on; the state changes by the entry alone */
    json_t *changed; /* obligations to put */
    const char *why;
};

static void put(struct refresh *r, json_t *o)
{
    json_t *list = json_object_get(r->doc, "obligations");

    if (hy_list_find(list, hy_json_str(o, "id")) == NULL)
        json_array_append(list, o);
    if (hy_list_find(r->changed, hy_json_str(o, "id")) == NULL)
        json_array_append(r->changed, o); /* the same object: later changes are seen */
    json_decref(o);
}

static void open_new(struct refresh *r, const struct hy_obligation *f)
{
    json_t *o = obligation_json(r->d, r->doc, f);
    const json_t *end = earliest_end(r->doc, o);

    if (end)
        end_by(o, end);
    put(r, o);
}

static bool same_clock(const json_t *o, const struct hy_obligation *f)
{
    return hy_json_time(o, "start").ms == f->start.ms && hy_json_time(o, "due").ms == f->due.ms;
}

/* After a reopening (次生舆情) what had ended before is owed once more, from the reopening on; its
 * old result stays.  True when `f` was moved to that start. */
static bool restart(const struct refresh *r, const json_t *o, struct hy_obligation *f)
{
    hy_wall reopened = hy_json_time(json_object_get(r->doc, "times"), "reopened");
    hy_wall start = hy_json_time(o, "start"), ended = hy_json_time(o, "ended");
    struct hy_err err = HY_ERR_INIT;
    bool ended_before = hy_wall_known(ended) && ended.ms <= reopened.ms &&
                        !is_state(o, "superseded") && start.ms < reopened.ms;

    if (o == NULL || !hy_wall_known(reopened) || f->window->repeat ||
        !(ended_before || start.ms == reopened.ms))
        return false;
    if (hy_due_of(f->window->within, reopened, r->d->rules->calendar, &f->due, &err) < 0)
        return false;
    f->start = reopened;
    return true;
}

/* A clock that should run, beside the newest obligation of it that there is. */
static void match(struct refresh *r, struct hy_obligation *f)
{
    json_t *o = hy_incident_obligation(r->doc, hy_str(f->window->id));

    if (!hy_wall_known(f->due))
        return; /* its calendar is missing: what runs goes on as it was reckoned */
    if (restart(r, o, f) && hy_json_time(o, "start").ms < f->start.ms) {
        open_new(r, f);
        return;
    }
    if (o && f->window->repeat && !is_state(o, "open")) {
        if (f->start.ms > hy_json_time(o, "start").ms)
            open_new(r, f);
        return;
    }
    if (o == NULL || is_state(o, "superseded")) {
        open_new(r, f);
        return;
    }
    if (!is_state(o, "open"))
        return; /* what ended stays as it ended */
    if (!same_clock(o, f)) {
        supersede(r->d, o, r->why);
        put(r, json_incref(o));
        open_new(r, f);
    } else if (json_is_true(json_object_get(o, "provisional")) != f->provisional) {
        json_object_set_new(o, "provisional", json_boolean(f->provisional));
        put(r, json_incref(o));
    }
}

static bool is_wanted(const struct hy_obligations *list, const json_t *o)
{
    for (size_t i = 0; i < list->n; i++)
        if (hy_str_is(hy_json_str(o, "clock"), list->v[i].window->id))
            return true;
    return false;
}

/* First what has been answered, so that a follow-up period that just ended makes room. */
static void end_answered(struct refresh *r)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(r->doc, "obligations"), i, o) {
        const json_t *end = is_state(o, "open") ? earliest_end(r->doc, o) : NULL;
        if (end == NULL)
            continue;
        end_by(o, end);
        put(r, json_incref(o));
    }
}

static void drop_unwanted(struct refresh *r, const struct hy_obligations *wanted)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(r->doc, "obligations"), i, o) {
        if (!is_state(o, "open") || is_wanted(wanted, o))
            continue;
        supersede(r->d, o, r->why);
        put(r, json_incref(o));
    }
}

static void emit_changed(struct refresh *r, struct hy_str incident)
{
    if (json_array_size(r->changed) > 0) {
        json_t *args = r->why ? json_pack("{s:s}", "reason", r->why) : NULL;
        json_t *lists = json_object();
        json_object_set(lists, "obligations", r->changed);
        hy_emit(r->d, HY_ENTRY_CLOCKS, incident, hy_entry_data(args, NULL, lists));
    }
    json_decref(r->changed);
    json_decref(r->doc);
}

static struct refresh refresh_of(struct hy_decide *d, struct hy_str incident, const char *why)
{
    return (struct refresh){
        .d = d,
        .doc = json_deep_copy(hy_state_incident(d->state, incident)),
        .changed = json_array(),
        .why = why,
    };
}

void hy_clocks_refresh(struct hy_decide *d, struct hy_str incident, const char *why)
{
    struct refresh r = refresh_of(d, incident, why);
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_case c = case_of(r.doc);
    struct hy_err err = HY_ERR_INIT;

    /* Clocks whose calendar is missing stay as they are, all others go on; the keeper warns when it
     * begins to lead (hy_clocks_uncounted). */
    (void)hy_obligations_known(&c, d->rules->windows, d->rules->calendar, &wanted, &err);
    end_answered(&r);
    drop_unwanted(&r, &wanted);
    for (size_t i = 0; i < wanted.n; i++)
        match(&r, &wanted.v[i]);
    emit_changed(&r, incident);
}

bool hy_clocks_uncounted(const json_t *doc, const struct hy_rules *rules, struct hy_err *why)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_case c = case_of(doc);

    return hy_incident_is_open(doc) &&
           !hy_obligations_known(&c, rules->windows, rules->calendar, &wanted, why);
}

void hy_clocks_stop(struct hy_decide *d, struct hy_str incident, const char *why)
{
    struct refresh r = refresh_of(d, incident, why);

    drop_unwanted(&r, &(struct hy_obligations){0});
    emit_changed(&r, incident);
}
