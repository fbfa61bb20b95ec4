/* SPDX-License-Identifier: Apache-2.0 */
/* What happened when on one incident, and what its reminders were about in words of people. */
#include "alerts/record/html.h"
#include "alerts/record/report_parts.h"
#include "alerts/record/step.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reminders ---- */

void hy_report_notice(const json_t *doc, const json_t *notice, struct hy_buf *out)
{
    struct hy_str clock = hy_json_str(notice, "clock");
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_str_eq(hy_json_str(o, "id"), clock) || hy_str_eq(hy_json_str(o, "clock"), clock)) {
            struct hy_str label = hy_json_str(o, "label");
            hy_buf_str(out, label.n ? label : clock);
            hy_buf_puts(out, "，");
            break;
        }
    hy_step_label(hy_json_str(notice, "step"), out);
}

/* ---- what happened when ---- */

struct event {
    hy_wall at;
    char *text; /* owned */
};
struct events {
    struct event *v;
    size_t n, room;
};

static void happened(struct events *list, hy_wall at, char *text)
{
    if (hy_wall_known(at))
        hy_vec_push(list, (struct event){at, text});
    else
        free(text);
}

static void add_notices(const struct hy_report_opts *o, const json_t *doc, struct events *list)
{
    size_t i, k;
    json_t *n, *p;

    json_array_foreach (json_object_get(doc, "notices"), i, n) {
        struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        hy_buf_puts(&b, "发出提醒（");
        hy_report_notice(doc, n, &b);
        hy_buf_puts(&b, "）");
        json_array_foreach (json_object_get(n, "to"), k, p) {
            hy_buf_puts(&b, k ? "、" : "：");
            hy_buf_str(&b, hy_json_str(p, "name"));
        }
        if (o->public)
            hy_buf_clear(&b);
        if (b.n)
            happened(list, hy_json_time(n, "at"), hy_buf_take(&b));
        else
            hy_buf_release(&b);
    }
}

static void add_responses(const json_t *doc, struct events *list)
{
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r) {
        happened(list, hy_json_time(r, "published"), hy_xstrdup("发布回应"));
        happened(list, hy_json_time(r, "at"),
                 hy_xstrdup(json_is_true(json_object_get(r, "entered_late")) ? "登记回应（补录）"
                                                                             : "登记回应"));
    }
}

static hy_wall merged_at(const json_t *doc)
{
    size_t i;
    json_t *move;

    json_array_foreach (json_object_get(doc, "history"), i, move)
        if (hy_str_is(hy_json_str(move, "verb"), "merge"))
            return hy_json_time(move, "at");
    return HY_WALL_NONE;
}

/* What ended or took over clocks without a response. */
static void add_decisions(const struct hy_report_opts *o, const json_t *doc, struct events *list)
{
    size_t i;
    json_t *x;

    json_array_foreach (json_object_get(doc, "obligations"), i, x)
        if (hy_str_is(hy_json_str(x, "state"), "waived"))
            happened(
                list, hy_json_time(x, "ended"),
                hy_xasprintf("免除时限（" HY_STR_FMT "）", HY_STR_ARG(hy_json_str(x, "label"))));
    json_array_foreach (json_object_get(doc, "history"), i, x)
        if (hy_str_is(hy_json_str(x, "verb"), "merge"))
            happened(list, hy_json_time(x, "at"),
                     hy_xasprintf("并入 " HY_STR_FMT, HY_STR_ARG(hy_json_str(doc, "merged_into"))));
    json_array_foreach (o->merged, i, x)
        happened(list, merged_at(x),
                 hy_xasprintf("事件 " HY_STR_FMT " 并入本件", HY_STR_ARG(hy_json_str(x, "id"))));
}

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    return x->at.ms != y->at.ms ? (x->at.ms < y->at.ms ? -1 : 1) : strcmp(x->text, y->text);
}

void hy_report_timeline(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    static const struct {
        const char *key, *label;
    } times[] = {{"occurred", "事发"},     {"first_public", "首次公开传播"},
                 {"detected", "系统发现"}, {"confirmed", "人工确认"},
                 {"graded", "定级"},       {"assigned", "交办"},
                 {"reopened", "重新打开"}};
    struct events list = {0};

    for (size_t i = 0; i < HY_COUNT(times); i++)
        happened(&list, hy_json_time(json_object_get(doc, "times"), times[i].key),
                 hy_xstrdup(times[i].label));
    happened(&list, hy_json_time(json_object_get(doc, "ack"), "at"), hy_xstrdup("签收提醒"));
    add_notices(o, doc, &list);
    add_responses(doc, &list);
    add_decisions(o, doc, &list);
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), by_time);
    hy_report_h2(out, "处置经过");
    hy_buf_puts(out, "<table><thead><tr><th style=\"width:9.5em\">时间</th><th>事项</th></tr>"
                     "</thead><tbody>");
    for (size_t i = 0; i < list.n; i++) {
        hy_buf_puts(out, "<tr><td class=\"t\">");
        hy_html_time(out, list.v[i].at);
        hy_buf_puts(out, "</td><td>");
        hy_html_puts(out, list.v[i].text);
        hy_buf_puts(out, "</td></tr>");
        free(list.v[i].text);
    }
    hy_buf_puts(out, "</tbody></table>\n");
    hy_vec_release(&list);
}
