/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps an incident's obligations in line with what is known: kind, level, times, responses.
 *
 * Nothing is ever deleted or re-dated: an obligation whose start changes is superseded and opened
 * again under the next number, with the reason kept; one that ended stays as it ended. */
#include "alerts/keep/clocks.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what is known ---- */

enum { FACTS_MAX = 32, HALF_DAY_MS = 12 * 60 * 60 * 1000 };
struct facts { /* a case with what its lists borrow */
    struct hy_case c;
    struct hy_pause pauses[FACTS_MAX];
    struct hy_extension extensions[FACTS_MAX];
    struct hy_version versions[FACTS_MAX];
};

/* Deeds the public hears of: after one of them the next continuing release is due. */
static const unsigned public_acts =
    1u << HY_ACT_RELEASE | 1u << HY_ACT_CONFERENCE | 1u << HY_ACT_WRITTEN_CONFERENCE |
    1u << HY_ACT_ONLINE_CONFERENCE | 1u << HY_ACT_BRIEFING | 1u << HY_ACT_INTERVIEW |
    1u << HY_ACT_PUBLICATION | 1u << HY_ACT_CLARIFICATION | 1u << HY_ACT_FINDINGS |
    1u << HY_ACT_ADOPTION | 1u << HY_ACT_SOLUTION;

/* The newest public response, unless one of them was the last word (final). */
static hy_wall newest_release(const json_t *doc)
{
    hy_wall newest = HY_WALL_NONE;
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r) {
        hy_wall t = hy_json_time(r, "published");
        int act = hy_name_index(hy_act_name, hy_json_str(r, "form"));
        if (json_is_true(json_object_get(r, "withdrawn")) || act < 0 || !(public_acts & 1u << act))
            continue;
        if (json_is_true(json_object_get(r, "final")))
            return HY_WALL_NONE;
        if (hy_wall_known(t) && (!hy_wall_known(newest) || t.ms > newest.ms))
            newest = t;
    }
    return newest;
}

static void read_level(const json_t *doc, struct hy_case *c)
{
    c->level = (int)hy_json_int(doc, "level", 0);
    c->upgraded = json_is_true(json_object_get(doc, "upgraded"));
    if (c->level == 0) {
        c->level = (int)hy_json_int(doc, "level_proposed", 0);
        c->level_proposed = true;
    }
}

static unsigned dispositions_of(const json_t *doc)
{
    unsigned mask = 0;
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(doc, "disposition"), i, v) {
        int at = hy_name_index(hy_disposition_name, hy_str(json_string_value(v)));
        if (at >= 0)
            mask |= 1u << at;
    }
    return mask;
}

static void read_lists(const json_t *doc, struct facts *f)
{
    size_t i;
    json_t *o;
    const char *pack;

    json_array_foreach (json_object_get(doc, "pauses"), i, o)
        if (f->c.n_pauses < FACTS_MAX)
            f->pauses[f->c.n_pauses++] =
                (struct hy_pause){hy_json_time(o, "from"), hy_json_time(o, "to")};
    json_array_foreach (json_object_get(doc, "extensions"), i, o) {
        struct hy_within by;
        if (f->c.n_extensions < FACTS_MAX && hy_within_parse(hy_json_str(o, "within"), &by) &&
            hy_str_is(hy_json_str(o, "state"), "approved"))
            f->extensions[f->c.n_extensions++] = (struct hy_extension){hy_json_str(o, "clock"), by};
    }
    json_object_foreach (json_object_get(doc, "packs"), pack, o)
        if (f->c.n_versions < FACTS_MAX)
            f->versions[f->c.n_versions++] =
                (struct hy_version){hy_str(pack), hy_str(json_string_value(o))};
    f->c.pauses = f->pauses;
    f->c.extensions = f->extensions;
    f->c.versions = f->versions;
}

static void facts_of(const json_t *doc, struct facts *f)
{
    int matter = hy_name_index(hy_matter_name, hy_json_str(doc, "kind"));
    const json_t *times = json_object_get(doc, "times");
    struct hy_case *c = &f->c;
    bool incident = hy_doc_kind_of(doc) == HY_DOC_INCIDENT;

    *c = hy_case_empty(matter < 0 ? HY_MATTER_OPINION : (enum hy_matter)matter);
    for (size_t i = 0; i < HY_ANCHOR_COUNT; i++)
        c->at[i] = hy_json_time(times, hy_anchor_name[i]);
    c->at[HY_ANCHOR_RESPONDED] = newest_release(doc);
    c->types[0] = hy_json_str(doc, incident ? "event_type" : "type");
    c->types[1] = hy_json_str(doc, "event_class");
    c->dispositions = dispositions_of(doc);
    read_level(doc, c);
    read_lists(doc, f);
}

/* ---- refresh ---- */

struct moved {   /* a clock that goes on with another end */
    hy_wall due; /* that it had */
    const char *clock;
};
struct refresh {
    struct hy_decide *d;
    json_t *doc;           /* a copy that is worked on; the state changes by the entry alone */
    const struct hy_case *c; /* what is known of it */
    json_t *changed;       /* obligations to put */
    const char *why;
    bool regraded; /* `why` is a change of the level */
    HY_VEC(struct moved) moved;
    json_t *begun; /* obligations that began and take no other's place */
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

static void open_new(struct refresh *r, const struct hy_obligation *f, const json_t *old)
{
    json_t *o = hy_clock_open(r->d, r->doc, f, old);
    const json_t *end = hy_clock_end_of(r->doc, o);

    if (r->regraded)
        json_object_set_new(o, "regraded", json_string(r->why));
    if (end)
        hy_clock_end(o, end);
    else if (old == NULL && !f->window->repeat)
        json_array_append(r->begun, o);
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
    hy_wall reopened = hy_json_time(json_object_get(r->doc, "times"), "reopened");
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
    hy_clock_supersede(r->d, o, r->why);
    put(r, json_incref(o));
    open_new(r, f, o);
    if (hy_json_time(o, "due").ms != f->due.ms)
        hy_vec_push(&r->moved, (struct moved){hy_json_time(o, "due"), f->window->id});
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
    json_t *o = hy_incident_obligation(r->doc, hy_str(f->window->id));

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

    json_array_foreach (json_object_get(r->doc, "obligations"), i, o) {
        const json_t *end = hy_clock_is(o, "open") ? hy_clock_end_of(r->doc, o) : NULL;
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

    json_array_foreach (json_object_get(r->doc, "obligations"), i, o) {
        if (!hy_clock_is(o, "open") || is_wanted(wanted, o) || (!all && is_unknown(r, o)))
            continue;
        hy_clock_supersede(r->d, o, r->why);
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
}

/* Whoever planned by the old time has to hear of the new one; at once when it is earlier. */
static void tell_moved(const struct refresh *r, struct hy_str incident, const struct moved *m)
{
    const json_t *o =
        hy_incident_obligation(hy_state_incident(r->d->state, incident), hy_str(m->clock));
    hy_wall due = hy_json_time(o, "due");
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (!hy_clock_is(o, "open"))
        return;
    HY_CLEANUP(hy_freep) char *clock = hy_str_dup(hy_obligation_suffix(o));
    hy_buf_str(&b, hy_json_str(o, "label"));
    hy_buf_puts(&b, "：到期时间由 ");
    hy_add_moment(&b, m->due);
    hy_buf_puts(&b, " 改为 ");
    hy_add_moment(&b, due);
    hy_buf_printf(&b, "（%s）。%s", r->why ? r->why : "情况更新",
                  due.ms < r->d->now.ms ? "新的时间已经过去，请立即处理" : "请按新的时间安排");
    hy_notice(r->d, incident,
              &(struct hy_notice_spec){.clock = hy_str(clock),
                                       .step = "moved",
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD,
                                       .urgency = due.ms < m->due.ms ? HY_URGENT : HY_NORMAL,
                                       .body = b.p,
                                       .due = r->d->now});
    hy_buf_release(&b);
}

static const json_t *first_begun(const struct refresh *r)
{
    const json_t *first = NULL;
    size_t i;
    json_t *o;

    json_array_foreach (r->begun, i, o)
        if (first == NULL || hy_json_time(o, "due").ms < hy_json_time(first, "due").ms)
            first = o;
    return first;
}

/* The end people had in mind until now; where nothing ran, half a day from now. */
static hy_wall known_end(const struct refresh *r)
{
    hy_wall known = HY_WALL_NONE;
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(r->doc, "obligations"), i, o) {
        bool dropped = hy_clock_is(o, "superseded") && hy_list_find(r->changed, hy_json_str(o, "id"));
        hy_wall due = hy_json_time(o, "due");
        if ((hy_clock_is(o, "open") || dropped) && !hy_list_find(r->begun, hy_json_str(o, "id")) &&
            (!hy_wall_known(known) || due.ms < known.ms))
            known = due;
    }
    return hy_wall_known(known) ? known : hy_wall_add_ms(r->d->now, HALF_DAY_MS);
}

static void begun_text(const struct refresh *r, struct hy_buf *b)
{
    bool late = false;
    size_t i;
    json_t *o;

    hy_buf_printf(b, "%s，开始计时：", r->why);
    json_array_foreach (r->begun, i, o) {
        late |= hy_json_time(o, "due").ms < r->d->now.ms;
        hy_buf_puts(b, i ? "；" : "");
        hy_add_clock(r->d->now, b, o);
    }
    hy_buf_puts(b, late ? "。请立即办理" : "。请按此安排");
}

/* A clock that begins when people have long been at work - the level was raised, the matter opened
 * again - has no page that shows it, and its reminders may all lie in the past: it is told, at once
 * when it ends before all they knew of. */
static void tell_begun(const struct refresh *r, struct hy_str incident)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const json_t *first = first_begun(r);

    if (first == NULL)
        return;
    HY_CLEANUP(hy_freep) char *clock = hy_str_dup(hy_obligation_suffix(first));
    bool sooner = hy_json_time(first, "due").ms < known_end(r).ms;
    begun_text(r, &b);
    hy_notice(r->d, incident,
              &(struct hy_notice_spec){.clock = hy_str(clock),
                                       .step = "begun",
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD,
                                       .urgency = sooner ? HY_URGENT : HY_NORMAL,
                                       .body = b.p,
                                       .due = r->d->now});
    hy_buf_release(&b);
}

static struct refresh refresh_of(struct hy_decide *d, struct hy_str incident, const char *why)
{
    return (struct refresh){
        .d = d,
        .doc = json_deep_copy(hy_state_incident(d->state, incident)),
        .changed = json_array(),
        .begun = json_array(),
        .why = why,
    };
}

static void refresh_release(struct refresh *r)
{
    json_decref(r->begun);
    json_decref(r->changed);
    json_decref(r->doc);
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
    struct facts f = {0};
    struct hy_err err = HY_ERR_INIT;

    r.regraded = how & REGRADED;
    facts_of(r.doc, &f);
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
        tell_moved(&r, incident, &r.moved.v[i]);
    if (how & TELL)
        tell_begun(&r, incident);
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

json_t *hy_clocks_packs(const struct hy_rules *rules)
{
    json_t *packs = json_object();

    for (size_t i = 0; rules->windows && i < hy_windows_count(rules->windows); i++) {
        const struct hy_pack *p = hy_windows_at(rules->windows, i);
        if (p->in_use)
            json_object_set_new(packs, p->id, json_string(p->version));
    }
    return packs;
}

bool hy_clocks_uncounted(const json_t *doc, const struct hy_rules *rules, struct hy_err *why)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct facts f = {0};

    facts_of(doc, &f);
    return hy_incident_is_open(doc) &&
           !hy_obligations_known(&f.c, rules->windows, rules->calendar, &wanted, why);
}

bool hy_clocks_awaited(const json_t *doc, const struct hy_rules *rules)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct facts f = {0};
    struct hy_err err = HY_ERR_INIT;
    bool runs = hy_doc_kind_of(doc) == HY_DOC_CASE ||
                (hy_doc_kind_of(doc) == HY_DOC_INCIDENT &&
                 json_array_size(json_object_get(doc, "obligations")) > 0);

    if (!runs || !hy_incident_is_open(doc))
        return false;
    facts_of(doc, &f);
    (void)hy_obligations_known(&f.c, rules->windows, rules->calendar, &wanted, &err);
    for (size_t i = 0; i < wanted.n; i++)
        if (wanted.v[i].within.unit != HY_IN_HOURS && hy_wall_known(wanted.v[i].due) &&
            hy_incident_obligation(doc, hy_str(wanted.v[i].window->id)) == NULL)
            return true;
    return false;
}

json_t *hy_clocks_preview(const json_t *doc, const struct hy_rules *rules)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct facts f = {0};
    struct hy_err err = HY_ERR_INIT;
    json_t *list = json_array();

    facts_of(doc, &f);
    (void)hy_obligations_known(&f.c, rules->windows, rules->calendar, &wanted, &err);
    for (size_t i = 0; i < wanted.n; i++) {
        const struct hy_obligation *w = &wanted.v[i];
        json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "clock", w->window->id, "label",
                              w->window->label, "anchor", hy_anchor_name[w->anchor], "basis",
                              w->window->basis ? w->window->basis : "");
        hy_json_set_time(o, "start", w->start, HY_CST);
        hy_json_set_time(o, "due", w->due, HY_CST);
        json_array_append_new(list, o);
    }
    return list;
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
    struct facts f = {0};
    struct hy_err err = HY_ERR_INIT;
    bool owed = false;

    facts_of(doc, &f);
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
