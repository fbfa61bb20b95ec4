/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/missed.h"
#include "alerts/decide/parts.h"
#include "alerts/decide/set_ahead.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINES_MAX = 6, TITLE_CHARS = 30, LEVEL_NONE = 5, LEVEL_CLOSED = 6 };

/* ---- order ---- */

static int level_of(const json_t *doc)
{
    int64_t n = hy_json_int(doc, "level", 0);

    n = n ? n : hy_json_int(doc, "level_proposed", 0);
    return hy_str_is(hy_json_str(doc, "kind"), "emergency") && n > 0 ? (int)n : LEVEL_NONE;
}

static int urgency_of(struct hy_str name)
{
    int n = hy_name_index(hy_urgency_name, name);

    return n < 0 ? HY_NORMAL : n;
}

static int64_t end_of(const json_t *obligation)
{
    return obligation ? hy_json_time(obligation, "due").ms : INT64_MAX;
}

static const json_t *obligation_of(const json_t *doc, struct hy_str clock)
{
    const json_t *o = hy_obligation_by_suffix(doc, clock);

    return o ? o : hy_nearest_clock(doc);
}

struct hy_missed_rank hy_missed_rank(const struct hy_state *s, struct hy_str member, hy_wall due)
{
    struct hy_str incident, clock;

    hy_str_cut(&member, '/', &incident);
    hy_str_cut(&member, '/', &clock);
    const json_t *doc = hy_state_incident(s, incident), *o = doc ? obligation_of(doc, clock) : NULL;
    const json_t *steps = json_object_get(hy_str_is(clock, "-") ? doc : o,
                                          hy_str_is(clock, "-") ? "escalation" : "steps");
    const json_t *step = NULL, *one;
    size_t i;

    json_array_foreach ((json_t *)steps, i, one)
        if (hy_str_eq(hy_json_str(one, "step"), member))
            step = one;
    return (struct hy_missed_rank){.level = level_of(doc),
                                   .quiet = urgency_of(hy_json_str(step, "class")),
                                   .ends = end_of(o),
                                   .due = due.ms};
}

static int sign(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int hy_missed_compare(const struct hy_missed_rank *a, const struct hy_missed_rank *b)
{
    int by[] = {sign(a->level, b->level), sign(a->quiet, b->quiet), sign(a->ends, b->ends),
                sign(a->due, b->due)};

    for (size_t i = 0; i < HY_COUNT(by); i++)
        if (by[i])
            return by[i];
    return 0;
}

/* ---- rounds ---- */

void hy_missed_begin(struct hy_decide *d, hy_wall first)
{
    json_t *set = hy_duty_begin(d), *row = json_object();
    char id[32];

    d->actor = d->cmd = hy_str("");
    hy_duty_row_id(d, 'M', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "state", HY_STR("telling"));
    hy_json_set_time(row, "from", first, HY_CST);
    json_object_set_new(row, "at", hy_now_json(d));
    if (hy_set_ahead_explains(d, first))
        json_object_set_new(row, "set_ahead", json_true());
    json_object_set_new(set, "missed", hy_duty_rows(d, "missed", row));
    hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, set, NULL));
}

/* ---- what somebody was not told ---- */

struct matter { /* one document, by the most urgent notice of it */
    size_t no;  /* which of the walk */
    struct hy_missed_rank rank;
    char *text;
};
struct reader {
    char *id;
    HY_VEC(struct matter) matters;
    size_t notices, late; /* all of them; matters that are over their limit */
    bool urgent;
};
struct readers {
    HY_VEC(struct reader) v;
};

static void readers_release(struct readers *r)
{
    for (size_t i = 0; i < r->v.n; i++) {
        for (size_t k = 0; k < r->v.v[i].matters.n; k++)
            free(r->v.v[i].matters.v[k].text);
        hy_vec_release(&r->v.v[i].matters);
        free(r->v.v[i].id);
    }
    hy_vec_release(&r->v);
}

static struct reader *reader_of(struct readers *all, struct hy_str id)
{
    for (size_t i = 0; i < all->v.n; i++)
        if (hy_str_is(id, all->v.v[i].id))
            return &all->v.v[i];
    hy_vec_push(&all->v, ((struct reader){.id = hy_str_dup(id)}));
    return &all->v.v[all->v.n - 1];
}

/* "【重大·拟】化工厂爆炸：权威发布还有 32 分钟", "【重大·拟】化工厂爆炸（已排除）" */
static char *matter_text(const struct hy_decide *d, const json_t *doc, const json_t *clock)
{
    HY_CLEANUP(hy_freep) char *title = hy_document_title(doc);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    hy_wall due = hy_json_time(clock, "due");

    hy_buf_str(&b, hy_utf8_head(hy_str(title), TITLE_CHARS));
    if (!hy_incident_is_open(doc)) {
        hy_buf_printf(&b, "（已%s）", hy_stage_label[hy_incident_stage(doc)]);
    } else if (clock) {
        hy_buf_puts(&b, "：");
        hy_buf_str(&b, hy_json_str(clock, "label"));
        hy_buf_puts(&b, d->now.ms <= due.ms ? "还有 " : "已超过设定时限 ");
        hy_add_left(&b, llabs(due.ms - d->now.ms));
    }
    return hy_buf_take(&b);
}

/* One more notice of the document that the reader was not told; documents come one by one.  What is
 * closed asks for nothing any more and comes last. */
static void add_matter(const struct hy_decide *d, struct reader *r, const json_t *doc, size_t no,
                       const json_t *notice)
{
    bool open = hy_incident_is_open(doc);
    const json_t *clock = open ? hy_nearest_clock(doc) : NULL;
    struct hy_missed_rank rank = {.level = open ? level_of(doc) : LEVEL_CLOSED,
                                  .quiet = urgency_of(hy_json_str(notice, "meant")),
                                  .ends = end_of(clock)};
    struct matter *last = r->matters.n ? &r->matters.v[r->matters.n - 1] : NULL;

    r->notices++;
    r->urgent |= open && rank.quiet == HY_URGENT;
    if (last && last->no == no) {
        last->rank.quiet = HY_MIN(last->rank.quiet, rank.quiet);
        return;
    }
    r->late += rank.ends < d->now.ms;
    hy_vec_push(&r->matters, ((struct matter){no, rank, matter_text(d, doc, clock)}));
}

static void add_document(const struct hy_decide *d, const json_t *doc, size_t no,
                         struct hy_str round, struct readers *all)
{
    size_t i, k;
    json_t *n, *person;

    json_array_foreach (json_object_get(doc, "notices"), i, n)
        if (hy_str_eq(hy_json_str(n, "quiet"), round))
            json_array_foreach (json_object_get(n, "to"), k, person)
                add_matter(d, reader_of(all, hy_json_str(person, "id")), doc, no, n);
}

static int by_rank(const void *a, const void *b)
{
    return hy_missed_compare(&((const struct matter *)a)->rank, &((const struct matter *)b)->rank);
}

static void summary(const struct reader *r, const json_t *row, struct hy_buf *b)
{
    qsort(r->matters.v, r->matters.n, sizeof(*r->matters.v), by_rank);
    hy_buf_puts(b, json_is_true(json_object_get(row, "set_ahead"))
                       ? "服务器的时钟向前跳过一段（另有提醒说明），按现在的时间，从 "
                       : "回应中断过，从 ");
    hy_add_moment(b, hy_json_time(row, "from"));
    hy_buf_printf(b, " 起有 %zu 条给您的提醒没有按时发出，涉及 %zu 件", r->notices, r->matters.n);
    if (r->late)
        hy_buf_printf(b, "，其中 %zu 件已超过设定时限", r->late);
    hy_buf_puts(b, "。最急的在前：");
    for (size_t i = 0; i < r->matters.n && i < LINES_MAX; i++)
        hy_buf_printf(b, "\n%zu. %s", i + 1, r->matters.v[i].text);
    if (r->matters.n > LINES_MAX)
        hy_buf_printf(b, "\n其余 %zu 件见事件列表，按剩余时间排列", r->matters.n - LINES_MAX);
}

static void tell(struct hy_decide *d, const struct reader *r, const json_t *row, size_t no)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_freep)
    char *title = hy_xasprintf(json_is_true(json_object_get(row, "set_ahead"))
                                   ? "【补报】时钟跳过的时间里有 %zu 条提醒"
                                   : "【补报】中断期间漏报 %zu 条提醒",
                               r->notices);
    char step[64];

    snprintf(step, sizeof(step), "missed-%s-%zu", json_string_value(json_object_get(row, "id")),
             no);
    summary(r, row, &body);
    hy_notice(d, HY_STR(HY_DUTY_DOC),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .person = r->id,
                                       .personal = no > 1,
                                       .urgency = r->urgent ? HY_URGENT : HY_NORMAL,
                                       .title = title,
                                       .body = body.p,
                                       .due = d->now});
    hy_buf_release(&body);
}

/* Who missed most comes first: what he is told goes to the groups as well. */
static int by_notices(const void *a, const void *b)
{
    return sign((int64_t)((const struct reader *)b)->notices,
                (int64_t)((const struct reader *)a)->notices);
}

void hy_missed_tell(struct hy_decide *d)
{
    HY_CLEANUP(readers_release) struct readers all = {0};
    HY_CLEANUP(hy_json_freep) json_t *row = json_deep_copy(hy_missed_row(d));
    /* No document that has not changed since the round began has a notice of it; also what was closed
     * while it went on counts, for nobody has been told of it. */
    struct hy_walk walk = {.since = hy_duty_row_seq(row), .passing = true};
    const json_t *doc;
    size_t notices = 0;

    if (row == NULL)
        return;
    d->actor = d->cmd = hy_str("");
    while ((doc = hy_state_next(d->state, &walk)))
        add_document(d, doc, walk.at, hy_json_str(row, "id"), &all);
    if (all.v.n)
        qsort(all.v.v, all.v.n, sizeof(*all.v.v), by_notices);
    for (size_t i = 0; i < all.v.n; i++) {
        tell(d, &all.v.v[i], row, i + 1);
        notices += all.v.v[i].notices;
    }
    hy_json_set_str(row, "state", HY_STR("told"));
    hy_json_set_int(row, "people", (int64_t)all.v.n);
    hy_json_set_int(row, "notices", (int64_t)notices);
    json_t *set = json_object();
    json_object_set_new(set, "missed", hy_duty_rows(d, "missed", json_incref(row)));
    hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, set, NULL));
}
