/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps an incident's obligations in line with what is known: kind, level, times, responses.
 *
 * Nothing is ever deleted or re-dated: an obligation whose start changes is superseded and opened
 * again under the next number, with the reason kept; one that ended stays as it ended. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/parts.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

struct refresh {
    struct hy_decide *d;
    const struct hy_case *c;    /* what is known of the matter */
    struct hy_clocks_news news; /* the document (a copy that is worked on) and what changes in it */
    bool regraded;              /* the reason is a change of the level */
    HY_VEC(struct hy_clock_moved) moved;
};

static void put(struct refresh *r, json_t *o)
{
    json_t *list = json_object_get(r->news.doc, "obligations");

    if (hy_list_find(list, hy_json_str(o, "id")) == NULL)
        json_array_append(list, o);
    if (hy_list_find(r->news.changed, hy_json_str(o, "id")) == NULL)
        json_array_append(r->news.changed, o); /* the same object: later changes are seen */
    json_decref(o);
}

static void open_new(struct refresh *r, const struct hy_obligation *f, const json_t *old)
{
    json_t *o = hy_clock_open(r->d, r->news.doc, f, old);
    const json_t *end = hy_clock_end_of(r->news.doc, o);

    if (r->regraded)
        json_object_set_new(o, "regraded", json_string(r->news.why));
    if (end)
        hy_clock_end(o, end);
    else if (old == NULL && !f->window->repeat)
        json_array_append(r->news.begun, o);
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
    hy_wall reopened = hy_json_time(json_object_get(r->news.doc, "times"), "reopened");
    hy_wall start = hy_json_time(o, "start"), ended = hy_json_time(o, "ended");
    struct hy_err err = HY_ERR_INIT;
    bool ended_before = hy_wall_known(ended) && ended.ms <= reopened.ms &&
                        !hy_clock_is(o, "superseded") && start.ms < reopened.ms;

    return o && hy_wall_known(reopened) && !f->window->repeat &&
           (ended_before || start.ms == reopened.ms) &&
           hy_obligation_from(f, r->c, reopened, r->d->rules->calendar, &err) == HY_OK;
}

/* Anchors that a person's later judgement sets again: another class, another unit, one more raise. */
static bool is_set_again(enum hy_anchor anchor)
{
    return anchor == HY_ANCHOR_CLASSIFIED || anchor == HY_ANCHOR_SUSPECTED ||
           anchor == HY_ANCHOR_GRADED || anchor == HY_ANCHOR_ASSIGNED;
}

/* Judging once more gives no time that has passed once more: a clock that ran already (and was not
 * answered) goes on from where it began. */
static void keep_start(const struct refresh *r, const json_t *o, struct hy_obligation *f)
{
    hy_wall reopened = hy_json_time(json_object_get(r->news.doc, "times"), "reopened");
    hy_wall start = hy_json_time(o, "start");
    bool same = hy_str_is(hy_json_str(o, "anchor"), hy_anchor_name[f->anchor]);
    bool ran = hy_clock_is(o, "open") ? same || f->anchor == HY_ANCHOR_GRADED /* from_grading */
                                      : hy_clock_is(o, "superseded") && same;
    struct hy_err err = HY_ERR_INIT;

    if (o == NULL || !ran || !is_set_again(f->anchor) || start.ms >= f->start.ms ||
        (hy_wall_known(reopened) && start.ms < reopened.ms))
        return;
    if (hy_obligation_from(f, r->c, start, r->d->rules->calendar, &err) < 0)
        f->due = HY_WALL_NONE; /* as with any that cannot be counted: what runs goes on */
}

/* Its pack has another version now and the one it was opened under is gone: what runs goes on. */
static bool is_of_gone_version(const struct refresh *r, const json_t *o)
{
    return hy_windows_version(r->d->rules->windows, hy_json_str(o, "pack"),
                              hy_json_str(o, "version")) == NULL;
}

static void replace(struct refresh *r, json_t *o, const struct hy_obligation *f)
{
    hy_clock_supersede(r->d, o, r->news.why);
    put(r, json_incref(o));
    open_new(r, f, o);
    if (hy_json_time(o, "due").ms != f->due.ms)
        hy_vec_push(&r->moved, (struct hy_clock_moved){hy_json_time(o, "due"), f->window->id});
}

static void set_flag(struct refresh *r, json_t *o, const char *key, bool value)
{
    if (json_is_true(json_object_get(o, key)) == value)
        return;
    json_object_set_new(o, key, json_boolean(value));
    put(r, json_incref(o));
}

/* An open obligation beside what the facts say now. */
static void match_open(struct refresh *r, json_t *o, const struct hy_obligation *f)
{
    hy_wall start = hy_json_time(o, "start");

    if (f->window->repeat && f->start.ms > start.ms)
        return; /* a later start would give time that has passed once more */
    if (f->start.ms == start.ms && is_of_gone_version(r, o))
        return;
    if (!f->paused && !same_clock(o, f)) {
        replace(r, o, f);
        return;
    }
    set_flag(r, o, "provisional", f->provisional);
    set_flag(r, o, "paused", f->paused);
}

/* Nothing of the clock runs: is it owed (once more)?  A follow-up is when a later release began it;
 * of a mistake that was withdrawn the same period is owed again. */
static bool is_due_again(const json_t *o, const struct hy_obligation *f)
{
    if (o == NULL || json_object_get(o, "again"))
        return true;
    return f->window->repeat ? f->start.ms > hy_json_time(o, "start").ms
                             : hy_clock_is(o, "superseded");
}

/* A clock that should run, beside the newest obligation of it that there is. */
static void match(struct refresh *r, struct hy_obligation *f)
{
    json_t *o = hy_incident_obligation(r->news.doc, hy_str(f->window->id));

    keep_start(r, o, f);
    if (!hy_wall_known(f->due))
        return; /* its calendar is missing: what runs goes on as it was reckoned */
    if (restart(r, o, f) && hy_json_time(o, "start").ms < f->start.ms)
        open_new(r, f, NULL);
    else if (o && hy_clock_is(o, "open"))
        match_open(r, o, f);
    else if (is_due_again(o, f))
        open_new(r, f, NULL);
    /* else: what ended stays as it ended */
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

    json_array_foreach (json_object_get(r->news.doc, "obligations"), i, o) {
        const json_t *end = hy_clock_is(o, "open") ? hy_clock_end_of(r->news.doc, o) : NULL;
        if (end == NULL)
            continue;
        hy_clock_end(o, end);
        put(r, json_incref(o));
    }
}

/* No version of its pack knows the clock any more: a change of the rules ends nothing. */
static bool is_unknown(const struct refresh *r, const json_t *o)
{
    const struct hy_pack *p = hy_windows_pack(r->d->rules->windows, hy_json_str(o, "pack"));

    return is_of_gone_version(r, o) &&
           (p == NULL || hy_pack_window(p, hy_json_str(o, "clock")) == NULL);
}

/* `all`: the matter is over, nothing runs on. */
static void drop_unwanted(struct refresh *r, const struct hy_obligations *wanted, bool all)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(r->news.doc, "obligations"), i, o) {
        if (!hy_clock_is(o, "open") || is_wanted(wanted, o) || (!all && is_unknown(r, o)))
            continue;
        hy_clock_supersede(r->d, o, r->news.why);
        put(r, json_incref(o));
    }
}

static void emit_changed(struct refresh *r, struct hy_str incident)
{
    if (json_array_size(r->news.changed) > 0) {
        json_t *args = r->news.why ? json_pack("{s:s}", "reason", r->news.why) : NULL;
        json_t *lists = json_object();
        json_object_set(lists, "obligations", r->news.changed);
        hy_emit(r->d, HY_ENTRY_CLOCKS, incident, hy_entry_data(args, NULL, lists));
    }
}

static struct refresh refresh_of(struct hy_decide *d, struct hy_str incident, const char *why)
{
    return (struct refresh){
        .d = d,
        .news = {.d = d,
                 .doc = json_deep_copy(hy_state_incident(d->state, incident)),
                 .changed = json_array(),
                 .begun = json_array(),
                 .why = why},
    };
}

static void refresh_release(struct refresh *r)
{
    json_decref(r->news.begun);
    json_decref(r->news.changed);
    json_decref(r->news.doc);
    hy_vec_release(&r->moved);
}

enum how { AS_EVER, REGRADED = 1, TELL = 2 };

/* Of what is over nothing runs any more, whatever is still said about it. */
static void refresh(struct hy_decide *d, struct hy_str incident, const char *why, unsigned how)
{
    if (!hy_incident_is_open(hy_state_incident(d->state, incident)))
        return;
    struct refresh r = refresh_of(d, incident, why);
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_facts f = {0};
    struct hy_err err = HY_ERR_INIT;

    r.regraded = how & REGRADED;
    hy_facts_of(r.news.doc, &f);
    r.c = &f.c;
    /* Clocks whose calendar is missing stay as they are, all others go on; the keeper warns when it
     * begins to lead (hy_clocks_uncounted). */
    (void)hy_obligations_known(&f.c, d->rules->windows, d->rules->calendar, &wanted, &err);
    end_answered(&r);
    drop_unwanted(&r, &wanted, false);
    for (size_t i = 0; i < wanted.n; i++)
        match(&r, &wanted.v[i]);
    emit_changed(&r, incident);
    for (size_t i = 0; i < r.moved.n; i++)
        hy_clocks_tell_moved(&r.news, incident, &r.moved.v[i]);
    if (how & TELL)
        hy_clocks_tell_begun(&r.news, incident);
    refresh_release(&r);
}

void hy_clocks_refresh(struct hy_decide *d, struct hy_str incident, const char *why)
{
    refresh(d, incident, why, AS_EVER);
}

void hy_clocks_renew(struct hy_decide *d, struct hy_str incident, const char *why)
{
    refresh(d, incident, why, TELL);
}

void hy_clocks_regrade(struct hy_decide *d, struct hy_str incident, const char *why, bool tell)
{
    refresh(d, incident, why, REGRADED | (tell ? TELL : AS_EVER));
}

void hy_clocks_stop(struct hy_decide *d, struct hy_str incident, const char *why)
{
    struct refresh r = refresh_of(d, incident, why);

    drop_unwanted(&r, &(struct hy_obligations){0}, true);
    emit_changed(&r, incident);
    refresh_release(&r);
}

bool hy_clocks_owed(struct hy_decide *d, const json_t *doc, unsigned dispositions)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_facts f = {0};
    struct hy_err err = HY_ERR_INIT;
    bool owed = false;

    hy_facts_of(doc, &f);
    f.c.dispositions = dispositions;
    f.c.at[HY_ANCHOR_CLASSIFIED] = d->now;
    (void)hy_obligations_known(&f.c, d->rules->windows, d->rules->calendar, &wanted, &err);
    for (size_t i = 0; i < wanted.n; i++) {
        if (!(wanted.v[i].window->dispositions & dispositions))
            continue;
        const json_t *there = hy_incident_obligation(doc, hy_str(wanted.v[i].window->id));
        if (there && !hy_clock_is(there, "superseded") && !hy_clock_is(there, "open"))
            continue;
        HY_CLEANUP(hy_json_freep) json_t *o = hy_clock_open(d, doc, &wanted.v[i], NULL);
        owed |= hy_clock_end_of(doc, o) == NULL;
    }
    return owed;
}
