/* SPDX-License-Identifier: Apache-2.0 */
/* What the office itself published: never an incident, maybe the answer to one.
 *
 * A page that answers is proposed, with the reason, and a person confirms or rejects it.  A page
 * that was edited afterwards is a correction: the first version stays what ended the clock, what
 * changed is kept beside it.  Releases of one incident are compared with each other: a toll, a time
 * or a place that differs is shown, because two official figures are what people will ask about.
 *
 * Members of a row of `found` beyond the documented ones: `facts`, `occurred`, `places` (as the
 * text says them); `diverges` [{"what","label","here","there","than"}], the other release being
 * `than`; `edits` [{"at","was","changes":[{"what","label","from","to"}]}], `was` the hash before.
 */
#include "alerts/decide/parts.h"
#include "analyzer/facts.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/office.h"
#include "rules/sources.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_CHARS = 60, FIGURE_SIZE = 48, SAME_TIME_MS = 3600 * 1000, COUNTY_DIGITS = 6 };

static const char *const fact_label[HY_FACT_COUNT] = {
    [HY_DEATHS] = "死亡人数",  [HY_INJURED] = "受伤人数",   [HY_MISSING] = "失联人数",
    [HY_TRAPPED] = "被困人数", [HY_EVACUATED] = "转移人数", [HY_LOSS_YUAN] = "损失（元）",
};

bool hy_is_official(const struct hy_rules *r, const json_t *hit)
{
    const struct hy_source *s =
        r->sources ? hy_sources_find(r->sources, hy_json_str(hit, "source")) : NULL;

    if (s && s->official)
        return true;
    return r->office && hy_office_own_channel(r->office, hy_json_str(hit, "url"));
}

/* ---- figures of a page ---- */

static void set_figures(json_t *found, const json_t *hit)
{
    const json_t *score = json_object_get(hit, "score"), *p;
    int64_t occurred = hy_json_int(json_object_get(hit, "trace"), "o", INT64_MIN);
    json_t *facts = json_object_get(score, "facts"), *places = json_array();
    size_t i;

    json_array_foreach (json_object_get(score, "places"), i, p)
        if (hy_json_str(p, "code").n >= COUNTY_DIGITS) {
            json_t *o = json_object();
            hy_json_set_str(o, "code", hy_json_str(p, "code"));
            hy_json_set_str(o, "name", hy_json_str(p, "name"));
            json_array_append_new(places, o);
        }
    json_object_set_new(found, "places", places);
    json_object_set_new(found, "facts", facts ? json_deep_copy(facts) : json_object());
    hy_json_set_time(found, "occurred", (hy_wall){occurred}, HY_CST);
}

static const char *range_text(const json_t *fact, char out[FIGURE_SIZE])
{
    int64_t min = hy_json_int(fact, "min", 0), max = hy_json_int(fact, "max", INT64_MAX);

    if (max == min)
        snprintf(out, FIGURE_SIZE, "%lld", (long long)min);
    else if (max == INT64_MAX)
        snprintf(out, FIGURE_SIZE, "%lld以上", (long long)min);
    else
        snprintf(out, FIGURE_SIZE, "%lld至%lld", (long long)min, (long long)max);
    return out;
}

static bool are_disjoint(const json_t *a, const json_t *b)
{
    return hy_json_int(a, "max", INT64_MAX) < hy_json_int(b, "min", 0) ||
           hy_json_int(b, "max", INT64_MAX) < hy_json_int(a, "min", 0);
}

static void add_difference(json_t *list, const char *what, const char *label, const char *from,
                           const char *to)
{
    json_t *o = json_object();

    hy_json_set_str(o, "what", hy_str(what));
    hy_json_set_str(o, "label", hy_str(label));
    hy_json_set_str(o, "from", hy_str(from));
    hy_json_set_str(o, "to", hy_str(to));
    json_array_append_new(list, o);
}

/* `versions`: of one page, where a figure that was not there before is a change too. */
static void compare_facts(json_t *list, const json_t *old, const json_t *new, bool versions)
{
    char from[FIGURE_SIZE], to[FIGURE_SIZE];

    for (int k = 0; k < HY_FACT_COUNT; k++) {
        const json_t *a = json_object_get(old, hy_fact_name[k]);
        const json_t *b = json_object_get(new, hy_fact_name[k]);
        if (versions && b && a == NULL)
            add_difference(list, hy_fact_name[k], fact_label[k], "未提及", range_text(b, to));
        if (a && b && are_disjoint(a, b))
            add_difference(list, hy_fact_name[k], fact_label[k], range_text(a, from),
                           range_text(b, to));
    }
}

static int64_t local_ms(hy_wall t)
{
    return t.ms + HY_CST * HY_MINUTE_MS;
}

/* A text that names the day alone is read as its midnight. */
static bool is_day(hy_wall t)
{
    return local_ms(t) % HY_DAY_MS == 0;
}

static bool are_apart(hy_wall a, hy_wall b)
{
    if (is_day(a) || is_day(b))
        return local_ms(a) / HY_DAY_MS != local_ms(b) / HY_DAY_MS;
    return a.ms - b.ms >= SAME_TIME_MS || b.ms - a.ms >= SAME_TIME_MS;
}

/* "2026-11-27 08:52", or the day alone. */
static const char *time_text(hy_wall t, char out[HY_TIME_SIZE])
{
    hy_wall_format(t, HY_CST, out);
    out[10] = ' ';
    out[is_day(t) ? 10 : 16] = '\0';
    return out;
}

static void compare_times(json_t *list, const json_t *old, const json_t *new)
{
    hy_wall a = hy_json_time(old, "occurred"), b = hy_json_time(new, "occurred");
    char from[HY_TIME_SIZE], to[HY_TIME_SIZE];

    if (hy_wall_known(a) && hy_wall_known(b) && are_apart(a, b))
        add_difference(list, "occurred", "事发时间", time_text(a, from), time_text(b, to));
}

static bool share_place(const json_t *a, const json_t *b)
{
    const json_t *x, *y;
    size_t i, k;

    json_array_foreach (a, i, x)
        json_array_foreach (b, k, y)
            if (strncmp(hy_json_str(x, "code").p, hy_json_str(y, "code").p, COUNTY_DIGITS) == 0)
                return true;
    return false;
}

static void compare_places(json_t *list, const json_t *old, const json_t *new)
{
    const json_t *a = json_object_get(old, "places"), *b = json_object_get(new, "places");
    HY_CLEANUP(hy_freep) char *from = hy_str_dup(hy_json_str(json_array_get(a, 0), "name"));
    HY_CLEANUP(hy_freep) char *to = hy_str_dup(hy_json_str(json_array_get(b, 0), "name"));

    if (json_array_size(a) && json_array_size(b) && !share_place(a, b))
        add_difference(list, "place", "地点", from, to);
}

/* What two releases, or two versions of one, say differently.  New reference. */
static json_t *differences(const json_t *old, const json_t *new, bool versions)
{
    json_t *list = json_array();

    compare_facts(list, json_object_get(old, "facts"), json_object_get(new, "facts"), versions);
    compare_times(list, old, new);
    compare_places(list, old, new);
    return list;
}

/* Against every other release of the incident that was not rejected. */
static json_t *divergences(const json_t *doc, const json_t *found)
{
    json_t *all = json_array(), *other, *diff;
    size_t i, k;

    json_array_foreach (json_object_get(doc, "found"), i, other) {
        if (hy_str_is(hy_json_str(other, "state"), "rejected") ||
            hy_str_eq(hy_json_str(other, "id"), hy_json_str(found, "id")))
            continue;
        HY_CLEANUP(hy_json_freep) json_t *list = differences(other, found, false);
        json_array_foreach (list, k, diff) {
            hy_json_set_str(diff, "than", hy_json_str(other, "id"));
            json_object_set(diff, "there", json_object_get(diff, "from"));
            json_object_set(diff, "here", json_object_get(diff, "to"));
            json_object_del(diff, "from");
            json_object_del(diff, "to");
            json_array_append(all, diff);
        }
    }
    return all;
}

/* ---- telling ---- */

static void append_differences(struct hy_buf *out, const json_t *list, const char *from,
                               const char *to)
{
    const json_t *d;
    size_t i;

    json_array_foreach (list, i, d) {
        hy_buf_str(out, i ? HY_STR("，") : HY_STR(""));
        hy_buf_str(out, hy_json_str(d, "label"));
        hy_buf_char(out, ' ');
        hy_buf_str(out, hy_json_str(d, from));
        hy_buf_str(out, HY_STR(" → "));
        hy_buf_str(out, hy_json_str(d, to));
    }
}

static void tell(struct hy_decide *d, struct hy_str incident, const char *step,
                 enum hy_urgency urgency, const struct hy_buf *body)
{
    hy_notice(d, incident,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY,
                                       .urgency = urgency,
                                       .body = body->p,
                                       .due = d->now});
}

static void tell_found(struct hy_decide *d, struct hy_str incident, const json_t *found)
{
    const json_t *diverges = json_object_get(found, "diverges");
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(found, "id"));
    char step[48];

    hy_buf_str(&body, HY_STR("本单位渠道发布了“"));
    hy_buf_str(&body, hy_utf8_head(hy_json_str(found, "title"), HEAD_CHARS));
    hy_buf_str(&body, HY_STR("”，可能是对此事的回应，请确认"));
    if (json_array_size(diverges)) {
        hy_buf_str(&body, HY_STR("。与先前的发布不同："));
        append_differences(&body, diverges, "there", "here");
    }
    snprintf(step, sizeof(step), "found-%s", id);
    tell(d, incident, step, HY_NORMAL, &body);
    hy_buf_release(&body);
}

static void tell_edit(struct hy_decide *d, struct hy_str incident, const json_t *found)
{
    const json_t *edits = json_object_get(found, "edits");
    const json_t *edit = json_array_get(edits, json_array_size(edits) - 1);
    const json_t *changes = json_object_get(edit, "changes");
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(found, "id"));
    char step[64];

    hy_buf_str(&body, HY_STR("已确认的发布“"));
    hy_buf_str(&body, hy_utf8_head(hy_json_str(found, "title"), HEAD_CHARS));
    hy_buf_str(&body, HY_STR("”发布后有修改："));
    if (json_array_size(changes))
        append_differences(&body, changes, "from", "to");
    else
        hy_buf_str(&body, HY_STR("文字有变化，数字、时间、地点未变"));
    snprintf(step, sizeof(step), "edited-%s-%zu", id, json_array_size(edits));
    tell(d, incident, step, json_array_size(changes) ? HY_URGENT : HY_NORMAL, &body);
    hy_buf_release(&body);
}

/* ---- proposing ---- */

static void emit_found(struct hy_decide *d, struct hy_str incident, json_t *found,
                       const json_t *hit)
{
    json_t *put = json_object(), *item = json_copy((json_t *)hit);
    json_t *data;

    json_object_set_new(put, "found", hy_list_of(found));
    data = hy_entry_data(NULL, NULL, put);
    hy_json_set_str(item, "incident", incident);
    json_object_set_new(item, "reprint_of", json_null());
    json_object_set(item, "joined_by", json_object_get(found, "why"));
    json_object_set_new(data, "item", item);
    hy_emit(d, HY_ENTRY_FOUND, incident, data);
}

static void propose(struct hy_decide *d, const json_t *doc, const json_t *hit, const char *why)
{
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(doc, "id"));
    json_t *published = json_object_get(hit, "published"), *found = json_object();
    static const char *const keys[] = {"url", "title", "hash"};
    char id[32];

    snprintf(id, sizeof(id), "F%zu", json_array_size(json_object_get(doc, "found")) + 1);
    hy_json_set_str(found, "id", hy_str(id));
    hy_json_set_str(found, "item", hy_json_str(hit, "id"));
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        hy_json_set_str(found, keys[i], hy_json_str(hit, keys[i]));
    hy_json_set_str(found, "state", HY_STR("proposed"));
    json_object_set(found, "published", published ? published : json_null());
    json_object_set_new(found, "why", why ? json_string(why) : json_null());
    set_figures(found, hit);
    json_object_set_new(found, "diverges", divergences(doc, found));
    emit_found(d, hy_str(incident), found, hit);
    doc = hy_state_incident(d->state, hy_str(incident));
    tell_found(d, hy_str(incident), hy_list_find(json_object_get(doc, "found"), hy_str(id)));
}

/* The page of a row changed.  Its publish time stays: the first version is what was published then.
 */
static void edit(struct hy_decide *d, const json_t *doc, const json_t *row, const json_t *hit)
{
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(doc, "id"));
    bool confirmed = hy_str_is(hy_json_str(row, "state"), "confirmed");
    json_t *found = json_deep_copy(row), *record = json_object();
    json_t *edits = json_object_get(found, "edits");
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(row, "id"));

    json_object_set_new(record, "at", hy_now_json(d));
    hy_json_set_str(record, "was", hy_json_str(row, "hash"));
    hy_json_set_str(found, "title", hy_json_str(hit, "title"));
    hy_json_set_str(found, "hash", hy_json_str(hit, "hash"));
    set_figures(found, hit);
    json_object_set_new(record, "changes", differences(row, found, true));
    if (!json_is_array(edits)) {
        edits = json_array();
        json_object_set_new(found, "edits", edits);
    }
    json_array_append_new(edits, record);
    json_object_set_new(found, "diverges", divergences(doc, found));
    emit_found(d, hy_str(incident), found, hit);
    doc = hy_state_incident(d->state, hy_str(incident));
    if (confirmed)
        tell_edit(d, hy_str(incident), hy_list_find(json_object_get(doc, "found"), hy_str(id)));
}

/* The row that stands for this page, in whatever incident; NULL: never proposed. */
static const json_t *row_of(const json_t *doc, struct hy_str item)
{
    const json_t *row, *last = NULL;
    size_t i;

    json_array_foreach (json_object_get(doc, "found"), i, row)
        if (hy_str_eq(hy_json_str(row, "item"), item))
            last = row;
    return last;
}

void hy_decide_official(struct hy_decide *d, const json_t *hit, const struct hy_place_verdict *v)
{
    struct hy_str item = hy_json_str(hit, "id");
    const char *known = hy_state_item(d->state, item);
    const json_t *doc = known ? hy_state_incident(d->state, hy_str(known)) : NULL;
    const json_t *row = row_of(doc, item);

    if (row) {
        if (!hy_str_eq(hy_json_str(row, "hash"), hy_json_str(hit, "hash")))
            edit(d, doc, row, hit);
        return;
    }
    if (hy_decide_own_page(d, hit))
        return;
    doc = v->incident ? hy_state_incident(d->state, hy_str(v->incident)) : NULL;
    if (doc && hy_incident_is_open(doc))
        propose(d, doc, hit, v->why);
}
