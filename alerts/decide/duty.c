/* SPDX-License-Identifier: Apache-2.0 */
/* The document of the duty list, "W-duty": who stands in it for whom, and what holds a notice back.
 * What people change in it stands in roster.c, swap.c and silence.c, its timers in gaps.c. */
#include "alerts/decide/roster.h"

#include <stdio.h>

enum { ROWS_KEPT = 20 };

void hy_roster_span(struct hy_buf *b, hy_wall from, hy_wall to)
{
    hy_add_moment(b, from);
    hy_buf_puts(b, " 至 ");
    hy_add_moment(b, to);
}

const json_t *hy_duty_doc(const struct hy_decide *d)
{
    return hy_state_incident(d->state, HY_STR(HY_DUTY_DOC));
}

void hy_duty_hand(const struct hy_decide *d, struct hy_hand *ret)
{
    hy_hand_read(hy_duty_doc(d), ret);
}

/* What a first entry needs besides its own members. */
json_t *hy_duty_begin(const struct hy_decide *d)
{
    json_t *set = json_object();

    if (hy_duty_doc(d))
        return set;
    hy_json_set_str(set, "kind", hy_str(hy_doc_name[HY_DOC_DUTY]));
    hy_json_set_str(set, "name", HY_STR("值班表"));
    json_object_set_new(set, "opened", hy_now_json(d));
    return set;
}

json_t *hy_duty_rows(const struct hy_decide *d, const char *list, json_t *row)
{
    const json_t *had = json_object_get(hy_duty_doc(d), list);
    size_t n = json_array_size(had), i = n > ROWS_KEPT ? n - ROWS_KEPT : 0;
    json_t *rows = json_array();

    for (; i < n; i++)
        if (!hy_str_eq(hy_json_str(json_array_get(had, i), "id"), hy_json_str(row, "id")))
            json_array_append(rows, json_array_get(had, i));
    json_array_append_new(rows, row);
    return rows;
}

void hy_duty_row_id(const struct hy_decide *d, char prefix, char out[32])
{
    snprintf(out, 32, "%c%lld", prefix, (long long)d->state->head.seq + 1);
}

int64_t hy_duty_row_seq(const json_t *row)
{
    struct hy_str id = hy_json_str(row, "id");
    int64_t seq = 0;

    return hy_str_to_i64(hy_str_sub(id, 1, id.n), &seq) ? seq : 0;
}

const char *hy_roster_name(const struct hy_decide *d, struct hy_str id)
{
    const struct hy_person *p = hy_duty_person(d->rules->duty, id);

    return p ? p->name : "（已不在名单上）";
}

/* ---- what holds notices back ---- */

static bool has_unit(const json_t *doc, struct hy_str unit)
{
    const json_t *units = json_object_get(doc, "units"), *lead = json_object_get(units, "lead");

    if (json_is_object(lead))
        return hy_str_eq(hy_json_str(lead, "id"), unit);
    const json_t *first = json_array_get(json_object_get(units, "proposed"), 0);
    return hy_str_eq(json_is_string(first) ? hy_str(json_string_value(first))
                                           : hy_json_str(first, "id"),
                     unit);
}

static bool covers(const json_t *row, const json_t *doc)
{
    struct hy_str what = hy_json_str(row, "what"), scope = hy_json_str(row, "scope");
    bool source = hy_doc_kind_of(doc) == HY_DOC_SOURCE;

    if (hy_str_is(what, "sources"))
        return source;
    if (hy_str_is(what, "source"))
        return source && hy_str_eq(hy_json_str(doc, "source"), scope);
    if (hy_str_is(what, "incident"))
        return hy_str_eq(hy_json_str(doc, "id"), scope);
    if (hy_str_is(what, "unit"))
        return !source && has_unit(doc, scope);
    if (hy_str_is(what, "topic"))
        return !source && hy_list_find(json_object_get(doc, "topics"), scope);
    return hy_str_is(what, "drills") && json_is_true(json_object_get(doc, "drill"));
}

struct hy_str hy_duty_silence(const struct hy_decide *d, const json_t *doc)
{
    size_t i;
    json_t *row;

    if (hy_doc_kind_of(doc) == HY_DOC_DUTY)
        return hy_str("");
    json_array_foreach (json_object_get(hy_duty_doc(d), "silences"), i, row)
        if (hy_str_is(hy_json_str(row, "state"), "active") &&
            hy_json_time(row, "from").ms <= d->now.ms && d->now.ms < hy_json_time(row, "to").ms &&
            covers(row, doc))
            return hy_json_str(row, "id");
    return hy_str("");
}

const json_t *hy_missed_row(const struct hy_decide *d)
{
    const json_t *rows = json_object_get(hy_duty_doc(d), "missed");
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);

    return hy_str_is(hy_json_str(last, "state"), "telling") ? last : NULL;
}

struct hy_str hy_missed_round(const struct hy_decide *d)
{
    return hy_json_str(hy_missed_row(d), "id");
}
