/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/set_ahead.h"

#include "alerts/decide/parts.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS "set_aheads"

/* ---- looking ---- */

void hy_look_again(struct hy_look *l, hy_wall wall, hy_mono boot)
{
    hy_wall expected = hy_wall_add_ms(l->wall, (boot.us - l->boot.us) / 1000);
    bool first = l->boot.us == 0;

    l->wall = wall;
    l->boot = boot;
    if (first)
        return;
    if (wall.ms - expected.ms > HY_SET_AHEAD_MS) {
        l->from = expected;
        l->to = wall;
    } else if (expected.ms - wall.ms > HY_SET_AHEAD_MS) {
        hy_look_told(l);
    }
}

bool hy_look_jumped(const struct hy_look *l)
{
    return l->to.ms != l->from.ms;
}

void hy_look_told(struct hy_look *l)
{
    l->from = l->to;
}

/* ---- telling ---- */

static bool is_near(hy_wall a, hy_wall b)
{
    return llabs(a.ms - b.ms) <= HY_SET_AHEAD_MS;
}

static bool is_told(const struct hy_decide *d, hy_wall from, hy_wall to)
{
    size_t i;
    json_t *row;

    json_array_foreach (json_object_get(hy_duty_doc(d), ROWS), i, row)
        if (is_near(hy_json_time(row, "from"), from) && is_near(hy_json_time(row, "to"), to))
            return true;
    return false;
}

bool hy_set_ahead_explains(const struct hy_decide *d, hy_wall first)
{
    const json_t *rows = json_object_get(hy_duty_doc(d), ROWS);
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);

    return last && is_near(hy_json_time(last, "to"), d->now) &&
           hy_json_time(last, "from").ms <= first.ms;
}

static void tell_text(hy_wall from, hy_wall to, struct hy_buf *b)
{
    hy_buf_puts(b, "服务器的时钟从 ");
    hy_add_moment(b, from);
    hy_buf_puts(b, " 一下子跳到 ");
    hy_add_moment(b, to);
    hy_buf_puts(b, "，向前跳了 ");
    hy_add_left(b, to.ms - from.ms);
    hy_buf_puts(b, "。程序自己没有中断，但无法判断原因：可能是时钟被改动，也可能是服务器（虚拟机）"
                   "被暂停过。请管理员立即与标准时间核对：\n"
                   "1. 现在的时间不对：请调回，提前发出的提醒届时会再发一次；\n"
                   "2. 现在的时间对，是原来的时钟慢了：此前记录的时刻偏早，请核对近期的登记；\n"
                   "3. 两个时间都对：服务器被暂停过，这段时间没有监测，也没有提醒");
}

static void put_row(struct hy_decide *d, hy_wall from, hy_wall to, const char *id)
{
    json_t *set = hy_duty_begin(d), *row = json_object();

    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_time(row, "from", from, HY_CST);
    hy_json_set_time(row, "to", to, HY_CST);
    json_object_set_new(set, ROWS, hy_duty_rows(d, ROWS, row));
    hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, set, NULL));
}

void hy_set_ahead_tell(struct hy_decide *d, hy_wall from, hy_wall to)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char id[32], step[48];

    if (is_told(d, from, to))
        return;
    d->actor = d->cmd = hy_str("");
    hy_duty_row_id(d, 'F', id);
    put_row(d, from, to, id);
    tell_text(from, to, &body);
    snprintf(step, sizeof(step), "set-ahead-%s", id);
    hy_notice(d, HY_STR(HY_DUTY_DOC),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_SUPERVISOR |
                                                1u << HY_POST_OPERATOR,
                                       .urgency = HY_URGENT,
                                       .title = "【时钟】服务器时钟向前跳，请核对",
                                       .body = body.p,
                                       .due = d->now});
    hy_buf_release(&body);
}
