/* SPDX-License-Identifier: Apache-2.0 */
/* Once a day the head of the journal goes to those who can keep it where we cannot reach it: the
 * people with the role of auditor, over their own channels (mail, a webhook of theirs).  The
 * message holds the line that `huiying verify --heads` reads.  Nobody has that role: only the file
 * in the data directory (keep_heads.c). */
#include "alerts/decide/anchor.h"
#include "alerts/decide/command.h"
#include "core/mem.h"
#include "rules/office.h"

#include <stdio.h>

enum { AT_HOUR = 8 };

json_t *hy_head_step(hy_wall now)
{
    json_t *step = json_object();
    struct hy_civil c = hy_civil_of(now, HY_CST);

    c.day += c.hour >= AT_HOUR;
    c.hour = AT_HOUR;
    c.minute = c.second = c.ms = 0;
    hy_json_set_str(step, "id", HY_STR(HY_STEP_HEAD));
    hy_json_set_str(step, "step", HY_STR(HY_STEP_HEAD));
    hy_json_set_time(step, "due", hy_wall_of(&c, HY_CST), HY_CST);
    hy_json_set_int(step, "every_ms", HY_DAY_MS);
    json_object_set_new(step, "fired", json_null());
    return step;
}

static json_t *auditors(const struct hy_duty *duty)
{
    json_t *ids = json_array();

    for (size_t i = 0; duty && i < hy_duty_count(duty); i++) {
        const struct hy_person *p = hy_duty_at(duty, i);
        if (p->roles & 1u << HY_ROLE_AUDITOR)
            json_array_append_new(ids, json_string(p->id));
    }
    return ids;
}

static void head_text(const struct hy_decide *d, struct hy_buf *body)
{
    const struct hy_head *head = &d->state->head;
    HY_CLEANUP(hy_freep)
    char *journal = hy_xasprintf("%s.jsonl", d->rules->office ? d->rules->office->id : "journal");

    hy_buf_printf(body,
                  "日志到此共%lld条。请把下面这一行存到本系统以外的地方，每天一行存成一个文件；"
                  "以后用 huiying verify --heads 可以证明这以前的记录没有被截掉或重做：\n",
                  (long long)head->seq);
    hy_anchor_write(head, d->now, journal, body);
}

void hy_head_timer(struct hy_decide *d, hy_wall due, json_t *put)
{
    HY_CLEANUP(hy_json_freep) json_t *people = auditors(d->rules->duty);
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char step[32];

    if (json_array_size(people) == 0 || d->state->head.seq == 0) {
        hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, NULL, put));
        return;
    }
    head_text(d, &body);
    snprintf(step, sizeof(step), HY_STEP_HEAD "-%lld", (long long)d->state->head.seq);
    hy_notice(d, HY_STR(HY_DUTY_DOC),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .people = people,
                                       .urgency = HY_NORMAL,
                                       .title = "日志的当日哈希，请留存",
                                       .personal = true,
                                       .body = body.p,
                                       .due = due,
                                       .put = put});
    hy_buf_release(&body);
}
