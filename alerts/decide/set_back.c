/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/set_back.h"

#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"
#include "alerts/decide/roster.h"
#include "core/mem.h"

#include <stdio.h>

enum { LINES_MAX = 6 };
#define ROWS "set_backs"
static const char why[] = "服务器时钟曾经走快，已调回";

/* ---- the row ---- */

static const json_t *open_row(const struct hy_decide *d)
{
    const json_t *rows = json_object_get(hy_duty_doc(d), ROWS);
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);

    return hy_str_is(hy_json_str(last, "state"), "mending") ? last : NULL;
}

static void put_row(struct hy_decide *d, json_t *row)
{
    json_t *set = hy_duty_begin(d);

    json_object_set_new(set, ROWS, hy_duty_rows(d, ROWS, row));
    hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, set, NULL));
}

bool hy_set_back_is(const struct hy_decide *d, hy_wall newest)
{
    return d->now.ms < newest.ms - HY_SET_BACK_MS || open_row(d) != NULL;
}

void hy_set_back_begin(struct hy_decide *d, hy_wall newest)
{
    json_t *row;
    char id[32];

    if (open_row(d))
        return;
    d->actor = d->cmd = hy_str("");
    hy_duty_row_id(d, 'B', id);
    row = json_object();
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "state", HY_STR("mending"));
    hy_json_set_time(row, "from", newest, HY_CST);
    hy_json_set_time(row, "to", d->now, HY_CST);
    put_row(d, row);
}

/* ---- one document ---- */

struct back {
    hy_wall from, to; /* the clock was set from here to there */
    const json_t *doc;
    json_t *set, *put; /* what changes */
};

static bool is_ahead(const struct back *b, hy_wall t)
{
    return hy_wall_known(t) && t.ms > b->to.ms;
}

static void move(json_t *o, const char *key, hy_wall to)
{
    hy_json_set_time(o, key, to, HY_CST);
}

/* Waits again.  The next notice of it has a number, for a notice's id exists once. */
static void arm(json_t *step)
{
    if (hy_json_int(step, "every_ms", 0) <= 0)
        hy_json_set_int(step, "n", hy_json_int(step, "n", 1) + 1);
    json_object_set_new(step, "fired", json_null());
    json_object_del(step, "skipped");
}

/* The first time of a repeating step that is still to come, but none before `first`. */
static hy_wall repeat_at(const struct back *b, const json_t *step, hy_wall first)
{
    int64_t every = hy_json_int(step, "every_ms", 0);
    hy_wall due = hy_json_time(step, "due");

    while (due.ms - every > b->to.ms && due.ms - every >= first.ms)
        due.ms -= every;
    return due;
}

/* One that fired too early, or is put off until too late: the same time as ever, once more. */
static bool mend_step(const struct back *b, json_t *step, hy_wall first)
{
    hy_wall due = hy_json_time(step, "due"), held = hy_json_time(step, "held");
    bool early = is_ahead(b, hy_json_time(step, "fired"));

    if (early && hy_json_int(step, "every_ms", 0) > 0) {
        move(step, "due", repeat_at(b, step, first));
        arm(step);
        return true;
    }
    if (early && is_ahead(b, due) && !hy_step_waits(step)) {
        arm(step);
        return true;
    }
    if (!hy_step_waits(step) || !is_ahead(b, held) || due.ms <= held.ms)
        return false;
    move(step, "due", held); /* its snooze ends now, see below */
    json_object_del(step, "held");
    return true;
}

static void mend_obligations(struct back *b)
{
    size_t i, k;
    json_t *o, *step;

    json_array_foreach (json_object_get(b->doc, "obligations"), i, o) {
        if (!hy_str_is(hy_json_str(o, "state"), "open"))
            continue;
        json_t *changed = json_deep_copy(o);
        bool any = false;
        json_array_foreach (json_object_get(changed, "steps"), k, step)
            any |= mend_step(b, step, hy_json_time(o, "due"));
        if (any)
            hy_put_more(b->put, "obligations", json_incref(changed));
        json_decref(changed);
    }
}

static void mend_snoozes(struct back *b)
{
    size_t i;
    json_t *row;

    json_array_foreach (json_object_get(b->doc, "snoozes"), i, row) {
        if (!is_ahead(b, hy_json_time(row, "at")))
            continue;
        json_t *changed = json_deep_copy(row);
        move(changed, "until", b->to);
        hy_put_more(b->put, "snoozes", changed);
    }
}

/* A ladder that began ahead begins now, with all its rungs; of another one those are due again whose
 * time is still to come (a rung that was taken early, because no screen showed the alarm, has had no
 * time of its own since). */
static void mend_ladder(struct back *b)
{
    hy_wall page = hy_alarm_at(b->doc);
    size_t i;
    json_t *rung;

    if (json_is_object(json_object_get(b->doc, "ack")))
        return;
    json_array_foreach (json_object_get(b->doc, "escalation"), i, rung) {
        hy_wall due = hy_json_time(rung, "due");
        bool waits = hy_step_waits(rung), anew = is_ahead(b, page) && due.ms >= page.ms;
        bool early = !waits && is_ahead(b, due) && !json_object_get(rung, "why");
        if (json_object_get(rung, "skipped") || (!anew && !early))
            continue;
        json_t *changed = json_deep_copy(rung);
        if (anew)
            move(changed, "due", hy_wall_add_ms(b->to, due.ms - page.ms));
        if (!waits)
            arm(changed);
        hy_put_more(b->put, "escalation", changed);
    }
}

/* What a step of the document itself counts from: the notice it waits for, the source's new state. */
static hy_wall counts_from(const struct back *b, const json_t *step)
{
    struct hy_str notice = hy_json_str(step, "notice");

    if (notice.n)
        return hy_json_time(hy_list_find(json_object_get(b->doc, "notices"), notice), "at");
    return hy_doc_kind_of(b->doc) == HY_DOC_SOURCE ? hy_json_time(b->doc, "since") : HY_WALL_NONE;
}

static void mend_waits(const struct hy_decide *d, struct back *b)
{
    int64_t expires = d->rules->duty ? hy_duty_ack_expires_ms(d->rules->duty) : 0;
    size_t i;
    json_t *step;

    json_array_foreach (json_object_get(b->doc, "steps"), i, step) {
        json_t *changed = json_deep_copy(step);
        hy_wall due = hy_json_time(step, "due"), from = counts_from(b, step), to = due;
        bool again = hy_json_int(step, "every_ms", 0) > 0 && mend_step(b, changed, HY_WALL_NONE);
        if (!again && hy_step_waits(step) && is_ahead(b, from) && due.ms >= from.ms)
            to = hy_wall_add_ms(b->to, due.ms - from.ms);
        else if (hy_str_is(hy_json_str(step, "step"), HY_STEP_ACK) && hy_step_waits(step))
            to.ms = HY_MIN(due.ms, b->to.ms + expires);
        move(changed, "due", again ? hy_json_time(changed, "due") : to);
        if (again || to.ms != due.ms)
            hy_put_more(b->put, "steps", json_incref(changed));
        json_decref(changed);
    }
}

/* A time that the program stamped ahead, taken back by as much as the clock was. */
static bool mend_time(const struct back *b, json_t *o, const char *name)
{
    hy_wall t = hy_json_time(o, name);

    if (!is_ahead(b, t))
        return false;
    move(o, name, (hy_wall){HY_MIN(t.ms - (b->from.ms - b->to.ms), b->to.ms)});
    return true;
}

static void mend_times(struct back *b)
{
    static const char *const own[] = {"detected",   "confirmed", "graded",   "assigned",
                                      "classified", "suspected", "new_fact", "reopened"};
    json_t *times = json_deep_copy(json_object_get(b->doc, "times"));
    bool any = false;

    for (size_t i = 0; i < HY_COUNT(own); i++)
        any |= mend_time(b, times, own[i]);
    if (any)
        json_object_set(b->set, "times", times);
    json_decref(times);
}

/* An acknowledgement answers what was told before it: with a time ahead it would answer all that is
 * still to be told. */
static void mend_ack(struct back *b)
{
    json_t *ack = json_deep_copy(json_object_get(b->doc, "ack"));

    if (json_is_object(ack) && mend_time(b, ack, "at"))
        json_object_set(b->set, "ack", ack);
    json_decref(ack);
}

/* A line of 督办 stays as it was written, and says from now on that its time is wrong. */
static void mark_urges(const struct back *b)
{
    size_t i;
    json_t *row;

    json_array_foreach (json_object_get(b->doc, "urges"), i, row) {
        if (!is_ahead(b, hy_json_time(row, "at")) || hy_json_bool(row, HY_CLOCK_AHEAD))
            continue;
        json_t *changed = json_deep_copy(row);
        json_object_set_new(changed, HY_CLOCK_AHEAD, json_true());
        hy_put_more(b->put, "urges", changed);
    }
}

/* Steals what changes.  False: nothing does. */
static bool put_back(struct hy_decide *d, struct back *b)
{
    static const enum hy_entry types[] = {[HY_DOC_SOURCE] = HY_ENTRY_SOURCE,
                                          [HY_DOC_DUTY] = HY_ENTRY_DUTY,
                                          [HY_DOC_RISK] = HY_ENTRY_RISK,
                                          [HY_DOC_INCIDENT] = HY_ENTRY_CLOCKS,
                                          [HY_DOC_CASE] = HY_ENTRY_CLOCKS};
    json_t *set = HY_TAKE(b->set), *put = HY_TAKE(b->put);

    if (json_object_size(set) == 0 && json_object_size(put) == 0) {
        json_decref(set);
        json_decref(put);
        return false;
    }
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(b->doc, "id"));
    json_t *args = json_pack("{s:s}", "reason", why);
    hy_emit(d, types[hy_doc_kind_of(b->doc)], hy_str(id), hy_entry_data(args, set, put));
    return true;
}

static struct back back_of(const json_t *row, const json_t *doc)
{
    return (struct back){.from = hy_json_time(row, "from"),
                         .to = hy_json_time(row, "to"),
                         .doc = doc,
                         .set = json_object(),
                         .put = json_object()};
}

/* True: there was something to mend. */
static bool mend(struct hy_decide *d, const json_t *row, const json_t *doc)
{
    struct back b = back_of(row, doc);
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));

    if (hy_doc_kind_of(doc) == HY_DOC_INCIDENT)
        mend_times(&b);
    mend_ack(&b);
    mend_obligations(&b);
    mend_snoozes(&b);
    mend_ladder(&b);
    mend_waits(d, &b);
    mark_urges(&b);
    bool moved = json_object_get(b.set, "times") != NULL;
    if (!put_back(d, &b))
        return false;
    if (moved)
        hy_clocks_refresh(d, hy_str(id), why);
    return true;
}

bool hy_set_back_mend(struct hy_decide *d, struct hy_walk *walk)
{
    HY_CLEANUP(hy_json_freep) json_t *row = json_deep_copy(open_row(d));
    json_t *doc;

    d->actor = d->cmd = hy_str("");
    walk->open = walk->passing = true;
    walk->until = hy_duty_row_seq(row); /* the others are mended: who goes on does not read them again */
    while (row && (doc = hy_state_next(d->state, walk)))
        if (mend(d, row, doc))
            return true;
    return false;
}

/* ---- telling ---- */

/* Did anybody answer the matter while the clock was ahead?  Then with a time nobody can be sure of. */
static bool has_answers(const json_t *doc, hy_wall to)
{
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r)
        if (hy_json_time(r, "at").ms > to.ms || hy_json_time(r, "published").ms > to.ms)
            return true;
    return false;
}

struct tally {
    size_t mended, answered;
    struct hy_buf lines; /* those with answers */
};

/* What had ended is not mended; what it says under the wrong clock is marked all the same. */
static void mark_ended(struct hy_decide *d, const json_t *row, const json_t *doc)
{
    struct back b = back_of(row, doc);

    mark_urges(&b);
    put_back(d, &b);
}

static void count(struct hy_decide *d, const json_t *row, struct tally *t)
{
    struct hy_walk walk = {.passing = true};
    int64_t began = hy_duty_row_seq(row);
    const json_t *doc;

    while ((doc = hy_state_next(d->state, &walk))) {
        if (hy_doc_kind_of(doc) > HY_DOC_CASE)
            continue;
        t->mended += hy_json_int(doc, "version", 0) > began;
        if (!hy_incident_is_open(doc))
            mark_ended(d, row, doc);
        if (!has_answers(doc, hy_json_time(row, "to")))
            continue;
        HY_CLEANUP(hy_freep) char *title = hy_document_title(doc);
        if (t->answered++ < LINES_MAX)
            hy_buf_printf(&t->lines, "\n%zu. %s", t->answered, title);
    }
}

static void tell_text(const json_t *row, const struct tally *t, struct hy_buf *b)
{
    hy_buf_puts(b, "服务器的时钟从 ");
    hy_add_moment(b, hy_json_time(row, "from"));
    hy_buf_puts(b, " 调回到 ");
    hy_add_moment(b, hy_json_time(row, "to"));
    hy_buf_puts(b, "。走快的这段时间里，记录上的时刻比实际晚，提醒发早了");
    if (t->mended)
        hy_buf_printf(b, "。%zu 件事的起算时间和提醒已经改正，没到时间的提醒会到时再发", t->mended);
    if (t->answered)
        hy_buf_printf(b, "。%zu 件事在这段时间里登记过回应，请核对登记的时间，错的请撤回重登：",
                      t->answered);
    hy_buf_str(b, hy_buf_view(&t->lines));
    if (t->answered > LINES_MAX)
        hy_buf_printf(b, "\n其余 %zu 件见事件列表", t->answered - LINES_MAX);
    hy_buf_puts(b, t->answered ? "\n请管理员检查对时" : "。请管理员检查对时");
}

void hy_set_back_tell(struct hy_decide *d)
{
    HY_CLEANUP(hy_json_freep) json_t *row = json_deep_copy(open_row(d));
    struct tally t = {.lines = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char step[48];

    if (row == NULL)
        return;
    d->actor = d->cmd = hy_str("");
    count(d, row, &t);
    tell_text(row, &t, &body);
    snprintf(step, sizeof(step), "set-back-%s", json_string_value(json_object_get(row, "id")));
    hy_notice(d, HY_STR(HY_DUTY_DOC),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_SUPERVISOR |
                                                1u << HY_POST_OPERATOR,
                                       .urgency = t.mended ? HY_URGENT : HY_NORMAL,
                                       .title = "【时钟】服务器时钟被调回",
                                       .body = body.p,
                                       .due = d->now});
    hy_json_set_str(row, "state", HY_STR("told"));
    hy_json_set_int(row, "mended", (int64_t)t.mended);
    hy_json_set_int(row, "answered", (int64_t)t.answered);
    put_row(d, json_incref(row));
    hy_buf_release(&t.lines);
    hy_buf_release(&body);
}
